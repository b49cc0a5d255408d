"""The summary of a release: its worst fact, its headline failures, its groups and its handlers."""

import pytest

from matrix.catalogue.headlines import HEADLINES
from matrix.model import Lane
from matrix.observation import Behaviour, Call, Delivery, Observation, Outcome, Raised
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.marks import Mark
from matrix.site.release_summary import describe_overload, summarise_release
from matrix.site.render import read_source
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.site.test_report import SURFACE, behaviour, in_both_lanes, raised, result, source
from tests.support.paths import DATA

HEADLINE = Call(SURFACE, ANTHROPIC.suite.headline)
PLAIN = raised("OverloadedError", status_code=529)
UNNAMED = raised("APIStatusError", status_code=200)
CHILD = Observation(
    outcome=Outcome.RAISED,
    exception=Raised(
        name="anthropic.StreamError",
        bases=("anthropic.OverloadedError",),
        exported=True,
        attributes={"type": "overloaded_error"},
        text="",
    ),
)


@pytest.fixture(scope="module")
def real() -> EpochViews:
    """Read the committed data."""
    return view_epochs(read_source(Store(DATA, ANTHROPIC)))


@pytest.mark.parametrize(
    ("observation", "plain", "sentence"),
    [
        (
            UNNAMED,
            PLAIN,
            (
                "An overload in mid-answer raises `APIStatusError` with status_code 200 and nothing that names the "
                "error. Code that retries status 529 or `OverloadedError` does not see it."
            ),
        ),
        (
            raised("OverloadedError", status_code=529, type="overloaded_error"),
            PLAIN,
            (
                "An overload in mid-answer raises `OverloadedError` with status_code 529 and type `overloaded_error`. "
                "Code that retries status 529 or `OverloadedError` retries it."
            ),
        ),
        (
            raised("APIStatusError", status_code=529),
            PLAIN,
            (
                "An overload in mid-answer raises `APIStatusError` with status_code 529 and nothing that names the "
                "error. Code that retries status 529 retries it; code that retries `OverloadedError` does not."
            ),
        ),
        (
            CHILD,
            PLAIN,
            (
                "An overload in mid-answer raises `StreamError` with no status and type `overloaded_error`. "
                "Code that retries `OverloadedError` retries it; code that retries status 529 does not."
            ),
        ),
        (
            UNNAMED,
            None,
            "An overload in mid-answer raises `APIStatusError` with status_code 200 and nothing that names the error.",
        ),
        (
            Observation(outcome=Outcome.COMPLETED),
            PLAIN,
            (
                "An overload in mid-answer raises nothing: the part that arrived looks like the whole answer, and "
                "nothing retries it."
            ),
        ),
        (
            Observation(
                outcome=Outcome.COMPLETED, delivered=Delivery(events=(), text="", reported={"event": "RunError"})
            ),
            PLAIN,
            "An overload in mid-answer raises nothing. The caller gets it as the event `RunError`.",
        ),
        (
            Observation(outcome=Outcome.TIMED_OUT),
            PLAIN,
            "An overload in mid-answer never ends: the call hangs, and nothing retries it.",
        ),
        (None, PLAIN, "An overload in mid-answer was not played."),
    ],
)
def test_the_worst_fact_says_what_is_raised_and_whether_a_retry_sees_it(
    observation: Observation | None, plain: Observation | None, sentence: str
) -> None:
    """Check each way in which a call ends."""
    assert sentence == describe_overload(ANTHROPIC, observation, plain)


def test_a_release_without_a_client_says_so_first(real: EpochViews) -> None:
    """Check one that can be used with its old dependencies, and one that can't be used at all."""
    old = summarise_release(real, "0.28.1")
    assert old.fact.startswith("With today’s dependencies it cannot be used: no client can be made: TypeError")
    assert "With those of its day: an overload in mid-answer raises `APIStatusError`" in old.fact
    assert Lane.AS_RELEASED is old.lane
    dead = dict.fromkeys(
        behaviour(), Observation(outcome=Outcome.CANNOT_CONSTRUCT, exception=raised("APIStatusError").exception)
    )
    none = summarise_release(view_epochs(source(in_both_lanes("0.2.0", result(dead)))), "0.2.0")
    assert "It cannot be used: no client can be made: APIStatusError, text." == none.fact
    assert (None, (), None, Mark.UNAVAILABLE) == (none.lane, none.headlines, none.handlers, none.mark)


def test_the_headlines_are_in_their_order_with_their_outcomes(real: EpochViews) -> None:
    """Check all twelve, and those that a client of few scenarios plays."""
    summary = summarise_release(real, "2.14.0")
    assert [each.title for each in HEADLINES.values()] == [row.title for row in summary.headlines]
    (first,) = summary.headlines[0].outcomes
    assert (Mark.TYPED, "200 APIStatusError + type", "200 + type") == (first.mark, first.words, first.word)
    few = summarise_release(real.of("vertex"), "2.14.0").headlines
    assert 0 < len(few) < len(HEADLINES)


def changed(observations: Behaviour, changes: dict[str, Observation]) -> Behaviour:
    """Replace what some scenarios gave."""
    return observations | {Call(SURFACE, id_): observation for id_, observation in changes.items()}


@pytest.mark.parametrize(
    ("changes", "agrees", "tally", "words"),
    [
        ({}, True, {Mark.TYPED: 12}, ["200 APIStatusError + type"]),
        (
            {"mid-api_error": Observation(outcome=Outcome.COMPLETED)},
            False,
            {Mark.SILENT: 1, Mark.TYPED: 11},
            ["completed, no exception", "200 APIStatusError + type"],
        ),
    ],
)
def test_a_group_says_whether_its_members_agree(
    changes: dict[str, Observation], agrees: bool, tally: dict[Mark, int], words: list[str]
) -> None:
    """Check error events of each type, of which one may end otherwise."""
    observations = changed(behaviour(typed=True), changes)
    known = view_epochs(source(in_both_lanes("0.2.0", result(observations))))
    row = next(row for row in summarise_release(known, "0.2.0").groups if "after some text" in row.group.title)
    assert (agrees, tally) == (row.agrees, row.tally)
    assert words == [part.outcomes[0].words for part in row.parts]
    assert sorted(scenario.id for scenario in row.group.scenarios) == sorted(
        scenario.id for part in row.parts for scenario in part.scenarios
    )


def test_controls_that_are_all_right_agree(real: EpochViews) -> None:
    """Check that statuses which differ by design are no disagreement, and that controls come last."""
    groups = summarise_release(real, "2.14.0").groups
    last = groups[-1]
    assert ("Error as a plain HTTP response", True, "as expected") == (
        last.group.title,
        last.agrees,
        last.parts[0].outcomes[0].words,
    )


def test_handlers_are_summarised_by_the_best_and_the_worst(real: EpochViews) -> None:
    """Check that the outcomes on an overload count every handler once."""
    handlers = summarise_release(real, "2.14.0").handlers
    assert handlers is not None
    assert handlers.handlers == len(ANTHROPIC.handlers) == sum(handlers.overloaded.values())
    assert ["remedy"] == [row.id for row in handlers.best[:1]]
    rights = [row.tally.get("right", 0) for row in (*handlers.best, *handlers.worst)]  # type: ignore[call-overload]
    assert sorted(rights, reverse=True) == rights
