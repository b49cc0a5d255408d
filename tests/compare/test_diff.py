"""What changes between two behaviours: moves that say the same told together, worst first, and handler by handler."""

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


def changes(found: Comparison) -> list[tuple[Severity, str, list[Call]]]:
    """What changes, and on which calls."""
    return [(change.severity, change.what, [moved.call for moved in change.moved]) for change in found.changes]


def handled(found: Comparison) -> list[tuple[str, HandlerOutcome, HandlerOutcome, list[Call]]]:
    """What decisions were worth and are, and on which calls."""
    return [(one.handler, one.before, one.after, [moved.call for moved in one.moved]) for one in found.handled]


def told(found: Comparison) -> set[Call]:
    """The calls of which something is said."""
    moved = [moved for change in found.changes for moved in change.moved]
    return {one.call for one in (*moved, *(moved for handled in found.handled for moved in handled.moved))}


def deciding(scenario: str = MID, surface: str = MAIN, **decisions: str) -> Behaviour:
    """A call that raises, and what handlers decide."""
    return on(raised(handlers=decisions), scenario, surface)


# Changes.


def test_moves_that_say_the_same_are_one_change() -> None:
    """On whichever calls; each keeps its own values."""
    before = on(raised(), MID) | on(raised(), "mid-api_error")
    after = on(TYPED, MID) | on(raised(error(attributes={"type": "api_error"})), "mid-api_error")
    moved = tuple(
        ChangedCall(scenario=scenario, surface=MAIN, before="absent", after=value)
        for scenario, value in (("mid-api_error", "api_error"), (MID, "overloaded_error"))
    )
    expected = Change(severity=Severity.GAINED, facet="type", what="error.type appears", moved=moved)
    assert Comparison(changes=(expected,), compared=2) == compare(ANTHROPIC, before, after)


def test_several_facets_of_one_call_are_several_changes() -> None:
    """Each with its own severity."""
    after = msgspec.structs.replace(TYPED, connection="open", requests=2)
    found = compare(ANTHROPIC, on(raised()), on(after))
    assert [Severity.LOST, Severity.ALTERED, Severity.GAINED] == [change.severity for change in found.changes]
    assert {Call(MAIN, MID)} == {moved.call for change in found.changes for moved in change.moved}


def test_calls_stand_in_the_order_of_the_catalogue() -> None:
    """The main ones first, whatever order they were seen in: the first of them is the example."""
    wanted = [Call(surface, scenario) for surface in (MAIN, HELPER, "completions.create") for scenario in (MID, RESET)]
    before: Behaviour = dict.fromkeys(reversed(wanted), raised())
    ((_, _, found),) = changes(compare(ANTHROPIC, before, dict.fromkeys(wanted, TYPED)))
    assert wanted == found


def test_what_is_seen_on_more_calls_comes_first() -> None:
    """Of changes that are as bad as each other."""
    before = on(completed(), MID) | on(raised(error(body=1)), RESET, MAIN, HELPER) | on(raised(error(body=1)), CUT)
    after = on(raised(), MID) | on(raised(), RESET, MAIN, HELPER) | on(raised(error(body=None)), CUT)
    told = [what for _, what, _ in changes(compare(ANTHROPIC, before, after))]
    assert ["error.body is gone", "error.body is None now", "a failure that was silent is raised now"] == told


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


def test_the_worst_comes_first() -> None:
    """Whatever the order in which it was seen."""
    items = list(reversed(WORST_FIRST.values()))
    before = {Call(MAIN, scenario): one for one, _, scenario in items}
    after = {Call(MAIN, scenario): other for _, other, scenario in items}
    assert list(SEVERITIES) == [severity for severity, _, _ in changes(compare(ANTHROPIC, before, after))]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_what_can_break_code_that_worked(severity: Severity) -> None:
    """Is worse; what appears, is heard or is read by people only is not."""
    before, after, scenario = WORST_FIRST[severity]
    found = compare(ANTHROPIC, on(before, scenario), on(after, scenario))
    harmless = {Severity.HEARD, Severity.GAINED, Severity.MESSAGE, Severity.DETAIL}
    assert [severity] == [change.severity for change in found.changes]
    assert (() if severity in harmless else found.changes) == found.worse


# What nobody knows.


