"""What a stream delivers before it fails, as far as it was recorded. Pure."""

import ast
from collections.abc import Sequence
from typing import Any

from matrix.scan.scopes import Module
from matrix.scan.sdk import Sdk
from matrix.scan.values import CaughtError, DottedName, EndedStream, Instance
from matrix.targets.names import TEXT


def list_delivered(sdk: Sdk, error: Any, read: ast.expr) -> list[Any]:
    """List the events, or the pieces of text, that come before the error; none if it is not known what comes.

    Args:
        sdk: The SDK.
        error: The error.
        read: The expression that is iterated.
    """
    if not isinstance(error, CaughtError | EndedStream) or not error.view.in_stream:
        return []
    events, text = error.view.delivered
    if isinstance(read, ast.Attribute) and read.attr in sdk.target.stream.texts:
        return [text] if text else []
    return [_make_event(sdk, events, index, text) for index in range(len(events))]


def matters(module: Module, loop: ast.For | ast.AsyncFor) -> bool:
    """Return whether it matters what comes before an error: the loop may end by it, or a clause reads what it sets."""
    body = [node for statement in loop.body for node in ast.walk(statement)]
    if any(isinstance(node, ast.Break | ast.Return | ast.Raise | ast.Try) for node in body):
        return True
    assigned = {node.id for node in body if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    assigned |= {name for node in body if (name := _find_changed(node))}
    clauses = [
        node
        for parent in module.find_ancestors(loop)
        if isinstance(parent, ast.Try | ast.TryStar)
        for handler in parent.handlers
        for node in ast.walk(handler)
    ]
    return any(isinstance(node, ast.Name) and node.id in assigned for node in clauses)


def _find_changed(node: ast.AST) -> str:
    """Return the name of a collection that a call adds to; empty if it is no such call."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="append" | "add" | "extend" | "update")):
            return name
    return ""


def _make_event(sdk: Sdk, events: Sequence[str], index: int, text: str) -> Any:
    """Make one of some events, given their types; of its attributes only those that its target describes are known."""
    kind = events[index]
    known = sdk.target.stream.events.get(kind, ({"type": kind},))
    number = min(events[:index].count(kind), len(known) - 1) if events.count(kind) > 1 else len(known) - 1
    return _make_part(DottedName(f"{sdk.module}.types"), known[number], text)


def _make_part(of: DottedName, known: Any, text: str) -> Any:
    """Make an object of the attributes that are known of it, and a tuple of a list."""
    match known:
        case dict():
            return Instance(of, (), {name: _make_part(of, value, text) for name, value in known.items()})
        case list():
            return tuple(_make_part(of, value, text) for value in known)
    return text if known == TEXT else known
