"""Differences between two behaviours: changes of facets, worst first, and changes of each handler."""

import itertools
from collections import Counter

import msgspec
import pytest
from hypothesis import given

from matrix.catalogue.scenarios import CATALOGUE
from matrix.compare.diff import Change, ChangedCall, Comparison, HandlerChange, compare, describe_calls, narrow
from matrix.compare.facets import SEVERITIES, Severity
from matrix.observation import ENDED, NO_CALL, Behaviour, Call, Observation, Outcome, differences
from matrix.targets import ANTHROPIC
from matrix.verdicts.decisions import HandlerOutcome
from tests.support.behaviours import (
    CALLS,
    CLEAN,
    CUT,
    FLAKY,
    HANGS,
    LACKS,
    MAIN,
    MID,
    RELAXED,
    RESET,
    behaviours,
    completed,
    ended,
    error,
    on,
    raised,
)

HELPER = "messages.stream"
NOBODY_KNOWS = (Outcome.FLAKY, Outcome.HARNESS_FAILED, Outcome.NOT_RUN)
CAN_BE_TOLD = ENDED | NO_CALL

TYPED = raised(error(attributes={"type": "overloaded_error"}))


def changes(comparison: Comparison) -> list[tuple[Severity, str, list[Call]]]:
    """List each change with the calls that it concerns."""
    return [(change.severity, change.what, [moved.call for moved in change.moved]) for change in comparison.changes]


def handled(comparison: Comparison) -> list[tuple[str, HandlerOutcome, HandlerOutcome, list[Call]]]:
    """List each change of a handler's outcome with the calls that it concerns."""
    return [
        (change.handler, change.before, change.after, [moved.call for moved in change.moved])
        for change in comparison.handled
    ]


def calls_with_changes(comparison: Comparison) -> set[Call]:
    """Return the calls that a comparison says something about."""
    moved = [moved for change in comparison.changes for moved in change.moved]
    return {
        facet_change.call
        for facet_change in (*moved, *(moved for handled in comparison.handled for moved in handled.moved))
    }


def deciding(scenario: str = MID, surface: str = MAIN, **decisions: str) -> Behaviour:
    """Make a call that raises, with decisions of handlers."""
    return on(raised(handlers=decisions), scenario, surface)


# Changes.


def test_equal_facet_changes_are_one_change() -> None:
    """Check that each call keeps its own values."""
    before = on(raised(), MID) | on(raised(), "mid-api_error")
    after = on(TYPED, MID) | on(raised(error(attributes={"type": "api_error"})), "mid-api_error")
    moved = tuple(
        ChangedCall(scenario=scenario, surface=MAIN, before="absent", after=value)
        for scenario, value in (("mid-api_error", "api_error"), (MID, "overloaded_error"))
    )
    expected = Change(severity=Severity.GAINED, facet="type", what="error.type appears", moved=moved)
    assert Comparison(changes=(expected,), compared=2) == compare(ANTHROPIC, before, after)


def test_several_facets_of_one_call_are_several_changes() -> None:
    """Check that each has its own severity."""
    after = msgspec.structs.replace(TYPED, connection="open", requests=2)
    comparison = compare(ANTHROPIC, on(raised()), on(after))
    assert [Severity.LOST, Severity.ALTERED, Severity.GAINED] == [change.severity for change in comparison.changes]
    assert {Call(MAIN, MID)} == {moved.call for change in comparison.changes for moved in change.moved}


def test_calls_are_in_the_order_of_the_catalogue() -> None:
    """Check that main calls come first, because the first one is the example."""
    ordered = [Call(surface, scenario) for surface in (MAIN, HELPER, "completions.create") for scenario in (MID, RESET)]
    before: Behaviour = dict.fromkeys(reversed(ordered), raised())
    ((_, _, calls),) = changes(compare(ANTHROPIC, before, dict.fromkeys(ordered, TYPED)))
    assert ordered == calls


