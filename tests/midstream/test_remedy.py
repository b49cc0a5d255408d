"""The remedy: its explanation of an exception, its guard of a stream, and its file, which people copy.

The exceptions are made up here, shaped as those of releases of different ages: the remedy imports none of the SDK's
classes, so that one file serves every release. tests/live checks it with real releases.
"""

import ast
import asyncio
import contextlib
import copy
import json
import os
import pickle
import re
import ssl
import subprocess
import sys
from collections.abc import AsyncIterable, AsyncIterator, Callable, Coroutine, Iterable, Iterator
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


def fault(*names: str, module: str = "somewhere.else", says: str = "what it says", **attributes: Any) -> Exception:
    """Make an exception of a made-up class: its name, those of its bases, its module, its text and its attributes."""
    kind: type[Exception] = Exception
    for name in reversed(names):
        kind = type(name, (kind,), {"__module__": module})
    error = kind(says)
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def status_error(status_code: object = 200, **attributes: Any) -> Exception:
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
        pytest.param(
            status_error(body=envelope(""), type=""), Failure(None, None, True, None), id="an empty type, twice"
        ),
        pytest.param(
            status_error(body=envelope(""), type="api_error"),
            Failure(500, "api_error", True, None),
            id="an empty type in the body alone",
        ),
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
        pytest.param(
            status_error(529, body=envelope("overloaded_error"), response=response(x_should_retry="false")),
            Failure(529, "overloaded_error", False, None),
            id="a server that says not to retry",
        ),
        pytest.param(
            status_error(400, body=None, response=response(x_should_retry="true")),
            Failure(400, None, True, None),
            id="a server that says to retry",
        ),
        pytest.param(
            status_error(body=envelope("overloaded_error"), response=response(x_should_retry="false")),
            Failure(529, "overloaded_error", True, None),
            id="what the server said before the stream failed",
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


def raised_in(module: str, error: Exception) -> Exception:
    """Raise an exception in a function of a module, and return it with its traceback."""
    scope: dict[str, Any] = {"__name__": module}
    exec("def fail(error):\n    raise error", scope)  # noqa: S102 - a frame of another module
    with pytest.raises(type(error)) as caught:
        scope["fail"](error)
    return caught.value


LOST: Final[dict[str, Callable[[], Exception]]] = {
    "httpx": lambda: fault("ReadError", "NetworkError", "TransportError", "RequestError", module="httpx"),
    "httpx before 1": lambda: fault("RemoteProtocolError", "RequestError", module="httpx._exceptions"),
    "httpx2": lambda: fault("ReadTimeout", "TimeoutException", "RequestError", module="httpx2"),
    "httpcore": lambda: fault("ReadError", "NetworkError", module="httpcore._exceptions"),
    "httpcore2": lambda: fault("RemoteProtocolError", "ProtocolError", module="httpcore2"),
    "a timeout of httpcore": lambda: fault("ReadTimeout", "TimeoutException", module="httpcore"),
    "h11": lambda: fault("RemoteProtocolError", "ProtocolError", module="h11._util"),
    "aiohttp": lambda: fault("ClientPayloadError", "ClientError", module="aiohttp.client_exceptions"),
    "requests": lambda: fault("ChunkedEncodingError", "RequestException", module="requests.exceptions"),
    "a damaged frame of Bedrock": lambda: fault("ChecksumMismatch", "ParserError", module="botocore.eventstream"),
    "a reset": lambda: ConnectionResetError("x"),
    "a timeout": lambda: TimeoutError("x"),
    "TLS": lambda: ssl.SSLError("x"),
    "JSON": lambda: json.JSONDecodeError("x", "", 0),
    "UTF-8": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
}
"""Exceptions of an answer that was lost or damaged, which the SDK lets out of a stream."""


@pytest.mark.parametrize("kind", LOST)
def test_an_answer_that_the_sdk_lost_can_be_retried(kind: str) -> None:
    """Check that the traceback decides: code of a user raises the same classes for reasons of its own."""
    raised = {
        "a function of the SDK": raised_in("anthropic._streaming", LOST[kind]()),
        "the package of the SDK": raised_in("anthropic", LOST[kind]()),
        "code of a user": raised_in("my.code", LOST[kind]()),
        "a package with a similar name": raised_in("anthropic_tools", LOST[kind]()),
        "nothing: it was only made": LOST[kind](),
    }
    assert {
        "a function of the SDK": True,
        "the package of the SDK": True,
        "code of a user": False,
        "a package with a similar name": False,
        "nothing: it was only made": False,
    } == {place: explain(error).retryable for place, error in raised.items()}
    assert {(None, None, None, None)} == {
        (failure.status, failure.error_type, failure.request_id, failure.text)
        for failure in map(explain, raised.values())
    }


@pytest.mark.parametrize("module", ["anthropic", "anthropic._exceptions"])
@pytest.mark.parametrize(
    ("names", "attributes"),
    [
        (("APIConnectionError", "APIError"), {}),
        (("APITimeoutError", "APIConnectionError", "APIError"), {}),
        (("APIResponseValidationError", "APIError"), {"status_code": 200, "body": None}),
    ],
    ids=["no connection", "a timeout", "an invalid response"],
)
def test_an_exception_of_the_sdk_needs_no_traceback(
    module: str, names: tuple[str, ...], attributes: dict[str, Any]
) -> None:
    """Check a class of the SDK, which says itself what happened, also after a pickle."""
    assert Failure(None, None, True, None) == explain(fault(*names, module=module, **attributes))


@pytest.mark.parametrize(
    "name",
    [
        "APIConnectionError",
        "RequestError",
        "NetworkError",
        "ProtocolError",
        "TimeoutError",
        "SSLError",
        "JSONDecodeError",
    ],
)
def test_the_name_of_a_class_alone_means_nothing(name: str) -> None:
    """Check a user's own class, raised anywhere, even below a function of the SDK."""
    assert Failure(None, None, False, None) == explain(fault(name))
    assert Failure(None, None, False, None) == explain(raised_in("anthropic._streaming", fault(name)))


def test_a_class_of_the_sdk_is_known_by_a_base() -> None:
    """Check a class that a user derives from one of the SDK."""
    base = type(fault("APIConnectionError", module="anthropic"))
    assert explain(type("Own", (base,), {})("x")).retryable


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
        fault("NotAPIConnectionError", module="anthropic"),
        raised_in("anthropic._client", TypeError("Missing required arguments")),
        raised_in("anthropic._client", FileNotFoundError("x")),
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
    assert set() == remedy.STATUS.keys() & remedy.BEDROCK_STATUS.keys()
    retryable = {kind for kind, status in remedy.STATUS.items() if status in remedy.RETRYABLE or status >= 500}
    assert retryable == {kind for kind in DOCUMENTED_STATUS if kind in RETRYABLE}


# Amazon Bedrock


BEDROCK: Final = {
    "internalServerException": (500, True),
    "modelStreamErrorException": (424, True),
    "modelTimeoutException": (408, True),
    "serviceUnavailableException": (503, True),
    "throttlingException": (429, True),
    "validationException": (400, False),
    "accessDeniedException": (403, False),
    "modelErrorException": (424, True),
    "modelNotReadyException": (429, True),
    "resourceNotFoundException": (404, False),
    "serviceQuotaExceededException": (400, False),
    "InternalFailure": (500, True),
}
"""Exception type to its status and whether a retry may help. The first six stand in a stream too (AWS reference), and
the last one in a frame for an error that the service's model lacks."""

REJECTED: Final = "Bad response code, expected 200: "


def frame(exception_type: str, body: bytes = b'{"message": "Some words"}') -> str:
    """Make the text that AnthropicBedrock before 1.7 gives an exception frame."""
    headers = {":exception-type": exception_type, ":content-type": "application/json", ":message-type": "exception"}
    return REJECTED + str({"status_code": 400, "headers": headers, "body": body})


BEDROCK_SHAPES: Final[dict[str, Callable[[str], Exception]]] = {
    "an exception frame up to 1.6": lambda kind: ValueError(frame(kind)),
    "its message has quotes": lambda kind: ValueError(frame(kind, b"{\"message\": \"It's {'a': b'c'} \\n\"}")),
    "it has no body": lambda kind: ValueError(frame(kind, b"")),
    "an exception frame from 1.7 on": lambda kind: status_error(body=envelope(kind), type=kind),
    "an HTTP response": lambda kind: status_error(
        BEDROCK[kind][0],
        body={"message": "Some words"},
        response=response(x_amzn_errortype=kind[0].upper() + kind[1:]),
    ),
    "an HTTP response with an address": lambda kind: status_error(
        BEDROCK[kind][0], body={"message": "Some words"}, response=response(x_amzn_errortype=f"{kind}:http://a.b/c/")
    ),
}
"""Every shape in which a release was seen to name an exception of Bedrock."""


@pytest.mark.parametrize("shape", BEDROCK_SHAPES)
def test_an_exception_type_of_bedrock_gives_status_and_retry(shape: str) -> None:
    """Check that the type has one spelling in all shapes."""
    assert {kind: Failure(status, kind, again, None) for kind, (status, again) in BEDROCK.items()} == {
        kind: explain(BEDROCK_SHAPES[shape](kind)) for kind in BEDROCK
    }


def test_its_table_of_bedrock_is_that_of_the_reference() -> None:
    """Check that the remedy has no other type."""
    assert {kind: status for kind, (status, _) in BEDROCK.items()} == remedy.BEDROCK_STATUS


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(
            ValueError(frame("newException")), Failure(None, "newException", False, None), id="an unknown type"
        ),
        pytest.param(
            ValueError(
                REJECTED
                + "{'status_code': 400, 'headers': {':error-code': 'InternalError', ':message-type': 'error'}, "
                "'body': b''}"
            ),
            Failure(None, "InternalError", False, None),
            id="an error frame",
        ),
        pytest.param(
            status_error(403, body={"message": "x"}, response=response(x_amzn_errortype="UnknownClientException")),
            Failure(403, "UnknownClientException", False, None),
            id="an HTTP response with an unknown type",
        ),
        pytest.param(
            status_error(429, body={"message": "x"}, response=response(x_amzn_requestid="amzn_1")),
            Failure(429, None, True, "amzn_1"),
            id="an HTTP response without a type",
        ),
        pytest.param(
            status_error(body=envelope("", message=""), type="", response=response(x_amzn_requestid="amzn_1")),
            Failure(None, None, True, "amzn_1"),
            id="an unknown exception frame from 1.7 on",
        ),
    ],
)
def test_another_answer_of_bedrock_is_explained(error: Exception, expected: Failure) -> None:
    """Check that a type without a documented status is passed on as the server spelled it."""
    assert expected == explain(error)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ValueError("throttlingException"), id="the type alone"),
        pytest.param(ValueError(frame("throttlingException").removeprefix(REJECTED)), id="no beginning"),
        pytest.param(ValueError("Note: " + frame("throttlingException")), id="words before it"),
        pytest.param(ValueError(frame("throttlingException") + " again"), id="words after it"),
        pytest.param(ValueError(frame("throttlingException")[:-1]), id="a cut text"),
        pytest.param(ValueError(REJECTED + "{'body': b''}"), id="no headers"),
        pytest.param(ValueError(REJECTED + "{'headers': [':exception-type']}"), id="headers of another kind"),
        pytest.param(ValueError(REJECTED + "{'headers': {':exception-type': 5}}"), id="a type that is no text"),
        pytest.param(ValueError(REJECTED + "{'headers': {}, 'a': f()}"), id="a call"),
        pytest.param(ValueError(REJECTED + "{" * 10_000 + "}"), id="a text that is too deep to read"),
        pytest.param(fault("ValueError", says=frame("throttlingException")), id="another class"),
        pytest.param(type("Own", (ValueError,), {})(frame("throttlingException")), id="a derived class"),
    ],
)
def test_a_text_that_bedrock_does_not_write_is_not_read(error: Exception) -> None:
    """Check the text of a `ValueError`, which anybody may raise."""
    assert Failure(None, None, False, None) == explain(error)


