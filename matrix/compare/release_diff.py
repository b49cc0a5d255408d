"""Compare two releases: their dependencies, and what changes for a caller who moves from one to the other. Pure."""

import datetime as dt
from collections.abc import Collection, Mapping

from packaging.version import Version

from matrix.compare.diff import UNDECIDED, Comparison, compare, narrow
from matrix.compare.explanation import require_result
from matrix.model import Cell, DatedBy, Frozen, Lane, Release, moved_pins
from matrix.observation import Behaviour, Call, Outcome, Result, are_equal
from matrix.targets.target import Target
from matrix.verdicts.wording import describe_observation


class ComparedCell(Frozen, frozen=True, kw_only=True):
    """One of the two compared cells.

    Attributes:
        version: The version of the release.
        lane: How its dependencies were resolved.
        uploaded: The time of the upload, UTC.
        dated_by: The source of that time.
        outcome: `completed` if the suite was played, or why it was not.
        reason: The reason why the suite was not played, as the resolver or the import states it.
        lock: The installed dependencies: package to version.
    """

    version: str
    lane: Lane
    uploaded: dt.datetime
    dated_by: DatedBy
    outcome: Outcome
    reason: str = ""
    lock: dict[str, str]


class CounterpartResult(Frozen, frozen=True, kw_only=True):
    """The results of one scenario on the main calls of two releases that have different main calls.

    Attributes:
        scenario: The id of the scenario.
        before: The result on the old release's main call, in a few words.
        after: The result on the new release's main call, in a few words.
    """

    scenario: str
    before: str
    after: str


class Difference(Frozen, frozen=True, kw_only=True):
    """The differences between two cells.

    Attributes:
        python: The Python version of both measurements.
        before: The old cell.
        after: The new cell.
        between: The number of releases between the two, by version.
        dependencies: Package to its old and new version, where they differ; a version is empty if the package is not
            installed. Empty if one of the two has no lock.
        comparison: The differences for a caller; empty if one of the two was not played.
        handlers: The ids of the handlers that the comparison is limited to; empty for all.
        surfaces: The ids of the main calls of both.
        counterparts: Results of both main calls, if the new release does not have the old one's main call.
        client: The id of the client whose calls are compared; empty for the first-party client.
        others: The names of other clients whose calls differ.
    """

    python: str
    before: ComparedCell
    after: ComparedCell
    between: int
    dependencies: dict[str, tuple[str, str]]
    comparison: Comparison
    handlers: tuple[str, ...] = ()
    surfaces: tuple[str, str] = ("", "")
    counterparts: tuple[CounterpartResult, ...] = ()
    client: str = ""
    others: tuple[str, ...] = ()

    @property
    def is_downgrade(self) -> bool:
        """Whether the caller moves to an older version."""
        return Version(self.after.version) < Version(self.before.version)

    @property
    def is_played(self) -> bool:
        """Whether the suite was played in both cells."""
        return self.before.outcome is Outcome.COMPLETED and self.after.outcome is Outcome.COMPLETED

    @property
    def is_worse(self) -> bool:
        """Whether a change can break working code: for the given handlers, or for any code if none are given."""
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
    client: str = "",
    others: Collection[str] = (),
) -> Difference:
    """Compare two cells on the same Python from the point of view of a caller who moves from one to the other.

    Args:
        target: The package under test.
        releases: The releases by version.
        results: The results of both cells, of the calls of one client.
        before: The old cell.
        after: The new cell.
        handlers: The ids of the handlers to limit the comparison to; empty for all.
        client: The id of that client; empty for the first-party client.
        others: The names of other clients whose calls differ.

    Raises:
        UsageError: One of the cells has not been measured.
    """
    was, now = (require_result(target, results, each, client) for each in (before, after))
    comparison = (
        compare(target, was.behaviour, now.behaviour, handlers) if was.behaviour and now.behaviour else Comparison()
    )
    surfaces = (
        target.suite.main_surface([was.behaviour], client),
        target.suite.main_surface([now.behaviour], client),
    )
    low, high = sorted((releases[before.version].parsed, releases[after.version].parsed))
    old, new = (
        _compared_cell(target, releases[before.version], before, was),
        _compared_cell(target, releases[after.version], after, now),
    )
    return Difference(
        python=before.python,
        before=old,
        after=new,
        between=sum(low < release.parsed < high for release in releases.values()),
        dependencies=moved_pins(old.lock, new.lock) if was.lock and now.lock else {},
        comparison=narrow(comparison) if handlers else comparison,
        handlers=tuple(handlers),
        surfaces=surfaces,
        counterparts=_counterpart_results(target, was.behaviour, now.behaviour, surfaces)
        if was.behaviour and now.behaviour
        else (),
        client=client,
        others=tuple(others),
    )


def find_changed_clients(
    target: Target, results: Mapping[str, Mapping[Cell, Result]], before: Cell, after: Cell
) -> list[str]:
    """Find the clients whose calls differ between two cells, by name.

    Args:
        target: The package under test.
        results: The results of both cells, by the client's id and by cell.
        before: The old cell.
        after: The new cell.
    """
    return [
        target.client(client).name
        for client, by_cell in results.items()
        if before in by_cell and after in by_cell
        if not are_equal(by_cell[before].behaviour, by_cell[after].behaviour)
    ]


def _counterpart_results(
    target: Target, before: Behaviour, after: Behaviour, surfaces: tuple[str, str]
) -> tuple[CounterpartResult, ...]:
    """Return the results of a few key scenarios on the main calls of both, if these differ."""
    old, new = surfaces
    if old == new:
        return ()
    pairs = [(id_, before.get(Call(old, id_)), after.get(Call(new, id_))) for id_ in target.suite.telling]
    return tuple(
        CounterpartResult(scenario=id_, before=describe_observation(was), after=describe_observation(now))
        for id_, was, now in pairs
        if was and now
    )


def _compared_cell(target: Target, release: Release, cell: Cell, result: Result) -> ComparedCell:
    return ComparedCell(
        version=release.version,
        lane=cell.lane,
        uploaded=release.uploaded,
        dated_by=release.dated_by,
        outcome=result.outcome,
        reason=result.reason,
        lock=target.dependencies(result.lock.pins) if result.lock else {},
    )
