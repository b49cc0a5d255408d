"""Failures that a user can meet: each has an exit code of its own, which `matrix --help` documents."""

import errno
import sys
from pathlib import Path

import click
import pytest

from matrix import cli, errors
from matrix.errors import MatrixError
from matrix.findings.model import EXIT_CODES, Exit

FAILURES = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MatrixError)]

CODES = {
    "MatrixError": 10,
    "UsageError": 2,
    "IndexFailure": 11,
    "InterpreterMissing": 12,
    "GateRefused": 13,
    "Stale": 14,
    "SignatureRefused": 15,
    "StoreCorrupt": 5,
    "StoreBusy": 6,
    "ControlFailure": 7,
    "Disagreement": 8,
    "ToolFailure": 9,
}
"""Exit codes that scripts may rely on."""


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    """Run the command line and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["matrix", *arguments])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    return leaving.value.code


def raising(monkeypatch: pytest.MonkeyPatch, failure: BaseException) -> None:
    """Replace the command line by a function that raises `failure`."""

    def fail(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(cli.cli, "main", fail)


def test_every_failure_has_the_exit_code_that_was_published() -> None:
    """Scripts rely on these codes."""
    assert CODES == {kind.__name__: kind.exit_code for kind in FAILURES}


def test_no_two_failures_share_an_exit_code() -> None:
    """No failure has the code of a success, of findings, of a bug or of an interrupt."""
    codes = [kind.exit_code for kind in FAILURES]
    assert len(codes) == len(set(codes))
    others = {code for end, code in EXIT_CODES.items() if end is not Exit.BROKEN} | {cli.BUG, cli.INTERRUPTED}
    assert set() == others & set(codes)


@pytest.mark.parametrize("kind", FAILURES)
def test_every_failure_has_a_docstring_of_its_own(kind: type[MatrixError]) -> None:
    """No two failures share a docstring."""
    assert kind.__doc__
    assert kind.__doc__ not in [other.__doc__ for other in FAILURES if other is not kind]


@pytest.mark.parametrize("code", [*EXIT_CODES.values(), *CODES.values(), cli.BUG, cli.INTERRUPTED])
def test_every_exit_code_is_documented_in_the_help(code: int) -> None:
    """`matrix --help` lists them all."""
    with click.Context(cli.cli, **cli.cli.context_settings) as context:
        text = " ".join(cli.cli.get_help(context).split())
    listed = text.partition("Exit codes: ")[2].partition(". ")[0]
    documented = {int(item.split()[0]) for item in listed.split(", ")}
    assert code in documented


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_is_a_paragraph_with_its_hint_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kind: type[MatrixError]
) -> None:
    """The paragraph is on standard error, without a traceback."""
    raising(monkeypatch, kind("It broke.", "Mend it."))
    assert kind.exit_code == run(monkeypatch)
    output = capsys.readouterr()
    assert ("", "Error: It broke.\nHint: Mend it.\n") == (output.out, output.err)


def test_a_failure_without_a_hint_shows_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only the message is printed."""
    raising(monkeypatch, MatrixError("It broke."))
    assert run(monkeypatch) == 10
    assert "Error: It broke.\n" == capsys.readouterr().err


@pytest.mark.parametrize("leaving", [KeyboardInterrupt(), click.Abort()])
def test_an_interrupt_is_a_sentence_and_130(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], leaving: BaseException
) -> None:
    """130 is the exit code that shells use for an interrupt."""
    raising(monkeypatch, leaving)
    assert run(monkeypatch) == 130
    assert capsys.readouterr().err.startswith("Interrupted.")


def test_an_error_of_the_operating_system_is_a_sentence_and_10(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk is not a bug in midstream."""
    raising(monkeypatch, OSError(errno.ENOSPC, "No space left on device", "reports"))
    assert run(monkeypatch) == 10
    expected = (
        "Error: reports: No space left on device.\nHint: Free some disk space, then run the same command again. "
        "It keeps what was recorded and continues.\n"
    )
    assert expected == capsys.readouterr().err


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is not Python's 1, which stands for findings here."""
    raising(monkeypatch, ZeroDivisionError())
    assert run(monkeypatch) == 70
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["--no-such-option"],
        ["run", "--no-such-option"],
        ["run", "--jobs", "0"],
        ["run", "--jobs", "many"],
        ["run", "--lane", "yesterday"],
        ["run", "--python", "three"],
        ["run", "--scenario", "no-such-scenario"],
        ["run", "--surface", "no-such-surface"],
        ["run", "--deadline", "5"],
        ["reproduce", "--deadline", "5"],
        ["probe", "--python", sys.executable, "--deadline", "0"],
        ["run"],
        ["run", "--versions", "newest"],
        ["reproduce", "1.0.0"],
        ["probe"],
        ["probe", "--python", "/no/such/interpreter"],
        ["list", "no-such-list"],
        ["backend", "--port", "70000"],
    ],
    ids=lambda arguments: " ".join(arguments).replace(sys.executable, "PATH"),
)
def test_an_unknown_name_or_value_is_a_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str]
) -> None:
    """The exit code is 2, the message is on standard error, and standard output is empty."""
    assert run(monkeypatch, "--data", f"{tmp_path}/data", *arguments) == 2
    output = capsys.readouterr()
    assert ("", False) == (output.out, "Traceback" in output.err)
    assert "Error: " in output.err


def test_verifying_a_missing_folder_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder is a valid store; a missing one is a mistake in the command."""
    assert run(monkeypatch, "--data", f"{tmp_path}/none", "verify") == 5


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["run", "-h"]], ids=" ".join)
def test_asking_for_help_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """The help is on standard output, and the exit code is 0."""
    monkeypatch.setattr(sys, "argv", ["matrix", *arguments])
    try:
        cli.main()
    except SystemExit as leaving:
        assert leaving.code == 0  # noqa: PT017 - it may also return
    output = capsys.readouterr()
    assert output.out
    assert "" == output.err
