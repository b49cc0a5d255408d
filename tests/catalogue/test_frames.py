"""What a client of Bedrock reads: every scenario's frames, by a strict reader of the tests and by botocore.

The reader is written from the specification. botocore is what the SDK decodes frames with. So a frame that both read
alike is what the catalogue says, and a frame that both refuse is damaged as the catalogue says.
"""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import EventStreamJSONParser

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.events import text_delta
from matrix.catalogue.frames import (
    DecodedFrame,
    FrameDecoder,
    chunk_frame,
    encode_event,
    encode_frame,
    error_frame,
    event_frame,
    exception_frame,
)
from matrix.catalogue.scenarios import PLAYABLE
from matrix.catalogue.steps import Frame
from matrix.catalogue.wire import Send, compile_scenario
from tests.support import event_stream, frame_bytes, frame_reader
from tests.support.frame_reader import FrameError, ReadFrame
from tests.support.wire_bytes import FRAMED, HEAD, HEAD_GZIP, HEAD_LONG, LAST_CHUNK, framed

# The reader

CHUNK_HEADERS: Final = ((":event-type", "chunk"), (":content-type", "application/json"), (":message-type", "event"))

WRITTEN: Final = (
    pytest.param(
        frame_bytes.CHUNK_FRAME,
        ReadFrame(
            CHUNK_HEADERS,
            b'{"bytes": "eyJ0eXBlIjogImNvbnRlbnRfYmxvY2tfZGVsdGEiLCAiaW5kZXgiOiAwLCAi'
            b'ZGVsdGEiOiB7InR5cGUiOiAidGV4dF9kZWx0YSIsICJ0ZXh0IjogIiB3b3JsZCJ9fQ=="}',
        ),
        id="chunk",
    ),
    pytest.param(
        frame_bytes.EXCEPTION_FRAME,
        ReadFrame(
            (
                (":exception-type", "throttlingException"),
                (":content-type", "application/json"),
                (":message-type", "exception"),
            ),
            b'{"message": "Too many requests, please wait."}',
        ),
        id="exception",
    ),
    pytest.param(
        frame_bytes.ERROR_FRAME,
        ReadFrame(
            (
                (":error-code", "InternalFailure"),
                (":error-message", "Something went wrong"),
                (":message-type", "error"),
            ),
            b"",
        ),
        id="error",
    ),
)
"""The frames that are written by hand, and what is in them."""

EMPTY: Final = b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"
"""The smallest frame, from the test vectors of the specification: it has neither headers nor a payload."""


@pytest.mark.parametrize(("written", "expected"), WRITTEN)
def test_the_reader_reads_a_frame_that_was_written_by_hand(written: bytes, expected: ReadFrame) -> None:
    """It judges the catalogue, so it must be right itself."""
    assert [expected] == frame_reader.read(written)
    assert [expected, expected] == frame_reader.read(written * 2)


def test_the_reader_reads_the_smallest_frame() -> None:
    """An empty body has no frame."""
    assert ([], [ReadFrame((), b"")]) == (frame_reader.read(b""), frame_reader.read(EMPTY))


@pytest.mark.parametrize(("written", "expected"), WRITTEN)
def test_the_reader_refuses_every_change_of_a_byte_and_every_cut(written: bytes, expected: ReadFrame) -> None:
    """The checksums cover each byte of a frame."""
    for place in range(len(written)):
        changed = written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :]
        with pytest.raises(FrameError):
            frame_reader.read(changed)
        cut = written[:place]
        assert ([], cut) == frame_reader.read_whole_frames(cut)
        assert ([expected], cut) == frame_reader.read_whole_frames(written + cut)
        if cut:
            with pytest.raises(FrameError, match=f"ends inside a frame, after {place} bytes"):
                frame_reader.read(cut)


