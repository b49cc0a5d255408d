"""What is new between published and new data: releases, changes of behaviour, drift. Nothing if nothing moved. Pure.

A change that a new release brings is a transition of its history, under the id that it has in the Atom feed, and opens
an issue. What was measured before and is another now is drift: of its dependencies, or of what measures it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from matrix.compare.diff import Comparison, compare
from matrix.compare.history import History, Transition, build_history, describe_transition, entry_id, transition_anchor
from matrix.model import TODAY_FIRST, Cell, Frozen, Lane, Release, moved_pins
from matrix.observation import Result, differences
from matrix.system.text import counted
from matrix.targets.target import Target
from matrix.verdicts.summary import unusable_reason


class ResultSet(msgspec.Struct, frozen=True, kw_only=True):
    """One of the two: the catalogue, and what is known on one Python, of one suite."""

    target: Target
    releases: Mapping[str, Release]
    results: Mapping[Cell, Result]
    suite: str


class NewRelease(Frozen, frozen=True, kw_only=True):
    """A release that was not listed, or in no lane measured.

    Attributes:
        version: Which.
        listed: Whether it is new in the catalogue; else it was known and is measured for the first time.
        does: What it does, in a sentence for each lane.
    """

    version: str
    listed: bool
    does: tuple[str, ...]


class NewChange(Frozen, frozen=True, kw_only=True):
    """A transition that the published history lacks.

    Attributes:
        ids: Of its entries in the Atom feed, one for each lane in which it is the same; today's first.
        lanes: Those lanes.
        before: The last release that behaves otherwise.
        after: The first that behaves so.
        by_release: Whether a release brought it that was not measured before; else drift did.
        says: The worst of it, in a sentence.
        page: Where it stands in the site.
        comparison: All of it.
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
    """Releases of one lane that were measured before and are another now, all in the same way.

    Attributes:
        lane: Which.
        versions: Oldest first.
        says: In a sentence.
        unusable: Why they can't be used any more; empty if they can, or never could.
        dependencies: Package to its versions before and after, where they moved in all of them alike.
        comparison: What is different for a caller.
    """

    lane: Lane
    versions: tuple[str, ...]
    says: str
    unusable: str
    dependencies: dict[str, tuple[str, str]]
    comparison: Comparison


