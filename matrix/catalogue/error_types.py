"""The error types of the API and the HTTP status that its error page documents for each.

Source: the API reference, "Errors". The page gives the status of the plain HTTP response; for an error inside a
stream, which has begun with a 200, it says only that handling then does not follow the standard mechanisms.
"""

from typing import Final

DOCUMENTED_STATUS: Final[dict[str, int]] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""`error.type` to HTTP status."""

RETRYABLE: Final[frozenset[str]] = frozenset(
    {"conflict_error", "rate_limit_error", "api_error", "timeout_error", "overloaded_error"}
)
"""The types for which the same request may succeed later."""

UNHEARD_OF: Final[str] = "unheard_of_error"
"""A type that no release knows. The API may add types at any time, and clients should tolerate them."""

MESSAGES: Final[dict[str, str]] = {
    "invalid_request_error": "Invalid request",
    "authentication_error": "Invalid API key",
    "billing_error": "Billing problem",
    "permission_error": "Permission denied",
    "not_found_error": "Not found",
    "conflict_error": "Conflict",
    "request_too_large": "Request too large",
    "rate_limit_error": "Rate limited",
    "api_error": "Internal server error",
    "timeout_error": "Request timed out",
    "overloaded_error": "Overloaded",
    UNHEARD_OF: "Something new",
}
"""`error.type` to the `error.message` that the backend sends. No message contains a type or a status, so a handler that
matches text cannot be right by accident."""
