"""Catch the class of 5xx. Seen in many apps."""

from google.genai import errors


def ask(create):
    try:
        return list(create())
    except errors.ServerError:
        return "retry"
