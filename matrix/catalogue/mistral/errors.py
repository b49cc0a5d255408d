"""The errors of the Mistral API that have a documented HTTP status, and the objects that report them. Pure.

An error object is flat, and its type names the error. The status is that of the error glossary. An overloaded server
answers 503 there; older servers sent the same type with 429.
"""

from typing import Any, Final

from matrix.catalogue.api_error import ApiError

RATE_LIMITED: Final = "rate_limited"
SERVER_ERROR: Final = "internal_server_error"
OVERLOADED: Final = "service_tier_capacity_exceeded"
INVALID: Final = "invalid_request_error"
VALIDATION: Final = "validation_error"
"""Our name for the error whose body has no type: the parameters that are not valid, in `detail`."""

ERRORS: Final[dict[str, ApiError]] = {
    INVALID: ApiError(400, INVALID, "Assistant message must have either content or tool_calls, but not both."),
    "authentication_error": ApiError(401, "authentication_error", "Unauthorized"),
    VALIDATION: ApiError(422, VALIDATION, "Input should be a valid number"),
    RATE_LIMITED: ApiError(429, RATE_LIMITED, "Rate limit exceeded", "1300", retry=True),
    SERVER_ERROR: ApiError(500, SERVER_ERROR, "Service unavailable.", "1000", retry=True),
    OVERLOADED: ApiError(503, OVERLOADED, "Service tier capacity exceeded for this model.", "3505", retry=True),
}
"""Name to error."""

STATUSES: Final[dict[str, int]] = {name: error.status for name, error in ERRORS.items()}
"""Name to documented status."""


def error_object(name: str) -> dict[str, Any]:
    """Make the object that reports an error."""
    error = ERRORS[name]
    if name == VALIDATION:
        return {"detail": [{"type": "float_type", "loc": ["body", "top_p"], "msg": error.message, "input": None}]}
    return {"object": "error", "message": error.message, "type": error.type, "param": None, "code": error.code}


def error_body(name: str) -> str:
    """Encode the body of a plain HTTP error."""
    import json  # every command reads the statuses, and few play a scenario

    return json.dumps(error_object(name))
