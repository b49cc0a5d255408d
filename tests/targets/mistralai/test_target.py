"""The target `mistralai`: its suite, its endpoints, its exceptions and the sources of its ideals."""

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.headlines import HEADLINES
from matrix.observation import Observation, Outcome, Raised
from matrix.targets import MISTRALAI
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_dialects, describe_ideal, ideal_source

SUITE = MISTRALAI.suite


def test_a_release_has_few_calls() -> None:
    """A call that reads a stream as another does plays few scenarios."""
    assert 107 == len(SUITE.calls())


def test_every_headline_is_played_with_the_own_retries() -> None:
    """And so is each scenario whose second attempt succeeds."""
    assert HEADLINES.keys() == SUITE.headlines.keys()
    played = {call.scenario for call in SUITE.calls() if call.surface == "chat.stream.own-retries"}
    assert {*SUITE.headlines.values(), *SUITE.confined} <= played


@pytest.mark.parametrize(
    ("path", "base_path", "dialect"),
    [
        ("/clean/v1/chat/completions", "/clean", Dialect.CHAT),
        ("/1/clean/v1/conversations", "/1/clean", Dialect.CONVERSATIONS),
    ],
)
def test_a_path_names_a_dialect(path: str, base_path: str, dialect: Dialect) -> None:
    """The base path names the call."""
    found = [(base, each.dialect) for each in MISTRALAI.endpoints if (base := each.base_path(path)) is not None]
    assert [(base_path, dialect)] == found


def raised(name: str, *bases: str, **attributes: object) -> Observation:
    """Make the observation of a call that raised."""
    exception = Raised(name=name, bases=bases, exported=False, attributes=attributes, text="")
    return Observation(outcome=Outcome.RAISED, exception=exception, requests=1)


_ERRORS = "mistralai.client.errors"
PLAIN = raised(f"{_ERRORS}.sdkerror.SDKError", f"{_ERRORS}.mistralerror.MistralError", status_code=503)


@pytest.mark.parametrize(
    ("scenario", "observation", "expected"),
    [
        (
            "mid-service_tier_capacity_exceeded",
            raised(f"{_ERRORS}.responsevalidationerror.ResponseValidationError", status_code=200),
            VerdictKind.WRONG,
        ),
        ("mid-service_tier_capacity_exceeded", PLAIN, VerdictKind.RIGHT),
        ("reset", raised("httpx2.ReadError", "httpx2.NetworkError", "httpx2.RequestError"), VerdictKind.RIGHT),
        ("reset", raised("httpx.ReadError", "httpx.RequestError"), VerdictKind.RIGHT),
        ("reset", raised("builtins.UnicodeDecodeError"), VerdictKind.WRONG),
        ("reset", PLAIN, VerdictKind.WRONG),
        ("bad-json", PLAIN, VerdictKind.RIGHT),
        ("bad-json", raised("httpx2.ReadError", "httpx2.RequestError"), VerdictKind.WRONG),
    ],
)
def test_the_classes_are_those_that_the_readme_names(
    scenario: str, observation: Observation, expected: VerdictKind
) -> None:
    """A network error is one of the HTTP library, by the old and the new name of that."""
    for yardstick in Yardstick:
        verdict = judge(MISTRALAI, MISTRALAI.catalogue[scenario], observation, PLAIN, yardstick)
        assert expected is verdict.kind


def test_an_ideal_names_its_own_source() -> None:
    """Not the README of another SDK, and with the article that people say."""
    reset, retried = MISTRALAI.catalogue["reset"], MISTRALAI.catalogue["http-429-then-ok"]
    assert "A RequestError, which callers retry." == describe_ideal(MISTRALAI, reset)
    assert (
        "The SDK's README: a network error is a RequestError of the HTTP library" == ideal_source(MISTRALAI, reset)[0]
    )
    assert "The SDK's README: a client with a RetryConfig retries" == ideal_source(MISTRALAI, retried)[0]


def test_only_a_part_of_the_streams_of_a_target_is_named() -> None:
    """A scenario that exists in all of them is limited to none."""
    assert "" == describe_dialects(MISTRALAI, MISTRALAI.dialects)
    assert "the streams of chat completions" == describe_dialects(MISTRALAI, {Dialect.CHAT})
    assert "the Conversations API" == describe_dialects(MISTRALAI, {Dialect.CONVERSATIONS})
