"""Retry on the base class of all errors of the API. Seen in many apps."""

from google.genai import errors


def ask(create):
    try:
        return list(create())
    except errors.APIError:
        return "retry"