# Releases 0.4.1 to 0.7.7


def bodiless(text: str, status_code: int = 200, **attributes: Any) -> Exception:
    """Make an exception of a release that writes the body into the text alone."""
    return fault("APIStatusError", module="anthropic", says=text, status_code=status_code, **attributes)


@pytest.mark.parametrize("before", ["", "Error code: 200 - "], ids=["in a stream", "a plain HTTP response"])
def test_a_body_is_read_from_the_text_of_old_releases(before: str) -> None:
    """Check every documented type, quotes of both kinds, and what else Python prints otherwise than JSON."""
    more = {"message": "It's \"overloaded\" \u2028 {'type': 'x'}", "details": None, "final": True}
    assert {kind: Failure(status, kind, kind in RETRYABLE, "req_1") for kind, status in DOCUMENTED_STATUS.items()} == {
        kind: explain(bodiless(before + str(dict(envelope(kind, **more), request_id="req_1"))))
        for kind in DOCUMENTED_STATUS
    }


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (bodiless(str(envelope("rate_limit_error", details=SPENT))), Failure(429, "rate_limit_error", False, None)),
        (bodiless("upstream connect error"), Failure(None, None, True, None)),
        (bodiless("Error code: 200"), Failure(None, None, True, None)),
        (bodiless("<html>", 502), Failure(502, None, True, None)),
        (bodiless("said " + str(envelope("not_found_error"))), Failure(None, None, True, None)),
        (bodiless(str(envelope("not_found_error")) + " said"), Failure(None, None, True, None)),
        (bodiless("Error code: many - " + str(envelope("not_found_error"))), Failure(None, None, True, None)),
        (bodiless(str([envelope("not_found_error")])), Failure(None, None, True, None)),
        (bodiless(str(envelope("not_found_error")), body=None), Failure(None, None, True, None)),
        (status_error(), Failure(None, None, True, None)),
        (
            fault("E", says=str(envelope("not_found_error")), status_code=200),
            Failure(None, None, True, None),
        ),
        (ValueError(str(envelope("not_found_error"))), Failure(None, None, False, None)),
    ],
    ids=[
        "the spend limit",
        "plain text",
        "no data",
        "HTML",
        "words before it",
        "words after it",
        "no number",
        "a list",
        "a release with bodies",
        "another text",
        "a class of somebody else",
        "a class of Python",
    ],
)
def test_only_the_text_that_old_releases_write_is_read(error: Exception, expected: Failure) -> None:
    """Check texts of another form, and exceptions of other origins."""
    assert expected == explain(error)


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
def test_every_exception_is_explained(classes: list[str], attributes: dict[str, Any]) -> None:
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
LATER: Final = event("content_block_start", index=2, content_block=SimpleNamespace(type="text", text=""))
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
        response: The HTTP response; None for a stream that has none.
    """

    def __init__(self, *items: Item) -> None:
        self._items = iter(items)
        self.given = 0
        self.response: object = None

    def __iter__(self) -> Iterator[SimpleNamespace]:
        for item in self._items:
            self.given += 1
            if isinstance(item, BaseException):
                raise item
            yield item

    async def __aiter__(self) -> AsyncIterator[SimpleNamespace]:
        for item in self:
            yield item


Consume = Callable[[Any, Callable[[object], object]], None]


def in_a_loop(guarded: Iterable[object], note: Callable[[object], object]) -> None:
    """Read a guarded stream."""
    for item in guarded:
        note(item)


def in_an_async_loop(guarded: AsyncIterable[object], note: Callable[[object], object]) -> None:
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


@pytest.mark.parametrize(
    ("at", "delivered"), [(0, "none"), (3, "some"), (6, "all")], ids=["the first", "after text", "after the reason"]
)
def test_an_error_that_comes_as_an_event_has_failed(consume: Consume, at: int, delivered: str) -> None:
    """Check AnthropicBedrock up to 0.109.2, which passes an error event on as if it were a part of the message."""
    error = event("error", message=None, error=envelope("overloaded_error")["error"])
    taken: list[object] = []
    with pytest.raises(StreamFailed) as caught:
        consume(guard(Stream(*MESSAGE[:at], error, *MESSAGE[at:])), taken.append)
    assert Failure(529, "overloaded_error", delivered != "all", None, delivered) == caught.value.failure
    assert (list(MESSAGE[:at]), None) == (taken, caught.value.__cause__)
    assert f"The stream failed: overloaded_error (text delivered: {delivered})" == str(caught.value)


@pytest.mark.parametrize("content", [None, "overloaded", {}, SimpleNamespace(type="overloaded_error")])
def test_an_unreadable_error_that_comes_as_an_event_has_failed(consume: Consume, content: object) -> None:
    """Check that a retry may help."""
    with pytest.raises(StreamFailed) as caught:
        consume(guard(Stream(START, event("error", error=content))), id)
    assert damaged("none") == caught.value.failure


def test_an_error_that_comes_as_an_event_after_the_end_is_ignored(consume: Consume) -> None:
    """Check that the caller has the whole answer, and not the error."""
    taken: list[object] = []
    consume(guard(Stream(*MESSAGE, event("error", error=envelope("api_error")["error"]))), taken.append)
    assert list(MESSAGE) == taken


RESPONSES: Final = {
    "the API": (response(request_id="req_head"), "req_head"),
    "Bedrock": (response(x_amzn_requestid="amzn_1"), "amzn_1"),
    "both": (response(x_amzn_requestid="amzn_1", request_id="req_head"), "req_head"),
    "no header": (response(), None),
    "an empty header": (response(request_id=""), None),
    "a header that is no text": (SimpleNamespace(headers={"request-id": 5}), None),
    "no headers": (SimpleNamespace(), None),
    "no response": (None, None),
}
"""Responses of a stream, and the request id that each gives."""


@pytest.mark.parametrize(("answer", "request_id"), RESPONSES.values(), ids=RESPONSES)
@pytest.mark.parametrize("error", [None, ConnectionResetError("x"), ValueError(frame("throttlingException"))])
def test_a_failed_stream_has_the_request_id_of_its_response(
    consume: Consume, answer: object, request_id: str | None, error: Exception | None
) -> None:
    """Check an early end, and errors that have no response of their own."""
    stream = Stream(*MESSAGE[:3], *([error] if error else []))
    stream.response = answer
    with pytest.raises(StreamFailed) as caught:
        consume(guard(stream), id)
    assert request_id == caught.value.failure.request_id


def test_the_request_id_of_an_error_is_preferred(consume: Consume) -> None:
    """Check that the error's own id is kept."""
    stream = Stream(START, status_error(body=dict(envelope("api_error"), request_id="req_event")))
    stream.response = response(request_id="req_head")
    with pytest.raises(StreamFailed) as caught:
        consume(guard(stream), id)
    assert "req_event" == caught.value.failure.request_id


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
        pytest.param((START, HELLO, BLOCK_STOP, REASON, STOP), "all", id="a block without a start"),
        pytest.param((START, BLOCK, HELLO, BLOCK_STOP, LATER, REASON, STOP), "all", id="a gap between two blocks"),
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


