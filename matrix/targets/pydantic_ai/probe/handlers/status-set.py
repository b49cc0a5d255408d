"""Compare the status of any exception with a set. Seen in many apps."""

RETRYABLE_STATUS_CODES = {408, 429, 500, 502, 503, 504, 529}


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if getattr(e, "status_code", None) in RETRYABLE_STATUS_CODES:
            return "retry"
        raise
