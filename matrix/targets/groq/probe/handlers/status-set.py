"""Compare the status of an HTTP error with a set. Seen in many apps."""

import groq

RETRYABLE_STATUS_CODES = {429, 500, 502, 503}


def ask(create):
    try:
        return list(create())
    except groq.APIStatusError as e:
        if e.status_code in RETRYABLE_STATUS_CODES:
            return "retry"
        raise
