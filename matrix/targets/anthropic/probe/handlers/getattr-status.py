"""Read the status of any exception that has one. Seen in many apps."""

RETRYABLE = (408, 409, 429, 500, 502, 503, 504, 529)


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if getattr(e, "status_code", None) in RETRYABLE:
            return "retry"
        raise
