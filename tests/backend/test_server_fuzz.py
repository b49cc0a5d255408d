"""The backend against arbitrary bytes: a corpus of requests, and mutations of it.

The reader is tested without a socket, where thousands of inputs cost a second; the server, its connections and its
loop over sockets.
"""

import asyncio
import contextlib
import gc
import re
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matrix.backend.limits import Limits
from matrix.backend.reading import Request, RequestRefused, read_request
from tests.support.paths import CORPUS
from tests.support.raw_client import Client, Listening, expected, listening, request

REQUESTS = {path.stem: path.read_bytes() for path in sorted((CORPUS / "backend").glob("*.http"))}

LIMITS = Limits(head=600, body=300)
"""Small limits, so that a short request exceeds them."""

PIECES = st.lists(st.integers(1, 200), max_size=8)
"""The lengths of the first pieces in which bytes arrive; the rest arrives in one piece."""


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    """Run one backend for all tests of this module; its loop must report no error."""
    with listening(LIMITS, hosts=["a"]) as running:  # the requests of the corpus are for this host
        yield running
        gc.collect()
        assert [] == running.complaints


def cut(data: bytes, lengths: list[int]) -> list[bytes]:
    """Cut bytes into pieces of these lengths and one piece of the rest."""
    pieces = []
    for length in lengths:
        pieces.append(data[:length])
        data = data[length:]
    return [piece for piece in (*pieces, data) if piece]


def is_unharmed(server: Listening) -> bool:
    """Tell whether a clean request gets the right answer, and no connection remains afterwards."""
    with Client(server.backend.port) as client:
        client.send_request("/afterwards/clean")
        answer = client.read_exactly(len(expected("clean")))
    server.backend.journal.take("/afterwards/clean")
    return answer == expected("clean") and server.has_no_peer() and not server.complaints


def test_the_corpus_has_requests_of_several_statuses() -> None:
    """Without them, the tests below would test nothing."""
    assert {"529-plain", "none-nothing", "501-gzip"} < REQUESTS.keys()


@pytest.mark.parametrize("pieces", ["whole", "in two", "byte by byte"])
def test_each_request_of_the_corpus_gets_the_status_in_its_name(server: Listening, pieces: str) -> None:
    """The pieces in which it arrives make no difference."""
    for name, data in REQUESTS.items():
        lengths = {"whole": [], "in two": [len(data) // 2], "byte by byte": [1] * len(data)}[pieces]
        with Client(server.backend.port) as client:
            for piece in cut(data, lengths):
                client.send(piece)
            client.close_sending_half()
            answer, _ = client.read_to_end()
        statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)
        assert name.partition("-")[0] == (b"+".join(statuses).decode() or "none"), name
        assert is_unharmed(server), name


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw requests of the corpus in a row, with a few bytes put in, left out, doubled, moved or replaced."""
    seeds = st.sampled_from([*REQUESTS.values()])
    data = b"".join(draw(st.lists(seeds, min_size=1, max_size=3)))
    tokens = st.sampled_from(
        [b"\r\n", b"\n", b"\0", b" ", b":", b"0", b"-", b"\xff", b"\r\n\r\n", b"HTTP/1.1", b"a" * 300]
    )
    for _ in range(draw(st.integers(0, 4))):
        start, length = draw(st.integers(0, len(data))), draw(st.integers(0, 20))
        before, middle, after = data[:start], data[start : start + length], data[start + length :]
        match draw(st.sampled_from(["put in", "leave out", "double", "move", "replace"])):
            case "put in":
                data = before + draw(st.one_of(tokens, st.binary(max_size=8))) + middle + after
            case "leave out":
                data = before + after
            case "double":
                data = before + middle + middle + after
            case "move":
                data = middle + before + after
            case "replace":
                data = before + draw(st.binary(min_size=len(middle), max_size=len(middle))) + after
    return data


async def read_all(pieces: list[bytes]) -> list[Request | int]:
    """Read requests from these bytes, up to the end or to a refusal; a refusal is listed by its status."""
    reader = asyncio.StreamReader()

    async def feed() -> None:
        for piece in pieces:
            reader.feed_data(piece)
            for _ in range(3):  # give the reader time to read it
                await asyncio.sleep(0)
        reader.feed_eof()

    async def read() -> list[Request | int]:
        results: list[Request | int] = []
        received = b""
        try:
            while (request := await read_request(reader, received, LIMITS, keep_body=True)) is not None:
                results.append(request)
                received = request.rest
        except RequestRefused as refused:
            results.append(refused.status)
        return results

    async with asyncio.TaskGroup() as both:
        both.create_task(feed())
        reading = both.create_task(read())
    return reading.result()


def without_buffers(results: list[Request | int]) -> list[object]:
    """Describe requests and refusals without the bytes that lay in the buffer after a request."""
    return [
        result
        if isinstance(result, int)
        else (result.head.method, result.head.target, list(result.head.headers), result.body)
        for result in results
    ]


@settings(max_examples=600, deadline=None)
@given(data=st.one_of(mutated(), st.binary(max_size=300)), lengths=PIECES)
def test_requests_are_within_limits_and_the_same_in_any_pieces(data: bytes, lengths: list[int]) -> None:
    """The reader returns requests and then an end, or refuses with a fitting status; it raises nothing else."""
    results = asyncio.run(read_all([data] if data else []))
    assert without_buffers(results) == without_buffers(asyncio.run(read_all(cut(data, lengths))))
    for result in results:
        if isinstance(result, int):
            assert result in {400, 413, 431, 501}
        else:
            assert len(result.body) <= LIMITS.body
            headers = sum(len(name) + len(value) for name, value in result.head.headers)
            assert len(result.head.target) + headers < LIMITS.head


@settings(max_examples=150, deadline=None)
@given(
    data=st.one_of(mutated(), st.binary(max_size=300)),
    lengths=PIECES,
    leaving=st.sampled_from(["closes its sending half", "closes", "resets", "asks for a reset"]),
)
def test_the_backend_serves_the_next_client_after_any_bytes(
    server: Listening, data: bytes, lengths: list[int], leaving: str
) -> None:
    """However the client leaves, no connection remains and no error is reported."""
    with Client(server.backend.port) as client, contextlib.suppress(ConnectionError):
        for piece in cut(data, lengths):
            client.send(piece)
        match leaving:
            case "closes its sending half":
                client.close_sending_half()
                client.read_to_end()
            case "resets":
                client.reset_on_close()
            case "asks for a reset":
                client.send(request("/x/reset"))
                client.receives_nothing_for(0.005)
    assert is_unharmed(server)
