"""Catch the class of 429 and of connection errors, and compare the status from 500 up. Seen in many apps."""

from openai import APIConnectionError, APIStatusError, RateLimitError


def ask(create):
    try:
        return list(create())
    except (RateLimitError, APIConnectionError):
        return "retry"
    except APIStatusError as e:
        if e.status_code >= 500:
            return "retry"
        raise
