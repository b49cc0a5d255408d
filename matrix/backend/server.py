"""The server: asyncio streams on loopback, h11 for requests, and our own hand on the socket for what is illegal.

I/O. It plays compiled actions and decides nothing: which scenario is played stands in the path of the request,
`/<anything>/<scenario>/v1/messages`, so that a client is told by its base URL alone. A client that drops the path of
its base URL (the SDK before 0.2.9) says the same in its API key: `x-api-key: /<anything>/<scenario>`. A backend that
was given one scenario plays that one, whatever the base URL.

Whoever opens the address itself in a browser is a person: `GET /` lists the scenarios and `GET /<scenario>` says what
one of them is. For the journal these are strays, like all that belongs to no call of an SDK.
"""

import asyncio
import contextlib
import socket
import struct
import sys
from asyncio import sleep  # by a name of our own: tests of retry code replace `asyncio.sleep`, and share our process
from collections.abc import AsyncIterator
from typing import Any, assert_never

import h11
import msgspec

from matrix.backend import pages
from matrix.backend.journal import Attempt, Journal, Left, Received
from matrix.backend.wire import Drain, End, Ending, Send, Wait, compile_scenario, plain_response
from matrix.scenarios import PLAYABLE
from matrix.scenarios.sse import Dialect
from matrix.scenarios.steps import Scenario

HOST = "127.0.0.1"

_ENDPOINTS = {"/v1/messages": Dialect.MESSAGES, "/v1/complete": Dialect.COMPLETIONS}

_NAMED_EVENTS_SINCE = "2023-06-01"
"""The API version from which completions stream named events; the oldest releases send no version at all."""

_READ_SIZE = 64 * 1024
_STEPS_TO_HAND_OVER = 5
"""Steps of the loop in which a connection that was accepted becomes a task of ours: asyncio makes three."""

_LONGEST_HOLD = 60.0
"""Seconds for which a connection is held open for a client that never gives up."""

_DRAIN_POLL = 0.0005
"""Seconds between two looks at the send queue; loopback empties it in well under a millisecond."""

_LEFT = {ending: Left(ending.value) for ending in Ending}


