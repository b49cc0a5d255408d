"""The backend against bytes that nobody would write: a corpus that is kept, and mutations of it.

What is read is tested without a socket, where thousands of inputs cost a second; what a server makes of it, its
connections and its loop, over sockets.
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
"""Small, so that little is too much."""

PIECES = st.lists(st.integers(1, 200), max_size=8)
"""The lengths of the first pieces in which bytes come; what is left comes in one."""


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    """One backend for all that is sent here, which has nothing to complain of when it is over."""
    with listening(LIMITS) as found:
        yield found
        gc.collect()
        assert [] == found.complaints


def cut(data: bytes, lengths: list[int]) -> list[bytes]:
    """Bytes in pieces of these lengths, and one of the rest."""
    pieces = []
    for length in lengths:
        pieces.append(data[:length])
        data = data[length:]
    return [piece for piece in (*pieces, data) if piece]


def is_fine(server: Listening) -> bool:
    """Whether a clean request is answered as ever, and nobody is left afterwards."""
    with Client(server.backend.port) as client:
        client.ask("/afterwards/clean")
        answer = client.read_exactly(len(expected("clean")))
    server.backend.journal.take("/afterwards/clean")
    return answer == expected("clean") and server.has_no_peer() and not server.complaints


def test_the_corpus_is_found() -> None:
    """So what is asserted of all of it is asserted of something."""
    assert {"529-plain", "none-nothing", "501-gzip"} < REQUESTS.keys()


@pytest.mark.parametrize("pieces", ["whole", "in two", "byte by byte"])
def test_what_was_ever_sent_is_answered_as_its_name_says(server: Listening, pieces: str) -> None:
    """In whatever pieces it comes."""
    for name, data in REQUESTS.items():
        lengths = {"whole": [], "in two": [len(data) // 2], "byte by byte": [1] * len(data)}[pieces]
        with Client(server.backend.port) as client:
            for piece in cut(data, lengths):
                client.send(piece)
            client.say_no_more()
            answer, _ = client.read_to_end()
        statuses = re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)
        assert name.partition("-")[0] == (b"+".join(statuses).decode() or "none"), name
        assert is_fine(server), name


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Some of the corpus, one after the other, with a few bytes put in, left out, doubled, moved or replaced."""
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
    """The requests in these bytes up to the end or to a refusal, of which the status is told."""
    reader = asyncio.StreamReader()

    async def feed() -> None:
        for piece in pieces:
            reader.feed_data(piece)
            for _ in range(3):  # until it is read
                await asyncio.sleep(0)
        reader.feed_eof()

    async def read() -> list[Request | int]:
        found: list[Request | int] = []
        received = b""
        try:
            while (one := await read_request(reader, received, LIMITS, keep_body=True)) is not None:
                found.append(one)
                received = one.rest
        except RequestRefused as refused:
            found.append(refused.status)
        return found

    async with asyncio.TaskGroup() as both:
        both.create_task(feed())
        reading = both.create_task(read())
    return reading.result()


def told(found: list[Request | int]) -> list[object]:
    """What is the same in whatever pieces the bytes came: all but what lay in the buffer after a request."""
    return [
        one if isinstance(one, int) else (one.head.method, one.head.target, list(one.head.headers), one.body)
        for one in found
    ]


@settings(max_examples=600, deadline=None)
@given(data=st.one_of(mutated(), st.binary(max_size=300)), lengths=PIECES)
def test_what_is_read_is_within_limits_and_the_same_in_whatever_pieces_it_comes(
    data: bytes, lengths: list[int]
) -> None:
    """Requests and then an end, or a refusal with a status that says why; nothing else is raised."""
    found = asyncio.run(read_all([data] if data else []))
    assert told(found) == told(asyncio.run(read_all(cut(data, lengths))))
    for one in found:
        if isinstance(one, int):
            assert one in {400, 413, 431, 501}
        else:
            assert len(one.body) <= LIMITS.body
            headers = sum(len(name) + len(value) for name, value in one.head.headers)
            assert len(one.head.target) + headers < LIMITS.head


@settings(max_examples=150, deadline=None)
@given(
    data=st.one_of(mutated(), st.binary(max_size=300)),
    lengths=PIECES,
    leaving=st.sampled_from(["says no more", "closes", "resets", "asks for a reset"]),
)
def test_no_bytes_harm_the_backend(server: Listening, data: bytes, lengths: list[int], leaving: str) -> None:
    """Whatever comes, and however its sender leaves: the next is served, no connection is left, nothing was raised."""
    with Client(server.backend.port) as client, contextlib.suppress(ConnectionError):
        for piece in cut(data, lengths):
            client.send(piece)
        match leaving:
            case "says no more":
                client.say_no_more()
                client.read_to_end()
            case "resets":
                client.will_reset()
            case "asks for a reset":
                client.send(request("/x/reset"))
                client.hears_nothing_for(0.005)
    assert is_fine(server)
