"""Compare two behaviours: list what changes for a caller by facet, worst first, and by handler. Pure.

Equal facet changes are grouped into one *change* with the calls on which it occurs. A call without an observation on
both sides counts as unknown and is not compared.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec

from matrix.catalogue.steps import Scenario
from matrix.compare.facets import SEVERITIES, WORSE, FacetChange, Severity, facet_changes
from matrix.model import Frozen
from matrix.observation import ENDED, NO_CALL, Behaviour, Call, Observation, differences
from matrix.system.text import counted
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome, expected_decision, judge_decision

_Changed = tuple[tuple[FacetChange, ...], tuple[tuple[str, HandlerOutcome, HandlerOutcome], ...]]
"""The facets that changed, and the handlers with both outcomes."""


class ChangedCall(Frozen, frozen=True, kw_only=True):
    """One call on which a value changed.

    Attributes:
        scenario: The id of the scenario.
        surface: The id of the surface.
        before: The old value, as text.
        after: The new value, as text.
    """

    scenario: str
    surface: str
    before: str
    after: str

    @property
    def call(self) -> Call:
        """The call as one value."""
        return Call(self.surface, self.scenario)


class Change(Frozen, frozen=True, kw_only=True):
    """A change of one facet, with all calls on which it occurs.

    Attributes:
        severity: The effect on a caller.
        facet: The name of the facet.
        what: The change in a few words.
        moved: The calls with their values, main calls first.
    """

    severity: Severity
    facet: str
    what: str
    moved: tuple[ChangedCall, ...]


class HandlerChange(Frozen, frozen=True, kw_only=True):
    """A change of one handler's outcome, with all calls on which it occurs.

    Attributes:
        handler: The id of the handler.
        before: The old outcome.
        after: The new outcome.
        moved: The calls with its decisions, main calls first.
    """

    handler: str
    before: HandlerOutcome
    after: HandlerOutcome
    moved: tuple[ChangedCall, ...]

    @property
    def is_worse(self) -> bool:
        """Whether the new outcome is worse for the caller."""
        return BADNESS[self.after] > BADNESS[self.before]

    @property
    def direction(self) -> str:
        """The direction of the change in one word."""
        return "worse" if self.is_worse else "better"


class Comparison(Frozen, frozen=True, kw_only=True):
    """The differences between two behaviours.

    Attributes:
        changes: The changes of facets, worst first.
        handled: The changes of handler outcomes, worst first.
        unknown: The number of calls that could not be compared: one side is missing or flaky.
        compared: The number of calls that were compared.
        impossible: The number of compared calls that neither side can make.
    """

    changes: tuple[Change, ...] = ()
    handled: tuple[HandlerChange, ...] = ()
    unknown: int = 0
    compared: int = 0
    impossible: int = 0

    @property
    def headline(self) -> str:
        """The worst change in one line; empty if there are only details."""
        changes = [change for change in self.changes if change.severity is not Severity.DETAIL]
        more = f", and {len(changes) - 1} more" if len(changes) > 1 else ""
        return f"{changes[0].severity}: {changes[0].what}{more}" if changes else ""

    @property
    def worse(self) -> tuple[Change, ...]:
        """The changes that can break working code."""
        return tuple(change for change in self.changes if change.severity in WORSE)


BADNESS: Final = {
    HandlerOutcome.RIGHT: 0,
    HandlerOutcome.NEEDLESS: 1,
    HandlerOutcome.UNKNOWN: 2,
    HandlerOutcome.MISSED: 3,
    HandlerOutcome.SILENT: 4,
    HandlerOutcome.CRASHED: 5,
}
"""How bad an outcome of a handler is for its user."""


_OLD_OUTCOMES: Final = {
    HandlerOutcome.RIGHT: ("was handled correctly", "were handled correctly"),
    HandlerOutcome.NEEDLESS: ("was retried without need", "were retried without need"),
    HandlerOutcome.UNKNOWN: ("led to no decision", "led to no decision"),
    HandlerOutcome.MISSED: ("was reported as a failure", "were reported as failures"),
    HandlerOutcome.SILENT: ("was treated as success", "were treated as success"),
    HandlerOutcome.CRASHED: ("crashed the handler", "crashed the handler"),
}
"""Old outcome to the relative clause about one call and about several calls."""

_NEW_OUTCOMES: Final = {
    HandlerOutcome.RIGHT: ("is now handled correctly", "are now handled correctly"),
    HandlerOutcome.NEEDLESS: ("is now retried without need", "are now retried without need"),
    HandlerOutcome.UNKNOWN: ("now leads to no decision", "now lead to no decision"),
    HandlerOutcome.MISSED: ("is now reported as a failure", "are now reported as failures"),
    HandlerOutcome.SILENT: ("is now treated as success", "are now treated as success"),
    HandlerOutcome.CRASHED: ("now crashes the handler", "now crash the handler"),
}
"""New outcome to the predicate of one call and of several calls."""


UNDECIDED: Final = frozenset({Severity.GONE, Severity.HANGS})
"""Severities of changes after which no handler runs."""


_KNOWN: Final = ENDED | NO_CALL


def is_known(observation: Observation) -> bool:
    """Return whether the observation shows what the call does."""
    return observation.outcome in _KNOWN


def compare(target: Target, before: Behaviour, after: Behaviour, handlers: Collection[str] = ()) -> Comparison:
    """Compare two behaviours from the point of view of a caller who moves from one to the other.

    Args:
        target: The package under test.
        before: All observations of the old cell.
        after: All observations of the new cell.
        handlers: The ids of the handlers to compare; empty for all.
    """
    changes: defaultdict[tuple[Severity, str, str], list[ChangedCall]] = defaultdict(list)
    handled: defaultdict[tuple[str, HandlerOutcome, HandlerOutcome], list[ChangedCall]] = defaultdict(list)
    both = (before, after)
    unknown = {call for behaviour in both for call, seen in behaviour.items() if seen.outcome not in _KNOWN}
    impossible = [{call for call, seen in behaviour.items() if seen.outcome in NO_CALL} for behaviour in both]
    comparable = (before.keys() & after.keys()) - unknown
    known: dict[tuple[str, int, int], _Changed] = {}  # calls on which the same was observed share one object
    for call in sorted(comparable.intersection(differences(before, after)), key=target.suite.position):
        old, new = before[call], after[call]
        key = (call.scenario, id(old), id(new))
        if key not in known:
            outcomes = _changed_outcomes(target.catalogue[call.scenario], old, new)
            known[key] = tuple(facet_changes(target, call.scenario, old, new)), tuple(outcomes)
        facets, outcomes_changed = known[key]
        for change in facets:
            changes[change.severity, change.facet, change.what].append(_changed_call(call, change.before, change.after))
        for handler, was, now in outcomes_changed:
            if not handlers or handler in handlers:
                handled[handler, was, now].append(_changed_call(call, old.handlers[handler], new.handlers[handler]))
    return Comparison(
        changes=tuple(
            Change(severity=severity, facet=facet, what=what, moved=tuple(moved))
            for (severity, facet, what), moved in sorted(
                changes.items(), key=lambda item: (SEVERITIES.index(item[0][0]), -len(item[1]), item[0])
            )
        ),
        handled=tuple(
            HandlerChange(handler=handler, before=was, after=now, moved=tuple(moved))
            for (handler, was, now), moved in sorted(
                handled.items(),
                key=lambda item: (BADNESS[item[0][1]] - BADNESS[item[0][2]], -len(item[1]), item[0]),
            )
        ),
        unknown=len(before.keys() | after.keys()) - len(comparable),
        compared=len(comparable),
        impossible=len(impossible[0] & impossible[1]),
    )


def narrow(comparison: Comparison) -> Comparison:
    """Keep the changes on calls for which a compared handler now has another outcome.

    Calls that are no longer possible or no longer end stay too, since they affect every handler.
    """
    affected = {moved.call for handled in comparison.handled for moved in handled.moved}
    changes = [
        change
        if change.severity in UNDECIDED
        else msgspec.structs.replace(change, moved=tuple(moved for moved in change.moved if moved.call in affected))
        for change in comparison.changes
    ]
    return msgspec.structs.replace(comparison, changes=tuple(change for change in changes if change.moved))


def describe_calls(moved: Sequence[ChangedCall]) -> str:
    """Describe scenarios and surfaces in words: by name if they are few, else by number."""
    scenarios = dict.fromkeys(call.scenario for call in moved)
    return f"{_name_or_count(scenarios, len(scenarios), 'scenarios')} on {describe_surfaces(moved)}"


def describe_surfaces(moved: Sequence[ChangedCall]) -> str:
    """Describe surfaces in words: by name if they are few, else by number."""
    surfaces = dict.fromkeys(call.surface for call in moved)
    folded = [f"{id_}(-async)" if f"{id_}-async" in surfaces else id_ for id_ in surfaces]
    alone = [id_ for id_ in folded if id_.removesuffix("-async") not in surfaces or not id_.endswith("-async")]
    return _name_or_count(alone, len(surfaces), "surfaces")


def describe_outcomes(changes: Sequence[HandlerChange]) -> str:
    """Describe how outcomes change: `60 calls that crashed the handler are now reported as failures`.

    Args:
        changes: The changes of one handler to one new outcome, at least one.
    """
    subjects = [
        f"{counted(len(change.moved), 'call')} that {_OLD_OUTCOMES[change.before][len(change.moved) > 1]}"
        for change in changes
    ]
    total = sum(len(change.moved) for change in changes)
    return f"{' and '.join(subjects)} {_NEW_OUTCOMES[changes[0].after][total > 1]}"


def describe_unknown(count: int) -> str:
    """Describe in words how many calls can't be compared."""
    return f"{counted(count, 'call is', 'calls are')} missing or flaky in one of the two"


