"""Texts of releases and of people's files are printed as text, and obeyed by no terminal and no log."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matrix.cli import terminal
from matrix.cli.terminal import LINE_LIMIT, printable, style
from matrix.errors import ToolFailure
from matrix.harness import measure
from matrix.harness.runner import Job
from matrix.model import Cell, Lane, Release
from matrix.observation import Behaviour, Cause, Delivery, Outcome, Result
from tests.miniature.drive import Done, Matrix
from tests.miniature.index import Index
from tests.support.behaviours import (
    CLEAN,
    CUT,
    MID,
    cell,
    completed,
    ended,
    error,
    fill,
    lock,
    not_played,
    on,
    raised,
    release,
    result,
)

MARK: Final = "SPOOFED"
"""The beginning of a line of the hostile text, and of no printed line."""

HOSTILE: Final = (
    "x\x1b[31m \x1b]0;title\x07 \x1b[2J \x9b2J \x85 \u202egnp\u202c \u2066i\u2069 \u200b\ufeff\u3164\ufe0f \x00\x08"
    f"\r\n::error::no\n  ::add-mask::no\n##[error]no\n##vso[task.complete]\n{MARK}\u2028{MARK}\r{MARK}"
)

LONG: Final = "y" * 100_000

_ALARMS: Final = re.compile(r"^\s*::|##[a-z.]*\[|[\u3164\ufe0f]|" + rf"^{MARK}", re.IGNORECASE)


def alarms(done: Done) -> list[str]:
    """List printed lines that a terminal or a log could obey, or that a hostile text made."""
    return [
        line
        for text in (done.out, done.err)
        for line in text.split("\n")
        if not line.isprintable() or _ALARMS.search(line) or len(line) > 2 * LINE_LIMIT
    ]


# One line.


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("größe 日本 — ✓", "größe 日本 — ✓", id="ordinary text"),
        pytest.param("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m", id="colours of others"),
        pytest.param("a\nb\r\tc", r"a\nb\r\tc", id="line ends"),
        pytest.param("  ::error::x", r"  \x3a:error::x", id="a workflow command"),
        pytest.param("a ##[error]x", r"a \x23#[error]x", id="an old workflow command"),
        pytest.param("\u202e\x9b\u3164", r"\u202e\x9b\u3164", id="invisible characters"),
        pytest.param("y" * LINE_LIMIT, "y" * LINE_LIMIT, id="a long line"),
    ],
)
def test_a_line_is_made_printable(line: str, expected: str) -> None:
    """Check that only characters that must be escaped are escaped."""
    assert expected == printable(line)


def test_a_very_long_line_is_cut() -> None:
    """Check that its length is printed."""
    assert LINE_LIMIT == len(printable(LONG))
    assert printable(LONG).endswith("y... (100,000 characters)")


@pytest.mark.parametrize("attributes", [{"fg": "red", "bold": True}, {"dim": True}, {}])
def test_our_own_colours_stay(attributes: dict[str, Any]) -> None:
    """Check the colours of click, and that text within them is escaped."""
    expected = "a " + click.style(r"b\x1b[0m", **attributes) + " c"
    assert expected == printable(f"a {style('b' + chr(27) + '[0m', **attributes)} c")


def test_our_own_colours_are_of_this_process_alone() -> None:
    """Check that text recorded in another process can't contain their mark."""
    assert re.fullmatch(r"[0-9]+", terminal._MARK)
    assert printable(f"\x1b[{int(terminal._MARK) + 1};31mx") == rf"\x1b[{int(terminal._MARK) + 1};31mx"


@given(st.text(max_size=60).map(lambda text: text + HOSTILE[: len(text)]), st.booleans())
@settings(deadline=None, max_examples=200)
def test_printable_text_is_not_changed_again(text: str, styled: bool) -> None:
    """Check any line."""
    line = printable(style(text, bold=True) if styled else text)
    plain = click.unstyle(line)
    assert plain.isprintable()
    assert not re.search(r"^\s*::|##[a-z.]*\[", plain, re.IGNORECASE)
    assert plain == printable(plain)


