"""The remedy: its explanation of an exception, its guard of a stream, and its file, which people copy.

The exceptions are made up here, shaped as those of releases of different ages: the remedy knows none of the SDK's
classes, so that one file serves every release.
"""

import ast
import asyncio
import contextlib
import copy
import json
import os
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.catalogue.error_types import DOCUMENTED_STATUS, RETRYABLE, UNHEARD_OF
from midstream import remedy
from midstream.remedy import Failure, StreamFailed, explain, guard
from tests.support.pythons import find_python

RELAXED: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Examples have no deadline: other tests may load the machine."""

FILE: Final = Path(remedy.__file__)
SOURCE: Final = FILE.read_text(encoding="utf-8")

SPENT: Final = {"error_code": "enforced_spend_limit_reached"}


def fault(*names: str, **attributes: object) -> Exception:
    """Make an exception of a made-up class: its name, those of its bases, and its attributes."""
    kind: type[Exception] = Exception
    for name in reversed(names):
        kind = type(name, (kind,), {"__module__": "somewhere.else"})
    error = kind("what it says")
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def status_error(status_code: object = 200, **attributes: object) -> Exception:
    """Make an exception shaped as the SDK's `APIStatusError`."""
    return fault("APIStatusError", "APIError", status_code=status_code, **attributes)


def envelope(error_type: object, **more: object) -> dict[str, object]:
    """Make the API's error object; `more` stands inside `error`."""
    return {"type": "error", "error": {"type": error_type, "message": "Some words", **more}}


def response(**headers: str) -> SimpleNamespace:
    """Make an HTTP response with the attributes that are read."""
    return SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()})


# Explanations of an exception


