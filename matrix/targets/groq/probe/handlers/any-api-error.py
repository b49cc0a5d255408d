"""Retry on the base class of all errors of the API. Seen in many apps."""

import groq


def ask(create):
    try:
        return list(create())
    except groq.APIError:
        return "retry"
