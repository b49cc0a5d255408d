"""The backend in its own process, for rivals without a backend: `python -m bench.serving`.

It prints its address and serves until its standard input ends. Then it prints its CPU time and the number of requests
of each cell; the first segment of a base URL's path is the name of the cell.
"""

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Iterator

import msgspec

from bench import measure
from matrix.backend.journal import Entry, ListenerJournal, RequestEnd
from matrix.backend.server import serve
from matrix.targets import ANTHROPIC


class Served(msgspec.Struct):
    """The address of a backend, and its counts once it has ended.

    Attributes:
        address: The address of the backend; empty in its own report.
        cpu: The CPU time of the backend, in seconds.
        requests: The number of requests of each cell, by the name of the cell.
    """

    address: str = ""
    cpu: float = 0.0
    requests: dict[str, int] = {}


@contextlib.contextmanager
def served() -> Iterator[Served]:
    """Serve while the context lasts, and fill in the counts at its end."""
    with measure.server("bench.serving") as (address, end):
        backend = Served(address)
        try:
            yield backend
        finally:
            report = msgspec.json.decode(end(), type=Served)
            backend.cpu, backend.requests = report.cpu, report.requests


async def main() -> None:
    """Serve until standard input ends."""
    requests: Counter[str] = Counter()

    def count_request(entry: Entry, ending: RequestEnd | None) -> None:
        if ending is None:
            requests[entry.attempt.base_path.partition("/")[2].partition("/")[0]] += 1

    async with serve(ANTHROPIC, journal=ListenerJournal(count_request)) as backend:
        print(backend.url(""), flush=True)
        await asyncio.to_thread(sys.stdin.read)
    sys.stdout.buffer.write(msgspec.json.encode(Served("", time.process_time(), dict(requests))))


if __name__ == "__main__":
    asyncio.run(main())