SHAPES: Final[dict[str, Callable[[str], Exception]]] = {
    "the body alone": lambda kind: status_error(body=envelope(kind)),
    "the body and an attribute": lambda kind: status_error(body=envelope(kind), type=kind),
    "the attribute alone": lambda kind: status_error(body=None, type=kind),
    "the attribute, and no body at all": lambda kind: status_error(type=kind),
    "the attribute, and a body without a type": lambda kind: status_error(body={"error": {"message": "x"}}, type=kind),
    "an attribute that is None": lambda kind: status_error(body=envelope(kind), type=None),
    "details that are null": lambda kind: status_error(body=envelope(kind, details=None)),
    "details of another kind": lambda kind: status_error(body=envelope(kind, details={"error_code": "other"})),
    "the body as text": lambda kind: status_error(body=json.dumps(envelope(kind))),
    "the body as text with spaces after it": lambda kind: status_error(body=json.dumps(envelope(kind)) + " " * 14),
    "a flat body": lambda kind: status_error(body={"type": kind, "message": "Some words"}),
    "a flat body as text": lambda kind: status_error(body=json.dumps({"type": kind, "message": "Some words"})),
    "no status": lambda kind: fault("APIError", body=envelope(kind)),
    "its own status": lambda kind: status_error(DOCUMENTED_STATUS[kind], body=envelope(kind)),
    "another status": lambda kind: status_error(418, body=envelope(kind)),
    "a class of another name": lambda kind: fault("WhateverError", body=envelope(kind)),
}
"""Every shape in which a release, or a gateway, was seen to name the error."""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_documented_type_gives_status_and_retry(shape: str) -> None:
    """Check every shape of the exception."""
    assert {kind: Failure(status, kind, kind in RETRYABLE, None) for kind, status in DOCUMENTED_STATUS.items()} == {
        kind: explain(SHAPES[shape](kind)) for kind in DOCUMENTED_STATUS
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        # An unknown type.
        pytest.param(
            status_error(body=envelope(UNHEARD_OF)), Failure(None, UNHEARD_OF, False, None), id="an unknown type"
        ),
        pytest.param(
            status_error(503, body=envelope(UNHEARD_OF)),
            Failure(503, UNHEARD_OF, True, None),
            id="an unknown type with 503",
        ),
        pytest.param(
            status_error(422, body=envelope(UNHEARD_OF)),
            Failure(422, UNHEARD_OF, False, None),
            id="an unknown type with 422",
        ),
        pytest.param(
            status_error(type=UNHEARD_OF), Failure(None, UNHEARD_OF, False, None), id="an unknown type without a body"
        ),
        # A status that no retry changes.
        pytest.param(
            status_error(body=envelope("rate_limit_error", details=SPENT)),
            Failure(429, "rate_limit_error", False, None),
            id="the spend limit",
        ),
        pytest.param(
            status_error(429, body=envelope("rate_limit_error", details=SPENT), type="rate_limit_error"),
            Failure(429, "rate_limit_error", False, None),
            id="the spend limit, as a plain response",
        ),
        pytest.param(
            status_error(body={"type": "rate_limit_error", "details": SPENT}),
            Failure(429, "rate_limit_error", False, None),
            id="the spend limit, flat",
        ),
        pytest.param(
            status_error(body=json.dumps(envelope("rate_limit_error", details=SPENT))),
            Failure(429, "rate_limit_error", False, None),
            id="the spend limit, as text",
        ),
        pytest.param(
            status_error(body=envelope("rate_limit_error", details="enforced_spend_limit_reached")),
            Failure(429, "rate_limit_error", True, None),
            id="details that are text",
        ),
        # An error event that can't be read is a failure of the server.
        pytest.param(status_error(body=None), Failure(None, None, True, None), id="no body"),
        pytest.param(status_error(), Failure(None, None, True, None), id="no attribute for a body"),
        pytest.param(status_error(body="upstream connect error"), Failure(None, None, True, None), id="plain text"),
        pytest.param(status_error(body=""), Failure(None, None, True, None), id="an empty body"),
        pytest.param(status_error(body='{"type": "error", "err'), Failure(None, None, True, None), id="cut JSON"),
        pytest.param(status_error(body="[1]"), Failure(None, None, True, None), id="JSON that is no object"),
        pytest.param(status_error(body=["overloaded_error"]), Failure(None, None, True, None), id="a list"),
        pytest.param(
            status_error(body={"type": "error", "error": None}), Failure(None, None, True, None), id="a null error"
        ),
        pytest.param(
            status_error(body={"type": "error", "error": "overloaded"}), Failure(None, None, True, None), id="a text"
        ),
        pytest.param(status_error(body={"message": "x"}), Failure(None, None, True, None), id="a message alone"),
        pytest.param(status_error(body=envelope(5)), Failure(None, None, True, None), id="a type that is no text"),
        pytest.param(status_error(body=envelope("")), Failure(None, None, True, None), id="an empty type"),
        pytest.param(status_error(type=int), Failure(None, None, True, None), id="an attribute that is no text"),
        pytest.param(status_error(302, body=None), Failure(None, None, True, None), id="a status that is no error"),
        pytest.param(status_error("529"), Failure(None, None, True, None), id="a status that is no number"),
        # Without a status it is no error event, and nothing is known of it.
        pytest.param(fault("APIError", body="text"), Failure(None, None, False, None), id="no status, no type"),
        pytest.param(status_error(None), Failure(None, None, False, None), id="a status that is None"),
        # The request id of the event, or else of the response.
        pytest.param(
            status_error(body=dict(envelope("api_error"), request_id="req_event"), response=response()),
            Failure(500, "api_error", True, "req_event"),
            id="the request id of the event",
        ),
        pytest.param(
            status_error(body=envelope("api_error"), response=response(request_id="req_head")),
            Failure(500, "api_error", True, "req_head"),
            id="the request id of the response",
        ),
        pytest.param(
            status_error(
                body=dict(envelope("api_error"), request_id="req_event"), response=response(request_id="req_head")
            ),
            Failure(500, "api_error", True, "req_event"),
            id="the request ids of both",
        ),
        pytest.param(
            status_error(502, body=None, response=response(request_id="req_head")),
            Failure(502, None, True, "req_head"),
            id="the request id of a response without a body",
        ),
        pytest.param(status_error(response=None), Failure(None, None, True, None), id="no response"),
        pytest.param(
            status_error(response=SimpleNamespace(headers=None)), Failure(None, None, True, None), id="no headers"
        ),
    ],
)
def test_an_exception_is_explained(error: Exception, expected: Failure) -> None:
    """Check that no more is claimed than can be known."""
    assert expected == explain(error)


