"""The values of a user's expressions, as far as they can be known without running them. Pure.

A value is plain Python data, an instance of a class below, or `Unknown` with the reason. Lists are tuples and sets are
frozen, because the ways through a program share their values.
"""

import ast
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from matrix.scan.error_view import ErrorView, TextSteps, apply_steps
from matrix.scan.scopes import Scope


class Unknown(msgspec.Struct, frozen=True):
    """A value that can't be known.

    Attributes:
        why: The reason, as a clause: `RETRYABLE comes from myapp.errors`.
        of_error: Whether the value depends on the caught error, so that no decision based on it can be known.
        truth: Whether it counts as true; None if that can't be known either.
    """

    why: str
    of_error: bool = False
    truth: bool | None = None


@dataclass(frozen=True, slots=True)
class DottedName:
    """A module or an object of a module that is not scanned: `anthropic.RateLimitError`, `builtins.Exception`.

    Attributes:
        name: Its full name.
        fallback: Whether it is read by `getattr` with a default, so that a release without it does no harm.
    """

    name: str
    fallback: bool = field(default=False, compare=False)


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


@dataclass(frozen=True, slots=True, eq=False)
class CaughtError:
    """The exception that a call of the SDK raises.

    Attributes:
        view: The recorded exception.
    """

    view: ErrorView


@dataclass(frozen=True, slots=True, eq=False)
class EndedStream:
    """The end of a stream that raises no exception although the answer is not whole.

    Attributes:
        view: What it delivered.
        check: The expression that checks whether it is whole, if code is to be followed that does; it calls nothing.
        holds: What that expression is for an answer that is not whole.
    """

    view: ErrorView
    check: ast.expr | None = None
    holds: bool = False


@dataclass(frozen=True, slots=True)
class ErrorPart:
    """A part of a caught error that is not plain data.

    Attributes:
        view: The recorded exception.
        name: `class`, `response`, `headers`, `request` or `cause`.
    """

    view: ErrorView
    name: str


@dataclass(frozen=True, slots=True)
class CauseClass:
    """The class of an exception behind a caught error, by its dotted name."""

    name: str


@dataclass(eq=False, slots=True)
class Instance:
    """An object of a class that the program makes, such as an exception of its own.

    Attributes:
        of: Its class.
        arguments: The arguments that it was made with.
        fields: Its attributes.
    """

    of: OwnClass | DottedName
    arguments: tuple[Any, ...] = ()
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnumMember:
    """A member of an enum of the scanned files.

    Attributes:
        of: The enum.
        name: Its name.
        value: Its value.
    """

    of: OwnClass
    name: str
    value: Any = field(compare=False)


@dataclass(frozen=True, slots=True)
class Partial:
    """A function with some arguments, made by `functools.partial`."""

    function: Any
    arguments: tuple[Any, ...]
    named: Any = field(compare=False)


@dataclass(frozen=True, slots=True)
class Method:
    """A method before its call.

    Attributes:
        owner: The object that has it.
        name: Its name.
    """

    owner: Any
    name: str


@dataclass(frozen=True, slots=True)
class BoundFunction:
    """A function of the scanned files with the object or class on which it is called."""

    function: OwnFunction
    owner: Any


@dataclass(eq=False, slots=True)
class Lazy:
    """The result of calling a coroutine or a generator of the scanned files, which runs later.

    Attributes:
        function: The function.
        names: The values of its parameters.
    """

    function: OwnFunction
    names: dict[str, Any]


@dataclass(eq=False, slots=True)
class Task:
    """A call that runs in another task or thread: where its result is read, it raises what it raised.

    Attributes:
        work: What it runs: a coroutine or a generator, a function with its arguments, or the node of a call of the SDK.
        before: How many calls had failed when it started.
        after: How many have failed since it ended.
        outcome: What it returned, or the exception.
        failed: Whether it raised an exception; None if it has not run.
        may_fail: Whether it may raise an exception, or may not.
    """

    work: Any
    before: int
    after: int = 0
    outcome: Any = None
    failed: bool | None = None
    may_fail: bool = False


class ErrorNumber(int):
    """A number that was read from a caught error."""


class ErrorText(str):
    """A text that was read from a caught error."""

    __slots__ = ()


class NoTuple(tuple[Any, ...]):
    """The items of a list or a set, which neither a clause nor `isinstance` takes for classes."""

    __slots__ = ()


