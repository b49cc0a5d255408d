"""Handle a failed stream of the Anthropic Python SDK in one way on every release. One file: copy it, or import it.

    try:
        with client.messages.stream(...) as stream:  # or: stream = client.messages.create(..., stream=True)
            for event in guard(stream):  # or: async for; or: for text in guard(stream).text_stream
                ...
    except Exception as error:
        failure = explain(error)
        again = failure.retryable and failure.text in (None, "none")  # nothing was shown yet

`guard` passes the events of a stream on, and raises `StreamFailed` if the stream does not reach its end: after an error
event, after a broken connection, after an error that the SDK drops, and at an end that comes too early. `explain` reads
why a call failed from any exception of any release. The SDK gives an error inside a stream the status 200 and often no
class of its own, so `explain` goes by the type that the server sent. The rules hold for AnthropicBedrock too.

`StreamFailed` is not a class of the SDK: around a guarded stream, `except anthropic.APIError` no longer catches the
stream's failures. Write `except Exception` with `explain`, or `except (anthropic.APIError, StreamFailed)`.

Standard library only, Python 3.8 and later.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
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
"""`error.type` to the HTTP status that the API documents for it."""

BEDROCK_STATUS = {
    "validationException": 400,
    "serviceQuotaExceededException": 400,
    "accessDeniedException": 403,
    "resourceNotFoundException": 404,
    "modelTimeoutException": 408,
    "modelErrorException": 424,
    "modelStreamErrorException": 424,
    "modelNotReadyException": 429,
    "throttlingException": 429,
    "internalServerException": 500,
    "InternalFailure": 500,
    "serviceUnavailableException": 503,
}
"""Exception type of Amazon Bedrock, spelled as in a stream, to the HTTP status that AWS documents for it."""

RETRYABLE = {408, 409, 424, 429}
"""Statuses below 500 for which the same request may succeed later. Only Bedrock sends 424: the model failed."""

LOST = {
    *("anthropic.APIConnectionError", "anthropic.APIResponseValidationError"),
    *("httpx.RequestError", "httpx2.RequestError", "h11.ProtocolError", "botocore.ParserError"),
    *("httpcore.NetworkError", "httpcore.ProtocolError", "httpcore.TimeoutException"),
    *("httpcore2.NetworkError", "httpcore2.ProtocolError", "httpcore2.TimeoutException"),
    *("aiohttp.ClientConnectionError", "aiohttp.ClientPayloadError", "urllib3.ProtocolError"),
    *("requests.ConnectionError", "requests.Timeout", "requests.ChunkedEncodingError"),
    *("builtins.ConnectionError", "builtins.TimeoutError", "asyncio.TimeoutError", "socket.timeout", "ssl.SSLError"),
    *("builtins.UnicodeDecodeError", "json.JSONDecodeError"),
}
"""Package and name of the classes that the SDK raises if an answer is lost or damaged on its way."""


class Failure(NamedTuple):
    """Why a call failed."""

    status: int | None  # documented for the type; else that of the HTTP error; None if neither is known
    error_type: str | None  # "overloaded_error", "throttlingException"; None if the error does not name it
    retryable: bool  # the same request may succeed later; you decide whether repeating it is safe
    request_id: str | None  # to quote to the support
    text: str | None = None  # "none", "some" or "all" of the answer was delivered; None outside a guarded stream


class StreamFailed(Exception):
    """The failure of a guarded stream: `failure` explains it, and `__cause__` is the exception of the SDK, if any.

    No class of the SDK is a base of it, because this module does not import the SDK, and because the causes are of many
    classes. A clause such as `except anthropic.APIError` does not catch it.
    """

    def __init__(self, failure: Failure, cause: str = "") -> None:
        super().__init__(failure, cause)  # both, so that a copy, which has no __cause__, has the same text
        self.failure, self._cause = failure, cause

    def __str__(self) -> str:
        reason = self.failure.error_type or self._cause or "it ended too early"
        return f"The stream failed: {reason} (text delivered: {self.failure.text})"


def explain(error: BaseException) -> Failure:
    """Explain why a call failed, from the exception of any release.

    An exception without a type or a status is retryable if an answer was lost or damaged. Its class alone does not show
    that: your own code raises TimeoutError and JSONDecodeError too, and requests of your own raise httpx.ReadError. So
    the class must be one of `LOST`, by package and name, and either belong to the SDK or have been raised below a
    function of the SDK, as its traceback shows.
    """
    return error.failure if isinstance(error, StreamFailed) else _explain(error, _find_body(error))


class guard:  # noqa: N801 - used as a function
    """Iterate over the events of a stream of the SDK, sync or async; raise `StreamFailed` unless it reaches its end."""

    def __init__(self, stream: Any) -> None:
        if _get(stream, "__name__") == "__stream_text__":  # the generator behind the SDK's text_stream
            raise TypeError(_NO_TEXTS)
        self._stream, self._text, self._begun, self._ended, self._orderly = stream, "none", False, False, True
        self._blocks = 0  # content blocks that have started

    @property
    def text_stream(self) -> _Texts:
        """The text of the events, piece by piece, sync or async, in place of the SDK's `stream.text_stream`."""
        return _Texts(self)

    def __iter__(self) -> Iterator[Any]:
        events = iter(self._stream)  # outside the try: an object that is no stream is a mistake, not a failure
        while True:
            try:
                event = next(events)
            except StopIteration:
                return self._end(None)
            except Exception as error:  # noqa: BLE001 - every exception means that the stream failed
                return self._end(error)
            if _is_error(event):
                return self._end(event)
            self._note(event)
            yield event

    async def __aiter__(self) -> AsyncIterator[Any]:
        events, failed = self._stream.__aiter__(), None
        while True:
            try:
                event = await events.__anext__()
            except StopAsyncIteration:
                break
            except Exception as error:  # noqa: BLE001 - every exception means that the stream failed
                self._end(error)
                return
            if _is_error(event):
                failed = event
                break
            self._note(event)
            yield event
        self._end(failed)

    def _end(self, error: Any) -> None:
        """Raise `StreamFailed`, unless the message is complete: a later error takes nothing away from it."""
        if self._ended and self._orderly:
            return
        cause = error if isinstance(error, BaseException) else None
        failure = Failure(None, None, True, None)
        if error is not None:
            failure = explain(cause) if cause else _explain(error, {"error": _get(error, "error")})
        # An error that names neither status nor type means that the stream was damaged: another attempt may succeed.
        again = failure.retryable or (failure.status, failure.error_type) == (None, None)
        failure = failure._replace(
            retryable=again and (self._text != "all" or not self._orderly),  # else no part of the answer is missing
            request_id=failure.request_id or _header(self._stream, *_REQUEST_IDS),
            text=self._text,
        )
        raise StreamFailed(failure, "" if error is None else repr(error)) from cause

    def _note(self, event: Any) -> None:
        """Record how far the message has come."""
        if isinstance(event, str):
            raise TypeError(_NO_TEXTS)
        kind, delta = getattr(event, "type", None), getattr(event, "delta", None)
        if kind in ("message_start", "content_block_start") and self._begun == (kind == "message_start"):
            self._orderly = False  # a block before its message, or a message inside another
        if str(kind).startswith("content_block_"):
            starts, index = kind == "content_block_start", getattr(event, "index", None)
            if index is not None and index >= self._blocks + starts:
                self._orderly = False  # a block that did not start, or a gap between two blocks: events were lost
            self._blocks += starts
        self._begun = self._begun or kind == "message_start"
        if _text(event) and self._text == "none":
            self._text = "some"
        if getattr(event if hasattr(event, "completion") else delta, "stop_reason", None):
            self._text = "all"
            self._ended = hasattr(event, "completion")  # a text completion has no other end
        self._ended = self._ended or kind == "message_stop"


