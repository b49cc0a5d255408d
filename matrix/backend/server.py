"""The server: asyncio streams on loopback, with one task for each connection. I/O.

The path of a request selects the scenario: `/<anything>/<scenario>/v1/messages`. So the base URL of a client is enough
to select it. A segment `times=N` before the scenario makes the first N requests to the base URL fail as the scenario
does, and all later ones succeed. A client that drops the path of its base URL (the SDK before 0.2.9) can put it in its
API key: `x-api-key: /<anything>/<scenario>`. A backend with a fixed scenario plays that scenario for every base URL.

A scenario that does not exist in the dialect of a request is answered as an unknown one: with a 404.

A script of `scripts` is played at its base path, and at that with `/v1`, which some SDKs have in their base URLs.

`GET /` lists the scenarios for people, and `GET /<scenario>` describes one. The journal counts these requests as
strays, like all requests that belong to no call of an SDK.
"""

import asyncio
import contextlib
import re
import socket
from asyncio import sleep, timeout  # imported by name: tests of retry code replace them in this process
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from typing import Any

import h11
import msgspec

from matrix.backend import pages
from matrix.backend.headers import header
from matrix.backend.journal import Attempt, Journal, Received, RequestEnd
from matrix.backend.limits import Limits
from matrix.backend.playing import play
from matrix.backend.reading import READ_SIZE, Request, RequestRefused, read_request, refuse_foreign_host
from matrix.backend.script import Script
from matrix.catalogue.control import CLEAN
from matrix.catalogue.steps import Scenario
from matrix.catalogue.wire import Ending, plain_response
from matrix.targets.target import Target

HOST = "127.0.0.1"
"""The address on which every backend listens."""

CONTROL_PATH = "/_midstream/"
"""The beginning of the paths by which tests choose what is played, and read what was received. No API has it."""

_STEPS_TO_HAND_OVER = 5
"""Steps of the event loop after which an accepted connection has a task of its own: asyncio needs three."""

_TIMES = re.compile(r"/times=([0-9]{1,6})(?=/|\Z)")
"""The segment of a base path that says how many requests fail before the others succeed."""

_REQUEST_END = {ending: RequestEnd(ending.value) for ending in Ending}


