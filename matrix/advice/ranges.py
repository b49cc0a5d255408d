"""Find the known releases that a requirement allows, and the one that would be installed today. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from matrix.model import TODAY_FIRST, Lane, Release
from matrix.releases.selection import admits
from matrix.store.knowledge import Knowledge

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.specifiers import SpecifierSet

CARRIERS: Final = ("httpx", "httpx2", "httpcore", "httpcore2", "h11", "anyio", "aiohttp", "requests", "urllib3")
"""The packages that carry a stream, so that a result depends on their versions; those that the SDK calls come first."""

_PYTHONS: Final = tuple(f"3.{minor}" for minor in range(7, 21))

_FEW: Final = 3
"""The largest number of runs that are named; more are counted."""


_PIN: Final = re.compile(r"==([0-9]{1,9}(?:\.[0-9]{1,9})*)")
"""A specifier that is one exact release, as in every lock. It is read without `packaging.specifiers`, whose import
takes longer than the judgement of a lock."""


def exact_version(specifier: str) -> str:
    """Return the only version that a specifier allows; empty if it allows several."""
    if pin := _PIN.fullmatch(specifier):
        return pin[1]
    return next(
        (
            clause.version
            for clause in specifier_set(specifier)
            if clause.operator == "===" or (clause.operator == "==" and not clause.version.endswith(".*"))
        ),
        "",
    )


def allowed_releases(knowledge: Knowledge, specifier: str) -> list[Release]:
    """Return the releases that a specifier allows, oldest version first; pre-releases only if it names one."""
    if pin := _PIN.fullmatch(specifier):
        version = Version(pin[1])
        return [release for release in knowledge.releases if release.parsed == version]
    clauses = specifier_set(specifier)
    prereleases = bool(clauses.prereleases)
    return [r for r in knowledge.releases if clauses.contains(r.parsed, prereleases=prereleases)]


def skipped_prereleases(knowledge: Knowledge, specifier: str) -> list[Release]:
    """Return the pre-releases in the range of a specifier that it does not allow, since it names none."""
    clauses, allowed = specifier_set(specifier), allowed_releases(knowledge, specifier)
    return [r for r in knowledge.releases if r not in allowed and clauses.contains(r.parsed, prereleases=True)]


def specifier_set(specifier: str) -> "SpecifierSet":
    """Parse a specifier.

    Raises:
        InvalidSpecifier: It is none.
    """
    from packaging.specifiers import SpecifierSet  # a lock has none but pins

    return SpecifierSet(specifier)


def installed_today(allowed: Sequence[Release], python: str, marker: str = "") -> Release | None:
    """Return the release that an installer would take: the newest that supports the file's oldest Python."""
    oldest = oldest_python(python, marker)
    fit = [
        release
        for release in allowed
        if release.yanked is None and (release.wheels or release.sdists) and (not oldest or admits(release, oldest))
    ]
    return fit[-1] if fit else None


def oldest_python(python: str, marker: str) -> str:
    """Return the oldest Python that a file and a marker support; empty if neither states one."""
    conditional = "python" in marker
    if not python and not conditional:
        return ""
    try:
        specifier, when = specifier_set(python), _marker(marker) if conditional else None
    except ValueError:
        return ""
    named = [clause.version for clause in specifier if clause.operator == "=="]
    if named and not named[0].endswith("*"):
        return named[0]
    return next(
        (
            version
            for version in _PYTHONS
            if (specifier.contains(f"{version}.99") or specifier.contains(version))
            and (when is None or _may_hold(when, version))
        ),
        "",
    )


def _may_hold(marker: "Marker", python: str) -> bool:
    """Return whether a marker holds on a Python on any platform, since the program may be installed elsewhere."""
    versions = {"python_version": python, "python_full_version": f"{python}.99"}
    return any(marker.evaluate({**versions, **platform}) for platform in _PLATFORMS)


_PLATFORMS: Final = tuple(
    {"sys_platform": name, "platform_system": system, "os_name": kind, "platform_machine": machine}
    for name, system, kind in (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
    for machine in ("x86_64", "AMD64", "aarch64", "arm64")
)
"""The platforms on which programs are installed, in the words of markers."""


def _marker(text: str) -> "Marker":
    from packaging.markers import Marker  # few requirements have one, and its parser takes longer than a lock

    return Marker(text)


def nearest_lane(knowledge: Knowledge, release: Release, locked: Mapping[str, str]) -> Lane:
    """Return the lane whose dependencies are nearest to the locked ones; today's if the file locks none."""
    known = {
        lane: knowledge.measurements[release.version, lane]
        for lane in Lane
        if (release.version, lane) in knowledge.measurements
    }
    if not locked or not known:
        return Lane.TODAY
    return min(
        (lane for lane in TODAY_FIRST if lane in known),
        key=lambda lane: (
            not known[lane].lock,  # a lane without a lock is never near
            [locked.get(name) != known[lane].lock.get(name) for name in CARRIERS],
            sum(locked.get(name) != pin for name, pin in known[lane].lock.items()),
        ),
    )


def format_runs(some: Sequence[Release], of: Sequence[Release]) -> str:
    """Format releases as runs of adjacent ones: `0.40.0-0.45.2, 0.47.0`; later runs are only counted."""
    versions = {release.version for release in some}
    runs: list[list[str]] = []
    before = False
    for release in of:
        here = release.version in versions
        if here and before:
            runs[-1].append(release.version)
        elif here:
            runs.append([release.version])
        before = here
    named = [run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs[:_FEW]]
    more = len(runs) - len(named)
    return ", ".join(named) + (f" and {more} more runs" if more else "")
