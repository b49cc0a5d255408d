"""The ends that statements may have, and the values of names where several ways meet. Pure."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Any

import msgspec

from matrix.scan.resolver import ATTEMPTS, VARIES, Env
from matrix.scan.values import Unknown, UnreadText, have_same_value, is_of_error, read_text
from matrix.scan.wording import describe


class EndKind(Enum):
    """How statements end."""

    FALLS = auto()
    CONTINUE = auto()
    BREAK = auto()
    RETURN = auto()
    RAISE = auto()
    RETRY = auto()
    """A framework runs the function again."""
    NEXT = auto()
    """A loop goes on with the next of the user's own items."""


class End(msgspec.Struct, frozen=True, eq=False):
    """One end that statements may have.

    Attributes:
        kind: How they end.
        env: The values of the names at that time.
        value: The value that is returned, or the exception that is raised.
        by_mistake: Whether no statement raises the exception.
    """

    kind: EndKind
    env: Env
    value: Any = None
    by_mistake: bool = False

    @property
    def attempts(self) -> int:
        """The number of calls of the SDK that failed before."""
        return int(self.env.get(ATTEMPTS, 0))

    @property
    def signature(self) -> tuple[object, ...]:
        """The values by which the caller can tell this end from others."""
        return self.kind, self.attempts, describe(self.value), self.by_mistake


def join(envs: Sequence[Env], why: Unknown | None = None) -> Env:
    """Join the values of names where several ways meet; ways on which the call has not failed yet do not count."""
    failed = [env for env in envs if env.get(ATTEMPTS, 0)] or list(envs)
    joined = dict(failed[0])
    if len({env.get(ATTEMPTS, 0) for env in failed}) > 1:
        joined[VARIES] = True
    for other in failed[1:]:
        for name in other.keys() | joined.keys():
            if name == ATTEMPTS:
                joined[name] = max(joined.get(name, 0), other.get(name, 0))
            elif name not in joined:
                joined[name] = other[name]
            elif name in other and not is_same(joined[name], other[name]):
                of_error = is_of_error(joined[name], other[name]) or (why is not None and why.of_error)
                joined[name] = Unknown(why.why if why is not None else f"{name} depends on a condition", of_error)
    return joined


def is_same(first: Any, second: Any) -> bool:
    """Return whether two values are certainly the same; texts are read only if that can't be known otherwise."""
    if (isinstance(first, UnreadText) or isinstance(second, UnreadText)) and first != second:
        return have_same_value(read_text(first), read_text(second))
    return have_same_value(first, second)
