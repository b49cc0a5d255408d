"""Catch the class of 429 and wait. Seen in many apps."""

import anthropic


def ask(create):
    try:
        return list(create())
    except anthropic.RateLimitError:
        return "retry"
