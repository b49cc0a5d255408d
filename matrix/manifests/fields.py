"""Access to the fields of a parsed file, in which any value may stand. Pure.

A value of the wrong type counts as absent, or raises ValueError, as the function says; no other exception is raised.
"""

from collections.abc import Iterable
from typing import Any


def table(parent: object, *keys: str) -> dict[str, Any]:
    """Return the table at a path of keys; empty if there is none."""
    for key in keys:
        parent = parent.get(key) if isinstance(parent, dict) else None
    return parent if isinstance(parent, dict) else {}


def as_table(value: object) -> dict[str, Any]:
    """Return a value that must be a table.

    Raises:
        ValueError: The value is not a table.
    """
    if not isinstance(value, dict):
        raise ValueError("no table")  # noqa: TRY004 - a file that is wrong, not a caller
    return value


def text(parent: dict[str, Any], key: str) -> str:
    """Return a field that must be a text; empty if the field is absent.

    Raises:
        ValueError: The field is not a text.
    """
    value = parent.get(key, "")
    if not isinstance(value, str):
        raise ValueError(key)  # noqa: TRY004 - a file that is wrong, not a caller
    return value


def texts(values: object) -> tuple[str, ...]:
    """Return the texts in an array; none if the value is not an array."""
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def first_text(parent: object, keys: Iterable[str]) -> str:
    """Return the first of some fields that is a text and not empty; empty if none is."""
    values = [parent.get(key) for key in keys] if isinstance(parent, dict) else []
    return next((value for value in values if isinstance(value, str) and value), "")


def at(address: str, reference: str) -> str:
    """Join an address with a tag, branch or commit, as pip writes it; empty without an address."""
    return f"{address}@{reference}" if address and reference else address
