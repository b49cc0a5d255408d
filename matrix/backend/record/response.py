"""Read a response as it arrives, and keep its chunks as they were sent. Pure: no socket, no clock.

h11 parses the head. The body is divided here, because a recording needs the chunks of HTTP themselves, also those of a
response that breaks HTTP: h11 joins chunks, and keeps nothing of what it refuses.
"""

import re
from typing import Final

import h11
import msgspec

from matrix.backend.headers import content_length

_LONGEST_HEAD: Final = 64 * 1024
"""The most bytes before the body, and in the line with the size of a chunk."""

SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
"""The line before a chunk."""

_TRAILER = re.compile(rb"(?:[^\r\n]+\r\n)*\r\n")
"""What follows the last chunk."""

_WITHOUT_BODY: Final = (204, 304)


class Chunk(msgspec.Struct, frozen=True):
    """A part of a response, as the server sent it.

    Attributes:
        at: When its last byte arrived, in seconds.
        data: Its bytes; without the framing of HTTP, unless it is raw.
        is_raw: Whether the bytes break HTTP, or end in the middle of a chunk; they include the framing.
    """

    at: float
    data: bytes
    is_raw: bool = False


class ResponseReader:
    """A reader of one response, in whatever pieces it arrives.

    Attributes:
        head: The head; None before it is complete, and if it is not HTTP.
        head_at: When the head was complete, in seconds.
        chunks: The parts of the body.
        size: Bytes that were received.
        is_complete: Whether the response has ended as HTTP requires.
    """

    def __init__(self, method: str = "POST") -> None:
        self.head: h11.Response | None = None
        self.head_at = 0.0
        self.chunks: list[Chunk] = []
        self.size = 0
        self.is_complete = False
        self._method = method
        self._rest = b""
        self._missing: int | None = None
        self._is_chunked = False
        self._is_broken = False

    @property
    def length(self) -> int | None:
        """The value of `Content-Length`; None if there is none."""
        return None if self._is_chunked or self.head is None else content_length(self.head)

    @property
    def is_delimited(self) -> bool:
        """Whether HTTP says where the body ends, so that the connection can be used again."""
        return self.head is not None and (self._is_chunked or self._missing is not None)

    def feed(self, data: bytes, at: float) -> None:
        """Add bytes that arrived at a time."""
        self.size += len(data)
        self._rest += data
        if self.head is None and not self._is_broken:
            self._read_head(at)
        if self.head is None or self.is_complete or self._is_broken:
            return
        if self._is_chunked:
            self._read_chunks(at)
        elif self._rest:
            taken = self._rest if self._missing is None else self._rest[: self._missing]
            self._rest = self._rest[len(taken) :]
            self.chunks.append(Chunk(at, taken))
            self._count(len(taken))

    def end(self, at: float) -> None:
        """End the response, because nothing more arrives; what is incomplete becomes a raw part."""
        if self._rest and not self.is_complete:
            self.chunks.append(Chunk(at, self._rest, is_raw=True))
            self._rest = b""

    def end_by_closing(self) -> None:
        """Take the end of the connection for the end of a response that gives no length: HTTP allows that."""
        if self.head is not None and not self.is_delimited:
            self.is_complete = True

    def _read_head(self, at: float) -> None:
        while self.head is None:
            end = self._rest.find(b"\r\n\r\n") + 4
            if end < 4:
                self._is_broken = len(self._rest) > _LONGEST_HEAD
                return
            try:
                head = _parse_head(self._rest[:end], self._method)
            except h11.RemoteProtocolError:
                self._is_broken = True
                return
            self._rest = self._rest[end:]
            if isinstance(head, h11.Response):  # an informational response precedes the real one
                self.head, self.head_at = head, at
        has_no_body = self._method == "HEAD" or self.head.status_code in _WITHOUT_BODY
        self._is_chunked = not has_no_body and any(name == b"transfer-encoding" for name, _ in self.head.headers)
        self._missing = 0 if has_no_body else content_length(self.head)
        self.is_complete = self._missing == 0 and not self._is_chunked

    def _read_chunks(self, at: float) -> None:
        while not self.is_complete and self._rest:
            line = SIZE.match(self._rest)
            if line is None:
                whole_line = b"\n" in self._rest or len(self._rest) > _LONGEST_HEAD
                self._is_broken = whole_line or re.match(rb"[0-9A-Fa-f]", self._rest) is None
                return
            size = int(line[1], 16)
            end = line.end() + size
            if size == 0:
                trailer = _TRAILER.match(self._rest, line.end())
                self.is_complete = trailer is not None
                return
            if len(self._rest) < end + 2:
                return
            if self._rest[end : end + 2] != b"\r\n":
                self._is_broken = True
                return
            self.chunks.append(Chunk(at, self._rest[line.end() : end]))
            self._rest = self._rest[end + 2 :]

    def _count(self, taken: int) -> None:
        if self._missing is not None:
            self._missing -= taken
            self.is_complete = self._missing == 0


def _parse_head(data: bytes, method: str) -> object:
    """Parse a complete head; h11 does so only after a request.

    Raises:
        h11.RemoteProtocolError: It is not HTTP.
    """
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LONGEST_HEAD)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "midstream")]))
    connection.send(h11.EndOfMessage())
    connection.receive_data(data)
    return connection.next_event()
