"""Compare the status of an error of the SDK with a set, and catch missing answers and timeouts. Seen in many apps."""

from mistralai.client.errors import MistralError, NoResponseError

RETRYABLE_STATUS_CODES = {429, 500, 502, 503, 504}


def ask(create):
    try:
        return list(create())
    except (NoResponseError, TimeoutError):
        return "retry"
    except MistralError as e:
        if e.status_code in RETRYABLE_STATUS_CODES:
            return "retry"
        raise