@pytest.mark.parametrize("body", [None, "", "<html>", {}], ids=["no body", "an empty text", "HTML", "an empty object"])
def test_a_plain_http_error_without_a_type_has_its_status(body: object) -> None:
    """Check a gateway's 502, which has no error object of the API."""
    retryable = dict.fromkeys((400, 401, 402, 403, 404, 413, 422), False)
    retryable |= dict.fromkeys((408, 409, 429, 500, 502, 503, 504, 529, 599), True)
    assert {status: Failure(status, None, again, None) for status, again in retryable.items()} == {
        status: explain(status_error(status, body=body)) for status in retryable
    }


@pytest.mark.parametrize(
    "error",
    [
        fault("APIConnectionError", "APIError"),
        fault("APITimeoutError", "APIConnectionError", "APIError"),
        fault("APIResponseValidationError", "APIError", status_code=200, body=None),
        fault("RequestError", "HTTPError"),
        fault("ReadError", "NetworkError", "TransportError", "RequestError", "HTTPError"),
        fault("RemoteProtocolError", "ProtocolError", "TransportError", "RequestError", "HTTPError"),
        fault("ReadError", "NetworkError"),
        fault("RemoteProtocolError", "ProtocolError"),
        fault("ClientPayloadError", "ClientError"),
        ConnectionResetError("x"),
        TimeoutError("x"),
        json.JSONDecodeError("x", "", 0),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
    ],
    ids=lambda error: " of ".join(kind.__name__ for kind in type(error).__mro__[:2]),
)
def test_a_lost_connection_can_be_retried(error: Exception) -> None:
    """Check that it is known by the name of its class or a base, in any module."""
    assert Failure(None, None, True, None) == explain(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("x"),
        ValueError("x"),
        TypeError("x"),
        AttributeError("x"),
        RuntimeError("x"),
        StopIteration(),
        KeyboardInterrupt(),
        asyncio.CancelledError(),
        fault("NotAPIConnectionError", "Exception"),
        FileNotFoundError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_another_exception_is_not_retried(error: BaseException) -> None:
    """Check that outside a guarded stream nobody knows that a stream was read."""
    assert Failure(None, None, False, None) == explain(error)


def test_a_failed_stream_has_its_explanation() -> None:
    """Check that what the guard found is kept."""
    failure = Failure(529, "overloaded_error", True, "req_1", "some")
    assert failure is explain(StreamFailed(failure))


def test_its_table_is_that_of_the_error_page() -> None:
    """Check against ours, which the copied file can't import."""
    assert DOCUMENTED_STATUS == remedy.STATUS
    retryable = {kind for kind, status in remedy.STATUS.items() if status in remedy.RETRYABLE or status >= 500}
    assert retryable == {kind for kind in DOCUMENTED_STATUS if kind in RETRYABLE}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
words = st.sampled_from([*DOCUMENTED_STATUS, UNHEARD_OF, "error", ""])
error_objects = st.fixed_dictionaries(
    {},
    optional={
        "type": words | json_values,
        "message": json_values,
        "details": json_values | st.fixed_dictionaries({"error_code": json_values | st.just(SPENT["error_code"])}),
    },
)
bodies = (
    json_values
    | error_objects
    | st.fixed_dictionaries({}, optional={"type": json_values, "error": error_objects | json_values})
)
attributes = st.fixed_dictionaries(
    {},
    optional={
        "body": bodies | bodies.map(json.dumps) | st.binary(max_size=10),
        "type": words | json_values,
        "status_code": json_values | st.integers(100, 599),
        "response": json_values | st.just(response()) | st.just(response(request_id="req_1")),
    },
)
names = st.sampled_from(["APIStatusError", "APIConnectionError", "RequestError", "Exception", "Whatever"])


@RELAXED
@given(st.lists(names, min_size=1, max_size=3), attributes)
def test_every_exception_is_explained(classes: list[str], attributes: dict[str, object]) -> None:
    """Check that the same exception has the same explanation."""
    error = fault(*classes, **attributes)
    failure = explain(error)
    assert failure == explain(error)
    assert isinstance(failure.retryable, bool)
    assert failure.status is None or failure.status >= 400
    assert failure.error_type is None or isinstance(failure.error_type, str)
    assert failure.text is None


def raising(name: str) -> Exception:
    """Make an exception of which one attribute raises."""

    def fail(_self: object) -> None:
        raise RuntimeError(name)

    return type("Defect", (Exception,), {name: property(fail)})()  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "error",
    [
        *(pytest.param(raising(name), id=f"{name} raises") for name in ("body", "type", "status_code", "response")),
        pytest.param(fault("E", response=SimpleNamespace(headers=[("request-id", "req_1")])), id="headers as a list"),
        pytest.param(status_error(body="[" * 200_000), id="JSON that is too deep to read"),
    ],
)
def test_no_exception_makes_it_raise(error: Exception) -> None:
    """Check that no crash in an error handler hides the error."""
    assert isinstance(explain(error), Failure)


