"""Catch the classes of 429, of 5xx and of connection errors. Seen in many apps, as tenacity's retry_if_exception_type."""

from groq import APIConnectionError, InternalServerError, RateLimitError


def ask(create):
    try:
        return list(create())
    except (RateLimitError, InternalServerError, APIConnectionError):
        return "retry"
