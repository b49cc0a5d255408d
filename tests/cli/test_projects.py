"""Projects as people write them: `check` finds what each pins, and `scan` judges its code by that."""

import json

import pytest

from tests.cli.conftest import Run, write
from tests.support.paths import DATA

CODE = """\
import anthropic
client = anthropic.Anthropic()
def ask(q):
    for i in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=q, stream=True))
        except anthropic.OverloadedError:
            continue
"""
SOURCE = 'source = { registry = "https://index.example/simple" }\n'
LOCK = "version = 1\n" + "".join(
    f'[[package]]\nname = "{name}"\nversion = "{version}"\n{SOURCE}'
    for name, version in (("anthropic", "0.75.0"), ("anyio", "4.8.0"), ("httpx", "0.28.1"), ("certifi", "2025.11.12"))
)
SCRIPT = '# /// script\n# dependencies = [\n#   "anthropic=={version}",\n# ]\n# ///\n' + CODE
NAMELESS, SILENT, STATUS = "error-unnamed", "silent-end", "status-of-the-stream"
OLD = [NAMELESS, SILENT]
NEWEST = "the newest release, since no file pins one"

PROJECTS: dict[str, tuple[dict[str, str], dict[str, list[str]], list[str]]] = {
    "setup_cfg": (
        {"setup.cfg": "[options]\ninstall_requires =\n    anthropic==0.45.2\n    rich\n", "a/app.py": CODE},
        {"setup.cfg:3 anthropic==0.45.2": OLD},
        ["0.45.2: setup.cfg:3."],
    ),
    "setup_py": (
        {"setup.py": 'from setuptools import setup\nsetup(install_requires=["anthropic==0.45.2"])\n', "a/app.py": CODE},
        {"setup.py:2 anthropic==0.45.2": OLD},
        ["0.45.2: setup.py:2."],
    ),
    "two": (
        {"a/requirements.txt": "anthropic==0.45.2\n", "b/requirements.txt": "anthropic==2.12.0\n"}
        | {"a/app.py": CODE, "b/app.py": CODE},
        {"a/requirements.txt:1 anthropic==0.45.2": OLD, "b/requirements.txt:1 anthropic==2.12.0": [STATUS, SILENT]},
        ["0.45.2: a/requirements.txt:1, for a/app.py.", "2.12.0: b/requirements.txt:1, for b/app.py."],
    ),
    "three files of two services": (
        {"a/requirements.txt": "anthropic==0.45.2\n", "b/requirements.txt": "anthropic==2.12.0\n"}
        | dict.fromkeys(("a/x.py", "a/y.py", "a/z/z.py", "b/x.py", "b/y.py"), CODE),
        {"a/requirements.txt:1 anthropic==0.45.2": OLD, "b/requirements.txt:1 anthropic==2.12.0": [STATUS, SILENT]},
        [
            "0.45.2: a/requirements.txt:1, for a/x.py and 2 other files.",
            "2.12.0: b/requirements.txt:1, for b/x.py and b/y.py.",
        ],
    ),
    "conda": (
        {"environment.yml": "dependencies:\n  - python=3.11\n  - pip:\n      - anthropic==0.45.2\n", "app.py": CODE},
        {"environment.yml:4 anthropic==0.45.2": OLD},
        ["0.45.2: environment.yml:4."],
    ),
    "sub": (
        {"README.md": "hi\n", "backend/requirements.txt": "anthropic==0.45.2\n", "backend/app.py": CODE},
        {"backend/requirements.txt:1 anthropic==0.45.2": OLD},
        ["0.45.2: backend/requirements.txt:1."],
    ),
    "pixi": (
        {"pixi.toml": '[pypi-dependencies]\nanthropic = "==0.45.2"\n', "app.py": CODE},
        {"pixi.toml:2 anthropic==0.45.2": OLD},
        ["0.45.2: pixi.toml:2."],
    ),
    "hatch": (
        {"hatch.toml": '[envs.default]\ndependencies = ["anthropic==0.45.2"]\n', "src/app.py": CODE},
        {"hatch.toml:2 anthropic==0.45.2": OLD},
        ["0.45.2: hatch.toml:2."],
    ),
    "tox": (
        {"tox.ini": "[testenv]\ndeps =\n    anthropic==0.45.2\n", "src/app.py": CODE},
        {"tox.ini:3 anthropic==0.45.2": OLD},
        ["0.45.2: tox.ini:3."],
    ),
    "dup2": (
        {"pyproject.toml": '[project]\ndependencies=["anthropic == 0.75.0"]\n', "uv.lock": LOCK, "app.py": CODE},
        {"pyproject.toml:2 anthropic==0.75.0": OLD, "uv.lock:3 anthropic==0.75.0": [*OLD, "lock-differs"]},
        ["0.75.0 with the dependencies of its upload day: uv.lock:3."],
    ),
    "pep723": (
        {"script.py": SCRIPT.format(version="0.45.2")},
        {"script.py:3 anthropic==0.45.2": OLD},
        ["0.45.2: script.py:3."],
    ),
    "two scripts": (
        {"x.py": SCRIPT.format(version="0.45.2"), "y.py": SCRIPT.format(version="2.12.0"), "z.py": CODE},
        {"x.py:3 anthropic==0.45.2": OLD, "y.py:3 anthropic==2.12.0": [STATUS, SILENT]},
        ["0.45.2: x.py:3, for x.py.", "2.12.0: y.py:3, for y.py.", f"2.14.0: {NEWEST}, for z.py."],
    ),
    "dynamic": (
        {
            "pyproject.toml": '[project]\nname = "a"\ndynamic = ["version", "dependencies"]\n'
            '[tool.setuptools.dynamic]\ndependencies = {file = ["deps/run.txt"]}\n',
            "deps/run.txt": "anthropic==0.45.2\n",
            "a/app.py": CODE,
        },
        {"deps/run.txt:1 anthropic==0.45.2": OLD},
        ["0.45.2: deps/run.txt:1."],
    ),
    "rye": (
        {
            "pyproject.toml": '[project]\ndependencies = ["anthropic>=0.40,<0.46"]\n[tool.rye]\nmanaged = true\n',
            "requirements.lock": "-e file:.\nanthropic==0.45.0\n    # via a\n",
            "src/app.py": CODE,
        },
        {"pyproject.toml:2 anthropic>=0.40,<0.46": OLD, "requirements.lock:2 anthropic==0.45.0": OLD},
        ["0.45.0: requirements.lock:2."],
    ),
    "trans": (
        {"requirements.txt": "langchain-anthropic==0.3.0\n", "app.py": CODE},
        {"requirements.txt:1 langchain-anthropic==0.3.0": ["unknown-release"]},
        [f"2.14.0: {NEWEST}."],
    ),
    "trans with a lock": (
        {"pyproject.toml": '[project]\ndependencies = ["langchain-anthropic"]\n', "uv.lock": LOCK, "app.py": CODE},
        {"pyproject.toml:2 langchain-anthropic": [], "uv.lock:3 anthropic==0.75.0": [*OLD, "lock-differs"]},
        ["0.75.0 with the dependencies of its upload day: uv.lock:3."],
    ),
    "a command": (
        {"Dockerfile": "FROM python\nRUN pip install anthropic==0.45.2\n", "src/app.py": CODE},
        {"Dockerfile:2 anthropic==0.45.2": OLD},
        ["0.45.2: Dockerfile:2."],
    ),
    "a command before a pin": (
        {"Dockerfile": "RUN pip install anthropic==0.45.2\n", "requirements.txt": "anthropic==2.12.0\n", "a.py": CODE},
        {"Dockerfile:1 anthropic==0.45.2": OLD, "requirements.txt:1 anthropic==2.12.0": [STATUS, SILENT]},
        ["2.12.0: requirements.txt:1."],
    ),
}
"""Name of a project to its files, the rules of each requirement, and the releases that judge its code."""


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_is_checked_and_scanned_by_what_it_pins(run: Run, name: str) -> None:
    """Both commands start at the root of the project."""
    files, requirements, releases = PROJECTS[name]
    write(files)
    code, out, err = run("check", "--format", "json")
    subjects = json.loads(out)["subjects"]
    assert requirements == {
        f"{subject['place']['path']}:{subject['place']['line']} {subject['text']}": [
            finding["rule"] for finding in subject["findings"]
        ]
        for subject in subjects
    }
    assert (True, "") == (code in {0, 1, 3}, err)
    code, out, err = run("scan", ".", "--format", "json")
    assert [f"Judged by {release}" for release in releases] == err.splitlines()
    code_files = {path for path, text in files.items() if CODE in text}
    assert (1, code_files) == (code, {subject["place"]["path"] for subject in json.loads(out)["subjects"]})


