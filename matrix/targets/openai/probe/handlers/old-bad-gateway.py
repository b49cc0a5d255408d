"""Catch the class of 429 of releases before 1.0, and retry a 502. Seen in AutoGPT."""

from openai.error import APIError, RateLimitError


def ask(create):
    try:
        return list(create())
    except RateLimitError:
        return "retry"
    except APIError as e:
        if e.http_status != 502:
            raise
        return "retry"
