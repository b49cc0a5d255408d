"""Catch the class of 429 and wait. Seen in many apps."""

from cohere.errors import TooManyRequestsError


def ask(create):
    try:
        return list(create())
    except TooManyRequestsError:
        return "retry"
