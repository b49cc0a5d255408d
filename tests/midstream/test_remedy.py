"""What the remedy says of an exception, what it makes of a stream, and that its file can be copied as it stands.

The exceptions are made up here, shaped as releases of different ages shape theirs: the remedy knows none of the SDK's
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
"""No example is held to a time: the machine may be busy with a sweep."""

FILE: Final = Path(remedy.__file__)
SOURCE: Final = FILE.read_text(encoding="utf-8")

SPENT: Final = {"error_code": "enforced_spend_limit_reached"}


def fault(*names: str, **attributes: object) -> Exception:
    """An exception of a class made up here: its name, those of the classes behind it, and what it has."""
    kind: type[Exception] = Exception
    for name in reversed(names):
        kind = type(name, (kind,), {"__module__": "somewhere.else"})
    error = kind("what it says")
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def status_error(status_code: object = 200, **attributes: object) -> Exception:
    """An exception shaped as the SDK's `APIStatusError`."""
    return fault("APIStatusError", "APIError", status_code=status_code, **attributes)


def envelope(error_type: object, **more: object) -> dict[str, object]:
    """The API's error object; `more` stands inside `error`."""
    return {"type": "error", "error": {"type": error_type, "message": "Some words", **more}}


def response(**headers: str) -> SimpleNamespace:
    """An HTTP response, as far as anybody looks at it."""
    return SimpleNamespace(headers={name.replace("_", "-"): value for name, value in headers.items()})


# What an exception says


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
"""Every way in which a release, or a gateway, has been seen to say which error it is."""


@pytest.mark.parametrize("shape", SHAPES)
def test_a_type_that_is_documented_says_all(shape: str) -> None:
    """Wherever it stands: the documented status, and whether another attempt may help."""
    assert {kind: Failure(status, kind, kind in RETRYABLE, None) for kind, status in DOCUMENTED_STATUS.items()} == {
        kind: explain(SHAPES[shape](kind)) for kind in DOCUMENTED_STATUS
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        # A type that nobody knows.
        pytest.param(status_error(body=envelope(UNHEARD_OF)), Failure(None, UNHEARD_OF, False, None), id="unheard of"),
        pytest.param(
            status_error(503, body=envelope(UNHEARD_OF)), Failure(503, UNHEARD_OF, True, None), id="unheard of, 503"
        ),
        pytest.param(
            status_error(422, body=envelope(UNHEARD_OF)), Failure(422, UNHEARD_OF, False, None), id="unheard of, 422"
        ),
        pytest.param(status_error(type=UNHEARD_OF), Failure(None, UNHEARD_OF, False, None), id="unheard of, no body"),
        # A status that no waiting changes.
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
        # An error event that can't be read is a server's fault.
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
        # Without a status it is no error event, and nothing else is known of it.
        pytest.param(fault("APIError", body="text"), Failure(None, None, False, None), id="no status, no type"),
        pytest.param(status_error(None), Failure(None, None, False, None), id="a status that is None"),
        # The request, as the event has it, or else as the response has it.
        pytest.param(
            status_error(body=dict(envelope("api_error"), request_id="req_event"), response=response()),
            Failure(500, "api_error", True, "req_event"),
            id="the request of the event",
        ),
        pytest.param(
            status_error(body=envelope("api_error"), response=response(request_id="req_head")),
            Failure(500, "api_error", True, "req_head"),
            id="the request of the response",
        ),
        pytest.param(
            status_error(
                body=dict(envelope("api_error"), request_id="req_event"), response=response(request_id="req_head")
            ),
            Failure(500, "api_error", True, "req_event"),
            id="the request of both",
        ),
        pytest.param(
            status_error(502, body=None, response=response(request_id="req_head")),
            Failure(502, None, True, "req_head"),
            id="the request of a response without a body",
        ),
        pytest.param(status_error(response=None), Failure(None, None, True, None), id="no response"),
        pytest.param(
            status_error(response=SimpleNamespace(headers=None)), Failure(None, None, True, None), id="no headers"
        ),
    ],
)
def test_an_exception_says(error: Exception, expected: Failure) -> None:
    """All that can be known from it, and no more."""
    assert expected == explain(error)


@pytest.mark.parametrize("body", [None, "", "<html>", {}], ids=["none", "empty", "html", "empty object"])
def test_a_plain_http_error_without_a_type_says_its_status(body: object) -> None:
    """A gateway's 502 has no error object of the API."""
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
def test_an_answer_that_was_lost_on_its_way_may_be_asked_for_again(error: Exception) -> None:
    """Known by the name of the class, or of one behind it, whatever module it is from."""
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
def test_an_exception_that_is_about_something_else_is_no_reason_to_ask_again(error: BaseException) -> None:
    """Outside a guarded stream nobody knows that a stream was read at all."""
    assert Failure(None, None, False, None) == explain(error)