NAME, EVENT = b":message-type", b"event"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        pytest.param(frame_bytes.CHUNK_FRAME_WITH_A_WRONG_CHECKSUM, "checksum of the frame", id="checksum"),
        pytest.param(frame_bytes.CHUNK_FRAME_WITH_WRONG_LENGTHS, "checksum of the prelude", id="checksum of lengths"),
        pytest.param(frame_bytes.frame(frame_bytes.header(NAME, EVENT, 6), b""), "is no text", id="a header of bytes"),
        pytest.param(frame_bytes.frame(b"\x01a\x00", b""), "a is no text", id="a header that is true"),
        pytest.param(frame_bytes.frame(frame_bytes.header(b"", EVENT), b""), "no name", id="a header without a name"),
        pytest.param(frame_bytes.frame(frame_bytes.header(NAME, EVENT) * 2, b""), "twice", id="a header twice"),
        pytest.param(frame_bytes.frame(frame_bytes.header(NAME, EVENT)[:-1], b""), "ends after", id="a short value"),
        pytest.param(frame_bytes.frame(b"\x0dabc", b""), "ends after", id="a short name"),
        pytest.param(frame_bytes.frame(b"\x01a", b""), "is no text", id="a name alone"),
        pytest.param(frame_bytes.frame(b"\x01a\x07\x00", b""), "ends after", id="half a length"),
        pytest.param(frame_bytes.frame(frame_bytes.header(NAME, b"\xff"), b""), "no UTF-8", id="a value in no UTF-8"),
        pytest.param(
            frame_bytes.frame(b"", b"x" * (24 * 1024 * 1024 + 1)), "cannot have", id="a payload of over 24 MB"
        ),
    ],
)
def test_the_reader_refuses_what_is_no_frame(frame: bytes, reason: str) -> None:
    """It says why, so that a failing test of a scenario can be read."""
    with pytest.raises(FrameError, match=reason):
        frame_reader.read(frame)


@pytest.mark.parametrize(("total", "headers"), [(15, 0), (16, 1), (0, 0), (200_000, 131_073)])
def test_the_reader_refuses_lengths_that_no_frame_has(total: int, headers: int) -> None:
    """Their checksum is right."""
    lengths = total.to_bytes(4, "big") + headers.to_bytes(4, "big")
    with pytest.raises(FrameError, match=f"A frame of {total} bytes cannot have {headers} bytes of headers"):
        frame_reader.read(lengths + zlib.crc32(lengths).to_bytes(4, "big") + b"\0" * 10)


def test_the_function_of_the_tests_writes_the_frames_that_were_written_by_hand() -> None:
    """It writes the frames of all scripts."""
    delta = b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " world"}}'
    throttled = b'{"message": "Too many requests, please wait."}'
    assert frame_bytes.CHUNK_FRAME == frame_bytes.chunk_frame(delta)
    assert frame_bytes.EXCEPTION_FRAME == frame_bytes.exception_frame(b"throttlingException", throttled)
    assert EMPTY == frame_bytes.frame(b"", b"")


# The encoder of the catalogue


@pytest.mark.parametrize(
    ("frame", "written"),
    [
        pytest.param(chunk_frame(text_delta(" world")), frame_bytes.CHUNK_FRAME, id="chunk"),
        pytest.param(
            exception_frame("throttlingException", '{"message": "Too many requests, please wait."}'),
            frame_bytes.EXCEPTION_FRAME,
            id="exception",
        ),
        pytest.param(error_frame("InternalFailure", "Something went wrong"), frame_bytes.ERROR_FRAME, id="error"),
        pytest.param(event_frame("new", "{}"), frame_bytes.event_frame(b"new", b"{}"), id="event of another type"),
        pytest.param(Frame((), ""), EMPTY, id="empty"),
        pytest.param(
            Frame((("é", "ü"),), "ö"),
            frame_bytes.frame(frame_bytes.header("é".encode(), "ü".encode()), "ö".encode()),
            id="characters of two bytes",
        ),
    ],
)
def test_a_frame_is_encoded_as_it_was_written_by_hand(frame: Frame, written: bytes) -> None:
    """Each kind of frame has its headers in one order."""
    assert written == encode_frame(frame)


def test_an_event_is_encoded_as_a_chunk_frame() -> None:
    """The name of the event is only in its data."""
    assert frame_bytes.CHUNK_FRAME == encode_event(text_delta(" world"))


# The frames of every scenario, by the reader

AS_THEY_ARE: Final = frozenset({"bad-chunk-size", "bad-gzip"})
"""The scenarios that exist in several dialects and send bytes that are neither an event nor a frame."""

SHARED: Final = [
    id_ for id_, scenario in PLAYABLE.items() if Dialect.BEDROCK in scenario.dialects and id_ not in FRAMED
]
"""The scenarios that exist in Bedrock's dialect and in others."""

_HEADS: Final = {head: framed(head) for head in (HEAD, HEAD_LONG, HEAD_GZIP)}
"""The heads of server-sent streams to those of Bedrock's."""


def writes(id_: str, dialect: Dialect) -> list[bytes]:
    """List the writes of a scenario."""
    return [action.data for action in compile_scenario(PLAYABLE[id_], dialect) if isinstance(action, Send)]


def without_http(write: bytes) -> bytes:
    """Return what a chunk carries; a write that is no chunk is returned unchanged."""
    size, _, rest = write.partition(b"\r\n")
    is_chunk = re.fullmatch(rb"[0-9a-f]+", size) and len(rest) == int(size, 16) + 2
    return rest[:-2] if is_chunk else write


