"""What people expect of any command line: colours, widths, pipes, interrupts, and completion by the shell."""

import json
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path

import click
import pytest

from matrix.cli import terminal
from matrix.cli.columns import lay_out
from matrix.targets import ANTHROPIC
from tests.miniature.drive import run_command
from tests.support.paths import ROOT


def complete(*words: str) -> list[str]:
    """Ask for the completions of the last word, as bash does."""
    environment = {
        **os.environ,
        "_MATRIX_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("matrix", *words)),
        "COMP_CWORD": str(len(words)),
    }
    program = [sys.executable, "-c", "import sys; sys.argv[0] = 'matrix'; from matrix.cli import main; main()"]
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert "" == done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


# Colours and widths.


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_terminal_without_colours_gets_none(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """Check the variables, and the colours without them."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "text" != terminal.style("text", bold=True)
    monkeypatch.setenv(name, value)
    assert "text" == terminal.style("text", bold=True)


def test_a_real_terminal_gets_no_escape_with_no_color() -> None:
    """Check the bytes that a terminal receives."""
    controller, device = pty.openpty()
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm"}
    command = [sys.executable, "-m", "matrix", "list", "targets"]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=device, stderr=device, check=False)
    os.close(device)
    printed = os.read(controller, 65536)
    os.close(controller)
    assert (0, True, False) == (done.returncode, b"anthropic" in printed, b"\x1b" in printed)


def test_columns_set_the_width_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check tables and sentences; a pipe without the variable gets lines as long as they are."""
    rows = [("id", "a sentence that is longer than the width of the output")]
    monkeypatch.delenv("COLUMNS", raising=False)
    assert "width of the output" in lay_out(("id", "text"), rows, wrapped=[1])
    monkeypatch.setenv("COLUMNS", "30")
    assert 30 >= max(len(click.unstyle(line)) for line in lay_out(("id", "text"), rows, wrapped=[1]).splitlines())


def test_sentences_are_wrapped_at_their_spaces(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Check the indentation of the other lines, and a word that is longer than the width."""
    monkeypatch.setenv("COLUMNS", "20")
    terminal.say_lines(["  worse: 14 calls that were handled", "x" * 30])
    assert ["  worse: 14 calls", "    that were", "    handled", "x" * 30] == capsys.readouterr().out.splitlines()


def test_a_table_is_not_cut_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the longest rule."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.chdir(ROOT)
    done = run_command("list", "rules")
    assert (0, True) == (done.code, max(map(len, done.out.splitlines())) > 200)


# Exit codes.


@pytest.mark.parametrize("command", ["backend"])
def test_a_port_in_use_is_refused_by_the_system(command: str) -> None:
    """Check that the exit code is that of the operating system's refusals."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run_command(command, "--port", str(taken.getsockname()[1]))
    assert (10, True) == (done.code, "can't be used" in done.err)


@pytest.mark.parametrize("arguments", [("merge",), ("run", "--shard", "1/2")], ids=" ".join)
def test_a_missing_plan_is_a_mistake_in_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """Check that the hint makes the plan."""
    monkeypatch.chdir(tmp_path)
    done = run_command(*arguments)
    assert (2, True) == (done.code, "`matrix plan --output plan.json`" in done.err)


# Completion.


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("expl",), {"explain"}),
        (("check", "--catching", "status-4"), {"status-429-529"}),
        (("run", "--scenario", "mid-then"), {"mid-then-ok"}),
        (("run", "--surface", "completion_s"), {"completion_stream", "completion_stream-async"}),
        (("explain", "0.28"), {"0.28.0", "0.28.1"}),
        (("diff", "0.28.1:as"), {"0.28.1:as-released"}),
        (("list", "handlers", "status-4"), {"status-429-529"}),
        (("--data", "nowhere", "explain", "0.28"), set()),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_shell_completes_ids_and_versions(words: tuple[str, ...], some: set[str]) -> None:
    """Check each kind; data that does not exist completes nothing."""
    assert some == set(complete(*words))


def test_the_line_that_switches_completion_on_is_documented() -> None:
    """Check README."""
    assert 'eval "$(_MATRIX_COMPLETE=bash_source matrix)"' in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_listed_packages_that_bring_the_sdk_are_those_of_the_check() -> None:
    """Check a package that requires the SDK, and leave out one that does so for an extra only."""
    done = run_command("list", "targets", "--format", "json")
    carriers = json.loads(done.out)["targets"][0]["carriers"]
    always = {name for name, carrier in ANTHROPIC.index.carriers.items() if "" in carrier.requires}
    assert (0, always) == (done.code, set(carriers))
    assert ("langchain-anthropic" in carriers, "instructor" in carriers) == (True, False)


# Interrupts.


def test_an_interrupt_says_nothing_of_results_where_none_is_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check a command that only reads."""

    def interrupt(*_: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("matrix.cli.listing.lay_out", interrupt)
    done = run_command("list", "targets")
    assert (130, "", "Interrupted.") == (done.code, done.out.strip(), done.err.strip())
