"""What a stream delivers before it fails, as far as it was recorded. Pure."""

import ast
from collections.abc import Mapping, Sequence
from typing import Any, Final

from matrix.scan.scopes import Module
from matrix.scan.sdk import Sdk
from matrix.scan.values import CaughtError, DottedName, EndedStream, Instance, Unknown
from matrix.scan.walks import find_set
from matrix.targets.names import CLASS, END_REASON, REPORTED, TEXT, StreamSyntax

_LATE: Final = "time decides how much text comes before a failure"
_REPORTED: Final = "what the event says of the failure is not known"


def list_delivered(sdk: Sdk, error: Any, read: ast.expr) -> list[Any]:
    """List the events, or the pieces of text, that come before the error; none if it is not known what comes.

    Args:
        sdk: The SDK.
        error: The error.
        read: The expression that is iterated.
    """
    if not isinstance(error, CaughtError | EndedStream):
        return []
    events, text, reason = error.view.delivered
    syntax = sdk.target.stream
    attribute = read.func if isinstance(read, ast.Call) else read
    if isinstance(attribute, ast.Attribute) and attribute.attr in syntax.texts:
        is_late = attribute.attr in syntax.late and isinstance(error, CaughtError) and error.view.is_begun
        return [Unknown(_LATE, of_error=True)] if is_late else [text] if text else []
    is_known = bool(text) or not syntax.text_first
    described = [_describe(syntax, events, index) if is_known else {} for index in range(len(events))]
    last = next((index for index in reversed(range(len(events))) if events[index] in syntax.ends), None)
    if reason and last is not None:
        described[last] = syntax.ends[events[last]]
    of = DottedName(f"{sdk.module}.types")
    values = {TEXT: text, END_REASON: reason, REPORTED: Unknown(_REPORTED, of_error=True)}
    parts = [_make_part(of, known, values) for known in described]
    return [_make_dict(part) if kind == "dict" else part for kind, part in zip(events, parts, strict=True)]


def matters(module: Module, loop: ast.For | ast.AsyncFor) -> bool:
    """Return whether it matters what comes before an error: the loop may end by it, or a clause reads what it sets."""
    body = [node for statement in loop.body for node in ast.walk(statement)]
    if any(isinstance(node, ast.Break | ast.Return | ast.Raise | ast.Try) for node in body):
        return True
    assigned = find_set(body)
    clauses = [
        node
        for parent in module.find_ancestors(loop)
        if isinstance(parent, ast.Try | ast.TryStar)
        for handler in parent.handlers
        for node in ast.walk(handler)
    ]
    return any(isinstance(node, ast.Name) and node.id in assigned for node in clauses)


def _describe(syntax: StreamSyntax, events: Sequence[str], index: int) -> Mapping[str, Any]:
    """Describe one of some events, given their types: what its target describes of it, else only its type."""
    kind = events[index]
    known = syntax.events.get(kind, ({"type": kind},))
    is_last = events.count(kind) == 1 and not syntax.text_first
    return known[-1 if is_last else min(events[:index].count(kind), len(known) - 1)]


def _make_dict(part: Any) -> Any:
    """Make a dict of an object, and of the objects in it."""
    return {name: _make_dict(value) for name, value in part.fields.items()} if isinstance(part, Instance) else part


def _make_part(of: DottedName, known: Any, values: Mapping[str, Any]) -> Any:
    """Make an object of the attributes that are known of it, and a tuple of a list; a name of a value is that value."""
    match known:
        case Mapping():
            own = DottedName(f"{of.name.rpartition('.')[0]}.{known[CLASS]}") if CLASS in known else of
            fields = {name: _make_part(of, value, values) for name, value in known.items() if name != CLASS}
            return Instance(own, (), fields)
        case list():
            return tuple(_make_part(of, value, values) for value in known)
        case str():
            return values.get(known, known)
    return known
