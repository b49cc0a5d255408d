"""The dialects of a provider's streams, without their events: every command needs the names, and few play a stream."""

from enum import StrEnum


class Dialect(StrEnum):
    """The form of a stream, which the path and the version header of a request select."""

    MESSAGES = "messages"
    COMPLETIONS = "completions"
    LEGACY = "legacy"
