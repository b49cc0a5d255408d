"""Read the releases of a package from its index: of PyPI by the Simple API (PEP 503, 691, 700), of npm by npm. I/O.

pypi-simple reads the page as JSON or HTML. JSON has upload times and file sizes. An HTML page may give upload times as
`data-upload-time`, which uv reads too, and then each file size takes a request. The list is compared with the recorded
releases before anything is overwritten: an index never removes or changes a file, so one that does is broken, or it is
another index.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping

import requests
from packaging.version import InvalidVersion, Version
from pypi_simple import DistributionPackage, ProjectPage, PyPISimple, RepositoryPage

from matrix.errors import IndexFailure
from matrix.model import Distribution, Release
from matrix.releases import npm_index
from matrix.releases.client import TIMEOUT, client
from matrix.releases.npm_index import KEPT, Listing
from matrix.targets.target import Registry, Target


def fetch_listing(target: Target, known: Mapping[str, Release], index: str | None = None) -> Listing:
    """Fetch every release of a target from the registry that has it.

    Args:
        target: The target.
        known: The recorded releases.
        index: The address of the registry; None for the one in the user's settings, or the package index.

    Raises:
        IndexFailure: The index cannot be reached, or its response is invalid.
        InterpreterMissing: npm is needed, and is not installed.
    """
    if target.registry is Registry.NPM:
        return npm_index.fetch(target.package, known, index)
    return Listing(fetch(target.package, known, index))


def fetch(project: str, known: Mapping[str, Release], index: str | None = None) -> dict[str, Release]:
    """Fetch every release on the index of Python packages, by version, oldest first.

    Args:
        project: The name of the package on the index.
        known: The recorded releases; sizes of their files are not requested again.
        index: The address of the Simple API; None for the package index.

    Raises:
        IndexFailure: The index cannot be reached, or its response is invalid.
    """
    try:
        with client(index) as simple:
            response = simple.s.get(simple.get_project_url(project), headers={"Accept": simple.accept}, timeout=TIMEOUT)
            response.raise_for_status()
            page, times = read(response, project)
            sizes = _known_sizes(known)
            files: defaultdict[Version, list[tuple[DistributionPackage, Distribution]]] = defaultdict(list)
            for file in page.packages:
                if file.package_type in ("wheel", "sdist") and file.version is not None:
                    files[_version(file)].append((file, _distribution(simple, file, sizes)))
    except requests.RequestException as error:
        raise IndexFailure(f"The package index could not be read: {error}. {KEPT}", "Try again later.") from None
    except ValueError as error:  # an invalid address, for example
        raise IndexFailure(f"The page of the package index is invalid: {error}. {KEPT}", _WRONG_PAGE) from None
    if not files:
        raise IndexFailure(f"The package index lists no file of {project}. {KEPT}", _WRONG_PAGE)
    return {release.version: release for release in (_release(files[version], times) for version in sorted(files))}


def read(response: requests.Response, project: str) -> tuple[ProjectPage, dict[str, dt.datetime]]:
    """Parse the page of a project, and the upload times by filename that only an HTML page has.

    Raises:
        IndexFailure: The response is not the page of a project.
    """
    try:
        return ProjectPage.from_response(response, project), _times_from_html(response)
    except Exception as error:  # noqa: BLE001 - three libraries parse it, and document no exceptions for invalid pages
        raise IndexFailure(f"The page of the package index is invalid: {error}. {KEPT}", _WRONG_PAGE) from None


def check(known: Mapping[str, Release], listed: Mapping[str, Release], *, accept_missing: bool = False) -> None:
    """Refuse a list of releases that lacks or changes recorded ones.

    Args:
        known: The recorded releases.
        listed: The releases that the index lists now.
        accept_missing: Whether files and releases may be missing; missing releases stay as they are recorded.

    Raises:
        IndexFailure: The list lacks or changes a recorded release or file.
    """
    gone = [version for version in known if version not in listed]
    if gone and not accept_missing:
        raise IndexFailure(
            f"The package index no longer lists {len(gone)} of the {len(known)} recorded releases: "
            f"{_some(gone)}. {KEPT}",
            _GONE,
        )
    for version, release in known.items():
        if version in listed:
            _check_release(release, listed[version], accept_missing=accept_missing)


def _check_release(known: Release, listed: Release, *, accept_missing: bool) -> None:
    files = {file.filename: file for file in (*listed.wheels, *listed.sdists)}
    lost = [file.filename for file in (*known.wheels, *known.sdists) if file.filename not in files]
    if lost and not accept_missing:
        raise IndexFailure(f"The package index no longer lists {lost[0]}. {KEPT}", _GONE)
    is_redated = listed.dated_by is known.dated_by and listed.uploaded != known.uploaded
    if is_redated and not lost:
        raise IndexFailure(f"The package index changed the upload time of {known.version}. {KEPT}", _REWRITTEN)
    for file in (*known.wheels, *known.sdists):
        if file.filename in files and file.digest not in (None, files[file.filename].digest):
            raise IndexFailure(f"The package index changed the hash of {file.filename}. {KEPT}", _REWRITTEN)


_GONE = "Try again later. If it was deleted on purpose, run `matrix refresh --accept-missing`."
_REWRITTEN = "Files on an index must not change. Find out why this one changed before you trust the index."
_WRONG_PAGE = "Check the address of the index and the name of the package."


def _release(files: list[tuple[DistributionPackage, Distribution]], times: Mapping[str, dt.datetime]) -> Release:
    """Make a release of its files; its first wheel, if it has one, gives its `Requires-Python`."""
    files = sorted(files, key=lambda pair: (pair[0].package_type != "wheel", pair[0].filename))
    uploads = [_utc(time) for file, _ in files if (time := file.upload_time or times.get(file.filename))]
    version = files[0][0].version or ""
    if not uploads:
        raise IndexFailure(
            f"The package index gives no upload time for {version}. {KEPT}",
            "Use an index that gives upload times: dependencies are resolved as of that time.",
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
    """Convert a time to UTC; a time without an offset is UTC, as the specification says."""
    try:
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except OverflowError:  # before the year 1, or after 9999
        raise IndexFailure(f"The package index gives the impossible upload time {time}. {KEPT}") from None


def _version(file: DistributionPackage) -> Version:
    try:
        return Version(file.version or "")
    except InvalidVersion:
        raise IndexFailure(f"The package index lists {file.filename}, which has an invalid version. {KEPT}") from None


def _distribution(client: PyPISimple, file: DistributionPackage, sizes: Mapping[str, int]) -> Distribution:
    size = file.size if file.size is not None else sizes.get(file.filename)
    if size is None:
        response = client.s.head(file.url, allow_redirects=True, timeout=TIMEOUT)
        length = response.headers.get("Content-Length", "") if response.ok else ""
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
    """Read the upload times by filename of an HTML page. For JSON return none, since pypi-simple reads them."""
    if "html" not in response.headers.get("Content-Type", ""):
        return {}
    times = {}
    for link in RepositoryPage.from_html(response.content, base_url=response.url).links:
        stamp = link.get_str_attrib("data-upload-time")
        if stamp:
            times[link.text] = dt.datetime.fromisoformat(stamp)
    return times


def _some(versions: list[str]) -> str:
    return ", ".join(versions[:5]) + (f" and {len(versions) - 5} more" if len(versions) > 5 else "")
