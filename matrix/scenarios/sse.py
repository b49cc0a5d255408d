"""The ordinary events of a stream, in each dialect of the API that a release may speak.

A server-sent event is `event: NAME`, `data: JSON` and an empty line. Which events make up a stream depends on what
the client asked for:

- messages: `POST /v1/messages`. Named events; the text comes in deltas.
- completions: `POST /v1/complete` with `anthropic-version: 2023-06-01`. Named events; the text comes in pieces.
- legacy: `POST /v1/complete` with an older version, which releases before 0.3 send. Unnamed events, each with the
  text so far, and `[DONE]` at the end.

Source: the API reference, "Streaming messages", "Streaming text completions" and "Versions".
"""

import json
from enum import StrEnum
from typing import Any


class Dialect(StrEnum):
    """What a client asked for, as its path and version header say."""

    MESSAGES = "messages"
    COMPLETIONS = "completions"
    LEGACY = "legacy"


def event(name: str, data: str) -> bytes:
    """One named event whose data is one line."""
    return f"event: {name}\ndata: {data}\n\n".encode()


def _message_events(*events: dict[str, Any]) -> tuple[bytes, ...]:
    return tuple(event(data["type"], json.dumps(data)) for data in events)


_MESSAGE_PRELUDE = _message_events(
    {
        "type": "message_start",
        "message": {
            "id": "msg_midstream",
            "type": "message",
            "role": "assistant",
            "model": "midstream",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
)

_MESSAGE_REST = _message_events(
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " world"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 2},
    },
    {"type": "message_stop"},
)


def _completion(text: str, stop_reason: str | None) -> str:
    return json.dumps(
        {
            "type": "completion",
            "id": "compl_midstream",
            "completion": text,
            "stop_reason": stop_reason,
            "stop": None,
            "log_id": "compl_midstream",
            "model": "midstream",
        }
    )


def _legacy(data: str) -> bytes:
    return f"data: {data}\r\n\r\n".encode()


PRELUDE: dict[Dialect, tuple[bytes, ...]] = {
    Dialect.MESSAGES: _MESSAGE_PRELUDE,
    Dialect.COMPLETIONS: (event("completion", _completion("Hello", None)),),
    Dialect.LEGACY: (_legacy(_completion("Hello", None)),),
}
"""The events up to and including the first text."""

REST: dict[Dialect, tuple[bytes, ...]] = {
    Dialect.MESSAGES: _MESSAGE_REST,
    Dialect.COMPLETIONS: (
        event("completion", _completion(" world", None)),
        event("completion", _completion("", "stop_sequence")),
    ),
    Dialect.LEGACY: (_legacy(_completion("Hello world", "stop_sequence")), _legacy("[DONE]")),
}
"""The events that complete what `PRELUDE` began."""
