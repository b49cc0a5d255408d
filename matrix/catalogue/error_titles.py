"""What an error means, in words that a reader knows who has never seen its name. Pure."""

from typing import Final

_BY_NAME: Final = {
    "insufficient_quota": "Quota used up",
    "tool_use_failed": "Tool call failed",
    "modelStreamErrorException": "Model broke off",
    "timeout_error": "Server timed out",
}
"""The errors that their status describes badly, or not at all."""

_BY_STATUS: Final = {
    400: "Invalid request",
    401: "API key refused",
    402: "Billing problem",
    403: "Permission denied",
    404: "Not found",
    408: "Server timed out",
    409: "Conflict",
    413: "Request too large",
    422: "Invalid request",
    429: "Rate limit reached",
    498: "Capacity used up",
    500: "Internal server error",
    503: "Server overloaded",
    504: "Server timed out",
    529: "Server overloaded",
}
"""HTTP status to what it means in these APIs."""


def title_error(name: str, status: int | None) -> str:
    """Return what an error means, followed by its name: `Server overloaded (overloaded_error)`."""
    meaning = _BY_NAME.get(name) or ("Unknown error" if status is None else _BY_STATUS.get(status, f"HTTP {status}"))
    return f"{meaning} ({name})"