# Every command that prints text of releases.

ATTRIBUTES: Final[dict[str, Any]] = {"status_code": 200, "type": HOSTILE}


def observe(text: str) -> Behaviour:
    """Make an error of which every free text is hostile."""
    exception = error(
        f"anthropic.Hostile{text}", f"anthropic.Base{text}", attributes=ATTRIBUTES, text=text, message=text, body=text,
        causes=(Cause(how="cause", name=f"httpx.{text}", text=text),), pickles=text, copies=text,
    )  # fmt: skip
    handlers = {"any-exception": "retry", "type-attr": f"crashed: {text}"}
    delivered = Delivery(events=("message_start", text), text=text, stop_reason=text)
    return (
        on(completed(), CLEAN)
        | on(raised(exception, handlers=handlers, delivered=delivered), MID)
        | on(completed(text, text, handlers=dict.fromkeys(handlers, "accept")), CUT)
    )


RELEASES: Final[dict[str, Release]] = {
    listed.version: listed
    for listed in (
        release("1.0.0", 1),
        release("1.1.0", 2, requires_python=HOSTILE, yanked=HOSTILE),
        release("1.2.0", 3, yanked=LONG),
        release("1.3.0", 4),
    )
}
RESULTS: Final[dict[Cell, Result]] = {
    cell("1.0.0"): result(observe("plain"), lock=lock(httpx="0.27.0")),
    cell("1.1.0"): result(observe(HOSTILE)),
    cell("1.2.0"): result(observe(LONG)),
    cell("1.3.0"): not_played(reason=HOSTILE),
    cell("1.0.0", Lane.AS_RELEASED): not_played(reason=LONG),
    cell("1.1.0", Lane.AS_RELEASED): result(on(ended(Outcome.CANNOT_CONSTRUCT, exception=error(text=HOSTILE)), MID)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the data of a store with hostile text, once, to be read."""
    data = tmp_path_factory.mktemp("hostile") / "data"
    fill(data, RELEASES, RESULTS)
    return data


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the data of the oldest release alone, so that the hostile releases are news."""
    data = tmp_path_factory.mktemp("older") / "data"
    cells = {key: stored for key, stored in RESULTS.items() if key.version == "1.0.0"}
    fill(data, {"1.0.0": RELEASES["1.0.0"]}, cells)
    return data


@pytest.fixture
def matrix(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Matrix:
    """Return the command line on it, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return Matrix(folder, Index(tmp_path))


COMMANDS: Final[tuple[tuple[str, ...], ...]] = (
    ("list", "releases"),
    ("history",),
    ("history", "--handler", "type-attr"),
    ("history", "--lane", "as-released"),
    ("diff", "1.0.0", "1.1.0"),
    ("diff", "1.0.0", "1.1.0", "--all"),
    ("diff", "1.1.0", "1.2.0", "--all"),
    ("diff", "1.1.0", "1.3.0"),
    ("diff", "1.0.0:as-released", "1.1.0:as-released"),
    ("explain", "1.1.0"),
    ("explain", "1.1.0", MID),
    ("explain", "1.1.0", MID, "messages.create"),
    ("explain", "1.1.0", CUT, "messages.create"),
    ("explain", "1.2.0", MID, "messages.create"),
    ("explain", "1.3.0"),
    ("explain", "1.1.0:as-released"),
    ("advise",),
    ("advise", "<1.2"),
    ("verify",),
    ("announce", "--published", "{older}"),
    ("announce", "--published", "{older}", "--format", "markdown"),
    ("gate", "--published", "{data}"),
    ("gate", "--published", "{data}", "--format", "markdown"),
    ("elsewhere", "1.1.0", "--published", "{data}"),
    ("run", "--dry-run"),
)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_command_prints_text_of_releases_as_text(
    matrix: Matrix, folder: Path, older: Path, command: tuple[str, ...]
) -> None:
    """Check for escape sequences, overrides of direction, lines of a release, and commands to a CI service."""
    done = matrix(*(word.format(data=folder, older=older) for word in command))
    assert "Traceback" not in done.err
    assert done.out + done.err
    assert [] == alarms(done)


JSON: Final = tuple(
    (*command, "--format", "json") for command in COMMANDS if command[0] in ("history", "diff", "explain", "advise")
)


@pytest.mark.parametrize("command", JSON, ids=" ".join)
def test_json_is_escaped_without_loss(matrix: Matrix, command: tuple[str, ...]) -> None:
    """Check that a program reads the text of the release."""
    done = matrix(*command)
    json.loads(done.out)
    assert done.out.isascii()
    assert not re.search(r"^\s*::|##", done.out, re.MULTILINE)


def test_json_has_the_exact_text_of_a_release(matrix: Matrix) -> None:
    """Check the part that a terminal would obey."""
    document = json.loads(matrix("explain", "1.1.0", MID, "--format", "json").out)
    assert HOSTILE == document["told"][0]["observation"]["exception"]["message"]


def test_a_run_shows_reasons_and_failures_as_text(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that each cell stays one line."""

    def run(
        _store: object, jobs: Sequence[Job], _how: object, progress: Any, *_: object, **__: object
    ) -> measure.RunSummary:
        failure = ToolFailure(HOSTILE, HOSTILE)
        progress.sandbox_missing(HOSTILE)
        progress.finished(cell("1.3.0"), not_played(reason=HOSTILE))
        progress.failed(cell("1.3.0"), failure)
        progress.environment_kept(cell("1.3.0"), Path(HOSTILE.replace("/", "")))
        return measure.RunSummary(1, 0, (failure,))

    monkeypatch.setattr(measure, "run", run)
    done = matrix("run", "--force", "--versions", "1.3.0", "--lane", "today")
    assert (ToolFailure.exit_code, []) == (done.code, alarms(done))
    assert 5 == len(done.out.splitlines())


def test_paths_of_a_user_are_printed_as_text(matrix: Matrix, tmp_path: Path) -> None:
    """Check a path of somebody else."""
    name = f"a{HOSTILE.replace('/', '').replace(chr(0), '')}"[:200]
    (tmp_path / name).mkdir()
    (tmp_path / name / "requirements.txt").write_text("anthropic==1.1.0\n", encoding="utf-8")
    (tmp_path / name / "code.py").write_text("import anthropic\ntry: ...\nexcept anthropic.APIError: ...\n")
    for command in ("check", "scan"):
        done = matrix(command, str(tmp_path / name))
        assert "Traceback" not in done.err
        assert [] == alarms(done)


# Arguments of the user.

_OF_EACH: Final = (
    "check", "scan", "advise", "diff", "explain", "history", "list", "plan", "run", "merge", "reproduce", "probe",
    "refresh", "report", "serve", "verify", "gate", "announce", "stale", "elsewhere", "backend",
)  # fmt: skip


@pytest.mark.parametrize("argument", ["##[error]no", "::error::no", f"--x{HOSTILE[:60]}", "\u202ex\x9b2J", "-\x1b[2J"])
@pytest.mark.parametrize("command", ["", *_OF_EACH])
def test_a_usage_error_repeats_an_argument_as_text(matrix: Matrix, command: str, argument: str) -> None:
    """Check an argument that comes from another program."""
    words = [command] * bool(command) + [f"--{argument}", argument]
    done = matrix(*words)
    assert 2 == done.code
    assert "" != done.err
    assert [] == alarms(done)


def test_a_bug_shows_its_traceback_as_text(matrix: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check an exception with text of a release."""

    def break_down(*_: object) -> None:
        raise ZeroDivisionError(HOSTILE.replace(MARK, ""))

    monkeypatch.setattr("matrix.store.store.Store.verify", break_down)
    done = matrix("verify")
    assert (70, []) == (done.code, alarms(done))
    assert "ZeroDivisionError" in done.err
