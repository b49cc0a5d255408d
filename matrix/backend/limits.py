"""Limits of size and time for each connection to the backend.

A correct client never meets them. They protect the backend from port scanners, fuzzers and faulty clients under test.
The default number of connections depends on the operating system's limit for open files.
"""

import sys
from typing import Final

import msgspec

_MOST_CONNECTIONS: Final = 1000
"""The number of connections that a client of the SDK opens at most by default."""


def _connections() -> int:
    """Return `_MOST_CONNECTIONS`, or half of the files that this process may open if that is less."""
    if sys.platform == "win32":
        return _MOST_CONNECTIONS
    import resource

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if files == resource.RLIM_INFINITY else max(1, min(_MOST_CONNECTIONS, files // 2))


MOST_SCENARIOS: Final = 1000
"""The most scenarios in one file of a user."""

MOST_ATTEMPTS: Final = 100
"""The most requests of one call that a scenario of a file answers differently."""

MOST_STEPS: Final = 100_000
"""The most steps for one request; a stream of a hundred thousand events takes seconds to compile."""

MOST_RECORDED: Final = 8 * 1024 * 1024
"""The most bytes of responses in one recording; written as text they have up to four times as many."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one backend.

    Attributes:
        head: The most bytes in the head of a request, the default of h11; a larger one is answered with 431.
        body: The most bytes in the body of a request, the limit of the API; a larger one is answered with 413.
        connections: The most connections at a time; a further one is closed at once.
        idle: Seconds that a connection may be silent before its next request.
        request: Seconds from the first byte of a request to its last; a slower one is answered with 408.
        answer: Seconds from the first byte of an answer to its last, including the pauses of the scenario. The rest of
            a slower answer is dropped.
        hold: Seconds that a connection is held open for a client that does not close it.
        linger: Seconds that data of a refused peer is read and discarded. Without that, closing the connection would
            reset it, and the peer would not see the error.
    """

    head: int = 16 * 1024
    body: int = 32 * 1024 * 1024
    connections: int = msgspec.field(default_factory=_connections)
    idle: float = 300.0
    request: float = 60.0
    answer: float = 300.0
    hold: float = 60.0
    linger: float = 2.0
