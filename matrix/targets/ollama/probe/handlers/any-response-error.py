"""Retry on the class of all errors of the API. Seen in many apps."""

import ollama


def ask(create):
    try:
        return list(create())
    except ollama.ResponseError:
        return "retry"
