"""Every scenario over a real socket: the bytes that arrive, the reads in which they do, and how the connection is left.

The expected bytes are written by hand in `tests.support.wire_bytes`. No test here depends on time: what must arrive
apart is asked for again where a busy machine was late, and what is waited for may take as long as it takes.
"""

import contextlib
import time
from collections.abc import Iterator
from itertools import accumulate

import pytest

from matrix.backend.journal import Attempt
from matrix.catalogue.scenarios import PLAYABLE
from matrix.catalogue.sse import Dialect
from matrix.catalogue.wire import Drain, Ending
from tests.support.raw_client import Client, Listening, listening
from tests.support.wire_bytes import KEEP_ALIVE, THEN_OK, ending, said, script

CLIENT_WAITS = 0.25
"""Seconds without a byte after which a client of the scenarios that keep it waiting gives up."""

TRIES = 25
"""How often separate reads are asked for: one that comes too late, on a busy machine, finds two writes in one."""


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    """One backend for all tests of this module."""
    with listening() as found:
        yield found


def left_with(ending_: Ending) -> list[str]:
    """The scenarios that end in this way."""
    return [id_ for id_ in PLAYABLE if ending(script(id_)) is ending_]


def each_asked_for(*endings: Ending) -> Iterator[tuple[str, Dialect]]:
    """Every scenario with one of these endings, in every dialect in which its events exist."""
    for dialect in Dialect:
        for ending_ in endings:
            for id_ in left_with(ending_):
                if dialect is Dialect.MESSAGES or not PLAYABLE[id_].messages_only:
                    yield id_, dialect


def asked_once(id_: str, dialect: Dialect, base_path: str) -> list[Attempt]:
    """What the journal has of a scenario that was asked for once."""
    return [Attempt(base_path, id_, dialect, known=True)]


def exchange(server: Listening, base_path: str) -> tuple[bytes, Ending]:
    """All that one request on a connection of its own gets, and how the server ends it once the client is done."""
    with Client(server.backend.port) as client:
        client.ask(base_path)
        client.say_no_more()
        return client.read_to_end()


def played(id_: str, attempt: int = 0) -> tuple[bytes, Ending]:
    """What `exchange` ought to get: a connection that would be kept alive is closed when the client says no more."""
    pieces = script(id_, attempt=attempt)
    return said(pieces), Ending.FIN if ending(pieces) is KEEP_ALIVE else ending(pieces)


def test_every_scenario_ends_in_one_of_the_ways_that_are_tested_here() -> None:
    """Each test below has subjects, and nothing is left out."""
    found = [left_with(Ending.KEEP_ALIVE), left_with(Ending.FIN), left_with(Ending.RESET), left_with(Ending.HOLD)]
    assert [89, 5, 3, 2] == [len(ids) for ids in found]
    assert sorted(PLAYABLE) == sorted(id_ for ids in found for id_ in ids)


def test_after_a_complete_response_the_same_connection_serves_another_request(server: Listening) -> None:
    """Every byte arrives and no other, and the next call may have the connection from a pool."""
    afterwards = (said(script("http-overloaded_error")), Ending.FIN)
    for id_, dialect in each_asked_for(Ending.KEEP_ALIVE):
        expected = said(script(id_, dialect))
        base_path = f"/kept-{dialect}/{id_}"
        with Client(server.backend.port) as client:
            client.ask(base_path, dialect)
            assert expected == client.read(len(expected)), base_path
            client.ask("/afterwards/http-overloaded_error")
            client.say_no_more()
            assert afterwards == client.read_to_end(), base_path
        assert asked_once(id_, dialect, base_path) == server.backend.journal.take(base_path)


def test_a_connection_that_fails_is_closed_or_reset_after_its_last_byte_and_not_before(server: Listening) -> None:
    """A FIN is an end of the connection and an RST is an error; neither throws away what was sent before."""
    for id_, dialect in each_asked_for(Ending.FIN, Ending.RESET):
        pieces = script(id_, dialect)
        base_path = f"/failed-{dialect}/{id_}"
        with Client(server.backend.port) as client:
            client.ask(base_path, dialect)
            assert (said(pieces), ending(pieces)) == client.read_to_end(), base_path
        assert asked_once(id_, dialect, base_path) == server.backend.journal.take(base_path)


