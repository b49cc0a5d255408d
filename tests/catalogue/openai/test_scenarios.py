"""The scenarios of the OpenAI API: their ideals follow one rule, and each names public pages."""

import pytest

from matrix.catalogue.dialect import OF_ANTHROPIC, OF_OPENAI, Dialect
from matrix.catalogue.openai.errors import ERRORS, STATUSES, error_object
from matrix.catalogue.openai.scenarios import OPENAI_CATALOGUE
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import Family, RaisesStatus, Recovers, Scenario
from matrix.catalogue.wire import compile_scenario

SCENARIOS = pytest.mark.parametrize("scenario", OPENAI_CATALOGUE.values(), ids=lambda scenario: scenario.id)


@SCENARIOS
def test_every_scenario_names_a_public_page(scenario: Scenario) -> None:
    """Only the two controls that have no fault name none."""
    assert (scenario.id in {"clean", "unknown"}) == (not scenario.sources)
    assert all(source.startswith("https://") for source in scenario.sources)


@SCENARIOS
def test_a_status_is_expected_only_where_one_is_documented(scenario: Scenario) -> None:
    """An error has the status of its name, however it is reported; a retry helps where its name says so."""
    if isinstance(scenario.ideal, RaisesStatus | Recovers):
        assert STATUSES[scenario.ideal.error_type] == scenario.ideal.status
        assert scenario.retry == (ERRORS[scenario.ideal.error_type].retry and scenario.id != "http-500-no-retry")


@SCENARIOS
def test_every_scenario_can_be_sent_in_its_dialects(scenario: Scenario) -> None:
    """They are dialects of the OpenAI API, and no scenario of the Anthropic API has one of them."""
    assert scenario.dialects
    assert scenario.dialects <= OF_OPENAI
    assert all(compile_scenario(scenario, dialect) for dialect in scenario.dialects)


def test_the_catalogues_of_two_apis_have_no_dialect_in_common() -> None:
    """So the backend of one target plays no scenario of the other."""
    assert all(scenario.dialects <= OF_ANTHROPIC for scenario in CATALOGUE.values())


def test_each_documented_status_has_a_plain_http_error() -> None:
    """Errors inside a stream are compared with it."""
    controls = {id_ for id_, scenario in OPENAI_CATALOGUE.items() if scenario.family is Family.CONTROL}
    assert {"clean", "unknown", *(f"http-{name}" for name in ERRORS)} == controls
    assert {400, 401, 403, 404, 429, 500, 503} == set(STATUSES.values())


@pytest.mark.parametrize(
    ("name", "type_", "code"),
    [
        ("server_error", "server_error", None),
        ("invalid_request_error", "invalid_request_error", None),
        ("rate_limit_exceeded", "requests", "rate_limit_exceeded"),
        ("insufficient_quota", "insufficient_quota", "insufficient_quota"),
        ("invalid_api_key", "invalid_request_error", "invalid_api_key"),
    ],
)
def test_an_error_is_named_by_its_code_or_else_by_its_type(name: str, type_: str, code: str | None) -> None:
    """No message has the name, so a handler that searches the text finds what the page of error codes says."""
    error = error_object(name)
    assert (type_, code) == (error["type"], error["code"])
    assert name not in str(error["message"])


def test_only_the_responses_api_has_named_events_of_its_own() -> None:
    """Each shape of its errors is a scenario of that dialect alone."""
    own = {id_ for id_, scenario in OPENAI_CATALOGUE.items() if scenario.dialects == {Dialect.RESPONSES}}
    assert {id_ for id_ in OPENAI_CATALOGUE if id_.startswith("response-")} == own
