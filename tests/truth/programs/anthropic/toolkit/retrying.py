"""Retries of the package."""

import functools
import time

import anthropic

from . import settings

RETRYABLE = (anthropic.RateLimitError, anthropic.InternalServerError)


def is_retryable(error):
    """Return whether another attempt may help."""
    if isinstance(error, anthropic.APIConnectionError):
        return True
    return isinstance(error, anthropic.APIStatusError) and error.status_code in settings.STATUSES


def patient(function):
    """Decorate a function with retries."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        for attempt in range(settings.ATTEMPTS):
            try:
                return function(*args, **kwargs)
            except RETRYABLE:
                if attempt + 1 == settings.ATTEMPTS:
                    raise
                time.sleep(0.1)

    return wrapper


def with_retry(attempts=settings.ATTEMPTS):
    """Decorate a function with retries by a predicate."""

    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            for attempt in range(1, attempts + 1):
                try:
                    return function(*args, **kwargs)
                except Exception as error:
                    if not is_retryable(error) or attempt == attempts:
                        raise

        return wrapper

    return decorate


def call_with_retry(function, *args, **kwargs):
    """Call a function with retries."""
    last = None
    for _ in range(settings.ATTEMPTS):
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if not is_retryable(error):
                raise
            last = error
    raise last