def test_a_connection_that_is_held_stays_open_in_silence_until_the_client_leaves(server: Listening) -> None:
    """Longer than the client waits; and then the server is done with it."""
    with contextlib.ExitStack() as clients:
        for id_, dialect in each_asked_for(Ending.HOLD):
            expected = said(script(id_, dialect))
            base_path = f"/held-{dialect}/{id_}"
            client = clients.enter_context(Client(server.backend.port))
            client.ask(base_path, dialect)
            assert expected == client.read(len(expected)), base_path
            assert client.hears_nothing_for(CLIENT_WAITS * 1.5), base_path
            assert asked_once(id_, dialect, base_path) == server.backend.journal.take(base_path)
        assert not server.has_no_peer(patience=0)
    assert server.has_no_peer()


@pytest.mark.parametrize("id_", left_with(Ending.HOLD))
def test_a_client_that_resets_a_held_connection_is_done_with_too(server: Listening, id_: str) -> None:
    """A client may be killed while it waits."""
    expected = said(script(id_))
    with Client(server.backend.port) as client:
        client.ask(f"/held-and-reset/{id_}")
        assert expected == client.read(len(expected))
        client.will_reset()
    assert server.has_no_peer()


def reads(server: Listening, id_: str) -> list[int]:
    """How many bytes had arrived after each read of a client that takes whatever is there."""
    expected = said(script(id_))
    with Client(server.backend.port) as client:
        client.ask(f"/reads/{id_}")
        pieces = client.reads(len(expected))
    assert expected == b"".join(pieces)
    return list(accumulate(map(len, pieces)))


@pytest.mark.parametrize(
    ("id_", "count"), [("split-crlf", 2), ("split-utf8", 1), ("cut-chunk", 1), ("bad-chunk-size", 1)]
)
def test_what_must_arrive_in_separate_reads_does(server: Listening, id_: str, count: int) -> None:
    """A read ends wherever the script waits for the peer's kernel, and nowhere later."""
    pieces = script(id_)
    apart = {len(said(pieces[:place])) for place, piece in enumerate(pieces) if isinstance(piece, Drain)}
    assert count == len(apart)
    assert any(apart <= set(reads(server, id_)) for _ in range(TRIES))


def test_a_drip_comes_byte_by_byte_and_takes_longer_than_a_client_waits(server: Listening) -> None:
    """No single wait is too long for the client; all of them together are."""
    pieces = script("slow-drip")
    drips = {len(said(pieces[:place])) for place, piece in enumerate(pieces) if isinstance(piece, float)}
    assert 7 == len(drips)
    for _ in range(TRIES):
        began = time.monotonic()
        found = reads(server, "slow-drip")
        assert time.monotonic() - began > CLIENT_WAITS
        if drips <= set(found):
            return
    pytest.fail("two of its bytes always came together")


@pytest.mark.parametrize("id_", THEN_OK)
def test_the_second_request_of_a_call_gets_a_complete_stream_and_the_third_is_the_first_again(
    server: Listening, id_: str
) -> None:
    """A client that retries gets there, and the same base URL can be used again."""
    base_path = f"/again/{id_}"
    found = [exchange(server, base_path) for _ in range(4)]
    assert [played(id_), played("clean"), played(id_), played("clean")] == found
    assert played(id_) != played("clean")
    assert 4 == len(server.backend.journal.take(base_path))


@pytest.mark.parametrize("id_", [id_ for id_ in THEN_OK if ending(script(id_)) is KEEP_ALIVE])
def test_attempts_are_counted_on_one_connection_as_on_several(server: Listening, id_: str) -> None:
    """A client with a pool asks again on the connection that it has."""
    base_path = f"/pooled/{id_}"
    with Client(server.backend.port) as client:
        for attempt in range(3):
            expected = said(script("clean" if attempt == 1 else id_))
            client.ask(base_path)
            assert expected == client.read(len(expected))
    server.backend.journal.take(base_path)


@pytest.mark.parametrize("id_", THEN_OK)
def test_each_call_has_attempts_of_its_own(server: Listening, id_: str) -> None:
    """What one call was told does not tell another that it comes second."""
    paths = [f"/call-{number}/{id_}" for number in (1, 2, 1, 2)]
    found = [exchange(server, path) for path in paths]
    assert [played(id_), played(id_), played("clean"), played("clean")] == found
    assert [2, 2] == [len(server.backend.journal.take(path)) for path in paths[:2]]
