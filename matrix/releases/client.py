"""Read a package index over HTTP or from a folder of files, within limits. I/O.

The user may name any address as the index, so each response is limited in time and in its size after decompression.
"""

import time
from collections.abc import Iterator
from typing import Any, Final

import requests
from pypi_simple import PYPI_SIMPLE_ENDPOINT, PyPISimple
from requests.adapters import HTTPAdapter

from matrix.releases.file_index import SCHEME, FileAdapter

TIMEOUT: Final = 30.0
"""Seconds without a byte after which a request fails."""

LIMIT: Final = 16 * 1024 * 1024
"""The most bytes in a response, after decompression. The page of the SDK has a third of a megabyte."""

PATIENCE: Final = 300.0
"""Seconds that a complete response may take, even if bytes keep arriving."""


def client(index: str | None = None) -> PyPISimple:
    """Create a bounded Simple API client.

    Args:
        index: The address of the Simple API; None for the package index.
    """
    simple = PyPISimple(index or PYPI_SIMPLE_ENDPOINT)
    for scheme in ("https://", "http://"):
        simple.s.mount(scheme, BoundedAdapter())
    simple.s.mount(SCHEME, FileAdapter())
    return simple


class BoundedAdapter(HTTPAdapter):
    """An HTTP adapter whose responses are limited in size and time."""

    def send(self, request: requests.PreparedRequest, *args: Any, **settings: Any) -> requests.Response:
        """Send a request; reading a response beyond the limits raises a `RequestException`."""
        response = super().send(request, *args, **settings)
        response.raw = _BoundedBody(response.raw)
        return response


class _BoundedBody:
    """The body of a response, which stops at the limits."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, size: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the body in pieces of at most `size` bytes."""
        begun, total = time.monotonic(), 0
        for piece in self._raw.stream(size, decode_content=decode_content):
            total += len(piece)
            if total > LIMIT:
                raise requests.RequestException(f"its answer has more than {LIMIT // 1024 // 1024} MB")
            if time.monotonic() - begun > PATIENCE:
                raise requests.RequestException(f"its answer took more than {PATIENCE:.0f} seconds")
            yield piece