def test_a_request_id_that_is_no_text_is_none() -> None:
    """Check the type that a log relies on."""
    assert explain(status_error(body=dict(envelope("api_error"), request_id=5))).request_id is None


# Guarded streams


def event(kind: str, **more: object) -> SimpleNamespace:
    """Make an event with the attributes of the SDK's that are read."""
    return SimpleNamespace(type=kind, **more)


def text(words: str) -> SimpleNamespace:
    """Make an event with text in block 0."""
    return event("content_block_delta", index=0, delta=SimpleNamespace(type="text_delta", text=words))


def completion(words: str, stop_reason: str | None = None) -> SimpleNamespace:
    """Make an event of the text completions."""
    return event("completion", completion=words, stop_reason=stop_reason)


def reason(stop_reason: str | None) -> SimpleNamespace:
    """Make the event with the stop reason."""
    return event("message_delta", delta=SimpleNamespace(stop_reason=stop_reason))


START: Final = event("message_start", message=SimpleNamespace(stop_reason=None))
BLOCK: Final = event("content_block_start", index=0, content_block=SimpleNamespace(type="text", text=""))
HELLO: Final = text("Hello")
WORLD: Final = text(" world")
BLOCK_STOP: Final = event("content_block_stop", index=0)
REASON: Final = reason("end_turn")
STOP: Final = event("message_stop")
THINKING: Final = event("content_block_delta", delta=SimpleNamespace(type="thinking_delta", thinking="Hm"))
TOOL: Final = event("content_block_delta", delta=SimpleNamespace(type="input_json_delta", partial_json='{"city":'))
PING: Final = event("ping")

MESSAGE: Final = (START, BLOCK, HELLO, WORLD, BLOCK_STOP, REASON, STOP)
COMPLETION: Final = (completion("Hello"), completion(" world"), completion("", "stop_sequence"))

OVERLOADED: Final = status_error(body=envelope("overloaded_error"))

Item = SimpleNamespace | BaseException


class Stream:
    """A stream as the SDK gives it, sync and async: events, and exceptions between them or at the end.

    Attributes:
        given: Number of items that were taken.
    """

    def __init__(self, *items: Item) -> None:
        self._items = iter(items)
        self.given = 0

    def __iter__(self) -> Iterator[SimpleNamespace]:
        for item in self._items:
            self.given += 1
            if isinstance(item, BaseException):
                raise item
            yield item

    async def __aiter__(self) -> AsyncIterator[SimpleNamespace]:
        for item in self:
            yield item


Consume = Callable[[guard, Callable[[object], object]], None]


def in_a_loop(guarded: guard, note: Callable[[object], object]) -> None:
    """Read a guarded stream."""
    for item in guarded:
        note(item)