def test_the_most_frequent_of_equally_severe_changes_comes_first() -> None:
    """Check the number of calls."""
    before = on(completed(), MID) | on(raised(error(body=1)), RESET, MAIN, HELPER) | on(raised(error(body=1)), CUT)
    after = on(raised(), MID) | on(raised(), RESET, MAIN, HELPER) | on(raised(error(body=None)), CUT)
    sentences = [sentence for _, sentence, _ in changes(compare(ANTHROPIC, before, after))]
    assert ["error.body is gone", "error.body is None now", "a failure that was silent is raised now"] == sentences


WORST_FIRST = {
    Severity.SILENCED: (raised(), completed("Hello"), MID),
    Severity.HANGS: (raised(), HANGS, RESET),
    Severity.GONE: (raised(), LACKS, CUT),
    Severity.RAISES: (completed(), raised(), CLEAN),
    Severity.UNCAUGHT: (raised(error("anthropic.InternalServerError")), raised(error("anthropic.Other")), "html"),
    Severity.LOST: (raised(), raised(connection="open"), "text"),
    Severity.ALTERED: (raised(), raised(requests=2), "flat"),
    Severity.HEARD: (completed(), raised(), "huge"),
    Severity.GAINED: (LACKS, raised(), "cr"),
    Severity.MESSAGE: (raised(), raised(error(text="other")), "crlf"),
    Severity.DETAIL: (raised(connection="idle"), raised(connection="closed"), "bom"),
}
"""Severity to two observations of a scenario that differ by it."""


def test_the_worst_change_comes_first() -> None:
    """Check that the order of observation does not matter."""
    items = list(reversed(WORST_FIRST.values()))
    before = {Call(MAIN, scenario): observation for observation, _, scenario in items}
    after = {Call(MAIN, scenario): other for _, other, scenario in items}
    assert list(SEVERITIES) == [severity for severity, _, _ in changes(compare(ANTHROPIC, before, after))]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_changes_that_can_break_working_code_are_worse(severity: Severity) -> None:
    """Check that additions, failures now raised, and texts for people are not."""
    before, after, scenario = WORST_FIRST[severity]
    comparison = compare(ANTHROPIC, on(before, scenario), on(after, scenario))
    harmless = {Severity.HEARD, Severity.GAINED, Severity.MESSAGE, Severity.DETAIL}
    assert [severity] == [change.severity for change in comparison.changes]
    assert (() if severity in harmless else comparison.changes) == comparison.worse


# Calls that can't be compared.


@pytest.mark.parametrize("outcome", NOBODY_KNOWS)
def test_a_call_that_was_not_observed_is_only_counted(outcome: Outcome) -> None:
    """Check that neither its facets nor its handlers are compared, on either side."""
    unseen, observed = ended(outcome, handlers={"any-exception": "fail"}), raised(handlers={"any-exception": "retry"})
    expected = Comparison(unknown=1)
    assert [expected] * 2 == [
        compare(ANTHROPIC, on(unseen), on(observed)),
        compare(ANTHROPIC, on(observed), on(unseen)),
    ]


def test_a_call_that_one_side_lacks_is_counted() -> None:
    """Check a cell with an extra on one side, and another part of the suite."""
    expected = Comparison(unknown=1, compared=1)
    smaller, larger = on(raised(), MID), on(raised(), MID) | on(raised(), RESET)
    assert [expected] * 2 == [compare(ANTHROPIC, smaller, larger), compare(ANTHROPIC, larger, smaller)]


@pytest.mark.parametrize("outcome", NOBODY_KNOWS)
def test_a_call_that_was_observed_on_neither_side_is_not_compared(outcome: Outcome) -> None:
    """Check that two unknown outcomes are not equal."""
    unseen = on(ended(outcome))
    assert Comparison(unknown=1, compared=0) == compare(ANTHROPIC, unseen, unseen)