OVER_LITELLM = """\
import litellm

def ask():
    try:
        return list(litellm.completion(model=MODEL, messages=[], stream=True))
    except litellm.RateLimitError:
        return None
"""

OVER_PYDANTIC_AI = """\
from pydantic_ai import Agent, ModelHTTPError
agent = Agent("anthropic:claude-3")

async def ask():
    try:
        async with agent.run_stream("Hi") as result:
            return await result.get_output()
    except ModelHTTPError:
        return None
"""

OVER_AGNO = """\
from agno.agent import Agent
from agno.exceptions import ModelProviderError
from agno.models.anthropic import Claude
agent = Agent(model=Claude(id="claude-3"))

def ask():
    try:
        return list(agent.run("Hi", stream=True))
    except ModelProviderError:
        return None
"""

FRAMEWORKS = [
    ("agno", "agno==3.1.10", OVER_AGNO, "`anthropic:...` or `models.anthropic...`"),
    ("litellm", "litellm==1.110.2", OVER_LITELLM, "`anthropic/...` or `claude...`"),
    ("pydantic-ai", "pydantic-ai-slim==2.68.0", OVER_PYDANTIC_AI, "`anthropic:...` or `claude...`"),
]
"""Each framework that is judged, with a requirement, a program, and the first models with which it was measured."""