def in_an_async_loop(guarded: guard, note: Callable[[object], object]) -> None:
    """Read a guarded stream asynchronously, without an event loop, because nothing here waits."""

    async def consume() -> None:
        async for item in guarded:
            note(item)

    run(consume())


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that waits for nothing."""
    with contextlib.suppress(StopIteration):
        coroutine.send(None)


@pytest.fixture(params=[in_a_loop, in_an_async_loop], ids=["synchronous", "asynchronous"])
def consume(request: pytest.FixtureRequest) -> Consume:
    """Return a function that reads a guarded stream, in both ways."""
    read: Consume = request.param
    return read


def failed(consume: Consume, *items: Item) -> StreamFailed:
    """Return the failure of a guarded stream, and check that every event before it was passed on."""
    taken: list[object] = []
    with pytest.raises(StreamFailed) as caught:
        consume(guard(Stream(*items)), taken.append)
    assert [item for item in items if not isinstance(item, BaseException)] == taken
    return caught.value


@pytest.mark.parametrize(
    "events",
    [
        pytest.param(MESSAGE, id="a message"),
        pytest.param((START, PING, BLOCK, HELLO, PING, event("something_new"), *MESSAGE[3:]), id="unknown events"),
        pytest.param(
            (START, BLOCK, HELLO, event("text", text="Hello", snapshot="Hello"), *MESSAGE[4:]), id="the helper's events"
        ),
        pytest.param((START, BLOCK, TOOL, BLOCK_STOP, reason("tool_use"), STOP), id="a tool call"),
        pytest.param((START, BLOCK, HELLO, BLOCK_STOP, BLOCK, TOOL, BLOCK_STOP, REASON, STOP), id="two blocks"),
        pytest.param((START, REASON, STOP), id="an answer without text"),
        pytest.param((*MESSAGE, PING), id="an event after the end"),
        pytest.param(COMPLETION, id="a completion"),
        pytest.param((completion("Hello world", "stop_sequence"),), id="a completion in one event"),
        pytest.param((PING, *COMPLETION), id="a completion with a ping"),
    ],
)
def test_a_complete_stream_is_passed_on_unchanged(consume: Consume, events: tuple[SimpleNamespace, ...]) -> None:
    """Check that each event comes once, in order, and that nothing is raised."""
    taken: list[object] = []
    consume(guard(Stream(*events)), taken.append)
    assert [id(passed_on) for passed_on in events] == [id(passed_on) for passed_on in taken]


def test_an_event_is_passed_on_before_the_next_one_is_read(consume: Consume) -> None:
    """Check that a guarded stream is as live as the stream itself."""
    stream = Stream(*MESSAGE)
    given: list[int] = []
    consume(guard(stream), lambda _: given.append(stream.given))
    assert [1, 2, 3, 4, 5, 6, 7] == given


def damaged(delivered: str) -> Failure:
    """Make the explanation of a stream that fails without an error of the API."""
    return Failure(None, None, delivered != "all", None, delivered)


PARTS: Final = [
    pytest.param((), "none", id="no event"),
    pytest.param(MESSAGE[:1], "none", id="a start"),
    pytest.param(MESSAGE[:2], "none", id="an open block"),
    pytest.param(MESSAGE[:3], "some", id="some text"),
    pytest.param(MESSAGE[:4], "some", id="more text"),
    pytest.param(MESSAGE[:5], "some", id="a whole block"),
    pytest.param((*MESSAGE[:5], reason(None)), "some", id="a message_delta without a reason"),
    pytest.param(MESSAGE[:6], "all", id="all but the end"),
    pytest.param((*MESSAGE[:6], WORLD), "all", id="text after the reason"),
    pytest.param((START, BLOCK, THINKING), "none", id="a thought"),
    pytest.param((START, BLOCK, TOOL), "none", id="the beginning of a tool call"),
    pytest.param((START, BLOCK, text("")), "none", id="an empty text"),
    pytest.param((START, BLOCK, event("text", text="Hello", snapshot="Hello")), "none", id="the helper's text alone"),
    pytest.param(COMPLETION[:1], "some", id="a part of a completion"),
    pytest.param((completion(""),), "none", id="an empty completion"),
]
"""Parts of a stream, and how much of the answer is in them."""


@pytest.mark.parametrize(("events", "delivered"), PARTS)
def test_a_stream_that_ends_early_has_failed(
    consume: Consume, events: tuple[SimpleNamespace, ...], delivered: str
) -> None:
    """Check how much was delivered; a whole answer is not worth a retry."""
    error = failed(consume, *events)
    assert (damaged(delivered), None) == (error.failure, error.__cause__)


@pytest.mark.parametrize(("events", "delivered"), PARTS)
def test_an_error_in_a_stream_is_one_exception(
    consume: Consume, events: tuple[SimpleNamespace, ...], delivered: str
) -> None:
    """Check its explanation, and how much was delivered."""
    error = failed(consume, *events, OVERLOADED)
    assert Failure(529, "overloaded_error", delivered != "all", None, delivered) == error.failure
    assert OVERLOADED is error.__cause__


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(
            fault("ReadError", "NetworkError", "TransportError", "RequestError", "HTTPError"),
            damaged("some"),
            id="an error of the transport",
        ),
        pytest.param(ConnectionResetError("x"), damaged("some"), id="an error of the socket"),
        pytest.param(fault("APITimeoutError", "APIConnectionError", "APIError"), damaged("some"), id="a timeout"),
        pytest.param(fault("SomethingOfTheTransport"), damaged("some"), id="an unknown class"),
        pytest.param(KeyError("index"), damaged("some"), id="a bug of a release"),
        pytest.param(status_error(body="no healthy upstream"), damaged("some"), id="an error that can't be read"),
        pytest.param(
            fault("APIError", body="no healthy upstream"), damaged("some"), id="an unreadable error without a status"
        ),
        pytest.param(
            status_error(body=envelope("invalid_request_error")),
            Failure(400, "invalid_request_error", False, None, "some"),
            id="an error that no retry helps",
        ),
        pytest.param(
            status_error(body=envelope(UNHEARD_OF)),
            Failure(None, UNHEARD_OF, False, None, "some"),
            id="an error of an unknown type",
        ),
        pytest.param(
            status_error(body=envelope("rate_limit_error", details=SPENT)),
            Failure(429, "rate_limit_error", False, None, "some"),
            id="the spend limit",
        ),
        pytest.param(
            status_error(body=dict(envelope("api_error"), request_id="req_1")),
            Failure(500, "api_error", True, "req_1", "some"),
            id="an error with a request id",
        ),
        pytest.param(status_error(404), Failure(404, None, False, None, "some"), id="a plain HTTP error"),
    ],
)
def test_every_failure_in_a_stream_is_one_exception(consume: Consume, error: Exception, expected: Failure) -> None:
    """Check its cause; a failure without an error of the API may be retried."""
    raised = failed(consume, *MESSAGE[:3], error)
    assert (expected, error) == (raised.failure, raised.__cause__)


@pytest.mark.parametrize("complete", [MESSAGE, COMPLETION], ids=["a message", "a completion"])
@pytest.mark.parametrize(
    "error", [OVERLOADED, ConnectionResetError("x"), KeyError("x")], ids=["an error", "a reset", "a bug"]
)
def test_a_failure_after_the_end_is_ignored(
    consume: Consume, complete: tuple[SimpleNamespace, ...], error: Exception
) -> None:
    """Check that the caller has the whole answer."""
    taken: list[object] = []
    consume(guard(Stream(*complete, error)), taken.append)
    assert list(complete) == taken


@pytest.mark.parametrize(
    ("events", "delivered"),
    [
        pytest.param((BLOCK, HELLO, START, WORLD, BLOCK_STOP, REASON, STOP), "all", id="a block before its message"),
        pytest.param((START, BLOCK, HELLO, START, WORLD, BLOCK_STOP, REASON, STOP), "all", id="a message in another"),
        pytest.param((*MESSAGE, START), "all", id="another message after the first"),
        pytest.param((BLOCK, HELLO), "some", id="no message"),
    ],
)
@pytest.mark.parametrize("error", [None, ConnectionResetError("x")], ids=["it ends", "it is reset"])
def test_a_stream_out_of_order_has_failed(
    consume: Consume, events: tuple[SimpleNamespace, ...], delivered: str, error: Exception | None
) -> None:
    """Check that a retry may help, because nobody knows what is missing."""
    raised = failed(consume, *events, *([error] if error else []))
    assert (Failure(None, None, True, None, delivered), error) == (raised.failure, raised.__cause__)


class Own(Exception):
    """An exception of the consumer's."""


