"""Names that are imported for type checkers alone, which a program does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anthropic

if TYPE_CHECKING:
    from anthropic import APIStatusError, Message, RateLimitError

client = anthropic.Anthropic()
Q = [{"role": "user", "content": "Hi"}]


def ask_clause() -> Message | None:
    """Catch a class that has no value."""
    try:
        with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
            return stream.get_final_message()
    except RateLimitError:
        return None


def ask_condition() -> Message | None:
    """Compare with a class that has no value."""
    for _ in range(2):
        try:
            with client.messages.stream(model="m", max_tokens=9, messages=Q) as stream:
                return stream.get_final_message()
        except anthropic.APIError as error:
            if not isinstance(error, APIStatusError):
                raise
    return None
