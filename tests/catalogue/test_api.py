"""The scenarios of the APIs of other providers: their ideals follow one rule, and each names public pages."""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

import pytest

from matrix.catalogue.api_error import ApiError
from matrix.catalogue.cohere.errors import ERRORS as COHERE_ERRORS
from matrix.catalogue.cohere.errors import FINISH_REASONS
from matrix.catalogue.cohere.scenarios import COHERE_CATALOGUE
from matrix.catalogue.dialect import OF_ANTHROPIC, OF_GEMINI, OF_OLLAMA, Dialect
from matrix.catalogue.gemini.errors import ERRORS as GEMINI_ERRORS
from matrix.catalogue.gemini.scenarios import GEMINI_CATALOGUE
from matrix.catalogue.headlines import HEADLINES
from matrix.catalogue.mistral.errors import ERRORS as MISTRAL_ERRORS
from matrix.catalogue.mistral.errors import error_body
from matrix.catalogue.mistral.scenarios import MISTRAL, MISTRAL_CATALOGUE
from matrix.catalogue.ollama.errors import ERRORS as OLLAMA_ERRORS
from matrix.catalogue.ollama.scenarios import OLLAMA_CATALOGUE
from matrix.catalogue.steps import Event, Family, RaisesStatus, Recovers, Scenario
from matrix.catalogue.wire import compile_scenario
from matrix.targets import GOOGLE_GENAI, OLLAMA, Target
from matrix.verdicts.verdict import control_for


class Played(NamedTuple):
    """The scenarios of an API, the errors in them by name, and its dialects."""

    scenarios: Mapping[str, Scenario]
    errors: Mapping[str, ApiError]
    dialects: frozenset[Dialect]


APIS: Final = {
    "mistral": Played(MISTRAL_CATALOGUE, MISTRAL_ERRORS, frozenset({Dialect.CHAT, Dialect.CONVERSATIONS})),
    "cohere": Played(COHERE_CATALOGUE, COHERE_ERRORS, frozenset({Dialect.COHERE})),
    "gemini": Played(GEMINI_CATALOGUE, GEMINI_ERRORS, OF_GEMINI),
    "ollama": Played(OLLAMA_CATALOGUE, OLLAMA_ERRORS, OF_OLLAMA),
}

each_scenario = pytest.mark.parametrize(
    ("api", "scenario"),
    [
        pytest.param(api, scenario, id=f"{name}-{scenario.id}")
        for name, api in APIS.items()
        for scenario in api.scenarios.values()
    ],
)


@each_scenario
def test_every_scenario_names_a_public_page(api: Played, scenario: Scenario) -> None:
    """Only the two controls that have no fault name none."""
    assert (scenario.id in {"clean", "unknown"}) == (not scenario.sources)
    assert all(source.startswith("https://") for source in scenario.sources)


@each_scenario
def test_an_error_has_the_documented_status_of_its_name_wherever_it_is_sent(api: Played, scenario: Scenario) -> None:
    """A retry helps where the error says so, however it is reported."""
    if isinstance(scenario.ideal, RaisesStatus | Recovers):
        error = api.errors[scenario.ideal.error_type]
        assert (error.status, error.retry) == (scenario.ideal.status, scenario.retry)


@each_scenario
def test_each_error_in_a_stream_has_a_control(api: Played, scenario: Scenario) -> None:
    """The control is a plain HTTP response with the same error."""
    if (control := control_for(scenario)) is not None:
        assert scenario.ideal == api.scenarios[control].ideal
        assert not api.scenarios[control].in_stream


@each_scenario
def test_every_scenario_can_be_sent_in_its_dialects(api: Played, scenario: Scenario) -> None:
    """They are dialects of its API, and none is a dialect of the Anthropic API."""
    assert scenario.dialects
    assert scenario.dialects <= api.dialects
    assert not api.dialects & OF_ANTHROPIC
    assert all(compile_scenario(scenario, dialect) for dialect in scenario.dialects)


@pytest.mark.parametrize("name", ["cohere", "gemini", "ollama"])
def test_the_dialects_of_an_api_have_the_same_scenarios(name: str) -> None:
    """Only a conversation with Mistral has an error of its own."""
    api = APIS[name]
    assert {api.dialects} == {scenario.dialects for scenario in api.scenarios.values()}


@pytest.mark.parametrize("name", APIS)
def test_each_documented_status_has_a_plain_http_error(name: str) -> None:
    """Errors inside a stream are compared with it."""
    api = APIS[name]
    controls = [scenario for scenario in api.scenarios.values() if scenario.family is Family.CONTROL]
    assert {"clean", "unknown"} == {each.id for each in controls if not isinstance(each.ideal, RaisesStatus)}
    assert [*api.errors] == [each.ideal.error_type for each in controls if isinstance(each.ideal, RaisesStatus)]


@pytest.mark.parametrize("name", ["mistral", "cohere"])
def test_a_plain_http_error_is_named_by_its_error(name: str) -> None:
    """The names of these APIs are ids."""
    api = APIS[name]
    controls = {id_ for id_, scenario in api.scenarios.items() if scenario.family is Family.CONTROL}
    assert {"clean", "unknown", *(f"http-{error}" for error in api.errors)} == controls


def test_an_error_of_mistral_is_flat_and_named_by_its_type() -> None:
    """The parameters that are not valid have a form of their own, which the SDK reads."""
    bodies = {name: json.loads(error_body(name)) for name in MISTRAL_ERRORS}
    assert {"detail"} == bodies.pop("validation_error").keys()
    assert {name: ("error", name) for name in bodies} == {
        name: (body["object"], body["type"]) for name, body in bodies.items()
    }


def test_a_stream_of_cohere_reports_an_error_by_its_finish_reason_only() -> None:
    """Each reason has one documented meaning, and no event has a field that names an error."""
    reported = {
        id_: json.loads(step.data)["delta"]["finish_reason"]
        for id_, scenario in COHERE_CATALOGUE.items()
        if scenario.family is Family.ERROR_EVENT
        for step in scenario.steps
        if isinstance(step, Event) and step.name == "message-end"
    }
    assert {
        "mid-internal_server_error": "ERROR",
        "mid-gateway_timeout": "TIMEOUT",
        "first-internal_server_error": "ERROR",
        "error-without-message": "ERROR",
    } == reported
    assert FINISH_REASONS.keys() < COHERE_ERRORS.keys()


def test_what_only_chats_have_is_played_in_chats_only() -> None:
    """A conversation has an error event of its own."""
    own = {id_ for id_, scenario in MISTRAL_CATALOGUE.items() if scenario.dialects == {Dialect.CONVERSATIONS}}
    assert {"conversation-error"} == own
    shared = {id_ for id_, scenario in MISTRAL_CATALOGUE.items() if scenario.dialects == MISTRAL.dialects}
    assert {"clean", "unknown", "eof-mid", "eof-before-anything", "reset", "stall"} <= shared
    assert not {id_ for id_ in shared if id_.startswith(("mid-", "first-"))}


@pytest.mark.parametrize(
    ("target", "missing"), [(GOOGLE_GENAI, set()), (OLLAMA, {"invalid-request-mid"})], ids=["google-genai", "ollama"]
)
def test_every_headline_is_played_on_the_main_calls(target: Target, missing: set[str]) -> None:
    """Ollama checks a request before it begins to answer."""
    headlines = target.suite.headlines
    assert missing == HEADLINES.keys() - headlines.keys()
    assert headlines.keys() <= HEADLINES.keys()
    played = {call.scenario for call in target.suite.calls() if call.surface == target.suite.main[0]}
    assert set(headlines.values()) <= played
