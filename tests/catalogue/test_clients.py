"""The calls of each client in a suite."""

from typing import Final

from matrix.catalogue.suite import Suite
from matrix.observation import Call, Observation, Outcome
from matrix.targets import ANTHROPIC

SUITE: Final[Suite] = ANTHROPIC.suite
CALLS: Final = [call for extra in ("", *SUITE.extras) for call in SUITE.calls(extra=extra)]


def test_a_behaviour_is_split_into_those_of_its_clients() -> None:
    """Each call belongs to one; a surface that the suite does not have is first-party."""
    calls = [*CALLS, Call("of.another.suite", "clean")]
    whole = {call: Observation(outcome=Outcome.COMPLETED) for call in calls}
    parts = SUITE.split_by_client(whole)
    assert {client.id for client in ANTHROPIC.clients} == parts.keys()
    assert whole == {call: observation for part in parts.values() for call, observation in part.items()}
    assert len(whole) == sum(map(len, parts.values()))
    assert parts == {client: SUITE.of_client(whole, client) for client in parts}
    assert parts[""] == SUITE.of_client(whole)


def test_the_main_surfaces_of_a_client_are_its_own() -> None:
    """They play every control of the client."""
    for client in ANTHROPIC.clients:
        first = SUITE.main_of(client.id)[0]
        assert client.id == SUITE.client_of(first)
        controls = {call.scenario for call in _calls_of(client.id) if call.scenario.startswith("http-")}
        assert controls == {call.scenario for call in _calls_of(client.id) if call.surface == first} & controls


def _calls_of(client: str) -> list[Call]:
    return [call for call in CALLS if SUITE.client_of(call.surface) == client]
