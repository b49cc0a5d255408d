"""What an expression of a user's comes to, as far as that can be known without running it. Pure.

A value is plain data of Python's, one of the kinds below, or `Unknown` with the reason. Beside it stands what it was
taken from, for that is what tells the idioms apart: a number that is the caught error's `status_code` is another thing
than a number.
"""

import ast
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from matrix.scan.names import Scope


class Facet(StrEnum):
    """Which part of the caught error a value was taken from."""

    STATUS = "status"
    GETATTR = "getattr"
    """By `getattr` or after `hasattr`, as of an error that may have no such part."""
    RESPONSE = "response"
    TYPE = "type"
    BODY = "body"
    BODY_TEXT = "body-text"
    TEXT = "text"
    LOWER = "lower"
    """In one case, whatever the text's own is."""
    CLASS_NAME = "class-name"
    ERROR = "error"
    """The error itself."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What can't be known, and why: a part of a sentence, `RETRYABLE comes from myapp.errors`."""

    why: str


@dataclass(frozen=True, slots=True)
class Origin:
    """A module, or something of one, by its dotted name: `anthropic.RateLimitError`, `builtins.Exception`."""

    name: str
    fallback: bool = False
    """Taken with `getattr` and a default, so that a release that lacks it does no harm."""


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A class that is defined in what was scanned, and so none of the SDK's."""

    node: ast.ClassDef
    scope: Scope


@dataclass(frozen=True, slots=True)
class OwnFunction:
    """A function that is defined in what was scanned."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the SDK."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the caught error that is no plain data: `error`, `response`, `class`."""

    name: str


@dataclass(frozen=True, slots=True)
class Method:
    """A method of plain data or of a client, not called yet."""

    of: Any
    name: str


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression comes to, and from which parts of the caught error."""

    data: Any
    facets: frozenset[Facet] = frozenset()

    @property
    def known(self) -> bool:
        """Whether it is known; a collection is if all in it is."""
        return not any(isinstance(one, Unknown) for one in flat(self.data))

    @property
    def why(self) -> str:
        """Why it is not known."""
        return next((one.why for one in flat(self.data) if isinstance(one, Unknown)), "")


NONE: Final[frozenset[Facet]] = frozenset()

ERROR: Final = Value(Part("error"), frozenset({Facet.ERROR}))
"""The caught error itself."""


def flat(data: object) -> list[Any]:
    """What is in a collection, and in those in it; anything else is alone."""
    if isinstance(data, tuple | list | set | frozenset):
        return [one for part in data for one in flat(part)]
    return [data]


def unknown(why: str, facets: frozenset[Facet] = NONE) -> Value:
    """A value that can't be known."""
    return Value(Unknown(why), facets)


MOST: Final = 5_000
"""Values in a collection, and in those in it; the longest that is written by way of `range` has 2,000."""


def collected(data: Any, facets: frozenset[Facet] = NONE) -> Value:
    """A collection; unknown if too much is in it: a line that names the one before it twice has twice as many."""
    count, todo = 0, [data]
    while todo:
        count += 1
        if count > MOST:
            return unknown("there is too much in it", facets)
        one = todo.pop()
        if isinstance(one, tuple | list | set | frozenset | dict):
            todo.extend(one.values() if isinstance(one, dict) else one)
    return Value(data, facets)
