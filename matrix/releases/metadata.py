"""Read the requirements of releases from the metadata of their wheels on the package index. I/O.

An index may offer metadata as a separate file (PEP 658). Otherwise the end of each wheel is read, where the index
serves ranges of files. The user's cache stores the result under the hash of the wheel, since a wheel never changes.
Only planning uses it, so it is no part of the recorded data.
"""

import contextlib
import io
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.parser import HeaderParser
from http import HTTPStatus
from pathlib import Path

import msgspec
import requests
from platformdirs import user_cache_path
from pypi_simple import DistributionPackage, NoMetadataError, PyPISimple

from matrix.errors import IndexFailure, MatrixError
from matrix.model import Frozen, Release
from matrix.releases.client import TIMEOUT, client
from matrix.releases.file_index import SCHEME
from matrix.releases.index import read as read_page
from matrix.store.documents import UNREADABLE
from matrix.system.files import read, write_atomically

_AT_ONCE = 16
"""The number of parallel requests."""
_TAILS = (50_000, 200_000, 800_000)
"""The numbers of bytes at the end of a wheel that are requested, one after the other, until they contain the archive's
directory. The newest wheels have 2,000 files."""

_LIMIT = 1_000_000
"""The most bytes of metadata. That of the SDK has 30,000, most of them its README."""

_NOT_TO_BE_HAD = (requests.RequestException, NoMetadataError, IndexFailure, ValueError)
"""Exceptions that mean that no metadata is available. uv then resolves the release alone, and reports any problem."""


class WheelMetadata(Frozen, frozen=True):
    """The requirements in the metadata of a wheel.

    Attributes:
        python: The value of `Requires-Python`; empty if there is none.
        distributions: The values of `Requires-Dist`, in their order, on which a resolver depends.
    """

    python: str
    distributions: tuple[str, ...]


def requirements(project: str, releases: Mapping[str, Release], index: str | None = None) -> dict[str, WheelMetadata]:
    """Fetch the requirements of releases, by version, as far as they are available.

    Only a release with a single wheel of known hash has requirements here.

    Args:
        project: The name of the package on the index.
        releases: The releases, by version.
        index: The address of the Simple API; None for the package index.
    """
    folder = user_cache_path("midstream") / "requirements"
    single = {version: release.wheels[0] for version, release in releases.items() if len(release.wheels) == 1}
    hashes = {version: wheel.sha256 for version, wheel in single.items() if wheel.sha256}
    required = {
        version: cached for version, sha256 in hashes.items() if (cached := _cached(folder / sha256)) is not None
    }
    names = {single[version].filename: version for version in hashes if version not in required}
    if not names:
        return required
    with contextlib.suppress(*_NOT_TO_BE_HAD):
        with client(index) as simple:
            response = simple.s.get(simple.get_project_url(project), headers={"Accept": simple.accept}, timeout=TIMEOUT)
            response.raise_for_status()
            page, _ = read_page(response, project)
            files = [file for file in page.packages if file.filename in names]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                texts = list(pool.map(lambda file: _metadata(simple, file), files))
        for file, text in zip(files, texts, strict=True):
            if text:
                version = names[file.filename]
                required[version] = _parsed(text)
                _cache(folder / str(hashes[version]), required[version])
    return required


def _metadata(simple: PyPISimple, file: DistributionPackage) -> str:
    """Fetch the metadata of a wheel; return an empty text if it is not available."""
    with contextlib.suppress(*_NOT_TO_BE_HAD):
        if file.has_metadata:
            return str(simple.get_package_metadata(file, timeout=TIMEOUT))
    with contextlib.suppress(*_NOT_TO_BE_HAD):
        for size in _TAILS:
            response = simple.s.get(file.url, headers={"Range": f"bytes=-{size}"}, timeout=TIMEOUT, stream=True)
            with response:
                if response.status_code != HTTPStatus.PARTIAL_CONTENT and not (SCHEME in file.url and response.ok):
                    break  # the index serves no ranges, and downloading complete wheels costs too much
                # The archive's directory or the metadata may begin before these bytes: then try more bytes.
                data = response.content
                with contextlib.suppress(Exception):  # zipfile raises a dozen classes for an incomplete archive
                    return _from_tail(data, file)
    return ""


def _from_tail(data: bytes, file: DistributionPackage) -> str:
    """Read the metadata from the last bytes of a wheel; `zipfile` corrects the offsets for the missing beginning."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        stem = "-".join(file.filename.split("-")[:2])
        member = archive.getinfo(f"{stem}.dist-info/METADATA")
        return archive.read(member).decode("utf-8") if member.file_size <= _LIMIT else ""


def _parsed(text: str) -> WheelMetadata:
    head = HeaderParser().parsestr(text)
    return WheelMetadata(head.get("Requires-Python", ""), tuple(head.get_all("Requires-Dist") or ()))


def _cached(path: Path) -> WheelMetadata | None:
    try:
        return msgspec.json.decode(read(path, _LIMIT), type=WheelMetadata)
    except (OSError, MatrixError, *UNREADABLE):  # it is fetched again
        return None


def _cache(path: Path, required: WheelMetadata) -> None:
    with contextlib.suppress(MatrixError):
        write_atomically(path, msgspec.json.encode(required))
