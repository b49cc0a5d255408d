"""A backend in a thread, and a raw socket that asks it: what arrives, in which reads, and how it is left."""

import asyncio
import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Queue
from typing import Self

from matrix.backend.server import HOST, Backend, serve
from matrix.backend.wire import Ending
from matrix.scenarios.sse import Dialect

PATIENCE = 20.0
"""Seconds after which a socket gives up; a test that works takes milliseconds, on a busy machine too."""

_EVERYTHING = 1024 * 1024
"""More than any scenario sends: where a read ends is then the doing of server and network."""

_ENDPOINTS = {
    Dialect.MESSAGES: ("/v1/messages", "2023-06-01"),
    Dialect.COMPLETIONS: ("/v1/complete", "2023-06-01"),
    Dialect.LEGACY: ("/v1/complete", "2023-01-01"),
}


@dataclass(frozen=True)
class Listening:
    """A backend and the loop in which it runs."""

    backend: Backend
    loop: asyncio.AbstractEventLoop

    def has_no_peer(self, patience: float = PATIENCE) -> bool:
        """Whether every connection is done with, at the latest after so many seconds."""

        async def peers() -> int:
            return len(asyncio.all_tasks()) - 2  # one task listens, and one is this one

        until = time.monotonic() + patience
        while asyncio.run_coroutine_threadsafe(peers(), self.loop).result(PATIENCE):
            if time.monotonic() > until:
                return False
            time.sleep(0.001)
        return True


@contextlib.contextmanager
def listening() -> Iterator[Listening]:
    """A backend that listens while the context lasts, in a loop of its own."""
    started: Queue[tuple[Listening, asyncio.Event]] = Queue()

    async def listen() -> None:
        stop = asyncio.Event()
        async with serve() as backend:
            started.put((Listening(backend, asyncio.get_running_loop()), stop))
            await stop.wait()

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(asyncio.run, listen())
        found, stop = started.get(timeout=PATIENCE)
        try:
            yield found
        finally:
            found.loop.call_soon_threadsafe(stop.set)
            ended.result(timeout=PATIENCE)


class Client:
    """A raw socket that speaks just enough HTTP to ask."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def ask(self, base_path: str, dialect: Dialect = Dialect.MESSAGES) -> None:
        """Send one request for the scenario at the end of `base_path`."""
        endpoint, version = _ENDPOINTS[dialect]
        self._socket.sendall(
            f"POST {base_path}{endpoint} HTTP/1.1\r\nHost: localhost\r\nanthropic-version: {version}\r\n"
            "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".encode()
        )

    def reads(self, length: int) -> list[bytes]:
        """What each read gives, until `length` bytes or more are there or the connection ends."""
        pieces: list[bytes] = []
        while sum(map(len, pieces)) < length and (piece := self._socket.recv(_EVERYTHING)):
            pieces.append(piece)
        return pieces

    def read(self, length: int) -> bytes:
        """So many bytes, or more if they came together, or fewer if the connection ends before."""
        return b"".join(self.reads(length))

    def read_to_end(self) -> tuple[bytes, Ending]:
        """All bytes up to the end of the connection, and which end it is."""
        data = b""
        try:
            while piece := self._socket.recv(_EVERYTHING):
                data += piece
        except ConnectionResetError:
            return data, Ending.RESET
        return data, Ending.FIN

    def hears_nothing_for(self, seconds: float) -> bool:
        """Whether neither a byte nor an end comes in this time."""
        return not select.select([self._socket], [], [], seconds)[0]

    def will_reset(self) -> None:
        """Let the end of this client be a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def say_no_more(self) -> None:
        """Close this half: the other side may still send."""
        self._socket.shutdown(socket.SHUT_WR)