def data_of(frame: ReadFrame) -> str:
    """Return the data of the event in a chunk frame, as the reader of server-sent events returns it."""
    assert CHUNK_HEADERS == frame.headers
    payload = json.loads(frame.payload)
    assert ["bytes"] == list(payload)
    return base64.b64decode(payload["bytes"], validate=True).decode(errors="replace")


def test_each_write_of_a_scenario_carries_the_events_that_it_carries_in_server_sent_events() -> None:
    """Heads and plain responses differ in their headers alone."""
    for id_ in SHARED:
        framed, sent = writes(id_, Dialect.BEDROCK), writes(id_, Dialect.MESSAGES)
        assert len(sent) == len(framed), id_
        for one, other in zip(sent, framed, strict=True):
            if one in _HEADS:
                assert _HEADS[one] == other, id_
            elif one.startswith(b"HTTP/1.1 "):
                assert one.replace(b"\r\nRequest-Id:", b"\r\nx-amzn-RequestId:") == other, id_
            elif events := event_stream.read(without_http(one)):
                read = [data_of(frame) for frame in frame_reader.read(without_http(other))]
                assert [data for _, data in events] == read, id_
            else:
                assert one == other, id_
                assert one == LAST_CHUNK or id_ in AS_THEY_ARE


def test_a_scenario_ends_in_frames_as_it_ends_in_server_sent_events() -> None:
    """Its waits are the same too."""
    for id_ in SHARED:
        framed, sent = (
            [action for action in compile_scenario(PLAYABLE[id_], dialect) if not isinstance(action, Send)]
            for dialect in (Dialect.BEDROCK, Dialect.MESSAGES)
        )
        assert sent == framed, id_


Row = tuple[str, str, str]
"""The message type of a frame, the type of its event or exception or the code of its error, and its payload."""

HELLO: Final = (
    ("event", "chunk", "message_start"),
    ("event", "chunk", "content_block_start"),
    ("event", "chunk", "Hello"),
)
"""The frames up to the first text. A chunk is named by its text, or by the type of its event."""

WORLD: Final = (
    ("event", "chunk", " world"),
    ("event", "chunk", "content_block_stop"),
    ("event", "chunk", "message_delta"),
    ("event", "chunk", "message_stop"),
)
"""The frames that complete a stream."""

VALIDATION = ("exception", "validationException", '{"message": "Malformed input"}')
TIMEOUT = ("exception", "modelTimeoutException", '{"message": "Took too long"}')
STREAM_ERROR = ("exception", "modelStreamErrorException", '{"message": "The model broke off"}')
THROTTLED = ("exception", "throttlingException", '{"message": "Too many requests, please wait."}')
INTERNAL = ("exception", "internalServerException", '{"message": "Something went wrong"}')
UNAVAILABLE = ("exception", "serviceUnavailableException", '{"message": "Not available"}')
UNHEARD_OF = ("exception", "unheardOfException", '{"message": "Something new"}')

OWN: Final[dict[str, tuple[Row, ...]]] = {
    "mid-validation-exception": (*HELLO, VALIDATION),
    "mid-model-timeout-exception": (*HELLO, TIMEOUT),
    "mid-model-stream-error-exception": (*HELLO, STREAM_ERROR),
    "mid-throttling-exception": (*HELLO, THROTTLED),
    "mid-internal-server-exception": (*HELLO, INTERNAL),
    "mid-service-unavailable-exception": (*HELLO, UNAVAILABLE),
    "mid-unheard-of-exception": (*HELLO, UNHEARD_OF),
    "first-validation-exception": (VALIDATION,),
    "first-model-timeout-exception": (TIMEOUT,),
    "first-model-stream-error-exception": (STREAM_ERROR,),
    "first-throttling-exception": (THROTTLED,),
    "first-internal-server-exception": (INTERNAL,),
    "first-service-unavailable-exception": (UNAVAILABLE,),
    "first-unheard-of-exception": (UNHEARD_OF,),
    "split-frame": (*HELLO, THROTTLED),
    "no-exception-message": (*HELLO, ("exception", "throttlingException", "{}")),
    "exception-after-stop": (*HELLO, *WORLD, THROTTLED),
    "error-frame": (*HELLO, ("error", "InternalFailure", "")),
    "unknown-frame": (*HELLO, ("event", "somethingNew", "{}"), *WORLD),
}
"""The scenarios of Bedrock alone whose frames are whole."""

