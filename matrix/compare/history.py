"""Build the history of a lane: epochs, which are runs of adjacent releases with one behaviour, and transitions. Pure.

Releases are ordered by version, so a backport that is uploaded late stands at its version. An untested release belongs
to no epoch and ends the epoch before it, since its behaviour is unknown. Untested pre-releases are skipped. A
transition is therefore always "between V (tested) and W (tested)", with the untested releases between them. Of a
sampled target most releases are untested by design, so there they end no epoch; they still belong to none.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

import msgspec
from packaging.version import Version

from matrix.compare.diff import Comparison, compare
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Outcome, Result, are_equal
from matrix.targets.target import Target


class Epoch(Frozen, frozen=True, kw_only=True):
    """A run of releases with one behaviour, adjacent unless the target is sampled.

    Attributes:
        versions: The tested versions, oldest first.
        outcome: The outcome of their cells: COMPLETED, or why the suite was not played.
        since: The day of the earliest upload, UTC.
        until: The day of the latest upload, UTC; with a backport, it may be after the start of the next epoch.
    """

    versions: tuple[str, ...]
    outcome: Outcome
    since: dt.date
    until: dt.date

    def __str__(self) -> str:
        first, last = self.versions[0], self.versions[-1]
        return first if first == last else f"{first}-{last}"


class Transition(Frozen, frozen=True, kw_only=True):
    """The change between two adjacent epochs.

    Attributes:
        before: The last version of the first epoch.
        after: The first version of the second epoch.
        untested: The untested releases between them.
        outcomes: The outcomes of the cells before and after.
        comparison: The differences; empty if only one of the two was played, or if only an untested release separates
            epochs of equal behaviour.
    """

    before: str
    after: str
    untested: tuple[str, ...]
    outcomes: tuple[Outcome, Outcome]
    comparison: Comparison


class History(Frozen, frozen=True, kw_only=True):
    """The epochs of all releases in one lane on one Python.

    Attributes:
        lane: How dependencies were resolved.
        python: The Python version of the measurements.
        epochs: The epochs, oldest first.
        transitions: The transitions between adjacent epochs.
        untested: The releases without a measurement.
        client: The id of the client whose calls it compares; empty for the first-party client.
    """

    lane: Lane
    python: str
    epochs: tuple[Epoch, ...]
    transitions: tuple[Transition, ...]
    untested: tuple[str, ...]
    client: str = ""


def build_history(
    target: Target,
    releases: Iterable[Release],
    results: Mapping[Cell, Result],
    lane: Lane,
    python: str,
    handlers: Collection[str] = (),
    client: str = "",
) -> History:
    """Build the history of one lane on one Python.

    Args:
        target: The package under test.
        releases: The releases, in any order.
        results: The results by cell, of the calls of one client.
        lane: The lane.
        python: The Python version.
        handlers: The ids of the handlers to compare; empty for all.
        client: The id of that client; empty for the first-party client.
    """
    ordered = sorted(releases, key=_order)
    runs = _find_runs(ordered, results, lane, python, is_sampled=target.is_sampled)
    return History(
        lane=lane,
        python=python,
        epochs=tuple(_epoch(run.tested) for run in runs),
        transitions=tuple(
            _transition(target, older.tested[-1], newer.tested[0], newer.untested_before, handlers)
            for older, newer in pairwise(runs)
        ),
        untested=tuple(release.version for release in ordered if Cell(release.version, lane, python) not in results),
        client=client,
    )


class _Run(msgspec.Struct, frozen=True):
    """The releases of an epoch, each with its result, oldest first.

    Attributes:
        tested: The releases with their results.
        untested_before: The untested releases between the run before it and this one, without pre-releases.
    """

    tested: list[tuple[Release, Result]]
    untested_before: tuple[str, ...]


def _find_runs(
    ordered: Iterable[Release], results: Mapping[Cell, Result], lane: Lane, python: str, *, is_sampled: bool = False
) -> list[_Run]:
    """Find the runs of releases with one behaviour; the releases are given oldest first.

    The releases of a run are adjacent, unless the target is sampled: then untested releases may lie between them.
    """
    runs: list[_Run] = []
    waiting: list[str] = []
    for release in ordered:
        result = results.get(Cell(release.version, lane, python))
        if result is None:
            if not release.is_prerelease:
                waiting.append(release.version)
        elif runs and (is_sampled or not waiting) and _behave_alike(runs[-1].tested[-1][1], result):
            runs[-1].tested.append((release, result))
            waiting = []
        else:
            runs.append(_Run([(release, result)], tuple(waiting)))
            waiting = []
    return runs


def find_changing_releases(
    releases: Iterable[Release], results: Mapping[str, Mapping[Cell, Result]], history: History
) -> dict[str, tuple[str, ...]]:
    """Find the releases with which other clients begin to behave differently, and the client of a history does not.

    Args:
        releases: The releases, in any order.
        results: The results of the other clients, by the client's id and by cell.
        history: The history.

    Returns:
        The versions of the releases, oldest first, by the client's id; only clients that have some.
    """
    own = {transition.after for transition in history.transitions}
    ordered = sorted(releases, key=_order)
    changing = {
        client: tuple(
            version
            for run in _find_runs(ordered, by_cell, history.lane, history.python)[1:]
            if (version := run.tested[0][0].version) not in own
        )
        for client, by_cell in results.items()
    }
    return {client: versions for client, versions in changing.items() if versions}


def _order(release: Release) -> tuple[Version, str]:
    """Return a key that sorts releases oldest version first."""
    return release.parsed, release.version


def _behave_alike(older: Result, newer: Result) -> bool:
    return older.outcome is newer.outcome and are_equal(older.behaviour, newer.behaviour)


def _epoch(run: list[tuple[Release, Result]]) -> Epoch:
    return Epoch(
        versions=tuple(release.version for release, _ in run),
        outcome=run[0][1].outcome,
        since=min(release.uploaded for release, _ in run).date(),
        until=max(release.uploaded for release, _ in run).date(),
    )


def _transition(
    target: Target,
    older: tuple[Release, Result],
    newer: tuple[Release, Result],
    gap: tuple[str, ...],
    handlers: Collection[str],
) -> Transition:
    (before, was), (after, now) = older, newer
    played = was.behaviour and now.behaviour
    return Transition(
        before=before.version,
        after=after.version,
        untested=gap,
        outcomes=(was.outcome, now.outcome),
        comparison=compare(target, was.behaviour, now.behaviour, handlers) if played else Comparison(),
    )


def transition_anchor(lane: Lane, transition: Transition) -> str:
    """Return the anchor of a transition on the page of changes."""
    return f"{lane}-{transition.before}-{transition.after}"


def transition_path(lane: Lane, transition: Transition) -> str:
    """Return the path of the page of a transition in the site."""
    return f"changes/{lane}/{transition.after}/"


def entry_id(target: Target, lane: Lane, python: str, transition: Transition) -> str:
    """Return the id of a transition in the feed, which never changes."""
    return f"{target.urn}:transition:{lane}:{python}:{transition.before}:{transition.after}"


def describe_transition(transition: Transition) -> str:
    """Describe a transition in one line, worst change first."""
    before, after = transition.outcomes
    if before is not after:
        return f"{before} before, {after} now"
    if transition.comparison.headline:
        return transition.comparison.headline
    return "only details change" if transition.comparison.changes else "only the outcomes of some handlers change"