def test_a_failed_stream_has_been_explained() -> None:
    """What the guard found out is not asked for again."""
    failure = Failure(529, "overloaded_error", True, "req_1", "some")
    assert failure is explain(StreamFailed(failure))


def test_its_table_is_that_of_the_error_page() -> None:
    """It can't import ours, and so has its own, which must not drift."""
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
def test_there_is_an_answer_for_everything(classes: list[str], found: dict[str, object]) -> None:
    """Whatever a server sent and whatever a release made of it, and the same each time."""
    error = fault(*classes, **found)
    failure = explain(error)
    assert failure == explain(error)
    assert isinstance(failure.retryable, bool)
    assert failure.status is None or failure.status >= 400
    assert failure.error_type is None or isinstance(failure.error_type, str)
    assert failure.text is None


def raising(name: str) -> Exception:
    """An exception of which one attribute can't be asked for."""

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
def test_no_exception_makes_it_raise_one_itself(error: Exception) -> None:
    """It is called where an error is handled; a crash there hides the error that mattered."""
    assert isinstance(explain(error), Failure)


def test_a_request_id_that_is_no_text_is_none() -> None:
    """Whoever logs it relies on its type."""
    assert explain(status_error(body=dict(envelope("api_error"), request_id=5))).request_id is None


# What becomes of a stream


def event(kind: str, **more: object) -> SimpleNamespace:
    """An event of the SDK, as far as anybody looks at it."""
    return SimpleNamespace(type=kind, **more)


def text(words: str) -> SimpleNamespace:
    """Some text in block 0."""
    return event("content_block_delta", index=0, delta=SimpleNamespace(type="text_delta", text=words))


def completion(words: str, stop_reason: str | None = None) -> SimpleNamespace:
    """An event of the text completions."""
    return event("completion", completion=words, stop_reason=stop_reason)


def reason(stop_reason: str | None) -> SimpleNamespace:
    """Why the message ends."""
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
    """A stream as the SDK gives it, sync and async: events, and what is raised between them or behind them.

    Attributes:
        given: How many items were asked for.
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
    """Go through a guarded stream."""
    for item in guarded:
        note(item)


def in_an_async_loop(guarded: guard, note: Callable[[object], object]) -> None:
    """The same, asynchronously. Nothing here waits, so no event loop is needed, which would have a say in what ends."""

    async def consume() -> None:
        async for item in guarded:
            note(item)

    run(consume())


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run what waits for nothing."""
    with contextlib.suppress(StopIteration):
        coroutine.send(None)


@pytest.fixture(params=[in_a_loop, in_an_async_loop], ids=["sync", "async"])
def consume(request: pytest.FixtureRequest) -> Consume:
    """Both ways to go through a guarded stream."""
    found: Consume = request.param
    return found


def failed(consume: Consume, *items: Item) -> StreamFailed:
    """How a guarded stream failed. Every event before that was passed on."""
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
        pytest.param((START, REASON, STOP), id="nothing said"),
        pytest.param((*MESSAGE, PING), id="more after the end"),
        pytest.param(COMPLETION, id="a completion"),
        pytest.param((completion("Hello world", "stop_sequence"),), id="a completion in one event"),
        pytest.param((PING, *COMPLETION), id="a completion with a ping"),
    ],
)
def test_a_complete_stream_comes_through_as_it_is(consume: Consume, events: tuple[SimpleNamespace, ...]) -> None:
    """The very events, in order, each once, and no exception."""
    taken: list[object] = []
    consume(guard(Stream(*events)), taken.append)
    assert [id(one) for one in events] == [id(one) for one in taken]


def test_an_event_is_passed_on_before_the_next_one_is_asked_for(consume: Consume) -> None:
    """A guarded stream is as live as the stream itself."""
    stream = Stream(*MESSAGE)
    given: list[int] = []
    consume(guard(stream), lambda _: given.append(stream.given))
    assert [1, 2, 3, 4, 5, 6, 7] == given


def said(delivered: str) -> Failure:
    """What is known of a stream that fails without a word of why."""
    return Failure(None, None, delivered != "all", None, delivered)


