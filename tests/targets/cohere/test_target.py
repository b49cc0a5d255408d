"""The target `cohere`: its suite, its endpoint, its exceptions and the sources of its ideals."""

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.headlines import HEADLINES
from matrix.observation import Delivery, Observation, Outcome, Raised
from matrix.targets import COHERE, MISTRALAI
from matrix.verdicts.verdict import Check, VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_ideal, ideal_source

SUITE = COHERE.suite


def test_a_release_has_few_calls() -> None:
    """A call that reads a stream as another does plays few scenarios."""
    assert 80 == len(SUITE.calls())


def test_every_headline_that_the_api_has_is_played_with_the_own_retries() -> None:
    """A stream names no error, so four headlines have no form after HTTP 200."""
    assert {"overloaded-mid", "overloaded-first", "rate-limited-mid", "invalid-request-mid"} == (
        HEADLINES.keys() - SUITE.headlines.keys()
    )
    played = {call.scenario for call in SUITE.calls() if call.surface == "chat_stream.own-retries"}
    assert {*SUITE.headlines.values(), *SUITE.confined} <= played


def test_the_path_names_the_call() -> None:
    """The version of the API is a part of the endpoint."""
    bases = [(endpoint.base_path("/1/clean/v2/chat"), endpoint.dialect) for endpoint in COHERE.endpoints]
    assert [("/1/clean", Dialect.COHERE)] == bases


def raised(name: str, *bases: str, **attributes: object) -> Observation:
    """Make the observation of a call that raised."""
    exception = Raised(name=name, bases=bases, exported=True, attributes=attributes, text="")
    return Observation(outcome=Outcome.RAISED, exception=exception, requests=1)


_BASE = "cohere.core.api_error.ApiError"
PLAIN = raised("cohere.errors.internal_server_error.InternalServerError", _BASE, status_code=500)
REPORTED = Observation(
    outcome=Outcome.COMPLETED,
    delivered=Delivery(
        events=("message-end",), text="Hello", reported={"event": "message-end with finish_reason ERROR"}
    ),
    requests=1,
)


@pytest.mark.parametrize(
    ("scenario", "observation", "expected"),
    [
        ("mid-internal_server_error", PLAIN, VerdictKind.RIGHT),
        ("mid-internal_server_error", raised(_BASE, status_code=200), VerdictKind.WRONG),
        ("mid-internal_server_error", REPORTED, VerdictKind.WRONG),
        ("reset", raised("httpx.ReadError", "httpx.TransportError"), VerdictKind.RIGHT),
        ("reset", PLAIN, VerdictKind.WRONG),
        ("bad-json", PLAIN, VerdictKind.RIGHT),
        ("bad-json", raised("builtins.ValueError"), VerdictKind.WRONG),
    ],
)
def test_the_classes_are_those_of_the_sdk_and_of_httpx(
    scenario: str, observation: Observation, expected: VerdictKind
) -> None:
    """An event that reports an error is no exception."""
    for yardstick in Yardstick:
        verdict = judge(COHERE, COHERE.catalogue[scenario], observation, PLAIN, yardstick)
        assert expected is verdict.kind


def test_an_event_that_reports_an_error_is_named() -> None:
    """The event that ends every message is not enough: its finish reason says that an error ended this one."""
    verdict = judge(COHERE, COHERE.catalogue["mid-internal_server_error"], REPORTED, PLAIN, Yardstick.DOCUMENTED)
    assert (Check("error", "raised", "an event message-end with finish_reason ERROR"),) == verdict.checks


@pytest.mark.parametrize("scenario", ["bad-json", "reset", "http-429-then-ok"])
def test_an_ideal_that_no_page_defines_is_ours(scenario: str) -> None:
    """It has no address."""
    words, page = ideal_source(COHERE, COHERE.catalogue[scenario])
    assert words.startswith("Our choice: ")
    assert not page


def test_the_words_of_a_page_say_what_its_headline_is() -> None:
    """A stream of this API names no overload."""
    assert ("an error", "an overload") == (COHERE.headline_error, MISTRALAI.headline_error)
    assert "A TransportError, which callers retry." == describe_ideal(COHERE, COHERE.catalogue["reset"])
