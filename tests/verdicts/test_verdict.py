"""Verdicts on observations by both yardsticks: one table, and properties of every verdict."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import WHOLE_TEXT, Completes, IsUnsupported, Recovers, Scenario, Text
from matrix.catalogue.surfaces import ReturnedContent
from matrix.observation import Behaviour, Call, Delivery, Observation, Outcome, Raised
from matrix.targets import ANTHROPIC
from matrix.verdicts.verdict import (
    ABSENT,
    Check,
    Verdict,
    VerdictKind,
    Yardstick,
    add_controls,
    control_for,
    judge,
    judge_all,
    judge_call,
)

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Examples have no deadline: other tests may load the machine."""

DOCUMENTED, MAINTAINERS = Yardstick.DOCUMENTED, Yardstick.MAINTAINERS

STATUS_ERROR = ("anthropic.APIStatusError", "anthropic.APIError", "anthropic.AnthropicError", "builtins.Exception")
CONNECTION_ERROR = ("anthropic.APIConnectionError", "anthropic.APIError", "builtins.Exception")


def raised(name: str, *bases: str, requests: int = 1, **attributes: Any) -> Observation:
    """Make a call that raised an exception of the class `name`, with these attributes."""
    exception = Raised(name=name, bases=bases, exported=True, attributes=attributes, text="what it says")
    return Observation(outcome=Outcome.RAISED, exception=exception, requests=requests)


def sdk(short_name: str, requests: int = 1, **attributes: Any) -> Observation:
    """Make a call that raised a status error of the SDK."""
    return raised(f"anthropic.{short_name}", *STATUS_ERROR, requests=requests, **attributes)


def keeping(name: str = "anthropic.APIError", *bases: str, **facets: Any) -> Observation:
    """Make a call that raised an exception with this `text`, `message` or `body`."""
    exception = Raised(name=name, bases=bases, exported=True, attributes={}, **{"text": "what it says", **facets})
    return Observation(outcome=Outcome.RAISED, exception=exception, requests=1)


def completed(text: str = WHOLE_TEXT, stop_reason: str | None = "end_turn", requests: int = 1) -> Observation:
    """Make a call that completed with this text."""
    delivered = Delivery(events=("message_start",), text=text, stop_reason=stop_reason)
    return Observation(outcome=Outcome.COMPLETED, delivered=delivered, requests=requests)


CONTROL = sdk("OverloadedError", status_code=529, type="overloaded_error")
"""The exception of a release for the plain HTTP error."""

FAULTS = [
    scenario for scenario in CATALOGUE.values() if not isinstance(scenario.ideal, Completes | Recovers | IsUnsupported)
]
"""Scenarios that fail, however often the client retries."""

PROXY = "upstream connect error or disconnect/reset before headers"
"""The error data of the scenario `text`."""

ANYTHING = [
    pytest.param(Observation(outcome=outcome), kind, id=str(outcome))
    for outcome, kind in (
        (Outcome.TIMED_OUT, VerdictKind.HANGS),
        (Outcome.FLAKY, VerdictKind.FLAKY),
        (Outcome.HARNESS_FAILED, VerdictKind.UNKNOWN),
        (Outcome.NOT_RUN, VerdictKind.UNKNOWN),
        (Outcome.CANNOT_CONSTRUCT, VerdictKind.UNAVAILABLE),
        (Outcome.CANNOT_IMPORT, VerdictKind.UNAVAILABLE),
        (Outcome.CANNOT_INSTALL, VerdictKind.UNAVAILABLE),
    )
]
"""Observations with the same verdict on every scenario."""


