"""What the backend was asked, by base-URL path: how many requests one call of an SDK made, and for what."""

from collections import defaultdict
from collections.abc import Callable

import msgspec

from matrix.scenarios.sse import Dialect


class Attempt(msgspec.Struct, frozen=True):
    """One request.

    Attributes:
        base_path: The path of the base URL that the client was given; names run, call and scenario.
        scenario: Its last segment.
        dialect: What the client asked for; None if it asked for nothing that the backend serves.
        known: Whether the backend knows the scenario.
    """

    base_path: str
    scenario: str
    dialect: Dialect | None
    known: bool


class Journal:
    """The attempts that came in, kept until they are taken."""

    def __init__(self, listener: Callable[[Attempt], None] | None = None) -> None:
        self._attempts: defaultdict[str, list[Attempt]] = defaultdict(list)
        self._listener = listener

    def note(self, attempt: Attempt) -> None:
        """Keep one attempt, and tell the listener."""
        if self._listener is None:
            self._attempts[attempt.base_path].append(attempt)
        else:
            self._listener(attempt)

    def take(self, base_path: str) -> list[Attempt]:
        """The attempts under one base path, which are then forgotten."""
        return self._attempts.pop(base_path, [])
