"""What clients do that mean harm, or do it: the backend serves the next one, complains of nothing and keeps nothing."""

import asyncio
import contextlib
import gc
import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from matrix.backend import server as server_module
from matrix.backend.journal import Journal, ListenerJournal
from matrix.backend.limits import Limits
from matrix.backend.server import HOST, serve
from matrix.catalogue.steps import Barrier, Event, Finish, Head, Pause
from matrix.catalogue.wire import Ending
from matrix.targets import ANTHROPIC
from tests.support.raw_client import PATIENCE, Client, Listening, custom, expected, listening, request

SERVED = "http-overloaded_error"
"""A scenario that keeps the connection alive."""


@pytest.fixture
def server() -> Iterator[Listening]:
    """A backend of the test's own, which has nothing to complain of and nobody to serve when it is over."""
    with listening() as found:
        yield found
        with Client(found.backend.port) as client:
            client.ask("/afterwards/clean")
            assert expected("clean") == client.read(len(expected("clean")))
        assert found.has_no_peer()
        gc.collect()
        assert [] == found.complaints


def test_thousands_of_pipelined_requests_in_one_write_are_answered_in_order(server: Listening) -> None:
    """Each under its own path; the last of them by nothing but the end."""
    count = 3000
    paths = [f"/{number}/{'mid-then-ok' if number % 7 == 0 else SERVED}" for number in range(count)]
    asked = b"".join(map(request, paths))
    answers = b"".join(expected(path.rpartition("/")[2]) for path in paths)
    with Client(server.backend.port) as client, ThreadPoolExecutor(1) as other:
        sent = other.submit(client.send, asked)
        assert answers == client.read_exactly(len(answers))
        sent.result()
        client.say_no_more()
        assert (b"", Ending.FIN) == client.read_to_end()
    assert [1] * count == [len(server.backend.journal.take(path)) for path in paths]


def test_a_client_that_pipelines_keeps_nobody_else_from_an_answer() -> None:
    """What it has said is all there already, and the other one came later."""

    async def go() -> int:
        async with serve(ANTHROPIC) as backend:
            greedy, modest = [await asyncio.open_connection(HOST, backend.port) for _ in range(2)]
            greedy[1].write(request(f"/greedy/{SERVED}") * 500)
            modest[1].write(request("/modest/clean"))
            assert expected("clean") == await modest[0].readexactly(len(expected("clean")))
            for _, writer in (greedy, modest):
                writer.transport.abort()
            return len(backend.journal.take(f"/greedy/{SERVED}"))

    assert 0 < asyncio.run(go()) < 50


@pytest.mark.parametrize("id_", ["clean", SERVED, "mid-overloaded_error", "eof-mid"])
def test_a_client_that_says_no_more_after_its_request_gets_its_answer(server: Listening, id_: str) -> None:
    """Half a connection is enough to be answered on."""
    with Client(server.backend.port) as client:
        client.ask(f"/half/{id_}")
        client.say_no_more()
        assert (expected(id_), Ending.FIN) == client.read_to_end()


@pytest.mark.parametrize("length", [0, 1, 40, len(request("/half/clean")) - 2, len(request("/half/clean")) - 1])
def test_a_client_that_says_no_more_before_its_request_is_complete_is_done(server: Listening, length: int) -> None:
    """It asked for nothing, and nothing is noted."""
    with Client(server.backend.port) as client:
        client.send(request("/half/clean")[:length])
        client.say_no_more()
        assert (b"", Ending.FIN) == client.read_to_end()
    assert [] == server.backend.journal.take("/half/clean")


WHOLE = request("/x/custom")

STAGES = {
    "before a word": (b"", 0),
    "in the head": (WHOLE[:30], 0),
    "in the body": (WHOLE[:-1], 0),
    "once it is asked": (WHOLE, 0),
    "in a pause": (WHOLE, 1),
    "in the answer": (WHOLE, 100_000),
    "while it is held": (request("/x/stall"), len(expected("stall"))),
    "between two requests": (request(f"/x/{SERVED}"), len(expected(SERVED))),
    "among many requests": (request(f"/x/{SERVED}") * 200 + WHOLE[:9], len(expected(SERVED))),
    "before it reads why it was refused": (b"\0" * 100, 0),
    "after it read why it was refused": (b"\0" * 100, 20),
}
"""When a client resets its connection: what it has sent, and how much it has read."""


@pytest.mark.parametrize("stage", STAGES)
def test_a_client_may_reset_at_any_stage(monkeypatch: pytest.MonkeyPatch, server: Listening, stage: str) -> None:
    """The connection is gone, and that is all."""
    custom(monkeypatch, Head(), Pause(0.02), Barrier(), Event("big", "x" * 4_000_000), Barrier(), Finish())
    said, heard = STAGES[stage]
    for _ in range(5):
        with Client(server.backend.port) as client:
            client.send(said)
            client.read_exactly(heard)
            client.will_reset()
    assert server.has_no_peer()


