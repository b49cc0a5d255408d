"""The limits of the backend: a request at a limit is served, and a request over it is ended."""

import asyncio
import contextlib
import errno
import gc
import json
import os
import socket
import sys
import time
from collections.abc import Iterator

import h11
import pytest

from matrix.backend.journal import Journal, ListenerJournal, RequestEnd
from matrix.backend.limits import Limits
from matrix.backend.server import HOST, serve
from matrix.catalogue.steps import Barrier, Event, Finish, Head
from matrix.catalogue.wire import Ending
from matrix.targets import ANTHROPIC
from tests.support.raw_client import PATIENCE, Client, add_scenario, expected, listening, request

SHORT = 0.05
"""Seconds of the limit under test; all other limits are long, so that only this limit can have been met."""

SERVED = "http-overloaded_error"
"""A scenario that keeps the connection alive."""


def refusal(client: Client) -> tuple[int, str, Ending]:
    """Read a refusal: its status, the type of its error, and the end of the connection."""
    data, ending = client.read_to_end()
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    return int(head.split(b" ")[1]), json.loads(body)["error"]["type"], ending


def head_of(length: int) -> bytes:
    """Write a request without a body whose head has `length` bytes."""
    begin = f"POST /x/{SERVED}/v1/messages HTTP/1.1\r\nHost: localhost\r\nX: ".encode()
    return begin + b"y" * (length - len(begin) - 4) + b"\r\n\r\n"