PARTS: Final = [
    pytest.param((), "none", id="nothing"),
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
def test_a_stream_that_just_ends_has_failed(
    consume: Consume, events: tuple[SimpleNamespace, ...], delivered: str
) -> None:
    """It says how much was delivered; where that is all, another attempt would be wasted."""
    error = failed(consume, *events)
    assert (said(delivered), None) == (error.failure, error.__cause__)


@pytest.mark.parametrize(("events", "delivered"), PARTS)
def test_an_error_in_a_stream_is_one_exception(
    consume: Consume, events: tuple[SimpleNamespace, ...], delivered: str
) -> None:
    """It says what the error says, and how much was delivered before it."""
    error = failed(consume, *events, OVERLOADED)
    assert Failure(529, "overloaded_error", delivered != "all", None, delivered) == error.failure
    assert OVERLOADED is error.__cause__


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(
            fault("ReadError", "NetworkError", "TransportError", "RequestError", "HTTPError"),
            said("some"),
            id="the transport",
        ),
        pytest.param(ConnectionResetError("x"), said("some"), id="the socket"),
        pytest.param(fault("APITimeoutError", "APIConnectionError", "APIError"), said("some"), id="a timeout"),
        pytest.param(fault("SomethingOfTheTransport"), said("some"), id="a class that nobody knows"),
        pytest.param(KeyError("index"), said("some"), id="a release that stumbles"),
        pytest.param(status_error(body="no healthy upstream"), said("some"), id="an error that can't be read"),
        pytest.param(fault("APIError", body="no healthy upstream"), said("some"), id="the same without a status"),
        pytest.param(
            status_error(body=envelope("invalid_request_error")),
            Failure(400, "invalid_request_error", False, None, "some"),
            id="an error that stays",
        ),
        pytest.param(
            status_error(body=envelope(UNHEARD_OF)),
            Failure(None, UNHEARD_OF, False, None, "some"),
            id="an error of a type that nobody knows",
        ),
        pytest.param(
            status_error(body=envelope("rate_limit_error", details=SPENT)),
            Failure(429, "rate_limit_error", False, None, "some"),
            id="the spend limit",
        ),
        pytest.param(
            status_error(body=dict(envelope("api_error"), request_id="req_1")),
            Failure(500, "api_error", True, "req_1", "some"),
            id="a request with a name",
        ),
        pytest.param(status_error(404), Failure(404, None, False, None, "some"), id="a plain HTTP error"),
    ],
)
def test_whatever_fails_in_a_stream_is_one_exception(consume: Consume, error: Exception, expected: Failure) -> None:
    """What the SDK raised is its cause; without a word of why, the stream was damaged and may be asked for again."""
    raised = failed(consume, *MESSAGE[:3], error)
    assert (expected, error) == (raised.failure, raised.__cause__)


@pytest.mark.parametrize("complete", [MESSAGE, COMPLETION], ids=["message", "completion"])
@pytest.mark.parametrize("error", [OVERLOADED, ConnectionResetError("x"), KeyError("x")], ids=["error", "reset", "bug"])
def test_what_comes_after_the_end_takes_nothing_away(
    consume: Consume, complete: tuple[SimpleNamespace, ...], error: Exception
) -> None:
    """The answer is whole, and its caller has it."""
    taken: list[object] = []
    consume(guard(Stream(*complete, error)), taken.append)
    assert list(complete) == taken


@pytest.mark.parametrize(
    ("events", "delivered"),
    [
        pytest.param((BLOCK, HELLO, START, WORLD, BLOCK_STOP, REASON, STOP), "all", id="a block before its message"),
        pytest.param((START, BLOCK, HELLO, START, WORLD, BLOCK_STOP, REASON, STOP), "all", id="a message in another"),
        pytest.param((*MESSAGE, START), "all", id="another message after the first"),
        pytest.param((BLOCK, HELLO), "some", id="no message at all"),
    ],
)
@pytest.mark.parametrize("error", [None, ConnectionResetError("x")], ids=["it ends", "it is reset"])
def test_a_stream_out_of_order_has_failed_though_it_ends(
    consume: Consume, events: tuple[SimpleNamespace, ...], delivered: str, error: Exception | None
) -> None:
    """Nobody knows what is missing of it, so another attempt is not wasted."""
    raised = failed(consume, *events, *([error] if error else []))
    assert (Failure(None, None, True, None, delivered), error) == (raised.failure, raised.__cause__)


class Own(Exception):
    """An exception of the consumer's."""


def test_an_exception_of_its_consumer_is_none_of_its_business(consume: Consume) -> None:
    """It comes out as it is, and no more of the stream is read."""
    own = Own()

    def fail(_event: object) -> None:
        raise own

    stream = Stream(*MESSAGE)
    with pytest.raises(Own) as caught:
        consume(guard(stream), fail)
    assert (True, None, None, 1) == (own is caught.value, own.__cause__, own.__context__, stream.given)


def test_an_exception_that_is_thrown_in_is_none_of_its_business() -> None:
    """So a generator of the consumer's may hand a guarded stream on with `yield from`."""

    def handed_on() -> Iterator[object]:
        yield from guard(Stream(*MESSAGE))

    generator = handed_on()
    next(generator)
    with pytest.raises(Own):
        generator.throw(Own())  # type: ignore[attr-defined]


