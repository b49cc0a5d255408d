"""The target `google-genai`: its suite, its endpoint, what its probe reports, and how its errors are described."""

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.observation import Observation, Outcome, Raised
from matrix.targets import GOOGLE_GENAI
from matrix.targets.sources import PYTHON_PROBE
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_ideal, describe_observation, ideal_source
from tests.support.probe_modules import load
from tests.targets.google_genai import releases
from tests.targets.google_genai.releases import chunk

SUITE = GOOGLE_GENAI.suite


def probe() -> tuple[Any, Any]:
    """Load the calls of the probe, and the module with which it describes exceptions."""
    facets = load(PYTHON_PROBE / "probe_facets.py")
    support = load(PYTHON_PROBE / "probe_support.py")
    calls = load(GOOGLE_GENAI.probe / "probe_surfaces.py", probe_support=support, probe_facets=facets)
    return calls, facets


def test_every_surface_is_called_by_the_probe() -> None:
    """The probe has a call for each surface, and no other."""
    assert set(SUITE.surfaces) == set(probe()[0].SURFACES)
    assert 160 == len(SUITE.calls())


@pytest.mark.parametrize("client", ["own_retries", "retry_options"])
def test_a_call_that_may_retry_plays_every_headline(client: str) -> None:
    """So each says whether the SDK, or its HttpRetryOptions, cover it; the other calls play no scenario of retries."""
    played = {call.scenario for call in SUITE.calls() if call.surface.startswith(f"{client}.")}
    assert {*SUITE.headlines.values(), "http-503-then-ok", "mid-then-ok", "reset-then-ok"} <= played
    assert not [call for call in SUITE.calls() if call.surface in SUITE.main and call.scenario.endswith("-then-ok")]


@pytest.mark.parametrize(
    ("path", "base_path"),
    [
        ("/clean/v1/models/midstream:streamGenerateContent", "/clean"),
        ("/1/clean/v1beta/models/gemini-3.8-flash:streamGenerateContent", "/1/clean"),
        ("/clean/v1/models/a:b:streamGenerateContent", "/clean"),
        ("/clean/v1/models/midstream:generateContent", None),
        ("/clean/v1/models/:streamGenerateContent", None),
    ],
)
def test_the_version_of_the_api_is_no_part_of_the_base_path(path: str, base_path: str | None) -> None:
    """The SDK puts it between the base URL and the model."""
    (endpoint,) = GOOGLE_GENAI.endpoints
    assert (Dialect.GEMINI, base_path) == (endpoint.dialect, endpoint.base_path(path))


def test_the_code_of_an_error_is_reported_as_its_status_code() -> None:
    """The protocol has one name for it; the SDK's `status` is the name of the error."""
    calls, facets = probe()
    sdk = ModuleType("google.genai")
    described = facets.exception(releases.error(503, "UNAVAILABLE"), sdk, "", calls.ATTRIBUTES)
    assert {
        "status_code": 503,
        "status": "UNAVAILABLE",
        "details": {"error": {"code": 503, "status": "UNAVAILABLE"}},
    } == described["attributes"]
    assert {} == facets.exception(ValueError("x"), sdk, "", calls.ATTRIBUTES)["attributes"]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([chunk("Hello"), chunk(" world", SimpleNamespace(value="STOP"))], ("Hello world", "STOP")),
        ([chunk(None, "MAX_TOKENS")], ("", "MAX_TOKENS")),
        ([SimpleNamespace(candidates=None)], ("", None)),
        ([SimpleNamespace(candidates=[SimpleNamespace(content=None, finish_reason=None)])], ("", None)),
    ],
    ids=["text", "no text", "no candidate", "no content"],
)
def test_a_delivery_has_the_text_and_the_finish_reason(events: list[Any], expected: tuple[str, str | None]) -> None:
    """A chunk may lack any part."""
    delivered = probe()[0].Delivered()
    for event in events:
        delivered.event(event)
    facets = delivered.facets()
    assert expected == (facets["text"], facets["stop_reason"])
    assert ["SimpleNamespace"] * len(events) == facets["events"]


def test_a_release_that_lacks_everything_can_be_warmed_up() -> None:
    """The calls of the plan show what it lacks."""
    probe()[0].prepare(ModuleType("google.genai"))


def raised_observation(name: str, *bases: str, **attributes: object) -> Observation:
    """Make the observation of a call that raised."""
    raised = Raised(name=name, bases=bases, exported=False, attributes=attributes, text="")
    return Observation(outcome=Outcome.RAISED, exception=raised, requests=1)


def test_an_error_is_described_by_its_code_and_its_status() -> None:
    """Both rules expect the exception of a plain HTTP error."""
    seen = raised_observation("google.genai.errors.ServerError", status_code=503, status="UNAVAILABLE")
    assert "503 ServerError, status UNAVAILABLE" == describe_observation(seen)
    scenario = GOOGLE_GENAI.catalogue["mid-unavailable"]
    assert (
        "Documented: code 503, and the class that a plain HTTP 503 raises. Maintainers': the same."
        == describe_ideal(GOOGLE_GENAI, scenario)
    )
    for yardstick in Yardstick:
        assert VerdictKind.RIGHT is judge(GOOGLE_GENAI, scenario, seen, seen, yardstick).kind


def test_any_exception_is_right_for_a_connection_that_fails() -> None:
    """The package has no class for it, and says so nowhere; an end without an exception is silent."""
    scenario = GOOGLE_GENAI.catalogue["reset"]
    seen = raised_observation("httpx2.ReadError", "httpx2.NetworkError")
    silent = Observation(outcome=Outcome.COMPLETED, requests=1)
    for yardstick in Yardstick:
        assert VerdictKind.RIGHT is judge(GOOGLE_GENAI, scenario, seen, None, yardstick).kind
        assert VerdictKind.SILENT is judge(GOOGLE_GENAI, scenario, silent, None, yardstick).kind
    assert "Any exception, since the package has no class for a connection that fails." == describe_ideal(
        GOOGLE_GENAI, scenario
    )
    assert ("Our choice: the SDK documents no class for a connection that fails", "") == ideal_source(
        GOOGLE_GENAI, scenario
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [("google.genai.errors.ServerError", True), ("google.api_core.exceptions.ServerError", False)],
)
def test_an_exception_of_another_package_below_google_is_none_of_the_sdk(name: str, expected: bool) -> None:
    """The module of the SDK has a dot."""
    raised = Raised(name=name, bases=(), exported=False, attributes={}, text="")
    assert expected is GOOGLE_GENAI.is_a(raised, "ServerError")
