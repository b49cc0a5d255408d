"""The server: asyncio streams on loopback, each connection a task, each request noted and answered.

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
from asyncio import sleep, timeout  # by names of our own: tests of retry code replace them, and share our process
from collections.abc import AsyncIterator
from typing import Any

import h11
import msgspec

from matrix.backend import pages
from matrix.backend.journal import Attempt, Journal, Received, RequestEnd
from matrix.backend.limits import Limits
from matrix.backend.playing import play
from matrix.backend.reading import READ_SIZE, Request, RequestRefused, read_request
from matrix.catalogue.wire import Ending, plain_response
from matrix.targets.target import Target

HOST = "127.0.0.1"

_STEPS_TO_HAND_OVER = 5
"""Steps of the loop in which a connection that was accepted becomes a task of ours: asyncio makes three."""

_REQUEST_END = {ending: RequestEnd(ending.value) for ending in Ending}


class Backend:
    """A listening backend.

    Attributes:
        target: Whose API it plays.
        port: Where it listens, on `HOST`.
        journal: What it was asked.
        scenario: The id of the one scenario that it plays, whatever the base URL; empty if the base URL names it.
        limits: What it takes of one peer.
    """

    def __init__(self, target: Target, journal: Journal, scenario: str = "", limits: Limits | None = None) -> None:
        self.target = target
        self.port = 0
        self.journal = journal
        self.scenario = scenario
        self.limits = Limits() if limits is None else limits
        self._connections: set[asyncio.Task[None]] = set()

    def url(self, path: str) -> str:
        """The base URL whose path is `path`, which begins with a slash and ends with a scenario's id."""
        return f"http://{HOST}:{self.port}{path}"

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # asyncio runs a connection's callback in a task of its own
            raise AssertionError
        if len(self._connections) >= self.limits.connections:
            writer.transport.abort()
            return
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.CancelledError):
            # The peer left (its socket may be closed under us) or took too long, or the server is closing: there is
            # nobody to tell.
            pass
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()  # asyncio logs why the connection broke unless somebody has waited for it
            self._connections.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests on one connection until one of them ends it."""
        writer.transport.set_write_buffer_limits(0)  # so that drain() means: handed to the kernel
        ending, rest = Ending.KEEP_ALIVE, b""
        while ending is Ending.KEEP_ALIVE:
            try:
                request = await read_request(reader, rest, self.limits, keep_body=self.journal.whole)
            except RequestRefused as refused:
                return await self._refuse(refused, reader, writer)
            if request is None:
                return None
            rest = request.rest
            ending = await self._answer(request, writer)
            if rest:
                await sleep(0)  # whoever has said much at once keeps nobody else from an answer
        if ending is Ending.HOLD:
            async with timeout(self.limits.hold):
                await _discard(reader)
        return None

    async def _refuse(
        self, refused: RequestRefused, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Say why no scenario is played, and end the connection so that the peer gets to read it."""
        if refused.head is not None:
            attempt = msgspec.structs.replace(self._attempt(refused.head, b""), known=False)
            self.journal.record_end(self.journal.record_start(attempt), RequestEnd.REFUSED)
        async with timeout(self.limits.linger):
            writer.write(refused.answer)
            await writer.drain()
            writer.write_eof()
            await _discard(reader)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> Ending:
        """Answer one request, and tell the journal of it."""
        attempt = self._attempt(request.head, request.body)
        entry = self.journal.record_start(attempt)
        try:
            async with timeout(self.limits.answer):
                if attempt.known and attempt.dialect is not None:
                    ending = await play(
                        self.target.suite.playable[attempt.scenario], attempt.dialect, entry.before, writer
                    )
                    how = _REQUEST_END[ending]
                else:
                    answer, how = self._explain(request.head, attempt)
                    ending = Ending.KEEP_ALIVE
                    writer.write(answer)
                    await writer.drain()
        except OSError:
            self.journal.record_end(entry, RequestEnd.PEER)
            raise
        self.journal.record_end(entry, how)
        return ending

    def _attempt(self, head: h11.Request, body: bytes) -> Attempt:
        """What the journal is told of a request."""
        attempt = _attempt(self.target, head, self.scenario)
        return msgspec.structs.replace(attempt, received=_received(head, body)) if self.journal.whole else attempt

    def _explain(self, request: h11.Request, attempt: Attempt) -> tuple[bytes, RequestEnd]:
        """The answer to a request that asks for no scenario: a page for a person, or a 404."""
        page = None
        if attempt.dialect is None and request.method in (b"GET", b"HEAD"):
            only = self.scenario
            plays = {only: self.url("")} if only else {id_: self.url(f"/{id_}") for id_ in self.target.suite.playable}
            as_data = pages.JSON in _header(request, b"accept")
            page = pages.page(self.target, attempt.base_path, plays, self.url(""), as_data=as_data)
        if page is None:
            answer, how = plain_response(404, pages.NOT_FOUND), RequestEnd.NOT_FOUND
        else:
            answer, how = plain_response(200, *page), RequestEnd.PAGE
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
    target: Target,
    port: int = 0,
    journal: Journal | None = None,
    scenario: str = "",
    *,
    limits: Limits | None = None,
    sock: socket.socket | None = None,
) -> AsyncIterator[Backend]:
    """A backend that listens while the context lasts.

    Args:
        target: Whose API it plays.
        port: On `HOST`; 0 for any that is free.
        journal: What it tells of every request; by default, one that keeps them until they are taken.
        scenario: The id of the one scenario to play, whatever the base URL; empty if the base URL is to name it.
        limits: What is taken of one peer; by default, more than any client of the API needs.
        sock: What it listens on, if not on a socket of its own; whoever made it closes it.

    Raises:
        KeyError: There is no such scenario.
        OSError: The port can't be had.
    """
    if scenario and scenario not in target.suite.playable:
        raise KeyError(scenario)
    backend = Backend(target, Journal() if journal is None else journal, scenario, limits)
    where: dict[str, Any] = {"sock": sock} if sock else {"host": HOST, "port": port, "reuse_address": True}
    server = await asyncio.start_server(backend._accept, **where)  # noqa: SLF001 - its own
    backend.port = server.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        # First nobody more is accepted, and whoever was is handed over: asyncio loses, with its socket, a connection
        # that it accepted in the very step in which the server closes.
        with contextlib.suppress(NotImplementedError):  # Windows' loop
            for listening in server.sockets:
                asyncio.get_running_loop().remove_reader(listening.fileno())
        try:
            for _ in range(_STEPS_TO_HAND_OVER):
                await asyncio.sleep(0)
        finally:
            server.close()
            await backend.close()
            await server.wait_closed()


