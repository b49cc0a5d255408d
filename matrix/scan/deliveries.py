"""What a stream delivers before it fails, as far as it was recorded. Pure."""

import ast
from typing import Any, Final

from matrix.scan.values import CaughtError, DottedName, Instance

_EVENT: Final = DottedName("anthropic.types.RawMessageStreamEvent")
_DELTA: Final = "content_block_delta"


def list_delivered(error: Any, read: ast.expr) -> list[Any]:
    """List the events, or the pieces of text, that come before the error; none if it is not known what comes.

    Args:
        error: The error.
        read: The expression that is iterated.
    """
    ending = error.ending if isinstance(error, CaughtError) else getattr(error, "ending", None)
    if ending is None or not ending.in_stream:
        return []
    if isinstance(read, ast.Attribute) and read.attr == "text_stream":
        return [ending.text] if ending.text else []
    return [_make_event(kind, ending.text) for kind in ending.events]


def _make_event(kind: str, text: str) -> Instance:
    """Make an event of a type; of its other attributes only the text is known."""
    fields: dict[str, Any] = {"type": kind}
    if kind == _DELTA:
        fields["delta"] = Instance(_EVENT, (), {"type": "text_delta", "text": text})
    if kind == "text":
        fields["text"] = text
    return Instance(_EVENT, (), fields)
