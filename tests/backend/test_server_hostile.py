"""Hostile and careless clients: the backend serves the next client, reports no error, and no connection remains."""

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
from tests.support.raw_client import PATIENCE, Client, Listening, add_scenario, expected, listening, request

SERVED = "http-overloaded_error"
"""A scenario that keeps the connection alive."""


@pytest.fixture
def server() -> Iterator[Listening]:
    """Run a backend for one test; it must report no error and have no connection at the end."""
    with listening() as running:
        yield running
        with Client(running.backend.port) as client:
            client.send_request("/afterwards/clean")
            assert expected("clean") == client.read(len(expected("clean")))
        assert running.has_no_peer()
        gc.collect()
        assert [] == running.complaints


def test_thousands_of_pipelined_requests_in_one_write_are_answered_in_order(server: Listening) -> None:
    """Each request has its own path; only the end of the connection follows the last answer."""
    count = 3000
    paths = [f"/{number}/{'mid-then-ok' if number % 7 == 0 else SERVED}" for number in range(count)]
    requests = b"".join(map(request, paths))
    answers = b"".join(expected(path.rpartition("/")[2]) for path in paths)
    with Client(server.backend.port) as client, ThreadPoolExecutor(1) as sender:
        sent = sender.submit(client.send, requests)
        assert answers == client.read_exactly(len(answers))
        sent.result()
        client.close_sending_half()
        assert (b"", Ending.FIN) == client.read_to_end()
    assert [1] * count == [len(server.backend.journal.take(path)) for path in paths]


def test_a_pipelining_client_does_not_starve_another_client() -> None:
    """All requests of the first client have arrived before the request of the second."""

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
def test_a_client_that_closes_its_sending_half_after_a_request_gets_the_answer(server: Listening, id_: str) -> None:
    """The other half of the connection is still open."""
    with Client(server.backend.port) as client:
        client.send_request(f"/half/{id_}")
        client.close_sending_half()
        assert (expected(id_), Ending.FIN) == client.read_to_end()


@pytest.mark.parametrize("length", [0, 1, 40, len(request("/half/clean")) - 2, len(request("/half/clean")) - 1])
def test_an_incomplete_request_at_the_end_of_sending_gets_no_answer(server: Listening, length: int) -> None:
    """The journal records no attempt."""
    with Client(server.backend.port) as client:
        client.send(request("/half/clean")[:length])
        client.close_sending_half()
        assert (b"", Ending.FIN) == client.read_to_end()
    assert [] == server.backend.journal.take("/half/clean")


WHOLE = request("/x/custom")

STAGES = {
    "before any byte": (b"", 0),
    "in the head": (WHOLE[:30], 0),
    "in the body": (WHOLE[:-1], 0),
    "after the request": (WHOLE, 0),
    "in a pause": (WHOLE, 1),
    "in the answer": (WHOLE, 100_000),
    "while the answer is held": (request("/x/stall"), len(expected("stall"))),
    "between two requests": (request(f"/x/{SERVED}"), len(expected(SERVED))),
    "among many requests": (request(f"/x/{SERVED}") * 200 + WHOLE[:9], len(expected(SERVED))),
    "before it reads the refusal": (b"\0" * 100, 0),
    "after it read the refusal": (b"\0" * 100, 20),
}
"""The stage at which a client resets its connection: the bytes it has sent, and how many it has read."""


@pytest.mark.parametrize("stage", STAGES)
def test_a_reset_at_any_stage_leaves_no_connection(
    monkeypatch: pytest.MonkeyPatch, server: Listening, stage: str
) -> None:
    """The backend reports no error and serves the next client."""
    add_scenario(monkeypatch, Head(), Pause(0.02), Barrier(), Event("big", "x" * 4_000_000), Barrier(), Finish())
    sent, read_length = STAGES[stage]
    for _ in range(5):
        with Client(server.backend.port) as client:
            client.send(sent)
            client.read_exactly(read_length)
            client.reset_on_close()
    assert server.has_no_peer()