def test_a_call_that_is_flaky_on_both_sides_is_counted_once() -> None:
    """Check that differing counts are no change."""
    other = msgspec.structs.replace(FLAKY, counts={"timed-out": 1, "completed": 2})
    assert Comparison(unknown=1) == compare(ANTHROPIC, on(FLAKY), on(other))


# Changes of handlers.


def test_a_handler_whose_outcome_changes_is_named() -> None:
    """Check both outcomes, and every call on which they change."""
    before = deciding(MID, deaf="retry") | deciding("mid-api_error", HELPER, deaf="retry")
    after = deciding(MID, deaf="fail") | deciding("mid-api_error", HELPER, deaf="fail")
    (change,) = compare(ANTHROPIC, before, after).handled
    moved = tuple(
        ChangedCall(scenario=scenario, surface=surface, before="retry", after="fail")
        for surface, scenario in ((MAIN, MID), (HELPER, "mid-api_error"))
    )
    assert (
        HandlerChange(handler="deaf", before=HandlerOutcome.RIGHT, after=HandlerOutcome.MISSED, moved=moved) == change
    )
    assert change.is_worse


def test_another_decision_with_the_same_outcome_is_no_change() -> None:
    """Check two kinds of crash."""
    before, after = deciding(one="crashed: AttributeError"), deciding(one="crashed: NameError")
    assert Comparison(compared=1) == compare(ANTHROPIC, before, after)


def test_a_handler_that_decides_on_one_side_only_is_left_out() -> None:
    """Check that there is nothing to compare."""
    assert () == compare(ANTHROPIC, deciding(one="retry"), deciding(other="fail")).handled


def test_the_outcome_of_a_decision_depends_on_how_the_call_ended() -> None:
    """Check that to accept is right after a successful retry, and silent after an error."""
    retried = "http-529-then-ok"
    before = on(raised(handlers={"one": "accept"}), retried)
    after = on(completed(requests=2, handlers={"one": "accept"}), retried)
    assert [("one", HandlerOutcome.SILENT, HandlerOutcome.RIGHT, [Call(MAIN, retried)])] == handled(
        compare(ANTHROPIC, before, after)
    )


def test_the_handler_with_the_worst_change_comes_first() -> None:
    """Check that ties are ordered by the number of calls."""
    before = deciding(MID, worse="fail", worst="retry", best="crashed: E", better="fail", much="fail")
    after = deciding(MID, worse="accept", worst="crashed: E", best="retry", better="retry", much="retry")
    before |= deciding(RESET, much="fail")
    after |= deciding(RESET, much="retry")
    handlers = compare(ANTHROPIC, before, after).handled
    assert ["worst", "worse", "much", "better", "best"] == [change.handler for change in handlers]
    assert [True, True, False, False, False] == [change.is_worse for change in handlers]


BADNESS = [
    HandlerOutcome.RIGHT,
    HandlerOutcome.NEEDLESS,
    HandlerOutcome.UNKNOWN,
    HandlerOutcome.MISSED,
    HandlerOutcome.SILENT,
    HandlerOutcome.CRASHED,
]


def test_some_changes_of_a_decision_are_worse() -> None:
    """Check that a crash is worse than a false success, and that than a needless retry."""
    pairs = list(itertools.product(BADNESS, repeat=2))
    assert [(before, after) for before, after in pairs if BADNESS.index(after) > BADNESS.index(before)] == [
        (before, after)
        for before, after in pairs
        if HandlerChange(handler="one", before=before, after=after, moved=()).is_worse
    ]


def test_only_requested_handlers_are_compared() -> None:
    """Check that facets are compared all the same."""
    before, after = on(raised(handlers={"one": "retry", "other": "retry"})), on(TYPED)
    after = on(msgspec.structs.replace(TYPED, handlers={"one": "fail", "other": "fail"}))
    comparison = compare(ANTHROPIC, before, after, ["other"])
    assert ["other"] == [change.handler for change in comparison.handled]
    assert ["error.type appears"] == [change.what for change in comparison.changes]


