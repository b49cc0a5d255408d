"""Values that a document writes once and names by numbers. Pure."""

from collections.abc import Iterable
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Once(Generic[T]):
    """Values, each once, and their numbers."""

    def __init__(self) -> None:
        self._found: dict[bytes, tuple[int, T]] = {}

    @property
    def values(self) -> tuple[T, ...]:
        """In the order of their numbers."""
        return tuple(value for _, value in self._found.values())

    def number(self, value: T) -> int:
        """Return the number of a value; values with equal JSON have the same number."""
        return self._found.setdefault(msgspec.json.encode(value), (len(self._found), value))[0]

    def numbers(self, values: Iterable[T]) -> tuple[int, ...]:
        """Return the number of each value."""
        return tuple(map(self.number, values))
