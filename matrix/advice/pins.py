"""Find the releases that manifests pin or would install today, for a whole scan or for one file. Pure."""

from collections.abc import Iterable

from packaging.specifiers import SpecifierSet

from matrix.advice.locks_above import LOCKS, may_lock
from matrix.advice.ranges import allowed_releases, exact_version, installed_today, nearest_lane
from matrix.manifests.entry import Manifest
from matrix.model import Frozen, Lane
from matrix.store.knowledge import Knowledge


class PinnedRelease(Frozen, frozen=True):
    """A release on which code is judged.

    Attributes:
        version: The version of the release.
        lane: The lane whose dependencies are nearest to the locked ones.
        where: The place of the requirement that pins it; empty if none does.
        is_exact: Whether a lock or an exact pin names it; a range only allows it.
        packages: The other packages that the same file locks, by name; empty if it locks none.
    """

    version: str
    lane: Lane
    where: str = ""
    is_exact: bool = False
    packages: tuple[str, ...] = ()


class _Pins(Frozen, frozen=True):
    """The releases of some manifests.

    Attributes:
        exact: The releases that a lock or an exact pin names.
        resolved: The releases that ranges would install today.
        ranges: The specifiers of the ranges.
    """

    exact: list[PinnedRelease]
    resolved: list[PinnedRelease]
    ranges: list[str]


def find_pinned(knowledge: Knowledge, manifests: Iterable[Manifest]) -> list[PinnedRelease]:
    """Return the releases that files pin or would install today; the newest release if they name none.

    A lock or an exact pin names the release that runs, so ranges count only if there is neither.
    """
    pins = _pins(knowledge, manifests)
    return pins.exact or pins.resolved or newest_release(knowledge)


def find_nearest_pinned(knowledge: Knowledge, levels: Iterable[Iterable[Manifest]]) -> list[PinnedRelease]:
    """Return the releases of the nearest manifests that require the SDK; empty if no manifest does.

    If the nearest manifests have only ranges, as members of a workspace do, then a lock above that pins a release in
    these ranges names the release that runs.

    Args:
        knowledge: The measured knowledge about releases.
        levels: The manifests of each folder from a file's own to the root.
    """
    nearest: _Pins | None = None
    requiring: list[Manifest] = []
    for level in levels:
        manifests = list(level)
        if nearest is not None:
            locks = [
                each for each in manifests if each.kind in LOCKS and any(may_lock(each, other) for other in requiring)
            ]
            locked = _pins(knowledge, locks).exact
            ranges = [SpecifierSet(specifier) for specifier in nearest.ranges]
            allowed = [
                pin for pin in locked if any(each.contains(pin.version, prereleases=True) for each in ranges)
            ]  # fmt: skip
            if allowed:
                return allowed
            continue
        pins = _pins(knowledge, manifests)
        if pins.exact:
            return pins.exact
        nearest = pins if pins.resolved else None
        requiring = [manifest for manifest in manifests if manifest.entries]
    return nearest.resolved if nearest is not None else []


def newest_release(knowledge: Knowledge) -> list[PinnedRelease]:
    """Return the newest release that is neither a pre-release nor yanked, alone in a list."""
    final = [release for release in knowledge.releases if not release.is_prerelease and release.yanked is None]
    return [PinnedRelease((final or knowledge.releases)[-1].version, Lane.TODAY)]


def _pins(knowledge: Knowledge, manifests: Iterable[Manifest]) -> _Pins:
    """Return the releases of manifests. A pin counts in the lane of its lock, if one locks the same release."""
    exact: dict[tuple[str, Lane], PinnedRelease] = {}
    locked: dict[tuple[str, Lane], PinnedRelease] = {}
    resolved: dict[str, str] = {}
    ranges: list[str] = []
    for manifest in manifests:
        for entry in manifest.entries:
            allowed = allowed_releases(knowledge, entry.specifier)
            if named := exact_version(entry.specifier):
                version = allowed[-1].version if allowed else named
                lane = nearest_lane(knowledge, allowed[-1], entry.locked) if allowed else Lane.TODAY
                pin = PinnedRelease(
                    version, lane, str(entry.place), is_exact=True, packages=tuple(sorted(entry.locked))
                )
                (locked if entry.locked else exact).setdefault((version, lane), pin)
            elif (today := installed_today(allowed, manifest.python, entry.marker)) is not None:
                resolved.setdefault(today.version, str(entry.place))
                ranges.append(entry.specifier)
    versions = {version for version, _ in locked}
    pins = {key: pin for key, pin in exact.items() if key[0] not in versions} | locked
    return _Pins(
        list(pins.values()),
        [PinnedRelease(version, Lane.TODAY, where) for version, where in resolved.items()],
        ranges,
    )
