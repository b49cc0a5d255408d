"""A backend in a thread, and a raw socket that talks to it: the bytes, the reads and the end of the connection."""

import asyncio
import contextlib
import select
import socket
import struct
import time
from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Queue
from typing import Self

import pytest

from matrix.backend.journal import Journal
from matrix.backend.limits import Limits
from matrix.backend.server import HOST, Backend, serve
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import AnyStep, Family, RaisesAnything, Scenario, Text
from matrix.catalogue.wire import Ending, Send, compile_scenario
from matrix.targets import ANTHROPIC, Target

PATIENCE = 20.0
"""Seconds after which a socket gives up; a test that works takes milliseconds, on a busy machine too."""

_EVERYTHING = 1024 * 1024
"""More bytes than any scenario sends, so that only server and network decide where a read ends."""

_ENDPOINTS = {
    Dialect.MESSAGES: ("/v1/messages", "2023-06-01"),
    Dialect.COMPLETIONS: ("/v1/complete", "2023-06-01"),
    Dialect.LEGACY: ("/v1/complete", "2023-01-01"),
    Dialect.BEDROCK: ("/model/midstream/invoke-with-response-stream", "2023-06-01"),
    Dialect.CHAT: ("/chat/completions", ""),
    Dialect.RESPONSES: ("/responses", ""),
    Dialect.PROMPTS: ("/completions", ""),
    Dialect.CONVERSATIONS: ("/v1/conversations", ""),
    Dialect.COHERE: ("/v2/chat", ""),
    Dialect.GEMINI: ("/v1/models/midstream:streamGenerateContent?alt=sse", ""),
    Dialect.OLLAMA_CHAT: ("/api/chat", ""),
    Dialect.OLLAMA_GENERATE: ("/api/generate", ""),
}


@dataclass(frozen=True)
class Listening:
    """A backend, the loop in which it runs, and the errors that the loop reported."""

    backend: Backend
    loop: asyncio.AbstractEventLoop
    complaints: list[object]

    def has_no_peer(self, patience: float = PATIENCE) -> bool:
        """Tell whether every connection ends within so many seconds."""

        async def peers() -> int:
            return len(asyncio.all_tasks()) - 2  # the task that listens, and this task

        until = time.monotonic() + patience
        while asyncio.run_coroutine_threadsafe(peers(), self.loop).result(PATIENCE):
            if time.monotonic() > until:
                return False
            time.sleep(0.001)
        return True


@contextlib.contextmanager
def listening(
    limits: Limits | None = None,
    journal: Journal | None = None,
    port: int = 0,
    scenario: str = "",
    hosts: Collection[str] = (),
    target: Target = ANTHROPIC,
    scenarios: Mapping[str, Scenario] | None = None,
) -> Iterator[Listening]:
    """Run a backend in a loop of its own while the context lasts."""
    started: Queue[tuple[Listening, asyncio.Event]] = Queue()

    async def listen() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        complaints: list[object] = []
        loop.set_exception_handler(lambda _, context: complaints.append(context))
        async with serve(
            target, port, journal, limits=limits, scenario=scenario, hosts=hosts, scenarios=scenarios
        ) as backend:
            started.put((Listening(backend, loop, complaints), stop))
            await stop.wait()

    with ThreadPoolExecutor(1) as pool:
        ended = pool.submit(asyncio.run, listen())
        server, stop = started.get(timeout=PATIENCE)
        try:
            yield server
        finally:
            server.loop.call_soon_threadsafe(stop.set)
            ended.result(timeout=PATIENCE)


def request(base_path: str, dialect: Dialect = Dialect.MESSAGES) -> bytes:
    """Write a request in one piece, as an SDK sends it."""
    endpoint, version = _ENDPOINTS[dialect]
    return (
        f"POST {base_path}{endpoint} HTTP/1.1\r\nHost: localhost\r\nanthropic-version: {version}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    ).encode()


def add_scenario(monkeypatch: pytest.MonkeyPatch, *steps: AnyStep) -> str:
    """Add a scenario with these steps to the backend for the length of a test, and return its id."""
    scenario = Scenario(
        id="custom",
        family=Family.TRANSPORT,
        title="Made by a test.",
        steps=steps,
        ideal=RaisesAnything(),
        text=Text.NONE,
        retry=False,
    )
    monkeypatch.setitem(ANTHROPIC.suite.playable, scenario.id, scenario)
    return scenario.id


def expected(id_: str, attempt: int = 0, dialect: Dialect = Dialect.MESSAGES) -> bytes:
    """Return the bytes that a scenario sends to a client that speaks a dialect."""
    actions = compile_scenario(ANTHROPIC.suite.playable[id_], dialect, attempt)
    return b"".join(action.data for action in actions if isinstance(action, Send))


class Client:
    """A raw socket that speaks just enough HTTP to send requests.

    Args:
        port: The port of the backend.
        buffer: The size of the kernel's receive buffer, in bytes; 0 for the default.
    """

    def __init__(self, port: int, *, buffer: int = 0) -> None:
        self.socket = socket.socket()
        if buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((HOST, port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send all of these bytes."""
        self.socket.sendall(data)

    def send_until_cut_off(self, data: bytes, pause: float = 0.0) -> int:
        """Send these bytes again and again until the connection breaks; return how many bytes were sent."""
        sent = 0
        with contextlib.suppress(ConnectionError):
            while True:
                self.send(data)
                sent += len(data)
                time.sleep(pause)
        return sent

    def send_request(self, base_path: str, dialect: Dialect = Dialect.MESSAGES) -> None:
        """Send one request for the scenario at the end of `base_path`."""
        self.send(request(base_path, dialect))

    def reads(self, length: int) -> list[bytes]:
        """List the data of each read, until `length` bytes or more have arrived or the connection ends."""
        pieces: list[bytes] = []
        while sum(map(len, pieces)) < length and (piece := self.socket.recv(_EVERYTHING)):
            pieces.append(piece)
        return pieces

    def read(self, length: int) -> bytes:
        """Read `length` bytes: more if they came together, fewer if the connection ends before."""
        return b"".join(self.reads(length))

    def read_exactly(self, length: int) -> bytes:
        """Read `length` bytes and no more, or fewer if the connection ends before."""
        data = b""
        while len(data) < length and (piece := self.socket.recv(length - len(data))):
            data += piece
        return data

    def read_to_end(self) -> tuple[bytes, Ending]:
        """Read all bytes up to the end of the connection; return them and the kind of end."""
        data = b""
        try:
            while piece := self.socket.recv(_EVERYTHING):
                data += piece
        except ConnectionResetError:
            return data, Ending.RESET
        return data, Ending.FIN

    def receives_nothing_for(self, seconds: float) -> bool:
        """Tell whether neither a byte nor an end arrives in so many seconds."""
        return not select.select([self.socket], [], [], seconds)[0]

    def reset_on_close(self) -> None:
        """Make the next close a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close_sending_half(self) -> None:
        """Close the sending half: the other side may still send."""
        self.socket.shutdown(socket.SHUT_WR)
