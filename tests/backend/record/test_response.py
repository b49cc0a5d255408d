"""Responses as they arrive: their chunks do not depend on how the bytes are divided into reads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matrix.backend.record.response import Chunk, ResponseReader
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.scenarios import PLAYABLE
from matrix.catalogue.wire import End, Ending, Send, compile_scenario

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def read(*pieces: bytes, method: str = "POST", is_closed: bool = True) -> ResponseReader:
    """Read a response that arrives in pieces, one a second, and whose connection may then be closed."""
    reader = ResponseReader(method)
    for at, piece in enumerate(pieces):
        reader.feed(piece, float(at))
    if is_closed:
        reader.end_by_closing()
    reader.end(float(len(pieces)))
    return reader


def contents(reader: ResponseReader) -> tuple[object, ...]:
    """Return everything but the times; what is delimited by its length has no chunks of its own."""
    status = reader.head.status_code if reader.head else None
    raw = [chunk.data for chunk in reader.chunks if chunk.is_raw]
    body = [chunk.data for chunk in reader.chunks if not chunk.is_raw]
    return status, body if reader.length is None else b"".join(body), raw, reader.is_complete


WIRES = {
    id_: (
        b"".join(action.data for action in actions if isinstance(action, Send)),
        any(isinstance(action, End) and action.how is Ending.KEEP_ALIVE for action in actions),
    )
    for id_, scenario in PLAYABLE.items()
    if Dialect.MESSAGES in scenario.dialects
    for actions in [compile_scenario(scenario, Dialect.MESSAGES)]
}
"""The bytes of every scenario of the catalogue, and whether the response ends as HTTP requires."""


@pytest.mark.parametrize("id_", WIRES)
def test_a_response_is_complete_exactly_if_it_ends_as_http_requires(id_: str) -> None:
    """The recording of any other ends with a raw part, or with the connection."""
    wire, is_legal = WIRES[id_]
    assert is_legal is read(wire, is_closed=False).is_complete


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_the_division_into_reads_changes_nothing(data: st.DataObject) -> None:
    """Check every scenario, cut at any two places."""
    wire, _ = WIRES[data.draw(st.sampled_from(sorted(WIRES)))]
    first, second = sorted(data.draw(st.tuples(st.integers(0, len(wire)), st.integers(0, len(wire)))))
    divided = read(wire[:first], wire[first:second], wire[second:], is_closed=False)
    assert contents(read(wire, is_closed=False)) == contents(divided)


def test_a_chunk_has_the_time_of_its_last_byte() -> None:
    """A pause between two chunks is what their times differ by."""
    reader = read(CHUNKED, b"1\r\na\r\n2\r\nb", b"b\r\n", b"0\r\n\r\n")
    assert [Chunk(1.0, b"a"), Chunk(2.0, b"bb")] == reader.chunks
    assert (0.0, True) == (reader.head_at, reader.is_complete)


@pytest.mark.parametrize(
    ("wire", "body", "raw", "is_complete"),
    [
        pytest.param(CHUNKED + b"1;a=b\r\na\r\n0\r\nx: y\r\n\r\n", [b"a"], [], True, id="extension and trailer"),
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\n", [b"a"], [b"0\r\n"], False, id="no end of the trailer"),
        pytest.param(CHUNKED + b"1\r\na\r\nzz\r\n", [b"a"], [b"zz\r\n"], False, id="no size"),
        pytest.param(CHUNKED + b"1\r\naa\r\n", [], [b"1\r\naa\r\n"], False, id="longer than its size"),
        pytest.param(CHUNKED + b"ff\r\nabc", [], [b"ff\r\nabc"], False, id="cut chunk"),
        pytest.param(HEAD + b"Content-Length: 3\r\n\r\nab", b"ab", [], False, id="short"),
        pytest.param(HEAD + b"Content-Length: 0\r\n\r\n", b"", [], True, id="empty"),
        pytest.param(HEAD + b"\r\nabc", [b"abc"], [], True, id="until the connection is closed"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED + b"0\r\n\r\n", [], [], True, id="informational"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", [], [], True, id="no content"),
    ],
)
def test_the_end_of_a_body_is_found(wire: bytes, body: object, raw: list[bytes], is_complete: bool) -> None:
    """Bytes that break HTTP are recorded with their framing."""
    assert (body, raw, is_complete) == contents(read(wire))[1:]


@pytest.mark.parametrize(
    "wire", [b"SSH-2.0\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent", b"x" * 100_000, b"HTTP/1.1 OK\r\n\r\n"]
)
def test_what_is_no_head_is_raw(wire: bytes) -> None:
    """A server that is no HTTP server, and one that stops within its head."""
    reader = read(wire)
    assert (None, [Chunk(1.0, wire, is_raw=True)], False) == (reader.head, reader.chunks, reader.is_complete)


def test_the_answer_to_head_has_no_body() -> None:
    """Its Content-Length is that of the answer to GET."""
    assert read(HEAD + b"Content-Length: 3\r\n\r\n", method="HEAD", is_closed=False).is_complete