@pytest.mark.parametrize("pieces", [1, 2, 40])
@pytest.mark.parametrize("limit", [1000, Limits().head])
def test_a_head_may_be_as_large_as_the_limit_and_not_a_byte_larger(limit: int, pieces: int) -> None:
    """The number of pieces makes no difference; bytes that follow a refused head are ignored."""
    with listening(Limits(head=limit)) as server:
        for too_many in (0, 1):
            whole = head_of(limit + too_many)
            size = -(-len(whole) // pieces)
            with Client(server.backend.port) as client:
                for start in range(0, len(whole), size):
                    client.send(whole[start : start + size])
                    time.sleep(0.001)
                if too_many:
                    client.send(b"z" * 200_000)
                    client.close_sending_half()
                    assert (431, "invalid_request_error", Ending.FIN) == refusal(client)
                else:
                    assert expected(SERVED) == client.read(len(expected(SERVED)))


def test_the_limit_of_a_head_is_that_of_h11() -> None:
    """An update of h11 that changes its limit fails here, before it refuses heads of a usual length."""
    assert h11.Connection(h11.SERVER)._max_incomplete_event_size == Limits().head


LENGTH, CHUNKED = "Content-Length: %d\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"


def with_body(length: int, *, chunked: bool) -> bytes:
    """Write a request with a body of `length` bytes."""
    begin = f"POST /x/{SERVED}/v1/messages HTTP/1.1\r\nHost: localhost\r\n"
    if not chunked:
        return (begin + LENGTH % length).encode() + b"b" * length
    chunks = b"".join(b"%x\r\n%s\r\n" % (size, b"b" * size) for size in (length // 3, length - length // 3) if size)
    return (begin + CHUNKED).encode() + chunks + b"0\r\n\r\n"


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("limit", [0, 1000])
def test_a_body_may_be_as_large_as_the_limit_and_not_a_byte_larger(limit: int, *, chunked: bool) -> None:
    """The refusal has the status and the type of the API's own refusal."""
    journal = Journal(whole=True)
    with listening(Limits(body=limit), journal) as server:
        with Client(server.backend.port) as client:
            client.send(with_body(limit, chunked=chunked))
            assert expected(SERVED) == client.read(len(expected(SERVED)))
            client.send(with_body(limit + 1, chunked=chunked))
            client.close_sending_half()
            assert (413, "request_too_large", Ending.FIN) == refusal(client)
        attempts = journal.take(f"/x/{SERVED}")
    bodies = [len(attempt.received.body) for attempt in attempts if attempt.received]
    assert [(limit, True), (0, False)] == list(zip(bodies, (attempt.known for attempt in attempts), strict=True))


def test_the_limit_of_a_body_is_that_of_the_api() -> None:
    """The API reference gives 32 MB for the messages endpoint."""
    assert 32 * 1024 * 1024 == Limits().body


def test_a_body_over_the_limit_is_refused_before_it_is_sent() -> None:
    """The head has the length of the body."""
    with listening() as server, Client(server.backend.port) as client:
        client.send(f"POST /x/{SERVED}/v1/messages HTTP/1.1\r\nHost: localhost\r\n{LENGTH % 40_000_000}".encode())
        client.close_sending_half()
        assert (413, "request_too_large", Ending.FIN) == refusal(client)


def test_a_client_that_sends_its_whole_body_first_reads_the_refusal() -> None:
    """The body exceeds both kernels' buffers, so an early close would reset the connection and lose the answer."""
    with listening(Limits(body=1000)) as server, Client(server.backend.port) as client:
        client.send(with_body(16_000_000, chunked=False))
        client.close_sending_half()
        assert (413, "request_too_large", Ending.FIN) == refusal(client)


def test_a_refusal_ends_before_the_connection_stops_lingering() -> None:
    """A client that reads to the end does not wait for the lingering connection."""
    with listening(Limits(linger=10 * PATIENCE)) as server, Client(server.backend.port) as client:
        client.send(b"\0")
        assert (400, "invalid_request_error", Ending.FIN) == refusal(client)


def test_a_refused_peer_that_keeps_sending_is_cut_off() -> None:
    """Otherwise the peer could occupy a task of the server without end."""
    with listening(Limits(linger=SHORT)) as server, Client(server.backend.port) as client:
        client.send(b"\0")
        assert (400, "invalid_request_error", Ending.FIN) == refusal(client)
        client.send_until_cut_off(b"\0" * 1000)
        assert server.has_no_peer()


def test_a_listener_is_notified_of_a_refused_request() -> None:
    """The notice explains why no scenario was played."""
    notices: list[tuple[str, bool, RequestEnd | None]] = []
    journal = ListenerJournal(lambda entry, end: notices.append((entry.attempt.base_path, entry.attempt.known, end)))
    with listening(Limits(body=10), journal) as server, Client(server.backend.port) as client:
        client.send(with_body(11, chunked=False))
        client.close_sending_half()
        client.read_to_end()
    assert [(f"/x/{SERVED}", False, None), (f"/x/{SERVED}", False, RequestEnd.REFUSED)] == notices


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(b"P", id="one byte"),
        pytest.param(request("/x/clean")[:-10], id="half a head"),
        pytest.param(request("/x/clean")[:-1], id="all but a byte"),
        pytest.param(CHUNKED.join(["POST / HTTP/1.1\r\nHost: localhost\r\n", "5\r\nab"]).encode(), id="half a chunk"),
    ],
)
@pytest.mark.parametrize("first", [b"", request(f"/x/{SERVED}")], ids=["first request", "second request"])
def test_an_incomplete_request_gets_an_error_after_the_limit(begin: bytes, first: bytes) -> None:
    """This holds on a new connection and on a kept-alive one."""
    with listening(Limits(request=SHORT)) as server, Client(server.backend.port) as client:
        client.send(first + begin)
        if first:
            client.read_exactly(len(expected(SERVED)))
        assert (408, "invalid_request_error", Ending.FIN) == refusal(client)
        client.close_sending_half()
        assert server.has_no_peer()


@pytest.mark.parametrize("part", ["X: y\r\n", "1\r\nb\r\n"], ids=["headers", "chunks"])
def test_a_slow_request_is_cut_off_after_the_limit(part: str) -> None:
    """A Slowloris client is never silent and never completes its request."""
    with listening(Limits(request=SHORT, linger=0)) as server, Client(server.backend.port) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: localhost\r\n" + (CHUNKED.encode() if part.startswith("1") else b""))
        client.send_until_cut_off(part.encode(), pause=0.002)
        assert server.has_no_peer()


@pytest.mark.parametrize("is_kept_alive", [False, True], ids=["new connection", "kept-alive connection"])
def test_an_idle_connection_is_closed_without_an_answer(*, is_kept_alive: bool) -> None:
    """The client waits for no answer."""
    with listening(Limits(idle=SHORT)) as server, Client(server.backend.port) as client:
        if is_kept_alive:
            client.send_request(f"/x/{SERVED}")
        assert (expected(SERVED) if is_kept_alive else b"", Ending.FIN) == client.read_to_end()
        assert server.has_no_peer()


def test_a_held_connection_is_closed_after_the_limit() -> None:
    """A client without a timeout of its own would otherwise hold it for ever."""
    with listening(Limits(hold=SHORT)) as server, Client(server.backend.port) as client:
        client.send_request("/x/stall")
        assert (expected("stall"), Ending.FIN) == client.read_to_end()
        assert server.has_no_peer()


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(
            200_000,
            id="while a barrier waits for it",
            marks=pytest.mark.skipif(
                sys.platform != "linux", reason="on other systems a barrier does not ask the kernel"
            ),
        ),
        pytest.param(20_000_000, id="while bytes wait for it"),
    ],
)
def test_a_peer_that_does_not_read_its_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """The journal records that the peer left."""
    id_ = add_scenario(monkeypatch, Head(), Event("big", "x" * size), Barrier(), Finish())
    ends: list[RequestEnd | None] = []
    feed = ListenerJournal(lambda _, end: ends.append(end))
    with listening(Limits(answer=SHORT), feed) as server, Client(server.backend.port, buffer=4096) as client:
        client.send_request("/" + id_)
        client.read_exactly(1)
        assert server.has_no_peer()
        assert [None, RequestEnd.PEER] == ends
        assert [] == server.complaints


