"""The backend in a process of its own, for programs that bring none: `python -m bench.serving`.

Prints its address, serves until its standard input ends, and then prints how many requests came for each cell, and
what they cost: the first segment of a base URL's path is the name of the cell.
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
    """What a backend came to, once it has ended.

    Attributes:
        address: Where it listens.
        cpu: Seconds.
        requests: The name of each cell, and how often its calls asked.
    """

    address: str = ""
    cpu: float = 0.0
    requests: dict[str, int] = {}


@contextlib.contextmanager
def served() -> Iterator[Served]:
    """A backend that serves while the context lasts; what it came to is filled in at the end."""
    with measure.server("bench.serving") as (address, end):
        found = Served(address)
        try:
            yield found
        finally:
            last = msgspec.json.decode(end(), type=Served)
            found.cpu, found.requests = last.cpu, last.requests


async def main() -> None:
    """Serve until standard input ends."""
    requests: Counter[str] = Counter()

    def heard(entry: Entry, left: RequestEnd | None) -> None:
        if left is None:
            requests[entry.attempt.base_path.partition("/")[2].partition("/")[0]] += 1

    async with serve(ANTHROPIC, journal=ListenerJournal(heard)) as backend:
        print(backend.url(""), flush=True)
        await asyncio.to_thread(sys.stdin.read)
    sys.stdout.buffer.write(msgspec.json.encode(Served("", time.process_time(), dict(requests))))


if __name__ == "__main__":
    asyncio.run(main())
