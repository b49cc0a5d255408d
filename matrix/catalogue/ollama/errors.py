"""The errors of the Ollama API that have a documented HTTP status, and the objects that report them. Pure.

An error object has one field, the message, so the message serves as the name of the error. A plain HTTP response also
has a status; inside a stream, only the message says which error it is.
"""

from typing import Final

from matrix.catalogue.api_error import ApiError

INVALID: Final = "missing request body"
NOT_FOUND: Final = "model 'midstream' not found"
RATE_LIMITED: Final = "rate limit exceeded"
FAILED: Final = "an error was encountered while running the model: unexpected EOF"
OVERLOADED: Final = "model is overloaded"


def _error(status: int, message: str, *, retry: bool = False) -> ApiError:
    """Make an error, which has no type."""
    return ApiError(status, "", message, retry=retry)


ERRORS: Final[dict[str, ApiError]] = {
    error.message: error
    for error in (
        _error(400, INVALID),
        _error(404, NOT_FOUND),
        _error(429, RATE_LIMITED, retry=True),
        _error(500, FAILED, retry=True),
        _error(503, OVERLOADED, retry=True),
    )
}
"""Message to error."""

STATUSES: Final[dict[str, int]] = {message: error.status for message, error in ERRORS.items()}
"""Message to documented status."""


def error_body(message: str) -> str:
    """Encode the body of a plain HTTP error, which is also the line of an error in a stream."""
    import json  # every command reads the statuses, and few play a scenario

    return json.dumps({"error": message}, separators=(",", ":"))