class _Texts:
    """The texts of guarded events, sync or async."""

    def __init__(self, events: guard) -> None:
        self._events = events

    def __iter__(self) -> Iterator[str]:
        for event in self._events:
            if _text(event):
                yield _text(event)

    async def __aiter__(self) -> AsyncIterator[str]:
        async for event in self._events:
            if _text(event):
                yield _text(event)


_NO_TEXTS = "guard() takes the stream, not its texts: write `for text in guard(stream).text_stream`"
_REQUEST_IDS = ("request-id", "x-amzn-requestid")
_SPENT = "enforced_spend_limit_reached"


def _text(event: Any) -> str:
    """Return the text that an event adds to the answer, which the helper's own events only repeat."""
    text = getattr(event, "completion", None)
    if getattr(event, "type", None) == "content_block_delta":
        text = getattr(getattr(event, "delta", None), "text", None)
    return text if isinstance(text, str) else ""


def _is_error(event: Any) -> bool:
    """Return whether an event is an error: up to 0.109.2, AnthropicBedrock passes it on as it does any other event."""
    return getattr(event, "type", None) == "error"


def _explain(error: Any, body: dict[str, Any]) -> Failure:
    """Explain an exception or an error event with the error object that the server sent."""
    details = body["error"] if isinstance(body.get("error"), dict) else body
    amazon = (_header(error, "x-amzn-errortype") or "").partition(":")[0]  # an address may follow
    error_type = _read_type(details.get("type")) or _read_type(_get(error, "type")) or _read_type(amazon)
    own = _get(error, "status_code")
    status = STATUS.get(error_type or "") or BEDROCK_STATUS.get(error_type or "")
    if status is None and isinstance(own, int) and own >= 400:  # that of a plain HTTP error
        status = own
    if status is not None:
        retryable = status in RETRYABLE or status >= 500
    else:  # an unreadable error event is the server's fault; one of an unknown type may have any reason
        retryable = (error_type is None and own is not None) or _is_lost(error)
    advice = _header(error, "x-should-retry") if isinstance(own, int) and own >= 400 else None
    if advice in ("true", "false"):  # the SDK obeys the server too
        retryable = advice == "true"
    if isinstance(details.get("details"), dict) and details["details"].get("error_code") == _SPENT:
        retryable = False
    request_id = body.get("request_id") or _header(error, *_REQUEST_IDS)
    return Failure(status, error_type, retryable, request_id if isinstance(request_id, str) else None)


