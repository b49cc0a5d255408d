"""Catch the SDK's classes of 429, of 5xx and of connection errors. Seen in many apps."""

from anthropic import APIConnectionError, InternalServerError, RateLimitError


def ask(create):
    try:
        return list(create())
    except (RateLimitError, InternalServerError, APIConnectionError):
        return "retry"
