"""The API behind a recording: its address, a connection to it, and the requests that are sent on. I/O."""

import asyncio
import functools
import ssl
from asyncio import timeout
from typing import Final
from urllib.parse import urlsplit

import h11
import msgspec

from matrix.backend.reading import Request
from matrix.errors import UsageError

PATIENCE: Final = 30.0
"""Seconds that a connection to the API may take."""

_EXAMPLE: Final = "Give the base URL that your SDK has without this program, such as https://api.anthropic.com."

_OF_CONNECTION: Final = frozenset(
    {b"host", b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"trailer", b"upgrade"}
    | {b"transfer-encoding", b"content-length", b"expect", b"accept-encoding"}
)
"""Headers that belong to one connection, or that this program sets."""


class Upstream(msgspec.Struct, frozen=True):
    """The address of an API.

    Attributes:
        host: Its name.
        port: Its port.
        is_encrypted: Whether connections are TLS.
        path: What precedes the path of each request, without a slash at its end.
    """

    host: str
    port: int
    is_encrypted: bool
    path: str

    @property
    def authority(self) -> str:
        """The value of `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_encrypted else 80) else f"{host}:{self.port}"

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection.

        Raises:
            OSError: There is none, it takes too long, or the certificate is not valid.
        """
        async with timeout(PATIENCE):
            return await asyncio.open_connection(self.host, self.port, ssl=_context() if self.is_encrypted else None)

    def request(self, received: Request) -> bytes:
        """Write a request for this API. The answer should not be compressed, since its texts are replaced."""
        head = received.head
        headers = [(name, value) for name, value in head.headers.raw_items() if name.lower() not in _OF_CONNECTION]
        own = [(b"Host", self.authority.encode()), (b"Accept-Encoding", b"identity"), (b"Connection", b"close")]
        if received.body or head.method in (b"POST", b"PUT", b"PATCH"):
            own.append((b"Content-Length", b"%d" % len(received.body)))
        connection = h11.Connection(h11.CLIENT)
        target = self.path.encode() + head.target
        whole = h11.Request(method=head.method, target=target, headers=[*own, *headers])
        parts = [whole, *([h11.Data(data=received.body)] if received.body else []), h11.EndOfMessage()]
        return b"".join(connection.send(part) or b"" for part in parts)


def parse_upstream(address: str) -> Upstream:
    """Parse the address of an API.

    Raises:
        UsageError: It is no address of an API.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        (parts.hostname or "").encode("idna")  # as a connection does
    except ValueError:  # a UnicodeError too
        raise UsageError(f"{address!r} is no address.", _EXAMPLE) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not address.isascii() or " " in address:
        raise UsageError(f"{address!r} is no address of an API.", _EXAMPLE)
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError("The address of an API has no user, no query and no fragment.", _EXAMPLE)
    is_encrypted = parts.scheme == "https"
    return Upstream(parts.hostname, port or (443 if is_encrypted else 80), is_encrypted, parts.path.rstrip("/"))


@functools.cache
def _context() -> ssl.SSLContext:
    """Trust what the system trusts; `SSL_CERT_FILE` names other authorities."""
    return ssl.create_default_context()