def test_an_exception_of_the_consumer_is_passed_on(consume: Consume) -> None:
    """Check that no more of the stream is read."""
    own = Own()

    def fail(_event: object) -> None:
        raise own

    stream = Stream(*MESSAGE)
    with pytest.raises(Own) as caught:
        consume(guard(stream), fail)
    assert (True, None, None, 1) == (own is caught.value, own.__cause__, own.__context__, stream.given)


def test_an_exception_that_is_thrown_in_is_passed_on() -> None:
    """Check a generator of the consumer's that uses `yield from`."""

    def handed_on() -> Iterator[object]:
        yield from guard(Stream(*MESSAGE))

    generator = handed_on()
    next(generator)
    with pytest.raises(Own):
        generator.throw(Own())  # type: ignore[attr-defined]


def test_a_consumer_may_leave_at_any_time() -> None:
    """Check that leaving is no failure, and that reading on counts what was read."""
    stream = Stream(*MESSAGE[:3])
    guarded = guard(stream)
    for _ in guarded:
        if stream.given == 3:
            break
    with pytest.raises(StreamFailed) as caught:
        list(guarded)
    assert damaged("some") == caught.value.failure


def test_a_guarded_stream_can_be_closed() -> None:
    """Check that closing is no failure."""
    generator = iter(guard(Stream(*MESSAGE)))
    assert START is next(generator)
    generator.close()  # type: ignore[attr-defined]
    assert [] == list(generator)

    async def leave() -> None:
        events = aiter(guard(Stream(*MESSAGE)))
        assert await anext(events) is START
        await events.aclose()  # type: ignore[attr-defined]
        assert [] == [event async for event in events]

    run(leave())


