"""Catch the classes of 5xx, of 429, of connection errors and of timeouts. Seen in many apps."""

import together

RETRYABLE = (
    together.InternalServerError,
    together.RateLimitError,
    together.APIConnectionError,
    together.APITimeoutError,
)


def ask(create):
    try:
        return list(create())
    except RETRYABLE:
        return "retry"
