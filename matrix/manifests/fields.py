"""Fields of a parsed file, in which anything may stand. Pure.

What is not asked for by its type is taken for absent, or refused, as the caller needs it; nothing here raises anything
but ValueError.
"""

from collections.abc import Iterable
from typing import Any


def table(parent: object, *keys: str) -> dict[str, Any]:
    """The table at a path of keys; empty where there is none, or where something else is."""
    for key in keys:
        parent = parent.get(key) if isinstance(parent, dict) else None
    return parent if isinstance(parent, dict) else {}


def as_table(value: object) -> dict[str, Any]:
    """What has to be a table.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(value, dict):
        raise ValueError("no table")  # noqa: TRY004 - a file that is wrong, not a caller
    return value


def text(parent: dict[str, Any], key: str) -> str:
    """A text; empty if there is none.

    Raises:
        ValueError: Something else is there.
    """
    value = parent.get(key, "")
    if not isinstance(value, str):
        raise ValueError(key)  # noqa: TRY004 - a file that is wrong, not a caller
    return value


def texts(values: object) -> tuple[str, ...]:
    """The texts in an array; none if it is no array."""
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def first_text(parent: object, keys: Iterable[str]) -> str:
    """The first of some fields that is a text with something in it; empty if none is."""
    values = [parent.get(key) for key in keys] if isinstance(parent, dict) else []
    return next((value for value in values if isinstance(value, str) and value), "")


def at(address: str, reference: str) -> str:
    """An address with the tag, branch or commit that is taken from it, as pip writes it; empty without an address."""
    return f"{address}@{reference}" if address and reference else address
