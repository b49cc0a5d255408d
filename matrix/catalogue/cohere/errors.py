"""The errors of the Cohere API that have a documented HTTP status, and the objects that report them. Pure.

An error object has a message and no type, so the names are ours: those of the statuses in the reference of a chat.
Inside a stream, an error is a finish reason, of which each has one documented meaning.
"""

from typing import Final

from matrix.catalogue.api_error import ApiError

INVALID: Final = "bad_request"
RATE_LIMITED: Final = "too_many_requests"
SERVER_ERROR: Final = "internal_server_error"
OVERLOADED: Final = "service_unavailable"
TIMED_OUT: Final = "gateway_timeout"


def _error(status: int, message: str, *, retry: bool = False) -> ApiError:
    """Make an error, which has no type."""
    return ApiError(status, "", message, retry=retry)


ERRORS: Final[dict[str, ApiError]] = {
    INVALID: _error(400, "invalid request: message must be at least 1 token long or tool results must be specified."),
    "unauthorized": _error(401, "invalid api token"),
    "not_found": _error(404, "model not found"),
    RATE_LIMITED: _error(
        429, "You are past the per minute request limit, please wait and try again later.", retry=True
    ),
    SERVER_ERROR: _error(500, "internal server error, this has been reported to our developers", retry=True),
    OVERLOADED: _error(503, "service unavailable", retry=True),
    TIMED_OUT: _error(504, "gateway timeout", retry=True),
}
"""Name to error."""

STATUSES: Final[dict[str, int]] = {name: error.status for name, error in ERRORS.items()}
"""Name to documented status."""

FINISH_REASONS: Final = {SERVER_ERROR: "ERROR", TIMED_OUT: "TIMEOUT"}
"""The name of each error that a stream can report, to the finish reason that means it."""


def error_body(name: str) -> str:
    """Encode the body of a plain HTTP error."""
    import json  # every command reads the statuses, and few play a scenario

    return json.dumps({"message": ERRORS[name].message})
