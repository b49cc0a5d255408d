"""A comment suppresses the findings about its line, and only those that it names."""

import pytest

from matrix.advice.suppressions import suppress
from matrix.findings.model import Finding, Level, Place, Report, State, Subject
from matrix.findings.rules import CRASHES, CUT, MISSES, RULES, SILENT, UNKNOWN, UNKNOWN_SUPPRESSION

FINDINGS = (
    Finding(rule=CRASHES, level=Level.ERROR, message="Crashes."),
    Finding(rule=MISSES, level=Level.WARNING, message="Misses."),
    Finding(rule=CUT, level=Level.NOTE, message="Ends."),
)


def report(*findings: Finding, state: State = State.FINDING) -> Report:
    """Make a report on one subject."""
    subject = Subject(place=Place("app.py", 3), text="except E", state=state, findings=findings)
    rules = tuple(RULES[finding.rule] for finding in findings)
    return Report(command="scan", version="0", measured=None, suite="", subjects=(subject,), rules=rules)


@pytest.mark.parametrize(
    ("line", "expected", "state"),
    [
        pytest.param("except E:", [CRASHES, MISSES, CUT], State.FINDING, id="no comment"),
        pytest.param("except E:  # noqa", [CRASHES, MISSES, CUT], State.FINDING, id="another comment"),
        pytest.param("except E:  # midstream: ignore", [], State.FINE, id="all rules"),
        pytest.param("except E:  # noqa # midstream: ignore", [], State.FINE, id="after another comment"),
        pytest.param("except E:  #midstream: ignore because", [], State.FINE, id="with a reason"),
        pytest.param(f"x  # midstream: ignore[{CRASHES}]", [MISSES, CUT], State.FINDING, id="one rule"),
        pytest.param(f"x  # midstream: ignore[{CRASHES}, {MISSES}]", [CUT], State.FINE, id="two rules"),
        pytest.param(f"x  # midstream: ignore[{SILENT}]", [CRASHES, MISSES, CUT], State.FINDING, id="no such finding"),
        pytest.param("x  # midstream: ignore[]", [], State.FINE, id="empty brackets"),
        pytest.param(
            "x  # midstream: ignore[crashes]",
            [CRASHES, MISSES, CUT, UNKNOWN_SUPPRESSION],
            State.FINDING,
            id="no such rule",
        ),
        pytest.param(
            f"x  # midstream: ignore[{CRASHES}, {MISSES}, x, x]",
            [CUT, UNKNOWN_SUPPRESSION],
            State.FINE,
            id="some such rules",
        ),
        pytest.param("x  # midstream: ignored", [CRASHES, MISSES, CUT], State.FINDING, id="a longer word"),
        pytest.param("x  # midstream: ignore[", [CRASHES, MISSES, CUT], State.FINDING, id="an open bracket"),
        pytest.param("x = 'midstream: ignore'", [CRASHES, MISSES, CUT], State.FINDING, id="no comment but a text"),
        pytest.param("", [CRASHES, MISSES, CUT], State.FINDING, id="no line"),
    ],
)
def test_a_comment_suppresses_the_rules_that_it_names(line: str, expected: list[str], state: State) -> None:
    """The state follows the remaining findings, and the report describes their rules only."""
    suppressed = suppress(report(*FINDINGS), lambda _: line, State.FINE)
    (subject,) = suppressed.subjects
    assert (expected, state) == ([finding.rule for finding in subject.findings], subject.state)
    assert {finding.rule for finding in subject.findings} == {rule.id for rule in suppressed.rules}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.UNKNOWN, State.UNJUDGED),
        (State.FINDING, State.UNJUDGED),
        (State.UNJUDGED, State.UNJUDGED),
        (State.FINE, State.FINE),
    ],
)
def test_a_subject_without_findings_has_the_state_of_its_report(state: State, expected: State) -> None:
    """A check that judged no handler does not call a requirement fine."""
    unknown = Finding(rule=UNKNOWN, level=Level.WARNING, message="Not measured.")
    suppressed = suppress(report(unknown, state=state), lambda _: "# midstream: ignore", State.UNJUDGED)
    assert (expected, ()) == (suppressed.subjects[0].state, suppressed.subjects[0].findings)


def test_a_name_that_is_nearly_a_rule_has_a_hint() -> None:
    """A name of any length is cut."""
    line = f"# midstream: ignore[handler-crash, {'x' * 1000}]"
    (subject,) = suppress(report(*FINDINGS), lambda _: line, State.FINE).subjects
    notes = [finding for finding in subject.findings if finding.rule == UNKNOWN_SUPPRESSION]
    assert [f"Did you mean {CRASHES}" in notes[0].instead, True] == [True, max(len(n.message) for n in notes) < 200]
