"""The recorder: a proxy on loopback that sends requests on to an API, and keeps what it answers. I/O.

The bytes of an answer are passed on as they arrive, also those that break HTTP, and a reset becomes a reset. Each
request has a connection of its own to the API.
"""

import asyncio
import contextlib
import hashlib
from asyncio import sleep
from collections.abc import AsyncIterator, Callable, Collection
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import h11

from matrix.backend.headers import header
from matrix.backend.limits import MOST_RECORDED, Limits
from matrix.backend.playing import drain_kernel, end_response
from matrix.backend.reading import READ_SIZE, Request, RequestRefused, read_request, refuse_foreign_host
from matrix.backend.record.recording import Exchange, ResponseEnd
from matrix.backend.record.redaction import Redactor
from matrix.backend.record.response import ResponseReader
from matrix.backend.record.upstream import Upstream
from matrix.backend.server import HOST
from matrix.catalogue.wire import Ending, plain_response
from matrix.targets.target import Target

_SECRET: Final = ("auth", "cookie", "key", "secret", "token")
"""What the name of a header contains whose value is a secret."""

_READ: Final = 0.02
"""Seconds in which a client reads what it was sent, before the connection is reset."""

_GRACE: Final = 1.0
"""Seconds that answers may take to end once the program has ended."""