@pytest.mark.parametrize("before", [MESSAGE[:3], MESSAGE], ids=["in the stream", "after its end"])
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, GeneratorExit])
def test_exceptions_that_end_a_program_or_a_task_are_passed_on(
    consume: Consume, kind: type[BaseException], before: tuple[SimpleNamespace, ...]
) -> None:
    """Check that they are no failure of the stream."""
    error = kind()
    with pytest.raises(kind) as caught:
        consume(guard(Stream(*before, error)), id)
    assert (True, None) == (error is caught.value, error.__cause__)


def test_a_task_that_waits_for_a_guarded_stream_can_be_cancelled() -> None:
    """Check an event loop, which throws the cancellation into the stream."""

    class Waiting:
        async def __aiter__(self) -> AsyncIterator[SimpleNamespace]:
            yield START
            await asyncio.Event().wait()

    async def consume() -> None:
        async for _ in guard(Waiting()):
            pass

    async def cancel() -> None:
        task = asyncio.ensure_future(consume())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())


@pytest.mark.parametrize(
    ("consume", "given"),
    [
        pytest.param(in_a_loop, None, id="None"),
        pytest.param(in_an_async_loop, iter(MESSAGE), id="a sync stream in an async loop"),
        pytest.param(in_a_loop, SimpleNamespace(__enter__=None), id="a context that was not entered"),
    ],
)
def test_an_object_that_is_no_stream_is_no_failed_stream(consume: Consume, given: object) -> None:
    """Check that a mistake stays a `TypeError` or `AttributeError`, which no retry helps."""
    with pytest.raises((TypeError, AttributeError)):
        consume(guard(given), id)


items = st.lists(
    st.sampled_from([*MESSAGE, *COMPLETION, reason(None), THINKING, TOOL, PING, SimpleNamespace()]), max_size=10
)
errors = st.sampled_from([None, OVERLOADED, KeyError("x"), ConnectionResetError("x"), status_error(400)])


@RELAXED
@given(items, errors, st.sampled_from([in_a_loop, in_an_async_loop]))
def test_every_stream_is_passed_on_and_then_ends_or_fails(
    events: list[SimpleNamespace], error: Exception | None, consume: Consume
) -> None:
    """Check any order of events: each is passed on, and only `StreamFailed` is raised."""
    taken: list[object] = []
    raised: StreamFailed | None = None
    try:
        consume(guard(Stream(*events, *([error] if error else []))), taken.append)
    except StreamFailed as caught:
        raised = caught
    assert [id(passed_on) for passed_on in events] == [id(passed_on) for passed_on in taken]
    if raised is None:
        assert STOP in events or COMPLETION[-1] in events
    else:
        assert error is raised.__cause__
        assert raised.failure.text in ("none", "some", "all")


# The exception


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ((START, OVERLOADED), "The stream failed: overloaded_error (text delivered: none)"),
        ((*MESSAGE[:3], KeyError("x")), "The stream failed: KeyError('x') (text delivered: some)"),
        (MESSAGE[:6], "The stream failed: it ended too early (text delivered: all)"),
    ],
    ids=["a type", "a cause", "an end"],
)
def test_the_exception_has_one_line_of_text(items: tuple[Item, ...], expected: str) -> None:
    """Check the line of a log."""
    assert expected == str(failed(in_a_loop, *items))