# Differences that matter to given handlers.


def test_narrowing_keeps_calls_that_a_handler_decides_otherwise() -> None:
    """Check that a change without such a call is dropped."""
    before = on(raised(handlers={"one": "fail"}), MID) | on(raised(handlers={"one": "retry"}), RESET)
    after = on(msgspec.structs.replace(TYPED, handlers={"one": "retry"}), MID)
    after |= on(msgspec.structs.replace(TYPED, connection="open", handlers={"one": "retry"}), RESET)
    whole = compare(ANTHROPIC, before, after, ["one"])
    assert [Severity.LOST, Severity.GAINED] == [severity for severity, _, _ in changes(whole)]
    narrowed = narrow(whole)
    assert [(Severity.GAINED, "error.type appears", [Call(MAIN, MID)])] == changes(narrowed)
    assert (whole.handled, whole.unknown, whole.compared) == (narrowed.handled, narrowed.unknown, narrowed.compared)


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        pytest.param(LACKS, "the call is no longer possible", id="the call is gone"),
        pytest.param(HANGS, "the call hangs now", id="the call hangs"),
    ],
)
def test_narrowing_keeps_calls_without_a_decision(after: Observation, sentence: str) -> None:
    """Check calls on which no handler can run any more."""
    narrowed = narrow(compare(ANTHROPIC, deciding(one="retry"), on(after), ["one"]))
    assert [sentence] == [change.what for change in narrowed.changes]


# Sentences.

SYNC = [surface for surface in ANTHROPIC.surfaces if not surface.endswith("-async")]
FOUR = ("mid-overloaded_error", "mid-api_error", CUT, RESET)


@pytest.mark.parametrize(
    ("scenarios", "surfaces", "expected"),
    [
        pytest.param(FOUR[:1], (MAIN,), f"{MID} on {MAIN}", id="one scenario"),
        pytest.param(
            FOUR[:2], (MAIN, HELPER), f"{MID}, mid-api_error on {MAIN}, {HELPER}", id="two scenarios and surfaces"
        ),
        pytest.param(FOUR, (MAIN,), f"{', '.join(FOUR)} on {MAIN}", id="as many scenarios as are named"),
        pytest.param((*FOUR, CLEAN), (MAIN,), f"5 scenarios on {MAIN}", id="more scenarios, counted"),
        pytest.param(FOUR[:1], tuple(SYNC)[:5], f"{MID} on 5 surfaces", id="more surfaces, counted"),
        pytest.param(FOUR[:1], (MAIN, f"{MAIN}-async"), f"{MID} on {MAIN}(-async)", id="both clients under one name"),
        pytest.param(FOUR[:1], (f"{MAIN}-async", MAIN), f"{MID} on {MAIN}(-async)", id="both clients in either order"),
        pytest.param(FOUR[:1], (f"{MAIN}-async",), f"{MID} on {MAIN}-async", id="the async client alone"),
        pytest.param(
            FOUR[:1], tuple(ANTHROPIC.surfaces)[:10], f"{MID} on 10 surfaces", id="both clients, counted as two"
        ),
    ],
)
def test_calls_are_named_or_counted(scenarios: tuple[str, ...], surfaces: tuple[str, ...], expected: str) -> None:
    """Check that each name stands once, in order."""
    moved = [
        ChangedCall(scenario=scenario, surface=surface, before="", after="")
        for surface in surfaces
        for scenario in scenarios
    ]
    assert expected == describe_calls(moved)


# Properties of every comparison.


@given(behaviours())
@RELAXED
def test_a_behaviour_does_not_differ_from_itself(behaviour: Behaviour) -> None:
    """Check a copy too, of which no observation is the same object."""
    again = {
        call: msgspec.convert(msgspec.to_builtins(observation), Observation) for call, observation in behaviour.items()
    }
    for comparison in (compare(ANTHROPIC, behaviour, behaviour), compare(ANTHROPIC, behaviour, again)):
        assert ((), ()) == (comparison.changes, comparison.handled)