@pytest.mark.parametrize(
    ("scenario", "observation", "documented", "maintainers"),
    [
        # An error inside a stream, after text.
        pytest.param(
            "mid-overloaded_error",
            sdk("OverloadedError", status_code=529, type="overloaded_error"),
            VerdictKind.RIGHT,
            VerdictKind.WRONG,
            id="the documented status and class",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("OverloadedError", status_code=529),
            VerdictKind.RIGHT,
            VerdictKind.WRONG,
            id="the documented status and class without a type",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("APIStatusError", status_code=200, type="overloaded_error"),
            VerdictKind.WRONG,
            VerdictKind.RIGHT,
            id="status 200 and the type",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("APIStatusError", status_code=200, type=None),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="status 200 and no type",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("APIStatusError", status_code=200),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="status 200 and no attribute for a type",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("OverloadedError", status_code=200, type="overloaded_error"),
            VerdictKind.WRONG,
            VerdictKind.RIGHT,
            id="the right class with status 200",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("APIStatusError", status_code=529, type="overloaded_error"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="the right status with the wrong class",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("InternalServerError", status_code=500, type="overloaded_error"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="the wrong status and class",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("OverloadedError", type="overloaded_error"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="no attribute for a status",
        ),
        pytest.param(
            "mid-overloaded_error",
            sdk("OverloadedError", status_code="529 ", type="overloaded_error "),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="values that only look right",
        ),
        pytest.param(
            "mid-overloaded_error",
            raised("builtins.ValueError"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="no exception of the SDK",
        ),
        pytest.param(
            "mid-overloaded_error", completed("Hello"), VerdictKind.SILENT, VerdictKind.SILENT, id="a silent end"
        ),
        pytest.param(
            "mid-overloaded_error",
            completed(),
            VerdictKind.SILENT,
            VerdictKind.SILENT,
            id="a silent end with the whole text",
        ),
        pytest.param(
            "mid-overloaded_error",
            Observation(outcome=Outcome.UNSUPPORTED),
            VerdictKind.UNAVAILABLE,
            VerdictKind.UNAVAILABLE,
            id="no such surface",
        ),
        pytest.param("mid-overloaded_error", None, VerdictKind.UNKNOWN, VerdictKind.UNKNOWN, id="no observation"),
        pytest.param(
            "mid-overloaded_error",
            Observation(outcome=Outcome.RAISED),
            VerdictKind.UNKNOWN,
            VerdictKind.UNKNOWN,
            id="an exception that was not recorded",
        ),
        # The same error as the first event.
        pytest.param(
            "first-overloaded_error",
            sdk("OverloadedError", status_code=529, type="overloaded_error"),
            VerdictKind.RIGHT,
            VerdictKind.WRONG,
            id="first: the documented status and class",
        ),
        pytest.param(
            "first-overloaded_error",
            sdk("APIStatusError", status_code=200, type="overloaded_error"),
            VerdictKind.WRONG,
            VerdictKind.RIGHT,
            id="first: status 200 and the type",
        ),
        pytest.param(
            "first-overloaded_error", completed(""), VerdictKind.SILENT, VerdictKind.SILENT, id="first: a silent end"
        ),
        # A type without a documented status.
        pytest.param(
            "mid-unheard_of_error",
            sdk("APIStatusError", status_code=200, type="unheard_of_error"),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="unheard of: the plain class and the type",
        ),
        pytest.param(
            "mid-unheard_of_error",
            sdk("APIStatusError", status_code=200),
            VerdictKind.RIGHT,
            VerdictKind.WRONG,
            id="unheard of: the plain class",
        ),
        pytest.param(
            "mid-unheard_of_error",
            sdk("InternalServerError", status_code=500, type="unheard_of_error"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="unheard of: a made-up class",
        ),
        pytest.param(
            "first-unheard_of_error",
            completed(""),
            VerdictKind.SILENT,
            VerdictKind.SILENT,
            id="unheard of: a silent end",
        ),
        # Controls.
        pytest.param("clean", completed(), VerdictKind.RIGHT, VerdictKind.RIGHT, id="clean: the whole answer"),
        pytest.param(
            "clean", completed(text="Hello"), VerdictKind.WRONG, VerdictKind.WRONG, id="clean: text is missing"
        ),
        pytest.param("clean", completed(text=""), VerdictKind.WRONG, VerdictKind.WRONG, id="clean: no text"),
        pytest.param(
            "clean",
            completed(text="HelloHello world"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="clean: text came twice",
        ),
        pytest.param(
            "clean", completed(stop_reason=None), VerdictKind.WRONG, VerdictKind.WRONG, id="clean: no stop reason"
        ),
        pytest.param(
            "clean", completed(stop_reason=""), VerdictKind.WRONG, VerdictKind.WRONG, id="clean: an empty stop reason"
        ),
        pytest.param(
            "clean",
            Observation(outcome=Outcome.COMPLETED),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="clean: nothing was delivered",
        ),
        pytest.param("clean", CONTROL, VerdictKind.WRONG, VerdictKind.WRONG, id="clean: an exception"),
        pytest.param(
            "clean",
            Observation(outcome=Outcome.UNSUPPORTED),
            VerdictKind.UNAVAILABLE,
            VerdictKind.UNAVAILABLE,
            id="clean: no surface",
        ),
        pytest.param(
            "http-overloaded_error", CONTROL, VerdictKind.RIGHT, VerdictKind.RIGHT, id="http: status, class and type"
        ),
        pytest.param(
            "http-overloaded_error",
            sdk("InternalServerError", status_code=529),
            VerdictKind.RIGHT,
            VerdictKind.WRONG,
            id="http: any class of the release",
        ),
        pytest.param(
            "http-overloaded_error",
            sdk("OverloadedError", status_code=200, type="overloaded_error"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="http: another status",
        ),
        pytest.param(
            "http-overloaded_error", completed(), VerdictKind.SILENT, VerdictKind.SILENT, id="http: a silent end"
        ),
        pytest.param(
            "unknown",
            Observation(outcome=Outcome.UNSUPPORTED),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="unknown: unsupported",
        ),
        pytest.param("unknown", completed(), VerdictKind.WRONG, VerdictKind.WRONG, id="unknown: completed"),
        pytest.param(
            "unknown",
            sdk("NotFoundError", status_code=404),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="unknown: an exception",
        ),
        # Streams that stop without an error.
        pytest.param(
            "eof-mid", completed("Hello"), VerdictKind.SILENT, VerdictKind.SILENT, id="cut short: a silent end"
        ),
        pytest.param(
            "eof-mid",
            raised("builtins.RuntimeError"),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="cut short: any exception",
        ),
        pytest.param(
            "reset",
            raised("anthropic.APIConnectionError", *CONNECTION_ERROR[1:]),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="reset: the class itself",
        ),
        pytest.param(
            "reset",
            raised("anthropic._exceptions.APIConnectionError", "builtins.Exception"),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="reset: the class, in any module of the SDK",
        ),
        pytest.param(
            "reset",
            raised("anthropic.APITimeoutError", *CONNECTION_ERROR),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="reset: a class derived from it",
        ),
        pytest.param(
            "reset",
            raised("httpx.ReadError", "httpx.NetworkError", "httpx.TransportError", "builtins.Exception"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="reset: the error of the HTTP client",
        ),
        pytest.param(
            "reset",
            raised("httpx.APIConnectionError", "builtins.Exception"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="reset: a class of that name of another package",
        ),
        pytest.param(
            "reset",
            raised("anthropic.NotAPIConnectionError", "builtins.Exception"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="reset: a class whose name ends like it",
        ),
        pytest.param("reset", completed("Hello"), VerdictKind.SILENT, VerdictKind.SILENT, id="reset: a silent end"),
        # Data that is not the API's error object: an exception of the SDK should hold it.
        pytest.param("text", keeping(body=PROXY), VerdictKind.RIGHT, VerdictKind.RIGHT, id="text: in the body"),
        pytest.param(
            "text",
            keeping(text=f"Error: {PROXY}."),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="text: in the exception's text",
        ),
        pytest.param("text", keeping(message=PROXY), VerdictKind.RIGHT, VerdictKind.RIGHT, id="text: in the message"),
        pytest.param("text", keeping(body={"error": PROXY}), VerdictKind.WRONG, VerdictKind.WRONG, id="text: changed"),
        pytest.param(
            "text", keeping(body=PROXY[:-1]), VerdictKind.WRONG, VerdictKind.WRONG, id="text: all but the end"
        ),
        pytest.param("text", keeping(), VerdictKind.WRONG, VerdictKind.WRONG, id="text: lost"),
        pytest.param(
            "text",
            keeping(body=None, message=None),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="text: no body and no message",
        ),
        pytest.param(
            "text",
            keeping("anthropic._exceptions.APIStatusError", "anthropic._exceptions.APIError", body=PROXY),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="text: a class derived from the SDK's",
        ),
        pytest.param(
            "text",
            keeping("json.decoder.JSONDecodeError", text=PROXY),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="text: an exception of another package",
        ),
        pytest.param(
            "text",
            keeping("elsewhere.APIError", body=PROXY),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="text: a class of the same name",
        ),
        pytest.param("text", completed("Hello"), VerdictKind.SILENT, VerdictKind.SILENT, id="text: a silent end"),
        pytest.param(
            "null-error",
            keeping(body={"type": "error", "error": None}),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="null: as an object",
        ),
        pytest.param(
            "null-error",
            keeping(body='{"type": "error", "error": null}'),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="null: as text",
        ),
        pytest.param(
            "null-error", keeping(body={"type": "error"}), VerdictKind.WRONG, VerdictKind.WRONG, id="null: a part of it"
        ),
        pytest.param("null-error", keeping(body=None), VerdictKind.WRONG, VerdictKind.WRONG, id="null: nothing"),
        pytest.param("empty", keeping(), VerdictKind.RIGHT, VerdictKind.RIGHT, id="empty: there is nothing to keep"),
        pytest.param(
            "empty",
            keeping("builtins.ValueError"),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="empty: an exception of another package",
        ),
        pytest.param(
            "bad-utf8", keeping(), VerdictKind.RIGHT, VerdictKind.RIGHT, id="protocol: an exception of the SDK"
        ),
        pytest.param(
            "duplicate-start", completed(), VerdictKind.SILENT, VerdictKind.SILENT, id="protocol: a silent end"
        ),
        # A plain HTTP error that the next request does not meet.
        pytest.param(
            "http-529-then-ok", completed(requests=2), VerdictKind.RIGHT, VerdictKind.RIGHT, id="retried: an answer"
        ),
        pytest.param(
            "http-529-then-ok",
            completed("Hello", requests=2),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="retried: a partial answer",
        ),
        pytest.param(
            "http-529-then-ok",
            completed(requests=1),
            VerdictKind.SILENT,
            VerdictKind.SILENT,
            id="retried: without a second request",
        ),
        pytest.param(
            "http-529-then-ok",
            sdk("OverloadedError", status_code=529),
            VerdictKind.RIGHT,
            VerdictKind.RIGHT,
            id="not retried",
        ),
        pytest.param(
            "http-529-then-ok",
            sdk("OverloadedError", requests=2, status_code=529),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="retried, and raised",
        ),
        pytest.param(
            "http-529-then-ok",
            sdk("APIStatusError", status_code=200),
            VerdictKind.WRONG,
            VerdictKind.WRONG,
            id="another status",
        ),
        pytest.param(
            "http-529-then-ok", raised("httpx.ReadError"), VerdictKind.WRONG, VerdictKind.WRONG, id="no status"
        ),
        # Legal streams with a part that clients should ignore.
        pytest.param("done-data", completed(), VerdictKind.RIGHT, VerdictKind.RIGHT, id="tolerated"),
        pytest.param("done-data", keeping(body="[DONE]"), VerdictKind.WRONG, VerdictKind.WRONG, id="not tolerated"),
    ],
)
def test_an_observation_has_verdicts_by_both_yardsticks(
    scenario: str, observation: Observation | None, documented: VerdictKind, maintainers: VerdictKind
) -> None:
    """Check the error page's rule, and the maintainers'."""
    verdicts = {
        yardstick: judge(ANTHROPIC, CATALOGUE[scenario], observation, CONTROL, yardstick).kind
        for yardstick in Yardstick
    }
    assert {DOCUMENTED: documented, MAINTAINERS: maintainers} == verdicts


@pytest.mark.parametrize("yardstick", Yardstick)
@pytest.mark.parametrize(("observation", "kind"), ANYTHING)
def test_a_call_without_an_answer_has_the_same_verdict_on_every_scenario(
    observation: Observation, kind: VerdictKind, yardstick: Yardstick
) -> None:
    """Check hangs and all other outcomes."""
    verdicts = {id_: judge(ANTHROPIC, scenario, observation, CONTROL, yardstick) for id_, scenario in CATALOGUE.items()}
    assert dict.fromkeys(CATALOGUE, Verdict(kind)) == verdicts


@pytest.mark.parametrize(
    ("control", "kind"),
    [
        pytest.param(CONTROL, VerdictKind.RIGHT, id="the same class"),
        pytest.param(sdk("InternalServerError", status_code=529), VerdictKind.WRONG, id="another class"),
        pytest.param(None, VerdictKind.UNKNOWN, id="no control"),
        pytest.param(completed(), VerdictKind.UNKNOWN, id="a control that completed"),
        pytest.param(Observation(outcome=Outcome.TIMED_OUT), VerdictKind.UNKNOWN, id="a control that hung"),
        pytest.param(Observation(outcome=Outcome.UNSUPPORTED), VerdictKind.UNKNOWN, id="a control that is unsupported"),
        pytest.param(
            Observation(outcome=Outcome.FLAKY, counts={"raised": 2}), VerdictKind.UNKNOWN, id="a control that is flaky"
        ),
    ],
)
def test_the_documented_class_is_that_of_the_control(control: Observation | None, kind: VerdictKind) -> None:
    """Check that without a control the class is unknown."""
    observation = sdk("OverloadedError", status_code=529)
    assert kind == judge(ANTHROPIC, CATALOGUE["mid-overloaded_error"], observation, control, DOCUMENTED).kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [(529, VerdictKind.UNKNOWN), (200, VerdictKind.WRONG)],
    ids=["the documented status", "another status"],
)
def test_without_a_control_only_a_wrong_status_has_a_verdict(status: int, kind: VerdictKind) -> None:
    """Check that a right status alone is unknown."""
    verdict = judge(ANTHROPIC, CATALOGUE["mid-overloaded_error"], sdk("X", status_code=status), None, DOCUMENTED)
    assert Verdict(kind, (Check("status_code", "529", str(status)),)) == verdict


def test_a_control_without_a_client_is_no_control() -> None:
    """Check that the exception of the constructor is not compared."""
    control = Observation(outcome=Outcome.CANNOT_CONSTRUCT, exception=CONTROL.exception)
    verdict = judge(
        ANTHROPIC, CATALOGUE["mid-overloaded_error"], sdk("OverloadedError", status_code=529), control, DOCUMENTED
    )
    assert verdict.kind == VerdictKind.UNKNOWN


@pytest.mark.parametrize(
    ("scenario", "observation", "yardstick", "checks"),
    [
        (
            "mid-overloaded_error",
            sdk("APIStatusError", status_code=200),
            DOCUMENTED,
            (Check("status_code", "529", "200"), Check("class", "OverloadedError", "APIStatusError")),
        ),
        (
            "mid-overloaded_error",
            sdk("APIStatusError", status_code=200),
            MAINTAINERS,
            (Check("status_code", "200", "200"), Check("type", "overloaded_error", ABSENT)),
        ),
        (
            "mid-overloaded_error",
            sdk("APIStatusError", type=None),
            MAINTAINERS,
            (Check("status_code", "200", ABSENT), Check("type", "overloaded_error", "None")),
        ),
        (
            "mid-unheard_of_error",
            sdk("APIStatusError", status_code=200),
            DOCUMENTED,
            (Check("class", "APIStatusError", "APIStatusError"),),
        ),
        (
            "http-rate_limit_error",
            sdk("RateLimitError", status_code=429, type="rate_limit_error"),
            MAINTAINERS,
            (Check("status_code", "429", "429"), Check("type", "rate_limit_error", "rate_limit_error")),
        ),
        ("http-rate_limit_error", CONTROL, DOCUMENTED, (Check("status_code", "429", "529"),)),
        (
            "clean",
            completed("Hello", None),
            DOCUMENTED,
            (Check("text", "Hello world", "Hello"), Check("end", "a stop reason", "no stop reason")),
        ),
        ("reset", raised("httpx.ReadError"), DOCUMENTED, (Check("class", "APIConnectionError", "httpx.ReadError"),)),
        ("eof-mid", raised("httpx.ReadError"), DOCUMENTED, ()),
        (
            "text",
            keeping("json.decoder.JSONDecodeError"),
            DOCUMENTED,
            (Check("class", "APIError", "json.decoder.JSONDecodeError"), Check("sent", "kept", "lost")),
        ),
        (
            "text",
            keeping(body=PROXY),
            MAINTAINERS,
            (Check("class", "APIError", "APIError"), Check("sent", "kept", "kept")),
        ),
        ("empty", keeping(), DOCUMENTED, (Check("class", "APIError", "APIError"),)),
        (
            "http-529-then-ok",
            sdk("OverloadedError", requests=3, status_code=529),
            DOCUMENTED,
            (Check("status_code", "529", "529"), Check("requests", "1", "3")),
        ),
        (
            "http-529-then-ok",
            completed(requests=2),
            DOCUMENTED,
            (Check("text", "Hello world", "Hello world"), Check("end", "a stop reason", "a stop reason")),
        ),
        ("http-529-then-ok", completed(), DOCUMENTED, ()),
    ],
)
def test_a_verdict_lists_expected_and_actual_facets(
    scenario: str, observation: Observation, yardstick: Yardstick, checks: tuple[Check, ...]
) -> None:
    """Check each facet."""
    assert checks == judge(ANTHROPIC, CATALOGUE[scenario], observation, CONTROL, yardstick).checks


@pytest.mark.parametrize(
    ("shows", "whole", "no_reason", "no_text", "nothing"),
    [
        (ReturnedContent.EVENTS, VerdictKind.RIGHT, VerdictKind.WRONG, VerdictKind.WRONG, VerdictKind.WRONG),
        (ReturnedContent.MESSAGE, VerdictKind.RIGHT, VerdictKind.WRONG, VerdictKind.WRONG, VerdictKind.WRONG),
        (ReturnedContent.TEXT, VerdictKind.RIGHT, VerdictKind.RIGHT, VerdictKind.WRONG, VerdictKind.WRONG),
        (ReturnedContent.NOTHING, VerdictKind.RIGHT, VerdictKind.RIGHT, VerdictKind.RIGHT, VerdictKind.RIGHT),
    ],
)
@pytest.mark.parametrize(("scenario", "requests"), [("clean", 1), ("ping", 1), ("http-529-then-ok", 2)])
def test_an_answer_is_judged_by_what_the_call_returns(
    scenario: str,
    requests: int,
    shows: ReturnedContent,
    whole: VerdictKind,
    no_reason: VerdictKind,
    no_text: VerdictKind,
    nothing: VerdictKind,
) -> None:
    """Check a call without a stop reason."""
    observations = (
        completed(requests=requests),
        completed(stop_reason=None, requests=requests),
        completed(text="", requests=requests),
        Observation(outcome=Outcome.COMPLETED, requests=requests),
    )
    verdict = [judge(ANTHROPIC, CATALOGUE[scenario], each, None, DOCUMENTED, shows).kind for each in observations]
    assert [whole, no_reason, no_text, nothing] == verdict


@pytest.mark.parametrize("shows", ReturnedContent)
def test_a_failure_that_looks_like_success_is_silent(shows: ReturnedContent) -> None:
    """Check a caller who has all the text, too."""
    delivered = {Text.NONE: "", Text.SOME: "Hello", Text.ALL: WHOLE_TEXT}
    verdict = {
        scenario.id: judge(ANTHROPIC, scenario, completed(delivered[scenario.text]), CONTROL, DOCUMENTED, shows)
        for scenario in FAULTS
    }
    assert dict.fromkeys((scenario.id for scenario in FAULTS), Verdict(VerdictKind.SILENT)) == verdict


def test_a_surface_is_judged_by_what_it_returns() -> None:
    """Check that the text stream gives text alone."""
    behaviour: Behaviour = {Call(surface, "clean"): completed(stop_reason=None) for surface in ANTHROPIC.surfaces}
    right = {
        call.surface
        for call, verdict in judge_all(ANTHROPIC, behaviour, DOCUMENTED).items()
        if verdict.kind is VerdictKind.RIGHT
    }
    assert {
        id_
        for id_, surface in ANTHROPIC.surfaces.items()
        if surface.shows in (ReturnedContent.TEXT, ReturnedContent.NOTHING)
    } == right


@pytest.mark.parametrize(
    ("scenario", "control"),
    [
        ("mid-overloaded_error", "http-overloaded_error"),
        ("first-billing_error", "http-billing_error"),
        ("mid-unheard_of_error", None),
        ("http-overloaded_error", None),
        ("clean", None),
        ("unknown", None),
        ("eof-mid", None),
        ("reset", None),
        ("spend-cap", "http-spend-cap"),
        ("http-spend-cap", None),
        ("json-error-200", "http-overloaded_error"),
        ("flat", "http-overloaded_error"),
        ("mid-then-ok", "http-overloaded_error"),
        ("http-529-then-ok", None),
        ("text", None),
        ("html-200", None),
        ("done-data", None),
    ],
)
def test_the_control_of_an_error_inside_a_stream_is_the_plain_http_error(scenario: str, control: str | None) -> None:
    """Check that no other scenario has a control."""
    assert control == control_for(CATALOGUE[scenario])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ([], ()),
        (["clean"], ("clean",)),
        (["mid-api_error"], ("mid-api_error", "http-api_error")),
        (
            ["mid-api_error", "reset", "first-api_error"],
            ("mid-api_error", "reset", "first-api_error", "http-api_error"),
        ),
        (["http-api_error", "mid-api_error"], ("http-api_error", "mid-api_error")),
        (["spend-cap"], ("spend-cap", "http-spend-cap")),
    ],
)
def test_scenarios_are_played_with_their_controls(asked: list[str], expected: tuple[str, ...]) -> None:
    """Check that each is played once."""
    assert expected == add_controls(ANTHROPIC, asked)


def test_a_control_is_a_scenario_of_the_catalogue() -> None:
    """Check that every control is played."""
    controls = {scenario.id: control_for(scenario) for scenario in CATALOGUE.values()}
    assert {} == {id_: control for id_, control in controls.items() if control not in (None, *CATALOGUE)}


BEHAVIOUR: Behaviour = {
    Call("messages.create", "http-overloaded_error"): CONTROL,
    Call("messages.create", "mid-overloaded_error"): sdk("OverloadedError", status_code=529),
    Call("messages.stream", "http-overloaded_error"): sdk("InternalServerError", status_code=529),
    Call("messages.stream", "mid-overloaded_error"): sdk("OverloadedError", status_code=529),
    Call("with_options.messages.create", "mid-overloaded_error"): sdk("OverloadedError", status_code=529),
    Call("with_options.messages.create-async", "mid-overloaded_error"): sdk("OverloadedError", status_code=529),
    Call("messages.create", "of-another-catalogue"): CONTROL,
}


def test_a_behaviour_is_judged_with_the_control_of_each_surface() -> None:
    """Check the main surface of the same client where a surface has none."""
    expected = {
        Call("messages.create", "http-overloaded_error"): VerdictKind.RIGHT,
        Call("messages.create", "mid-overloaded_error"): VerdictKind.RIGHT,
        Call("messages.stream", "http-overloaded_error"): VerdictKind.RIGHT,
        Call("messages.stream", "mid-overloaded_error"): VerdictKind.WRONG,
        Call("with_options.messages.create", "mid-overloaded_error"): VerdictKind.RIGHT,
        Call("with_options.messages.create-async", "mid-overloaded_error"): VerdictKind.UNKNOWN,
    }
    assert expected == {call: verdict.kind for call, verdict in judge_all(ANTHROPIC, BEHAVIOUR, DOCUMENTED).items()}


@pytest.mark.parametrize(
    ("main", "kind"), [("messages.create-async", VerdictKind.RIGHT), ("messages.stream-async", VerdictKind.UNKNOWN)]
)
def test_the_main_surface_of_an_asynchronous_call_is_asynchronous(main: str, kind: VerdictKind) -> None:
    """Check that another client's control is not used."""
    call = Call("with_options.messages.create-async", "mid-overloaded_error")
    behaviour = {**BEHAVIOUR, Call(main, "http-overloaded_error"): CONTROL}
    assert kind == judge_call(ANTHROPIC, behaviour, call, DOCUMENTED).kind


@pytest.mark.parametrize(
    ("surface", "control", "kind"),
    [
        ("vertex.messages.stream", "vertex.messages.create", VerdictKind.RIGHT),
        ("vertex.messages.stream", "messages.create", VerdictKind.UNKNOWN),
        ("vertex.messages.stream", "bedrock.messages.create", VerdictKind.UNKNOWN),
        ("vertex.messages.stream-async", "vertex.messages.create", VerdictKind.UNKNOWN),
        ("vertex.messages.stream-async", "vertex.messages.create-async", VerdictKind.RIGHT),
        ("messages.stream", "vertex.messages.create", VerdictKind.UNKNOWN),
    ],
)
def test_a_control_is_of_the_same_client(surface: str, control: str, kind: VerdictKind) -> None:
    """Each client chooses its class for a status itself."""
    call = Call(surface, "mid-overloaded_error")
    behaviour = {call: sdk("OverloadedError", status_code=529), Call(control, "http-overloaded_error"): CONTROL}
    assert kind == judge_call(ANTHROPIC, behaviour, call, DOCUMENTED).kind


@pytest.mark.parametrize("yardstick", Yardstick)
def test_a_call_has_the_same_verdict_alone_and_among_others(yardstick: Yardstick) -> None:
    """Check both functions."""
    judged = judge_all(ANTHROPIC, BEHAVIOUR, yardstick)
    assert judged == {call: judge_call(ANTHROPIC, BEHAVIOUR, call, yardstick) for call in judged}


def test_a_call_that_was_not_made_is_unknown() -> None:
    """Check that a missing call is not shown as passing."""
    assert Verdict(VerdictKind.UNKNOWN) == judge_call(
        ANTHROPIC, BEHAVIOUR, Call("messages.create", "clean"), DOCUMENTED
    )


values = st.none() | st.booleans() | st.integers() | st.sampled_from([200, 400, 429, 529]) | st.text(max_size=20)
exceptions = st.builds(
    Raised,
    name=st.sampled_from(["anthropic.APIStatusError", "anthropic.OverloadedError", "httpx.ReadError", "X"]),
    bases=st.lists(st.sampled_from([*STATUS_ERROR, *CONNECTION_ERROR]), max_size=3).map(tuple),
    exported=st.booleans(),
    attributes=st.dictionaries(st.sampled_from(["status_code", "type", "request_id"]), values),
    text=st.text(max_size=5),
    message=st.just(msgspec.UNSET) | values,
    body=st.just(msgspec.UNSET) | values | st.sampled_from([PROXY, {"type": "error", "error": None}]),
)
deliveries = st.builds(
    Delivery,
    events=st.just(()),
    text=st.sampled_from(["", "Hello", "Hello world"]),
    stop_reason=st.sampled_from([None, "end_turn"]),
)
observations = st.builds(
    Observation,
    outcome=st.sampled_from(Outcome),
    exception=st.none() | exceptions,
    delivered=st.none() | deliveries,
    requests=st.integers(0, 3),
    counts=st.dictionaries(st.sampled_from([*Outcome]).map(str), st.integers(1, 3), max_size=2),
)
"""Any observation that the store can hold."""

scenarios = st.sampled_from(list(CATALOGUE.values()))
faults = st.sampled_from(FAULTS)
shown = st.sampled_from(ReturnedContent)
yardsticks = st.sampled_from(Yardstick)


@RELAXED
@given(scenarios, st.none() | observations, st.none() | observations, yardsticks, shown)
def test_only_certain_outcomes_are_ever_right(
    scenario: Scenario,
    observation: Observation | None,
    control: Observation | None,
    yardstick: Yardstick,
    shows: ReturnedContent,
) -> None:
    """Check raised, completed, and unsupported where that is expected."""
    if judge(ANTHROPIC, scenario, observation, control, yardstick, shows).kind is VerdictKind.RIGHT:
        assert observation is not None
        unsupported = [Outcome.UNSUPPORTED] if scenario.id == "unknown" else []
        assert observation.outcome in [Outcome.RAISED, Outcome.COMPLETED, *unsupported]


@RELAXED
@given(scenarios, observations, st.none() | observations, yardsticks)
def test_a_verdict_agrees_with_its_checks(
    scenario: Scenario, observation: Observation, control: Observation | None, yardstick: Yardstick
) -> None:
    """Check that right has no wrong check, and wrong has one."""
    verdict = judge(ANTHROPIC, scenario, observation, control, yardstick)
    if verdict.kind is VerdictKind.RIGHT:
        assert all(check.right for check in verdict.checks)
    if verdict.kind is VerdictKind.WRONG and verdict.checks:
        assert not all(check.right for check in verdict.checks)


@RELAXED
@given(faults, observations, yardsticks, shown)
def test_a_failure_that_completes_is_never_right(
    scenario: Scenario, observation: Observation, yardstick: Yardstick, shows: ReturnedContent
) -> None:
    """Check that it is silent, with any text and any control."""
    ended = msgspec.structs.replace(observation, outcome=Outcome.COMPLETED)
    assert Verdict(VerdictKind.SILENT) == judge(ANTHROPIC, scenario, ended, CONTROL, yardstick, shows)


BARE = {
    Outcome.RAISED: {VerdictKind.UNKNOWN},
    Outcome.COMPLETED: {VerdictKind.WRONG, VerdictKind.SILENT},
    Outcome.TIMED_OUT: {VerdictKind.HANGS},
    Outcome.UNSUPPORTED: {VerdictKind.UNAVAILABLE, VerdictKind.RIGHT},
    Outcome.CANNOT_CONSTRUCT: {VerdictKind.UNAVAILABLE},
    Outcome.CANNOT_IMPORT: {VerdictKind.UNAVAILABLE},
    Outcome.CANNOT_INSTALL: {VerdictKind.UNAVAILABLE},
    Outcome.HARNESS_FAILED: {VerdictKind.UNKNOWN},
    Outcome.NOT_RUN: {VerdictKind.UNKNOWN},
    Outcome.FLAKY: {VerdictKind.FLAKY},
}
"""Outcome to its possible verdicts without other facts."""


@pytest.mark.parametrize("yardstick", Yardstick)
@pytest.mark.parametrize(("outcome", "kinds"), BARE.items())
def test_an_outcome_without_other_facts_has_a_verdict_on_every_scenario(
    outcome: Outcome, kinds: set[VerdictKind], yardstick: Yardstick
) -> None:
    """Check that only an unsupported unknown scenario is right."""
    by_scenario = {
        id_: judge(ANTHROPIC, scenario, Observation(outcome=outcome), None, yardstick).kind
        for id_, scenario in CATALOGUE.items()
    }
    assert kinds == set(by_scenario.values())
    assert {"unknown"} >= {id_ for id_, kind in by_scenario.items() if kind is VerdictKind.RIGHT}


def test_every_outcome_is_in_the_table() -> None:
    """Check that a new outcome needs a new line."""
    assert list(Outcome) == list(BARE)
