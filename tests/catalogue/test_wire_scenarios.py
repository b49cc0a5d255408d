"""Every scenario over a real socket: the bytes that arrive, the reads they arrive in, and the end of the connection.

The expected bytes are written by hand in `tests.support.wire_bytes`. No test here depends on time: a test repeats a
request whose reads a busy machine joined, and waits as long as necessary.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate

import pytest

from matrix.backend import pages
from matrix.backend.journal import Attempt
from matrix.catalogue.dialect import OF_ANTHROPIC, Dialect
from matrix.catalogue.error_event import READ_TIMEOUT
from matrix.catalogue.scenarios import PLAYABLE
from matrix.catalogue.wire import Drain, Ending, plain_response
from tests.support.raw_client import Client, Listening, listening
from tests.support.wire_bytes import KEEP_ALIVE, THEN_CLOSED, THEN_OK, ending, script, sent_bytes

CLIENT_WAITS = 0.25
"""Seconds without a byte after which a client with a timeout times out."""

TRIES = 25
"""How often a test asks for separate reads: on a busy machine, a late read joins two writes."""


@pytest.fixture(scope="module")
def server() -> Iterator[Listening]:
    """Run one backend for all tests of this module."""
    with listening() as backend_server:
        yield backend_server


def ids_ending_with(ending_: Ending, dialect: Dialect = Dialect.MESSAGES) -> list[str]:
    """List the scenarios of a dialect that end in this way."""
    return [
        id_
        for id_, scenario in PLAYABLE.items()
        if dialect in scenario.dialects and ending(script(id_, dialect)) is ending_
    ]


def each_ending_with(*endings: Ending) -> Iterator[tuple[str, Dialect]]:
    """Yield every scenario with one of these endings, in every dialect in which it exists."""
    for dialect in Dialect:
        for ending_ in endings:
            for id_ in ids_ending_with(ending_, dialect):
                yield id_, dialect


def one_attempt(id_: str, dialect: Dialect, base_path: str) -> list[Attempt]:
    """Return the journal's record of a scenario that was requested once."""
    return [Attempt(base_path, id_, dialect, known=True)]


def exchange(server: Listening, base_path: str, dialect: Dialect = Dialect.MESSAGES) -> tuple[bytes, Ending]:
    """Send one request on a new connection; return all bytes of the answer and the end of the connection."""
    with Client(server.backend.port) as client:
        client.send_request(base_path, dialect)
        client.close_sending_half()
        return client.read_to_end()


def expected_exchange(id_: str, attempt: int = 0, dialect: Dialect = Dialect.MESSAGES) -> tuple[bytes, Ending]:
    """Return the expected result of `exchange`: the server closes a kept-alive connection after the client's half."""
    pieces = script(id_, dialect, attempt)
    return sent_bytes(pieces), Ending.FIN if ending(pieces) is KEEP_ALIVE else ending(pieces)


def test_every_scenario_has_an_ending_that_is_tested_here() -> None:
    """Each test below has scenarios, and no scenario is left out."""
    counts = {dialect: [len(ids_ending_with(ending_, dialect)) for ending_ in Ending] for dialect in OF_ANTHROPIC}
    assert {
        Dialect.MESSAGES: [102, 6, 3, 2],
        Dialect.COMPLETIONS: [85, 6, 3, 2],
        Dialect.LEGACY: [85, 6, 3, 2],
        Dialect.BEDROCK: [110, 4, 3, 2],
    } == counts
    assert [Ending.KEEP_ALIVE, Ending.FIN, Ending.RESET, Ending.HOLD] == list(Ending)
    assert set(PLAYABLE) == {id_ for id_, _ in each_ending_with(*Ending)}


def every_absence() -> Iterator[tuple[str, Dialect]]:
    """Yield every scenario with each dialect in which it does not exist."""
    for id_, scenario in PLAYABLE.items():
        for dialect in sorted(OF_ANTHROPIC):
            if dialect not in scenario.dialects:
                yield id_, dialect


