"""Catch the SDK's classes of transient errors. Seen in many apps."""

from anthropic import APIConnectionError, APITimeoutError, InternalServerError, RateLimitError

TRANSIENT = (APIConnectionError, APITimeoutError, InternalServerError, RateLimitError)


def ask(create):
    try:
        return list(create())
    except TRANSIENT:
        return "retry"