@pytest.mark.parametrize("outcome", NOBODY_KNOWS)
def test_a_call_that_was_not_seen_is_counted_and_nothing_is_said(outcome: Outcome) -> None:
    """Neither what it does, nor what handlers make of it, on whichever side."""
    unseen, seen = ended(outcome, handlers={"any-exception": "fail"}), raised(handlers={"any-exception": "retry"})
    expected = Comparison(unknown=1)
    assert [expected] * 2 == [
        compare(ANTHROPIC, on(unseen), on(seen)),
        compare(ANTHROPIC, on(seen), on(unseen)),
    ]


def test_a_call_that_one_side_lacks_is_counted() -> None:
    """A cell with an extra was measured of one and not of the other, or another part was played."""
    expected = Comparison(unknown=1, compared=1)
    one, both = on(raised(), MID), on(raised(), MID) | on(raised(), RESET)
    assert [expected] * 2 == [compare(ANTHROPIC, one, both), compare(ANTHROPIC, both, one)]


@pytest.mark.parametrize("outcome", NOBODY_KNOWS)
def test_a_call_that_was_seen_on_neither_side_was_not_compared(outcome: Outcome) -> None:
    """Though both say the same: that nobody knows."""
    unseen = on(ended(outcome))
    assert Comparison(unknown=1, compared=0) == compare(ANTHROPIC, unseen, unseen)


def test_a_call_that_was_flaky_in_another_way_is_counted_once() -> None:
    """Counts that differ are no change."""
    other = msgspec.structs.replace(FLAKY, counts={"timed-out": 1, "completed": 2})
    assert Comparison(unknown=1) == compare(ANTHROPIC, on(FLAKY), on(other))


# What it means for each way of catching.


def test_a_handler_whose_decision_is_worth_something_else_is_told() -> None:
    """By what it was and is worth, on all calls on which that is so."""
    before = deciding(MID, deaf="retry") | deciding("mid-api_error", HELPER, deaf="retry")
    after = deciding(MID, deaf="fail") | deciding("mid-api_error", HELPER, deaf="fail")
    (found,) = compare(ANTHROPIC, before, after).handled
    moved = tuple(
        ChangedCall(scenario=scenario, surface=surface, before="retry", after="fail")
        for surface, scenario in ((MAIN, MID), (HELPER, "mid-api_error"))
    )
    assert HandlerChange(handler="deaf", before=HandlerOutcome.RIGHT, after=HandlerOutcome.MISSED, moved=moved) == found
    assert found.is_worse


def test_another_decision_of_the_same_worth_is_no_change() -> None:
    """Two crashes are two crashes."""
    before, after = deciding(one="crashed: AttributeError"), deciding(one="crashed: NameError")
    assert Comparison(compared=1) == compare(ANTHROPIC, before, after)


def test_a_handler_that_decides_on_one_side_only_is_left_out() -> None:
    """There is nothing to hold it against."""
    assert () == compare(ANTHROPIC, deciding(one="retry"), deciding(other="fail")).handled


def test_what_decisions_are_worth_depends_on_how_the_call_ended() -> None:
    """To accept is right where a retry has given the answer, and is not where the error is all there is."""
    retried = "http-529-then-ok"
    before = on(raised(handlers={"one": "accept"}), retried)
    after = on(completed(requests=2, handlers={"one": "accept"}), retried)
    assert [("one", HandlerOutcome.SILENT, HandlerOutcome.RIGHT, [Call(MAIN, retried)])] == handled(
        compare(ANTHROPIC, before, after)
    )


def test_the_handler_that_fares_worst_comes_first() -> None:
    """The better ones last; of those that fare alike, the one with more calls."""
    before = deciding(MID, worse="fail", worst="retry", best="crashed: E", better="fail", much="fail")
    after = deciding(MID, worse="accept", worst="crashed: E", best="retry", better="retry", much="retry")
    before |= deciding(RESET, much="fail")
    after |= deciding(RESET, much="retry")
    found = compare(ANTHROPIC, before, after).handled
    assert ["worst", "worse", "much", "better", "best"] == [one.handler for one in found]
    assert [True, True, False, False, False] == [one.is_worse for one in found]


BADNESS = [
    HandlerOutcome.RIGHT,
    HandlerOutcome.NEEDLESS,
    HandlerOutcome.UNKNOWN,
    HandlerOutcome.MISSED,
    HandlerOutcome.SILENT,
    HandlerOutcome.CRASHED,
]


