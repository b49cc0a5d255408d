"""Capture of what a program writes: the beginning and the end, however much there is. I/O: reads pipes."""

import asyncio
from typing import Final

from matrix.audit.record import Output

MOST_CAPTURED: Final = 256 * 1024
"""The most bytes of the beginning, and of the end.

Lines that are left out of the clean run seem new in another one, so agents, which print much, need all of this.
"""

_READ: Final = 1 << 20
"""The most bytes of one read."""


class Capture:
    """The beginning and the end of a stream of bytes, which grows."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0

    def add(self, data: bytes) -> None:
        """Add bytes at the end."""
        self._size += len(data)
        room = MOST_CAPTURED - len(self._head)
        self._head += data[:room]
        rest = data[room:] if room else data
        if rest:
            self._tail += rest[-MOST_CAPTURED:]
            del self._tail[:-MOST_CAPTURED]

    async def read(self, stream: asyncio.StreamReader) -> None:
        """Read a stream until its end."""
        while data := await stream.read(_READ):
            self.add(data)

    @property
    def output(self) -> Output:
        """The beginning and the end of what was added so far."""
        if self._size <= len(self._head) + len(self._tail):
            return Output((self._head + self._tail).decode(errors="replace"), "", self._size)
        return Output(self._head.decode(errors="replace"), self._tail.decode(errors="replace"), self._size)
