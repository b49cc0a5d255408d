"""Catch the classes of 429 and of 503 of releases before 2.0. Seen in many apps."""

import together


def ask(create):
    try:
        return list(create())
    except together.error.ServiceUnavailableError:
        return "retry"
    except together.error.RateLimitError:
        return "retry"