@pytest.mark.parametrize(
    "sent",
    [WHOLE[:30], WHOLE, request("/x/stall")],
    ids=["in the request", "in the answer", "while the answer is held"],
)
def test_a_reset_is_not_logged_even_if_garbage_is_collected_early(monkeypatch: pytest.MonkeyPatch, sent: bytes) -> None:
    """The loop stores the error for a task that awaits the close, and reports it if no task does.

    The `__del__` of the loop's protocol prevents the report, but runs too late if the error is collected first. That
    depends on other garbage, so this test removes `__del__`.
    """
    add_scenario(monkeypatch, Head(), Event("big", "x" * 4_000_000), Barrier(), Finish())
    monkeypatch.delattr(asyncio.StreamReaderProtocol, "__del__")
    with listening() as server:
        with Client(server.backend.port) as client:
            client.send(sent)
            assert client.receives_nothing_for(0.02) or client.read(1)  # the backend has read the request and waits
            client.reset_on_close()
        assert server.has_no_peer()
        gc.collect()
        assert [] == server.complaints


def open_files() -> int:
    """Count the open files and sockets of this process."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a table of the kernel, not a folder


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's table of open files")
def test_no_file_and_no_task_remains_after_thousands_of_connections() -> None:
    """They are served, silent, incomplete, refused, held or reset, by turns, fifty at a time."""
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
                            client.reset_on_close()
                    for _ in range(2 + batch):  # the loop has accepted few of them, or all
                        await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE):
                while before != (open_files(), len(asyncio.all_tasks())):  # noqa: ASYNC110 - the backend does not signal it
                    await asyncio.sleep(0.001)
            assert not backend._connections

    asyncio.run(go())
    gc.collect()
    assert [] == complaints


def test_every_write_is_sent_without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nagle's algorithm would join small writes and change the measurement."""
    no_delay: list[int] = []

    async def look(
        scenario: object, dialect: object, number: int, writer: asyncio.StreamWriter, on_sent: object
    ) -> Ending:
        no_delay.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return Ending.FIN

    monkeypatch.setattr(server_module, "play", look)
    with listening() as server, Client(server.backend.port) as client:
        client.send_request("/x/clean")
        client.read_to_end()
    assert [1] == no_delay


# Two backends


def test_two_backends_do_not_share_requests() -> None:
    """Two runs in one process use the same paths at once."""
    with listening() as first, listening() as second:
        for server in (first, first, second):
            with Client(server.backend.port) as client:
                client.send_request("/1/1/clean")
                assert expected("clean") == client.read(len(expected("clean")))
        assert [2, 1] == [len(server.backend.journal.take("/1/1/clean")) for server in (first, second)]


@pytest.mark.parametrize("make", [Journal, lambda: ListenerJournal(lambda *_: None)], ids=["journal", "feed"])
def test_a_backend_counts_its_own_attempts_only(make: type[Journal]) -> None:
    """The second answer goes to the second request of a run, and not to the first request of another run."""
    with listening(journal=make()) as first, listening(journal=make()) as second:
        for server, attempt in ((first, 0), (second, 0), (first, 1), (second, 1)):
            with Client(server.backend.port) as client:
                client.send_request("/1/1/mid-then-ok")
                client.close_sending_half()
                assert expected("mid-then-ok", attempt) == client.read_to_end()[0]


def test_a_backend_on_a_reused_port_has_no_attempts_of_the_earlier_backend() -> None:
    """It has no strays of the earlier backend either, and plays the first answer first."""
    with listening() as earlier, Client(earlier.backend.port) as old_client:
        port = earlier.backend.port
        old_client.send_request("/1/1/mid-then-ok")
        old_client.read_exactly(len(expected("mid-then-ok")))
        old_client.send(b"GET /stray HTTP/1.1\r\nHost: localhost\r\n\r\n")
        old_client.read(1)
    with listening(port=port) as later, Client(port) as client:
        assert ([], []) == (later.backend.journal.strays, later.backend.journal.take("/1/1/mid-then-ok"))
        client.send_request("/1/1/mid-then-ok")
        assert expected("mid-then-ok", 0) == client.read_exactly(len(expected("mid-then-ok", 0)))


def test_a_request_does_not_inherit_from_an_earlier_one_on_its_connection(server: Listening) -> None:
    """The path, the key and the dialect are those of each request."""
    without_base_path = b"POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
    by_key = without_base_path.replace(b"Host: localhost", b"Host: localhost\r\nX-API-Key: /by-key/clean")
    with Client(server.backend.port) as client:
        client.send(request("/by-path/clean") + without_base_path + by_key + without_base_path)
        client.close_sending_half()
        answer, _ = client.read_to_end()
    assert 2 == answer.count(expected("clean"))
    assert 2 == answer.count(b"HTTP/1.1 404 ")
    attempt_counts = [len(server.backend.journal.take(path)) for path in ("/by-path/clean", "/by-key/clean", "")]
    assert ([1, 1, 0], ["", ""]) == (attempt_counts, server.backend.journal.strays)
