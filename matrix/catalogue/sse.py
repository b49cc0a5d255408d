"""The ordinary events of a stream, in each dialect of the API that a release may speak. Pure.

A server-sent event is `event: NAME`, `data: JSON` and an empty line. Which events make up a stream depends on what
the client asked for:

- messages: `POST /v1/messages`. Named events; the text comes in deltas.
- completions: `POST /v1/complete` with `anthropic-version: 2023-06-01`. Named events; the text comes in pieces.
- legacy: `POST /v1/complete` with an older version, which releases before 0.3 send. Unnamed events, each with the
  text so far, and `[DONE]` at the end.

Source: the API reference, "Streaming messages", "Streaming text completions" and "Versions".
"""

import json
from typing import Any

from matrix.catalogue.dialect import Dialect


def event(name: str, data: str) -> bytes:
    """Encode a named event whose data is one line."""
    return f"event: {name}\ndata: {data}\n\n".encode()


def message_event(data: dict[str, Any]) -> bytes:
    """Encode an event of the Messages API; the type in its data is its name."""
    return event(data["type"], json.dumps(data))


def block_start(index: int, block: dict[str, Any]) -> bytes:
    """Encode the event that opens a content block."""
    return message_event({"type": "content_block_start", "index": index, "content_block": block})


def block_delta(index: int, delta: dict[str, Any]) -> bytes:
    """Encode an event that adds to an open content block."""
    return message_event({"type": "content_block_delta", "index": index, "delta": delta})


def block_stop(index: int) -> bytes:
    """Encode the event that closes a content block."""
    return message_event({"type": "content_block_stop", "index": index})


def text_delta(text: str) -> bytes:
    """Encode an event that adds text to block 0."""
    return block_delta(0, {"type": "text_delta", "text": text})


MESSAGE_START = message_event(
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
    }
)
TEXT_START = block_start(0, {"type": "text", "text": ""})
MESSAGE_DELTA = message_event(
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 2},
    }
)
MESSAGE_STOP = message_event({"type": "message_stop"})


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
    Dialect.MESSAGES: (MESSAGE_START, TEXT_START, text_delta("Hello")),
    Dialect.COMPLETIONS: (event("completion", _completion("Hello", None)),),
    Dialect.LEGACY: (_legacy(_completion("Hello", None)),),
}
"""The events of a stream up to and including the first text, for each dialect."""

REST: dict[Dialect, tuple[bytes, ...]] = {
    Dialect.MESSAGES: (text_delta(" world"), block_stop(0), MESSAGE_DELTA, MESSAGE_STOP),
    Dialect.COMPLETIONS: (
        event("completion", _completion(" world", None)),
        event("completion", _completion("", "stop_sequence")),
    ),
    Dialect.LEGACY: (_legacy(_completion("Hello world", "stop_sequence")), _legacy("[DONE]")),
}
"""The events that complete the stream that `PRELUDE` began, for each dialect."""


def prelude(dialect: Dialect, line_end: str, *, named: bool) -> tuple[bytes, ...]:
    """Return `PRELUDE` with other line ends (empty for those of the dialect), or without the names of its events."""
    events = PRELUDE[dialect]
    if not named:
        events = tuple(b"".join(_unnamed(data)) for data in events)
    if line_end:
        events = tuple(data.replace(b"\r\n", b"\n").replace(b"\n", line_end.encode()) for data in events)
    return events


def _unnamed(data: bytes) -> list[bytes]:
    return [line for line in data.splitlines(keepends=True) if not line.startswith(b"event:")]