def test_a_consumer_may_leave_at_any_time() -> None:
    """Leaving is no failure, and what was read until then counts when somebody reads on."""
    stream = Stream(*MESSAGE[:3])
    guarded = guard(stream)
    for _ in guarded:
        if stream.given == 3:
            break
    with pytest.raises(StreamFailed) as caught:
        list(guarded)
    assert said("some") == caught.value.failure


def test_a_guarded_stream_can_be_closed() -> None:
    """Sync and async; closing is no failure."""
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
def test_what_ends_the_program_or_the_task_is_neither_swallowed_nor_turned(
    consume: Consume, kind: type[BaseException], before: tuple[SimpleNamespace, ...]
) -> None:
    """It is no failure of the stream."""
    error = kind()
    with pytest.raises(kind) as caught:
        consume(guard(Stream(*before, error)), id)
    assert (True, None) == (error is caught.value, error.__cause__)


def test_a_task_that_waits_for_a_guarded_stream_can_be_cancelled() -> None:
    """On an event loop, where cancelling is thrown in where the stream waits."""

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
        pytest.param(in_a_loop, None, id="nothing"),
        pytest.param(in_an_async_loop, iter(MESSAGE), id="a sync stream in an async loop"),
        pytest.param(in_a_loop, SimpleNamespace(__enter__=None), id="a context that was not entered"),
    ],
)
def test_what_is_no_stream_is_no_stream_that_failed(consume: Consume, given: object) -> None:
    """A mistake stays a `TypeError` or an `AttributeError`: the same call would fail each time."""
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
    """Whatever comes in whatever order: all of it is given, and nothing but `StreamFailed` is raised."""
    taken: list[object] = []
    raised: StreamFailed | None = None
    try:
        consume(guard(Stream(*events, *([error] if error else []))), taken.append)
    except StreamFailed as caught:
        raised = caught
    assert [id(one) for one in events] == [id(one) for one in taken]
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
def test_it_says_in_a_line_what_happened(items: tuple[Item, ...], expected: str) -> None:
    """The line that ends up in a log."""
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
def test_it_can_be_pickled_and_copied(again: str, items: tuple[Item, ...]) -> None:
    """A pool of processes, or a logger that defers, does it; the other one tells the same story."""
    error = failed(in_a_loop, *items)
    other = AGAIN[again](error)
    assert (StreamFailed, error.failure, str(error)) == (type(other), other.failure, str(other))


# The file


def test_it_imports_the_standard_library_and_nothing_else() -> None:
    """A file that people copy brings nothing along."""
    found = {
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
    assert set() == {name.partition(".")[0] for name in found} - sys.stdlib_module_names


def test_it_is_short_enough_to_be_read_before_it_is_copied() -> None:
    """A hundred and seventy lines, its explanations included."""
    assert len(SOURCE.splitlines()) < 170


def test_it_is_written_in_the_grammar_of_python_3_8() -> None:
    """The oldest that a release of the SDK which people still use runs on."""
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
    for one in sync(count, error):
        yield one

async def consume(stream):
    return [one.type async for one in remedy.guard(stream)]

found = []
for count in range(len(EVENTS) + 1):
    for error in (None, APIStatusError("x"), OSError("x")):
        for run in (
            lambda: [one.type for one in remedy.guard(sync(count, error))],
            lambda: asyncio.run(consume(asynchronous(count, error))),
        ):
            try:
                found.append(run())
            except remedy.StreamFailed as failed:
                again = pickle.loads(pickle.dumps(copy.copy(failed)))
                found.append([str(failed), list(remedy.explain(again)), repr(failed.__cause__)])
print(json.dumps(found))
"""
"""Goes through every part of a message, sync and async, with every kind of end. Python 3.8."""


OLDEST: Final = "3.8"
"""The oldest Python on which the remedy runs."""


def run_program(python: str | Path) -> str:
    """Return what the program prints on an interpreter."""
    command = [python, "-I", "-B", "-W", "error", "-c", PROGRAM, str(FILE)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def printed_here() -> str:
    """What the program prints on the interpreter that runs this test."""
    return run_program(sys.executable)


def test_it_goes_through_every_part_and_end_of_a_message(printed_here: str) -> None:
    """Six lengths, three ends, sync and async."""
    assert 6 * 3 * 2 == len(json.loads(printed_here))


@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(8, 15)])
def test_it_does_the_same_on_every_python(printed_here: str, version: str) -> None:
    """On each that is installed. In CI the oldest must be there, or its promise would be tested nowhere."""
    python = find_python(version)
    if python is None and version == OLDEST and os.environ.get("CI") == "true":
        pytest.fail(f"Python {version} is not installed, and CI=true says that it should be: `uv python install 3.8`.")
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    assert printed_here == run_program(python)
