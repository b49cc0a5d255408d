"""The ordinary events of a stream of the OpenAI API. Pure.

- chat: `POST /chat/completions`. Events without a name, each with one chunk, and `[DONE]` at the end.
- prompts: `POST /completions`. The same with the text of a completion in each chunk.
- responses: `POST /responses`. Named events; the text comes in deltas.

Source: the API reference of OpenAI, "Streaming" of chat completions, completions and responses.
"""

import json
from typing import Any, Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Event

DONE: Final = Event("", "[DONE]")
"""The event that ends a stream of chunks."""


def chunk(delta: dict[str, Any], finish_reason: str | None = None, **more: object) -> Event:
    """Make an event with a chunk of a chat completion; `more` adds fields to the chunk."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    head = {"id": "chatcmpl-midstream", "object": "chat.completion.chunk", "created": 1700000000, "model": "midstream"}
    return Event("", json.dumps({**head, "choices": [choice], **more}))


CHAT_TEXT: Final = (chunk({"role": "assistant", "content": ""}), chunk({"content": "Hello"}))
CHAT_END: Final = (chunk({"content": " world"}), chunk({}, "stop"))
"""The rest of the text and the reason to finish, without `[DONE]`."""


def _completion(text: str, finish_reason: str | None) -> Event:
    choice = {"text": text, "index": 0, "logprobs": None, "finish_reason": finish_reason}
    head = {"id": "cmpl-midstream", "object": "text_completion", "created": 1700000000, "model": "midstream"}
    return Event("", json.dumps({**head, "choices": [choice]}))


def response_event(number: int, data: dict[str, Any]) -> Event:
    """Make an event of the Responses API; the type in its data is its name."""
    return Event(data["type"], json.dumps({**data, "sequence_number": number}))


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(status: str, *content: dict[str, Any]) -> dict[str, Any]:
    return {"id": "msg_midstream", "type": "message", "status": status, "role": "assistant", "content": [*content]}


def response(status: str, *output: dict[str, Any], **more: object) -> dict[str, Any]:
    """Make a response object; `more` replaces its fields."""
    return {
        "id": "resp_midstream",
        "object": "response",
        "created_at": 1700000000,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "model": "midstream",
        "output": [*output],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": None,
        "user": None,
        **more,
    }


_IN_MESSAGE: Final = {"item_id": "msg_midstream", "output_index": 0, "content_index": 0}


def text_delta(number: int, text: str) -> Event:
    """Make an event that adds text to a response."""
    data = {"type": "response.output_text.delta", **_IN_MESSAGE, "delta": text, "logprobs": []}
    return response_event(number, data)


WHOLE_MESSAGE: Final = _message("completed", _part("Hello world"))

_RESPONSE_TEXT: Final = (
    response_event(0, {"type": "response.created", "response": response("in_progress")}),
    response_event(1, {"type": "response.in_progress", "response": response("in_progress")}),
    response_event(2, {"type": "response.output_item.added", "output_index": 0, "item": _message("in_progress")}),
    response_event(3, {"type": "response.content_part.added", **_IN_MESSAGE, "part": _part("")}),
    text_delta(4, "Hello"),
)
RESPONSE_REST: Final = (
    text_delta(5, " world"),
    response_event(6, {"type": "response.output_text.done", **_IN_MESSAGE, "text": "Hello world", "logprobs": []}),
    response_event(7, {"type": "response.content_part.done", **_IN_MESSAGE, "part": _part("Hello world")}),
    response_event(8, {"type": "response.output_item.done", "output_index": 0, "item": WHOLE_MESSAGE}),
)
"""The rest of the text of a response, without the event that ends it."""

OPENAI_PRELUDE: Final[dict[Dialect, tuple[Event, ...]]] = {
    Dialect.CHAT: CHAT_TEXT,
    Dialect.RESPONSES: _RESPONSE_TEXT,
    Dialect.PROMPTS: (_completion("Hello", None),),
}
"""The events of a stream up to and including the first text, for each dialect."""

OPENAI_REST: Final[dict[Dialect, tuple[Event, ...]]] = {
    Dialect.CHAT: (*CHAT_END, DONE),
    Dialect.RESPONSES: (
        *RESPONSE_REST,
        response_event(9, {"type": "response.completed", "response": response("completed", WHOLE_MESSAGE)}),
    ),
    Dialect.PROMPTS: (_completion(" world", None), _completion("", "stop"), DONE),
}
"""The events that complete the stream that `OPENAI_PRELUDE` began, for each dialect."""
