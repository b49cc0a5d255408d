"""Short descriptions of source and of values, for notes and details. Pure."""

import ast
from functools import lru_cache
from typing import Any

from matrix.scan.values import CaughtError, CauseClass, DottedName, EnumMember, Instance, OwnClass, UnreadText


@lru_cache(maxsize=500)
def unparse_short(node: ast.AST, limit: int = 60) -> str:
    """Return the source of an expression on one line, shortened for a note."""
    try:
        text = ast.unparse(node)
    except (ValueError, RecursionError, AttributeError):
        return "this"
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


def describe(value: Any) -> str:
    """Return a short name of a value for a detail: `None`, `True`, `Busy`."""
    match value:
        case Instance(of=OwnClass(node=node)) | OwnClass(node=node):
            return node.name
        case Instance(of=DottedName(name)) | DottedName(name):
            return name.rpartition(".")[2]
        case EnumMember(OwnClass(node=node), name):
            return f"{node.name}.{name}"
        case CaughtError():
            return "the error"
        case UnreadText():
            return describe(value.read())
        case CauseClass(name):
            return name
        case str() | int() | float() | None:
            text = repr(value)
            return text if len(text) <= 30 else "a value"
    return "a value"
