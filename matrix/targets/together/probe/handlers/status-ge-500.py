"""Catch the classes of 429 and of connection errors, and compare the status from 500 up. Seen in many apps."""

import together


def ask(create):
    try:
        return list(create())
    except (together.RateLimitError, together.APIConnectionError):
        return "retry"
    except together.APIStatusError as e:
        if e.status_code >= 500:
            return "retry"
        raise