async def _discard(reader: asyncio.StreamReader) -> None:
    """Read, and make nothing of it, until the peer leaves."""
    while await reader.read(READ_SIZE):
        pass


def _attempt(target: Target, request: h11.Request, only: str) -> Attempt:
    """What a request asks for; the scenario is `only`, if there is one."""
    path = request.target.decode("latin-1").partition("?")[0]
    for endpoint in target.endpoints:
        if path.endswith(endpoint.path):
            base_path = path.removesuffix(endpoint.path) or _path_in_key(request)
            scenario = only or base_path.rpartition("/")[2]
            is_older = endpoint.since and _header(request, endpoint.version_header.encode()) < endpoint.since
            dialect = endpoint.before if is_older else endpoint.dialect
            return Attempt(base_path, scenario, dialect, scenario in target.suite.playable)
    return Attempt(path, path.rpartition("/")[2], None, known=False)


def _received(request: h11.Request, body: bytes) -> Received:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers)
    return Received(request.method.decode("latin-1"), request.target.decode("latin-1"), headers, body)


def _path_in_key(request: h11.Request) -> str:
    """The base path that a client bears in its API key; empty if the key is a key."""
    key = _header(request, b"x-api-key")
    return key if key.startswith("/") else ""


def _header(request: h11.Request, name: bytes) -> str:
    """A header of a request; empty if it has none."""
    return next((value.decode("latin-1") for key, value in request.headers if key == name), "")
