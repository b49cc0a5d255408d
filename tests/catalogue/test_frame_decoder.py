"""Frames are decoded as they were encoded, in whichever pieces they arrive, and a damaged one says what is wrong."""

import json

import msgspec
import pytest

from matrix.catalogue.events import text_delta
from matrix.catalogue.frames import (
    DecodedFrame,
    FrameDecoder,
    chunk_frame,
    encode_frame,
    error_frame,
    event_frame,
    exception_frame,
)
from matrix.catalogue.steps import Frame

CHUNK = chunk_frame(text_delta(" world"))
THROTTLED = exception_frame("throttlingException", json.dumps({"message": "Too many"}))


def decode(data: bytes) -> list[DecodedFrame]:
    """Decode bytes that arrive at once."""
    return FrameDecoder().feed(data)


@pytest.mark.parametrize(
    "frame", [CHUNK, THROTTLED, event_frame("new", "{}"), error_frame("Failure", ""), Frame((), "é")]
)
def test_a_frame_is_decoded_as_it_was_encoded(frame: Frame) -> None:
    """Its headers, its payload and its length; no checksum is wrong."""
    (decoded,) = decode(encode_frame(frame))
    assert (frame.headers, frame.payload, ()) == (decoded.headers, decoded.payload, decoded.wrong)
    assert len(encode_frame(frame)) == decoded.length


def test_the_event_in_a_chunk_is_decoded() -> None:
    """It is base64 in the payload. Nothing else carries an event."""
    events = [decode(encode_frame(frame))[0].event for frame in (CHUNK, THROTTLED, event_frame("chunk", "[1]"))]
    assert [text_delta(" world").data, "", ""] == events


@pytest.mark.parametrize("size", [1, 7, 20, 1000])
def test_frames_may_arrive_in_any_pieces(size: int) -> None:
    """What they decode to is the same, and nothing is left."""
    data = encode_frame(CHUNK) + encode_frame(THROTTLED)
    decoder = FrameDecoder()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert decode(data) == [frame for piece in pieces for frame in decoder.feed(piece)]
    assert decoder.end() is None


@pytest.mark.parametrize(
    ("change", "wrong"), [({"bad_prelude": True}, ("prelude",)), ({"bad_message": True}, ("message",))]
)
def test_a_wrong_checksum_is_named(change: dict[str, bool], wrong: tuple[str, ...]) -> None:
    """The rest of the frame can be read all the same."""
    (decoded,) = decode(encode_frame(msgspec.structs.replace(CHUNK, **change)))
    assert (wrong, CHUNK.headers) == (decoded.wrong, decoded.headers)


def test_a_cut_frame_says_how_much_is_missing() -> None:
    """The length is in its first bytes; without these it is unknown."""
    whole = len(encode_frame(CHUNK))
    missing = {}
    for end in (5, 60):
        decoder = FrameDecoder()
        assert [] == decoder.feed(encode_frame(msgspec.structs.replace(CHUNK, end=end)))
        cut = decoder.end()
        assert cut is not None
        missing[end] = (cut.length, cut.missing)
    assert {5: (0, 7), 60: (whole, whole - 60)} == missing


@pytest.mark.parametrize("data", [b"\0" * 64, b"<html>" * 20, b"\0\0\0\x20" + b"\xff" * 40])
def test_bytes_that_are_no_frame_end_the_decoding(data: bytes) -> None:
    """No text of a proxy and no noise is an error of the program."""
    decoder = FrameDecoder()
    assert all(isinstance(frame, DecodedFrame) for frame in [*decoder.feed(data), decoder.end()] if frame)