class Backend:
    """A backend that listens on a port.

    Attributes:
        target: The target whose API it plays.
        port: The port on `HOST` on which it listens.
        journal: The journal of its requests.
        scenario: The id of the scenario that it plays for every base URL; empty if the base URL selects the scenario.
        limits: Its limits for each connection.
        hosts: The names that a request's `Host` may have, in addition to those of loopback.
        times: How many requests to a base URL fail before the others succeed, if the base URL does not say; 0 to play
            the scenario each time.
        scenarios: Scenarios that the catalogue of the target lacks, by id, or by the one base path without `times=`
            that plays it.
        scripts: What is played at base paths without a scenario, by base path.
        control: Answers the requests below `CONTROL_PATH`, which tests send; None if nobody does.
    """

    def __init__(
        self,
        target: Target,
        journal: Journal,
        scenario: str = "",
        limits: Limits | None = None,
        hosts: Collection[str] = (),
        times: int = 0,
        scenarios: Mapping[str, Scenario] | None = None,
    ) -> None:
        self.target = target
        self.port = 0
        self.journal = journal
        self.scenario = scenario
        self.limits = Limits() if limits is None else limits
        self.hosts = hosts
        self.times = times
        self.scenarios = dict(scenarios or {})
        self.scripts: dict[str, Script] = {}
        self.control: Callable[[Received], tuple[int, bytes]] | None = None
        self._accepted = 0
        self._connections: set[asyncio.Task[None]] = set()

    def url(self, path: str) -> str:
        """Return the base URL with this path, which begins with a slash and ends with the id of a scenario."""
        return f"http://{HOST}:{self.port}{path}"

    @property
    def playable(self) -> dict[str, Scenario]:
        """Every scenario that any base URL can select, by id."""
        added = [*self.scenarios.items()]  # a copy: another thread may add some
        own = {id_: scenario for id_, scenario in added if not id_.startswith("/")}
        return {**self.target.suite.playable, **own}

    def find_script(self, base_path: str, id_: str) -> Script | None:
        """Find what a base path plays, by the id of its scenario; None if it plays nothing."""
        if script := self.scripts.get(base_path):
            return script
        own = self.scenarios.get(_TIMES.sub("", base_path)) or self.scenarios.get(id_)
        scenario = own or self.target.suite.playable.get(id_)
        if scenario is None:
            return None
        segment = _TIMES.search(base_path)
        times = int(segment[1]) if segment else self.times
        clean = self.target.suite.playable.get(CLEAN.id, CLEAN)
        return Script(failures=(scenario,), times=times, clean=clean)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # asyncio calls this in a new task for each connection
            raise AssertionError
        if len(self._connections) >= self.limits.connections:
            writer.transport.abort()
            return
        self._connections.add(task)
        self._accepted += 1
        connection = self._accepted
        try:
            await self._converse(connection, reader, writer)
        except (TimeoutError, asyncio.CancelledError):
            pass  # the peer took too long, or the server is closing: nobody can read an error
        except OSError:
            self.journal.record_close(connection)
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()  # otherwise asyncio logs the error of a broken connection
            self._connections.discard(task)

    async def _converse(self, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests on one connection, by its number, until an answer ends it."""
        writer.transport.set_write_buffer_limits(0)  # drain() then waits until the kernel has all bytes
        ending, rest = Ending.KEEP_ALIVE, b""
        while ending is Ending.KEEP_ALIVE:
            try:
                request = await read_request(reader, rest, self.limits, keep_body=self.journal.whole)
                if request is None:
                    return self.journal.record_close(connection)
                refuse_foreign_host(request.head, self.hosts)
            except RequestRefused as refused:
                return await self._refuse(refused, connection, reader, writer)
            rest = request.rest
            if self.control is not None and request.head.target.startswith(CONTROL_PATH.encode()):
                status, answer = self.control(_received(request.head, request.body))
                writer.write(plain_response(status, answer, pages.JSON))
                await writer.drain()
            else:
                ending = await self._answer(request, connection, writer)
            if rest:
                await sleep(0)  # yield, so that a pipelining client cannot starve the others
        if ending is Ending.HOLD:
            async with timeout(self.limits.hold):
                await _discard(reader)
            self.journal.record_close(connection)
        return None

    async def _refuse(
        self, refused: RequestRefused, connection: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer with an error, and close the connection so that the peer can read the answer first."""
        if refused.head is not None:
            attempt = msgspec.structs.replace(self._attempt(refused.head, b""), known=False)
            self.journal.record_end(self.journal.record_start(attempt, connection), RequestEnd.REFUSED)
        async with timeout(self.limits.linger):
            writer.write(refused.answer)
            await writer.drain()
            writer.write_eof()
            await _discard(reader)

    async def _answer(self, request: Request, connection: int, writer: asyncio.StreamWriter) -> Ending:
        """Answer one request, and record it in the journal."""
        attempt = self._attempt(request.head, request.body)
        entry = self.journal.record_start(attempt, connection)
        try:
            async with timeout(self.limits.answer):
                script = self.find_script(attempt.base_path, attempt.scenario) if attempt.known else None
                if script is not None and attempt.dialect is not None:
                    if script.delay and script.is_failure(entry.before):
                        await sleep(script.delay)
                    ending = await play(
                        *script.answer(entry.before),
                        attempt.dialect,
                        writer,
                        lambda data: self.journal.record_sent(entry, data),
                    )
                    how = _REQUEST_END[ending]
                else:
                    answer, how = self._explain(request.head, attempt)
                    ending = Ending.KEEP_ALIVE
                    writer.write(answer)
                    await writer.drain()
                    self.journal.record_sent(entry, answer)
        except OSError:
            self.journal.record_end(entry, RequestEnd.PEER)
            raise
        self.journal.record_end(entry, how)
        return ending

    def _attempt(self, head: h11.Request, body: bytes) -> Attempt:
        """Describe a request for the journal."""
        attempt = _attempt(self, head)
        return msgspec.structs.replace(attempt, received=_received(head, body)) if self.journal.whole else attempt

    def _explain(self, request: h11.Request, attempt: Attempt) -> tuple[bytes, RequestEnd]:
        """Make the answer to a request that selects no scenario: a page for people, or a 404."""
        page = None
        if attempt.dialect is None and request.method in (b"GET", b"HEAD"):
            only = self.scenario
            playable = self.playable
            plays = {only: self.url("")} if only else {id_: self.url(f"/{id_}") for id_ in playable}
            as_data = pages.JSON in header(request, b"accept")
            page = pages.page(self.target, playable, attempt.base_path, plays, self.url(""), as_data=as_data)
        if page is None:
            answer, how = plain_response(404, pages.NOT_FOUND), RequestEnd.NOT_FOUND
        else:
            answer, how = plain_response(200, *page), RequestEnd.PAGE
        if request.method == b"HEAD":
            answer = answer[: answer.index(b"\r\n\r\n") + 4]
        return answer, how

    async def close(self) -> None:
        """Close every connection."""
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
    hosts: Collection[str] = (),
    times: int = 0,
    scenarios: Mapping[str, Scenario] | None = None,
) -> AsyncIterator[Backend]:
    """Run a backend that listens while the context lasts.

    Args:
        target: The target whose API it plays.
        port: The port on `HOST`; 0 for any free port.
        journal: The journal that records every request; by default a new `Journal`.
        scenario: The id of the scenario to play for every base URL; empty if the base URL selects the scenario.
        limits: The limits for each connection; by default more than any client of the API needs.
        sock: A bound socket to listen on instead of `port`; the caller closes it.
        hosts: The names that a request's `Host` may have, in addition to those of loopback.
        times: How many requests to a base URL fail before the others succeed; 0 to play the scenario each time.
        scenarios: Scenarios that the catalogue of the target lacks, by id; by default none.

    Raises:
        KeyError: The scenario does not exist.
        OSError: The port is not available.
    """
    backend = Backend(target, Journal() if journal is None else journal, scenario, limits, hosts, times, scenarios)
    if scenario and scenario not in backend.playable:
        raise KeyError(scenario)
    where: dict[str, Any] = {"sock": sock} if sock else {"host": HOST, "port": port, "reuse_address": True}
    server = await asyncio.start_server(backend._accept, **where)  # noqa: SLF001 - its own
    backend.port = server.sockets[0].getsockname()[1]
    try:
        yield backend
    finally:
        # Stop accepting first, and let accepted connections get their tasks. Otherwise asyncio loses a connection, and
        # leaks its socket, if it accepts it in the same step of the loop in which the server closes.
        with contextlib.suppress(NotImplementedError):  # the event loop of Windows
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
    """Read and discard data until the peer closes the connection."""
    while await reader.read(READ_SIZE):
        pass


def _attempt(backend: Backend, request: h11.Request) -> Attempt:
    """Describe what a request asks for."""
    path = request.target.decode("latin-1").partition("?")[0]
    for endpoint in backend.target.endpoints:
        before = endpoint.base_path(path)
        if before is not None:
            base_path = before or _path_in_key(request)
            if base_path.removesuffix("/v1") in backend.scripts:
                base_path = base_path.removesuffix("/v1")
            scenario = backend.scenario or base_path.rpartition("/")[2]
            dialect = endpoint.dialect_for(header(request, endpoint.version_header.encode()))
            known = backend.find_script(base_path, scenario)
            return Attempt(base_path, scenario, dialect, known is not None and dialect in known.dialects)
    return Attempt(path, path.rpartition("/")[2], None, known=False)


def _received(request: h11.Request, body: bytes) -> Received:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers)
    return Received(request.method.decode("latin-1"), request.target.decode("latin-1"), headers, body)


def _path_in_key(request: h11.Request) -> str:
    """Return the base path in the API key of a request; empty if the key is no path."""
    key = header(request, b"x-api-key")
    return key if key.startswith("/") else ""
