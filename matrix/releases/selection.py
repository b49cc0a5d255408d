"""Releases x lanes x Pythons -> cells, and which of them want measuring. Pure.

A cell wants measuring if nothing is known of it, or if what is known was measured with another suite: results of
different suites never mix.
"""

from collections.abc import Collection, Mapping, Sequence

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from matrix.errors import UsageError, did_you_mean
from matrix.model import Cell, Lane, Release

DEFAULT_PYTHON = "3.11"
"""The Python on which nearly every release installs: the oldest need wheels that later Pythons never got, and the
newest need 3.10."""

LATEST = "latest"


def select(releases: Mapping[str, Release], wanted: str | None) -> list[Release]:
    """The releases that `wanted` names, oldest version first.

    Args:
        releases: The catalogue.
        wanted: `latest`, versions separated by commas, or a specifier such as `>=0.80,<1`; None for all but the
            pre-releases. A specifier selects pre-releases only if it names one.

    Raises:
        UsageError: It means nothing, or names what the catalogue lacks.
    """
    ordered = sorted(releases.values(), key=lambda release: release.parsed)
    if not ordered:
        raise UsageError("The catalogue of releases is empty.", "Fill it with `matrix refresh`.")
    if wanted is None:
        return [release for release in ordered if not release.is_prerelease]
    parts = [part.strip() for part in wanted.split(",") if part.strip()]
    if not parts:
        raise UsageError("No version was named.", "Leave --versions out for all of them.")
    if any(part[0] in "<>=!~" for part in parts):
        return _by_specifier(ordered, wanted)
    return sorted({_by_name(ordered, part) for part in parts}, key=lambda release: release.parsed)


def latest(releases: Mapping[str, Release], python: str = DEFAULT_PYTHON) -> Release:
    """The newest release for `python` that has a wheel and is neither a pre-release nor yanked.

    Raises:
        UsageError: There is none.
    """
    fit = [
        release
        for release in releases.values()
        if not release.is_prerelease and release.yanked is None and release.wheels and admits(release, python)
    ]
    if not fit:
        raise UsageError(f"The catalogue has no release for Python {python}.", "Fill it with `matrix refresh`.")
    return max(fit, key=lambda release: release.parsed)


def newest_version(releases: Mapping[str, Release]) -> str:
    """The version that `latest` names; empty if there is none."""
    try:
        return latest(releases).version
    except UsageError:
        return ""


def cells(releases: Sequence[Release], lanes: Collection[Lane], pythons: Collection[str]) -> list[Cell]:
    """Every cell of these releases, newest release first: what people ask for is measured first."""
    return [
        Cell(release.version, lane, python)
        for python in pythons
        for release in reversed(releases)
        for lane in Lane
        if lane in lanes
    ]


def with_extras(plain: Sequence[Cell], offered: Mapping[Cell, Collection[str]]) -> list[Cell]:
    """Cells without an extra, and after them a cell for each extra that they are known to offer.

    Args:
        plain: Cells without one.
        offered: Cell to the extras that its release offers.
    """
    more = [Cell(cell.version, cell.lane, cell.python, extra) for cell in plain for extra in offered.get(cell, ())]
    return [*plain, *more]


def missing(wanted: Sequence[Cell], measured_with: Mapping[Cell, str], suite: str) -> list[Cell]:
    """The cells that want measuring with `suite`, in the order in which they were given.

    Args:
        wanted: Cells.
        measured_with: Every cell of which something is known, to the digest of the suite that was played.
        suite: The digest of the suite that is to be played.
    """
    return [cell for cell in wanted if measured_with.get(cell) != suite]


def admits(release: Release, python: str) -> bool:
    """Whether a release says that it runs on this Python; one that says nonsense does not."""
    try:
        return SpecifierSet(release.requires_python or "").contains(python)
    except InvalidSpecifier:
        return False


def _by_specifier(ordered: Sequence[Release], wanted: str) -> list[Release]:
    try:
        specifier = SpecifierSet(wanted)
    except InvalidSpecifier:
        raise UsageError(
            f"{wanted!r} is no version specifier.", "Write it as PEP 440 does: --versions '>=0.80,<1'."
        ) from None
    prereleases = bool(specifier.prereleases)
    found = [release for release in ordered if specifier.contains(release.parsed, prereleases=prereleases)]
    if not found:
        raise UsageError(f"No release is in {wanted!r}.", "`matrix list releases` shows them all.")
    return found


def _by_name(ordered: Sequence[Release], name: str) -> Release:
    if name == LATEST:
        return latest({release.version: release for release in ordered})
    try:
        version = Version(name)
    except InvalidVersion:
        raise UsageError(
            f"{name!r} is no version.", "Versions are separated by commas: --versions 0.28.1,1.0.0."
        ) from None
    for release in ordered:
        if release.parsed == version:
            return release
    hint = f"{did_you_mean(name, [release.version for release in ordered])} `matrix refresh` looks for new releases."
    raise UsageError(f"The catalogue has no release {name}.", hint.strip())
