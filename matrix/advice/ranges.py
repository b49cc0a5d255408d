"""Which of the known releases a requirement allows, and which of them would be installed today. Pure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet

from matrix.model import TODAY_FIRST, Lane, Release
from matrix.releases.selection import admits
from matrix.store.knowledge import Knowledge

if TYPE_CHECKING:
    from packaging.markers import Marker

CARRIERS: Final = ("httpx", "httpx2", "httpcore", "httpcore2", "h11", "anyio", "aiohttp", "requests", "urllib3")
"""The packages that carry a stream: whether the same is seen depends on them."""

_PYTHONS: Final = tuple(f"3.{minor}" for minor in range(7, 21))

_FEW: Final = 3
"""Runs of releases that are named; more are counted."""


def exact_version(specifier: SpecifierSet) -> str:
    """The only version that it allows; empty if it allows others."""
    return next(
        (
            one.version
            for one in specifier
            if one.operator == "===" or (one.operator == "==" and not one.version.endswith(".*"))
        ),
        "",
    )


def allowed_releases(knowledge: Knowledge, specifier: SpecifierSet) -> list[Release]:
    """The releases that a specifier allows, oldest version first; pre-releases only if it names one."""
    prereleases = bool(specifier.prereleases)
    return [r for r in knowledge.releases if specifier.contains(r.parsed, prereleases=prereleases)]


def installed_today(allowed: Sequence[Release], python: str, marker: str = "") -> Release | None:
    """The release that an installer would take: the newest that fits the oldest Python that file and marker are for."""
    oldest = oldest_python(python, marker)
    fit = [
        release
        for release in allowed
        if release.yanked is None and (release.wheels or release.sdists) and (not oldest or admits(release, oldest))
    ]
    return fit[-1] if fit else None


def oldest_python(python: str, marker: str) -> str:
    """The oldest Python that a file and a marker are for; empty if neither says."""
    conditional = "python" in marker
    if not python and not conditional:
        return ""
    try:
        specifier, when = SpecifierSet(python), _marker(marker) if conditional else None
    except ValueError:
        return ""
    named = [one.version for one in specifier if one.operator == "=="]
    if named and not named[0].endswith("*"):
        return named[0]
    return next(
        (
            one
            for one in _PYTHONS
            if (specifier.contains(f"{one}.99") or specifier.contains(one)) and (when is None or _may_hold(when, one))
        ),
        "",
    )


def _may_hold(marker: "Marker", python: str) -> bool:
    """Whether a marker holds on this Python on some platform: who asks here need not be who installs."""
    versions = {"python_version": python, "python_full_version": f"{python}.99"}
    return any(marker.evaluate({**versions, **platform}) for platform in _PLATFORMS)


_PLATFORMS: Final = tuple(
    {"sys_platform": name, "platform_system": system, "os_name": kind, "platform_machine": machine}
    for name, system, kind in (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))
    for machine in ("x86_64", "AMD64", "aarch64", "arm64")
)
"""Where programs are installed, as markers name it."""


def _marker(text: str) -> "Marker":
    from packaging.markers import Marker  # few requirements have one, and its parser takes longer than a lock

    return Marker(text)


def nearest_lane(knowledge: Knowledge, release: Release, locked: Mapping[str, str]) -> Lane:
    """The lane whose dependencies are most like those that a file locks; today's where it locks none."""
    known = {
        lane: knowledge.known[release.version, lane] for lane in Lane if (release.version, lane) in knowledge.known
    }
    if not locked or not known:
        return Lane.TODAY
    return min(
        (lane for lane in TODAY_FIRST if lane in known),
        key=lambda lane: (
            not known[lane].lock,  # nothing could be resolved: near to nothing
            sum(locked.get(name) != known[lane].lock.get(name) for name in CARRIERS),
            sum(locked.get(name) != pin for name, pin in known[lane].lock.items()),
        ),
    )


def format_runs(some: Sequence[Release], of: Sequence[Release]) -> str:
    """Releases as runs of adjacent ones: `0.40.0-0.45.2, 0.47.0`; only so many, and how many more."""
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
    told = [run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs[:_FEW]]
    more = len(runs) - len(told)
    return ", ".join(told) + (f" and {more} more runs" if more else "")
