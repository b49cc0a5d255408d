"""The errors of the Gemini API that have a documented HTTP status, and the objects that report them. Pure.

An error object has the status as a number, `code`, and its name, `status`. The page of errors gives each name one HTTP
status. An error inside a stream, which has begun with a 200, has the same object.
"""

from typing import Any, Final

from matrix.catalogue.api_error import ApiError

INVALID: Final = "INVALID_ARGUMENT"
DENIED: Final = "PERMISSION_DENIED"
NOT_FOUND: Final = "NOT_FOUND"
EXHAUSTED: Final = "RESOURCE_EXHAUSTED"
INTERNAL: Final = "INTERNAL"
OVERLOADED: Final = "UNAVAILABLE"

ERRORS: Final[dict[str, ApiError]] = {
    INVALID: ApiError(400, INVALID, "Request contains an invalid argument."),
    DENIED: ApiError(403, DENIED, "The caller does not have permission"),
    NOT_FOUND: ApiError(404, NOT_FOUND, "models/midstream is not found for API version v1"),
    EXHAUSTED: ApiError(429, EXHAUSTED, "Resource exhausted. Please try again later.", retry=True),
    INTERNAL: ApiError(500, INTERNAL, "An internal error has occurred. Please retry", retry=True),
    OVERLOADED: ApiError(503, OVERLOADED, "The model is overloaded. Please try again later.", retry=True),
}
"""Name to error."""

STATUSES: Final[dict[str, int]] = {name: error.status for name, error in ERRORS.items()}
"""Name to documented status."""


def error_object(name: str) -> dict[str, Any]:
    """Make the object that reports an error."""
    error = ERRORS[name]
    return {"code": error.status, "message": error.message, "status": error.type}