def test_a_decision_may_be_worse() -> None:
    """A needless attempt costs little, an answer that is none costs more, and a crash loses what happened."""
    pairs = list(itertools.product(BADNESS, repeat=2))
    assert [(before, after) for before, after in pairs if BADNESS.index(after) > BADNESS.index(before)] == [
        (before, after)
        for before, after in pairs
        if HandlerChange(handler="one", before=before, after=after, moved=()).is_worse
    ]


def test_only_the_handlers_that_were_asked_for() -> None:
    """What is seen is told all the same."""
    before, after = on(raised(handlers={"one": "retry", "other": "retry"})), on(TYPED)
    after = on(msgspec.structs.replace(TYPED, handlers={"one": "fail", "other": "fail"}))
    found = compare(ANTHROPIC, before, after, ["other"])
    assert ["other"] == [one.handler for one in found.handled]
    assert ["error.type appears"] == [change.what for change in found.changes]


# Narrowed to what some handlers feel.


def test_narrowed_to_the_calls_that_a_handler_decides_otherwise() -> None:
    """A change loses the calls on which it is of no matter, and goes with the last of them."""
    before = on(raised(handlers={"one": "fail"}), MID) | on(raised(handlers={"one": "retry"}), RESET)
    after = on(msgspec.structs.replace(TYPED, handlers={"one": "retry"}), MID)
    after |= on(msgspec.structs.replace(TYPED, connection="open", handlers={"one": "retry"}), RESET)
    whole = compare(ANTHROPIC, before, after, ["one"])
    assert [Severity.LOST, Severity.GAINED] == [severity for severity, _, _ in changes(whole)]
    found = narrow(whole)
    assert [(Severity.GAINED, "error.type appears", [Call(MAIN, MID)])] == changes(found)
    assert (whole.handled, whole.unknown, whole.compared) == (found.handled, found.unknown, found.compared)


@pytest.mark.parametrize(
    ("after", "what"),
    [
        pytest.param(LACKS, "the call is no longer possible", id="gone"),
        pytest.param(HANGS, "the call hangs now", id="hangs"),
    ],
)
def test_a_call_of_which_nothing_is_decided_any_more_is_felt_by_everybody(after: Observation, what: str) -> None:
    """No handler is asked where no call is made or none ends, and that does not make it well."""
    found = narrow(compare(ANTHROPIC, deciding(one="retry"), on(after), ["one"]))
    assert [what] == [change.what for change in found.changes]


# In words.

SYNC = [surface for surface in ANTHROPIC.surfaces if not surface.endswith("-async")]
FOUR = ("mid-overloaded_error", "mid-api_error", CUT, RESET)


@pytest.mark.parametrize(
    ("scenarios", "surfaces", "expected"),
    [
        pytest.param(FOUR[:1], (MAIN,), f"{MID} on {MAIN}", id="one"),
        pytest.param(FOUR[:2], (MAIN, HELPER), f"{MID}, mid-api_error on {MAIN}, {HELPER}", id="two"),
        pytest.param(FOUR, (MAIN,), f"{', '.join(FOUR)} on {MAIN}", id="as many as are named"),
        pytest.param((*FOUR, CLEAN), (MAIN,), f"5 scenarios on {MAIN}", id="more are counted"),
        pytest.param(FOUR[:1], tuple(SYNC)[:5], f"{MID} on 5 surfaces", id="of surfaces too"),
        pytest.param(FOUR[:1], (MAIN, f"{MAIN}-async"), f"{MID} on {MAIN}(-async)", id="both clients are one name"),
        pytest.param(FOUR[:1], (f"{MAIN}-async", MAIN), f"{MID} on {MAIN}(-async)", id="in either order"),
        pytest.param(FOUR[:1], (f"{MAIN}-async",), f"{MID} on {MAIN}-async", id="the async client alone"),
        pytest.param(FOUR[:1], tuple(ANTHROPIC.surfaces)[:10], f"{MID} on 10 surfaces", id="but are counted as two"),
    ],
)
def test_where(scenarios: tuple[str, ...], surfaces: tuple[str, ...], expected: str) -> None:
    """Each name once, in the order in which it comes."""
    moved = [
        ChangedCall(scenario=scenario, surface=surface, before="", after="")
        for surface in surfaces
        for scenario in scenarios
    ]
    assert expected == describe_calls(moved)


