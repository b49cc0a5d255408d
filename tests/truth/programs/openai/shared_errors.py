"""Errors and helpers that programs in other files import."""

import openai
from openai import APIConnectionError as Lost
from openai import APIStatusError as Refused

TRANSIENT = (openai.RateLimitError, openai.InternalServerError, Lost)


class GaveUp(Exception):
    """The last attempt failed."""


def may_retry(error):
    """Return whether an error may pass."""
    return isinstance(error, TRANSIENT) or (isinstance(error, Refused) and error.status_code in (408, 409, 503))
