"""Compare the status with a set. Ours: the idiom of other SDKs, by the attribute that this one has."""

import ollama

RETRYABLE_STATUS_CODES = {429, 500, 502, 503, 504}


def ask(create):
    try:
        return list(create())
    except ollama.ResponseError as e:
        if e.status_code in RETRYABLE_STATUS_CODES:
            return "retry"
        raise
