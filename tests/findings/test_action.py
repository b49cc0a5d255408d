"""The action and the hooks for other repositories: the arguments of `matrix`, and the outputs."""

import importlib.util
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
import yaml

from matrix.cli import cli
from tests.support.paths import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
}
STEP: dict[str, Any] = ACTION["runs"]["steps"][-1]

FAKE = """
import json, os, pathlib, sys
name, *arguments = sys.argv[1:]
for argument in arguments:
    form, _, file = argument.removeprefix("--output=").partition("=")
    if argument.startswith("--output=") and not os.environ.get("FAKE_WRITES_NOTHING"):
        pathlib.Path(file).write_text(f"{name} as {form}\\n")
with open(os.environ["FAKE_LOG"], "a") as log:
    print(json.dumps([name, [*arguments, os.getcwd()] if name == "audit" else arguments]), file=log)
sys.exit(int(os.environ[f"FAKE_{name.upper()}"]))
"""
"""A program in place of `matrix` that writes its outputs and exits with a given code."""


def load_action() -> ModuleType:
    """Import the action's program, which is in no package."""
    specification = importlib.util.spec_from_file_location("action_run", ROOT / ".github" / "action" / "run.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


run = load_action()


def inputs(**values: str) -> dict[str, str]:
    """Return the environment of a step with some inputs, and the defaults of the others."""
    given = {name.replace("-", "_"): spec["default"] for name, spec in ACTION["inputs"].items()} | values
    assert set() == set(values) - {name.replace("-", "_") for name in ACTION["inputs"]}
    return {f"MIDSTREAM_{name.upper()}": value for name, value in given.items()}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, {"check": "--format=github -- ."}, id="nothing"),
        pytest.param({"paths": "a.txt\n\n  b c.txt  \n"}, {"check": "--format=github -- a.txt|b c.txt"}, id="paths"),
        pytest.param(
            {"working_directory": "services/api"}, {"check": "--format=github -- services/api"}, id="a folder"
        ),
        pytest.param(
            {"working_directory": "api/", "paths": "uv.lock\n./requirements\n/etc/x", "scan": "src"},
            {
                "check": "--format=github -- api/uv.lock|api/requirements|/etc/x",
                "scan": "--format=github -- api/src",
            },
            id="paths in a folder",
        ),
        pytest.param(
            {"catching": "error-type, status-429-529\n class-overloaded"},
            {
                "check": "--format=github --catching=error-type --catching=status-429-529 "
                "--catching=class-overloaded -- ."
            },
            id="handlers",
        ),
        pytest.param(
            {"scan": "src", "ignore": "silent-end"},
            {"check": "--format=github --ignore=silent-end -- .", "scan": "--format=github --ignore=silent-end -- src"},
            id="rules are ignored in both",
        ),
        pytest.param(
            {"scan": "src", "release": "0.52.2"},
            {"check": "--format=github -- .", "scan": "--format=github --release=0.52.2 -- src"},
            id="a release",
        ),
        pytest.param(
            {"scan": "src", "manifest": "uv.lock", "working_directory": "api"},
            {"check": "--format=github -- api", "scan": "--format=github --manifest=api/uv.lock -- api/src"},
            id="a manifest",
        ),
        pytest.param(
            {"audit": "python 'my app.py' $(x) --fast", "audit_options": "--profile full --expect-output 'All done'"},
            {
                "check": "--allow-nothing --format=github -- .",
                "audit": "--format=github --profile full --expect-output All done -- python|my app.py|$(x)|--fast",
            },
            id="a program",
        ),
        pytest.param({"python": "python3.12"}, {"check": "--format=github --python=python3.12 -- ."}, id="a name"),
        pytest.param(
            {"python": "./venv", "working_directory": "api"},
            {"check": "--format=github --python=api/venv -- api"},
            id="an environment",
        ),
        pytest.param({"annotations": "False"}, {"check": "--format=text -- ."}, id="no annotations"),
        pytest.param(
            {"paths": "--help\n-x", "catching": "--exit-zero"},
            {"check": "--format=github --catching=--exit-zero -- --help|-x"},
            id="what looks like an option is none",
        ),
        pytest.param(
            {"paths": "$(touch x); `id` && 'a' \"b\""},
            {"check": "--format=github -- $(touch x); `id` && 'a' \"b\""},
            id="what looks like a command is a path",
        ),
    ],
)
def test_inputs_become_arguments(values: dict[str, str], expected: dict[str, str]) -> None:
    """Options stand before the mark that ends them, paths after it."""
    shown = {}
    for name, arguments in run.commands(inputs(**values)).items():
        mark = arguments.index("--")
        shown[name] = f"{' '.join(arguments[: mark + 1])} {'|'.join(arguments[mark + 1 :])}"
    assert expected == shown


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"annotations": "yes"}, "The input annotations must be true or false."),
        ({"audit": "python 'app.py"}, "The input audit has a quotation that does not end."),
        ({"audit": "a", "audit_options": '"'}, "The input audit-options has a quotation that does not end."),
        ({"scan": "src", "release": "1", "manifest": "m"}, "Remove the input release or the input manifest"),
    ],
)
def test_an_invalid_input_is_a_mistake(values: dict[str, str], message: str) -> None:
    """The message names the input."""
    with pytest.raises(run.Mistake, match=re.escape(message)):
        run.commands(inputs(**values))