def example(target: Target, moved: Sequence[ChangedCall]) -> ChangedCall:
    """Choose the most instructive call: the one of the best known scenario, on the first surface."""
    order = {scenario: number for number, scenario in enumerate(target.suite.telling)}
    return min(moved, key=lambda call: order.get(call.scenario, len(order)))


def _name_or_count(names: Collection[str], count: int, what: str) -> str:
    return ", ".join(names) if len(names) <= _MOST_NAMED else f"{count} {what}"


_MOST_NAMED: Final = 4
"""The largest number of scenarios or surfaces that are named; more are counted."""


def _changed_call(call: Call, before: str, after: str) -> ChangedCall:
    return ChangedCall(scenario=call.scenario, surface=call.surface, before=before, after=after)


def _changed_outcomes(
    scenario: Scenario, before: Observation, after: Observation
) -> Iterator[tuple[str, HandlerOutcome, HandlerOutcome]]:
    """Yield the handlers whose outcome changed, with the old and the new outcome."""
    same_expected = expected_decision(scenario, before) == expected_decision(scenario, after)
    both = before.handlers.keys() & after.handlers.keys()
    if same_expected:
        both = {handler for handler in both if before.handlers[handler] != after.handlers[handler]}  # few of them
    for handler in sorted(both):
        was = judge_decision(scenario, before, before.handlers[handler])
        now = judge_decision(scenario, after, after.handlers[handler])
        if was is not now:
            yield handler, was, now
