"""The limits of the backend: what is too much, too slow or too long is ended, and what is just not is served."""

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
from tests.support.raw_client import PATIENCE, Client, custom, expected, listening, request

SHORT = 0.05
"""Seconds that a test waits for; all other limits are long, so that only one can have been met."""

SERVED = "http-overloaded_error"
"""A scenario that keeps the connection alive."""


def refusal(client: Client) -> tuple[int, str, Ending]:
    """The status, the type of the error and the ending of what a client is refused with."""
    data, ending = client.read_to_end()
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    return int(head.split(b" ")[1]), json.loads(body)["error"]["type"], ending


def head_of(length: int) -> bytes:
    """A request without a body whose head has so many bytes."""
    begin = f"POST /x/{SERVED}/v1/messages HTTP/1.1\r\nHost: a\r\nX: ".encode()
    return begin + b"y" * (length - len(begin) - 4) + b"\r\n\r\n"


@pytest.mark.parametrize("pieces", [1, 2, 40])
@pytest.mark.parametrize("limit", [1000, Limits().head])
def test_a_head_may_be_as_large_as_the_limit_and_not_a_byte_larger(limit: int, pieces: int) -> None:
    """In however many pieces it comes; the rest of what a peer says may follow, and is not looked at."""
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
                    client.say_no_more()
                    assert (431, "invalid_request_error", Ending.FIN) == refusal(client)
                else:
                    assert expected(SERVED) == client.read(len(expected(SERVED)))


def test_a_head_is_held_to_what_h11_holds_it_to() -> None:
    """So a head of the usual length is not refused after an update of h11 that nobody looked at."""
    assert h11.Connection(h11.SERVER)._max_incomplete_event_size == Limits().head


LENGTH, CHUNKED = "Content-Length: %d\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"


