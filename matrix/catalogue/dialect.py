"""The dialects of the providers' streams, and the id of a request in them, without events.

Every command needs the names, and few play a stream.
"""

from enum import StrEnum
from typing import Final


class Dialect(StrEnum):
    """The form of a stream, which the path and the version header of a request select."""

    MESSAGES = "messages"
    COMPLETIONS = "completions"
    LEGACY = "legacy"
    BEDROCK = "bedrock"
    """The events of `MESSAGES` inside the frames of an AWS event stream."""
    CHAT = "chat"
    """Chunks of a chat completion of the OpenAI API, in events without a name, and `[DONE]` at the end."""
    RESPONSES = "responses"
    """The named events of the Responses API of OpenAI."""
    PROMPTS = "prompts"
    """Chunks of a completion of a prompt: the API that OpenAI had before chats."""
    CONVERSATIONS = "conversations"
    """The named events of the Conversations API of Mistral; its chats are `CHAT`."""
    COHERE = "cohere"
    """The named events of a chat of the Cohere API, version 2, and `[DONE]` at the end."""


SERVER_SENT: Final = frozenset({Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY})
"""The dialects of the Anthropic API that consist of server-sent events."""

OF_MESSAGES: Final = frozenset({Dialect.MESSAGES, Dialect.BEDROCK})
"""The dialects with the events of the Messages API."""

FRAMED: Final = frozenset({Dialect.BEDROCK})
"""The dialects that consist of frames of an AWS event stream; all others consist of server-sent events."""

OF_ANTHROPIC: Final = SERVER_SENT | FRAMED
"""The dialects of the Anthropic API."""

OF_OPENAI: Final = frozenset({Dialect.CHAT, Dialect.RESPONSES, Dialect.PROMPTS})
"""The dialects of the OpenAI API."""

REQUEST_ID: Final = "req_midstream"
"""The id of the request in the headers of every response."""

REQUEST_ID_HEADER: Final = {
    **dict.fromkeys(SERVER_SENT, "Request-Id"),
    Dialect.BEDROCK: "x-amzn-RequestId",
    **dict.fromkeys((*OF_OPENAI, Dialect.CONVERSATIONS), "x-request-id"),
    Dialect.COHERE: "x-debug-trace-id",
}
"""The name of the header with the id of the request, for each dialect."""
