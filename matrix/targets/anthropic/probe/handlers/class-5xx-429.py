"""Catch the classes of 5xx and 429. Seen in many apps."""

import anthropic


def ask(create):
    try:
        return list(create())
    except (anthropic.InternalServerError, anthropic.RateLimitError):
        return "retry"
