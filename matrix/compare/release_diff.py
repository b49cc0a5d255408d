"""Two cells, side by side: what they are made of, and what changes for a caller who moves between them. Pure."""

import datetime as dt
from collections.abc import Collection, Mapping

from matrix.compare.diff import UNDECIDED, Comparison, compare, narrow
from matrix.compare.explanation import require_result
from matrix.model import Cell, Frozen, Lane, Release, moved_pins
from matrix.observation import Behaviour, Call, Outcome, Result
from matrix.targets.target import Target
from matrix.verdicts.wording import describe_observation


class ComparedCell(Frozen, frozen=True, kw_only=True):
    """One of the two.

    Attributes:
        version: Of the release.
        lane: How its dependencies were resolved.
        uploaded: UTC.
        outcome: `completed` if the suite was played, or why it could not be.
        reason: Why it could not be played, in the words of the resolver or of the import.
        lock: What was installed with it: package to version.
    """

    version: str
    lane: Lane
    uploaded: dt.datetime
    outcome: Outcome
    reason: str = ""
    lock: dict[str, str]


class CounterpartResult(Frozen, frozen=True, kw_only=True):
    """One scenario on two calls that stand for each other.

    Attributes:
        scenario: Its id.
        before: What the call of the one release gave, in a few words.
        after: What the call of the other gave.
    """

    scenario: str
    before: str
    after: str


class Difference(Frozen, frozen=True, kw_only=True):
    """What is different between two cells.

    Attributes:
        python: On which both were measured.
        before: Where the caller comes from.
        after: Where to.
        between: How many releases lie between the two, by version.
        dependencies: Package to its version before and after, where they differ; empty for one that is not there. None
            are told if one of the two could not be locked.
        comparison: What a caller sees of it; empty if one of them could not be played.
        handlers: To which it was narrowed, by id; empty for all.
        surfaces: The calls by which the two are shown, by id.
        beside: Where these are two, for the newer release no longer has the older one's: what each of them gives.
    """

    python: str
    before: ComparedCell
    after: ComparedCell
    between: int
    dependencies: dict[str, tuple[str, str]]
    comparison: Comparison
    handlers: tuple[str, ...] = ()
    surfaces: tuple[str, str] = ("", "")
    beside: tuple[CounterpartResult, ...] = ()

    @property
    def is_played(self) -> bool:
        """Whether there is anything to compare."""
        return self.before.outcome is Outcome.COMPLETED and self.after.outcome is Outcome.COMPLETED

    @property
    def is_worse(self) -> bool:
        """Whether anything can break code that worked: for the handlers that were asked about, or for anybody."""
        if self.before.outcome is Outcome.COMPLETED and self.after.outcome is not Outcome.COMPLETED:
            return True
        if self.handlers:
            undecided = any(change.severity in UNDECIDED for change in self.comparison.changes)
            return undecided or any(handled.is_worse for handled in self.comparison.handled)
        return bool(self.comparison.worse)


def compare_releases(
    target: Target,
    releases: Mapping[str, Release],
    results: Mapping[Cell, Result],
    before: Cell,
    after: Cell,
    handlers: Collection[str] = (),
) -> Difference:
    """What is different for a caller who moves from one cell to another on the same Python.

    Args:
        target: What both are releases of.
        releases: The catalogue.
        results: What is known of both.
        before: Where the caller comes from.
        after: Where to.
        handlers: To which to narrow it, by id; empty for all.

    Raises:
        UsageError: Nothing is known of one of them.
    """
    was, now = require_result(results, before), require_result(results, after)
    comparison = (
        compare(target, was.behaviour, now.behaviour, handlers) if was.behaviour and now.behaviour else Comparison()
    )
    low, high = sorted((releases[before.version].parsed, releases[after.version].parsed))
    one, other = (
        _side(target, releases[before.version], before, was),
        _side(target, releases[after.version], after, now),
    )
    return Difference(
        python=before.python,
        before=one,
        after=other,
        between=sum(low < release.parsed < high for release in releases.values()),
        dependencies=moved_pins(one.lock, other.lock) if was.lock and now.lock else {},
        comparison=narrow(comparison) if handlers else comparison,
        handlers=tuple(handlers),
        surfaces=(target.suite.main_surface([was.behaviour]), target.suite.main_surface([now.behaviour])),
        beside=_beside(target, was.behaviour, now.behaviour) if was.behaviour and now.behaviour else (),
    )


def _beside(target: Target, before: Behaviour, after: Behaviour) -> tuple[CounterpartResult, ...]:
    """A few telling scenarios on the main calls of both, where those are two that can both be made."""
    one, other = target.suite.main_surface([before]), target.suite.main_surface([after])
    if one == other:
        return ()
    found = [(id_, before.get(Call(one, id_)), after.get(Call(other, id_))) for id_ in target.suite.telling]
    return tuple(
        CounterpartResult(scenario=id_, before=describe_observation(was), after=describe_observation(now))
        for id_, was, now in found
        if was and now
    )


def _side(target: Target, release: Release, cell: Cell, result: Result) -> ComparedCell:
    return ComparedCell(
        version=release.version,
        lane=cell.lane,
        uploaded=release.uploaded,
        outcome=result.outcome,
        reason=result.reason,
        lock=target.dependencies(result.lock.pins) if result.lock else {},
    )
