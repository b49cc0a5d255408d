"""Retry on the base class of all errors of the SDK. Seen in many apps."""

from mistralai.client.errors import MistralError


def ask(create):
    try:
        return list(create())
    except MistralError:
        return "retry"
