"""The ordinary events of a stream of the Gemini API. Pure.

`POST /<version>/models/<model>:streamGenerateContent?alt=sse`. Events without a name, each with one chunk. The last one
has the reason to finish, and nothing follows it.

Source: the API reference of Gemini, "streamGenerateContent".
"""

import json
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Event


def chunk(text: str, count: int, finish_reason: str | None = None) -> Event:
    """Make an event with a chunk of the answer; `count` is the number of tokens so far."""
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    if finish_reason is not None:
        candidate["finishReason"] = finish_reason
    usage = {"promptTokenCount": 1, "candidatesTokenCount": count, "totalTokenCount": count + 1}
    data = {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "midstream", "responseId": "midstream"}
    return Event("", json.dumps(data))


GEMINI_PRELUDE: Final[dict[Dialect, tuple[Event, ...]]] = {Dialect.GEMINI: (chunk("Hello", 1),)}
"""The events of a stream up to and including the first text."""

GEMINI_REST: Final[dict[Dialect, tuple[Event, ...]]] = {Dialect.GEMINI: (chunk(" world", 2, "STOP"),)}
"""The event that completes the stream that `GEMINI_PRELUDE` began."""
