"""Errors of the package, and what makes them."""

import anthropic


class ToolkitError(Exception):
    """Anything failed."""


class Busy(ToolkitError):
    """The server is busy."""


class Down(ToolkitError):
    """The server is down."""


def translate(error):
    """Return the package's own error for one of the SDK."""
    if isinstance(error, anthropic.RateLimitError):
        return Busy(str(error))
    if isinstance(error, (anthropic.InternalServerError, anthropic.APIConnectionError)):
        return Down(str(error))
    return ToolkitError(str(error))
