"""Compares published with new data and announces new releases, new behaviours and drift. Pure.

A new behaviour is a transition of the history. It keeps its id of the Atom feed, and opens an issue if a new release
brought it. Drift is a cell that was measured before and now gives another result, because its dependencies or the
harness changed.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from matrix.compare.diff import Comparison, compare
from matrix.compare.history import History, Transition, build_history, describe_transition, entry_id, transition_path
from matrix.model import TODAY_FIRST, Cell, Frozen, Lane, Release, moved_pins
from matrix.observation import Result, are_equal
from matrix.system.text import counted
from matrix.targets.target import Target
from matrix.verdicts.summary import unusable_reason


class ResultSet(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue, and the results of one suite on one Python: the published ones or the new ones."""

    target: Target
    releases: Mapping[str, Release]
    results: Mapping[Cell, Result]
    suite: str


class NewRelease(Frozen, frozen=True, kw_only=True):
    """A release that was not in the catalogue, or had no results.

    Attributes:
        version: Its version.
        listed: Whether it is new in the catalogue; if not, it was listed and is measured for the first time.
        does: How it behaves, in one sentence for each lane.
    """

    version: str
    listed: bool
    does: tuple[str, ...]


class NewChange(Frozen, frozen=True, kw_only=True):
    """A transition that the published history lacks.

    Attributes:
        ids: The ids of its entries in the Atom feed, one for each lane with the same change; that of `today` is first.
        lanes: The lanes with this change, in the same order.
        before: The last release with the old behaviour.
        after: The first release with the new behaviour.
        by_release: Whether a newly measured release brought the change; if not, drift did.
        says: Its worst difference, in a sentence.
        page: The address of the change, relative to the site.
        comparison: All differences.
    """

    ids: tuple[str, ...]
    lanes: tuple[Lane, ...]
    before: str
    after: str
    by_release: bool
    says: str
    page: str
    comparison: Comparison


class Drift(Frozen, frozen=True, kw_only=True):
    """Releases of one lane that were measured before and now differ, all in the same way.

    Attributes:
        lane: Their lane.
        versions: Oldest first.
        says: The difference, in a sentence.
        unusable: Why callers can no longer use them; empty if they still can, or never could.
        dependencies: Package to its versions before and after, if it changed in the same way for all these releases.
        comparison: The differences that a caller sees.
    """

    lane: Lane
    versions: tuple[str, ...]
    says: str
    unusable: str
    dependencies: dict[str, tuple[str, str]]
    comparison: Comparison


