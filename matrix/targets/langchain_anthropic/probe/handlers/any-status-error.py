"""Retry on the SDK's class of every HTTP error. Seen in many apps, as with_retry(retry_if_exception_type=...)."""

from anthropic import APIStatusError


def ask(create):
    try:
        return list(create())
    except APIStatusError:
        return "retry"
