"""Catch the class of 429 and wait. Seen in many apps, as tenacity's retry_if_exception_type."""

import together


def ask(create):
    try:
        return list(create())
    except together.RateLimitError:
        return "retry"
