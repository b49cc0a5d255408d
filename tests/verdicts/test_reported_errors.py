"""Calls that report an error by an event and raise nothing: they are neither right nor silent."""

import msgspec
import pytest

from matrix.compare.diff import compare
from matrix.compare.facets import Severity, facet_changes
from matrix.observation import Call, Delivery, Observation, Outcome
from matrix.site.marks import Mark, word
from matrix.targets import AGNO
from matrix.verdicts.verdict import Check, VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_observation
from tests.support.behaviours import raised

REPORTED = Observation(
    outcome=Outcome.COMPLETED,
    delivered=Delivery(events=("RunContent", "RunError"), text="Hello", reported={"event": "RunError"}),
    requests=1,
)
COMPLETED = Observation(outcome=Outcome.COMPLETED, delivered=Delivery(events=("RunContent",), text="Hello"), requests=1)
MID = "mid-overloaded_error"


@pytest.mark.parametrize("yardstick", Yardstick)
@pytest.mark.parametrize(
    ("scenario", "expected"),
    [(MID, "raised"), ("eof-mid", "raised"), ("reset", "raised"), ("bad-json", "raised"), ("clean", "none")],
)
def test_an_event_is_no_exception_and_no_success(scenario: str, expected: str, yardstick: Yardstick) -> None:
    """Code that catches exceptions does not see it, and code that reads events does."""
    verdict = judge(AGNO, AGNO.catalogue[scenario], REPORTED, None, yardstick)
    assert (VerdictKind.WRONG, (Check("error", expected, "an event RunError"),)) == (verdict.kind, verdict.checks)


def reporting(**fields: object) -> Observation:
    """Make a call that reports an error with these fields by an event."""
    delivered = Delivery(events=("RunError",), text="", reported={"event": "RunError", **fields})
    return Observation(outcome=Outcome.COMPLETED, delivered=delivered)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            {"status_code": 200},
            {"status_code": 529},
            [(Severity.ALTERED, "the reported status_code differs")],
        ),
        ({}, {"type": "overloaded_error"}, [(Severity.GAINED, "type is reported now")]),
        ({"type": "overloaded_error"}, {}, [(Severity.LOST, "type is no longer reported")]),
        ({"type": "overloaded_error"}, {"type": "overloaded_error"}, []),
    ],
)
def test_what_an_event_says_of_the_error_is_compared(
    before: dict[str, object], after: dict[str, object], expected: list[tuple[Severity, str]]
) -> None:
    """A reader of events decides by it."""
    changes = facet_changes(AGNO, MID, reporting(**before), reporting(**after))
    assert expected == [(change.severity, change.what) for change in changes]


def test_an_event_that_appears_or_disappears_is_a_change_of_the_outcome() -> None:
    """Both calls complete, and one of them is silent."""
    same_events = msgspec.structs.replace(
        COMPLETED, delivered=Delivery(events=("RunContent", "RunError"), text="Hello")
    )
    for before, after, expected in (
        (same_events, REPORTED, (Severity.HEARD, "an event RunError reports a failure that was silent")),
        (REPORTED, same_events, (Severity.SILENCED, "no event RunError reports the failure any more")),
    ):
        changes = facet_changes(AGNO, MID, before, after)
        assert [expected] == [(change.severity, change.what) for change in changes]


def test_a_failure_without_an_event_is_silent() -> None:
    """The events make the difference."""
    assert VerdictKind.SILENT is judge(AGNO, AGNO.catalogue[MID], COMPLETED, None, Yardstick.DOCUMENTED).kind


def test_an_event_has_words_of_its_own() -> None:
    """In a terminal, and in a cell of a matrix."""
    assert "an event RunError, no exception" == describe_observation(REPORTED)
    assert "event" == word(REPORTED, Mark.WRONG)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (raised(), REPORTED, (Severity.SILENCED, "an event RunError now reports the failure, and no exception")),
        (REPORTED, raised(), (Severity.HEARD, "a failure that an event RunError reported is raised now")),
    ],
)
def test_a_release_that_begins_or_ends_to_report_by_events_changes_its_callers(
    before: Observation, after: Observation, expected: tuple[Severity, str]
) -> None:
    """A handler of exceptions stops or begins to work."""
    call = Call("run", MID)
    (change,) = [each for each in compare(AGNO, {call: before}, {call: after}).changes if each.facet == "outcome"]
    assert expected == (change.severity, change.what)
