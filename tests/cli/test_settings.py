"""The settings of a project in `[tool.midstream]`, and comments in its files, as a user meets them."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Run, write

PROGRAM = """\
import anthropic
client = anthropic.Anthropic()
def ask(q):
    for i in range(3):
        try:
            return list(client.messages.create(model="m", max_tokens=9, messages=q, stream=True))
        except anthropic.OverloadedError:{comment}
            continue
"""
PROJECT = '[project]\nname = "a"\nversion = "1"\ndependencies = [\n  "anthropic==0.45.2",{comment}\n]\n'


def report(run: Run, *arguments: str) -> dict[str, Any]:
    """Run a command; return its report."""
    _, out, err = run(*arguments, "--format", "json")
    assert "Traceback" not in err
    parsed: dict[str, Any] = json.loads(out)
    return parsed


def rules(document: dict[str, Any]) -> list[str]:
    """Name the rules of all findings."""
    return [finding["rule"] for subject in document["subjects"] for finding in subject["findings"]]


def test_both_commands_read_the_settings(run: Run) -> None:
    """Paths are relative to the file, and the manifests above them are checked too."""
    settings = '[tool.midstream]\ncatching = ["status-set"]\nignore = ["handler-crashes"]\npaths = ["src"]\n'
    write({"pyproject.toml": PROJECT.format(comment="") + settings, "src/app.py": PROGRAM.format(comment="")})
    write({"src/requirements.txt": "anthropic==2.12.0\n", "old/requirements.txt": "anthropic==0.30.0\n"})
    checked = report(run, "check")
    assert ["status-set"] == checked["catching"]
    assert ["pyproject.toml", "src/requirements.txt"] == [each["place"]["path"] for each in checked["subjects"]]
    scanned = report(run, "scan")
    assert ["src/app.py"] == [subject["place"]["path"] for subject in scanned["subjects"]]
    assert "handler-crashes" not in rules(scanned)


def test_options_win_over_settings(run: Run) -> None:
    """A setting without an option still counts."""
    settings = '[tool.midstream]\ncatching = ["status-set"]\nignore = ["handler-gives-up"]\npaths = ["src"]\n'
    write({"pyproject.toml": PROJECT.format(comment="") + settings, "a/app.py": PROGRAM.format(comment="")})
    checked = report(run, "check", "pyproject.toml", "--catching", "type-attr")
    assert (["type-attr"], False) == (checked["catching"], "handler-gives-up" in rules(checked))
    assert "handler-gives-up" in rules(report(run, "check", ".", "--ignore", "silent-end"))
    assert ["a/app.py"] == [subject["place"]["path"] for subject in report(run, "scan", "a")["subjects"]]


def test_the_settings_are_those_above_the_paths(run: Run) -> None:
    """The nearest file counts as a whole; a file without settings is passed over."""
    write({"pyproject.toml": '[tool.midstream]\ncatching = ["status-set"]\nignore = ["yanked"]\n'})
    write({"a/pyproject.toml": PROJECT.format(comment=""), "a/b/requirements.txt": "anthropic==0.45.2\n"})
    write({"c/pyproject.toml": '[tool.midstream]\ncatching = ["type-attr"]\n', "c/requirements.txt": "anthropic\n"})
    assert ["status-set"] == report(run, "check", "a/b")["catching"]
    assert ["type-attr"] == report(run, "check", "c/requirements.txt")["catching"]
    assert ["status-set"] == report(run, "check", "a", "c")["catching"]


def test_settings_above_the_repository_do_not_count(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do they end the command."""
    write({"pyproject.toml": "[tool.midstream]\nx = 1\n", "repo/.git/HEAD": "", "repo/r.txt": "anthropic==0.45.2\n"})
    monkeypatch.chdir("repo")
    assert 1 == run("check", "r.txt")[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("[tool.midstream]\nignor = []\n", "Did you mean ignore? The settings are catching, clients, ignore, paths."),
        ('[tool.midstream]\nignore = ["yank"]\n', "There is no rule 'yank'. Hint: Did you mean yanked?"),
        ('[tool.midstream]\nclients = ["bedrok"]\n', "There is no client 'bedrok'. Hint: Did you mean bedrock?"),
        ('[tool.midstream]\ncatching = ["status"]\n', "There is no handler 'status'."),
        ('[tool.midstream]\nignore = "yanked"\n', "`tool.midstream.ignore` must be an array of strings"),
        ("[tool.midstream]\npaths = [1]\n", "must be an array of strings, but has the number 1."),
        ('[tool.midstream]\npaths = [""]\n', 'Write it as `paths = ["src"]`.'),
        ('[tool.midstream]\npaths = ["\\u0000"]\n', "`tool.midstream.paths` must be an array of strings"),
        ("[tool.midstream]\ncatching = {a = 1}\n", "`tool.midstream.catching` must be an array of strings"),
        ("[[tool.midstream]]\nignore = []\n", "`tool.midstream` must be a table, but is an array."),
        ("tool.midstream = true\n", "`tool.midstream` must be a table, but is true."),
        ("[tool.midstream\nignore = []\n", "The settings in pyproject.toml:1 can't be read"),
        ('[tool.midstream]\n"\\u001b[31m" = 1\n', "has an unknown setting"),
    ],
)
@pytest.mark.parametrize("command", ["check", "scan"])
def test_wrong_settings_end_the_command(run: Run, command: str, settings: str, message: str) -> None:
    """The message names the file, and the hint what to write."""
    write({"pyproject.toml": settings, "app.py": ""})
    code, out, err = run(command, ".")
    said = " ".join(err.split())
    assert (2, "") == (code, out)
    assert message in said
    assert "pyproject.toml" in said
    assert "\x1b" not in err


