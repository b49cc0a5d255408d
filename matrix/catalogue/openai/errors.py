"""The errors of the OpenAI API that have a documented HTTP status, and the objects that report them. Pure.

An error object has a type and a code. The name of an error is its code if it has one, and its type otherwise. The
status is that of the page of error codes; for an error inside a stream, which has begun with a 200, the rule is the
same: its name has one documented status. A name without a documented status has none here.
"""

from typing import Any, Final

from matrix.catalogue.api_error import ApiError

_INVALID: Final = "invalid_request_error"

ERRORS: Final[dict[str, ApiError]] = {
    "invalid_request_error": ApiError(400, _INVALID, "We could not parse the JSON body of your request"),
    "invalid_api_key": ApiError(401, _INVALID, "Incorrect API key provided", "invalid_api_key"),
    "unsupported_country_region_territory": ApiError(
        403, "request_forbidden", "Country, region, or territory not supported", "unsupported_country_region_territory"
    ),
    "model_not_found": ApiError(404, _INVALID, "The model does not exist", "model_not_found"),
    "insufficient_quota": ApiError(
        429, "insufficient_quota", "You exceeded your current quota, please check your plan", "insufficient_quota"
    ),
    "rate_limit_exceeded": ApiError(
        429, "requests", "Rate limit reached for requests", "rate_limit_exceeded", retry=True
    ),
    "server_error": ApiError(500, "server_error", "The server had an error while processing your request", retry=True),
    "server_is_overloaded": ApiError(
        503,
        "service_unavailable_error",
        "The engine is currently overloaded, please try again later",
        "server_is_overloaded",
        retry=True,
    ),
}
"""Name to error."""

STATUSES: Final[dict[str, int]] = {name: error.status for name, error in ERRORS.items()}
"""Name to documented status."""


def error_object(name: str) -> dict[str, Any]:
    """Make the object that reports an error."""
    error = ERRORS[name]
    return {"message": error.message, "type": error.type, "param": None, "code": error.code}


def error_body(name: str) -> str:
    """Encode the body of a plain HTTP error, which is also the data of an error in a stream of chunks."""
    import json  # every command reads the statuses, and few play a scenario

    return json.dumps({"error": error_object(name)})
