"""Public pages that describe the faults of the Cohere scenarios."""

from typing import Final

ERROR_PAGE: Final = "https://docs.cohere.com/reference/errors"
"""The statuses and the messages of errors."""

API: Final = "https://docs.cohere.com/reference/chat"
"""The reference of a chat: the statuses that it has, and that the finish reason ERROR is an internal error."""

STREAM: Final = "https://docs.cohere.com/reference/chat-stream"
"""The reference of a stream: the last event has a finish reason, and a message if an error occurred."""

STREAMING: Final = "https://docs.cohere.com/docs/streaming"

_SDK: Final = "https://github.com/cohere-ai/cohere-python"

DONE: Final = f"{_SDK}/issues/730"
LOST: Final = f"{_SDK}/issues/646"

ERROR_FIELD: Final = "https://github.com/tryAGI/Cohere/pull/178"
ERROR_AS_STOP: Final = "https://github.com/ENTERPILOT/GoModel/pull/581"
ERROR_IGNORED: Final = "https://github.com/mozilla-ai/any-llm/pull/1301"
BAD_EVENTS: Final = "https://github.com/rmusser01/tldw_chatbook/pull/698"
CUT: Final = "https://github.com/vercel/ai/releases/tag/@ai-sdk%2Fcohere@4.0.67"
FLAT_BODY: Final = "https://github.com/kwaroran/Risuai/issues/504"
KEEP_ALIVE: Final = "https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes"