class Announcement(Frozen, frozen=True, kw_only=True):
    """All that is new.

    Attributes:
        python: On which it was measured.
        suites: The digests of the suites before and now, if they differ; empty if not.
        releases: New ones, newest first.
        vanished: Releases that are listed no more.
        yanked: Releases that were yanked since.
        changes: New transitions, of the newest release first.
        drift: What was measured before and is another now.
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
        """Whether nothing moved."""
        return not (self.suites or self.releases or self.vanished or self.yanked or self.changes or self.drift)


def announce(old: ResultSet, new: ResultSet, python: str) -> Announcement:
    """What is new between published data and new data, on one Python."""
    histories = {
        lane: build_history(new.target, new.releases.values(), new.results, lane, python) for lane in TODAY_FIRST
    }
    measured = {cell.version for cell in old.results}
    fresh = [
        release.version
        for release in sorted(new.releases.values(), key=lambda one: one.parsed, reverse=True)
        if release.version not in old.releases
        or (
            release.version not in measured and any(Cell(release.version, lane, python) in new.results for lane in Lane)
        )
    ]
    suites = tuple(dict.fromkeys(one.suite for one in (old, new) if one.suite))
    return Announcement(
        python=python,
        suites=suites if len(suites) > 1 else (),
        releases=tuple(
            NewRelease(
                version=version,
                listed=version not in old.releases,
                does=tuple(_does(one, version) for one in histories.values()),
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


def _does(past: History, version: str) -> str:
    """What a release does, beside the one before it."""
    for at, epoch in enumerate(past.epochs):
        if version not in epoch.versions:
            continue
        place = epoch.versions.index(version)
        if place:
            return f"{past.lane}: behaves like {epoch.versions[place - 1]}"
        if at:
            transition = past.transitions[at - 1]
            return f"{past.lane}: unlike {transition.before}: {describe_transition(transition)}"
        return f"{past.lane}: the oldest that was measured"
    return f"{past.lane}: not measured yet"


def _changes(
    old: ResultSet, new: ResultSet, histories: Mapping[Lane, History], measured: Iterable[str], python: str
) -> Iterator[NewChange]:
    known = {
        entry_id(old.target, lane, python, one)
        for lane in TODAY_FIRST
        for one in build_history(old.target, old.releases.values(), old.results, lane, python).transitions
    }
    found: defaultdict[tuple[str, str], list[tuple[Lane, Transition]]] = defaultdict(list)
    for lane, past in histories.items():
        for one in past.transitions:
            if entry_id(new.target, lane, python, one) not in known:
                found[one.before, one.after].append((lane, one))
    newest_first = sorted(found.items(), key=lambda item: new.releases[item[0][1]].parsed, reverse=True)
    for (before, after), alike in newest_first:
        for same in _grouped(alike):
            first_lane, first = same[0]
            yield NewChange(
                ids=tuple(entry_id(new.target, lane, python, one) for lane, one in same),
                lanes=tuple(lane for lane, _ in same),
                before=before,
                after=after,
                by_release=after not in set(measured),
                says=describe_transition(first),
                page=f"{new.target.site_path}changes/#{transition_anchor(first_lane, first)}",
                comparison=first.comparison,
            )


def _grouped(found: Sequence[tuple[Lane, Transition]]) -> list[list[tuple[Lane, Transition]]]:
    """Lanes in which the same changes, together."""
    groups: list[list[tuple[Lane, Transition]]] = []
    for lane, one in found:
        for group in groups:
            if (group[0][1].outcomes, group[0][1].comparison) == (one.outcomes, one.comparison):
                group.append((lane, one))
                break
        else:
            groups.append([(lane, one)])
    return groups


def _drifts(old: ResultSet, new: ResultSet) -> Iterator[Drift]:
    """What both measured, and is another: releases to which the same happened are told together."""
    if old.suite != new.suite:  # another suite sees other things: that is no drift
        return
    alike: dict[tuple[Lane, str, bytes], list[Cell]] = {}
    kept: dict[tuple[Lane, str, bytes], Comparison] = {}
    for cell in sorted(new.results, key=lambda one: new.releases[one.version].parsed):
        was, now = old.results.get(cell), new.results[cell]
        if was is None or not _differ(was, now):
            continue
        comparison = (
            compare(new.target, was.behaviour, now.behaviour) if was.behaviour and now.behaviour else Comparison()
        )
        key = (cell.lane, _says(was, now, comparison), msgspec.json.encode(comparison))
        alike.setdefault(key, []).append(cell)
        kept[key] = comparison
    for key, cells in sorted(alike.items(), key=lambda item: (not _gone(old, new, item[1][0]), item[0][0], item[0][1])):
        yield Drift(
            lane=key[0],
            versions=tuple(cell.version for cell in cells),
            says=key[1],
            unusable=_gone(old, new, cells[0]),
            dependencies=_dependencies(old, new, cells),
            comparison=kept[key],
        )


def _differ(was: Result, now: Result) -> bool:
    return (was.outcome, was.reason) != (now.outcome, now.reason) or bool(differences(was.behaviour, now.behaviour))


def _says(was: Result, now: Result, comparison: Comparison) -> str:
    before, after = unusable_reason(was), unusable_reason(now)
    if before != after:
        return (
            f"can't be used any more: {after}"
            if after and not before
            else (f"can be used now; before: {before}" if before and not after else f"{after}; before: {before}")
        )
    if comparison.headline:
        return comparison.headline
    return "only details" if comparison.changes or comparison.handled else "what could be seen of it is another"


def _gone(old: ResultSet, new: ResultSet, cell: Cell) -> str:
    """Why a release can't be used any more; empty if it can, or never could."""
    return unusable_reason(new.results[cell]) if not unusable_reason(old.results[cell]) else ""


def _dependencies(old: ResultSet, new: ResultSet, cells: Sequence[Cell]) -> dict[str, tuple[str, str]]:
    """What moved in the locks of all of these cells alike."""
    locks = [(old.results[cell].lock, new.results[cell].lock) for cell in cells]
    versions = new.target.dependencies
    found = [moved_pins(versions(was.pins), versions(now.pins)) if was and now else {} for was, now in locks]
    return dict(sorted(set.intersection(*(set(moved.items()) for moved in found))))


def summarise(found: Announcement) -> str:
    """In a line: for the title of a pull request."""
    parts = []
    if found.releases:
        named = ", ".join(one.version for one in found.releases[:3])
        parts.append(
            f"{counted(len(found.releases), 'new release')} ({named}{', ...' if len(found.releases) > 3 else ''})"
        )
    by_release = sum(one.by_release for one in found.changes)
    if by_release:
        parts.append(counted(by_release, "new behaviour"))
    if found.drift:
        parts.append(f"drift in {counted(sum(len(one.versions) for one in found.drift), 'cell')}")
    if found.suites:
        parts.append("another suite")
    if found.vanished or found.yanked:
        parts.append(f"{len(found.vanished)} gone, {len(found.yanked)} yanked")
    return ", ".join(parts) or ("other boundaries of behaviour" if found.changes else "nothing moved")
