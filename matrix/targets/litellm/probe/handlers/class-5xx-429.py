"""Catch the classes of 429, of 5xx, of timeouts and of connection errors. Seen in many apps."""

import litellm


def ask(create):
    try:
        return list(create())
    except (
        litellm.RateLimitError,
        litellm.InternalServerError,
        litellm.ServiceUnavailableError,
        litellm.Timeout,
        litellm.APIConnectionError,
    ):
        return "retry"
