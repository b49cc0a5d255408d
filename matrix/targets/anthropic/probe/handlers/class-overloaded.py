"""Catch the class of an overloaded server. Seen in many apps."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.OverloadedError:
        return "retry"
