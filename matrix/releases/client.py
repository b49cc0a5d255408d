"""Asks a package index, by HTTP or in a folder of files, and reads no more of an answer than is sensible. I/O.

An index can be anything that somebody named: what it says is bounded in size, after it is unpacked, and in time.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

import requests
from pypi_simple import PYPI_SIMPLE_ENDPOINT, PyPISimple
from requests.adapters import HTTPAdapter

from matrix.releases.file_index import SCHEME, FileAdapter

TIMEOUT: Final = 30.0
"""Seconds that an index may say nothing for."""

LIMIT: Final = 16 * 1024 * 1024
"""Bytes of an answer. The page of the SDK has a third of a megabyte."""

PATIENCE: Final = 300.0
"""Seconds for an answer, however little of it comes at a time."""


def client(index: str | None = None) -> PyPISimple:
    """Who asks.

    Args:
        index: The address of the Simple API; None for the package index.
    """
    made = PyPISimple(index or PYPI_SIMPLE_ENDPOINT)
    for scheme in ("https://", "http://"):
        made.s.mount(scheme, BoundedAdapter())
    made.s.mount(SCHEME, FileAdapter())
    return made


class BoundedAdapter(HTTPAdapter):
    """Answers by HTTP that end."""

    def send(self, request: requests.PreparedRequest, *args: Any, **settings: Any) -> requests.Response:
        """The answer; reading it fails as the library's own readings do, by a `RequestException`."""
        answer = super().send(request, *args, **settings)
        answer.raw = _Bounded(answer.raw)
        return answer


class _Bounded:
    """What is read of an answer, until it is too much."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, size: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """It, piece by piece."""
        begun, total = time.monotonic(), 0
        for piece in self._raw.stream(size, decode_content=decode_content):
            total += len(piece)
            if total > LIMIT:
                raise requests.RequestException(f"its answer has more than {LIMIT // 1024 // 1024} MB")
            if time.monotonic() - begun > PATIENCE:
                raise requests.RequestException(f"its answer took more than {PATIENCE:.0f} seconds")
            yield piece