class Backend:
    """A listening backend.

    Attributes:
        port: Where it listens, on `HOST`.
        journal: What it was asked.
        scenario: The id of the one scenario that it plays, whatever the base URL; empty if the base URL names it.
    """

    def __init__(self, journal: Journal, scenario: str = "") -> None:
        self.port = 0
        self.journal = journal
        self.scenario = scenario
        self._connections: set[asyncio.Task[None]] = set()

    def url(self, path: str) -> str:
        """The base URL whose path is `path`, which begins with a slash and ends with a scenario's id."""
        return f"http://{HOST}:{self.port}{path}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # asyncio runs a connection's callback in a task of its own
            raise AssertionError
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, h11.RemoteProtocolError, asyncio.CancelledError):
            # The peer left (its socket may be closed under us) or speaks no HTTP, or the server is closing: there is
            # nobody to tell.
            pass
        finally:
            self._connections.discard(task)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests on one connection until one of them ends it."""
        writer.transport.set_write_buffer_limits(0)  # so that drain() means: handed to the kernel
        leftover = b""
        while True:
            connection = h11.Connection(h11.SERVER)
            if leftover:
                connection.receive_data(leftover)
            request, body = await _read_request(connection, reader, keep_body=self.journal.whole)
            if request is None:
                return
            leftover = connection.trailing_data[0]
            ending = await self._answer(request, body, writer)
            if ending is Ending.HOLD:
                await _hold(reader)
            if ending is not Ending.KEEP_ALIVE:
                return

    async def _answer(self, request: h11.Request, body: bytearray, writer: asyncio.StreamWriter) -> Ending:
        """Answer one request, and tell the journal of it."""
        attempt = _attempt(request, self.scenario)
        if self.journal.whole:
            attempt = msgspec.structs.replace(attempt, received=_received(request, body))
        entry = self.journal.note(attempt)
        try:
            if attempt.known and attempt.dialect is not None:
                ending = await _play(PLAYABLE[attempt.scenario], attempt.dialect, entry.before, writer)
                how = _LEFT[ending]
            else:
                answer, how = self._explain(request, attempt)
                ending = Ending.KEEP_ALIVE
                writer.write(answer)
                await writer.drain()
        except OSError:
            self.journal.left(entry, Left.PEER)
            raise
        self.journal.left(entry, how)
        return ending

    def _explain(self, request: h11.Request, attempt: Attempt) -> tuple[bytes, Left]:
        """The answer to a request that asks for no scenario: a page for a person, or a 404."""
        page = None
        if attempt.dialect is None and request.method in (b"GET", b"HEAD"):
            only = self.scenario
            plays = {only: self.url("")} if only else {id_: self.url(f"/{id_}") for id_ in PLAYABLE}
            as_data = pages.JSON in _header(request, b"accept")
            page = pages.page(attempt.base_path, plays, self.url(""), as_data=as_data)
        if page is None:
            answer, how = plain_response(404, pages.NOT_FOUND), Left.NOT_FOUND
        else:
            answer, how = plain_response(200, *page), Left.PAGE
        if request.method == b"HEAD":
            answer = answer[: answer.index(b"\r\n\r\n") + 4]
        return answer, how

    async def close(self) -> None:
        """End every connection."""
        tasks = list(self._connections)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def serve(
    port: int = 0, journal: Journal | None = None, scenario: str = "", sock: socket.socket | None = None
) -> AsyncIterator[Backend]:
    """A backend that listens while the context lasts.

    Args:
        port: On `HOST`; 0 for any that is free.
        journal: What it tells of every request; by default, one that keeps them until they are taken.
        scenario: The id of the one scenario to play, whatever the base URL; empty if the base URL is to name it.
        sock: What it listens on, if not on a socket of its own; whoever made it closes it.

    Raises:
        KeyError: There is no such scenario.
        OSError: The port can't be had.
    """
    if scenario and scenario not in PLAYABLE:
        raise KeyError(scenario)
    backend = Backend(Journal() if journal is None else journal, scenario)
    where: dict[str, Any] = {"sock": sock} if sock else {"host": HOST, "port": port, "reuse_address": True}
    server = await asyncio.start_server(backend._accept, **where)  # noqa: SLF001 - its own
    backend.port = server.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        server.close()
        for _ in range(_STEPS_TO_HAND_OVER):
            await asyncio.sleep(0)
        await backend.close()
        await server.wait_closed()


async def _read_request(
    connection: h11.Connection, reader: asyncio.StreamReader, *, keep_body: bool
) -> tuple[h11.Request | None, bytearray]:
    """The next request, and its body if that is to be kept; None if the peer is done."""
    request: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_READ_SIZE))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            if keep_body:
                body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return request, body
        elif isinstance(event, h11.ConnectionClosed):
            return None, body


def _attempt(request: h11.Request, only: str) -> Attempt:
    """What a request asks for; the scenario is `only`, if there is one."""
    path = request.target.decode("latin-1").partition("?")[0]
    for endpoint, dialect in _ENDPOINTS.items():
        if path.endswith(endpoint):
            base_path = path.removesuffix(endpoint) or _path_in_key(request)
            scenario = only or base_path.rpartition("/")[2]
            if dialect is Dialect.COMPLETIONS and _header(request, b"anthropic-version") < _NAMED_EVENTS_SINCE:
                dialect = Dialect.LEGACY
            return Attempt(base_path, scenario, dialect, scenario in PLAYABLE)
    return Attempt(path, path.rpartition("/")[2], None, known=False)


def _received(request: h11.Request, body: bytearray) -> Received:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers)
    return Received(request.method.decode("latin-1"), request.target.decode("latin-1"), headers, bytes(body))


def _path_in_key(request: h11.Request) -> str:
    """The base path that a client bears in its API key; empty if the key is a key."""
    key = _header(request, b"x-api-key")
    return key if key.startswith("/") else ""


def _header(request: h11.Request, name: bytes) -> str:
    """A header of a request; empty if it has none."""
    return next((value.decode("latin-1") for key, value in request.headers if key == name), "")


async def _play(scenario: Scenario, dialect: Dialect, number: int, writer: asyncio.StreamWriter) -> Ending:
    """Play a scenario to attempt `number` of one call, from 0, and leave the connection as it says."""
    for action in compile_scenario(scenario, dialect, number):
        match action:
            case Send(data):
                writer.write(data)
                await writer.drain()
            case Wait(seconds):
                await sleep(seconds)
            case Drain():
                await _drain_kernel(writer)
            case End(how):
                return await _end(writer, how)
            case _:
                assert_never(action)
    raise AssertionError(scenario)  # compiled actions end with an End


async def _end(writer: asyncio.StreamWriter, how: Ending) -> Ending:
    match how:
        case Ending.KEEP_ALIVE | Ending.HOLD:
            pass
        case Ending.FIN:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        case Ending.RESET:
            # Linger on, for zero seconds: close() then sends RST. A plain close or abort would send FIN.
            _socket(writer).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
        case _:
            assert_never(how)
    return how


async def _hold(reader: asyncio.StreamReader) -> None:
    """Wait until the peer leaves, or has stayed for as long as anybody is held."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LONGEST_HOLD):
            while await reader.read(_READ_SIZE):
                pass


async def _drain_kernel(writer: asyncio.StreamWriter) -> None:
    """Wait until the peer's kernel has acknowledged all that was sent.

    A reset throws away what is still in the send queue, so a scenario that delivers bytes and then resets needs
    this in between.
    """
    if sys.platform != "linux":
        return  # no queue length to ask for; the scenario's pause has to do
    import fcntl
    import termios

    file_descriptor = _socket(writer).fileno()
    while struct.unpack("i", fcntl.ioctl(file_descriptor, termios.TIOCOUTQ, b"\0" * 4))[0]:  # noqa: ASYNC110 - see below
        await sleep(_DRAIN_POLL)  # the kernel offers no event for this


def _socket(writer: asyncio.StreamWriter) -> socket.socket:
    found: socket.socket = writer.get_extra_info("socket")
    return found
