"""The target `ollama`: its suite, its endpoints, what its probe reports, and how its errors are described."""

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from matrix.catalogue.dialect import Dialect
from matrix.observation import Observation, Outcome, Raised
from matrix.targets import OLLAMA
from matrix.targets.sources import PYTHON_PROBE
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_ideal, describe_observation, ideal_source
from tests.support.probe_modules import load
from tests.targets.ollama.releases import part

SUITE = OLLAMA.suite


def probe() -> Any:
    """Load the calls of the probe."""
    return load(OLLAMA.probe / "probe_surfaces.py", probe_support=load(PYTHON_PROBE / "probe_support.py"))


def test_every_surface_is_called_by_the_probe() -> None:
    """The probe has a call for each surface, and no other."""
    assert set(SUITE.surfaces) == set(probe().SURFACES)
    assert 104 == len(SUITE.calls())


def test_the_call_on_a_client_with_its_own_settings_plays_every_headline() -> None:
    """So each says whether the SDK retries it by itself."""
    played = {call.scenario for call in SUITE.calls() if call.surface == "own_retries.chat"}
    assert {*SUITE.headlines.values(), "http-503-then-ok", "mid-then-ok", "reset-then-ok"} <= played


@pytest.mark.parametrize(
    ("path", "base_path", "dialect"),
    [
        ("/1/clean/api/chat", "/1/clean", Dialect.OLLAMA_CHAT),
        ("/clean/api/generate", "/clean", Dialect.OLLAMA_GENERATE),
    ],
)
def test_a_path_names_its_dialect(path: str, base_path: str, dialect: Dialect) -> None:
    """The base URL may have a path."""
    found = [(base, each.dialect) for each in OLLAMA.endpoints if (base := each.base_path(path)) is not None]
    assert [(base_path, dialect)] == found


def message(text: str, **fields: object) -> SimpleNamespace:
    """Make a part of a message as an object, as the SDK gives it since 0.4."""
    return SimpleNamespace(message=SimpleNamespace(content=text), **fields)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([message("Hello", done=False), message("", done=True, done_reason="stop")], ("Hello", "stop")),
        ([part("Hello"), part("", done=True)], ("Hello", "done")),
        ([SimpleNamespace(response="Hello", done=False)], ("Hello", None)),
        ([{"response": None, "done": False}], ("", None)),
    ],
    ids=["a message", "a dictionary", "a completion", "no text"],
)
def test_a_delivery_has_the_text_and_the_reason_for_its_end(
    events: list[Any], expected: tuple[str, str | None]
) -> None:
    """An older server gives no reason; its last part still says that the answer is done."""
    delivered = probe().Delivered()
    for event in events:
        delivered.event(event)
    facets = delivered.facets()
    assert expected == (facets["text"], facets["stop_reason"])
    assert [type(event).__name__ for event in events] == facets["events"]


def test_a_client_that_a_release_lacks_is_unsupported() -> None:
    """It is found by looking."""
    calls = probe()
    calls.prepare(ModuleType("ollama"))
    with pytest.raises(Exception, match="AsyncClient"):
        calls.SURFACES["chat-async"][0](ModuleType("ollama"), "http://127.0.0.1")


@pytest.mark.parametrize(
    ("attributes", "kinds"),
    [
        ({"status_code": -1, "error": "model is overloaded"}, (VerdictKind.WRONG, VerdictKind.RIGHT)),
        ({"status_code": 503, "error": "model is overloaded"}, (VerdictKind.RIGHT, VerdictKind.WRONG)),
        ({"status_code": -1, "error": "error"}, (VerdictKind.WRONG, VerdictKind.WRONG)),
    ],
)
def test_an_error_in_a_stream_has_no_code_by_the_maintainers_rule_and_its_message(
    attributes: dict[str, object], kinds: tuple[VerdictKind, VerdictKind]
) -> None:
    """The SDK writes -1 for an error without a response; its message is all that names it."""
    scenario = OLLAMA.catalogue["mid-overloaded"]
    raised = Raised(name="ollama._types.ResponseError", bases=(), exported=True, attributes=attributes, text="")
    seen = Observation(outcome=Outcome.RAISED, exception=raised, requests=1)
    assert kinds == tuple(judge(OLLAMA, scenario, seen, seen, yardstick).kind for yardstick in Yardstick)
    assert f"{attributes['status_code']} ResponseError" == describe_observation(seen)
    assert (
        "Documented: code 503, and the class that a plain HTTP 503 raises. Maintainers': code -1, and error model is "
        "overloaded."
    ) == describe_ideal(OLLAMA, scenario)


def test_the_sources_of_ideals_are_those_of_this_sdk() -> None:
    """It documents no retries, and one class of errors."""
    readme = "https://github.com/ollama/ollama-python#errors"
    assert ("The SDK documents no retries", readme) == ideal_source(OLLAMA, OLLAMA.catalogue["http-503-then-ok"])
    assert ("The SDK's README: every error is a ResponseError", readme) == ideal_source(
        OLLAMA, OLLAMA.catalogue["bad-json"]
    )
