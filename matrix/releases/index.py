"""The package index -> releases, by the Simple API (PEP 503, 691, 700).

I/O. Read by pypi-simple, as JSON or HTML, whichever the index speaks. Upload times are part of the JSON; an index
that speaks HTML may give them as `data-upload-time` (as uv reads them too), and file sizes are then asked for one
by one. What the index says is held against what is committed before anything is overwritten: an index forgets
nothing and rewrites nothing, so one that does is broken, or is not the one we knew.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

import requests
from packaging.version import InvalidVersion, Version
from pypi_simple import DistributionPackage, ProjectPage, PyPISimple, RepositoryPage

from matrix.errors import IndexFailure
from matrix.model import Distribution, Release
from matrix.releases.client import TIMEOUT, client

_KEPT = "Nothing was overwritten."


def fetch(project: str, known: Mapping[str, Release], index: str | None = None) -> dict[str, Release]:
    """Every release that the index lists, by version, oldest first.

    Args:
        project: Its name on the index.
        known: What is committed: a file whose size is known is not asked for again.
        index: The address of the Simple API; None for the package index.

    Raises:
        IndexFailure: It can't be reached, or its answer makes no sense.
    """
    try:
        with client(index) as asking:
            response = asking.s.get(asking.get_project_url(project), headers={"Accept": asking.accept}, timeout=TIMEOUT)
            response.raise_for_status()
            page, times = read(response, project)
            sizes = _known_sizes(known)
            files: defaultdict[Version, list[tuple[DistributionPackage, Distribution]]] = defaultdict(list)
            for file in page.packages:
                if file.package_type in ("wheel", "sdist") and file.version is not None:
                    files[_version(file)].append((file, _distribution(asking, file, sizes)))
    except requests.RequestException as error:
        raise IndexFailure(f"The package index could not be read: {error}. {_KEPT}", "Try again later.") from None
    except ValueError as error:  # what is no address, for one
        raise IndexFailure(f"The package index gave a page that makes no sense: {error}. {_KEPT}") from None
    if not files:
        raise IndexFailure(f"The package index lists no file of {project}. {_KEPT}", "Is it the index you meant?")
    return {release.version: release for release in (_release(files[version], times) for version in sorted(files))}


def read(response: requests.Response, project: str) -> tuple[ProjectPage, dict[str, dt.datetime]]:
    """What the page of a project says, and upload times by filename as far as only its HTML has them.

    Raises:
        IndexFailure: It is no such page.
    """
    try:
        return ProjectPage.from_response(response, project), _times_from_html(response)
    except Exception as error:  # noqa: BLE001 - of three libraries, which promise nothing about what is no page
        raise IndexFailure(f"The package index gave a page that makes no sense: {error}. {_KEPT}") from None


def check(known: Mapping[str, Release], listed: Mapping[str, Release], *, accept_missing: bool = False) -> None:
    """Refuse a listing that forgets or rewrites what is known.

    Args:
        known: What is committed.
        listed: What the index lists now.
        accept_missing: Whether releases, which are then kept as they are known, and files may be missing.

    Raises:
        IndexFailure: It does.
    """
    gone = [version for version in known if version not in listed]
    if gone and not accept_missing:
        raise IndexFailure(
            f"The package index lists {len(gone)} fewer of the {len(known)} releases that are committed: "
            f"{_some(gone)} are missing. {_KEPT}",
            _GONE,
        )
    for version, release in known.items():
        if version in listed:
            _check_release(release, listed[version], accept_missing=accept_missing)


def _check_release(known: Release, listed: Release, *, accept_missing: bool) -> None:
    files = {file.filename: file for file in (*listed.wheels, *listed.sdists)}
    lost = [file.filename for file in (*known.wheels, *known.sdists) if file.filename not in files]
    if lost and not accept_missing:
        raise IndexFailure(f"The package index no longer lists {lost[0]}. {_KEPT}", _GONE)
    if listed.uploaded != known.uploaded and not lost:
        raise IndexFailure(f"The package index moved the upload time of {known.version}. {_KEPT}", _REWRITTEN)
    for file in (*known.wheels, *known.sdists):
        if file.filename in files and file.sha256 not in (None, files[file.filename].sha256):
            raise IndexFailure(f"The package index lists another hash for {file.filename}. {_KEPT}", _REWRITTEN)


_GONE = "Try again later. If it was really deleted, `matrix refresh --accept-missing` goes on without it."
_REWRITTEN = "Files on an index never change. Find out why this one did before you trust it."


def _release(files: list[tuple[DistributionPackage, Distribution]], times: Mapping[str, dt.datetime]) -> Release:
    """One release from all of its files; a wheel, by preference, speaks for it."""
    files = sorted(files, key=lambda pair: (pair[0].package_type != "wheel", pair[0].filename))
    uploads = [_utc(time) for file, _ in files if (time := file.upload_time or times.get(file.filename))]
    version = files[0][0].version or ""
    if not uploads:
        raise IndexFailure(
            f"The package index gives no upload time for {version}. {_KEPT}",
            "An index that does is needed: dependencies are resolved as of that time.",
        )
    first = files[0][0]
    yanked = [file.yanked_reason or "" for file, _ in files if file.is_yanked]
    return Release(
        version=version,
        uploaded=min(uploads),
        requires_python=first.requires_python,
        yanked=yanked[0] if len(yanked) == len(files) else None,
        wheels=tuple(entry for file, entry in files if file.package_type == "wheel"),
        sdists=tuple(entry for file, entry in files if file.package_type == "sdist"),
    )


def _utc(time: dt.datetime) -> dt.datetime:
    """A time as UTC; one without an offset is taken for that, as the specification has it."""
    try:
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except OverflowError:  # before the year 1, or after 9999
        raise IndexFailure(f"The package index gives the upload time {time}, which can't be. {_KEPT}") from None


def _version(file: DistributionPackage) -> Version:
    try:
        return Version(file.version or "")
    except InvalidVersion:
        raise IndexFailure(f"The package index lists {file.filename}, whose version means nothing. {_KEPT}") from None


def _distribution(client: PyPISimple, file: DistributionPackage, sizes: Mapping[str, int]) -> Distribution:
    size = file.size if file.size is not None else sizes.get(file.filename)
    if size is None:
        answer = client.s.head(file.url, allow_redirects=True, timeout=TIMEOUT)
        length = answer.headers.get("Content-Length", "") if answer.ok else ""
        size = int(length) if length.isdigit() else None
    return Distribution(filename=file.filename, sha256=file.digests.get("sha256"), size=size)


def _known_sizes(known: Mapping[str, Release]) -> dict[str, int]:
    return {
        file.filename: file.size
        for release in known.values()
        for file in (*release.wheels, *release.sdists)
        if file.size is not None
    }


def _times_from_html(response: requests.Response) -> dict[str, dt.datetime]:
    """Upload times by filename, from an HTML page that gives them; none from JSON, where pypi-simple reads them."""
    if "html" not in response.headers.get("Content-Type", ""):
        return {}
    found = {}
    for link in RepositoryPage.from_html(response.content, base_url=response.url).links:
        stamp = link.get_str_attrib("data-upload-time")
        if stamp:
            found[link.text] = dt.datetime.fromisoformat(stamp)
    return found


def _some(versions: list[str]) -> str:
    return ", ".join(versions[:5]) + (", ..." if len(versions) > 5 else "")
