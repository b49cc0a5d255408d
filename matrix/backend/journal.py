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
    """The attempts that came in, kept until they are taken.

    Attributes:
        strays: Paths that were asked for and that belong to no call: without a base path, or at no endpoint that is
            served. A client that drops the path of its base URL would be seen to fail without ever having been played
            anything, so whoever measures must look here.
    """

    def __init__(self, listener: Callable[[Attempt], None] | None = None) -> None:
        self._attempts: defaultdict[str, list[Attempt]] = defaultdict(list)
        self._listener = listener
        self.strays: list[str] = []

    def note(self, attempt: Attempt) -> int:
        """Keep one attempt, and tell the listener.

        Returns:
            How many came in under the same base path before it.
        """
        if self._listener is not None:
            self._listener(attempt)
        if attempt.dialect is None or not attempt.base_path:
            self.strays.append(attempt.base_path)
            return 0
        attempts = self._attempts[attempt.base_path]
        attempts.append(attempt)
        return len(attempts) - 1

    def take(self, base_path: str) -> list[Attempt]:
        """The attempts under one base path, which are then forgotten."""
        return self._attempts.pop(base_path, [])
