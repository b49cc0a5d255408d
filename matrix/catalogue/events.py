"""The ordinary events of a stream, in each dialect of the API. Pure.

Which events make up a stream depends on what the client asked for:

- messages: `POST /v1/messages`. Named events; the text comes in deltas.
- completions: `POST /v1/complete` with `anthropic-version: 2023-06-01`. Named events; the text comes in pieces.
- legacy: `POST /v1/complete` with an older version, which releases before 0.3 send. Unnamed events, each with the
  text so far, and `[DONE]` at the end.
- bedrock: `POST /model/<model>/invoke-with-response-stream`. The events of messages.

Those of other APIs are in the packages of their catalogues, such as `matrix.catalogue.openai.events`.

Source: the API reference, "Streaming messages", "Streaming text completions" and "Versions"; for Bedrock, the AWS API
reference, "InvokeModelWithResponseStream".
"""

import json
from typing import Any

from matrix.catalogue.cohere.events import COHERE_PRELUDE, COHERE_REST
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.gemini.events import GEMINI_PRELUDE, GEMINI_REST
from matrix.catalogue.mistral.events import CONVERSATION_PRELUDE, CONVERSATION_REST
from matrix.catalogue.ollama.events import OLLAMA_PRELUDE, OLLAMA_REST
from matrix.catalogue.openai.events import OPENAI_PRELUDE, OPENAI_REST
from matrix.catalogue.steps import FIRST_TEXT, Event


def message_event(data: dict[str, Any]) -> Event:
    """Make an event of the Messages API; the type in its data is its name."""
    return Event(data["type"], json.dumps(data))


def block_start(index: int, block: dict[str, Any]) -> Event:
    """Make the event that opens a content block."""
    return message_event({"type": "content_block_start", "index": index, "content_block": block})


def block_delta(index: int, delta: dict[str, Any]) -> Event:
    """Make an event that adds to an open content block."""
    return message_event({"type": "content_block_delta", "index": index, "delta": delta})


def block_stop(index: int) -> Event:
    """Make the event that closes a content block."""
    return message_event({"type": "content_block_stop", "index": index})


def text_delta(text: str) -> Event:
    """Make an event that adds text to block 0."""
    return block_delta(0, {"type": "text_delta", "text": text})


_USAGE: dict[str, int] | None = {"output_tokens": 2}


def message_delta(stop_reason: str, usage: dict[str, int] | None = _USAGE) -> Event:
    """Make the event that says why the message ends."""
    delta = {"stop_reason": stop_reason, "stop_sequence": None}
    return message_event({"type": "message_delta", "delta": delta, "usage": usage})


def message_start(**changes: object) -> Event:
    """Make the event that opens a message; `changes` replaces fields of the message."""
    message: dict[str, object] = {
        "id": "msg_midstream",
        "type": "message",
        "role": "assistant",
        "model": "midstream",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }
    return message_event({"type": "message_start", "message": message | changes})


MESSAGE_START = message_start()
TEXT_START = block_start(0, {"type": "text", "text": ""})
MESSAGE_DELTA = message_delta("end_turn")
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


_FIRST_EVENTS = (MESSAGE_START, TEXT_START, text_delta(FIRST_TEXT))
_LAST_EVENTS = (text_delta(" world"), block_stop(0), MESSAGE_DELTA, MESSAGE_STOP)

PRELUDE: dict[Dialect, tuple[Event, ...]] = {
    Dialect.MESSAGES: _FIRST_EVENTS,
    Dialect.COMPLETIONS: (Event("completion", _completion("Hello", None)),),
    Dialect.LEGACY: (Event("", _completion("Hello", None)),),
    Dialect.BEDROCK: _FIRST_EVENTS,
    **OPENAI_PRELUDE,
    Dialect.CONVERSATIONS: CONVERSATION_PRELUDE,
    Dialect.COHERE: COHERE_PRELUDE,
    **GEMINI_PRELUDE,
    **OLLAMA_PRELUDE,
}
"""The events of a stream up to and including the first text, for each dialect."""

REST: dict[Dialect, tuple[Event, ...]] = {
    Dialect.MESSAGES: _LAST_EVENTS,
    Dialect.COMPLETIONS: (
        Event("completion", _completion(" world", None)),
        Event("completion", _completion("", "stop_sequence")),
    ),
    Dialect.LEGACY: (Event("", _completion("Hello world", "stop_sequence")), Event("", "[DONE]")),
    Dialect.BEDROCK: _LAST_EVENTS,
    **OPENAI_REST,
    Dialect.CONVERSATIONS: CONVERSATION_REST,
    Dialect.COHERE: COHERE_REST,
    **GEMINI_REST,
    **OLLAMA_REST,
}
"""The events that complete the stream that `PRELUDE` began, for each dialect."""
