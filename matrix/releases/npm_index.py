"""Read the releases of a package of npm, with npm itself. I/O: runs npm.

A mirror may give as the upload time of a version the moment at which its cache first saw the version. Such a mirror
lacks the times `created` and `modified` of the package, which the registry has. The day in the change log of the newest
release then dates a release, and else the newest file in its own archive, which was made shortly before the upload. If
neither does, the mirror's moment is the latest at which it can have been uploaded. A release that nothing dates is left
out, as is one whose version PEP 440 does not read as npm does.
"""

import asyncio
import base64
import datetime as dt
import re
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from packaging.version import InvalidVersion, Version

from matrix.errors import IndexFailure
from matrix.model import DatedBy, Distribution, Release
from matrix.system.aio import interruptible
from matrix.system.npm import NpmClient, read_failure
from matrix.system.text import counted

KEPT: Final = "Nothing was overwritten."

_WRONG_PACKAGE: Final = "Check the address of the registry and the name of the package."

_PACKAGE_TIMES: Final = {"created", "modified"}
"""The times of the package itself, which a registry gives beside those of its versions."""

_PLACEHOLDER: Final = dt.datetime(1985, 10, 26, 8, 15, tzinfo=dt.UTC)
"""The time that npm gives every file of an archive that it makes."""

_DATED_HEADING: Final = re.compile(
    r"^##\s+\[?v?(?P<version>\d[^\s\])]*)\]?(?:\(\S*\))?\s+\((?P<day>\d{4}-\d\d-\d\d)\)", re.MULTILINE
)

_CHANGELOG_SIZE: Final = 16 << 20
"""Limit for the bytes that are read of a change log. That of the Anthropic SDK has 0.3 million."""

_AT_ONCE: Final = 4
"""The number of archives that are fetched at a time."""

_MOST_ARCHIVES: Final = 100
"""The most archives that are fetched to date releases. Those of a large package have megabytes, and there can be more
than a thousand releases."""

_Times = dict[str, tuple[dt.datetime, DatedBy]]


class Listing(msgspec.Struct, frozen=True):
    """The releases that a registry lists.

    Attributes:
        releases: The releases by version, oldest first.
        notes: What the user has to know of them, each as a sentence.
    """

    releases: dict[str, Release]
    notes: tuple[str, ...] = ()


class _Manifest(msgspec.Struct):
    """What the registry says of one version."""

    version: str
    dist: dict[str, Any]
    engines: Any = None
    deprecated: Any = None


class _Packed(msgspec.Struct):
    """What npm says of an archive that it fetched."""

    filename: str


def fetch(package: str, known: Mapping[str, Release], index: str | None = None) -> Listing:
    """Fetch every release on the registry.

    Args:
        package: The name of the package.
        known: The recorded releases; those with an exact upload time keep it if the registry gives none.
        index: The address of the registry; None for the registry in the user's settings.

    Raises:
        IndexFailure: The registry cannot be read, or its answer is invalid.
        InterpreterMissing: npm is not installed.
    """
    with tempfile.TemporaryDirectory() as folder:
        return interruptible(_fetch(NpmClient(package, index), package, known, Path(folder)))


async def _fetch(npm: NpmClient, package: str, known: Mapping[str, Release], folder: Path) -> Listing:
    about = await view(npm, folder, package, "versions", "time")
    listed = about.get("versions") or []
    versions = sort_versions(listed := [listed] if isinstance(listed, str) else listed)
    unread = [version for version in listed if version not in versions]
    if not versions:
        raise IndexFailure(f"The registry lists no release of {package}. {KEPT}", _WRONG_PACKAGE)
    fields = ("version", "dist", "engines", "deprecated")
    answers = await view_versions(npm, folder, package, versions, *fields)
    try:
        manifests = {each.version: each for each in msgspec.convert(answers, list[_Manifest])}
    except msgspec.ValidationError as error:
        raise IndexFailure(f"The answer of the registry is invalid: {error}. {KEPT}", _WRONG_PACKAGE) from None
    times = read_times(about.get("time"))
    notes = [f"{_name(unread)} left out: PEP 440 does not read the version as npm does."] if unread else []
    if not times:
        times = {version: (one.uploaded, one.dated_by) for version, one in known.items()}
        undated = [version for version in versions if version not in times]
        seen = _read_moments(about.get("time"), DatedBy.MIRROR)
        times |= {version: seen[version] for version in undated if version in seen}
        times |= await _date(npm, package, undated, folder)
        notes.append(
            "This registry gives no upload times, so releases are dated by the change log of the package, by the files "
            "in their archives, or by the moment at which the registry first saw them."
        )
    if undated := [version for version in versions if version not in times]:
        notes.append(f"{_name(undated)} left out: nothing gives its upload time.")
    dated = [version for version in versions if version in times and version in manifests]
    releases = [_release(manifests[version], *times[version]) for version in dated]
    if not releases:
        raise IndexFailure(
            f"The registry gives no upload time for any release of {package}. {KEPT}",
            "Name a registry that does, with --index.",
        )
    return Listing({release.version: release for release in releases}, tuple(notes))


def sort_versions(versions: Iterable[str]) -> list[str]:
    """Sort versions by PEP 440, without those that it reads otherwise than npm does, or not at all.

    npm calls each version with a hyphen a pre-release; PEP 440 reads `1.0.0-1` as a later release than `1.0.0`.
    """
    read = {}
    for version in versions:
        try:
            parsed = Version(version)
        except InvalidVersion:
            continue
        if parsed.is_prerelease == ("-" in version):
            read[version] = parsed
    return sorted(read, key=lambda version: read[version])