DAMAGED: Final = {
    "half-frame": "",
    "bad-frame-checksum": "checksum of the frame",
    "bad-prelude-checksum": "checksum of the prelude",
}
"""The scenarios of Bedrock alone with a damaged frame after the first text; empty if the frame is only incomplete."""

NO_STREAM: Final = [id_ for id_ in FRAMED if id_.startswith("http-")]
"""The scenarios of Bedrock alone with a plain response."""


def named_chunk(data: str) -> str:
    """Name an event of the Messages API: by its text if it has one, or by its type."""
    event = json.loads(data)
    text: str = event.get("delta", {}).get("text", "")
    return text or str(event["type"])


def row(frame: ReadFrame) -> Row:
    """Return the message type, the type and the payload of a frame."""
    headers = dict(frame.headers)
    kind = headers[":message-type"]
    name = headers[{"event": ":event-type", "exception": ":exception-type", "error": ":error-code"}[kind]]
    assert kind == "error" or headers[":content-type"] == "application/json"
    return kind, name, named_chunk(data_of(frame)) if name == "chunk" else frame.payload.decode()


def body_of(id_: str) -> bytes:
    """Return the body of a stream in Bedrock's dialect."""
    head, *rest = writes(id_, Dialect.BEDROCK)
    assert _HEADS[HEAD] == head, id_
    return b"".join(without_http(write) for write in rest if write != LAST_CHUNK)


def test_every_scenario_of_bedrock_alone_is_in_a_table() -> None:
    """A new one needs a row."""
    assert sorted(FRAMED) == sorted([*OWN, *DAMAGED, *NO_STREAM])


def test_the_reader_reads_the_frames_in_the_table() -> None:
    """Nothing else is in the stream."""
    assert OWN == {id_: tuple(map(row, frame_reader.read(body_of(id_)))) for id_ in OWN}


@pytest.mark.parametrize(("id_", "reason"), DAMAGED.items())
def test_a_damaged_frame_follows_the_first_text(id_: str, reason: str) -> None:
    """Everything before it is whole, and so is everything after a frame with a wrong checksum."""
    hello = body_of("eof-mid")
    body = body_of(id_)
    assert hello == body[: len(hello)]
    assert list(HELLO) == list(map(row, frame_reader.read(hello)))
    if reason:
        with pytest.raises(FrameError, match=reason):
            frame_reader.read(body)
        after = body[len(hello) + len(frame_bytes.CHUNK_FRAME) :]
        assert list(WORLD) == list(map(row, frame_reader.read(after)))
    else:
        assert 60 == len(frame_reader.read_whole_frames(body)[1]) < len(frame_bytes.CHUNK_FRAME)


def test_an_exception_is_split_after_its_lengths() -> None:
    """The two parts come in two writes, neither of which is a frame."""
    *_, first, second, _ = writes("split-frame", Dialect.BEDROCK)
    assert (20, frame_bytes.EXCEPTION_FRAME) == (
        len(without_http(first)),
        without_http(first) + without_http(second),
    )


# The same frames, by the decoder of the catalogue


def as_decoded(frame: ReadFrame) -> DecodedFrame:
    """Return a frame of the reader as the decoder returns it."""
    headers = sum(len(name.encode()) + len(value.encode()) + 4 for name, value in frame.headers)
    return DecodedFrame(
        length=16 + headers + len(frame.payload),
        headers=frame.headers,
        payload=frame.payload.decode(),
        event=data_of(frame) if CHUNK_HEADERS == frame.headers else "",
    )


def test_the_decoder_reads_the_frames_that_the_reader_reads() -> None:
    """Pages and `explain` show what it returns. A frame may arrive byte by byte."""
    for id_ in OWN:
        body = body_of(id_)
        expected = list(map(as_decoded, frame_reader.read(body)))
        whole, parts = FrameDecoder(), FrameDecoder()
        assert (expected, None) == (whole.feed(body), whole.end()), id_
        assert expected == [frame for byte in body for frame in parts.feed(bytes([byte]))], id_


def test_the_decoder_names_wrong_checksums_and_missing_bytes() -> None:
    """What follows a wrong checksum is decoded all the same."""
    chunk = as_decoded(frame_reader.read(frame_bytes.CHUNK_FRAME)[0])
    for written, wrong in (
        (frame_bytes.CHUNK_FRAME_WITH_A_WRONG_CHECKSUM, ("message",)),
        (frame_bytes.CHUNK_FRAME_WITH_WRONG_LENGTHS, ("prelude",)),
    ):
        assert [msgspec.structs.replace(chunk, wrong=wrong), chunk] == FrameDecoder().feed(
            written + frame_bytes.CHUNK_FRAME
        )
    for written, expected in (
        (b"", None),
        (b"zz", DecodedFrame(length=0, missing=10)),
        (frame_bytes.CHUNK_FRAME[:60], DecodedFrame(length=232, missing=172)),
        (b"this is no gzip\n", DecodedFrame(length=0x74686973, missing=0x74686973 - 16, wrong=("prelude",))),
    ):
        decoder = FrameDecoder()
        assert ([], expected) == (decoder.feed(written), decoder.end())


