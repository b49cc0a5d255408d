"""The ordinary events of a stream of the Ollama API: lines of JSON. Pure.

- chat: `POST /api/chat`. Each line has a part of a message.
- generate: `POST /api/generate`. Each line has a part of a completion.

The last line says that the answer is done, and why.

Source: the API reference of Ollama, "Streaming", "Generate a chat message" and "Generate a response".
"""

import json
from typing import Any, Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Event

_LAST: Final = {
    "done": True,
    "done_reason": "stop",
    "total_duration": 3000000,
    "load_duration": 1000000,
    "prompt_eval_count": 1,
    "prompt_eval_duration": 1000000,
    "eval_count": 2,
    "eval_duration": 1000000,
}
"""The fields of the last line that the others lack."""


def _line(text: dict[str, Any], end: dict[str, Any]) -> Event:
    head = {"model": "midstream", "created_at": "2025-10-26T17:15:24.097767Z"}
    return Event("", json.dumps({**head, **text, **end}, separators=(",", ":")))


def _message(text: str, end: dict[str, Any]) -> Event:
    return _line({"message": {"role": "assistant", "content": text}}, end)


def _completion(text: str, end: dict[str, Any]) -> Event:
    return _line({"response": text}, end)


_OPEN: Final = {"done": False}

OLLAMA_PRELUDE: Final[dict[Dialect, tuple[Event, ...]]] = {
    Dialect.OLLAMA_CHAT: (_message("Hello", _OPEN),),
    Dialect.OLLAMA_GENERATE: (_completion("Hello", _OPEN),),
}
"""The events of a stream up to and including the first text, for each dialect."""

OLLAMA_REST: Final[dict[Dialect, tuple[Event, ...]]] = {
    Dialect.OLLAMA_CHAT: (_message(" world", _OPEN), _message("", _LAST)),
    Dialect.OLLAMA_GENERATE: (_completion(" world", _OPEN), _completion("", _LAST)),
}
"""The events that complete the stream that `OLLAMA_PRELUDE` began, for each dialect."""
