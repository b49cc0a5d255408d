"""The errors of the Together API with their documented statuses. Pure.

Its pages show the status of an overloaded server and of a server error, and the form of every error, but no type of
these two. The API says that it is compatible with that of OpenAI, so they are named as OpenAI names them.
"""

from typing import Final

from matrix.catalogue.api_error import ApiError
from matrix.catalogue.openai.errors import ERRORS as OF_OPENAI

_INVALID: Final = "invalid_request_error"

ERRORS: Final[dict[str, ApiError]] = {
    "invalid_request_error": ApiError(400, _INVALID, "Input validation error"),
    "invalid_api_key": ApiError(401, _INVALID, "Invalid API key provided", "invalid_api_key"),
    "dynamic_request_limited": ApiError(429, "dynamic_request_limited", "Request rate limited", retry=True),
    "server_error": OF_OPENAI["server_error"],
    "server_is_overloaded": OF_OPENAI["server_is_overloaded"],
}
"""Name to error."""

STATUSES: Final[dict[str, int]] = {name: error.status for name, error in ERRORS.items()}
"""Name to documented status."""
