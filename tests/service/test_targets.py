"""The script that runs the service for every target: what one target does changes nothing for the others."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.service.test_service import script

FAKE: Final = """
import json, pathlib, sys, time
words = sys.argv[1:]
if words[:2] == ["list", "targets"]:
    print(json.dumps({"targets": [{"id": "a"}, {"id": "a-b"}, {"id": "c"}]}))
    sys.exit()
target, data, command, rest = words[1], pathlib.Path(words[3]), words[4], words[5:]
with open("log", "a") as log:
    print(target, command, *rest, file=log)
how = pathlib.Path(f"{target}-{command}")
if how.exists() and how.read_text() == "hang":
    time.sleep(60)
outputs = dict(word.split("=") for option, word in zip(rest, rest[1:]) if option == "--output" and "=" in word)
if command == "plan":
    pathlib.Path(rest[rest.index("--output") + 1]).write_text("{}")
    shards = int(how.read_text()) if how.exists() and how.read_text().isdigit() else 1
    print(json.dumps({"include": [{"target": target, "shard": f"{n + 1}/{shards}"} for n in range(shards)]}))
if command == "merge":
    data.mkdir(exist_ok=True)
    (data / "merged").write_text("new")
if command == "gate":
    pathlib.Path(outputs["issues"]).write_text(json.dumps([f"{target} refused"] if how.exists() else []))
    pathlib.Path(outputs["markdown"]).write_text(f"## {target}: gate")
    data.with_name(f"{data.name}.checked.json").write_text("today")
if command == "announce":
    pathlib.Path(outputs["issues"]).write_text(json.dumps([f"{target} changed"]))
    pathlib.Path(outputs["markdown"]).write_text(f"## {target}: news")
    pathlib.Path(outputs["text"]).write_text("1 new release")