def test_a_scenario_that_a_dialect_lacks_is_answered_with_404_and_recorded_as_unknown(server: Listening) -> None:
    """The answer is that to an unknown scenario: a framing of one dialect has no meaning in another."""
    assert {Dialect.MESSAGES: 28, Dialect.COMPLETIONS: 45, Dialect.LEGACY: 45, Dialect.BEDROCK: 22} == Counter(
        dialect for _, dialect in every_absence()
    )
    for id_, dialect in every_absence():
        base_path = f"/absent-{dialect}/{id_}"
        answer = exchange(server, base_path, dialect)
        assert (plain_response(404, pages.NOT_FOUND), Ending.FIN) == answer, base_path
        assert [Attempt(base_path, id_, dialect, known=False)] == server.backend.journal.take(base_path)


def test_after_a_complete_response_the_same_connection_serves_another_request(server: Listening) -> None:
    """Exactly the expected bytes arrive, and the next call may reuse the connection from a pool."""
    afterwards = (sent_bytes(script("http-overloaded_error")), Ending.FIN)
    for id_, dialect in each_ending_with(Ending.KEEP_ALIVE):
        expected = sent_bytes(script(id_, dialect))
        base_path = f"/kept-{dialect}/{id_}"
        with Client(server.backend.port) as client:
            client.send_request(base_path, dialect)
            assert expected == client.read(len(expected)), base_path
            client.send_request("/afterwards/http-overloaded_error")
            client.close_sending_half()
            assert afterwards == client.read_to_end(), base_path
        assert one_attempt(id_, dialect, base_path) == server.backend.journal.take(base_path)


def test_a_failing_connection_is_closed_or_reset_after_its_last_byte(server: Listening) -> None:
    """A FIN is an end of the connection and an RST is an error; neither discards bytes that were sent before."""
    for id_, dialect in each_ending_with(Ending.FIN, Ending.RESET):
        pieces = script(id_, dialect)
        base_path = f"/failed-{dialect}/{id_}"
        with Client(server.backend.port) as client:
            client.send_request(base_path, dialect)
            assert (sent_bytes(pieces), ending(pieces)) == client.read_to_end(), base_path
        assert one_attempt(id_, dialect, base_path) == server.backend.journal.take(base_path)


def test_a_held_connection_stays_open_and_silent_until_the_client_closes_it(server: Listening) -> None:
    """The server holds it longer than the client waits, and then drops it."""
    with contextlib.ExitStack() as clients:
        for id_, dialect in each_ending_with(Ending.HOLD):
            expected = sent_bytes(script(id_, dialect))
            base_path = f"/held-{dialect}/{id_}"
            client = clients.enter_context(Client(server.backend.port))
            client.send_request(base_path, dialect)
            assert expected == client.read(len(expected)), base_path
            assert client.receives_nothing_for(CLIENT_WAITS * 1.5), base_path
            assert one_attempt(id_, dialect, base_path) == server.backend.journal.take(base_path)
        assert not server.has_no_peer(patience=0)
    assert server.has_no_peer()


@pytest.mark.parametrize("id_", ids_ending_with(Ending.HOLD))
def test_a_held_connection_ends_when_the_client_resets_it(server: Listening, id_: str) -> None:
    """A client may be killed while it waits."""
    expected = sent_bytes(script(id_))
    with Client(server.backend.port) as client:
        client.send_request(f"/held-and-reset/{id_}")
        assert expected == client.read(len(expected))
        client.reset_on_close()
    assert server.has_no_peer()


def reads(server: Listening, id_: str, dialect: Dialect = Dialect.MESSAGES) -> list[int]:
    """Count the bytes that have arrived after each read of a client that reads whatever is there."""
    expected = sent_bytes(script(id_, dialect))
    with Client(server.backend.port) as client:
        client.send_request(f"/reads/{id_}", dialect)
        pieces = client.reads(len(expected))
    assert expected == b"".join(pieces)
    return list(accumulate(map(len, pieces)))


