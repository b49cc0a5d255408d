"""The probe of the target `mistralai`: what a call delivers, and every handler on made-up errors."""

import json
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from matrix.targets import MISTRALAI
from matrix.targets.sources import PYTHON_PROBE
from tests.support.probe_modules import decide, load, read_table


class MistralError(Exception):
    """The base class of all errors."""

    def __init__(self, status_code: int, body: str) -> None:
        super().__init__(f"API error occurred: Status {status_code}. Body: {body}")
        self.status_code, self.body = status_code, body


class SDKError(MistralError):
    """The class of HTTP errors."""


class ResponseValidationError(MistralError):
    """The class of an event that the SDK can't read."""


class NoResponseError(Exception):
    """The class of a missing answer."""


class RequestError(Exception):
    """The base class of network errors of httpx2."""


def event(**data: Any) -> Any:
    """Make an event, as the SDK gives it."""
    return SimpleNamespace(data=SimpleNamespace(**data))


def chunk(content: str, finish_reason: "str | None" = None) -> Any:
    """Make the event of a chunk."""
    choice = SimpleNamespace(delta=SimpleNamespace(content=content), finish_reason=finish_reason)
    return event(object="chat.completion.chunk", choices=[choice])


SOME: Final = [chunk("Hello")]
ALL: Final = [*SOME, chunk(" world", "stop")]
OVERLOADED: Final = {"type": "service_tier_capacity_exceeded"}


@pytest.fixture(scope="module")
def surfaces() -> Any:
    """Load the surfaces of the probe, with the parts that it shares."""
    return load(MISTRALAI.probe / "probe_surfaces.py", probe_support=load(PYTHON_PROBE / "probe_support.py"))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], ([], "", None, {}), id="nothing"),
        pytest.param(ALL, (["chat.completion.chunk"] * 2, "Hello world", "stop", {}), id="chunks"),
        pytest.param(
            [*SOME, chunk("", "error")],
            (
                ["chat.completion.chunk"] * 2,
                "Hello",
                "error",
                {"event": "chat.completion.chunk with finish_reason error"},
            ),
            id="the finish reason error",
        ),
        pytest.param(
            [event(object="x", choices=[]), event(choices=None)],
            (["x", "SimpleNamespace"], "", None, {}),
            id="no choice",
        ),
        pytest.param(
            [
                event(type="conversation.response.started"),
                event(type="message.output.delta", content="Hello"),
                event(type="message.output.delta", content={"type": "reference"}),
                event(type="conversation.response.done"),
            ],
            (
                ["conversation.response.started", *["message.output.delta"] * 2, "conversation.response.done"],
                "Hello",
                "conversation.response.done",
                {},
            ),
            id="a conversation",
        ),
        pytest.param(
            [event(type="conversation.response.error", message="Sorry", code=3000)],
            (
                ["conversation.response.error"],
                "",
                None,
                {"event": "conversation.response.error", "message": "Sorry", "code": 3000},
            ),
            id="an error of a conversation",
        ),
    ],
)
def test_events_have_kinds_text_and_errors(surfaces: Any, events: list[Any], expected: tuple[Any, ...]) -> None:
    """A stop reason is the finish reason of a chunk, or the event that ends a conversation."""
    delivered = surfaces.Delivered()
    for each in events:
        delivered.event(each)
    facets = delivered.facets()
    assert expected == (facets["events"], facets["text"], facets["stop_reason"], facets.get("reported", {}))


def test_every_surface_is_called_by_the_probe(surfaces: Any) -> None:
    """The probe has a call for each id, and no other."""
    assert MISTRALAI.suite.surfaces.keys() == surfaces.SURFACES.keys()


def in_stream(error: Any) -> ResponseValidationError:
    """Make the exception for an event that reports an error."""
    return ResponseValidationError(200, json.dumps({"data": {"error": error}}))


CALLS: Final[dict[str, Callable[[], tuple[list[Any], BaseException | None]]]] = {
    "http-503": lambda: ([], SDKError(503, json.dumps({"object": "error", **OVERLOADED}))),
    "http-429": lambda: ([], SDKError(429, json.dumps({"object": "error", "type": "rate_limited"}))),
    "http-400": lambda: ([], SDKError(400, json.dumps({"object": "error", "type": "invalid_request_error"}))),
    "http-502": lambda: ([], SDKError(502, "<html>Bad gateway</html>")),
    "mid-503": lambda: (SOME, in_stream(OVERLOADED)),
    "text": lambda: (SOME, ResponseValidationError(200, json.dumps({"data": "cut"}))),
    "network": lambda: (SOME, RequestError("reset")),
    "clean": lambda: (ALL, None),
    "cut": lambda: (SOME, None),
    "error": lambda: ([*SOME, chunk("", "error")], None),
}
"""Calls, by name."""

TABLE: Final = """
                   http-503 http-429 http-400 http-502 mid-503 text  network clean  cut    error
any-exception      retry    retry    retry    retry    retry   retry retry   accept accept accept
any-mistral-error  retry    retry    retry    retry    retry   retry fail    accept accept accept
body-type          retry    retry    fail     fail     retry   fail  fail    accept accept accept
class-sdk-error    retry    retry    retry    retry    fail    fail  fail    accept accept accept
finish-reason      fail     fail     fail     fail     fail    fail  fail    accept retry  retry
network            fail     fail     fail     fail     fail    fail  retry   accept accept accept
sdk-retries        fail     fail     fail     fail     fail    fail  fail    accept accept accept
status-429         fail     retry    fail     fail     fail    fail  fail    accept accept accept
status-set         retry    retry    fail     retry    fail    fail  fail    accept accept accept
str-429            fail     retry    fail     fail     fail    fail  fail    accept accept accept
"""
"""Handler and call to decision."""


def test_a_handler_decides_as_the_table_says() -> None:
    """It is given the very exception. One that imports httpx crashes where only httpx2 is installed."""
    errors, httpx2 = ModuleType("mistralai.client.errors"), ModuleType("httpx2")
    for kind in (MistralError, SDKError, NoResponseError):
        setattr(errors, kind.__name__, kind)
    httpx2.RequestError = RequestError  # type: ignore[attr-defined]
    packages = {name: ModuleType(name) for name in ("mistralai", "mistralai.client")}
    modules = {**packages, "mistralai.client.errors": errors, "httpx2": httpx2, "httpx": None}
    expected = read_table(TABLE)
    decided = decide(MISTRALAI, modules, {id_: call() for id_, call in CALLS.items()})
    assert {"crashed: ModuleNotFoundError"} == set(decided.pop("httpx").values())
    assert expected == decided
    assert MISTRALAI.handlers.keys() == {*expected, "httpx"}
    assert len([handler for handler in MISTRALAI.handlers.values() if handler.seen_in]) >= 8