@pytest.mark.parametrize(
    ("codes", "expected"), [([0], 0), ([0, 4], 4), ([4, 3], 3), ([3, 1], 1), ([1, 2], 2), ([2, 5], 5), ([-9, 1], -9)]
)
def test_the_worst_exit_code_counts(codes: list[int], expected: int) -> None:
    """An unknown exit code is worse than those of a check."""
    assert expected == run.worst(codes)


class Job:
    """A job on a runner, as a step sees it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        fake = folder / "fake.py"
        fake.write_text(FAKE, encoding="utf-8")
        monkeypatch.setattr(run, "install", lambda _: [sys.executable, str(fake)])
        self.log, self.output, self.summary = folder / "log", folder / "output", folder / "summary"
        self.temp = folder / "temp"
        self.temp.mkdir()
        self._environment = monkeypatch
        self.set(
            FAKE_LOG=str(self.log),
            RUNNER_TEMP=str(self.temp),
            GITHUB_OUTPUT=str(self.output),
            GITHUB_STEP_SUMMARY=str(self.summary),
        )

    def set(self, **variables: str) -> None:
        """Set variables of the environment."""
        for name, value in variables.items():
            self._environment.setenv(name, value)

    def step(self, codes: tuple[int, int] = (0, 0), **values: str) -> int:
        """The exit code of the step, if a check and a scan leave with these, and an audit with 7."""
        self.set(FAKE_CHECK=str(codes[0]), FAKE_SCAN=str(codes[1]), FAKE_AUDIT="7", **inputs(**values))
        code: int = run.main()
        return code

    def outputs(self) -> dict[str, str]:
        """The outputs of the step."""
        return dict(line.split("=", 1) for line in self.output.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    """Return a job on a runner."""
    return Job(tmp_path, monkeypatch)


def test_dependencies_are_installed_from_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only wheels are installed, none of them unpinned; the project runs from its checkout, and nothing is built."""
    commands: list[list[str]] = []

    def record(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0, f"{tmp_path}\n")

    monkeypatch.setattr(run.subprocess, "run", record)
    assert ["-I", "-m", "matrix"] == run.install(tmp_path / "environment")[1:]
    (installs,) = [command[command.index("install") + 1 :] for command in commands if "pip" in command]
    requirements = f"--requirement={ROOT / 'requirements-action.txt'}"
    assert ["--quiet", "--require-hashes", "--only-binary=:all:", "--no-deps", requirements] == installs
    assert f"{ROOT}\n" == (tmp_path / "midstream.pth").read_text(encoding="utf-8")


