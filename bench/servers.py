"""Three servers that send the bytes of the scenario `clean`: `python -m bench.servers NAME` prints its port.

The two rivals write each event separately, as the backend does, but have no scenarios, attempts or journal. Each server
serves until its standard input ends.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

import h11

from matrix.backend.server import HOST, serve
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.sse import CONTENT_TYPE
from matrix.catalogue.wire import Send, compile_scenario
from matrix.targets import ANTHROPIC

_HEADERS: Final = {"Content-Type": CONTENT_TYPE, "Cache-Control": "no-cache", "Request-Id": "req_midstream"}


def events() -> list[bytes]:
    """List the events of `clean`, without head, last chunk and framing."""
    sent = [
        action.data for action in compile_scenario(CATALOGUE["clean"], Dialect.MESSAGES) if isinstance(action, Send)
    ]
    return [data.partition(b"\r\n")[2].removesuffix(b"\r\n") for data in sent[1:-1]]


@contextlib.asynccontextmanager
async def _ours() -> AsyncIterator[int]:
    async with serve(ANTHROPIC) as backend:
        yield backend.port


@contextlib.asynccontextmanager
async def _h11() -> AsyncIterator[int]:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        try:
            while await _asked(connection, reader):
                head = h11.Response(
                    status_code=200, headers=list((_HEADERS | {"Transfer-Encoding": "chunked"}).items())
                )
                for event in (head, *(h11.Data(data=data) for data in sent), h11.EndOfMessage()):
                    writer.write(connection.send(event) or b"")
                    await writer.drain()
                connection.start_next_cycle()
        finally:
            writer.close()

    sent = events()
    server = await asyncio.start_server(converse, HOST, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _asked(connection: h11.Connection, reader: asyncio.StreamReader) -> bool:
    """Read one request; return False if the peer has closed the connection."""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.EndOfMessage):
            return True
        elif isinstance(event, h11.ConnectionClosed):
            return False


@contextlib.asynccontextmanager
async def _aiohttp() -> AsyncIterator[int]:
    from aiohttp import web  # installed for the benchmarks alone

    sent = events()

    async def stream(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse(headers=_HEADERS)
        response.enable_chunked_encoding()
        await response.prepare(request)
        for data in sent:
            await response.write(data)
        await response.write_eof()
        return response

    application = web.Application()
    application.router.add_post("/{path:.*}", stream)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


SERVERS: Final[dict[str, Callable[[], AbstractAsyncContextManager[int]]]] = {
    "our backend": _ours,
    "bare h11": _h11,
    "aiohttp": _aiohttp,
}


async def main(name: str) -> None:
    """Serve until standard input ends."""
    async with SERVERS[name]() as port:
        print(port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