# The text alone


@pytest.mark.parametrize(
    ("events", "texts"),
    [
        pytest.param(MESSAGE, ["Hello", " world"], id="a message"),
        pytest.param(COMPLETION, ["Hello", " world"], id="a completion"),
        pytest.param(
            (START, BLOCK, HELLO, event("text", text="Hello", snapshot="Hello"), *MESSAGE[4:]), ["Hello"],
            id="the helper's events",
        ),
        pytest.param((START, BLOCK, THINKING, TOOL, text(""), PING, REASON, STOP), [], id="no text"),
    ],
)  # fmt: skip
def test_the_text_of_a_stream_is_passed_on(
    consume: Consume, events: tuple[SimpleNamespace, ...], texts: list[str]
) -> None:
    """Check that each piece comes once, and that a complete stream raises nothing."""
    taken: list[object] = []
    consume(guard(Stream(*events)).text_stream, taken.append)
    assert texts == taken


@pytest.mark.parametrize(("events", "delivered"), PARTS)
@pytest.mark.parametrize("error", [None, OVERLOADED], ids=["it ends", "an error"])
def test_the_text_of_a_failed_stream_ends_with_the_failure(
    consume: Consume, events: tuple[SimpleNamespace, ...], delivered: str, error: Exception | None
) -> None:
    """Check that it is the one of the events, after the same text."""
    items: list[Item] = [*events, *([error] if error else [])]
    taken: list[object] = []
    with pytest.raises(StreamFailed) as caught:
        consume(guard(Stream(*items)).text_stream, taken.append)
    assert failed(consume, *items).failure == caught.value.failure
    assert (delivered != "none") == bool(taken)


