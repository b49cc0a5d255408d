"""Groups of scenarios that a reader expects to behave alike: about fifteen for a catalogue of a hundred. Pure."""

from collections.abc import Iterable
from typing import Final

from matrix.catalogue.steps import Family, Respond, Scenario, Text, sort_by_family
from matrix.catalogue.suite import Suite
from matrix.model import Frozen


class ScenarioGroup(Frozen, frozen=True, kw_only=True):
    """Scenarios with one kind of fault at one place of the stream.

    Attributes:
        id: Its name in addresses.
        title: What happens in each of them, in a few words.
        scenarios: The scenarios.
    """

    id: str
    title: str
    scenarios: tuple[Scenario, ...]


_WHEN: Final = {Text.NONE: "before any text", Text.SOME: "after some text", Text.ALL: "after the whole answer"}

_TITLES: Final = {
    Family.ERROR_PAYLOAD: "Malformed error",
    Family.TRUNCATION: "Stream just ends",
    Family.TRANSPORT: "Connection breaks or stalls",
    Family.PROTOCOL: "Event breaks the protocol",
    Family.RETRY: "Failure, then a good answer to the next attempt",
    Family.CUSTOM: "Own scenario",
}


def group_scenarios(suite: Suite, scenarios: Iterable[Scenario]) -> tuple[ScenarioGroup, ...]:
    """Divide scenarios into groups, in the order of their families; every scenario is in one."""
    members: dict[str, list[Scenario]] = {}
    for scenario in sort_by_family(scenarios):
        members.setdefault(_title(suite, scenario), []).append(scenario)
    return tuple(
        ScenarioGroup(id=title.lower().replace(",", "").replace(" ", "-"), title=title, scenarios=tuple(grouped))
        for title, grouped in members.items()
    )


def _title(suite: Suite, scenario: Scenario) -> str:
    family, when = scenario.family, _WHEN[scenario.text]
    is_plain = isinstance(scenario.steps[0], Respond) if scenario.steps else False
    match family:
        case Family.CONTROL | Family.EVENT_STREAM if is_plain:
            return "Error as a plain HTTP response"
        case Family.CONTROL:
            return "Controls of the measurement"
        case Family.PROTOCOL if is_plain:
            return "HTTP 200 that is no stream"
        case Family.ERROR_EVENT if scenario.id in suite.errors:
            return f"Error event of each type, {when}"
        case Family.ERROR_EVENT:
            return "Error event, other forms"
        case Family.FRAMING | Family.GATEWAY | Family.PROTOCOL if scenario.text is Text.ALL:
            return "Whole answer in an unusual form"
        case Family.FRAMING:
            return "Error in unusual framing"
        case Family.GATEWAY:
            return "What gateways add"
        case Family.EVENT_STREAM:
            return f"AWS exception frame, {when}"
    return _TITLES[family]
