"""Retry on the error of the API and on Python's ConnectionError. Seen in many apps, as the SDK raises both."""

from ollama import ResponseError


def ask(create):
    try:
        return list(create())
    except (ResponseError, ConnectionError):
        return "retry"