def with_body(length: int, *, chunked: bool) -> bytes:
    """A request with a body of so many bytes."""
    begin = f"POST /x/{SERVED}/v1/messages HTTP/1.1\r\nHost: a\r\n"
    if not chunked:
        return (begin + LENGTH % length).encode() + b"b" * length
    chunks = b"".join(b"%x\r\n%s\r\n" % (size, b"b" * size) for size in (length // 3, length - length // 3) if size)
    return (begin + CHUNKED).encode() + chunks + b"0\r\n\r\n"


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("limit", [0, 1000])
def test_a_body_may_be_as_large_as_the_limit_and_not_a_byte_larger(limit: int, *, chunked: bool) -> None:
    """And what is too large is refused as the API refuses it."""
    journal = Journal(whole=True)
    with listening(Limits(body=limit), journal) as server:
        with Client(server.backend.port) as client:
            client.send(with_body(limit, chunked=chunked))
            assert expected(SERVED) == client.read(len(expected(SERVED)))
            client.send(with_body(limit + 1, chunked=chunked))
            client.say_no_more()
            assert (413, "request_too_large", Ending.FIN) == refusal(client)
        attempts = journal.take(f"/x/{SERVED}")
    bodies = [len(attempt.received.body) for attempt in attempts if attempt.received]
    assert [(limit, True), (0, False)] == list(zip(bodies, (attempt.known for attempt in attempts), strict=True))


def test_the_limit_of_a_body_is_that_of_the_api() -> None:
    """32 MB, as the reference has it for the messages endpoint."""
    assert 32 * 1024 * 1024 == Limits().body


def test_a_body_that_is_too_large_is_refused_before_it_is_sent() -> None:
    """Its head says how large it is."""
    with listening() as server, Client(server.backend.port) as client:
        client.send(f"POST /x/{SERVED}/v1/messages HTTP/1.1\r\nHost: a\r\n{LENGTH % 40_000_000}".encode())
        client.say_no_more()
        assert (413, "request_too_large", Ending.FIN) == refusal(client)


def test_a_client_that_sends_all_of_it_first_reads_the_refusal_too() -> None:
    """Many do. More than the kernels of both sides take: a close would reset the connection, and the answer with it."""
    with listening(Limits(body=1000)) as server, Client(server.backend.port) as client:
        client.send(with_body(16_000_000, chunked=False))
        client.say_no_more()
        assert (413, "request_too_large", Ending.FIN) == refusal(client)


def test_a_refusal_comes_to_an_end_although_the_connection_lingers() -> None:
    """A client that reads to the end need not wait for as long."""
    with listening(Limits(linger=10 * PATIENCE)) as server, Client(server.backend.port) as client:
        client.send(b"\0")
        assert (400, "invalid_request_error", Ending.FIN) == refusal(client)


def test_a_peer_that_was_refused_and_goes_on_sending_is_read_from_for_a_while_only() -> None:
    """Or it would have a task of the server for as long as it likes."""
    with listening(Limits(linger=SHORT)) as server, Client(server.backend.port) as client:
        client.send(b"\0")
        assert (400, "invalid_request_error", Ending.FIN) == refusal(client)
        client.send_until_cut_off(b"\0" * 1000)
        assert server.has_no_peer()


def test_whoever_watches_hears_of_a_request_that_was_refused() -> None:
    """It came, and somebody wonders why nothing was played."""
    heard: list[tuple[str, bool, RequestEnd | None]] = []
    journal = ListenerJournal(lambda entry, left: heard.append((entry.attempt.base_path, entry.attempt.known, left)))
    with listening(Limits(body=10), journal) as server, Client(server.backend.port) as client:
        client.send(with_body(11, chunked=False))
        client.say_no_more()
        client.read_to_end()
    assert [(f"/x/{SERVED}", False, None), (f"/x/{SERVED}", False, RequestEnd.REFUSED)] == heard


@pytest.mark.parametrize(
    "begin",
    [
        pytest.param(b"P", id="a byte"),
        pytest.param(request("/x/clean")[:-10], id="half a head"),
        pytest.param(request("/x/clean")[:-1], id="all but a byte"),
        pytest.param(CHUNKED.join(["POST / HTTP/1.1\r\nHost: a\r\n", "5\r\nab"]).encode(), id="half a chunk"),
    ],
)
@pytest.mark.parametrize("first", [b"", request(f"/x/{SERVED}")], ids=["first", "second"])
def test_a_request_that_is_never_complete_gets_an_error(begin: bytes, first: bytes) -> None:
    """On a new connection, and on one that was kept alive."""
    with listening(Limits(request=SHORT)) as server, Client(server.backend.port) as client:
        client.send(first + begin)
        if first:
            client.read_exactly(len(expected(SERVED)))
        assert (408, "invalid_request_error", Ending.FIN) == refusal(client)
        client.say_no_more()
        assert server.has_no_peer()


@pytest.mark.parametrize("part", ["X: y\r\n", "1\r\nb\r\n"], ids=["headers", "chunks"])
def test_a_request_that_comes_drop_by_drop_gets_an_error_in_time(part: str) -> None:
    """Slowloris: it is never silent, and never done."""
    with listening(Limits(request=SHORT, linger=0)) as server, Client(server.backend.port) as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\n" + (CHUNKED.encode() if part.startswith("1") else b""))
        client.send_until_cut_off(part.encode(), pause=0.002)
        assert server.has_no_peer()


@pytest.mark.parametrize("asked", [False, True], ids=["new", "kept alive"])
def test_a_connection_on_which_nothing_is_asked_is_closed_without_a_word(*, asked: bool) -> None:
    """Nobody waits for an answer."""
    with listening(Limits(idle=SHORT)) as server, Client(server.backend.port) as client:
        if asked:
            client.ask(f"/x/{SERVED}")
        assert (expected(SERVED) if asked else b"", Ending.FIN) == client.read_to_end()
        assert server.has_no_peer()


def test_a_connection_is_held_for_so_long_and_then_closed() -> None:
    """A client without a timeout of its own would have it for ever."""
    with listening(Limits(hold=SHORT)) as server, Client(server.backend.port) as client:
        client.ask("/x/stall")
        assert (expected("stall"), Ending.FIN) == client.read_to_end()
        assert server.has_no_peer()


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(
            200_000,
            id="while a barrier waits for it",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a barrier asks nothing"),
        ),
        pytest.param(20_000_000, id="while bytes wait for it"),
    ],
)
def test_a_peer_that_does_not_read_its_answer_is_left(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """And for the journal it has left."""
    id_ = custom(monkeypatch, Head(), Event("big", "x" * size), Barrier(), Finish())
    heard: list[RequestEnd | None] = []
    feed = ListenerJournal(lambda _, left: heard.append(left))
    with listening(Limits(answer=SHORT), feed) as server, Client(server.backend.port, buffer=4096) as client:
        client.ask("/" + id_)
        client.read_exactly(1)
        assert server.has_no_peer()
        assert [None, RequestEnd.PEER] == heard
        assert [] == server.complaints


def test_a_peer_that_asks_and_asks_and_reads_nothing_is_left_before_it_has_said_much() -> None:
    """The server reads no further than it can answer."""
    asked = request("/x/clean") * 100
    limits, journal = Limits(answer=SHORT), ListenerJournal(lambda *_: None)
    with listening(limits, journal) as server, Client(server.backend.port, buffer=4096) as client:
        assert client.send_until_cut_off(asked) < 32_000_000
        assert server.has_no_peer()


def test_of_too_many_connections_the_last_is_closed_and_the_others_are_served() -> None:
    """And once one of those has left, there is room for another."""
    with listening(Limits(connections=3)) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(server.backend.port)) for _ in range(3)]
        for client in clients:
            client.ask(f"/x/{SERVED}")
            assert expected(SERVED) == client.read(len(expected(SERVED)))
        for _ in range(20):
            with Client(server.backend.port) as one_more:
                assert b"" == one_more.read_to_end()[0]
        clients[0].will_reset()
        clients[0].close()
        answer = b""
        while not answer:  # until the server has heard that the first left
            with Client(server.backend.port) as one_more, contextlib.suppress(ConnectionError):
                one_more.ask(f"/x/{SERVED}")
                answer = one_more.read(len(expected(SERVED)))
        assert expected(SERVED) == answer
        for client in clients[1:]:
            client.ask(f"/x/{SERVED}")
            assert expected(SERVED) == client.read(len(expected(SERVED)))


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
@pytest.mark.parametrize(("files", "connections"), [(1, 1), (256, 128), (1024, 512), (1_000_000, 1000), (None, 1000)])
def test_connections_take_half_of_the_files_that_a_process_may_open(
    monkeypatch: pytest.MonkeyPatch, files: int | None, connections: int
) -> None:
    """256 are usual on macOS, 1024 on Linux; the other half is for the program that is tested in the same process."""
    import resource

    soft = resource.RLIM_INFINITY if files is None else files
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, resource.RLIM_INFINITY))
    assert connections == Limits().connections


