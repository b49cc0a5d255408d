"""Retry on the base class of all errors of the API. Seen in many apps."""

from cohere.core.api_error import ApiError


def ask(create):
    try:
        return list(create())
    except ApiError:
        return "retry"