@pytest.mark.parametrize("said", [WHOLE[:30], WHOLE, request("/x/stall")], ids=["asking", "answered", "held"])
def test_nothing_is_logged_of_a_reset_however_garbage_is_collected(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    """The loop keeps the error for whoever waits for the close, and complains if nobody did.

    Its protocol has a precaution, `__del__`, which comes too late if the error is collected first. That depends on what
    else is garbage, so here it is taken away.
    """
    custom(monkeypatch, Head(), Event("big", "x" * 4_000_000), Barrier(), Finish())
    monkeypatch.delattr(asyncio.StreamReaderProtocol, "__del__")
    with listening() as server:
        with Client(server.backend.port) as client:
            client.send(said)
            assert client.hears_nothing_for(0.02) or client.read(1)  # it is heard, and waited for
            client.will_reset()
        assert server.has_no_peer()
        gc.collect()
        assert [] == server.complaints


def open_files() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - no folder but a table


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's table of open files")
def test_thousands_of_connections_leave_nothing_behind() -> None:
    """Served and kept alive, silent, half said, refused, reset and held, by turns and a hundred at a time."""
    manners = [request(f"/x/{SERVED}"), b"", WHOLE[:30], b"\0", request("/x/stall"), request("/x/reset")]
    complaints: list[object] = []

    async def go() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with serve(ANTHROPIC, journal=ListenerJournal(lambda *_: None), limits=Limits(linger=0.0)) as backend:
            before = open_files(), len(asyncio.all_tasks())
            for batch in range(40):
                with contextlib.ExitStack() as stack:
                    for number in range(50):
                        client = stack.enter_context(Client(backend.port))
                        client.send(manners[(number + batch) % len(manners)])
                        if number % 3 == 0:
                            client.will_reset()
                    for _ in range(2 + batch):  # the loop has heard of few of them, or of all
                        await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE):
                while before != (open_files(), len(asyncio.all_tasks())):  # noqa: ASYNC110 - the backend tells nobody
                    await asyncio.sleep(0.001)
            assert not backend._connections

    asyncio.run(go())
    gc.collect()
    assert [] == complaints


def test_what_is_written_is_sent_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Nagle's algorithm, which would put small writes together, and so change what is measured."""
    found: list[int] = []

    async def look(scenario: object, dialect: object, number: int, writer: asyncio.StreamWriter) -> Ending:
        found.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return Ending.FIN

    monkeypatch.setattr(server_module, "play", look)
    with listening() as server, Client(server.backend.port) as client:
        client.ask("/x/clean")
        client.read_to_end()
    assert [1] == found


# One backend and another.


def test_what_one_backend_is_asked_no_other_hears_of() -> None:
    """Two runs in one process, at once, with the same paths."""
    with listening() as one, listening() as other:
        for server in (one, one, other):
            with Client(server.backend.port) as client:
                client.ask("/1/1/clean")
                assert expected("clean") == client.read(len(expected("clean")))
        assert [2, 1] == [len(server.backend.journal.take("/1/1/clean")) for server in (one, other)]


@pytest.mark.parametrize("make", [Journal, lambda: ListenerJournal(lambda *_: None)], ids=["journal", "feed"])
def test_the_attempts_of_a_call_are_those_at_its_own_backend(make: type[Journal]) -> None:
    """What comes then comes to the second request of one run, and not to the first of another."""
    with listening(journal=make()) as one, listening(journal=make()) as other:
        for server, attempt in ((one, 0), (other, 0), (one, 1), (other, 1)):
            with Client(server.backend.port) as client:
                client.ask("/1/1/mid-then-ok")
                client.say_no_more()
                assert expected("mid-then-ok", attempt) == client.read_to_end()[0]


def test_a_run_that_is_given_the_port_of_one_that_is_over_knows_nothing_of_it() -> None:
    """Neither its attempts nor its strays; and a client that was left over is answered by what it says only."""
    with listening() as one, Client(one.backend.port) as late:
        port = one.backend.port
        late.ask("/1/1/mid-then-ok")
        late.read_exactly(len(expected("mid-then-ok")))
        late.send(b"GET /stray HTTP/1.1\r\nHost: a\r\n\r\n")
        late.read(1)
    with listening(port=port) as another, Client(port) as client:
        assert ([], []) == (another.backend.journal.strays, another.backend.journal.take("/1/1/mid-then-ok"))
        client.ask("/1/1/mid-then-ok")
        assert expected("mid-then-ok", 0) == client.read_exactly(len(expected("mid-then-ok", 0)))


def test_a_connection_remembers_no_request(server: Listening) -> None:
    """Neither the path nor the key nor the dialect of one is that of the next."""
    nowhere = b"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
    by_key = nowhere.replace(b"Host: a", b"Host: a\r\nX-API-Key: /by-key/clean")
    with Client(server.backend.port) as client:
        client.send(request("/by-path/clean") + nowhere + by_key + nowhere)
        client.say_no_more()
        answer, _ = client.read_to_end()
    assert 2 == answer.count(expected("clean"))
    assert 2 == answer.count(b"HTTP/1.1 404 ")
    taken = [len(server.backend.journal.take(path)) for path in ("/by-path/clean", "/by-key/clean", "")]
    assert ([1, 1, 0], ["", ""]) == (taken, server.backend.journal.strays)