@pytest.mark.parametrize(
    ("id_", "count", "dialect"),
    [
        ("split-crlf", 2, Dialect.MESSAGES),
        ("split-utf8", 1, Dialect.MESSAGES),
        ("cut-chunk", 1, Dialect.MESSAGES),
        ("bad-chunk-size", 1, Dialect.MESSAGES),
        ("split-frame", 1, Dialect.BEDROCK),
    ],
)
def test_bytes_around_a_drain_arrive_in_separate_reads(
    server: Listening, id_: str, count: int, dialect: Dialect
) -> None:
    """A read ends wherever the script waits for the peer's kernel."""
    pieces = script(id_, dialect)
    apart = {len(sent_bytes(pieces[:place])) for place, piece in enumerate(pieces) if isinstance(piece, Drain)}
    assert count == len(apart)
    assert any(apart <= set(reads(server, id_, dialect)) for _ in range(TRIES))


@pytest.mark.parametrize(
    ("id_", "count", "timeout"),
    [
        pytest.param("slow-drip", 7, CLIENT_WAITS, id="bytes of a drip"),
        pytest.param("pings-only", 8, READ_TIMEOUT, id="pings"),
    ],
)
def test_bytes_around_a_wait_arrive_one_by_one_and_outlast_the_client_s_timeout(
    server: Listening, id_: str, count: int, timeout: float
) -> None:
    """Each wait is short enough for the client; all of them together are too long."""
    pieces = script(id_)
    apart = {len(sent_bytes(pieces[:place])) for place, piece in enumerate(pieces) if isinstance(piece, float)}
    assert count == len(apart)
    for _ in range(TRIES):
        began = time.monotonic()
        lengths = reads(server, id_)
        assert time.monotonic() - began > timeout
        if apart <= set(lengths):
            return
    pytest.fail("two writes around a wait always arrived together")


@pytest.mark.parametrize("dialect", sorted(OF_ANTHROPIC))
@pytest.mark.parametrize("id_", THEN_OK)
def test_the_second_request_of_a_retry_scenario_gets_a_complete_stream(
    server: Listening, id_: str, dialect: Dialect
) -> None:
    """The third request gets the first answer again, so that the same base URL can be used again."""
    base_path = f"/again-{dialect}/{id_}"
    exchanges = [exchange(server, base_path, dialect) for _ in range(4)]
    assert [
        expected_exchange(id_, dialect=dialect),
        expected_exchange("clean", dialect=dialect),
        expected_exchange(id_, dialect=dialect),
        expected_exchange("clean", dialect=dialect),
    ] == exchanges
    assert expected_exchange(id_) != expected_exchange("clean")
    assert 4 == len(server.backend.journal.take(base_path))


def test_the_second_call_on_a_kept_connection_finds_it_closed(server: Listening) -> None:
    """The first answer leaves the connection usable; the second request gets its end and not a byte."""
    base_path, expected = f"/reused/{THEN_CLOSED}", sent_bytes(script("clean"))
    with Client(server.backend.port) as client:
        client.send_request(base_path)
        assert expected == client.read(len(expected))
        client.send_request(base_path)
        assert (b"", Ending.FIN) == client.read_to_end()
    assert 2 == len(server.backend.journal.take(base_path))


@pytest.mark.parametrize("id_", [id_ for id_ in THEN_OK if ending(script(id_)) is KEEP_ALIVE])
def test_attempts_are_counted_on_one_connection_as_on_several(server: Listening, id_: str) -> None:
    """A client with a pool sends its next request on the same connection."""
    base_path = f"/pooled/{id_}"
    with Client(server.backend.port) as client:
        for attempt in range(3):
            expected = sent_bytes(script("clean" if attempt == 1 else id_))
            client.send_request(base_path)
            assert expected == client.read(len(expected))
    server.backend.journal.take(base_path)


@pytest.mark.parametrize("id_", THEN_OK)
def test_each_call_has_attempts_of_its_own(server: Listening, id_: str) -> None:
    """The first request of a call gets the first answer, whatever other calls received."""
    paths = [f"/call-{number}/{id_}" for number in (1, 2, 1, 2)]
    exchanges = [exchange(server, path) for path in paths]
    assert [
        expected_exchange(id_),
        expected_exchange(id_),
        expected_exchange("clean"),
        expected_exchange("clean"),
    ] == exchanges
    assert [2, 2] == [len(server.backend.journal.take(path)) for path in paths[:2]]
