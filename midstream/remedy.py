"""What a failed stream of the Anthropic Python SDK means, on every release. One file: copy it, or import it.

    try:
        with client.messages.stream(...) as stream:    # or: stream = client.messages.create(..., stream=True)
            for event in guard(stream):                # async for event in guard(stream)
                ...
    except Exception as error:
        failure = explain(error)
        again = failure.retryable and failure.text in (None, "none")    # nothing was shown yet

`explain` reads what any exception of any release says: an error inside a stream has the HTTP status 200 and often no
class of its own, so what counts is the type that the server sent. `guard` passes a stream's events on and turns every
way in which it fails into one exception, `StreamFailed`: also a stream that just ends, an error that the SDK dropped,
and a raw error of the transport. Standard library only, Python 3.8 and later.
"""

from __future__ import annotations

import contextlib
import json
from typing import Any, AsyncIterator, Iterator, NamedTuple  # noqa: UP035 - Python 3.8

STATUS = {
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
"""`error.type` to the status that the API documents for it, in a stream or out of it."""

RETRYABLE = {408, 409, 429}
"""Statuses below 500 for which the same request may succeed later."""

BROKEN = {"APIConnectionError", "RequestError", "NetworkError", "ProtocolError", "ConnectionError", "TimeoutError"}
BROKEN |= {"ClientConnectionError", "ClientPayloadError", "SSLError"}
BROKEN |= {"APIResponseValidationError", "JSONDecodeError", "UnicodeDecodeError"}
"""Classes, by name and wherever they are from, of an answer that was lost or damaged on its way."""


class Failure(NamedTuple):
    """Why a stream failed."""

    status: int | None  # as the API documents it; None if the error does not say
    error_type: str | None  # "overloaded_error"; None if the error does not say
    retryable: bool  # the same request may succeed later; whether it may be made again is for you to say
    request_id: str | None
    text: str | None = None  # "none", "some" or "all" of the answer was delivered; None outside a guarded stream


class StreamFailed(Exception):
    """A guarded stream failed. `failure` says how; the cause, if there is one, is what the SDK raised."""

    def __init__(self, failure: Failure, cause: str = "") -> None:
        super().__init__(failure, cause)  # both, so that a copy, which has no __cause__, says the same
        self.failure, self._cause = failure, cause

    def __str__(self) -> str:
        what = self.failure.error_type or self._cause or "it ended too early"
        return f"The stream failed: {what} (text delivered: {self.failure.text})"


def explain(error: BaseException) -> Failure:
    """What an exception says of why a call failed."""
    if isinstance(error, StreamFailed):
        return error.failure
    body = _body(error)
    details: dict[str, Any] = body["error"] if isinstance(body.get("error"), dict) else body
    error_type = details.get("type") or _get(error, "type")
    if not isinstance(error_type, str) or error_type == "error":
        error_type = None
    status = STATUS.get(error_type or "")
    if status is None:  # a type that nobody knows, or none: the status of a plain HTTP error is as good as ever
        own = _get(error, "status_code")
        status = own if isinstance(own, int) and own >= 400 else None
    if status is not None:
        retryable = status in RETRYABLE or status >= 500
    else:  # an error event that can't be read is a server's fault; one that can, and is unknown, may be anything
        unreadable = error_type is None and _get(error, "status_code") is not None
        retryable = unreadable or any(kind.__name__ in BROKEN for kind in type(error).__mro__)
    if isinstance(details.get("details"), dict) and details["details"].get("error_code") == _SPENT:
        retryable = False
    header: Any = _get(_get(_get(error, "response"), "headers"), "get")
    request_id = body.get("request_id") or (header and header("request-id"))
    return Failure(status, error_type, retryable, request_id if isinstance(request_id, str) else None)


class guard:  # noqa: N801 - used as a function
    """The events of a stream of the SDK, sync or async, and `StreamFailed` if it does not come to its end."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._text, self._begun, self._ended, self._orderly = stream, "none", False, False, True

    def __iter__(self) -> Iterator[Any]:
        events = iter(self._stream)  # what is no stream is a mistake, and no stream that failed
        while True:
            try:
                event = next(events)
            except StopIteration:
                return self._end(None)
            except Exception as error:  # noqa: BLE001 - all of them mean that the stream failed
                return self._end(error)
            self._note(event)
            yield event

    async def __aiter__(self) -> AsyncIterator[Any]:
        events = self._stream.__aiter__()
        while True:
            try:
                event = await events.__anext__()
            except StopAsyncIteration:
                break
            except Exception as error:  # noqa: BLE001 - all of them mean that the stream failed
                self._end(error)
                return
            self._note(event)
            yield event
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._ended and self._orderly:
            return  # the message is whole: what comes after it takes nothing away
        found = explain(error) if error is not None else Failure(None, None, True, None)
        # What fails inside a stream without a word of why is a stream that was damaged.
        again = (found.retryable or (found.status, found.error_type) == (None, None)) and self._missing()
        what = "" if error is None else repr(error)
        raise StreamFailed(found._replace(retryable=again, text=self._text), what) from error

    def _missing(self) -> bool:
        """Whether any of the answer is, so that another attempt would not be wasted."""
        return self._text != "all" or not self._orderly

    def _note(self, event: Any) -> None:
        kind, delta = getattr(event, "type", None), getattr(event, "delta", None)
        if kind in ("message_start", "content_block_start") and self._begun == (kind == "message_start"):
            self._orderly = False  # a block before its message, or a message inside another
        self._begun = self._begun or kind == "message_start"
        said = getattr(event, "completion", None) or (kind == "content_block_delta" and getattr(delta, "text", None))
        if said and self._text == "none":
            self._text = "some"
        if getattr(event if hasattr(event, "completion") else delta, "stop_reason", None):
            self._text = "all"
            self._ended = hasattr(event, "completion")  # a text completion has no other end
        self._ended = self._ended or kind == "message_stop"


def _get(thing: Any, name: str) -> Any:
    """An attribute; None if there is none, or if even asking for it fails."""
    with contextlib.suppress(Exception):
        return getattr(thing, name, None)


_SPENT = "enforced_spend_limit_reached"


def _body(error: BaseException) -> dict[str, Any]:
    """The error object that the server sent; empty if there is none that can be read."""
    body = _get(error, "body")
    if isinstance(body, str):
        with contextlib.suppress(ValueError, RecursionError):
            body = json.loads(body)
    return body if isinstance(body, dict) else {}
