"""The errors of the Groq API with their documented statuses. Pure.

An overloaded server and any other failure of a server have one type and no code, so only the status tells them apart.
"""

from typing import Final

from matrix.catalogue.api_error import ApiError

_INVALID: Final = "invalid_request_error"
_SERVER: Final = "internal_server_error"

ERRORS: Final[dict[str, ApiError]] = {
    "tool_use_failed": ApiError(
        400, _INVALID, "Failed to call a function. Please adjust your prompt.", "tool_use_failed"
    ),
    "invalid_api_key": ApiError(401, _INVALID, "Invalid API Key", "invalid_api_key"),
    "rate_limit_exceeded": ApiError(429, "tokens", "Rate limit reached", "rate_limit_exceeded", retry=True),
    "capacity_exceeded": ApiError(498, "capacity_exceeded", "Flex tier capacity exceeded", retry=True),
    "internal_server_error": ApiError(500, _SERVER, "Internal Server Error", retry=True),
    "over_capacity": ApiError(
        503, _SERVER, "The model is currently over capacity. Please try again and back off exponentially.", retry=True
    ),
}
"""Name to error. The name of the last one is ours: its object has none of its own."""

STATUSES: Final[dict[str, int]] = {name: error.status for name, error in ERRORS.items()}
"""Name to documented status."""
