"""Journals: record the requests that the backend received, by base-URL path.

The server records each request twice: when it arrives, and when its answer has ended. Two kinds of readers need two
journals. A measurement takes the attempts of each call when the call is over; `Journal` keeps them until then, so its
memory does not grow over half a million requests. A terminal or a test reads each request at once; `ListenerJournal`
passes requests on and keeps only their counts, for a limited number of base paths.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec

from matrix.catalogue.sse import Dialect


class Received(msgspec.Struct, frozen=True):
    """A request as it came in.

    Attributes:
        target: Path and query, as sent.
        headers: Names in lower case.
        body: All of it, of a chunked one without its framing.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Attempt(msgspec.Struct, frozen=True):
    """One request, and what it is taken for.

    Attributes:
        base_path: The path of the base URL that the client was given; names run, call and scenario.
        scenario: Its last segment, or the one scenario that the backend plays.
        dialect: What the client asked for; None if it asked for nothing that the backend serves.
        known: Whether the backend knows the scenario, and the request is one that it takes.
        received: The request itself, if the journal wants it whole.
    """

    base_path: str
    scenario: str
    dialect: Dialect | None
    known: bool
    received: Received | None = None

    @property
    def is_stray(self) -> bool:
        """Whether it belongs to no call: it has no base path to name one, or asks for no endpoint that is served."""
        return self.dialect is None or not (self.base_path or self.known)


class RequestEnd(StrEnum):
    """How a connection was left after a request.

    The first four are the endings of `matrix.catalogue.wire`, and `PEER` is the client's own.
    """

    KEEP_ALIVE = "keep-alive"
    FIN = "FIN"
    RESET = "RST"
    HOLD = "hold"
    PEER = "peer left"
    """The client was gone before it had been given everything."""
    PAGE = "page"
    """No scenario was played: a page for people was shown, and the connection kept alive."""
    REFUSED = "refused"
    """No scenario was played: the request was too large, too slow or no HTTP after its head; it got an error."""
    NOT_FOUND = "404"
    """Nothing is known or served under that path; the connection was kept alive."""


class Entry(msgspec.Struct, frozen=True):
    """One line of a journal.

    Attributes:
        number: Of the request, from 1, in the order in which they came.
        before: How many came under the same base path before it.
    """

    number: int
    before: int
    attempt: Attempt


class Journal:
    """The attempts that came in, kept until they are taken.

    Attributes:
        whole: Whether the server is to keep the headers and the body of each request for this journal.
        strays: Paths that were asked for and that belong to no call: without a base path, or at no endpoint that is
            served. A client that drops the path of its base URL would be seen to fail without ever having been played
            anything, so whoever measures must look here.
    """

    def __init__(self, *, whole: bool = False) -> None:
        self.whole = whole
        self.strays: list[str] = []
        self._attempts: defaultdict[str, list[Attempt]] = defaultdict(list)
        self._number = 0

    def record_start(self, attempt: Attempt) -> Entry:
        """Enter one attempt, which has just come in and is not answered yet."""
        self._number += 1
        if attempt.is_stray:
            self.strays.append(attempt.base_path)
            return Entry(self._number, 0, attempt)
        attempts = self._attempts[attempt.base_path]
        attempts.append(attempt)
        return Entry(self._number, len(attempts) - 1, attempt)

    def record_end(self, entry: Entry, how: RequestEnd) -> None:
        """Hear how the connection was left after the attempt of `entry`. Nothing is kept of it."""

    def take(self, base_path: str) -> list[Attempt]:
        """The attempts under one base path, which are then forgotten."""
        return self._attempts.pop(base_path, [])


class ListenerJournal(Journal):
    """Tells a listener of every request, strays too, and keeps none.

    A scenario of the retry family plays something else to every other request of one base path, so these are counted:
    `FAMILIAR` base paths at a time. The one that was asked for longest ago is forgotten first, and begins anew.

    Args:
        listener: Called with each entry twice: with None when the request came, then with how the connection was left,
            unless the server is closed before that. It is called in the server's loop, so it should be quick.
        whole: Whether attempts bear the request as received.
    """

    FAMILIAR: Final = 1024
    """Base paths; the longest path that h11 lets in makes that 16 MB, the usual ones 100 kB."""

    def __init__(self, listener: Callable[[Entry, RequestEnd | None], None], *, whole: bool = False) -> None:
        super().__init__(whole=whole)
        self._listener = listener
        self._counts: OrderedDict[str, int] = OrderedDict()

    def record_start(self, attempt: Attempt) -> Entry:
        """Count one attempt, and tell the listener."""
        self._number += 1
        entry = Entry(self._number, 0 if attempt.is_stray else self._count(attempt.base_path), attempt)
        self._listener(entry, None)
        return entry

    def record_end(self, entry: Entry, how: RequestEnd) -> None:
        """Tell the listener how the connection was left."""
        self._listener(entry, how)

    def _count(self, base_path: str) -> int:
        before = self._counts.pop(base_path, 0)
        self._counts[base_path] = before + 1
        if len(self._counts) > self.FAMILIAR:
            self._counts.popitem(last=False)
        return before