# What holds for all of them.


@given(behaviours())
@RELAXED
def test_between_a_behaviour_and_itself_nothing_changes(behaviour: Behaviour) -> None:
    """Be it read from elsewhere, so that no observation is the same object."""
    again = {call: msgspec.convert(msgspec.to_builtins(seen), Observation) for call, seen in behaviour.items()}
    for found in (compare(ANTHROPIC, behaviour, behaviour), compare(ANTHROPIC, behaviour, again)):
        assert ((), ()) == (found.changes, found.handled)


@given(behaviours(), behaviours())
@RELAXED
def test_any_two_behaviours_can_be_compared(before: Behaviour, after: Behaviour) -> None:
    """Each call was compared, or nobody knows; the worst comes first; what is said is said of calls that differ."""
    found = compare(ANTHROPIC, before, after)
    assert len(before.keys() | after.keys()) == found.compared + found.unknown
    order = [SEVERITIES.index(change.severity) for change in found.changes]
    assert sorted(order) == order
    assert told(found) <= set(differences(before, after))
    assert all([one.moved for one in found.changes] + [one.moved for one in found.handled])
    assert {1} >= {*Counter((one.severity, one.facet, one.what) for one in found.changes).values()}


@given(behaviours(CAN_BE_TOLD), behaviours(CAN_BE_TOLD))
@RELAXED
def test_every_call_that_differs_is_told(before: Behaviour, after: Behaviour) -> None:
    """Or one side lacks it; or it can be made on neither; or all that differs is a decision of the same worth."""
    before = {call: _where_it_is(seen) for call, seen in before.items()}
    after = {call: _where_it_is(seen) for call, seen in after.items()}
    found = compare(ANTHROPIC, before, after)
    both = before.keys() & after.keys()
    silent = {
        call
        for call in both
        if not {before[call].outcome, after[call].outcome} & ENDED
        or _undecided(before[call]) == _undecided(after[call])
    }
    assert set(differences(before, after)) & both - silent <= told(found)
    assert len(before.keys() ^ after.keys()) == found.unknown


def _where_it_is(seen: Observation) -> Observation:
    """With its class kept in one place: where in the SDK that is, is not told."""
    if seen.exception is None:
        return seen
    name = seen.exception.name.replace("_exceptions.", "")
    return msgspec.structs.replace(seen, exception=msgspec.structs.replace(seen.exception, name=name))


def _undecided(seen: Observation) -> bytes:
    return msgspec.json.encode(msgspec.structs.replace(seen, handlers={}), order="deterministic")


@given(behaviours(), behaviours())
@RELAXED
def test_the_way_back_concerns_as_many(before: Behaviour, after: Behaviour) -> None:
    """What handlers gain on the way there they lose on the way back, on the same calls."""
    there, back = compare(ANTHROPIC, before, after), compare(ANTHROPIC, after, before)
    assert (there.unknown, there.compared) == (back.unknown, back.compared)
    turned = {(handler, now, was): found for handler, was, now, found in handled(back)}
    assert {(handler, was, now): found for handler, was, now, found in handled(there)} == turned
    assert {call for _, _, found in changes(there) for call in found} == {
        call for _, _, found in changes(back) for call in found
    }


@given(behaviours(), behaviours())
@RELAXED
def test_narrowed_is_a_part(before: Behaviour, after: Behaviour) -> None:
    """Nothing is in it that is not in the whole."""
    whole = compare(ANTHROPIC, before, after)
    found = narrow(whole)
    parts = {(change.severity, change.facet, change.what): set(change.moved) for change in whole.changes}
    assert [] == [one for one in found.changes if not set(one.moved) <= parts[one.severity, one.facet, one.what]]


def test_every_call_of_the_suite_can_be_compared() -> None:
    """Those with an extra too."""
    made = [call for extra in ("", "aiohttp") for call in ANTHROPIC.suite.calls(extra=extra)]
    found = compare(ANTHROPIC, dict.fromkeys(made, raised()), dict.fromkeys(made, completed("Hello")))
    assert len(made) == found.compared
    assert set(CALLS) - set(made) == set()
    assert {call.scenario for call in made} == set(CATALOGUE)