def test_a_piece_of_text_is_passed_on_before_the_next_event_is_read(consume: Consume) -> None:
    """Check that the text is as live as the stream itself."""
    stream = Stream(*MESSAGE)
    given: list[int] = []
    consume(guard(stream).text_stream, lambda _: given.append(stream.given))
    assert [3, 4] == given


class Helper:
    """The generators behind the SDK's `text_stream`, which all releases name so."""

    def __stream_text__(self) -> Iterator[str]:
        yield "Hello"

    async def __stream_text_async__(self) -> AsyncIterator[str]:
        yield "Hello"

    __stream_text_async__.__name__ = "__stream_text__"


@pytest.mark.parametrize("texts", [Helper().__stream_text__(), Helper().__stream_text_async__()], ids=["sync", "async"])
def test_the_text_stream_of_the_sdk_is_refused_at_once(texts: object) -> None:
    """Check that the message names what to write: such a stream hides its end, so it would seem to fail each time."""
    with pytest.raises(TypeError, match=re.escape("write `for text in guard(stream).text_stream`")):
        guard(texts)


def test_texts_of_another_origin_are_refused_at_the_first(consume: Consume) -> None:
    """Check a generator of a user's."""
    with pytest.raises(TypeError, match=re.escape("write `for text in guard(stream).text_stream`")):
        consume(guard(Stream("Hello")), id)  # type: ignore[arg-type]


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
    """Check that it has at most 320 lines, of which a third are explanations and tables."""
    assert len(SOURCE.splitlines()) <= 320


