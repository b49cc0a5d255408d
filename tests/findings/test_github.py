"""Reports as annotations in GitHub's log."""

import re

import msgspec
import pytest
from hypothesis import given, settings

from matrix.findings.formats.github import render
from matrix.findings.formats.tally import reported_findings
from matrix.findings.model import Finding, Level, Place, Problem, Report, State, Subject
from tests.findings.examples import BROKEN, EMPTY, FINE, PINNED, SCANNED, reports

RELAXED = settings(deadline=None, max_examples=25)
CUT_BY_THE_RUNNER = 4_096
PROPERTIES = {"file", "line", "col", "title"}


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """Parse a command as the runner does: its name, its properties and its message."""
    command = re.fullmatch(r"::(\w+) (.*?)::(.*)", line)
    assert command is not None, line

    def unescaped(text: str) -> str:
        for sign, escape in ((":", "%3A"), (",", "%2C"), ("\n", "%0A"), ("\r", "%0D"), ("%", "%25")):
            text = text.replace(escape, sign)
        return text

    pairs = (pair.partition("=") for pair in command[2].split(","))
    return command[1], {name: unescaped(value) for name, _, value in pairs}, unescaped(command[3])


def report_of(subject: str = "t", message: str = "m", instead: str = "", place: Place | None = None) -> Report:
    """Return a report with one finding."""
    finding = Finding(rule="silent-end", level=Level.ERROR, message=message, instead=instead)
    subject_ = Subject(place=place or Place("a.py", 1), text=subject, state=State.FINDING, findings=(finding,))
    return msgspec.structs.replace(FINE, subjects=(subject_,))


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (FINE, ["notice uv.lock"]),
        (PINNED, ["error uv.lock", "warning uv.lock", "notice uv.lock"]),
        (SCANNED, ["error app/stream.py", "warning app/stream.py", "warning jobs/nightly.py"]),
        (
            BROKEN,
            [
                "error poetry.lock",
                "error environment.yml",
                "warning requirements/base.txt",
                "warning requirements/dev.txt",
            ],
        ),
        (EMPTY, []),
    ],
)
def test_a_report_has_a_command_for_each_finding(report: Report, expected: list[str]) -> None:
    """A problem is an error, an unknown subject is a warning, and a fine subject has no command."""
    commands = [parsed(line) for line in render(report).splitlines()]
    assert expected == [f"{name} {properties['file']}" for name, properties, _ in commands]


def test_a_command_has_a_place_a_title_and_a_message() -> None:
    """The title names this program."""
    assert (
        "::error file=app/stream.py,title=midstream%3A The handler itself crashes (missing-class),line=58,col=5::"
        "except anthropic.OverloadedError: 0.52.2 has no `OverloadedError`: the handler itself crashes.%0A"
        "Instead: `except anthropic.APIStatusError as error`, and `explain(error).retryable`"
    ) == render(SCANNED).splitlines()[0]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place("a.py", 3, 7), {"file": "a.py", "line": "3", "col": "7"}),
        (Place("a.py", 3), {"file": "a.py", "line": "3"}),
        (Place("a.py"), {"file": "a.py"}),
        (Place("a.py", 0, 7), {"file": "a.py"}),
        (Place("a,b:c%d=e.py", 1), {"file": "a,b:c%d=e.py", "line": "1"}),
    ],
)
def test_a_place_is_as_exact_as_it_is_known(place: Place, expected: dict[str, str]) -> None:
    """A whole file has neither line nor column."""
    _, properties, _ = parsed(render(report_of(place=place)).strip())
    del properties["title"]
    assert expected == properties


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("100% of them", "t: 100% of them"),
        ("a\nb", "t: a b"),
        ("a%0Ab", "t: a%0Ab"),
        ("::error::b", r"t: \x3a:error::b"),
        ("a, b: c", "t: a, b: c"),
    ],
)
def test_a_message_is_escaped(message: str, expected: str) -> None:
    """The runner reads the message that was written."""
    assert expected == parsed(render(report_of(message=message)).strip())[2]


def test_advice_has_lines_of_its_own() -> None:
    """The runner reads them as lines."""
    assert "t: m\nInstead:\n  try:\n      a()" == parsed(render(report_of(instead="try:\n    a()")).strip())[2]


def test_a_title_and_a_message_are_cut() -> None:
    """GitHub refuses a longer title and cuts a longer message."""
    problem = Problem(Place("a"), "m" * 9_999, "h" * 9_999)
    report = msgspec.structs.replace(report_of("t" * 9_999, "m" * 9_999, "i\n" * 9_999), problems=(problem,))
    for line in render(report).splitlines():
        _, properties, message = parsed(line)
        assert len(properties["title"]) <= 255
        assert len(message) <= CUT_BY_THE_RUNNER


@given(reports)
@RELAXED
def test_no_file_can_add_a_command(report: Report) -> None:
    """There is one command for each finding and each problem."""
    lines = render(report).splitlines()
    assert len(report.problems) + sum(len(reported_findings(subject)) for subject in report.subjects) == len(lines)
    for line in lines:
        name, properties, message = parsed(line)
        assert name in {"error", "warning", "notice"}
        assert set() == set(properties) - PROPERTIES
        assert message.replace("\n", "").isprintable()
