"""History: epochs, which are runs of adjacent releases with one behaviour, and what changes between them. Pure.

Releases stand in the order of their versions, so a backport that is uploaded late stands where its version does. A
release that was not tested is in no epoch and ends the one before it: nobody knows what it does. Pre-releases that were
not tested are passed over, for nobody asked. So a transition is always "between V (tested) and W (tested)", with the
untested ones between them.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping

from matrix.compare.diff import Comparison, compare
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Outcome, Result, differences
from matrix.targets.target import Target


class Epoch(Frozen, frozen=True, kw_only=True):
    """A run of adjacent releases with one behaviour.

    Attributes:
        versions: Oldest first.
        outcome: Of their cells: COMPLETED, or why none of them can be played.
        since: The day on which the first of them was uploaded, UTC.
        until: Likewise the last: of a backport, that may be after the next epoch began.
    """

    versions: tuple[str, ...]
    outcome: Outcome
    since: dt.date
    until: dt.date

    def __str__(self) -> str:
        first, last = self.versions[0], self.versions[-1]
        return first if first == last else f"{first}-{last}"


class Transition(Frozen, frozen=True, kw_only=True):
    """Between two adjacent epochs.

    Attributes:
        before: The last release, by version, that was seen to behave as the first epoch does.
        after: The first one that was seen to behave as the second does.
        untested: Releases between them, of which nothing is known.
        outcomes: Of the cells before and after.
        comparison: What is different; empty if only one of them could be played, or if an untested release is all that
            is between them.
    """

    before: str
    after: str
    untested: tuple[str, ...]
    outcomes: tuple[Outcome, Outcome]
    comparison: Comparison


class History(Frozen, frozen=True, kw_only=True):
    """All releases in one lane on one Python.

    Attributes:
        lane: How dependencies were resolved.
        python: On which it was measured.
        epochs: Oldest first.
        transitions: One between each two of them.
        untested: Releases of which nothing is known.
    """

    lane: Lane
    python: str
    epochs: tuple[Epoch, ...]
    transitions: tuple[Transition, ...]
    untested: tuple[str, ...]


def build_history(
    target: Target,
    releases: Iterable[Release],
    results: Mapping[Cell, Result],
    lane: Lane,
    python: str,
    handlers: Collection[str] = (),
) -> History:
    """The history of one lane on one Python.

    Args:
        target: What the releases are of.
        releases: The catalogue, in any order.
        results: What is known.
        lane: Which.
        python: Which.
        handlers: The handlers to look at, by id; empty for all.
    """
    runs: list[list[tuple[Release, Result]]] = []
    gaps: list[tuple[str, ...]] = []
    unknown: list[str] = []
    waiting: list[str] = []
    for release in sorted(releases, key=lambda one: (one.parsed, one.version)):
        result = results.get(Cell(release.version, lane, python))
        if result is None:
            unknown.append(release.version)
            if not release.is_prerelease:
                waiting.append(release.version)
        elif runs and not waiting and _same(runs[-1][-1][1], result):
            runs[-1].append((release, result))
        else:
            runs.append([(release, result)])
            gaps.append(tuple(waiting))
            waiting = []
    return History(
        lane=lane,
        python=python,
        epochs=tuple(_epoch(run) for run in runs),
        transitions=tuple(
            _transition(target, one[-1], other[0], gap, handlers)
            for one, other, gap in zip(runs[:-1], runs[1:], gaps[1:], strict=True)
        ),
        untested=tuple(unknown),
    )


def _same(one: Result, other: Result) -> bool:
    return one.outcome is other.outcome and not differences(one.behaviour, other.behaviour)


def _epoch(run: list[tuple[Release, Result]]) -> Epoch:
    return Epoch(
        versions=tuple(release.version for release, _ in run),
        outcome=run[0][1].outcome,
        since=min(release.uploaded for release, _ in run).date(),
        until=max(release.uploaded for release, _ in run).date(),
    )


def _transition(
    target: Target,
    one: tuple[Release, Result],
    other: tuple[Release, Result],
    gap: tuple[str, ...],
    handlers: Collection[str],
) -> Transition:
    (before, was), (after, now) = one, other
    played = was.behaviour and now.behaviour
    return Transition(
        before=before.version,
        after=after.version,
        untested=gap,
        outcomes=(was.outcome, now.outcome),
        comparison=compare(target, was.behaviour, now.behaviour, handlers) if played else Comparison(),
    )


def transition_anchor(lane: Lane, transition: Transition) -> str:
    """What names a transition on the page of changes."""
    return f"{lane}-{transition.before}-{transition.after}"


def entry_id(target: Target, lane: Lane, python: str, transition: Transition) -> str:
    """Return the id of a transition in the feed, which never changes."""
    return f"{target.urn}:transition:{lane}:{python}:{transition.before}:{transition.after}"


def describe_transition(transition: Transition) -> str:
    """What changed, the worst first, in one line."""
    before, after = transition.outcomes
    if before is not after:
        return f"{before} before, {after} now"
    if transition.comparison.headline:
        return transition.comparison.headline
    return "only details" if transition.comparison.changes else "only what some ways of catching make of it"
