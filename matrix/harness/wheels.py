"""Judges what a wheel unpacks to, from the directory at its end, before uv downloads and unpacks it.

I/O, in `inspect`: it reads the end of a file on the index over HTTP, or of a file on this machine. A wheel of a
megabyte can unpack to a thousand, and its directory says so.
"""

import io
import zipfile
from collections.abc import Callable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from matrix.errors import MatrixError

if TYPE_CHECKING:
    from requests import Response

FILE_SIZE: Final = 256 << 20
"""Limit for a file, in bytes. The largest of a client's dependencies has 45 MB."""

TOTAL_SIZE: Final = 768 << 20
"""Limit for all files of a wheel, and of an environment, in bytes. The largest wheel of a client has 133 MB."""

ENTRIES: Final = 50_000
"""Limit for the files of a wheel, and of an environment. The largest wheel of a client has 4,192."""

_TAIL = 256 << 10
"""The bytes that the first request reads. The directory of 3,000 files has as many."""

_LARGEST_DIRECTORY = 16 << 20
"""Limit for the bytes that are read of one wheel; with fewer than 50,000 files, a directory is smaller."""

_TIMEOUT = 30.0
"""Limit for the time between two bytes of an answer, in seconds."""


class RefusedWheel(MatrixError):
    """A wheel that is not installed because of what is in it; the release that needs it can't be installed."""


def judge_sizes(sizes: Sequence[int]) -> str:
    """Return the reason why files of these sizes are too many or too large; empty if they are not."""
    if len(sizes) > ENTRIES:
        return f"has {len(sizes):,} files, and the limit is {ENTRIES:,}"
    if sizes and max(sizes) > FILE_SIZE:
        return f"has a file of {max(sizes):,} bytes, and the limit is {FILE_SIZE:,}"
    if sum(sizes) > TOTAL_SIZE:
        return f"has {sum(sizes):,} bytes when it is unpacked, and the limit is {TOTAL_SIZE:,}"
    return ""


def inspect(address: str) -> str:
    """Return the reason why the wheel at an address is refused; empty if it is not, or if its directory can't be read.

    A directory can't be read if the index wants credentials that only uv has, for example, or if the wheel is damaged.
    uv reports the latter; for the former, limits on uv and a check of the environment remain.
    """
    import requests  # comes with the extra `measure`

    try:
        with _open(address) as file, zipfile.ZipFile(file) as wheel:
            return judge_sizes([entry.file_size for entry in wheel.infolist()])
    except _TooLarge:
        return f"has a directory of more than {_LARGEST_DIRECTORY:,} bytes"
    except (OSError, ValueError, LookupError, NotImplementedError, zipfile.BadZipFile, requests.RequestException):
        return ""


def _open(address: str) -> "_Tail":
    """Open a wheel so that its end can be read.

    Raises:
        OSError: The file does not exist, or the index does not serve parts of files.
    """
    parts = urlsplit(address)
    if parts.scheme == "file":
        path = Path(unquote(parts.path))
        return _Tail(path.stat().st_size, lambda start, stop: _read_file(path, start, stop))
    answer = _request(address, f"-{_TAIL}")
    size = int(answer.headers["Content-Range"].rpartition("/")[2])
    known = answer.content

    def read(start: int, stop: int) -> bytes:
        begin = size - len(known)
        if start >= begin:
            return known[start - begin : stop - begin]
        return _request(address, f"{start}-{stop - 1}").content

    return _Tail(size, read)


def _read_file(path: Path, start: int, stop: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(stop - start)


def _request(address: str, bytes_range: str) -> "Response":
    """Request a part of a file.

    Raises:
        OSError: The index does not serve parts of files.
    """
    import requests

    answer = requests.get(
        address, headers={"Range": f"bytes={bytes_range}", "Accept-Encoding": "identity"}, timeout=_TIMEOUT, stream=True
    )
    if answer.status_code != HTTPStatus.PARTIAL_CONTENT or int(answer.headers["Content-Length"]) > _LARGEST_DIRECTORY:
        answer.close()
        raise OSError(f"{address} can't be read in parts")
    return answer


class _TooLarge(Exception):
    """A wheel whose directory is larger than the limit."""


class _Tail(io.RawIOBase):
    """A file of which only some parts are read, and not more than a limit."""

    def __init__(self, size: int, read: Callable[[int, int], bytes]) -> None:
        self._size = size
        self._read = read
        self._position = 0
        self._left = _LARGEST_DIRECTORY

    def seekable(self) -> bool:
        """Return whether the position can change."""
        return True

    def readable(self) -> bool:
        """Return whether it can be read."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Change the position.

        Raises:
            OSError: The position would be before the start.
        """
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("a position before the start")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        """Read from the position on.

        Raises:
            _TooLarge: More was read than the limit.
        """
        stop = self._size if size is None or size < 0 else min(self._size, self._position + size)
        self._left -= max(0, stop - self._position)
        if self._left < 0:
            raise _TooLarge
        data = self._read(self._position, stop) if stop > self._position else b""
        self._position += len(data)
        return data
