"""The errors of the Ollama API that have a documented HTTP status, and the objects that report them. Pure.

An error object has one field, the message. So the message is the name of the error: nothing else tells one from
another, neither in a plain HTTP response, which has a status beside it, nor in a stream, which has none.
"""

import json
from typing import Final

from matrix.catalogue.error_api import StreamError
from matrix.catalogue.ollama import sources
from matrix.catalogue.steps import Event


def _error(id_: str, status: int, message: str, title: str, *found_in: str, retry: bool = False) -> StreamError:
    return StreamError(
        id=id_,
        type=message,
        title=title,
        status=status,
        message=message,
        retry=retry,
        sources=(sources.ERROR_PAGE, *found_in),
    )


INVALID: Final = _error("bad-request", 400, "missing request body", "An invalid request", sources.SERVER_CODE)
NOT_FOUND: Final = _error("not-found", 404, "model 'midstream' not found", "A missing model", sources.SERVER_CODE)
RATE_LIMITED: Final = _error(
    "rate-limited", 429, "rate limit exceeded", "A rate limit", sources.SERVER_TESTS, sources.RATE_LIMIT, retry=True
)
FAILED: Final = _error(
    "runner-failed",
    500,
    "an error was encountered while running the model: unexpected EOF",
    "A failure of the model's runner",
    sources.RUNNER,
    retry=True,
)
OVERLOADED: Final = _error(
    "overloaded",
    503,
    "model is overloaded",
    "An overloaded model",
    sources.OVERLOADED,
    sources.SERVER_TESTS,
    sources.CLOUD_OVERLOADED,
    retry=True,
)

STATUSES: Final = {error.type: error.status for error in (INVALID, NOT_FOUND, RATE_LIMITED, FAILED, OVERLOADED)}
"""Message to documented status."""


def make_body(error: StreamError) -> str:
    """Encode the body of a plain HTTP error, which is also the line of an error in a stream."""
    return json.dumps({"error": error.message}, separators=(",", ":"))


def make_event(error: StreamError) -> Event:
    """Make the event of an error in a stream."""
    return Event("", make_body(error))
