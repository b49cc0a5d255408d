"""What changes for a caller between two behaviours: facet by facet, worst first, and handler by handler. Pure.

Moves that say the same are one *change*, with the calls on which it was seen. A call that was not seen on both sides is
listed as that, and nothing is said about it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec

from matrix.catalogue.steps import Scenario
from matrix.compare.facets import SEVERITIES, WORSE, Severity, facet_changes
from matrix.model import Frozen
from matrix.observation import ENDED, NO_CALL, Behaviour, Call, Observation, differences
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome, expected_decision, judge_decision


class ChangedCall(Frozen, frozen=True, kw_only=True):
    """One call on which something is another.

    Attributes:
        scenario: Its id.
        surface: Its id.
        before: What was there, as text.
        after: What is there.
    """

    scenario: str
    surface: str
    before: str
    after: str

    @property
    def call(self) -> Call:
        """Which call."""
        return Call(self.surface, self.scenario)


class Change(Frozen, frozen=True, kw_only=True):
    """One facet that is another, on all the calls on which it moved in the same way.

    Attributes:
        severity: What it is for a caller.
        facet: Which.
        what: In a few words.
        moved: The calls, main ones first.
    """

    severity: Severity
    facet: str
    what: str
    moved: tuple[ChangedCall, ...]


class HandlerChange(Frozen, frozen=True, kw_only=True):
    """A handler whose decision is worth something else, on all the calls on which it moved in the same way.

    Attributes:
        handler: Its id.
        before: What its decision was worth.
        after: What it is worth.
        moved: The calls with its decisions, main ones first.
    """

    handler: str
    before: HandlerOutcome
    after: HandlerOutcome
    moved: tuple[ChangedCall, ...]

    @property
    def is_worse(self) -> bool:
        """Whether the caller is worse off."""
        return _BADNESS[self.after] > _BADNESS[self.before]


class Comparison(Frozen, frozen=True, kw_only=True):
    """What is different between two behaviours.

    Attributes:
        changes: Worst first.
        handled: What that means for each way of catching, worst first.
        unknown: How many calls were not seen on both sides, or not the same each time.
        compared: How many calls were compared.
    """

    changes: tuple[Change, ...] = ()
    handled: tuple[HandlerChange, ...] = ()
    unknown: int = 0
    compared: int = 0

    @property
    def headline(self) -> str:
        """The worst that a caller sees, in a line; empty if that is details at most."""
        told = [one for one in self.changes if one.severity is not Severity.DETAIL]
        more = f", and {len(told) - 1} more" if len(told) > 1 else ""
        return f"{told[0].severity}: {told[0].what}{more}" if told else ""

    @property
    def worse(self) -> tuple[Change, ...]:
        """The changes that can break code that worked."""
        return tuple(change for change in self.changes if change.severity in WORSE)


_BADNESS: Final = {
    HandlerOutcome.RIGHT: 0,
    HandlerOutcome.NEEDLESS: 1,
    HandlerOutcome.UNKNOWN: 2,
    HandlerOutcome.MISSED: 3,
    HandlerOutcome.SILENT: 4,
    HandlerOutcome.CRASHED: 5,
}


UNDECIDED: Final = frozenset({Severity.GONE, Severity.HANGS})
"""Severities of what leaves no handler anything to decide."""


def _is_seen(observation: Observation) -> bool:
    """Whether it is known what the call does, so that there is something to compare."""
    return observation.outcome in ENDED | NO_CALL


def compare(target: Target, before: Behaviour, after: Behaviour, handlers: Collection[str] = ()) -> Comparison:
    """What is different for a caller who moves from one behaviour to another.

    Args:
        target: What both are cells of.
        before: All observations of a cell.
        after: Of another.
        handlers: Which to look at, by id; empty for all.
    """
    changes: defaultdict[tuple[Severity, str, str], list[ChangedCall]] = defaultdict(list)
    handled: defaultdict[tuple[str, HandlerOutcome, HandlerOutcome], list[ChangedCall]] = defaultdict(list)
    seen = {call for call in before.keys() & after.keys() if _is_seen(before[call]) and _is_seen(after[call])}
    for call in sorted(seen.intersection(differences(before, after)), key=target.suite.position):
        one, other = before[call], after[call]
        for move in facet_changes(target, call, one, other):
            changes[move.severity, move.facet, move.what].append(_moved(call, move.before, move.after))
        for handler, was, now in _judged(target.catalogue[call.scenario], one, other):
            if not handlers or handler in handlers:
                handled[handler, was, now].append(_moved(call, one.handlers[handler], other.handlers[handler]))
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
                key=lambda item: (_BADNESS[item[0][1]] - _BADNESS[item[0][2]], -len(item[1]), item[0]),
            )
        ),
        unknown=len(before.keys() | after.keys()) - len(seen),
        compared=len(seen),
    )


def narrow(comparison: Comparison) -> Comparison:
    """Only what changes on calls for which one of the handlers that were looked at decides something else.

    And the calls of which no handler decides anything any more, since they can't be made or do not end: whoever made
    them feels that, however they catch errors.
    """
    felt = {moved.call for handled in comparison.handled for moved in handled.moved}
    found = [
        change
        if change.severity in UNDECIDED
        else msgspec.structs.replace(change, moved=tuple(moved for moved in change.moved if moved.call in felt))
        for change in comparison.changes
    ]
    return msgspec.structs.replace(comparison, changes=tuple(change for change in found if change.moved))


def describe_calls(moved: Sequence[ChangedCall]) -> str:
    """Of which scenarios and on which surfaces, in words: by name where they are few."""
    scenarios, surfaces = dict.fromkeys(one.scenario for one in moved), dict.fromkeys(one.surface for one in moved)
    folded = [f"{id_}(-async)" if f"{id_}-async" in surfaces else id_ for id_ in surfaces]
    alone = [id_ for id_ in folded if id_.removesuffix("-async") not in surfaces or not id_.endswith("-async")]
    return f"{_some(scenarios, len(scenarios), 'scenarios')} on {_some(alone, len(surfaces), 'surfaces')}"


def example(target: Target, moved: Sequence[ChangedCall]) -> ChangedCall:
    """Choose the call that tells most: that of the best known scenario, on the first surface."""
    order = {scenario: number for number, scenario in enumerate(target.suite.telling)}
    return min(moved, key=lambda one: order.get(one.scenario, len(order)))


def _some(names: Collection[str], count: int, what: str) -> str:
    return ", ".join(names) if len(names) <= _NAMED else f"{count} {what}"


_NAMED: Final = 4
"""Scenarios or surfaces that are named; more are counted."""


def _moved(call: Call, before: str, after: str) -> ChangedCall:
    return ChangedCall(scenario=call.scenario, surface=call.surface, before=before, after=after)


def _judged(
    scenario: Scenario, before: Observation, after: Observation
) -> Iterator[tuple[str, HandlerOutcome, HandlerOutcome]]:
    """The handlers whose decision is worth something else."""
    same_wanted = expected_decision(scenario, before) == expected_decision(scenario, after)
    for handler in sorted(before.handlers.keys() & after.handlers.keys()):
        if same_wanted and before.handlers[handler] == after.handlers[handler]:
            continue  # nearly all of them
        was = judge_decision(scenario, before, before.handlers[handler])
        now = judge_decision(scenario, after, after.handlers[handler])
        if was is not now:
            yield handler, was, now