@contextlib.contextmanager
def no_more_files() -> Iterator[None]:
    """This process may open nothing while the context lasts."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.skipif(sys.platform != "linux", reason="counts on the lowest number for the next file")
def test_a_process_that_may_open_no_more_files_serves_again_once_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connections wait in the kernel meanwhile, and the server does nothing but complain."""
    monkeypatch.setattr("asyncio.constants.ACCEPT_RETRY_DELAY", SHORT)
    complaints: list[int] = []

    async def go() -> list[bytes]:
        loop = asyncio.get_running_loop()
        complained = asyncio.Event()

        def complain(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
            exception = context["exception"]
            assert isinstance(exception, OSError)
            complaints.append(exception.errno or 0)
            complained.set()

        loop.set_exception_handler(complain)
        peers = [socket.socket() for _ in range(3)]
        async with serve(ANTHROPIC) as backend:
            with no_more_files():
                for peer in peers:
                    peer.setblocking(False)
                    await loop.sock_connect(peer, (HOST, backend.port))
                    await loop.sock_sendall(peer, request(f"/x/{SERVED}"))
                await complained.wait()
            answers = [await asyncio.wait_for(loop.sock_recv(peer, 65536), PATIENCE) for peer in peers]
            for peer in peers:
                peer.close()
        return answers

    answers = asyncio.run(go())
    gc.collect()
    assert [expected(SERVED)] * 3 == answers
    assert {errno.EMFILE} == set(complaints)


def test_limits_of_one_backend_are_not_those_of_another() -> None:
    """The backend of a sweep and that of a test may share a process."""
    with listening(Limits(body=1)) as small, listening() as usual:
        found = []
        for server in (small, usual):
            with Client(server.backend.port) as client:
                client.ask(f"/x/{SERVED}")
                client.say_no_more()
                found.append(client.read_to_end()[0][:12])
    assert [b"HTTP/1.1 413", expected(SERVED)[:12]] == found