sys.exit(how.exists() and how.read_text() == "fail" and 11)
"""
"""A program `matrix` that logs its commands, and fails or hangs where a file says so."""


class Service:
    """The script in a folder, with the program above."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self._program = (sys.executable, str(folder / "fake.py"))
        self._capfd = capfd
        self.script = script("targets")

    def __call__(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """Run a step, and return its exit code and its outputs."""
        code = self.script.main(arguments, self._program)
        lines = self._capfd.readouterr().out.splitlines()
        return code, dict(line.split("=", 1) for line in lines)

    def log(self, target: str) -> list[str]:
        """List the commands that were run for a target, without their arguments."""
        lines = [line.split() for line in Path("log").read_text().splitlines()]
        return [words[1] for words in lines if words[0] == target]


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Service:
    """Make a checkout with published data of three targets, one of whose ids begins like another's."""
    monkeypatch.chdir(tmp_path)
    for name in ("ACCEPT", "RUN_URL", "SITE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary")
    Path("fake.py").write_text(FAKE)
    for target in ("a", "a-b", "c"):
        Path("reports", "data", target).mkdir(parents=True)
        Path("reports", "data", target, "kept").write_text("old")
        Path("reports", "data", f"{target}.checked.json").write_text("yesterday")
    shutil.copytree("reports/data", "published")
    return Service(tmp_path, capfd)


def state(target: str) -> tuple[bool, str]:
    """Return whether a target has new results, and its day."""
    data = Path("reports", "data", target)
    assert (data / "kept").is_file()
    return (data / "merged").exists(), data.with_name(f"{target}.checked.json").read_text()


PUBLISHED, UNCHANGED = (True, "today"), (False, "yesterday")


def test_a_day_publishes_every_target(service: Service) -> None:
    """Check the jobs, the shards that each merge gets, and what is announced of all."""
    code, outputs = service("plan", "plans", "--versions=latest")
    jobs = [{"target": target, "shard": "1/1"} for target in ("a", "a-b", "c")]
    assert (0, {"include": jobs}, "") == (code, json.loads(outputs["matrix"]), outputs["failed"])
    assert "a plan --shards auto --format github --output plans/a.json --versions=latest" in Path("log").read_text()
    for number, target in enumerate(("a", "a-b", "c")):
        Path("shards", f"shard.{target}.{number}").mkdir(parents=True)
    assert (0, {"failed": ""}) == service("publish", "plans", "shards", "published")
    assert "a merge --plan plans/a.json --partial shards/shard.a.0\n" in Path("log").read_text()
    assert ["plan", "merge", "verify", "gate", "announce"] == service.log("a-b")
    assert [PUBLISHED] * 3 == [state(target) for target in ("a", "a-b", "c")]
    assert ["a changed", "a-b changed", "c changed"] == json.loads(Path("issues.json").read_text())
    assert "a: 1 new release; a-b: 1 new release; c: 1 new release" == Path("title.txt").read_text()
    assert Path("news.md").read_text().count("news") == Path("summary").read_text().count("## c: ") + 1 == 3


@pytest.mark.parametrize("how", ["fail", "hang"])
def test_a_target_without_a_plan_stops_no_other(
    service: Service, how: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Check that it is named, and that its data stays."""
    monkeypatch.setattr(service.script, "PATIENCE", 2.0)
    Path("a-plan").write_text(how)
    code, outputs = service("plan", "plans")
    assert (0, "a") == (code, outputs["failed"])
    assert ["a-b", "c"] == [job["target"] for job in json.loads(outputs["matrix"])["include"]]
    assert (0, {"failed": ""}) == service("publish", "plans", "shards", "published")
    assert [UNCHANGED, PUBLISHED, PUBLISHED] == [state(target) for target in ("a", "a-b", "c")]
    assert "a: `matrix plan`" in Path("summary").read_text()


@pytest.mark.parametrize("command", ["merge", "verify", "gate", "announce"])
def test_a_target_that_fails_keeps_what_is_published(service: Service, command: str) -> None:
    """Check each step, that the others are published, and that a refusal opens its issue."""
    service("plan", "plans")
    Path(f"a-{command}").write_text("fail")
    assert (0, {"failed": "a"}) == service("publish", "plans", "shards", "published")
    assert [UNCHANGED, PUBLISHED, PUBLISHED] == [state(target) for target in ("a", "a-b", "c")]
    issues = json.loads(Path("issues.json").read_text())
    assert ("a refused" in issues) == (command == "gate")
    assert "a: 1 new" not in Path("title.txt").read_text()
    assert f"a: `matrix {command}` ended with exit code 11." in Path("summary").read_text()


def test_a_step_fails_if_every_target_does(service: Service) -> None:
    """Check plan and publication."""
    for target in ("a", "a-b", "c"):
        Path(f"{target}-gate").write_text("fail")
    service("plan", "plans")
    assert (1, {"failed": "a a-b c"}) == service("publish", "plans", "shards", "published")
    for target in ("a", "a-b", "c"):
        Path(f"{target}-plan").write_text("fail")
    code, outputs = service("plan", "others")
    assert (1, {"include": []}, "a a-b c") == (code, json.loads(outputs["matrix"]), outputs["failed"])


def test_a_target_of_which_nothing_is_published_keeps_nothing(service: Service) -> None:
    """Check a first run that the gate refuses."""
    shutil.rmtree("published/c")
    Path("published/c.checked.json").unlink()
    service("plan", "plans", "--target", "c")
    Path("c-gate").write_text("fail")
    assert (1, {"failed": "c"}) == service("publish", "plans", "shards", "published")
    assert [] == [*Path("reports/data").glob("c*")]


def test_one_target_can_be_measured_alone(service: Service) -> None:
    """Check that nothing is done for the others."""
    code, outputs = service("plan", "plans", "--target=c", "--force")
    assert (0, ["c"]) == (code, [job["target"] for job in json.loads(outputs["matrix"])["include"]])
    service("publish", "plans", "shards", "published")
    assert [UNCHANGED, UNCHANGED, PUBLISHED] == [state(target) for target in ("a", "a-b", "c")]


def test_shards_that_do_not_fit_into_one_run_wait(service: Service) -> None:
    """Check that a target is planned whole or not at all."""
    Path("a-plan").write_text("200")
    Path("a-b-plan").write_text("57")
    code, outputs = service("plan", "plans")
    assert (0, "a-b", 201) == (code, outputs["failed"], len(json.loads(outputs["matrix"])["include"]))
    assert not Path("plans/a-b.json").exists()
    assert "a-b: its 57 shards are too many for one run." in Path("summary").read_text()


def test_variables_of_the_workflow_reach_the_commands(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the accepted rules, the address of the run, that of the site, and existing issues."""
    for name, value in {"ACCEPT": "moved flaky", "RUN_URL": "https://run", "SITE": "https://site"}.items():
        monkeypatch.setenv(name, value)
    for name in ("opened.json", "refused.json"):
        Path(name).write_text("[]")
    service("plan", "plans", "--target", "a")
    service("publish", "plans", "shards", "published")
    gate, announce = Path("log").read_text().splitlines()[-2:]
    assert "--opened refused.json" in gate
    assert gate.endswith("--accept moved flaky --run-url https://run")
    assert "--opened opened.json" in announce
    assert announce.endswith("--base-url https://site")


def test_a_command_for_each_target_goes_on_after_a_failure(service: Service) -> None:
    """Check that it fails in the end."""
    assert 0 == service("each", "stale", "--max-age", "3d")[0]
    Path("a-stale").write_text("fail")
    assert 1 == service("each", "stale", "--max-age", "3d")[0]
    assert ["stale"] * 2 == service.log("c")
