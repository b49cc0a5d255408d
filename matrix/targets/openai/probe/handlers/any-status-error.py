"""Retry on the class of every HTTP error and of connection errors. Seen in many apps."""

from openai import APIConnectionError, APIStatusError


def ask(create):
    try:
        return list(create())
    except (APIStatusError, APIConnectionError):
        return "retry"