AGAIN: Final[dict[str, Callable[[StreamFailed], StreamFailed]]] = {
    "pickled": lambda error: pickle.loads(pickle.dumps(error)),  # noqa: S301 - made here
    "copied": copy.copy,
    "copied deeply": copy.deepcopy,
}


@pytest.mark.parametrize(
    "items",
    [
        pytest.param((*MESSAGE[:3], OVERLOADED), id="a type"),
        pytest.param((START,), id="an end"),
        pytest.param(
            (START, ConnectionResetError("x")),
            id="a cause",
        ),
    ],
)
@pytest.mark.parametrize("again", AGAIN)
def test_the_exception_can_be_pickled_and_copied(again: str, items: tuple[Item, ...]) -> None:
    """Check that the copy has the same explanation."""
    error = failed(in_a_loop, *items)
    other = AGAIN[again](error)
    assert (StreamFailed, error.failure, str(error)) == (type(other), other.failure, str(other))


# The file


def test_it_imports_the_standard_library_only() -> None:
    """Check what a copied file needs."""
    imported = {
        name
        for node in ast.walk(ast.parse(SOURCE))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "a relative import"]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert set() == {name.partition(".")[0] for name in imported} - sys.stdlib_module_names


def test_it_is_short_enough_to_read_before_copying() -> None:
    """Check that it has at most 170 lines, with its explanations."""
    assert len(SOURCE.splitlines()) < 170


def test_it_is_written_in_the_grammar_of_python_3_8() -> None:
    """Check the oldest Python that releases in use support."""
    assert ast.parse(SOURCE, feature_version=(3, 8))


PROGRAM: Final = """
import asyncio, copy, importlib.util, json, pickle, sys, types

spec = importlib.util.spec_from_file_location("remedy", sys.argv[1])
remedy = sys.modules["remedy"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(remedy)

class APIStatusError(Exception):
    status_code = 200
    body = {"type": "error", "error": {"type": "overloaded_error", "message": "x"}, "request_id": "req_1"}

def event(kind, **more):
    return types.SimpleNamespace(type=kind, **more)

EVENTS = [
    event("message_start"),
    event("content_block_start"),
    event("content_block_delta", delta=types.SimpleNamespace(text="Hello")),
    event("message_delta", delta=types.SimpleNamespace(stop_reason="end_turn")),
    event("message_stop"),
]

def sync(count, error):
    yield from EVENTS[:count]
    if error:
        raise error

async def asynchronous(count, error):
    for part in sync(count, error):
        yield part

async def consume(stream):
    return [part.type async for part in remedy.guard(stream)]

outcomes = []
for count in range(len(EVENTS) + 1):
    for error in (None, APIStatusError("x"), OSError("x")):
        for run in (
            lambda: [part.type for part in remedy.guard(sync(count, error))],
            lambda: asyncio.run(consume(asynchronous(count, error))),
        ):
            try:
                outcomes.append(run())
            except remedy.StreamFailed as failed:
                again = pickle.loads(pickle.dumps(copy.copy(failed)))
                outcomes.append([str(failed), list(remedy.explain(again)), repr(failed.__cause__)])
print(json.dumps(outcomes))
"""
"""A program that reads every part of a message, sync and async, with every kind of end. Python 3.8."""


OLDEST: Final = "3.8"
"""The oldest Python on which the remedy runs."""


def run_program(python: str | Path) -> str:
    """Return what the program prints on an interpreter."""
    command = [python, "-I", "-B", "-W", "error", "-c", PROGRAM, str(FILE)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def program_output() -> str:
    """Run the program on the interpreter of this test."""
    return run_program(sys.executable)


def test_the_program_reads_every_part_and_end_of_a_message(program_output: str) -> None:
    """Check six lengths, three ends, sync and async."""
    assert 6 * 3 * 2 == len(json.loads(program_output))


@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(8, 15)])
def test_the_program_prints_the_same_on_every_python(program_output: str, version: str) -> None:
    """Check each installed one; CI must have the oldest, where its promise is tested."""
    python = find_python(version)
    if python is None and version == OLDEST and os.environ.get("CI") == "true":
        pytest.fail(f"Python {version} is not installed, and CI=true says that it should be: `uv python install 3.8`.")
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    assert program_output == run_program(python)
