"""The values of a user's expressions, as far as they can be known without running them. Pure.

A value is plain Python data, an instance of a class below, or `Unknown` with the reason. Each value keeps the aspects
of the caught error that it was taken from, because they tell the handlers apart: a number that is the error's
`status_code` means something else than the same number from elsewhere.
"""

import ast
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from matrix.scan.scopes import Scope


class Aspect(StrEnum):
    """An aspect of the caught error that a value was taken from."""

    STATUS = "status"
    GETATTR = "getattr"
    """Read by `getattr` or after `hasattr`, as from an error that may have no such attribute."""
    RESPONSE = "response"
    TYPE = "type"
    BODY = "body"
    BODY_TEXT = "body-text"
    TEXT = "text"
    LOWER = "lower"
    """Text that was converted to lower or upper case."""
    CLASS_NAME = "class-name"
    ERROR = "error"
    """The error itself."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that can't be known.

    Attributes:
        why: The reason, as a clause: `RETRYABLE comes from myapp.errors`.
    """

    why: str


@dataclass(frozen=True, slots=True)
class DottedName:
    """A module or an object of a module that is not scanned: `anthropic.RateLimitError`, `builtins.Exception`.

    Attributes:
        name: Its full name.
        fallback: Whether it is read by `getattr` with a default, so that a release without it does no harm.
    """

    name: str
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A class that is defined in the scanned files, and so is not the SDK's."""

    node: ast.ClassDef
    scope: Scope


@dataclass(frozen=True, slots=True)
class OwnFunction:
    """A function that is defined in the scanned files."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the SDK."""


@dataclass(frozen=True, slots=True)
class ErrorPart:
    """A part of the caught error that is not plain data.

    Attributes:
        name: `error`, `response` or `class`.
    """

    name: str


@dataclass(frozen=True, slots=True)
class Method:
    """A method of plain data or of a client, before its call.

    Attributes:
        owner: The data or the client.
        name: Its name.
    """

    owner: Any
    name: str


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an expression.

    Attributes:
        data: The value itself.
        aspects: The aspects of the caught error that it was taken from.
    """

    data: Any
    aspects: frozenset[Aspect] = frozenset()

    @property
    def known(self) -> bool:
        """Whether it is known; a collection is known if every item is."""
        return not any(isinstance(item, Unknown) for item in flatten(self.data))

    @property
    def why(self) -> str:
        """The reason why it is not known; empty if it is."""
        return next((item.why for item in flatten(self.data) if isinstance(item, Unknown)), "")


NONE: Final[frozenset[Aspect]] = frozenset()

ERROR: Final = Value(ErrorPart("error"), frozenset({Aspect.ERROR}))
"""The caught error itself."""


def flatten(data: object) -> list[Any]:
    """List the items of a collection and of the collections in it; list anything else alone."""
    if isinstance(data, tuple | list | set | frozenset):
        return [item for part in data for item in flatten(part)]
    return [data]


def make_unknown(why: str, aspects: frozenset[Aspect] = NONE) -> Value:
    """Make a value that can't be known."""
    return Value(Unknown(why), aspects)


MOST: Final = 5_000
"""The most items that are followed in a nested collection; the longest seen, written with `range`, has 2,000."""


def collect(data: Any, aspects: frozenset[Aspect] = NONE) -> Value:
    """Make a collection; it is unknown if it has more than `MOST` items.

    A program whose every line names the line before it twice doubles its items with each line.
    """
    count, pending = 0, [data]
    while pending:
        count += 1
        if count > MOST:
            return make_unknown("it has too many items", aspects)
        item = pending.pop()
        if isinstance(item, tuple | list | set | frozenset | dict):
            pending.extend(item.values() if isinstance(item, dict) else item)
    return Value(data, aspects)