def _read_type(value: Any) -> str | None:
    """Return an error type, spelled as in the tables; None if the value names none."""
    if not isinstance(value, str) or value in ("", "error"):
        return None
    amazon = value[0].lower() + value[1:]  # ThrottlingException in a header, throttlingException in a stream
    return amazon if amazon in BEDROCK_STATUS else value


def _find_body(error: BaseException) -> dict[str, Any]:
    """Return the error object that the server sent; an empty one if the exception has none that can be read.

    Releases before 0.8 write it into the exception's text alone, as Python prints it. AnthropicBedrock before 1.7
    writes the headers of an exception frame into the text of a ValueError.
    """
    body = _get(error, "body")
    with contextlib.suppress(Exception):
        if isinstance(body, str):
            body = json.loads(body)
        elif body is None and type(error) is ValueError:
            frame = _read_literal(r"Bad response code, expected 200: (\{.*\})", error)
            body = {"type": frame["headers"].get(":exception-type") or frame["headers"].get(":error-code")}
        elif not hasattr(error, "body") and _is_sdks(type(error)):
            body = _read_literal(r"(?:Error code: \d+ - )?(\{.*\})", error)
    return body if isinstance(body, dict) else {}


def _read_literal(pattern: str, error: BaseException) -> Any:
    """Read the Python literal in an exception's text, which must match as a whole."""
    match = re.fullmatch(pattern, str(error), flags=re.DOTALL)
    return ast.literal_eval(match.group(1)) if match else None


def _is_lost(error: Any) -> bool:
    """Return whether an exception says that the SDK's answer was lost or damaged: see `explain`."""
    if not any(f"{_package(kind.__module__)}.{kind.__name__}" in LOST for kind in type(error).__mro__):
        return False
    frames, names = _get(error, "__traceback__"), []
    while frames is not None:
        names.append(_package(frames.tb_frame.f_globals.get("__name__")))
        frames = frames.tb_next
    return _is_sdks(type(error)) or "anthropic" in names


def _is_sdks(kind: type) -> bool:
    """Return whether a class is one of the SDK, or derived from one."""
    return any(_package(base.__module__) == "anthropic" for base in kind.__mro__)


def _package(module: Any) -> str:
    """Return the package of a module's name."""
    return str(module).partition(".")[0]


def _header(holder: Any, *names: str) -> str | None:
    """Return the first of these headers that the response of a stream or an exception has."""
    with contextlib.suppress(Exception):
        for name in names:
            value = holder.response.headers.get(name)
            if value and isinstance(value, str):
                return value
    return None


def _get(thing: Any, name: str) -> Any:
    """Return an attribute; None if there is none, or if reading it fails."""
    with contextlib.suppress(Exception):
        return getattr(thing, name, None)