def read_times(times: Any) -> _Times:
    """Read the upload times of versions from what the registry says; return none if it gives none, or cached ones."""
    return _read_moments(times, DatedBy.INDEX) if isinstance(times, dict) and times.keys() >= _PACKAGE_TIMES else {}


def _read_moments(times: Any, dated_by: DatedBy) -> _Times:
    try:
        return {
            version: (dt.datetime.fromisoformat(time).astimezone(dt.UTC), dated_by)
            for version, time in (times.items() if isinstance(times, dict) else ())
            if version not in _PACKAGE_TIMES and isinstance(time, str)
        }
    except ValueError as error:
        raise IndexFailure(f"The registry gives an invalid upload time: {error}. {KEPT}") from None


def read_changelog(text: str) -> _Times:
    """Read the day of each release from a change log with headings such as `## 0.10.0 (2023-12-19)`."""
    return {
        heading["version"]: (dt.datetime.fromisoformat(heading["day"]).replace(tzinfo=dt.UTC), DatedBy.CHANGELOG)
        for heading in _DATED_HEADING.finditer(text)
    }


async def _date(npm: NpmClient, package: str, versions: Sequence[str], folder: Path) -> _Times:
    """Date releases by the change log of the newest, and else by the archive of each, if there are not too many."""
    if not versions:
        return {}
    archive = await _pack(npm, folder / "newest", f"{package}@{versions[-1]}")
    days = read_changelog(_read_changelog(archive))
    times = {version: days[version] for version in versions if version in days}
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def date_by_archive(version: str) -> None:
        async with at_once:
            made = _newest_file(await _pack(npm, folder / version, f"{package}@{version}"))
        if made is not None:
            times[version] = made, DatedBy.ARCHIVE

    others = [version for version in versions if version not in days]
    if len(others) <= _MOST_ARCHIVES:
        await asyncio.gather(*(date_by_archive(version) for version in others))
    return times


async def _pack(npm: NpmClient, folder: Path, what: str) -> Path:
    """Fetch the archive of a release into a new folder, and return its path."""
    await asyncio.to_thread(folder.mkdir)
    done = await npm.run(folder, "pack", what, f"--pack-destination={folder}")
    if done.code != 0:
        raise IndexFailure(f"{what} could not be fetched: {read_failure(done).text}. {KEPT}", "Try again later.")
    return folder / msgspec.json.decode(done.out, type=list[_Packed])[0].filename


def _read_changelog(archive: Path) -> str:
    with tarfile.open(archive) as files:
        for member in files:
            if member.isfile() and member.name.partition("/")[2] == "CHANGELOG.md":
                content = files.extractfile(member)
                return content.read(_CHANGELOG_SIZE).decode(errors="replace") if content else ""
    return ""


def _newest_file(archive: Path) -> dt.datetime | None:
    """Return the time of the newest file in an archive; None if npm made the archive, which gives no times."""
    with tarfile.open(archive) as files:
        newest = max((member.mtime for member in files), default=0)
    made = dt.datetime.fromtimestamp(newest, dt.UTC)
    return made if made > _PLACEHOLDER else None


async def view_versions(npm: NpmClient, folder: Path, package: str, versions: Iterable[str], *fields: str) -> list[Any]:
    """Ask the registry for at least two fields that each of some versions has, and for others.

    Raises:
        IndexFailure: The registry can't be read.
    """
    answer = await view(npm, folder, f"{package}@{' || '.join(versions)}", *fields)
    return answer if isinstance(answer, list) else [answer]  # npm gives no list of one version


async def view(npm: NpmClient, folder: Path, what: str, *fields: str) -> Any:
    """Ask the registry for fields of a package or of a version.

    Raises:
        IndexFailure: The registry can't be read.
    """
    done = await npm.run(folder, "view", what, *fields)
    if done.code != 0:
        failure = read_failure(done)
        hint = _WRONG_PACKAGE if failure.code == "E404" else "Try again later."
        raise IndexFailure(f"The registry of npm could not be read: {failure.text}. {KEPT}", hint)
    try:
        return msgspec.json.decode(done.out)
    except msgspec.DecodeError as error:
        raise IndexFailure(f"The answer of the registry is invalid: {error}. {KEPT}", _WRONG_PACKAGE) from None


def _release(manifest: _Manifest, uploaded: dt.datetime, dated_by: DatedBy) -> Release:
    engines, dist = manifest.engines, manifest.dist
    integrity, shasum = dist.get("integrity"), dist.get("shasum")
    if not integrity and shasum:  # a release of the years before npm knew the other hashes
        integrity = f"sha1-{base64.b64encode(bytes.fromhex(shasum)).decode()}"
    archive = Distribution(filename=str(dist.get("tarball", "")).rpartition("/")[2], integrity=integrity)
    return Release(
        version=manifest.version,
        uploaded=uploaded,
        dated_by=dated_by,
        requires_python=str(engines["node"]) if isinstance(engines, dict) and engines.get("node") else None,
        yanked=str(manifest.deprecated) if manifest.deprecated else None,
        wheels=(archive,),
    )


def _name(versions: Sequence[str]) -> str:
    """Name some versions, as the subject of a sentence without a verb."""
    some = ", ".join(versions[:5]) + (f" and {len(versions) - 5} more" if len(versions) > 5 else "")
    return f"{counted(len(versions), 'release')} ({some}) {'is' if len(versions) == 1 else 'are'}"
