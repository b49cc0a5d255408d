"""The backend's streams a second, against servers that know nothing but the bytes: bare h11, and aiohttp.

Each is a process of its own (`python -m bench.servers NAME`), and plays the scenario `clean` to the same client: a bare
socket on one connection that is kept alive, so that the server is what is measured.
"""

import socket
import time
from typing import Final

from bench import figures, measure
from bench.figures import Figure
from bench.servers import SERVERS
from matrix.backend.server import HOST

TITLE = "The backend"
STREAMS: Final = 3000
"""For each server in each round."""

_PATH: Final = "/1/1/clean/v1/messages"
_REQUEST: Final = (
    f"POST {_PATH} HTTP/1.1\r\nHost: midstream\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
).encode()
_END: Final = b"0\r\n\r\n"
_SECONDS: Final = 15


def estimate(_releases: int, rounds: int) -> float:
    """About how many seconds it takes."""
    return rounds * _SECONDS


def bench(_releases: int, rounds: int) -> list[Figure]:
    """Ask all servers in turn, `STREAMS` times a round."""
    rates: dict[str, list[float]] = {name: [] for name in SERVERS}
    sizes: dict[str, list[float]] = {name: [] for name in SERVERS}
    for number in range(rounds):
        for name in SERVERS:
            with measure.server("bench.servers", name) as (port, _):
                ask(int(port), STREAMS // 10)
                streams, size = ask(int(port), STREAMS)
            rates[name].append(streams)
            sizes[name].append(size / 1e6)
            print(f"  round {number + 1}, {name}: {streams:.0f} streams/s")
    ours, *others = SERVERS
    return [
        *(
            figures.figure(f"streams a second: {ours}, over {name}", figures.ratios(rates[ours], rates[name]))
            for name in others
        ),
        *(figures.figure(f"{name}: streams a second", rates[name], "/s") for name in SERVERS),
        *(figures.figure(f"{name}: bytes a second", sizes[name], "MB/s") for name in SERVERS),
    ]


def ask(port: int, count: int) -> tuple[float, float]:
    """Streams and bytes a second of so many requests, one after the other."""
    received = 0
    with socket.create_connection((HOST, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        for _ in range(count):
            connection.sendall(_REQUEST)
            tail = b""
            while not tail.endswith(_END):
                data = connection.recv(65536)
                if not data:
                    raise SystemExit("The server left in the middle of a stream.")
                received += len(data)
                tail = (tail + data)[-len(_END) :]
        seconds = time.perf_counter() - began
    return count / seconds, received / seconds
