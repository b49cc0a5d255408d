"""The journal with times: what it keeps of requests, writes and closed connections, and its limits."""

import asyncio
import itertools
import socket
import time
from collections.abc import Callable

from matrix.backend.journal import Attempt, Received, RequestEnd
from matrix.backend.server import serve
from matrix.backend.timed_journal import TimedExchange, TimedJournal
from matrix.catalogue.dialect import Dialect
from matrix.targets import ANTHROPIC
from tests.support.raw_client import request


def ticking() -> Callable[[], float]:
    """Return a clock that advances by a second whenever it is read."""
    ticks = itertools.count()
    return lambda: float(next(ticks))


ATTEMPT = Attempt("/x", "clean", Dialect.MESSAGES, known=True)


def test_each_part_of_an_exchange_has_its_time() -> None:
    """The clock is read once for the beginning, and once for each record."""
    journal = TimedJournal(ticking())
    entry = journal.record_start(ATTEMPT, 7)
    journal.record_sent(entry, b"HTTP/1.1 200 OK")
    journal.record_end(entry, RequestEnd.HOLD)
    journal.record_close(7)
    journal.record_close(8)
    (exchange,) = journal.exchanges
    assert (7, 1.0, [(2.0, b"HTTP/1.1 200 OK", 15)], 3.0, RequestEnd.HOLD, 4.0) == (
        exchange.connection, exchange.arrived, [(sent.at, sent.data, sent.size) for sent in exchange.sent],
        exchange.ended, exchange.end, exchange.closed,
    )  # fmt: skip


def test_requests_are_counted_by_base_path_and_strays_are_not() -> None:
    """The retry family needs the number."""
    journal = TimedJournal(ticking())
    attempts = [ATTEMPT, Attempt("/y", "clean", Dialect.MESSAGES, known=True), ATTEMPT, Attempt("/z", "z", None, False)]
    assert [0, 0, 1, 0] == [journal.record_start(attempt).before for attempt in attempts]


def test_the_journal_of_a_storm_is_bounded() -> None:
    """Requests beyond the limit are counted, and the bytes of a long answer are only measured."""
    journal = TimedJournal(ticking())
    for _ in range(TimedJournal.MOST + 5):
        entry = journal.record_start(ATTEMPT)
        journal.record_sent(entry, b"x" * 40_000)
        journal.record_sent(entry, b"x" * 40_000)
        journal.record_end(entry, RequestEnd.FIN)
    assert (TimedJournal.MOST, TimedJournal.MOST + 5) == (len(journal.exchanges), journal.requests)
    assert (80_000, [40_000, 0]) == (
        journal.exchanges[0].size, [len(sent.data) for sent in journal.exchanges[0].sent]
    )  # fmt: skip


def test_an_answer_with_many_writes_takes_as_long_for_each() -> None:
    """A file of a user may send a hundred thousand events; the backend records each before it sends the next."""
    journal = TimedJournal(ticking())
    entry = journal.record_start(ATTEMPT)
    before = journal.exchanges
    seconds = []
    for _ in range(2):
        begin = time.process_time()
        for _ in range(10_000):
            journal.record_sent(entry, b"x" * 10)
        seconds.append(time.process_time() - begin)
    assert (20_000, 200_000) == (len(journal.exchanges[0].sent), journal.exchanges[0].size)
    assert () == before[0].sent, "what was read does not change"
    assert max(seconds) < 1, "1.3 s, and then 4 s, if each write copies the ones before it"


def test_equal_bodies_are_kept_once() -> None:
    """A program may send the same long prompt many times."""
    journal = TimedJournal(ticking())
    for letter in (b"x", b"x", b"y"):
        received = Received("POST", "/x/clean/v1/messages", (), letter * 10_000)
        journal.record_start(Attempt("/x", "clean", Dialect.MESSAGES, known=True, received=received))
    first, second, third = (each.attempt.received for each in journal.exchanges)
    assert first is not None
    assert second is not None
    assert third is not None
    assert first.body is second.body
    assert third.body == b"y" * 10_000


def exchange_with(scenario: str, client: Callable[[socket.socket], None]) -> TimedExchange:
    """Send a request to a real backend, let a client go on, and return what the journal has half a second later."""

    def converse(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(request("/" + scenario))
            connection.recv(1_000_000)
            client(connection)

    async def play() -> TimedExchange:
        journal = TimedJournal(time.monotonic)
        async with serve(ANTHROPIC, journal=journal) as backend:
            await asyncio.to_thread(converse, backend.port)
            until = time.monotonic() + 20
            while journal.exchanges[0].closed is None and time.monotonic() < until:  # noqa: ASYNC110 - it has no event
                await asyncio.sleep(0.01)
        return journal.exchanges[0]

    return asyncio.run(play())


def test_the_close_of_a_peer_is_recorded_for_a_kept_and_for_a_held_connection() -> None:
    """The client closes both when it leaves."""
    for scenario, end in (("http-api_error", RequestEnd.KEEP_ALIVE), ("stall", RequestEnd.HOLD)):
        exchange = exchange_with(scenario, lambda _: time.sleep(0.2))
        assert end is exchange.end
        assert exchange.closed is not None
        assert exchange.closed - exchange.arrived > 0.15


def test_a_backend_plays_the_scenarios_that_it_is_given() -> None:
    """An audit gives it one with more pings, which has the id of the target's own."""

    async def ask(path: str) -> bytes:
        scenarios = {"clean": ANTHROPIC.suite.playable["http-api_error"]}
        async with serve(ANTHROPIC, scenarios=scenarios) as backend:
            reader, writer = await asyncio.open_connection("127.0.0.1", backend.port)
            writer.write(request(path))
            answer = await reader.readuntil(b"\r\n")
            writer.close()
            await writer.wait_closed()
            return answer

    assert b"HTTP/1.1 500 \r\n" == asyncio.run(ask("/clean"))
