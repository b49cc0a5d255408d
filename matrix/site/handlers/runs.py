"""The outcomes of a handler on runs of adjacent releases, by what happens in the scenarios. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from matrix.catalogue.groups import ScenarioGroup, group_scenarios
from matrix.catalogue.steps import Scenario
from matrix.model import Frozen, Lane
from matrix.site.epoch_views import EpochView
from matrix.site.grid import GridColumn, runs
from matrix.site.marks import MARK_OF_OUTCOME
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome

FILLS: Final = {
    outcome: f"f-{mark}" for outcome, mark in MARK_OF_OUTCOME.items() if outcome is not HandlerOutcome.UNKNOWN
}
"""Outcome of a handler that decided to the class that colours its part of a bar, the least harm first."""


class GroupPart(Frozen, frozen=True, kw_only=True):
    """The scenarios of one group in which a handler has one outcome.

    Attributes:
        title: What happens in the scenarios of the group.
        scenarios: Those with the outcome.
        of: In how many scenarios of the group the handler was run.
    """

    title: str
    scenarios: tuple[Scenario, ...]
    of: int


class Segment(Frozen, frozen=True, kw_only=True):
    """One outcome of a handler: a part of its bar.

    Attributes:
        outcome: The outcome.
        count: The number of scenarios with it.
        x: Where it begins on the bar, in percent.
        width: Its share of the bar, in percent.
        parts: The same scenarios by group.
    """

    outcome: HandlerOutcome
    count: int
    x: float
    width: float
    parts: tuple[GroupPart, ...]


class HandlerRun(Frozen, frozen=True, kw_only=True):
    """Adjacent releases on which a handler has the same outcome in each scenario.

    Attributes:
        lane: The lane.
        column: The releases.
        segments: Its outcomes, the least harm first; empty if it could not be run.
        x: Where the releases begin among all of the lane, in percent.
        width: Their share of them, in percent.
        is_newest: Whether they are the newest with today's dependencies, whose outcomes the page shows first.
    """

    lane: Lane
    column: GridColumn
    segments: tuple[Segment, ...]
    x: float
    width: float
    is_newest: bool

    @property
    def anchor(self) -> str:
        """The anchor of its outcomes on the page of the handler."""
        return f"{'' if self.lane is Lane.TODAY else f'{self.lane}-'}on-{self.column.newest}"

    @property
    def by_outcome(self) -> dict[HandlerOutcome, Segment | None]:
        """Outcome to its part of the bar; None if the handler has it in no scenario."""
        return {outcome: next((each for each in self.segments if each.outcome is outcome), None) for outcome in FILLS}

    def anchor_of(self, outcome: HandlerOutcome) -> str:
        """Return the anchor of one outcome."""
        return outcome if self.is_newest else f"{self.anchor}-{outcome}"


class HandlerLane(Frozen, frozen=True):
    """One handler in one lane: the runs of its releases, newest first."""

    lane: Lane
    runs: tuple[HandlerRun, ...]


def decided_outcomes(outcomes: Mapping[str, HandlerOutcome]) -> dict[str, HandlerOutcome]:
    """Leave out the scenarios in which a handler made no decision."""
    return {id_: outcome for id_, outcome in outcomes.items() if outcome is not HandlerOutcome.UNKNOWN}


class Groups:
    """The groups of a target's scenarios, made once for all handlers that were run in the same ones."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._known: dict[tuple[str, ...], tuple[ScenarioGroup, ...]] = {}

    def of(self, ids: tuple[str, ...]) -> tuple[ScenarioGroup, ...]:
        """Return the groups of scenarios."""
        if ids not in self._known:
            self._known[ids] = group_scenarios(self._target.suite, (self._target.catalogue[id_] for id_ in ids))
        return self._known[ids]


def lane_runs(groups: Groups, handler: str, lane: Lane, views: Sequence[EpochView]) -> HandlerLane:
    """Lay out one handler in one lane, whose epochs come oldest first."""

    def played(view: EpochView) -> tuple[tuple[str, ...], tuple[HandlerOutcome, ...]]:
        """Return the scenarios in which the handler was run, and its outcomes."""
        outcomes = decided_outcomes(view.outcomes_of(handler))
        return tuple(outcomes), tuple(outcomes.values())

    shown = runs(views, played)
    releases = sum(len(column.versions) for column, _ in shown)
    newest = next((column for column, (ids, _) in shown if ids), None) if lane is Lane.TODAY else None
    laid_out, after = [], 0
    for column, (ids, outcomes) in shown:
        after += len(column.versions)
        laid_out.append(
            HandlerRun(
                lane=lane,
                column=column,
                segments=_segments(groups, dict(zip(ids, outcomes, strict=True))),
                x=_percent(releases - after, releases),
                width=_percent(len(column.versions), releases),
                is_newest=column is newest,
            )
        )
    return HandlerLane(lane, tuple(laid_out))


def _segments(groups: Groups, outcomes: Mapping[str, HandlerOutcome]) -> tuple[Segment, ...]:
    """Divide the scenarios in which a handler was run by its outcome, and each part by what happens in them."""
    counts = Counter(outcomes.values())
    segments, before = [], 0
    for outcome in (outcome for outcome in FILLS if counts[outcome]):
        parts = [
            GroupPart(
                title=group.title,
                scenarios=tuple(scenario for scenario in group.scenarios if outcomes[scenario.id] is outcome),
                of=len(group.scenarios),
            )
            for group in groups.of(tuple(outcomes))
        ]
        segments.append(
            Segment(
                outcome=outcome,
                count=counts[outcome],
                x=_percent(before, len(outcomes)),
                width=_percent(counts[outcome], len(outcomes)),
                parts=tuple(sorted((part for part in parts if part.scenarios), key=lambda part: -len(part.scenarios))),
            )
        )
        before += counts[outcome]
    return tuple(segments)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 2)
