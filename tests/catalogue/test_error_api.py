"""The scenarios of the Gemini and the Ollama API: their ideals follow one rule, and each names public pages."""

from collections.abc import Mapping
from typing import Final

import pytest

from matrix.catalogue.dialect import OF_GEMINI, OF_OLLAMA, Dialect
from matrix.catalogue.gemini import errors as gemini_errors
from matrix.catalogue.gemini.scenarios import GEMINI_CATALOGUE
from matrix.catalogue.headlines import HEADLINES
from matrix.catalogue.ollama import errors as ollama_errors
from matrix.catalogue.ollama.scenarios import OLLAMA_CATALOGUE
from matrix.catalogue.steps import RaisesStatus, Recovers, Scenario
from matrix.catalogue.wire import compile_scenario
from matrix.targets import GOOGLE_GENAI, OLLAMA, Target
from matrix.verdicts.verdict import control_for

APIS: Final[dict[str, tuple[Mapping[str, Scenario], frozenset[Dialect], Mapping[str, int]]]] = {
    "gemini": (GEMINI_CATALOGUE, OF_GEMINI, gemini_errors.STATUSES),
    "ollama": (OLLAMA_CATALOGUE, OF_OLLAMA, ollama_errors.STATUSES),
}
"""API to its scenarios, their dialects, and the documented status of each error."""

each_api = pytest.mark.parametrize("api", APIS)


@each_api
def test_every_scenario_names_a_public_page(api: str) -> None:
    """Only the two controls that have no fault name none."""
    scenarios, _, _ = APIS[api]
    assert {"clean", "unknown"} == {id_ for id_, scenario in scenarios.items() if not scenario.sources}
    assert all(source.startswith("https://") for scenario in scenarios.values() for source in scenario.sources)


@each_api
def test_an_error_has_the_documented_status_of_its_name_wherever_it_is_sent(api: str) -> None:
    """Each error in a stream has a control: a plain HTTP response with the same error."""
    scenarios, _, statuses = APIS[api]
    for id_, scenario in scenarios.items():
        if isinstance(scenario.ideal, RaisesStatus | Recovers):
            assert statuses[scenario.ideal.error_type] == scenario.ideal.status, id_
        if (control := control_for(scenario)) is not None:
            assert scenario.ideal == scenarios[control].ideal, id_
            assert not scenarios[control].in_stream, id_


@each_api
def test_every_scenario_can_be_sent_in_the_dialects_of_its_api(api: str) -> None:
    """No other API has one of them."""
    scenarios, dialects, _ = APIS[api]
    for scenario in scenarios.values():
        assert dialects == scenario.dialects, scenario.id
        assert all(compile_scenario(scenario, dialect) for dialect in dialects), scenario.id


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
