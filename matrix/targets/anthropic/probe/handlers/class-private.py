"""Catch the class of an overloaded server from the private module that has it. Seen in many apps."""

from anthropic._exceptions import OverloadedError


def ask(create):
    try:
        return list(create())
    except OverloadedError:
        return "retry"
