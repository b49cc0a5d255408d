"""The ordinary events of a stream of the Cohere API, `POST /v2/chat`. Pure.

Each event is named by the type in its data. The last is `message-end`, and `data: [DONE]` follows it.

Source: the API reference of Cohere, "Chat with Streaming", and its guide to streaming.
"""

import json
from typing import Any, Final

from matrix.catalogue.steps import Event

DONE: Final = Event("", "[DONE]")
"""The event that ends a stream."""

_USAGE: Final = {
    "billed_units": {"input_tokens": 1, "output_tokens": 2},
    "tokens": {"input_tokens": 1, "output_tokens": 2},
}


def _event(type_: str, **fields: object) -> Event:
    return Event(type_, json.dumps({"type": type_, **fields}))


def _text(text: str) -> Event:
    return _event("content-delta", index=0, delta={"message": {"content": {"text": text}}})


def message_end(finish_reason: str, **fields: Any) -> Event:
    """Make the last event of a message; `fields` are added to its delta."""
    return _event("message-end", delta={"finish_reason": finish_reason, "usage": _USAGE, **fields})


START: Final = _event(
    "message-start",
    id="midstream",
    delta={"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}},
)
"""The first event of a message."""

COHERE_PRELUDE: Final = (
    START,
    _event("content-start", index=0, delta={"message": {"content": {"type": "text", "text": ""}}}),
    _text("Hello"),
)
"""The events of a stream up to and including the first text."""

COHERE_REST: Final = (_text(" world"), _event("content-end", index=0), message_end("COMPLETE"), DONE)
"""The events that complete the stream that `COHERE_PRELUDE` began."""
