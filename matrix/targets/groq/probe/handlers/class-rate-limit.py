"""Catch the class of 429 and wait. Seen in many apps."""

import groq


def ask(create):
    try:
        return list(create())
    except groq.RateLimitError:
        return "retry"