class Union(tuple[Any, ...]):
    """The classes of `A | B`, which `isinstance` takes and a clause does not."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class UnreadText:
    """A text that was made of a caught error's and that the program has not read so far, as most are only passed on.

    Code is run once for all errors that differ only in texts that it has not read. Names, arguments and results may
    have such a value; every other expression reads it.

    Attributes:
        view: The recorded exception.
        steps: What the program made of its text.
    """

    view: ErrorView
    steps: TextSteps = ()

    def read(self) -> ErrorText:
        """Return the text."""
        return ErrorText(apply_steps(self.view.text, self.steps))

    def contains(self, word: str) -> bool:
        """Return whether it has a word, which is all that most programs ask."""
        return self.view.text_has(word, self.steps)

    def add(self, *step: str) -> "UnreadText":
        """Return the text that a method makes of it, or that has other texts before and after it."""
        return UnreadText(self.view, (*self.steps, step))


MOST_STEPS: Final = 10
"""How often an `UnreadText` is changed before it is read."""


def read_text(value: Any) -> Any:
    """Return a value, of which a text that was not read so far is read."""
    return value.read() if isinstance(value, UnreadText) else value


def mark(value: Any) -> Any:
    """Mark plain data as read from a caught error, so that comparing it with what is unknown depends on the error."""
    if isinstance(value, str):
        return ErrorText(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return ErrorNumber(value)
    if isinstance(value, tuple | list):
        return tuple(mark(each) for each in value)
    if isinstance(value, dict):
        if not _OBJECTS.isdisjoint(value):
            return Unknown("a part of the error is an object", of_error=True)
        return {key: mark(each) for key, each in value.items()}
    return value


_OBJECTS: Final = frozenset({"$object", "$raises"})
"""The keys in what the probe writes of a value that is no plain data."""


@dataclass(eq=False, slots=True)
class LazyExpression:
    """A generator expression, which is evaluated where it is iterated.

    Attributes:
        node: Its node.
        scope: The scope around it.
        names: The values of the names around it.
    """

    node: ast.GeneratorExp
    scope: Scope
    names: dict[str, Any]


def have_same_value(first: Any, second: Any) -> bool:
    """Return whether two values are one object, or of one class and equal."""
    if first is second:
        return True
    try:
        return type(first) is type(second) and bool(first == second)
    except (TypeError, ValueError, RecursionError):
        return False


def is_key(value: Any) -> bool:
    """Return whether a value may be the key of a dict of the scan."""
    if isinstance(value, tuple):
        return all(is_key(each) for each in value)
    return isinstance(value, str | int | float | bool | None | DottedName | OwnClass | EnumMember)


def is_unknown(value: Any) -> bool:
    """Return whether a value, or an item of a collection, can't be known."""
    return any(isinstance(item, Unknown) for item in flatten(value))


def why_unknown(value: Any) -> str:
    """Return the reason why a value can't be known; empty if it can."""
    return next((item.why for item in flatten(value) if isinstance(item, Unknown)), "")


def is_of_error(*values: Any) -> bool:
    """Return whether any of some values is a caught error, was read from one, or depends on one."""
    for value in values:
        if isinstance(value, Unknown):
            if value.of_error:
                return True
        elif isinstance(value, tuple | frozenset | dict):
            if is_of_error(*flatten(value)):
                return True
        elif isinstance(value, _OF_ERROR):
            return True
    return False


_OF_ERROR: Final = (CaughtError, ErrorPart, ErrorNumber, ErrorText, UnreadText)


def flatten(data: object) -> list[Any]:
    """List the items of a collection and of the collections in it; list anything else alone."""
    if isinstance(data, tuple | frozenset):
        return [item for part in data for item in flatten(part)]
    if isinstance(data, dict):
        return [item for part in data.values() for item in flatten(part)]
    return [data]


MOST: Final = 5_000
"""The most items that are followed in a nested collection; the longest seen, written with `range`, has 2,000."""


def collect(data: Any) -> Any:
    """Make a collection; it is unknown if it has more than `MOST` items.

    A program whose every line names the line before it twice doubles its items with each line.
    """
    count, pending = 0, [data]
    while pending:
        count += 1
        if count > MOST:
            return Unknown("it has too many items")
        item = pending.pop()
        if isinstance(item, tuple | frozenset | dict):
            pending.extend(item.values() if isinstance(item, dict) else item)
    return data