class Announcement(Frozen, frozen=True, kw_only=True):
    """Everything that is new since the last publication.

    Attributes:
        python: The Python of all results.
        suites: The digests of the published and the new suite; empty if they are the same.
        releases: New releases, newest first.
        vanished: Releases that are no longer in the catalogue.
        yanked: Releases that were yanked since the last publication.
        changes: New transitions, that of the newest release first.
        drift: Results that changed for releases measured before.
    """

    python: str
    suites: tuple[str, ...] = ()
    releases: tuple[NewRelease, ...] = ()
    vanished: tuple[str, ...] = ()
    yanked: tuple[str, ...] = ()
    changes: tuple[NewChange, ...] = ()
    drift: tuple[Drift, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is new."""
        return not (self.suites or self.releases or self.vanished or self.yanked or self.changes or self.drift)


def announce(old: ResultSet, new: ResultSet, python: str) -> Announcement:
    """Announce what is new between published and new data, on one Python."""
    histories = {
        lane: build_history(new.target, new.releases.values(), new.results, lane, python) for lane in TODAY_FIRST
    }
    measured = {cell.version for cell in old.results}
    fresh = [
        release.version
        for release in sorted(new.releases.values(), key=lambda release: release.parsed, reverse=True)
        if release.version not in old.releases
        or (
            release.version not in measured and any(Cell(release.version, lane, python) in new.results for lane in Lane)
        )
    ]
    suites = tuple(dict.fromkeys(results.suite for results in (old, new) if results.suite))
    return Announcement(
        python=python,
        suites=suites if len(suites) > 1 else (),
        releases=tuple(
            NewRelease(
                version=version,
                listed=version not in old.releases,
                does=tuple(_describe_release(past, version) for past in histories.values()),
            )
            for version in fresh
        ),
        vanished=tuple(version for version in old.releases if version not in new.releases),
        yanked=tuple(
            version
            for version, release in new.releases.items()
            if release.yanked is not None and version in old.releases and old.releases[version].yanked is None
        ),
        changes=tuple(_changes(old, new, histories, measured, python)),
        drift=tuple(_drifts(old, new)),
    )


def _describe_release(past: History, version: str) -> str:
    """Describe how a release behaves, compared with the release before it."""
    for at, epoch in enumerate(past.epochs):
        if version not in epoch.versions:
            continue
        place = epoch.versions.index(version)
        if place:
            return f"{past.lane}: behaves like {epoch.versions[place - 1]}"
        if at:
            transition = past.transitions[at - 1]
            return f"{past.lane}: differs from {transition.before}: {describe_transition(transition)}"
        return f"{past.lane}: the oldest measured release"
    return f"{past.lane}: not measured yet"


def _changes(
    old: ResultSet, new: ResultSet, histories: Mapping[Lane, History], measured: Iterable[str], python: str
) -> Iterator[NewChange]:
    known = {
        entry_id(old.target, lane, python, transition)
        for lane in TODAY_FIRST
        for transition in build_history(old.target, old.releases.values(), old.results, lane, python).transitions
    }
    by_releases: defaultdict[tuple[str, str], list[tuple[Lane, Transition]]] = defaultdict(list)
    for lane, past in histories.items():
        for transition in past.transitions:
            if entry_id(new.target, lane, python, transition) not in known:
                by_releases[transition.before, transition.after].append((lane, transition))
    newest_first = sorted(by_releases.items(), key=lambda item: new.releases[item[0][1]].parsed, reverse=True)
    for (before, after), transitions in newest_first:
        for same in _group_lanes(transitions):
            first_lane, first = same[0]
            yield NewChange(
                ids=tuple(entry_id(new.target, lane, python, transition) for lane, transition in same),
                lanes=tuple(lane for lane, _ in same),
                before=before,
                after=after,
                by_release=after not in set(measured),
                says=describe_transition(first),
                page=f"{new.target.site_path}{transition_path(first_lane, first)}",
                comparison=first.comparison,
            )


def _group_lanes(transitions: Sequence[tuple[Lane, Transition]]) -> list[list[tuple[Lane, Transition]]]:
    """Group the lanes that have the same transition."""
    groups: list[list[tuple[Lane, Transition]]] = []
    for lane, transition in transitions:
        for group in groups:
            if (group[0][1].outcomes, group[0][1].comparison) == (transition.outcomes, transition.comparison):
                group.append((lane, transition))
                break
        else:
            groups.append([(lane, transition)])
    return groups


def _drifts(old: ResultSet, new: ResultSet) -> Iterator[Drift]:
    """Find results that changed, and group the releases that changed in the same way."""
    if old.suite != new.suite:  # another suite observes other things, which is no drift
        return
    alike: dict[tuple[Lane, str, bytes], list[Cell]] = {}
    comparisons: dict[tuple[Lane, str, bytes], Comparison] = {}
    for cell in sorted(new.results, key=lambda cell: new.releases[cell.version].parsed):
        was, now = old.results.get(cell), new.results[cell]
        if was is None or not _differ(was, now):
            continue
        comparison = (
            compare(new.target, was.behaviour, now.behaviour) if was.behaviour and now.behaviour else Comparison()
        )
        key = (cell.lane, _describe_drift(was, now, comparison), msgspec.json.encode(comparison))
        alike.setdefault(key, []).append(cell)
        comparisons[key] = comparison
    for key, cells in sorted(
        alike.items(), key=lambda item: (not _explain_loss(old, new, item[1][0]), item[0][0], item[0][1])
    ):
        yield Drift(
            lane=key[0],
            versions=tuple(cell.version for cell in cells),
            says=key[1],
            unusable=_explain_loss(old, new, cells[0]),
            dependencies=_common_dependency_changes(old, new, cells),
            comparison=comparisons[key],
        )


def _differ(was: Result, now: Result) -> bool:
    return (was.outcome, was.reason) != (now.outcome, now.reason) or not are_equal(was.behaviour, now.behaviour)


def _describe_drift(was: Result, now: Result, comparison: Comparison) -> str:
    before, after = unusable_reason(was), unusable_reason(now)
    if before != after:
        if after and not before:
            return f"no longer usable: {after}"
        return f"still unusable: {after} (was: {before})" if after else f"usable now (was: {before})"
    if comparison.headline:
        return comparison.headline
    return "only details changed" if comparison.changes or comparison.handled else "its observations changed"


def _explain_loss(old: ResultSet, new: ResultSet, cell: Cell) -> str:
    """Explain why callers can no longer use a release; empty if they still can, or never could."""
    return unusable_reason(new.results[cell]) if not unusable_reason(old.results[cell]) else ""


def _common_dependency_changes(old: ResultSet, new: ResultSet, cells: Sequence[Cell]) -> dict[str, tuple[str, str]]:
    """Find the pins that changed in the same way in the locks of all these cells."""
    locks = [(old.results[cell].lock, new.results[cell].lock) for cell in cells]
    versions = new.target.dependencies
    changed = [moved_pins(versions(was.pins), versions(now.pins)) if was and now else {} for was, now in locks]
    return dict(sorted(set.intersection(*(set(pins.items()) for pins in changed))))


def summarise(announcement: Announcement) -> str:
    """Summarise an announcement in one line, for the title of a pull request."""
    parts = []
    if announcement.releases:
        named = ", ".join(release.version for release in announcement.releases[:3])
        parts.append(
            f"{counted(len(announcement.releases), 'new release')} "
            f"({named}{', ...' if len(announcement.releases) > 3 else ''})"
        )
    by_release = sum(change.by_release for change in announcement.changes)
    if by_release:
        parts.append(counted(by_release, "new behaviour"))
    if announcement.drift:
        parts.append(f"drift in {counted(sum(len(drift.versions) for drift in announcement.drift), 'cell')}")
    if announcement.suites:
        parts.append("another suite")
    if announcement.vanished or announcement.yanked:
        parts.append(f"{len(announcement.vanished)} gone, {len(announcement.yanked)} yanked")
    return ", ".join(parts) or ("behaviours change at other releases" if announcement.changes else "nothing changed")
