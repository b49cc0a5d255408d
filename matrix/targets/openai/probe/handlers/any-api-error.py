"""Retry on the base class of all errors of the API. Seen in many apps, as tenacity's retry_if_exception_type."""

from openai import APIError, RateLimitError


def ask(create):
    try:
        return list(create())
    except (RateLimitError, APIError):
        return "retry"
