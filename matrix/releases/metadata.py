"""What releases require: the metadata of their wheels, from the package index.

I/O. By PEP 658 where the index offers metadata as a file of its own; else the few thousand bytes at the end of a wheel
that hold it, where the index serves parts of files. What is read is kept in the user's cache under the hash of the
wheel, for it never changes; it is a fact that only planning has a use for, so it is no part of the data of record.
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
_TAILS = (50_000, 200_000, 800_000)
"""Bytes at the end of a wheel that are asked for, one after the other until its directory is in them: the newest have
two thousand files."""

_LIMIT = 1_000_000
"""Bytes of metadata; that of the SDK has 30,000, most of them its README."""

_NOT_TO_BE_HAD = (requests.RequestException, NoMetadataError, IndexFailure, ValueError)
"""How it shows that there is none. The release is then resolved by itself, where what is wrong comes to light."""


class WheelMetadata(Frozen, frozen=True):
    """What the metadata of a wheel says of what it needs.

    Attributes:
        python: Its `Requires-Python`; empty if it has none.
        distributions: Its `Requires-Dist`, in its order, by which a resolver decides.
    """

    python: str
    distributions: tuple[str, ...]


def requirements(project: str, releases: Mapping[str, Release], index: str | None = None) -> dict[str, WheelMetadata]:
    """What releases require, by version, as far as that is to be had: of those with one wheel whose hash is known.

    Args:
        project: Its name on the index.
        releases: Which.
        index: The address of the Simple API; None for the package index.
    """
    folder = user_cache_path("midstream") / "requirements"
    single = {version: release.wheels[0] for version, release in releases.items() if len(release.wheels) == 1}
    hashes = {version: wheel.sha256 for version, wheel in single.items() if wheel.sha256}
    found = {version: kept for version, sha256 in hashes.items() if (kept := _kept(folder / sha256)) is not None}
    names = {single[version].filename: version for version in hashes if version not in found}
    if not names:
        return found
    with contextlib.suppress(*_NOT_TO_BE_HAD):
        with client(index) as asking:
            answer = asking.s.get(asking.get_project_url(project), headers={"Accept": asking.accept}, timeout=TIMEOUT)
            answer.raise_for_status()
            page, _ = read_page(answer, project)
            files = [file for file in page.packages if file.filename in names]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                texts = list(pool.map(lambda file: _metadata(asking, file), files))
        for file, text in zip(files, texts, strict=True):
            if text:
                version = names[file.filename]
                found[version] = _parsed(text)
                _keep(folder / str(hashes[version]), found[version])
    return found


def _metadata(asking: PyPISimple, file: DistributionPackage) -> str:
    """The metadata of a wheel; empty if it is not to be had."""
    with contextlib.suppress(*_NOT_TO_BE_HAD):
        if file.has_metadata:
            return str(asking.get_package_metadata(file, timeout=TIMEOUT))
    with contextlib.suppress(*_NOT_TO_BE_HAD):
        for size in _TAILS:
            answer = asking.s.get(file.url, headers={"Range": f"bytes=-{size}"}, timeout=TIMEOUT, stream=True)
            with answer:
                if answer.status_code != HTTPStatus.PARTIAL_CONTENT and not (SCHEME in file.url and answer.ok):
                    break  # the whole of every wheel is more than this is worth
                # Either its directory begins before that, or the metadata does.
                data = answer.content
                with contextlib.suppress(Exception):  # a dozen kinds, of what is no archive or the end of one
                    return _from_tail(data, file)
    return ""


def _from_tail(data: bytes, file: DistributionPackage) -> str:
    """The metadata from the last bytes of a wheel; `zipfile` corrects the offsets, as of any archive that was moved."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        stem = "-".join(file.filename.split("-")[:2])
        member = archive.getinfo(f"{stem}.dist-info/METADATA")
        return archive.read(member).decode("utf-8") if member.file_size <= _LIMIT else ""


def _parsed(text: str) -> WheelMetadata:
    head = HeaderParser().parsestr(text)
    return WheelMetadata(head.get("Requires-Python", ""), tuple(head.get_all("Requires-Dist") or ()))


def _kept(path: Path) -> WheelMetadata | None:
    try:
        return msgspec.json.decode(read(path, _LIMIT), type=WheelMetadata)
    except (OSError, MatrixError, *UNREADABLE):  # nothing is lost: it is asked for again
        return None


def _keep(path: Path, required: WheelMetadata) -> None:
    with contextlib.suppress(MatrixError):
        write_atomically(path, msgspec.json.encode(required))
