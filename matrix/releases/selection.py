"""Select releases, make cells of releases, lanes and Pythons, and find the cells to measure. Pure.

A cell is to be measured if it has no result, or if its result is of another suite: results of suites never mix.
"""

from collections.abc import Collection, Mapping, Sequence

from packaging.version import InvalidVersion, Version

from matrix.errors import UsageError, did_you_mean
from matrix.model import DEFAULT_PYTHON, NODE, Cell, Lane, Release, runtime_title

LATEST = "latest"
"""The name that selects the newest release."""


def select(releases: Mapping[str, Release], wanted: str | None, runtime: str = DEFAULT_PYTHON) -> list[Release]:
    """Return the releases that `wanted` names, oldest version first.

    Args:
        releases: The recorded releases, by version.
        wanted: `latest`, versions separated by commas, or a specifier such as `>=0.80,<1`; None for all but the
            pre-releases. A specifier selects pre-releases only if it names one.
        runtime: The runtime for which `latest` is meant.

    Raises:
        UsageError: `wanted` is invalid, or names a release that is not recorded.
    """
    ordered = sorted(releases.values(), key=lambda release: release.parsed)
    if not ordered:
        raise UsageError("No release is recorded.", "Run `matrix refresh` to fetch the releases.")
    if wanted is None:
        return [release for release in ordered if not release.is_prerelease]
    parts = [part.strip() for part in wanted.split(",") if part.strip()]
    if not parts:
        raise UsageError("--versions names no version.", "Omit --versions to select all releases.")
    if any(part[0] in "<>=!~" for part in parts):
        return _by_specifier(ordered, wanted)
    return sorted({_by_name(ordered, part, runtime) for part in parts}, key=lambda release: release.parsed)


def latest(releases: Mapping[str, Release], python: str = DEFAULT_PYTHON) -> Release:
    """Return the newest release for `python` that has a wheel and is neither a pre-release nor yanked.

    Raises:
        UsageError: No release qualifies.
    """
    return newest(releases, python, 1)[0]


def newest(releases: Mapping[str, Release], python: str, count: int) -> list[Release]:
    """Return the newest releases for `python` that have a wheel and are neither pre-releases nor yanked, newest first.

    Raises:
        UsageError: No release qualifies.
    """
    fit = [
        release
        for release in releases.values()
        if not release.is_prerelease and release.yanked is None and release.wheels and admits(release, python)
    ]
    if not fit:
        raise UsageError(
            f"No recorded release runs on {runtime_title(python)}.", "Run `matrix refresh` to fetch newer releases."
        )
    return sorted(fit, key=lambda release: release.parsed, reverse=True)[:count]


def newest_version(releases: Mapping[str, Release], runtime: str) -> str:
    """Return the version that `latest` selects for a runtime; empty if there is none."""
    try:
        return latest(releases, runtime).version
    except UsageError:
        return ""


def cells(releases: Sequence[Release], lanes: Collection[Lane], pythons: Collection[str]) -> list[Cell]:
    """Make the cells of releases, newest release first, since people need that one first.

    A release whose upload time the index does not give has no cell in the lane `as-released`: its dependencies can't be
    resolved as of that time.
    """
    return [
        Cell(release.version, lane, python)
        for python in pythons
        for release in reversed(releases)
        for lane in Lane
        if lane in lanes and release.has_lane(lane)
    ]


def with_extras(plain: Sequence[Cell], offered: Mapping[Cell, Collection[str]]) -> list[Cell]:
    """Return cells without an extra, followed by a cell for each extra that their releases offer.

    Args:
        plain: The cells without an extra.
        offered: Cell to the extras that its release is known to offer.
    """
    more = [Cell(cell.version, cell.lane, cell.python, extra) for cell in plain for extra in offered.get(cell, ())]
    return [*plain, *more]


def missing(wanted: Sequence[Cell], measured_with: Mapping[Cell, str], suite: str) -> list[Cell]:
    """Return the cells that are to be measured with `suite`, in their order.

    Args:
        wanted: The requested cells.
        measured_with: Every recorded cell to the digest of its suite.
        suite: The digest of the suite to measure with.
    """
    return [cell for cell in wanted if measured_with.get(cell) != suite]


def admits(release: Release, python: str) -> bool:
    """Return whether a release admits a runtime, by its `Requires-Python` or its `engines.node`.

    An invalid range admits none.
    """
    if python.startswith(NODE):
        from matrix.releases.engines import admits_node

        return admits_node(release.requires_python or "", python.removeprefix(NODE))
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # a check of a lock compares no versions

    try:
        return SpecifierSet(release.requires_python or "").contains(python)
    except InvalidSpecifier:
        return False


def _by_specifier(ordered: Sequence[Release], wanted: str) -> list[Release]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        specifier = SpecifierSet(wanted)
    except InvalidSpecifier:
        raise UsageError(
            f"{wanted!r} is not a version specifier.", "Write it as in PEP 440: `--versions '>=0.80,<1'`."
        ) from None
    prereleases = bool(specifier.prereleases)
    matched = [release for release in ordered if specifier.contains(release.parsed, prereleases=prereleases)]
    if not matched:
        raise UsageError(f"No release matches {wanted!r}.", "Run `matrix list releases` to see them all.")
    return matched


def _by_name(ordered: Sequence[Release], name: str, runtime: str) -> Release:
    if name == LATEST:
        return latest({release.version: release for release in ordered}, runtime)
    try:
        version = Version(name)
    except InvalidVersion:
        raise UsageError(
            f"{name!r} is not a version.", "Write one as 0.28.1, and several as 0.28.1,1.0.0: `matrix list releases`."
        ) from None
    for release in ordered:
        if release.parsed == version:
            return release
    hint = f"{did_you_mean(name, [release.version for release in ordered])} Run `matrix refresh` to fetch new releases."
    raise UsageError(f"Release {name} is not recorded.", hint.strip())
