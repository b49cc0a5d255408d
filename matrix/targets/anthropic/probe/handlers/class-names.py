"""Look the name of the exception's class up in a set. Seen in crewai and many apps."""

RETRYABLE = {"APIConnectionError", "APITimeoutError", "InternalServerError", "OverloadedError", "RateLimitError"}


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if type(e).__name__ in RETRYABLE:
            return "retry"
        raise
