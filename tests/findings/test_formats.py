"""All formats share their counts and limits, and treat the content of files as data."""

import re
import subprocess
import sys
import time

import msgspec
import pytest
from hypothesis import given, settings

from matrix.errors import UsageError
from matrix.findings import formats
from matrix.findings.formats.tally import (
    UNKNOWN_RULE,
    Tally,
    advice_lines,
    reported_findings,
    reported_rules,
    summary_line,
    tally,
)
from matrix.findings.model import Finding, Level, Place, Problem, Report, State, Subject
from matrix.findings.rules import RULES
from tests.findings.examples import BROKEN, CUT, EMPTY, EXAMPLES, FINE, PINNED, SCANNED, reports

RELAXED = settings(deadline=None, max_examples=25)


@pytest.mark.parametrize("name", formats.FORMATS)
@pytest.mark.parametrize("example", EXAMPLES)
def test_every_format_renders_every_report(name: str, example: str) -> None:
    """The text is the same each time, and its lines end."""
    shown = formats.render(name, EXAMPLES[example])
    assert shown == formats.render(name, EXAMPLES[example])
    assert shown.endswith("\n") or (shown == "" and (name, example) == ("github", "empty"))


@pytest.mark.parametrize(
    ("name", "hint"), [("sarf", "Did you mean sarif?"), ("pdf", "There are: text, json, markdown")]
)
def test_an_unknown_format_is_a_usage_error(name: str, hint: str) -> None:
    """The hint names the formats."""
    with pytest.raises(UsageError, match=f"^There is no format '{name}'") as failure:
        formats.render(name, FINE)
    assert failure.value.hint.startswith(hint)


@pytest.mark.parametrize("name", formats.FORMATS)
def test_a_format_imports_nothing_heavy(name: str) -> None:
    """Commands print text by default, so it imports no other format either."""
    module = formats.FORMATS[name]
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"rich", "click", "jinja2", "asyncio", "urllib.request", "matrix.store.store", "matrix.cli"}
    assert set() == heavy & set(loaded)
    if name == "text":
        assert set() == {"json", "xml", "hashlib", *formats.FORMATS.values()} & set(loaded) - {module}


@pytest.mark.parametrize("name", [name for name in formats.FORMATS if name != "github"])
@given(report=reports)
@RELAXED
def test_no_format_prints_a_command_of_a_log(name: str, report: Report) -> None:
    """GitHub and Azure obey a line that begins with `::`, or has `##[` anywhere, whatever prints it."""
    shown = formats.render(name, report)
    assert None is re.search(r"^\s*::|##[a-z.]*\[", shown, flags=re.IGNORECASE | re.MULTILINE)
    shown.encode()  # it can be written


def test_a_megabyte_of_message_is_cut() -> None:
    """Only JSON, which is for programs, keeps it; no format takes long."""
    long = "\x1b]8;;x `|<&" * 100_000
    finding = Finding(rule="r", level=Level.ERROR, message=long, instead=long)
    subject = Subject(place=Place("a.py", 1), text=long, about=long, state=State.FINDING, findings=(finding,))
    report = msgspec.structs.replace(
        BROKEN, subjects=(subject,), problems=(Problem(Place("b.py"), long, long),), catching=(long,)
    )
    began = time.monotonic()
    sizes = {name: len(formats.render(name, report)) for name in formats.FORMATS}
    assert {"json"} == {name for name, size in sizes.items() if size > 100_000}
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("report", "counts", "words"),
    [
        (FINE, (2, 0, 0, 1, 0, 0), "2 requirements: all fine, 1 note. Data of 2026-11-23."),
        (PINNED, (1, 1, 1, 1, 0, 0), "1 requirement: 1 error, 1 warning, 1 note. Data of 2026-11-23."),
        (SCANNED, (5, 1, 2, 0, 0, 0), "5 places that catch errors: 1 error, 2 warnings. Data of 2026-11-23."),
        (BROKEN, (2, 0, 0, 0, 2, 2), "2 requirements: 2 unknown, 2 problems. Data of 2026-11-23."),
        (EMPTY, (0, 0, 0, 0, 0, 0), "Found no place that catches errors of the SDK. There is no data."),
    ],
)
def test_a_report_is_counted(report: Report, counts: tuple[int, ...], words: str) -> None:
    """The summary line leaves out counts of 0."""
    assert Tally(**dict(zip(Tally.__struct_fields__, counts, strict=True))) == tally(report)
    assert words == summary_line(report)


@pytest.mark.parametrize(
    ("state", "findings", "expected"),
    [
        (State.FINE, (), []),
        (State.FINE, (CUT,), ["silent-end"]),
        (State.UNKNOWN, (), [UNKNOWN_RULE.id]),
        (State.UNKNOWN, (CUT,), [UNKNOWN_RULE.id, "silent-end"]),
        (State.UNKNOWN, (Finding(rule="why", level=Level.WARNING, message="m"),), ["why"]),
    ],
)
def test_an_unknown_subject_has_a_finding_that_says_so(
    state: State, findings: tuple[Finding, ...], expected: list[str]
) -> None:
    """A finding with the reason is enough."""
    subject = Subject(place=Place("a"), text="t", state=state, findings=findings)
    assert expected == [finding.rule for finding in reported_findings(subject)]


def test_every_rule_of_a_finding_is_described() -> None:
    """The report's own rules come first, in their order."""
    subject = Subject(
        place=Place("a"), text="t", state=State.UNKNOWN, findings=(Finding(rule="new", level=Level.NOTE, message="m"),)
    )
    report = msgspec.structs.replace(FINE, subjects=(subject,))
    assert ["silent-end", "unknown-release", "new"] == list(reported_rules(report))
    assert RULES["unknown-release"] == reported_rules(report)["unknown-release"]
    assert "new" == reported_rules(report)["new"].title


@pytest.mark.parametrize(
    ("instead", "expected"),
    [
        ("", []),
        ("pin it", ["Instead: pin it"]),
        ("try:\n    a()\n\nfinally:\n    b()", ["Instead:", "  try:", "      a()", "", "  finally:", "      b()"]),
    ],
)
def test_advice_is_a_sentence_or_code(instead: str, expected: list[str]) -> None:
    """Code stands on lines of its own, so that it can be copied."""
    assert expected == advice_lines(Finding(rule="r", level=Level.NOTE, message="m", instead=instead))
