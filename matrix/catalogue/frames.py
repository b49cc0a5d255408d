"""Encode and decode frames of an AWS event stream, in which Bedrock wraps the events of a message. Pure.

A frame is a prelude (its length, the length of its headers, and their CRC32), headers, a payload, and the CRC32 of all
that. A *chunk* frame carries one event of the Messages API in base64. An *exception* frame ends the stream: a header
names the exception. botocore decodes frames and encodes none, so a test has it decode these.

Source: the AWS API reference, "InvokeModelWithResponseStream", and the Smithy specification, "Amazon Event Stream".
"""

import base64
import json
import struct
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from matrix.catalogue.steps import Event, Frame

CONTENT_TYPE = "application/vnd.amazon.eventstream"
"""The content type of a stream of frames."""

_TEXT = 7
"""The type of a header whose value is text."""

_WRONG = 0xFFFFFFFF
"""The bits to change in a checksum that must be wrong."""


def encode_frame(frame: Frame) -> bytes:
    """Encode a frame, or the part of it that is sent."""
    headers = b"".join(_encode_header(name, value) for name, value in frame.headers)
    payload = frame.payload.encode(errors="surrogateescape")
    lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = lengths + _checksum(lengths, wrong=frame.bad_prelude) + headers + payload
    return (message + _checksum(message, wrong=frame.bad_message))[frame.first : frame.end]


def encode_event(event: Event) -> bytes:
    """Encode an event of the Messages API as a chunk frame; its name is the type in its data."""
    return encode_frame(chunk_frame(event))


def chunk_frame(event: Event) -> Frame:
    """Make the frame that carries an event of the Messages API."""
    data = event.data.encode(errors="surrogateescape")
    return event_frame("chunk", json.dumps({"bytes": base64.b64encode(data).decode()}))


def event_frame(kind: str, payload: str) -> Frame:
    """Make a frame with an event of this type."""
    return Frame(((":event-type", kind), (":content-type", "application/json"), (":message-type", "event")), payload)


def exception_frame(kind: str, payload: str) -> Frame:
    """Make a frame with an exception of this type."""
    headers = ((":exception-type", kind), (":content-type", "application/json"), (":message-type", "exception"))
    return Frame(headers, payload)


def error_frame(code: str, message: str) -> Frame:
    """Make a frame with an error that the service's model does not describe."""
    return Frame(((":error-code", code), (":error-message", message), (":message-type", "error")), "")


def _encode_header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack(">B", len(key)) + key + struct.pack(">BH", _TEXT, len(text)) + text


def _checksum(data: bytes, *, wrong: bool) -> bytes:
    return struct.pack(">I", zlib.crc32(data) ^ (_WRONG if wrong else 0))


class DecodedFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A frame as a client reads it.

    Attributes:
        length: The number of bytes that the frame claims to have; 0 if it ends before it claims a number.
        headers: Its headers, each a name and a text.
        payload: Its payload, with the base64 of a chunk as it was sent.
        event: The data of the event in a chunk; empty if it carries none.
        missing: The number of bytes at its end that were not sent; of its prelude, if its length is unknown.
        wrong: The checksums that do not match: `prelude`, `message`.
    """

    length: int
    headers: tuple[tuple[str, str], ...] = ()
    payload: str = ""
    event: str = ""
    missing: int = 0
    wrong: tuple[str, ...] = ()


class FrameDecoder:
    """A decoder of frames that arrive in pieces of a body."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[DecodedFrame]:
        """Add bytes, and return the frames that they complete."""
        self._buffer += data
        frames = []
        while len(self._buffer) >= _PRELUDE and len(self._buffer) >= (length := _claimed(self._buffer)):
            frames.append(_decode(self._buffer[:length]))
            self._buffer = self._buffer[length:]
        return frames

    def end(self) -> DecodedFrame | None:
        """Return the frame that the last bytes begin; None if every frame is complete."""
        if not self._buffer:
            return None
        if len(self._buffer) < _PRELUDE:
            return DecodedFrame(length=0, missing=_PRELUDE - len(self._buffer))
        length, (prelude_sum,) = _claimed(self._buffer), struct.unpack_from(">I", self._buffer, 8)
        wrong = () if prelude_sum == zlib.crc32(self._buffer[:8]) else ("prelude",)
        return DecodedFrame(length=length, missing=length - len(self._buffer), wrong=wrong)


_PRELUDE: Final = 12
"""The bytes of two lengths and of their checksum."""


def _claimed(data: bytes) -> int:
    """Return the number of bytes that a frame claims to have; no frame is smaller than its prelude and a checksum."""
    return max(int(struct.unpack_from(">I", data)[0]), _PRELUDE + 4)


def _decode(data: bytes) -> DecodedFrame:
    """Decode a complete frame. Where a checksum is wrong, what follows is decoded all the same."""
    length, of_headers, prelude_sum = struct.unpack_from(">III", data)
    sums = {"prelude": (prelude_sum, data[:8]), "message": (struct.unpack(">I", data[-4:])[0], data[:-4])}
    payload = data[_PRELUDE + of_headers : -4]
    return DecodedFrame(
        length=length,
        headers=tuple(_decode_headers(data[_PRELUDE : _PRELUDE + of_headers])),
        payload=payload.decode(errors="backslashreplace"),
        event=_event_in(payload),
        wrong=tuple(name for name, (sent, covered) in sums.items() if sent != zlib.crc32(covered)),
    )


def _decode_headers(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield the headers with text, up to the first of another type: the catalogue sends no other."""
    position = 0
    while position < len(data):
        name_end = position + 1 + data[position]
        if data[name_end : name_end + 1] != bytes([_TEXT]) or name_end + 3 > len(data):
            return
        value_end = name_end + 3 + int(struct.unpack_from(">H", data, name_end + 1)[0])
        texts = (data[position + 1 : name_end], data[name_end + 3 : value_end])
        yield texts[0].decode(errors="backslashreplace"), texts[1].decode(errors="backslashreplace")
        position = value_end


def _event_in(payload: bytes) -> str:
    """Return the data of the event that the payload of a chunk carries in base64; empty if it carries none."""
    try:
        chunk = json.loads(payload)
        return base64.b64decode(chunk["bytes"], validate=True).decode(errors="backslashreplace")
    except (ValueError, TypeError, KeyError):
        return ""
