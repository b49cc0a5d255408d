"""The errors of the Gemini API that have a documented HTTP status, and the objects that report them. Pure.

An error object has the status as a number, `code`, and its name, `status`. The page of errors gives each name one HTTP
status. An error inside a stream, which has begun with a 200, has the same object.
"""

import json
from typing import Final

from matrix.catalogue.error_api import StreamError
from matrix.catalogue.gemini import sources
from matrix.catalogue.steps import Event


def _error(status: int, name: str, message: str, *, retry: bool = False) -> StreamError:
    """Make an error; its id is its name in the form of an id."""
    return StreamError(
        id=name.lower().replace("_", "-"),
        type=name,
        title=name,
        status=status,
        message=message,
        retry=retry,
        sources=(sources.ERROR_PAGE,),
    )


INVALID: Final = _error(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
DENIED: Final = _error(403, "PERMISSION_DENIED", "The caller does not have permission")
NOT_FOUND: Final = _error(404, "NOT_FOUND", "models/midstream is not found for API version v1")
EXHAUSTED: Final = _error(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.", retry=True)
INTERNAL: Final = _error(500, "INTERNAL", "An internal error has occurred. Please retry", retry=True)
OVERLOADED: Final = _error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.", retry=True)

STATUSES: Final = {error.type: error.status for error in (INVALID, DENIED, NOT_FOUND, EXHAUSTED, INTERNAL, OVERLOADED)}
"""Name to documented status."""


def make_body(error: StreamError) -> str:
    """Encode the body of a plain HTTP error, which has several lines."""
    return _encode(error, indent=2)


def make_event(error: StreamError) -> Event:
    """Make the event of an error in a stream."""
    return Event("", _encode(error))


def _encode(error: StreamError, indent: int | None = None) -> str:
    fields = {"code": error.status, "message": error.message, "status": error.type}
    return json.dumps({"error": fields}, indent=indent)
