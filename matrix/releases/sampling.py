"""Choose which releases of a sampled target to measure. Pure.

In: the releases of a package, oldest first, and what the measured ones did. Out: the releases to measure next. First
come the last releases of the minor versions. Then the releases between two measured neighbours that behave differently
are halved, until each change stands between two adjacent releases. A change that is undone between two measured
neighbours stays unseen, and no other release is said to behave as its neighbours do.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from matrix.model import Release

SAMPLE_SIZE: Final = 40
"""The most releases of a sample, before any change is narrowed down."""


def installable(releases: Iterable[Release]) -> list[Release]:
    """Return the final releases that have a wheel and are not yanked, oldest version first."""
    fit = (release for release in releases if release.wheels and not release.is_prerelease and release.yanked is None)
    return sorted(fit, key=lambda release: release.parsed)


def sample(ordered: Sequence[Release], size: int = SAMPLE_SIZE) -> list[Release]:
    """Return the oldest release and the last release of each minor version, oldest first.

    Args:
        ordered: The releases, oldest first.
        size: The most releases to return, at least two. If there are more minor versions, they are thinned out evenly;
            the oldest and the newest release stay.
    """
    last = {release.parsed.release[:2]: release for release in ordered}
    chosen = list({release.version: release for release in (*ordered[:1], *last.values())}.values())
    if len(chosen) <= size:
        return chosen
    step = (len(chosen) - 1) / (size - 1)
    return [chosen[round(number * step)] for number in range(size)]


def bisect(
    ordered: Sequence[str],
    behaviours: Mapping[str, Hashable],
    *,
    waiting: Collection[str] = (),
    unmeasurable: Collection[str] = (),
) -> list[str]:
    """Return the middle release between every two measured neighbours that behave differently.

    Args:
        ordered: The versions, oldest first.
        behaviours: Each measured version to its behaviour, which is compared only.
        waiting: The versions that are to be measured already. Neighbours with such a version between them wait for it.
        unmeasurable: The versions that can't be measured. The nearest other version takes the place of one.

    Returns:
        The versions to measure next; none if every change stands between two adjacent releases, or between two with
        unmeasurable releases only.
    """
    measured = [number for number, version in enumerate(ordered) if version in behaviours]
    middles = []
    for before, after in pairwise(measured):
        between = range(before + 1, after)
        alike = behaviours[ordered[before]] == behaviours[ordered[after]]
        if alike or any(ordered[number] in waiting for number in between):
            continue
        free = [number for number in between if ordered[number] not in unmeasurable]
        if free:
            middles.append(ordered[min(free, key=lambda number: abs(2 * number - before - after))])
    return middles
