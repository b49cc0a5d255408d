"""Frames of an AWS event stream, written by hand: one of each kind whole, and the others by a function of the tests.

Nothing here comes from the catalogue. `frame` writes the same bytes as the frames by hand, which a test checks; the
checksums of those were computed once, and stand here as bytes.
"""

import base64
import zlib
from typing import Final

CHUNK_FRAME: Final = (
    b"\x00\x00\x00\xe8\x00\x00\x00\x4b\x9c\x88\xcb\x6f"
    b"\x0b:event-type\x07\x00\x05chunk"
    b"\x0d:content-type\x07\x00\x10application/json"
    b"\x0d:message-type\x07\x00\x05event"
    b'{"bytes": "eyJ0eXBlIjogImNvbnRlbnRfYmxvY2tfZGVsdGEiLCAiaW5kZXgiOiAwLCAi'
    b'ZGVsdGEiOiB7InR5cGUiOiAidGV4dF9kZWx0YSIsICJ0ZXh0IjogIiB3b3JsZCJ9fQ=="}'
    b"\x3a\x38\xa5\x26"
)
"""The text delta " world"."""

CHUNK_FRAME_WITH_A_WRONG_CHECKSUM: Final = CHUNK_FRAME[:-4] + b"\xc5\xc7\x5a\xd9"

CHUNK_FRAME_WITH_WRONG_LENGTHS: Final = CHUNK_FRAME[:8] + b"\x63\x77\x34\x90" + CHUNK_FRAME[12:-4] + b"\x94\x81\xbc\x10"
"""Its prelude has a wrong checksum; the checksum of the whole frame is right."""

EXCEPTION_FRAME: Final = (
    b"\x00\x00\x00\x9f\x00\x00\x00\x61\x0c\xc1\x3e\x66"
    b"\x0f:exception-type\x07\x00\x13throttlingException"
    b"\x0d:content-type\x07\x00\x10application/json"
    b"\x0d:message-type\x07\x00\x09exception"
    b'{"message": "Too many requests, please wait."}'
    b"\x71\x57\x4f\xaf"
)

ERROR_FRAME: Final = (
    b"\x00\x00\x00\x6a\x00\x00\x00\x5a\x3d\x1e\x08\x6f"
    b"\x0b:error-code\x07\x00\x0fInternalFailure"
    b"\x0e:error-message\x07\x00\x14Something went wrong"
    b"\x0d:message-type\x07\x00\x05error"
    b"\x57\x4e\x63\x3a"
)


def header(name: bytes, value: bytes, kind: int = 7) -> bytes:
    """Write a header; type 7 is a text."""
    return bytes([len(name)]) + name + bytes([kind]) + len(value).to_bytes(2, "big") + value


def frame(headers: bytes, payload: bytes) -> bytes:
    """Write a frame with the right lengths and checksums."""
    lengths = (16 + len(headers) + len(payload)).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    message = lengths + zlib.crc32(lengths).to_bytes(4, "big") + headers + payload
    return message + zlib.crc32(message).to_bytes(4, "big")


def event_frame(kind: bytes, payload: bytes) -> bytes:
    """Write a frame with an event of this type."""
    json_event = header(b":content-type", b"application/json") + header(b":message-type", b"event")
    return frame(header(b":event-type", kind) + json_event, payload)


def chunk_frame(data: bytes) -> bytes:
    """Write the frame that carries the data of an event of the Messages API."""
    return event_frame(b"chunk", b'{"bytes": "' + base64.b64encode(data) + b'"}')


def exception_frame(kind: bytes, payload: bytes) -> bytes:
    """Write a frame with an exception of this type."""
    json_exception = header(b":content-type", b"application/json") + header(b":message-type", b"exception")
    return frame(header(b":exception-type", kind) + json_exception, payload)
