"""Raise errors of the project from a function that never returns, and retry on one of them. Seen in agno, which also searches the text."""

from typing import NoReturn

from anthropic import APIStatusError, RateLimitError


class ModelProviderError(Exception):
    pass


class ModelRateLimitError(ModelProviderError):
    pass


def handle_error(e) -> NoReturn:
    if isinstance(e, RateLimitError):
        raise ModelRateLimitError(str(e)) from e
    if isinstance(e, APIStatusError) and e.status_code in (503, 529):
        raise ModelRateLimitError(str(e)) from e
    raise ModelProviderError(str(e)) from e


def request(create):
    try:
        return list(create())
    except Exception as e:
        handle_error(e)


def ask(create):
    try:
        return request(create)
    except ModelRateLimitError:
        return "retry"
    except ModelProviderError as e:
        raise e.__cause__
