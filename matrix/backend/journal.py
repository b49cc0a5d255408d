"""Journals: record the requests that the backend received, by base-URL path.

The server records each request when it arrives, each write of its answer, the end of the answer, and the end of the
connection. Its readers need different journals. A measurement takes the attempts of each call when the call is over;
`Journal` keeps them until then, so its memory does not grow over half a million requests. A terminal reads each request
at once; `ListenerJournal` passes requests on and keeps only their counts, for a limited number of base paths. The audit
of one program needs every exchange with its times: `TimedJournal`. Tests that share a backend have a timed journal
each, into which `StagedJournal` sorts the requests.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Final

import msgspec

from matrix.catalogue.dialect import Dialect


class Received(msgspec.Struct, frozen=True):
    """A request as the client sent it.

    Attributes:
        method: The HTTP method.
        target: The path and the query.
        headers: Each name in lower case, with its value.
        body: The complete body, without the framing of chunks.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Attempt(msgspec.Struct, frozen=True):
    """One request, and the scenario that it asks for.

    Attributes:
        base_path: The path of the client's base URL, which names the run, the call and the scenario.
        scenario: The last segment of the base path, or the one scenario that the backend plays.
        dialect: The dialect that the client asked for; None if the path is no endpoint.
        known: Whether the backend accepted the request and has the scenario in its dialect, so that it is played.
        received: The complete request, if the journal asks for it; None otherwise.
    """

    base_path: str
    scenario: str
    dialect: Dialect | None
    known: bool
    received: Received | None = None

    @property
    def is_stray(self) -> bool:
        """Whether it belongs to no call: it has no base path, or its path is no endpoint."""
        return self.dialect is None or not (self.base_path or self.known)


class RequestEnd(StrEnum):
    """How the answer to a request ended.

    The first four are the values of `matrix.catalogue.wire.Ending`.
    """

    KEEP_ALIVE = "keep-alive"
    FIN = "FIN"
    RESET = "RST"
    HOLD = "hold"
    PEER = "peer left"
    """The client closed the connection before it had received the complete answer."""
    PAGE = "page"
    """The answer was a page for people and no scenario. The connection stays open."""
    REFUSED = "refused"
    """The answer was an error and no scenario: the request was too large, too slow or not valid HTTP."""
    NOT_FOUND = "404"
    """The answer was a 404: the path names no scenario or no endpoint. The connection stays open."""


class Entry(msgspec.Struct, frozen=True):
    """One line of a journal.

    Attributes:
        number: The number of the request on this backend, from 1.
        before: The number of earlier requests with the same base path.
        attempt: The request.
    """

    number: int
    before: int
    attempt: Attempt


class Journal:
    """A journal that keeps attempts until `take` removes them.

    Attributes:
        whole: Whether the server keeps the headers and the body of each request for this journal.
        strays: The base paths of attempts that belong to no call. A client that drops the path of its base URL fails
            although no scenario was played, so a measurement must check that this list is empty.
    """

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole
        self.strays: list[str] = []
        self._attempts: defaultdict[str, list[Attempt]] = defaultdict(list)
        self._number = 0

    def record_start(self, attempt: Attempt, connection: int = 0) -> Entry:
        """Record an attempt that has arrived and is not answered yet.

        Args:
            attempt: The attempt.
            connection: The number of its connection on this backend, from 1.
        """
        self._number += 1
        if attempt.is_stray:
            self.strays.append(attempt.base_path)
            return Entry(self._number, 0, attempt)
        attempts = self._attempts[attempt.base_path]
        attempts.append(attempt)
        return Entry(self._number, len(attempts) - 1, attempt)

    def record_sent(self, entry: Entry, data: bytes) -> None:
        """Record bytes of the answer to an attempt that the kernel has taken. This journal does not keep them."""

    def record_end(self, entry: Entry, how: RequestEnd) -> None:
        """Record how the answer to an attempt ended. This journal does not keep it."""

    def record_close(self, connection: int) -> None:
        """Record that the peer closed a connection. This journal does not keep it."""

    def take(self, base_path: str) -> list[Attempt]:
        """Return the attempts under one base path, and remove them from the journal."""
        return self._attempts.pop(base_path, [])

    def list_foreign(self, base_paths: Collection[str]) -> list[str]:
        """List the base paths of attempts that were not taken and that are none of these, such as one with a `/v2`."""
        return [base_path for base_path in self._attempts if base_path not in base_paths]


class ListenerJournal(Journal):
    """A journal that passes each request to a listener, strays included, and keeps none.

    Scenarios of the retry family alternate between two answers, so the journal counts the requests of each base path.
    It counts `FAMILIAR` base paths at most and drops the least recently used one, which then starts from 0 again.

    Args:
        listener: A function that is called twice for each entry: with None when the request arrives, and with its end
            when it was answered, unless the server closes first. It runs in the server's event loop and must be quick.
        whole: Whether attempts contain the complete request.
    """

    FAMILIAR: Final = 1024
    """The most base paths that are counted: 100 kB with usual paths, and 16 MB with the longest that h11 accepts."""

    def __init__(self, listener: Callable[[Entry, RequestEnd | None], None], *, whole: bool = False) -> None:
        super().__init__(whole=whole)
        self._listener = listener
        self._counts: OrderedDict[str, int] = OrderedDict()

    def record_start(self, attempt: Attempt, connection: int = 0) -> Entry:
        """Count an attempt, and pass it to the listener."""
        self._number += 1
        entry = Entry(self._number, 0 if attempt.is_stray else self._count(attempt.base_path), attempt)
        self._listener(entry, None)
        return entry

    def record_end(self, entry: Entry, how: RequestEnd) -> None:
        """Pass the end of an answer to the listener."""
        self._listener(entry, how)

    def _count(self, base_path: str) -> int:
        before = self._counts.pop(base_path, 0)
        self._counts[base_path] = before + 1
        if len(self._counts) > self.FAMILIAR:
            self._counts.popitem(last=False)
        return before
