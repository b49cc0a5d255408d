"""Tells loops of attempts from loops over a user's own items. Pure."""

import ast
from typing import Final

from matrix.scan.wording import unparse_short

_WORDS: Final = ("attempt", "retr", "tries", "try", "delay", "backoff", "wait", "model", "fallback", "provider")
"""Parts of the names that people use in a loop of attempts, or in one over models to ask in turn."""


def makes_attempts(loop: ast.For | ast.AsyncFor) -> bool:
    """Return whether a loop makes attempts, rather than going over the user's own items."""
    if isinstance(loop.iter, ast.Call) and unparse_short(loop.iter.func).endswith(
        ("range", "count", "Retrying", "repeat", "cycle")
    ):
        return True
    names = f"{unparse_short(loop.target)} {unparse_short(loop.iter)}".lower()
    return any(word in names for word in _WORDS) or unparse_short(loop.target) == "_"
