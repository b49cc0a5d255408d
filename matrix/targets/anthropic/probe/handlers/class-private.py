"""Catch the class of an overloaded server, imported from the SDK's private module. Seen in many apps."""

from anthropic._exceptions import OverloadedError


def ask(create):
    try:
        return list(create())
    except OverloadedError:
        return "retry"