def test_it_is_written_in_the_grammar_of_python_3_8() -> None:
    """Check the oldest Python that releases in use support."""
    assert ast.parse(SOURCE, feature_version=(3, 8))


PROGRAM: Final = """
import asyncio, copy, importlib.util, json, pickle, sys, types

spec = importlib.util.spec_from_file_location("remedy", sys.argv[1])
remedy = sys.modules["remedy"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(remedy)

FRAME = "Bad response code, expected 200: {'headers': {':exception-type': 'throttlingException'}, 'body': b''}"

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

async def read(stream):
    return [text async for text in remedy.guard(stream).text_stream]

outcomes = []
for count in range(len(EVENTS) + 1):
    for error in (None, APIStatusError("x"), OSError("x"), ValueError(FRAME)):
        for run in (
            lambda: [part.type for part in remedy.guard(sync(count, error))],
            lambda: asyncio.run(consume(asynchronous(count, error))),
            lambda: list(remedy.guard(sync(count, error)).text_stream),
            lambda: asyncio.run(read(asynchronous(count, error))),
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
    """Check six lengths, four ends, events and text, sync and async."""
    assert 6 * 4 * 2 * 2 == len(json.loads(program_output))


@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(8, 15)])
def test_the_program_prints_the_same_on_every_python(program_output: str, version: str) -> None:
    """Check each installed one; CI must have the oldest, where its promise is tested."""
    python = find_python(version)
    if python is None and version == OLDEST and os.environ.get("CI") == "true":
        pytest.fail(f"Python {version} is not installed, and CI=true says that it should be: `uv python install 3.8`.")
    if python is None:
        pytest.skip(f"Python {version} is not installed")
    assert program_output == run_program(python)
