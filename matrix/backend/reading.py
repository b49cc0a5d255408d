"""Read HTTP requests from a connection with h11, within limits. I/O.

The peer may be any program. Whatever it sends, the result is a request, the end of the connection, or a refusal with a
reason. The result does not depend on how the bytes are divided into reads.
"""

import asyncio
from asyncio import timeout  # imported by name: tests of retry code replace it in this process
from collections.abc import Collection

import h11
import msgspec

from matrix.backend.headers import content_length, header_values
from matrix.backend.limits import Limits
from matrix.backend.pages import JSON
from matrix.catalogue.wire import plain_response
from matrix.system.loopback import is_allowed

READ_SIZE = 64 * 1024
"""The most bytes in one read."""

_LONGEST_REASON = 200
"""The most characters of h11's message in an answer; it may quote a whole line of the request."""

_FOREIGN_HOST = "The Host of the request is not a name of this machine; `--allow-host` allows another name"


class Request(msgspec.Struct, frozen=True):
    """A complete request.

    Attributes:
        head: The method, the target and the headers.
        body: The body; empty unless the caller asked for it.
        rest: The bytes after the request, which begin the next one.
    """

    head: h11.Request
    body: bytes
    rest: bytes


class RequestRefused(Exception):
    """A refusal of a request: the backend answers with an error and closes the connection.

    Attributes:
        status: The HTTP status of the answer.
        head: The head of the request; None if it could not be parsed.
    """

    def __init__(self, status: int, reason: str, head: h11.Request | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.head = head

    @property
    def answer(self) -> bytes:
        """The complete response, in the form that clients of the API can read."""
        kind = "request_too_large" if self.status == 413 else "invalid_request_error"
        error = {"type": "error", "error": {"type": kind, "message": str(self)}}
        return plain_response(self.status, msgspec.json.encode(error), JSON, (("Connection", "close"),))


async def read_request(
    reader: asyncio.StreamReader, received: bytes, limits: Limits, *, keep_body: bool
) -> Request | None:
    """Read the next request on a connection; return None if the peer closes it, even in the middle of a request.

    Args:
        reader: The connection.
        received: The bytes after the previous request.
        limits: The limits of the backend.
        keep_body: Whether to return the body.

    Raises:
        RequestRefused: The request is not HTTP, too large or too slow.
        OSError: The connection broke, or the peer sent nothing for too long.
    """
    if not received:
        async with timeout(limits.idle):
            received = await reader.read(READ_SIZE)
    try:
        async with timeout(limits.request):
            return await _read(reader, received, limits, keep_body=keep_body)
    except TimeoutError:
        raise RequestRefused(408, f"The request took longer than {limits.request:g} s") from None


def refuse_foreign_host(head: h11.Request, hosts: Collection[str]) -> None:
    """Refuse a request whose `Host` is no name of this machine: a page on the Internet may have sent it.

    Args:
        head: The head of the request.
        hosts: The names that are allowed in addition to those of loopback.

    Raises:
        RequestRefused: The name is not allowed.
    """
    if not all(is_allowed(host, hosts) for host in header_values(head, b"host")):
        raise RequestRefused(421, _FOREIGN_HOST, head)


async def _read(reader: asyncio.StreamReader, received: bytes, limits: Limits, *, keep_body: bool) -> Request | None:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head - 1)
    head: h11.Request | None = None
    body = bytearray()
    length = 0
    while True:
        event = _next_event(connection, head)
        if event is h11.NEED_DATA:
            received = received or await reader.read(READ_SIZE)
            if not received:
                return None
            # h11 checks the length of incomplete data. It never gets more than the limit here, so that a refusal does
            # not depend on how the bytes are divided into reads.
            room = limits.head - len(connection.trailing_data[0])
            connection.receive_data(received[:room])
            received = received[room:]
        elif isinstance(event, h11.Request):
            head = event
            _refuse_if_too_large(content_length(head) or 0, limits, head)
        elif isinstance(event, h11.Data):
            length += len(event.data)
            _refuse_if_too_large(length, limits, head)
            if keep_body:
                body += event.data
        elif isinstance(event, h11.EndOfMessage):
            if head is None:  # h11 ends a message only after its head
                raise AssertionError
            return Request(head, bytes(body), connection.trailing_data[0] + received)


def _refuse_if_too_large(length: int, limits: Limits, head: h11.Request | None) -> None:
    if length > limits.body:
        raise RequestRefused(413, f"Request exceeds the maximum size of {limits.body} bytes", head)


def _next_event(connection: h11.Connection, head: h11.Request | None) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
    try:
        return connection.next_event()
    except h11.RemoteProtocolError as error:
        raise RequestRefused(error.error_status_hint, str(error)[:_LONGEST_REASON], head) from None
