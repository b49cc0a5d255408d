"""The backend's streams per second, compared with servers that only send the bytes: bare h11 and aiohttp.

Each server is its own process (`python -m bench.servers NAME`), and plays the scenario `clean` to the same client. The
client is a bare socket on one kept-alive connection, so that the server takes most of the time.
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
"""The number of streams of each server in each round."""

_PATH: Final = "/1/1/clean/v1/messages"
_REQUEST: Final = (
    f"POST {_PATH} HTTP/1.1\r\nHost: midstream\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
).encode()
_END: Final = b"0\r\n\r\n"
_SECONDS: Final = 15


def estimate(_releases: int, rounds: int) -> float:
    """Estimate the time of this benchmark in seconds."""
    return rounds * _SECONDS


def bench(_releases: int, rounds: int) -> list[Figure]:
    """Request `STREAMS` streams from each server in each round."""
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


def ask(port: int, count: int, request: bytes = _REQUEST) -> tuple[float, float]:
    """Make `count` equal requests one after the other, and return the streams and the bytes per second."""
    received = 0
    with socket.create_connection((HOST, port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        began = time.perf_counter()
        for _ in range(count):
            connection.sendall(request)
            tail = b""
            while not tail.endswith(_END):
                data = connection.recv(65536)
                if not data:
                    raise SystemExit(
                        "The server closed the connection in the middle of a stream. Run the benchmark again."
                    )
                received += len(data)
                tail = (tail + data)[-len(_END) :]
        seconds = time.perf_counter() - began
    return count / seconds, received / seconds
