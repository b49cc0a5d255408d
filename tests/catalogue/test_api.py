"""The scenarios of the Mistral and the Cohere API: their ideals follow one rule, and each names public pages."""

import json
from typing import Any, Final

import pytest

from matrix.catalogue.cohere.errors import ERRORS as COHERE_ERRORS
from matrix.catalogue.cohere.errors import FINISH_REASONS
from matrix.catalogue.cohere.scenarios import COHERE, COHERE_CATALOGUE
from matrix.catalogue.dialect import OF_ANTHROPIC, Dialect
from matrix.catalogue.mistral.errors import ERRORS as MISTRAL_ERRORS
from matrix.catalogue.mistral.errors import error_body
from matrix.catalogue.mistral.scenarios import MISTRAL, MISTRAL_CATALOGUE
from matrix.catalogue.steps import Event, Family, RaisesStatus, Recovers, Scenario
from matrix.catalogue.wire import compile_scenario

APIS: Final = {"mistral": (MISTRAL, MISTRAL_CATALOGUE), "cohere": (COHERE, COHERE_CATALOGUE)}
SCENARIOS: Final = pytest.mark.parametrize(
    ("api", "scenario"),
    [
        pytest.param(api, scenario, id=f"{name}-{scenario.id}")
        for name, (api, catalogue) in APIS.items()
        for scenario in catalogue.values()
    ],
)


@SCENARIOS
def test_every_scenario_names_a_public_page(api: Any, scenario: Scenario) -> None:
    """Only the two controls that have no fault name none."""
    assert (scenario.id in {"clean", "unknown"}) == (not scenario.sources)
    assert all(source.startswith("https://") for source in scenario.sources)


@SCENARIOS
def test_a_status_is_that_of_the_name(api: Any, scenario: Scenario) -> None:
    """A retry helps where the error says so, however it is reported."""
    if isinstance(scenario.ideal, RaisesStatus | Recovers):
        error = api.errors[scenario.ideal.error_type]
        assert (error.status, error.retry) == (scenario.ideal.status, scenario.retry)


@SCENARIOS
def test_every_scenario_can_be_sent_in_its_dialects(api: Any, scenario: Scenario) -> None:
    """They are dialects of its API, and none is a dialect of the Anthropic API."""
    assert scenario.dialects
    assert scenario.dialects <= api.dialects
    assert not api.dialects & OF_ANTHROPIC
    assert all(compile_scenario(scenario, dialect) for dialect in scenario.dialects)


@pytest.mark.parametrize("name", APIS)
def test_each_documented_status_has_a_plain_http_error(name: str) -> None:
    """Errors inside a stream are compared with it."""
    api, catalogue = APIS[name]
    controls = {id_ for id_, scenario in catalogue.items() if scenario.family is Family.CONTROL}
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