@pytest.mark.parametrize(("target", "requirement", "source", "models"), FRAMEWORKS)
def test_a_project_with_a_framework_and_its_sdk_is_judged_for_each(
    run: Run, monkeypatch: pytest.MonkeyPatch, target: str, requirement: str, source: str, models: str
) -> None:
    """Scan calls of a framework without and with its target."""
    write({"requirements.txt": f"anthropic==2.14.0\n{requirement}\n", "app.py": source})
    code, out, _ = run("scan", ".", "--format", "json")
    [subject] = json.loads(out)["subjects"]
    assert (3, f"`matrix --target {target} scan` judges these calls.") == (code, subject["findings"][0]["instead"])
    monkeypatch.setenv("MIDSTREAM_DATA", str(DATA.parent / target))
    code, out, err = run("--target", target, "scan", ".", "--format", "json")
    [subject] = json.loads(out)["subjects"]
    messages = [finding["message"] for finding in subject["findings"]]
    version = requirement.partition("==")[2]
    assert (1, True) == (code, all(each.startswith(f"On {version}, this code ") for each in messages))
    assert f"Measured with models {models}" in " ".join(err.split())


def test_a_package_that_is_not_judged_is_refused(run: Run) -> None:
    """Scan for a package of which no program was shown to be judged correctly."""
    code, _, err = run("--target", "vercel-ai", "scan", ".")
    assert (2, True) == (code, "can't be judged from its source yet" in err)


EXTRAS = {
    "requirements.txt": "anthropic[{extras}]==0.87.0\n",
    "pyproject.toml": '[project]\ndependencies = ["anthropic[{extras}]==0.87.0"]\n',
    "environment.yml": 'dependencies:\n  - pip:\n      - "anthropic[{extras}]==0.87.0"\n',
    "script.py": '# /// script\n# dependencies = ["anthropic[{extras}]==0.87.0"]\n# ///\n',
    "uv.lock": 'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = {{ virtual = "." }}\n'
    'dependencies = [{{ name = "anthropic", extra = {quoted} }}]\n'
    '[[package]]\nname = "anthropic"\nversion = "0.87.0"\nsource = {{ registry = "https://index.example/simple" }}\n',
    "poetry/pyproject.toml": '[tool.poetry.dependencies]\nanthropic = {{version = "0.87.0", extras = {quoted}}}\n',
    "pdm.lock": '[metadata]\nlock_version = "4.5.0"\n[[package]]\nname = "anthropic"\nversion = "0.87.0"\n'
    'extras = {quoted}\ngroups = ["default"]\n',
    "Pipfile": '[packages]\nanthropic = {{version = "==0.87.0", extras = {quoted}}}\n',
}
"""Name of a file to its text, with the extras of the requirement."""


@pytest.mark.parametrize("name", EXTRAS)
@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        (["bedrock"], []),
        (["bedrock", "vertex"], []),
        (["Bedrock"], []),
        (["aws"], ["no-such-extra: the package has no extra `aws`"]),
        (["bedrok"], ["no-such-extra: the package has no extra `bedrok`"]),
        (["bedrok", "vertex"], ["no-such-extra: the package has no extra `bedrok`"]),
        (["aiohttp"], []),
    ],
)
def test_an_extra_is_measured_or_named(run: Run, name: str, extras: list[str], expected: list[str]) -> None:
    """The clients of these extras are measured; 0.87.0 is older than the extra `aws`."""
    write({name: EXTRAS[name].format(extras=",".join(extras), quoted=json.dumps(extras))})
    _, out, _ = run("check", "--format", "json")
    (subject,) = json.loads(out)["subjects"]
    findings = [f"{finding['rule']}: {finding['message']}" for finding in subject["findings"]]
    about_extras = [finding for finding in findings if finding.startswith(("unknown-release", "no-such-extra"))]
    assert [True] * len(expected) == [
        finding.replace("On 0.87.0, ", "").startswith(start)
        for finding, start in zip(about_extras, expected, strict=True)
    ]
