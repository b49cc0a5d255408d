"""A journal with times: what arrived, what was sent when, and when the peer closed its connection.

It keeps every exchange until it is dropped, so it serves one program for some seconds, and no measurement.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from matrix.backend.journal import Attempt, Entry, Journal, RequestEnd


class Sent(msgspec.Struct, frozen=True):
    """One write of an answer.

    Attributes:
        at: Seconds since the journal began.
        data: The bytes; empty if the journal had `MOST_BYTES` of this answer already.
        size: The number of bytes.
    """

    at: float
    data: bytes
    size: int


class TimedExchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request and its answer, with times in seconds since the journal began.

    Attributes:
        connection: The number of the connection, from 1.
        attempt: The request.
        before: The number of earlier requests with the same base path.
        arrived: When the complete request had arrived.
        sent: The writes of the answer.
        ended: When the answer had ended; None if it has not.
        end: How it ended; None if it has not.
        closed: When the peer closed the connection; None if it has not, or if the backend closed it first.
    """

    connection: int
    attempt: Attempt
    before: int
    arrived: float
    sent: tuple[Sent, ...] = ()
    ended: float | None = None
    end: RequestEnd | None = None
    closed: float | None = None

    @property
    def size(self) -> int:
        """The number of bytes of the answer."""
        return sum(write.size for write in self.sent)


class _OpenExchange(msgspec.Struct):
    """An exchange to which writes are still added: in place, since an answer may have a hundred thousand of them.

    Attributes:
        exchange: The exchange without its writes.
        sent: The writes so far.
        size: The number of bytes so far.
    """

    exchange: TimedExchange
    sent: list[Sent] = []
    size: int = 0


class TimedJournal(Journal):
    """A journal that keeps every exchange with its times, strays included.

    Args:
        clock: Returns seconds of a clock that never goes back.
    """

    MOST_BYTES: Final = 64 * 1024
    """The most bytes of one answer that are recorded."""

    MOST: Final = 2_000
    """The most exchanges that are recorded. Later ones are only counted: a program may send requests without end."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(whole=True)
        self._clock = clock
        self._begin = clock()
        self._exchanges: list[_OpenExchange] = []
        self._counts: dict[str, int] = {}
        self._bodies: dict[bytes, bytes] = {}

    @property
    def now(self) -> float:
        """The seconds since the journal began."""
        return self._clock() - self._begin

    @property
    def exchanges(self) -> tuple[TimedExchange, ...]:
        """A copy of all exchanges so far, in the order in which the requests arrived."""
        return tuple(msgspec.structs.replace(each.exchange, sent=tuple(each.sent)) for each in [*self._exchanges])

    @property
    def requests(self) -> int:
        """The number of requests so far."""
        return self._number

    def record_start(self, attempt: Attempt, connection: int = 0) -> Entry:
        """Record an attempt that has arrived on a connection and is not answered yet."""
        self._number += 1
        before = 0
        if not attempt.is_stray:
            before = self._counts.get(attempt.base_path, 0)
            self._counts[attempt.base_path] = before + 1
        if self._number <= self.MOST:
            attempt = self._share_body(attempt)
            exchange = TimedExchange(connection=connection, attempt=attempt, before=before, arrived=self.now)
            self._exchanges.append(_OpenExchange(exchange))
        return Entry(self._number, before, attempt)

    def record_sent(self, entry: Entry, data: bytes) -> None:
        """Record bytes of the answer to an attempt that the kernel has taken."""
        if entry.number <= self.MOST:
            open_exchange = self._exchanges[entry.number - 1]
            open_exchange.size += len(data)
            recorded = data if open_exchange.size <= self.MOST_BYTES else b""
            open_exchange.sent.append(Sent(self.now, recorded, len(data)))

    def record_end(self, entry: Entry, how: RequestEnd) -> None:
        """Record how the answer to an attempt ended."""
        if entry.number <= self.MOST:
            self._change(entry.number, ended=self.now, end=how)

    def record_close(self, connection: int) -> None:
        """Record that the peer closed a connection."""
        for number, each in enumerate(self._exchanges, start=1):
            if each.exchange.connection == connection and each.exchange.closed is None:
                self._change(number, closed=self.now)

    def _share_body(self, attempt: Attempt) -> Attempt:
        """Keep equal bodies once: each retry sends the same again, and a body may have 32 megabytes."""
        if attempt.received is None:
            return attempt
        body = self._bodies.setdefault(attempt.received.body, attempt.received.body)
        received = msgspec.structs.replace(attempt.received, body=body)
        return msgspec.structs.replace(attempt, received=received)

    def _change(self, number: int, **changes: object) -> None:
        open_exchange = self._exchanges[number - 1]
        open_exchange.exchange = msgspec.structs.replace(open_exchange.exchange, **changes)
