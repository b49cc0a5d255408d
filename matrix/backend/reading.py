"""Reading requests: from a stream to what h11 makes of it, within limits.

I/O. The peer may be anything: what it sends, in whatever pieces and however slowly, comes to a request, to the end of
the connection, or to a refusal that says why; and the pieces make no difference.
"""

import asyncio
from asyncio import timeout  # by a name of our own: tests of retry code replace it, and share our process

import h11
import msgspec

from matrix.backend.limits import Limits
from matrix.backend.pages import JSON
from matrix.catalogue.wire import plain_response

READ_SIZE = 64 * 1024

_LONGEST_REASON = 200
"""Characters of h11's own words, which may quote a whole line."""


class Request(msgspec.Struct, frozen=True):
    """A request that is complete.

    Attributes:
        head: As h11 reads it.
        body: Empty unless it was to be kept.
        rest: What came after it: the beginning of the next one.
    """

    head: h11.Request
    body: bytes
    rest: bytes


class RequestRefused(Exception):
    """What came is no request that is served: it is answered with an error, and ends the connection.

    Attributes:
        status: Of the answer.
        head: The request, if that much was understood.
    """

    def __init__(self, status: int, reason: str, head: h11.Request | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.head = head

    @property
    def answer(self) -> bytes:
        """The whole response, of the form that clients of the API can read."""
        kind = "request_too_large" if self.status == 413 else "invalid_request_error"
        error = {"type": "error", "error": {"type": kind, "message": str(self)}}
        return plain_response(self.status, msgspec.json.encode(error), JSON, (("Connection", "close"),))


async def read_request(
    reader: asyncio.StreamReader, received: bytes, limits: Limits, *, keep_body: bool
) -> Request | None:
    """The next request on a connection; None if the peer is done, and be it in the middle of a request.

    Args:
        reader: The connection.
        received: What came with the request before.
        limits: What is allowed.
        keep_body: Whether the body is wanted.

    Raises:
        RequestRefused: It is no HTTP, too large, or too slow.
        OSError: The connection broke, or nothing came for too long.
    """
    if not received:
        async with timeout(limits.idle):
            received = await reader.read(READ_SIZE)
    try:
        async with timeout(limits.request):
            return await _read(reader, received, limits, keep_body=keep_body)
    except TimeoutError:
        raise RequestRefused(408, f"The request took longer than {limits.request:g} s") from None


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
            # h11 looks at the length of what is not complete yet. It never has more than the limit, so that what it
            # refuses does not depend on the pieces in which it came.
            room = limits.head - len(connection.trailing_data[0])
            connection.receive_data(received[:room])
            received = received[room:]
        elif isinstance(event, h11.Request):
            head = event
            _refuse_if_too_large(_promised(head), limits, head)
        elif isinstance(event, h11.Data):
            length += len(event.data)
            _refuse_if_too_large(length, limits, head)
            if keep_body:
                body += event.data
        elif isinstance(event, h11.EndOfMessage):
            if head is None:  # h11 ends no message that has not begun
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


def _promised(head: h11.Request) -> int:
    """The length of the body by its header, which h11 has checked; 0 if it has none, as a chunked one."""
    return next((int(value) for name, value in head.headers if name == b"content-length"), 0)
