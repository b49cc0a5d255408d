"""How much the backend takes of one peer, and for how long, before it ends the connection.

A client that behaves meets none of these. They are for whatever else finds an open port on a machine: scanners and
fuzzers, and a client under test that has gone wild. One default asks the system.
"""

import sys
from typing import Final

import msgspec

_MOST_CONNECTIONS: Final = 1000
"""As many as a client of the SDK opens by default."""


def _connections() -> int:
    """`_MOST_CONNECTIONS`, or half of the files that this process may have open: the other half is for all else."""
    if sys.platform == "win32":
        return _MOST_CONNECTIONS
    import resource

    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if files == resource.RLIM_INFINITY else max(1, min(_MOST_CONNECTIONS, files // 2))


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one backend allows.

    Attributes:
        head: Bytes of a request's head; the default of h11. One that is larger gets a 431.
        body: Bytes of a request's body; that of the API. One that is larger gets a 413.
        connections: At a time; one more is closed at once.
        idle: Seconds for which a connection may be silent before its next request.
        request: Seconds from the first byte of a request to its last; one that takes longer gets a 408.
        answer: Seconds from the first byte of an answer to its last, the pauses of the scenario included: what is not
            read by then is dropped.
        hold: Seconds for which a connection is held open for a client that never gives up.
        linger: Seconds for which a peer that was refused is read from, and nothing made of it: a connection that is
            closed on unread data is reset, and the peer would never see why.
    """

    head: int = 16 * 1024
    body: int = 32 * 1024 * 1024
    connections: int = msgspec.field(default_factory=_connections)
    idle: float = 300.0
    request: float = 60.0
    answer: float = 300.0
    hold: float = 60.0
    linger: float = 2.0
