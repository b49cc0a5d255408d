"""Catch the class of 429 and wait. Seen in many apps."""

import litellm


def ask(create):
    try:
        return list(create())
    except litellm.RateLimitError:
        return "retry"
