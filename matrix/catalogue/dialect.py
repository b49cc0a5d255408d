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
    GEMINI = "gemini"
    """Chunks of a generated content of the Gemini API, in events without a name."""
    OLLAMA_CHAT = "ollama-chat"
    """Parts of a message of the chat API of Ollama, each a line of JSON."""
    OLLAMA_GENERATE = "ollama-generate"
    """Parts of a completion of a prompt of the Ollama API, each a line of JSON."""


SERVER_SENT: Final = frozenset({Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY})
"""The dialects of the Anthropic API that consist of server-sent events."""

OF_MESSAGES: Final = frozenset({Dialect.MESSAGES, Dialect.BEDROCK})
"""The dialects with the events of the Messages API."""

FRAMED: Final = frozenset({Dialect.BEDROCK})
"""The dialects that consist of frames of an AWS event stream."""

JSON_LINES: Final = frozenset({Dialect.OLLAMA_CHAT, Dialect.OLLAMA_GENERATE})
"""The dialects that consist of lines of JSON; all but these and `FRAMED` consist of server-sent events."""

OF_ANTHROPIC: Final = SERVER_SENT | FRAMED
"""The dialects of the Anthropic API."""

OF_OPENAI: Final = frozenset({Dialect.CHAT, Dialect.RESPONSES, Dialect.PROMPTS})
"""The dialects of the OpenAI API."""

OF_GEMINI: Final = frozenset({Dialect.GEMINI})
"""The dialects of the Gemini API."""

OF_OLLAMA: Final = JSON_LINES
"""The dialects of the Ollama API."""

REQUEST_ID: Final = "req_midstream"
"""The id of the request in the headers of every response, where the API has such a header."""

_REQUEST_ID_HEADER: Final = {
    **dict.fromkeys(SERVER_SENT, "Request-Id"),
    Dialect.BEDROCK: "x-amzn-RequestId",
    **dict.fromkeys((*OF_OPENAI, Dialect.CONVERSATIONS), "x-request-id"),
    Dialect.COHERE: "x-debug-trace-id",
}
"""The name of the header with the id of the request, for each dialect whose API has one."""


def request_id_headers(dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """Return the header with the id of a request, as a name and a value; empty if the API has none."""
    name = _REQUEST_ID_HEADER.get(dialect)
    return () if name is None else ((name, REQUEST_ID),)
