"""Catch every class that the SDK has for what passes. Seen in many apps."""

from anthropic import APIConnectionError, APITimeoutError, InternalServerError, RateLimitError

TRANSIENT = (APIConnectionError, APITimeoutError, InternalServerError, RateLimitError)


def ask(create):
    try:
        return list(create())
    except TRANSIENT:
        return "retry"
