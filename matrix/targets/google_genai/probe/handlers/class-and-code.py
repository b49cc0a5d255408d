"""Retry on a ServerError, and on a ClientError whose code is 429. Seen in many apps, as a predicate for tenacity."""

from google.genai import errors


def is_transient(error):
    if isinstance(error, errors.ClientError):
        return getattr(error, "code", None) == 429
    if isinstance(error, errors.ServerError):
        return True
    return isinstance(error, (ConnectionError, TimeoutError))


def ask(create):
    try:
        return list(create())
    except Exception as e:
        if is_transient(e):
            return "retry"
        raise