def test_a_peer_that_sends_requests_and_reads_no_answer_is_cut_off_early() -> None:
    """The server reads no further than it can answer."""
    requests = request("/x/clean") * 100
    limits, journal = Limits(answer=SHORT), ListenerJournal(lambda *_: None)
    with listening(limits, journal) as server, Client(server.backend.port, buffer=4096) as client:
        assert client.send_until_cut_off(requests) < 32_000_000
        assert server.has_no_peer()


def test_a_connection_over_the_limit_is_closed_and_the_others_are_served() -> None:
    """A new connection is served as soon as an earlier one ends."""
    with listening(Limits(connections=3)) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server.backend.port)) for _ in range(3)]
        for client in clients:
            client.send_request(f"/x/{SERVED}")
            assert expected(SERVED) == client.read(len(expected(SERVED)))
        for _ in range(20):
            with Client(server.backend.port) as extra_client:
                assert b"" == extra_client.read_to_end()[0]
        clients[0].reset_on_close()
        clients[0].close()
        answer = b""
        while not answer:  # until the server has noticed that the first client left
            with Client(server.backend.port) as extra_client, contextlib.suppress(ConnectionError):
                extra_client.send_request(f"/x/{SERVED}")
                answer = extra_client.read(len(expected(SERVED)))
        assert expected(SERVED) == answer
        for client in clients[1:]:
            client.send_request(f"/x/{SERVED}")
            assert expected(SERVED) == client.read(len(expected(SERVED)))


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no such limit")
@pytest.mark.parametrize(("files", "connections"), [(1, 1), (256, 128), (1024, 512), (1_000_000, 1000), (None, 1000)])
def test_connections_take_half_of_the_files_that_a_process_may_open(
    monkeypatch: pytest.MonkeyPatch, files: int | None, connections: int
) -> None:
    """Usual limits are 256 files on macOS and 1024 on Linux; the program under test gets the other half."""
    import resource

    soft = resource.RLIM_INFINITY if files is None else files
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, resource.RLIM_INFINITY))
    assert connections == Limits().connections


@contextlib.contextmanager
def without_free_files() -> Iterator[None]:
    """Forbid this process to open files while the context lasts."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(sys.platform != "linux", reason="assumes that a new file gets the lowest free number")
def test_a_backend_without_free_files_serves_again_once_files_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Meanwhile the kernel queues the connections, and the server reports the error."""
    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", SHORT)
    complaints: list[int] = []

    async def go() -> list[bytes]:
        loop = asyncio.get_running_loop()
        reported = asyncio.Event()

        def report(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
            exception = context["exception"]
            assert isinstance(exception, OSError)
            complaints.append(exception.errno or 0)
            reported.set()

        loop.set_exception_handler(report)
        peers = [socket.socket() for _ in range(3)]
        async with serve(ANTHROPIC) as backend:
            with without_free_files():
                for peer in peers:
                    peer.setblocking(False)
                    await loop.sock_connect(peer, (HOST, backend.port))
                    await loop.sock_sendall(peer, request(f"/x/{SERVED}"))
                await reported.wait()
            answers = [await asyncio.wait_for(loop.sock_recv(peer, 65536), PATIENCE) for peer in peers]
            for peer in peers:
                peer.close()
        return answers

    answers = asyncio.run(go())
    gc.collect()
    assert [expected(SERVED)] * 3 == answers
    assert {errno.EMFILE} == set(complaints)


def test_each_backend_has_limits_of_its_own() -> None:
    """The backend of a sweep and that of a test may share a process."""
    with listening(Limits(body=1)) as small, listening() as usual:
        answers = []
        for server in (small, usual):
            with Client(server.backend.port) as client:
                client.send_request(f"/x/{SERVED}")
                client.close_sending_half()
                answers.append(client.read_to_end()[0][:12])
    assert [b"HTTP/1.1 413", expected(SERVED)[:12]] == answers
