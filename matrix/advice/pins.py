"""Find the releases that manifests pin or would install today. Pure."""

from collections.abc import Iterable

from packaging.specifiers import SpecifierSet

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
    """

    version: str
    lane: Lane
    where: str = ""


def find_pinned(knowledge: Knowledge, manifests: Iterable[Manifest]) -> list[PinnedRelease]:
    """Return the releases that files pin or would install today; the newest release if they name none.

    A lock or an exact pin names the release that runs, so ranges count only if there is neither.
    """
    exact: dict[tuple[str, Lane], str] = {}
    resolved: dict[tuple[str, Lane], str] = {}
    for manifest in manifests:
        for entry in manifest.entries:
            specifier = SpecifierSet(entry.specifier)
            allowed = allowed_releases(knowledge, specifier)
            if named := exact_version(specifier):
                version = allowed[-1].version if allowed else named
                lane = nearest_lane(knowledge, allowed[-1], entry.locked) if allowed else Lane.TODAY
                exact.setdefault((version, lane), str(entry.place))
            elif (today := installed_today(allowed, manifest.python, entry.marker)) is not None:
                resolved.setdefault((today.version, Lane.TODAY), str(entry.place))
    if places := exact or resolved:
        return [PinnedRelease(version, lane, where) for (version, lane), where in places.items()]
    final = [release for release in knowledge.releases if not release.is_prerelease and release.yanked is None]
    return [PinnedRelease((final or knowledge.releases)[-1].version, Lane.TODAY)]
