"""The target `openai`: its suite, its endpoints and the names of its errors."""

from collections import Counter

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.observation import Observation, Outcome, Raised
from matrix.targets import OPENAI
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_ideal, describe_observation

SUITE = OPENAI.suite


def test_a_release_has_few_calls() -> None:
    """Hundreds of releases are measured. A release lacks the calls of the module, or all others."""
    counts = Counter("module" if call.surface[0].isupper() else "client" for call in SUITE.calls())
    assert {"client": 286, "module": 106} == counts


def test_every_surface_is_called_by_the_probe() -> None:
    """The probe has a call for each id, and no other."""
    source = (OPENAI.probe / "probe_calls.py").read_text(encoding="utf-8")
    sync = [id_ for id_ in SUITE.surfaces if not id_.endswith("-async")]
    assert [] == [id_ for id_ in sync if f'"{id_}":' not in source]
    assert {*SUITE.surfaces} == {*sync, *(f"{id_}-async" for id_ in sync)}


@pytest.mark.parametrize(
    ("path", "base_path", "dialect"),
    [
        ("/clean/chat/completions", "/clean", Dialect.CHAT),
        ("/1/clean/responses", "/1/clean", Dialect.RESPONSES),
        ("/clean/completions", "/clean", Dialect.PROMPTS),
        ("/clean/chat/chat/completions", "/clean/chat", Dialect.CHAT),
    ],
)
def test_the_first_endpoint_of_a_path_is_its_dialect(path: str, base_path: str, dialect: Dialect) -> None:
    """The path of a chat also ends like that of a completion, which is listed after it."""
    found = [(base, each.dialect) for each in OPENAI.endpoints if (base := each.base_path(path)) is not None]
    assert (base_path, dialect) == found[0]


def exception(name: str, *bases: str, **attributes: object) -> Raised:
    """Make an exception of the SDK."""
    of_sdk = tuple(f"openai.{base}" for base in bases)
    return Raised(name=f"openai.{name}", bases=of_sdk, exported=True, attributes=attributes, text="")


def raised_observation(raised: Raised) -> Observation:
    """Make the observation of a call that raised."""
    return Observation(outcome=Outcome.RAISED, exception=raised, requests=1)


@pytest.mark.parametrize(
    ("raised", "name", "expected"),
    [
        (exception("RateLimitError", "APIStatusError", "APIError"), "APIError", True),
        (exception("error.RateLimitError", "error.OpenAIError"), "APIError", True),
        (exception("error.Timeout", "error.OpenAIError"), "APIConnectionError", True),
        (exception("error.RateLimitError", "error.OpenAIError"), "APIConnectionError", False),
        (exception("MyAPIError"), "APIError", False),
        (Raised(name="other.APIError", bases=(), exported=False, attributes={}, text=""), "APIError", False),
    ],
)
def test_classes_before_1_0_stand_for_those_of_today(raised: Raised, name: str, expected: bool) -> None:
    """Their names and their hierarchy differ."""
    assert expected is OPENAI.is_a(raised, name)


@pytest.mark.parametrize(
    ("attributes", "kinds"),
    [
        ({"code": "rate_limit_exceeded", "type": "requests"}, (VerdictKind.WRONG, VerdictKind.RIGHT)),
        ({"code": None, "type": "rate_limit_exceeded"}, (VerdictKind.WRONG, VerdictKind.RIGHT)),
        ({"status_code": 429, "code": "rate_limit_exceeded"}, (VerdictKind.RIGHT, VerdictKind.WRONG)),
        ({"http_status": 429, "code": None}, (VerdictKind.RIGHT, VerdictKind.WRONG)),
        ({"http_status": 200, "code": None}, (VerdictKind.WRONG, VerdictKind.WRONG)),
        ({}, (VerdictKind.WRONG, VerdictKind.WRONG)),
    ],
)
def test_an_error_in_a_stream_has_no_status_by_the_maintainers_rule_and_a_code_or_a_type(
    attributes: dict[str, object], kinds: tuple[VerdictKind, VerdictKind]
) -> None:
    """Before 1.0 the status has another name."""
    scenario = OPENAI.catalogue["mid-rate_limit_exceeded"]
    seen = raised_observation(exception("RateLimitError", "APIError", **attributes))
    control = raised_observation(exception("RateLimitError", "APIError", status_code=429))
    assert kinds == tuple(judge(OPENAI, scenario, seen, control, yardstick).kind for yardstick in Yardstick)


def test_errors_are_described_by_their_code_or_else_by_their_type() -> None:
    """The name comes after the class."""
    named = exception("APIError", code="insufficient_quota", type="insufficient_quota")
    typed = exception("APIError", code=None, type="server_error")
    old = exception("error.APIError", http_status=200, code=None)
    assert [
        "APIError, code insufficient_quota",
        "APIError, type server_error",
        "200 APIError",
    ] == [describe_observation(raised_observation(each)) for each in (named, typed, old)]
    assert (
        "Documented: code 500, and the class that a plain HTTP 500 raises. Maintainers': no code, and code or type "
        "server_error."
    ) == describe_ideal(OPENAI, OPENAI.catalogue["mid-server_error"])