# The same frames, by botocore


@pytest.fixture(scope="module")
def shape() -> Any:
    """Return the shape of a stream in the model of the service, which the SDK decodes frames with."""
    model = Loader().load_service_model("bedrock-runtime", "service-2")
    return ServiceModel(model).shape_for("ResponseStream")


def decoded(body: bytes) -> Iterator[Any]:
    """Yield the messages that botocore decodes."""
    buffer = EventStreamBuffer()
    buffer.add_data(body)
    yield from buffer


def as_read(message: Any) -> ReadFrame:
    """Return a message of botocore as the reader of the tests returns it."""
    return ReadFrame(tuple(message.headers.items()), message.payload)


def streams() -> list[str]:
    """List the scenarios whose frames are whole, or end inside one."""
    heads = {*_HEADS.values()} - {_HEADS[HEAD_GZIP]}
    streams = [id_ for id_ in (*SHARED, *FRAMED) if writes(id_, Dialect.BEDROCK)[0] in heads]
    return [id_ for id_ in streams if not DAMAGED.get(id_) and id_ not in AS_THEY_ARE]


def test_botocore_decodes_the_frames_that_the_reader_reads() -> None:
    """A half frame gives nothing."""
    assert len(streams()) > 70
    for id_ in streams():
        body = b"".join(map(without_http, writes(id_, Dialect.BEDROCK)[1:])).removesuffix(LAST_CHUNK)
        frames, rest = frame_reader.read_whole_frames(body)
        assert frames == list(map(as_read, decoded(body))), id_
        assert bool(rest) == (id_ == "half-frame")


@pytest.mark.parametrize("written", [parameter.values[0] for parameter in WRITTEN], ids=["chunk", "exception", "error"])
def test_botocore_waits_for_the_last_byte_of_a_frame(written: Any) -> None:
    """A frame may arrive byte by byte."""
    buffer = EventStreamBuffer()
    for byte in written[:-1]:
        buffer.add_data(bytes([byte]))
        assert [] == list(buffer)
    buffer.add_data(written[-1:])
    assert frame_reader.read(written) == list(map(as_read, buffer))


@pytest.mark.parametrize("id_", [id_ for id_, reason in DAMAGED.items() if reason])
def test_botocore_refuses_a_wrong_checksum_after_the_frames_before_it(id_: str) -> None:
    """The text until then has reached the caller."""
    messages = decoded(body_of(id_))
    assert list(HELLO) == [row(as_read(next(messages))) for _ in HELLO]
    with pytest.raises(ChecksumMismatch):
        next(messages)


def test_the_parser_of_the_sdk_reads_the_data_of_each_event(shape: Any) -> None:
    """A frame of a type that the model lacks has no chunk."""
    parser = EventStreamJSONParser()
    for id_ in ("clean", "unknown-frame", "bad-utf8", "huge", "empty"):
        frames = frame_reader.read(body_of(id_))
        parsed = [parser.parse(message.to_response_dict(), shape) for message in decoded(body_of(id_))]
        chunks = [each["chunk"].get("bytes", b"").decode(errors="replace") for each in parsed if "chunk" in each]
        assert [data_of(frame) for frame in frames if CHUNK_HEADERS == frame.headers] == chunks, id_
        assert len(frames) - len(chunks) == (id_ == "unknown-frame")


@pytest.mark.parametrize(
    ("id_", "code", "message"),
    [
        ("mid-throttling-exception", "throttlingException", "Too many requests, please wait."),
        ("first-validation-exception", "validationException", "Malformed input"),
        ("mid-unheard-of-exception", "", ""),
        ("no-exception-message", "throttlingException", ""),
        ("error-frame", "InternalFailure", "Something went wrong"),
    ],
)
def test_the_parser_of_the_sdk_reads_an_exception_as_an_error(shape: Any, id_: str, code: str, message: str) -> None:
    """The status is botocore's own, and botocore knows neither type nor text of an exception that its model lacks."""
    *_, last = decoded(body_of(id_))
    response = last.to_response_dict()
    assert 400 == response["status_code"]
    error = EventStreamJSONParser().parse(response, shape)["Error"]
    assert (code, message) == (error["Code"], error.get("Message", ""))
