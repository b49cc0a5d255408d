"""A strict reader of AWS event streams, written from the Smithy specification "Amazon Event Stream" alone.

Bytes go in, frames come out. The reader refuses everything that the specification does not allow, and every type of
header but text, because Bedrock sends no other. The catalogue's tests check with it what a client of Bedrock reads.
"""

import zlib
from typing import Final, NamedTuple

_PRELUDE: Final = 12
"""The bytes of a prelude: the length of the frame, the length of its headers, and the checksum of both."""

_CHECKSUM: Final = 4
_TEXT: Final = 7
_MOST_HEADERS: Final = 128 * 1024
_MOST_PAYLOAD: Final = 24 * 1024 * 1024


class FrameError(ValueError):
    """Bytes that are no frame."""


class ReadFrame(NamedTuple):
    """A frame: its headers in their order, and its payload."""

    headers: tuple[tuple[str, str], ...]
    payload: bytes


def read(body: bytes) -> list[ReadFrame]:
    """List the frames of a complete body.

    Raises:
        FrameError: A frame breaks the specification, or the body ends inside one.
    """
    frames, rest = read_whole_frames(body)
    if rest:
        raise FrameError(f"The body ends inside a frame, after {len(rest)} bytes of it")
    return frames


def read_whole_frames(body: bytes) -> tuple[list[ReadFrame], bytes]:
    """List the frames that are complete, and return the bytes of a last one that is not.

    Raises:
        FrameError: A frame breaks the specification.
    """
    frames: list[ReadFrame] = []
    while len(body) >= _PRELUDE:
        length, headers = _lengths(body[:_PRELUDE])
        if len(body) < length:
            break
        frames.append(_frame(body[:length], headers))
        body = body[length:]
    return frames, body


def _lengths(prelude: bytes) -> tuple[int, int]:
    """Return the length of a frame and that of its headers."""
    length, headers, checksum = (int.from_bytes(prelude[place : place + 4], "big") for place in (0, 4, 8))
    if checksum != zlib.crc32(prelude[:8]):
        raise FrameError("The checksum of the prelude is wrong")
    payload = length - headers - _PRELUDE - _CHECKSUM
    if headers > _MOST_HEADERS or not 0 <= payload <= _MOST_PAYLOAD:
        raise FrameError(f"A frame of {length} bytes cannot have {headers} bytes of headers")
    return length, headers


def _frame(frame: bytes, length_of_headers: int) -> ReadFrame:
    content, checksum = frame[:-_CHECKSUM], int.from_bytes(frame[-_CHECKSUM:], "big")
    if checksum != zlib.crc32(content):
        raise FrameError("The checksum of the frame is wrong")
    end = _PRELUDE + length_of_headers
    return ReadFrame(_headers(content[_PRELUDE:end]), content[end:])


def _headers(data: bytes) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    while data:
        name, data = _text(data, 1)
        if not name:
            raise FrameError("A header has no name")
        if data[:1] != bytes([_TEXT]):
            raise FrameError(f"The header {name} is no text")
        value, data = _text(data[1:], 2)
        if name in dict(headers):
            raise FrameError(f"The header {name} is there twice")
        headers.append((name, value))
    return tuple(headers)


def _text(data: bytes, size: int) -> tuple[str, bytes]:
    """Split off a text whose length stands before it, in so many bytes."""
    end = size + int.from_bytes(data[:size], "big")
    if len(data) < size or len(data) < end:
        raise FrameError("A header ends after the headers")
    try:
        return data[size:end].decode(), data[end:]
    except UnicodeDecodeError as error:
        raise FrameError("A header is no UTF-8") from error
