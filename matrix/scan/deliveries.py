"""What a stream delivers before it fails, as far as it was recorded. Pure."""

import ast
from typing import Any, Final

from matrix.scan.scopes import Module
from matrix.scan.values import CaughtError, DottedName, Instance

_EVENT: Final = DottedName("anthropic.types.RawMessageStreamEvent")
_DELTA: Final = "content_block_delta"


def list_delivered(error: Any, read: ast.expr) -> list[Any]:
    """List the events, or the pieces of text, that come before the error; none if it is not known what comes.

    Args:
        error: The error.
        read: The expression that is iterated.
    """
    if not isinstance(error, CaughtError) or not error.view.in_stream:
        return []
    events, text = error.view.delivered
    if isinstance(read, ast.Attribute) and read.attr == "text_stream":
        return [text] if text else []
    return [_make_event(kind, text) for kind in events]


def matters(module: Module, loop: ast.For | ast.AsyncFor) -> bool:
    """Return whether it matters what comes before an error: the loop may end by it, or a clause reads what it sets."""
    body = [node for statement in loop.body for node in ast.walk(statement)]
    if any(isinstance(node, ast.Break | ast.Return | ast.Raise | ast.Try) for node in body):
        return True
    assigned = {node.id for node in body if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    clauses = [
        node
        for parent in module.find_ancestors(loop)
        if isinstance(parent, ast.Try | ast.TryStar)
        for handler in parent.handlers
        for node in ast.walk(handler)
    ]
    return any(isinstance(node, ast.Name) and node.id in assigned for node in clauses)


def _make_event(kind: str, text: str) -> Instance:
    """Make an event of a type; of its other attributes only the text is known."""
    fields: dict[str, Any] = {"type": kind}
    if kind == _DELTA:
        fields["delta"] = Instance(_EVENT, (), {"type": "text_delta", "text": text})
    if kind == "text":
        fields["text"] = text
    return Instance(_EVENT, (), fields)