@given(behaviours(), behaviours())
@RELAXED
def test_any_two_behaviours_can_be_compared(before: Behaviour, after: Behaviour) -> None:
    """Check that every call is compared or unknown, the worst comes first, and only differing calls are named."""
    comparison = compare(ANTHROPIC, before, after)
    assert len(before.keys() | after.keys()) == comparison.compared + comparison.unknown
    order = [SEVERITIES.index(change.severity) for change in comparison.changes]
    assert sorted(order) == order
    assert calls_with_changes(comparison) <= set(differences(before, after))
    assert all([change.moved for change in comparison.changes] + [change.moved for change in comparison.handled])
    assert {1} >= {*Counter((change.severity, change.facet, change.what) for change in comparison.changes).values()}


@given(behaviours(CAN_BE_TOLD), behaviours(CAN_BE_TOLD))
@RELAXED
def test_every_call_that_differs_is_named(before: Behaviour, after: Behaviour) -> None:
    """Check the exceptions: one side lacks it, neither can make it, or the outcome of handlers is equal."""
    before = {call: without_private_module(observation) for call, observation in before.items()}
    after = {call: without_private_module(observation) for call, observation in after.items()}
    comparison = compare(ANTHROPIC, before, after)
    both = before.keys() & after.keys()
    silent = {
        call
        for call in both
        if not {before[call].outcome, after[call].outcome} & ENDED
        or _undecided(before[call]) == _undecided(after[call])
    }
    assert set(differences(before, after)) & both - silent <= calls_with_changes(comparison)
    assert len(before.keys() ^ after.keys()) == comparison.unknown


def without_private_module(observation: Observation) -> Observation:
    """Move the class of an exception to one module, because its place in the SDK is not compared."""
    if observation.exception is None:
        return observation
    name = observation.exception.name.replace("_exceptions.", "")
    return msgspec.structs.replace(observation, exception=msgspec.structs.replace(observation.exception, name=name))


def _undecided(observation: Observation) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(observation, handlers={}), order="deterministic")


@given(behaviours(), behaviours())
@RELAXED
def test_the_reverse_comparison_concerns_the_same_calls(before: Behaviour, after: Behaviour) -> None:
    """Check that what handlers gain in one direction they lose in the other."""
    there, back = compare(ANTHROPIC, before, after), compare(ANTHROPIC, after, before)
    assert (there.unknown, there.compared) == (back.unknown, back.compared)
    turned = {(handler, now, was): calls for handler, was, now, calls in handled(back)}
    assert {(handler, was, now): calls for handler, was, now, calls in handled(there)} == turned
    assert {call for _, _, calls in changes(there) for call in calls} == {
        call for _, _, calls in changes(back) for call in calls
    }


@given(behaviours(), behaviours())
@RELAXED
def test_a_narrowed_comparison_is_a_part_of_the_whole(before: Behaviour, after: Behaviour) -> None:
    """Check each change."""
    whole = compare(ANTHROPIC, before, after)
    narrowed = narrow(whole)
    parts = {(change.severity, change.facet, change.what): set(change.moved) for change in whole.changes}
    assert [] == [
        change
        for change in narrowed.changes
        if not set(change.moved) <= parts[change.severity, change.facet, change.what]
    ]


def test_every_call_of_the_suite_can_be_compared() -> None:
    """Check calls with an extra, too."""
    made = [call for extra in ("", *ANTHROPIC.suite.extras) for call in ANTHROPIC.suite.calls(extra=extra)]
    comparison = compare(ANTHROPIC, dict.fromkeys(made, raised()), dict.fromkeys(made, completed("Hello")))
    assert len(made) == comparison.compared
    assert set(CALLS) - set(made) == set()
    assert {call.scenario for call in made} == set(CATALOGUE)
