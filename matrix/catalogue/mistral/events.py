"""The ordinary events of a conversation of the Mistral API, `POST /v1/conversations`. Pure.

The chunks of its chats are those of `matrix.catalogue.openai.events`.

Source: the API reference of Mistral, "Beta Conversations", and its page about agents.
"""

import json
from typing import Final

from matrix.catalogue.steps import Event

_CREATED: Final = "2026-01-01T00:00:00Z"


def conversation_event(type_: str, **fields: object) -> Event:
    """Make an event of a conversation; the type in its data is its name."""
    return Event(type_, json.dumps({"type": type_, "created_at": _CREATED, **fields}))


def _text(content: str) -> Event:
    return conversation_event(
        "message.output.delta",
        output_index=0,
        id="msg_midstream",
        content_index=0,
        model="midstream",
        role="assistant",
        content=content,
    )


CONVERSATION_PRELUDE: Final = (
    conversation_event("conversation.response.started", conversation_id="conv_midstream"),
    _text("Hello"),
)
"""The events of a conversation up to and including the first text."""

CONVERSATION_REST: Final = (
    _text(" world"),
    conversation_event(
        "conversation.response.done", usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    ),
)
"""The events that complete the stream that `CONVERSATION_PRELUDE` began."""