class Recorder:
    """A recorder of one API.

    Attributes:
        exchanges: The requests that were recorded, in their order.
        problems: What could not be sent on or recorded, in words.
        others: The number of requests that were sent on and not recorded, since they ask for no stream.
        port: The port on which it listens.
    """

    def __init__(
        self,
        upstream: Upstream,
        target: Target,
        hosts: Collection[str] = (),
        listener: Callable[[Exchange], None] = lambda _: None,
    ) -> None:
        self.exchanges: list[Exchange] = []
        self.problems: list[str] = []
        self.others = 0
        self.port = 0
        self._upstream = upstream
        self._target = target
        self._hosts = hosts
        self._listener = listener
        self._limits = Limits()
        self._secrets: set[bytes] = set()
        self._size = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """The base URL for clients."""
        return f"http://{HOST}:{self.port}"

    def redactor(self, *, keep_text: bool) -> Redactor:
        """Return the rules for what was recorded, with the secrets of all requests."""
        redactor = Redactor(keep_text=keep_text)
        for secret in self._secrets:
            redactor.add_secret(secret)
        return redactor

    @contextlib.asynccontextmanager
    async def listen(self, port: int = 0) -> AsyncIterator[None]:
        """Listen while the context lasts, and then until running answers have ended, for a second at most.

        Raises:
            OSError: The port is not available.
        """
        server = await asyncio.start_server(self._accept, HOST, port, reuse_address=True)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_GRACE)
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None:  # asyncio calls this in a new task for each connection
            raise AssertionError
        if len(self._tasks) >= self._limits.connections:
            writer.transport.abort()
            return
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # the client left, or the recording ends
        finally:
            writer.transport.abort()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()
            self._tasks.discard(task)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests on one connection until an answer ends it."""
        writer.transport.set_write_buffer_limits(0)
        rest: bytes | None = b""
        while rest is not None:
            try:
                request = await read_request(reader, rest, self._limits, keep_body=True)
                if request is None:
                    return
                refuse_foreign_host(request.head, self._hosts)
            except RequestRefused as refused:
                writer.write(refused.answer)
                await writer.drain()
                return
            rest = await self._send_on(request, reader, writer)

    async def _send_on(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bytes | None:
        """Answer one request as the API does; return the bytes that follow it, or None if the connection has ended."""
        self._remember_secrets(request.head)
        try:
            from_api, to_api = await self._upstream.connect()
        except OSError as error:  # a TimeoutError too
            reason = f"{self._upstream.authority} can't be reached: {error.strerror or error or type(error).__name__}"
            self.problems.append(f"{reason}.")
            writer.write(plain_response(502, b'{"type":"error","error":{"type":"api_error","message":"No upstream"}}'))
            await writer.drain()
            return request.rest
        exchange = self._exchange(request)
        clock = asyncio.get_running_loop().time
        try:
            to_api.write(self._upstream.request(request))
            exchange.began = clock()
            exchange.end, rest = await self._relay(exchange, from_api, reader, writer)
        finally:
            exchange.ended = clock()
            exchange.response.end(exchange.ended)
            to_api.transport.abort()
            if exchange in self.exchanges:
                self._listener(exchange)
        if exchange.end is ResponseEnd.COMPLETE and exchange.response.is_delimited:
            return request.rest + rest
        if exchange.end is ResponseEnd.RESET:
            await drain_kernel(writer)
            await sleep(_READ)
            await end_response(writer, Ending.RESET)
        return None

    async def _relay(
        self,
        exchange: Exchange,
        from_api: asyncio.StreamReader,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> tuple[ResponseEnd, bytes]:
        """Pass an answer on, and read it; return how it ended, and what the client sent meanwhile."""
        response, sent = exchange.response, b""
        clock = asyncio.get_running_loop().time
        leaving = asyncio.ensure_future(reader.read(READ_SIZE))
        reading = asyncio.ensure_future(from_api.read(READ_SIZE))
        try:
            while not response.is_complete:
                await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if not reading.done():
                    if not (more := _result(leaving)):
                        return ResponseEnd.SILENT, sent
                    sent += more
                    leaving = asyncio.ensure_future(reader.read(READ_SIZE))
                    continue
                try:
                    data = reading.result()
                except OSError:
                    return ResponseEnd.RESET, sent
                if not data:
                    response.end_by_closing()
                    return (ResponseEnd.COMPLETE if response.is_complete else ResponseEnd.CLOSED), sent
                self._keep(exchange, data, clock())
                try:
                    writer.write(data)
                    await writer.drain()
                except OSError:
                    return ResponseEnd.SILENT, sent
                reading = asyncio.ensure_future(from_api.read(READ_SIZE))
            return ResponseEnd.COMPLETE, sent + (_result(leaving) if leaving.done() else b"")
        finally:
            for task in (reading, leaving):
                task.cancel()
            await asyncio.gather(reading, leaving, return_exceptions=True)

    def _keep(self, exchange: Exchange, data: bytes, at: float) -> None:
        """Read bytes of an answer; give an answer up that is too long for a recording, and only pass it on."""
        if exchange in self.exchanges:
            self._size += len(data)
            if self._size > MOST_RECORDED:
                self.exchanges.remove(exchange)
                self._size -= exchange.response.size + len(data)
                self.problems.append(f"An answer was not recorded: a recording has at most {MOST_RECORDED:,} bytes.")
        exchange.response.feed(data, at)
        if exchange not in self.exchanges:
            exchange.response.chunks.clear()  # nobody needs them, and they may be large

    def _remember_secrets(self, head: h11.Request) -> None:
        """Remember keys in headers and in the query, so that they are replaced wherever the API repeats them."""
        for name, value in head.headers:
            if any(word in name.decode("latin-1") for word in _SECRET):
                self._secrets.add(value)
        for _, text in parse_qsl(urlsplit(head.target.decode("latin-1")).query):
            self._secrets.add(text.encode())

    def _exchange(self, request: Request) -> Exchange:
        """Begin an exchange; it is recorded if the request asks for a stream, and the recording is not too long."""
        head = request.head
        digest = hashlib.sha256(b"\0".join((head.method, head.target, request.body))).digest()
        path = head.target.decode("latin-1").partition("?")[0]
        matching = (each for each in self._target.endpoints if each.base_path(path) is not None)
        endpoint = next(matching, None) if head.method == b"POST" else None
        response = ResponseReader(head.method.decode("latin-1"))
        if endpoint is None:
            self.others += 1
            return Exchange(digest, self._target.endpoints[0].dialect, 0.0, response)
        version = header(head, endpoint.version_header.encode())
        exchange = Exchange(digest, endpoint.dialect_for(version), 0.0, response)
        self.exchanges.append(exchange)
        return exchange


def _result(reading: "asyncio.Future[bytes]") -> bytes:
    """Return what a client sent; empty if it left."""
    try:
        return reading.result()
    except OSError:
        return b""