def test_every_dependency_of_the_project_is_pinned_for_the_action() -> None:
    """Its pins are those with which the tests run."""
    action, tools = (
        dict(re.findall(r"^([\w.-]+)==([^ ;\\]+)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))
        for name in ("requirements-action.txt", "requirements-dev.txt")
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {re.split("[>=]", dependency)[0] for dependency in project["dependencies"]} <= action.keys()
    assert action == {name: tools.get(name) for name in action}


def test_every_input_and_output_is_documented() -> None:
    """The guide to checking in CI has each of them, and no other."""
    text = (ROOT / "docs" / "checking-in-ci.md").read_text(encoding="utf-8")
    inputs_, outputs = (
        set(re.findall(r"^\| `([\w-]+)` \|", part, flags=re.MULTILINE))
        for part in text.partition("| input |")[2].split("| output |")
    )
    assert (set(ACTION["inputs"]), set(ACTION["outputs"])) == (inputs_, outputs)


def test_a_step_checks_and_scans(job: Job) -> None:
    """Its outputs are reports, SARIF, a summary and the worse exit code."""
    assert 1 == job.step((4, 1), scan="src")
    [folder] = job.temp.iterdir()
    assert {
        "exit-code": "1",
        "report": str(folder / "check.json"),
        "scan-report": str(folder / "scan.json"),
        "audit-report": "",
        "sarif": str(folder / "sarif"),
    } == job.outputs()
    assert set(ACTION["outputs"]) == set(job.outputs())
    assert ["check.sarif", "scan.sarif"] == sorted(path.name for path in (folder / "sarif").iterdir())
    assert "check as markdown\n\nscan as markdown\n\n" == job.summary.read_text(encoding="utf-8")
    calls = [json.loads(line) for line in job.log.read_text(encoding="utf-8").splitlines()]
    assert [("check", "."), ("scan", "src")] == [(name, arguments[-1]) for name, arguments in calls]


def test_a_step_audits_in_the_folder_of_the_project(job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its summary, report and SARIF are added; a program that fails in a clean stream fails the step in any case."""
    (tmp_path / "api").mkdir()
    monkeypatch.chdir(tmp_path)
    assert 7 == job.step(working_directory="api", fail="false", audit="python app.py")
    [folder] = job.temp.iterdir()
    assert str(folder / "audit.json") == job.outputs()["audit-report"]
    assert ["audit.sarif", "check.sarif"] == sorted(path.name for path in (folder / "sarif").iterdir())
    assert "check as markdown\n\naudit as markdown\n\n" == job.summary.read_text(encoding="utf-8")
    name, arguments = json.loads(job.log.read_text(encoding="utf-8").splitlines()[-1])
    assert ("audit", ["--", "python", "app.py", str(tmp_path / "api")]) == (name, arguments[-4:])


def test_a_step_that_only_reports_does_not_fail(job: Job) -> None:
    """Its output has the exit code; `summary: false` writes no summary."""
    assert 0 == job.step((1, 0), fail="false", summary="false")
    assert "1" == job.outputs()["exit-code"]
    assert not job.summary.exists()


def test_steps_of_one_job_have_separate_outputs(job: Job) -> None:
    """The second step neither removes nor repeats the files of the first."""
    job.step(scan="src")
    first = job.outputs()
    job.output.unlink()
    job.step()
    second = job.outputs()
    assert ["check.sarif", "scan.sarif"] == sorted(path.name for path in Path(first["sarif"]).iterdir())
    assert ["check.sarif"] == sorted(path.name for path in Path(second["sarif"]).iterdir())
    assert first["report"] != second["report"]


def test_a_report_that_was_not_written_is_no_output(job: Job) -> None:
    """A report of an earlier step in the same job does not count."""
    job.step()
    job.output.unlink()
    job.set(FAKE_WRITES_NOTHING="1")
    assert 2 == job.step((2, 0))
    assert ("2", "", "") == tuple(job.outputs()[name] for name in ("exit-code", "report", "scan-report"))


def test_a_mistake_is_an_annotation(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is installed or run."""
    assert 2 == job.step(fail="perhaps")
    assert "::error title=midstream::The input fail must be true or false.\n" == capsys.readouterr().out
    assert {"exit-code": "2"} == job.outputs()
    assert not job.log.exists()


def test_every_input_is_described_and_used() -> None:
    """It is an environment variable: text that a workflow interpolates into a shell would be run."""
    assert [] == [name for name, spec in ACTION["inputs"].items() if not spec["description"] or "default" not in spec]
    assert [] == [name for name, spec in ACTION["outputs"].items() if not spec["description"]]
    used = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", json.dumps([step.get("env", {}) for step in _steps()]))
    handed = re.findall(r"\$\{\{ inputs\.([\w-]+) \}\}", json.dumps([step.get("with", {}) for step in _steps()]))
    assert sorted(ACTION["inputs"]) == sorted([*used, *handed])
    read = set(re.findall(r'"([A-Z_]+)"', (ROOT / ".github" / "action" / "run.py").read_text(encoding="utf-8")))
    variables = {name.removeprefix("MIDSTREAM_") for name in STEP["env"]} - {"INTERPRETER"}
    assert set() == variables - read


def _steps() -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = ACTION["runs"]["steps"]
    return steps


def test_no_value_is_interpolated_into_a_shell() -> None:
    """Each shell is named, and each action is pinned by the commit that the project's own workflows use."""
    commands = [step for step in _steps() if "run" in step]
    assert [] == [step for step in commands if "${{" in step["run"] or step["shell"] != "bash"]
    uses = [step["uses"] for step in _steps() if "uses" in step]
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert [] == [action for action in uses if f"uses: {action} #" not in workflow]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("uv.lock", True),
        ("services/api/pyproject.toml", True),
        ("requirements.txt", True),
        ("requirements-dev.in", True),
        ("requirements/base.txt", True),
        ("pylock.toml", True),
        ("pylock.dev.toml", True),
        ("Pipfile", True),
        ("Pipfile.lock", True),
        ("constraints.txt", True),
        ("notes.txt", False),
        ("my-uv.lock", False),
        ("package-lock.json", False),
        ("pylock.a.b.toml", False),
    ],
)
def test_a_hook_is_run_for_manifests(path: str, *, expected: bool) -> None:
    """They are those that a check of a folder reads."""
    assert expected == bool(re.search(HOOKS["midstream-check"]["files"], path))


def test_hooks_run_this_project() -> None:
    """Each runs once for all files, not in parallel for some of them."""
    assert {"midstream-check": "check", "midstream-scan": "scan"} == {
        name: hook["entry"].split()[1] for name, hook in HOOKS.items()
    }
    assert {("matrix", "python", True)} == {
        (hook["entry"].split()[0], hook["language"], hook["require_serial"]) for hook in HOOKS.values()
    }
    assert ["python", "jupyter"] == HOOKS["midstream-scan"]["types_or"]


@pytest.mark.parametrize("name", ["check", "scan", "audit"])
def test_matrix_has_every_option_of_the_action_and_the_hooks(name: str) -> None:
    """Each command is compared with both."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    known = {option for parameter in command.params for option in parameter.opts}
    everything = inputs(
        catching="a",
        ignore="a",
        python="a",
        scan="a",
        audit="a",
        **({"release": "1"} if name == "check" else {"manifest": "m"}),
    )
    entry = HOOKS.get(f"midstream-{name}", {"entry": ""})["entry"]
    asked = {"--output", *(word for word in entry.split() if word.startswith("--"))}
    for environment in (everything, inputs(scan="a", release="1", audit="a")):
        arguments = run.commands(environment)[name]
        asked |= {each.partition("=")[0] for each in arguments[: arguments.index("--")]}
    assert set() == asked - known
