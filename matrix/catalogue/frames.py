"""Encode frames of an AWS event stream, in which Bedrock wraps the events of a message. Pure.

A frame is a prelude (its length, the length of its headers, and their CRC32), headers, a payload, and the CRC32 of all
that. A *chunk* frame carries one event of the Messages API in base64. An *exception* frame ends the stream: a header
names the exception. botocore decodes frames and encodes none, so a test has it decode these.

Source: the AWS API reference, "InvokeModelWithResponseStream", and the Smithy specification, "Amazon Event Stream".
"""

import base64
import json
import struct
import zlib

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
