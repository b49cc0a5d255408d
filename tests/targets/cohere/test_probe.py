"""The probe of the target `cohere`: what a call delivers, and every handler on made-up errors."""

from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from matrix.targets import COHERE
from matrix.targets.sources import PYTHON_PROBE
from tests.support.probe_modules import decide, load, read_table


class ApiError(Exception):
    """The base class of all errors."""

    status_code = 0


class TooManyRequestsError(ApiError):
    """The class of a 429."""

    status_code = 429


class InternalServerError(ApiError):
    """The class of a 500."""

    status_code = 500


class ServiceUnavailableError(ApiError):
    """The class of a 503."""

    status_code = 503


class GatewayTimeoutError(ApiError):
    """The class of a 504."""

    status_code = 504


class BadRequestError(ApiError):
    """The class of a 400."""

    status_code = 400


class TransportError(Exception):
    """The base class of the transport errors of httpx."""


KINDS: Final = (
    TooManyRequestsError, InternalServerError, ServiceUnavailableError, GatewayTimeoutError, BadRequestError,
)  # fmt: skip


def text(piece: str) -> Any:
    """Make an event with text, as the SDK gives it."""
    content = SimpleNamespace(content=SimpleNamespace(text=piece))
    return SimpleNamespace(type="content-delta", delta=SimpleNamespace(message=content))


def end(finish_reason: str, **delta: Any) -> Any:
    """Make the last event of a message."""
    return SimpleNamespace(type="message-end", delta=SimpleNamespace(finish_reason=finish_reason, **delta))


SOME: Final = [SimpleNamespace(type="message-start"), text("Hello")]
ALL: Final = [*SOME, text(" world"), end("COMPLETE")]


@pytest.fixture(scope="module")
def surfaces() -> Any:
    """Load the surfaces of the probe, with the parts that it shares."""
    return load(COHERE.probe / "probe_surfaces.py", probe_support=load(PYTHON_PROBE / "probe_support.py"))


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([], ("", None, {}), id="nothing"),
        pytest.param(ALL, ("Hello world", "COMPLETE", {}), id="a message"),
        pytest.param(
            [*SOME, end("ERROR", error="Sorry")],
            ("Hello", "ERROR", {"event": "message-end with finish_reason ERROR", "error": "Sorry"}),
            id="an error with a message",
        ),
        pytest.param(
            [*SOME, end("TIMEOUT", error=None)],
            ("Hello", "TIMEOUT", {"event": "message-end with finish_reason TIMEOUT"}),
            id="a timeout without one",
        ),
        pytest.param([end("MAX_TOKENS")], ("", "MAX_TOKENS", {}), id="a limit is no error"),
    ],
)
def test_events_have_text_and_errors(surfaces: Any, events: list[Any], expected: tuple[Any, ...]) -> None:
    """The finish reason says whether an error ended the message."""
    delivered = surfaces.Delivered()
    for each in events:
        delivered.event(each)
    facets = delivered.facets()
    assert [event.type for event in events] == facets["events"]
    assert expected == (facets["text"], facets["stop_reason"], facets.get("reported", {}))


def test_every_surface_is_called_by_the_probe(surfaces: Any) -> None:
    """The probe has a call for each id, and no other."""
    assert COHERE.suite.surfaces.keys() == surfaces.SURFACES.keys()


def test_the_stream_begins_before_its_request(surfaces: Any) -> None:
    """The call returns a generator, so the exception of a plain HTTP error comes from the stream."""

    def chat_stream(**arguments: Any) -> Iterator[Any]:
        if arguments:
            raise TooManyRequestsError
        yield

    client, delivered = SimpleNamespace(sdk=SimpleNamespace(chat_stream=chat_stream)), surfaces.Delivered()
    with pytest.raises(TooManyRequestsError):
        surfaces.SURFACES["chat_stream"][1](client, delivered, {})
    assert delivered.began


CALLS: Final[dict[str, Callable[[], tuple[list[Any], BaseException | None]]]] = {
    "429": lambda: ([], TooManyRequestsError()),
    "500": lambda: ([], InternalServerError()),
    "503": lambda: ([], ServiceUnavailableError()),
    "504": lambda: ([], GatewayTimeoutError()),
    "400": lambda: ([], BadRequestError()),
    "network": lambda: (SOME, TransportError("reset")),
    "clean": lambda: (ALL, None),
    "cut": lambda: (SOME, None),
    "error": lambda: ([*SOME, end("ERROR")], None),
}
"""Calls, by name."""

TABLE: Final = """
                   429   500   503   504   400   network clean  cut    error
any-api-error      retry retry retry retry retry fail    accept accept accept
any-exception      retry retry retry retry retry retry   accept accept accept
class-5xx-429      retry retry retry retry fail  fail    accept accept accept
class-of-v4        retry retry retry retry retry retry   accept accept accept
class-rate-limit   retry fail  fail  fail  fail  fail    accept accept accept
class-unavailable  fail  fail  retry fail  fail  fail    accept accept accept
finish-reason      fail  fail  fail  fail  fail  fail    accept retry  retry
network            fail  fail  fail  fail  fail  retry   accept accept accept
sdk-retries        fail  fail  fail  fail  fail  fail    accept accept accept
status-set         retry retry retry retry fail  fail    accept accept accept
"""
"""Handler and call to decision."""


def test_a_handler_decides_as_the_table_says() -> None:
    """It is given the very exception."""
    names = ("cohere", "cohere.errors", "cohere.core", "cohere.core.api_error", "httpx")
    made = {name: ModuleType(name) for name in names}
    made["cohere"].errors = made["cohere.errors"]  # type: ignore[attr-defined]
    made["cohere.core.api_error"].ApiError = ApiError  # type: ignore[attr-defined]
    made["httpx"].TransportError = TransportError  # type: ignore[attr-defined]
    for kind in KINDS:
        setattr(made["cohere.errors"], kind.__name__, kind)
    expected = read_table(TABLE)
    calls = {id_: call() for id_, call in CALLS.items()}
    decided = decide(COHERE, made, calls, always_began=True)
    assert expected == decided
    assert COHERE.handlers.keys() == expected.keys()
    assert len([handler for handler in COHERE.handlers.values() if handler.seen_in]) >= 6
