"""The dialects of a provider's streams, and the id of a request in them, without events.

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


SERVER_SENT: Final = frozenset({Dialect.MESSAGES, Dialect.COMPLETIONS, Dialect.LEGACY})
"""The dialects that consist of server-sent events."""

OF_MESSAGES: Final = frozenset({Dialect.MESSAGES, Dialect.BEDROCK})
"""The dialects with the events of the Messages API."""

FRAMED: Final = frozenset({Dialect.BEDROCK})
"""The dialects that consist of frames of an AWS event stream."""

REQUEST_ID: Final = "req_midstream"
"""The id of the request in the headers of every response."""

REQUEST_ID_HEADER: Final = dict.fromkeys(Dialect, "Request-Id") | {Dialect.BEDROCK: "x-amzn-RequestId"}
"""The name of the header with the id of the request, for each dialect."""