def test_a_broken_file_without_settings_is_a_problem_of_the_check_alone(run: Run) -> None:
    """It may not be read for the settings."""
    write({"pyproject.toml": "[project\n"})
    code, out, _ = run("check", ".")
    assert (2, True) == (code, "pyproject.toml:1" in out)


def test_a_scan_without_a_path_needs_settings(run: Run) -> None:
    """The hint names both ways."""
    code, out, err = run("scan")
    assert (2, "") == (code, out)
    assert "matrix scan ." in err


@pytest.mark.parametrize(
    ("comment", "suppressed"),
    [("", False), ("  # midstream: ignore", True), ("  # midstream: ignore[yanked]", False)],
)
def test_a_comment_in_code_suppresses_findings(run: Run, comment: str, suppressed: bool) -> None:
    """It stands on the line that the finding names."""
    write({"requirements.txt": "anthropic==0.45.2\n", "app.py": PROGRAM.format(comment=comment)})
    code, out, _ = run("scan", ".")
    assert (0 if suppressed else 1, not suppressed) == (code, "handler-crashes" in out)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.txt", "rich\nanthropic==0.45.2{comment}\n"),
        ("pyproject.toml", PROJECT),
        ("environment.yml", "dependencies:\n  - pip:\n      - anthropic==0.45.2{comment}\n"),
        ("pixi.toml", '[pypi-dependencies]\r\nanthropic = "==0.45.2"{comment}\r\n'),
        ("script.py", '# /// script\n# dependencies = [\n#   "anthropic==0.45.2",{comment}\n# ]\n# ///\n'),
        ("Dockerfile", "FROM python\nRUN pip install anthropic==0.45.2{comment}\n"),
    ],
)
def test_a_comment_in_a_manifest_suppresses_findings(run: Run, name: str, text: str) -> None:
    """Each format that has comments."""
    write({name: text.format(comment="")})
    assert "error-unnamed" in rules(report(run, "check"))
    write({name: text.format(comment="  # midstream: ignore[error-unnamed]")})
    assert ["silent-end"] == rules(report(run, "check"))
    write({name: text.format(comment="  # midstream: ignore[error-unamed]")})
    assert ["error-unnamed", "silent-end", "unknown-suppression"] == rules(report(run, "check"))
