"""The end of a call as it was recorded, and the attributes of its exception that are plain data. Pure."""

from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

import msgspec

from matrix.observation import Raised, RemedyResult
from matrix.verdicts.verdict import STREAM_STATUS

_STATUS_CLASSES: Final = {"is_success": 2, "is_redirect": 3, "is_client_error": 4, "is_server_error": 5}
MISSING: Final = object()
"""An attribute that an exception does not have."""


@dataclass(frozen=True, eq=False)
class Ending:
    """How a call ends in one scenario.

    Attributes:
        raised: The exception that it raises; None if it raises none.
        remedy: What our remedy says of it; None if that is not known.
        in_stream: Whether it ends after an HTTP 200.
        is_begun: Whether the answer had begun.
        is_cut: Whether the stream ended without an exception and without a stop reason.
        headers: The headers of the response, by name in lower case.
        events: The types of the events that it delivers before it ends.
        text: The text in them.
        reason: Why the answer ended, as the stream says; empty if it does not.
        answer: The text of the response, if it is no stream.
    """

    raised: Raised | None
    remedy: RemedyResult | None = None
    in_stream: bool = False
    is_begun: bool = False
    is_cut: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    events: tuple[str, ...] = ()
    text: str = ""
    reason: str = ""
    answer: str = ""

    @cached_property
    def key(self) -> tuple[object, ...]:
        """The values by which code that catches the exception can tell this end from others."""
        raised = b"" if self.raised is None else msgspec.json.encode(self.raised, order="deterministic")
        remedy = b"" if self.remedy is None else msgspec.json.encode(self.remedy, order="deterministic")
        return raised, remedy, self.in_stream, self.is_cut, self.headers, self.events, self.reason, self.answer

    @property
    def status(self) -> int | None:
        """The HTTP status of the response; None if the exception has no response."""
        status = self.raised.attributes.get("status_code") if self.raised is not None else None
        return status if isinstance(status, int) else None

    def read_attribute(self, name: str) -> Any:
        """Return an attribute of the exception that is plain data; MISSING if it has none of this name."""
        raised = self.raised
        if raised is None:
            return MISSING
        if name in raised.attributes:
            return raised.attributes[name]
        if name in {"message", "body"}:
            value = getattr(raised, name)
            return MISSING if value is msgspec.UNSET else value
        if name == "args":
            return (raised.text,) if raised.text else ()
        return MISSING

    def read_response(self, name: str) -> Any:
        """Return an attribute of the response that is plain data; MISSING if the scan does not know it."""
        status = self.status
        if status is None or (self.in_stream and status != STREAM_STATUS):
            return MISSING  # the status is that of the event, if the package has one for it
        if name in _STATUS_CLASSES:
            return status // 100 == _STATUS_CLASSES[name]
        if name == "is_error":
            return status >= 400
        if name == "status_code":
            return status
        if name == "reason_phrase":
            return HTTPStatus(status).phrase if status in {*HTTPStatus} else ""
        if name == "text" and not self.in_stream:
            return self.answer or MISSING
        return MISSING
