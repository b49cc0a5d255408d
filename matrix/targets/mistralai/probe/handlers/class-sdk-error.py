"""Catch the class of HTTP errors. Seen in many apps."""

from mistralai.client.errors import SDKError


def ask(create):
    try:
        return list(create())
    except SDKError:
        return "retry"
