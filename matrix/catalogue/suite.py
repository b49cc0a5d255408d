"""The suite: which calls the probe makes in a cell. Pure.

A call is a scenario on a surface, and not every pair of them is called. The main surfaces of each dialect play every
scenario of that dialect. The other surfaces read the same stream, and play the scenarios in which they can differ.
"""

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import Final

import msgspec

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.headlines import HEADLINES, Headline
from matrix.catalogue.steps import Family, RaisesStatus, Scenario
from matrix.catalogue.surfaces import PlayedScenarios, Surface
from matrix.observation import Behaviour, Call, Outcome

DEADLINE: Final = 5.0
"""Seconds that one call may take: six times the duration of the slowest scenario."""


class SuitePart(msgspec.Struct, frozen=True):
    """A part of a suite.

    Attributes:
        scenarios: The scenarios in it, by id; empty for all.
        surfaces: The surfaces in it, by id; empty for all.
    """

    scenarios: Collection[str] = ()
    surfaces: Collection[str] = ()


WHOLE: Final = SuitePart()
"""The whole suite."""


class Suite(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The scenarios and the surfaces of one target.

    Attributes:
        catalogue: Every scenario, by id, in the order in which they are played: controls first.
        unknown: The control that the backend deliberately does not know.
        surfaces: Every surface, by id. The target's probe knows how to call each of them.
        main: The main surface of each dialect, newest first.
        differing: Scenarios in which surfaces that read the same stream can differ, by id.
        retried: Scenarios outside the retry family that are played on a client that may retry, by id.
        confined: Scenarios that only some surfaces play, by id, and the ids of these surfaces.
        errors: Scenarios with an error event in each position inside a stream, by id.
        headline: The scenario that represents a release in summaries, by id.
        cut: The scenario of a stream that ends cleanly before its message has ended, by id.
        telling: The scenarios that distinguish releases best, by id, the headline first.
        throttled: The scenario in which a frame of its own reports an overloaded server, by id: a dialect of frames has
            two forms of that error. Empty if the suite has no such dialect.
        deadline: Seconds that one call may take; None for `DEADLINE`. A client that waits long before it calls again
            needs more.
        headlines: The scenario that plays each headline, by their ids. A headline that no scenario plays is absent.
    """

    catalogue: Mapping[str, Scenario]
    unknown: Scenario
    surfaces: Mapping[str, Surface]
    main: tuple[str, ...]
    differing: frozenset[str]
    retried: frozenset[str]
    errors: frozenset[str]
    headline: str
    cut: str
    telling: tuple[str, ...]
    confined: Mapping[str, frozenset[str]] = {}
    throttled: str = ""
    deadline: float | None = None
    headlines: Mapping[str, str] = {}

    @property
    def call_limit(self) -> float:
        """Seconds that one call may take."""
        return self.deadline or DEADLINE

    @cached_property
    def playable(self) -> dict[str, Scenario]:
        """The scenarios that the backend can play, by id."""
        return {id_: scenario for id_, scenario in self.catalogue.items() if scenario is not self.unknown}

    @cached_property
    def played_headlines(self) -> dict[str, Headline]:
        """Each scenario that plays a headline, by id, with the headline; in the order of tables."""
        return {self.headlines[id_]: headline for id_, headline in HEADLINES.items() if id_ in self.headlines}

    @cached_property
    def extras(self) -> tuple[str, ...]:
        """The extras of the package that surfaces need, in their order."""
        return tuple(dict.fromkeys(surface.extra for surface in self.surfaces.values() if surface.extra))

    def calls(self, part: SuitePart = WHOLE, extra: str = "") -> tuple[Call, ...]:
        """List the calls for cells with `extra`, in the order in which they are made."""
        return tuple(
            Call(surface_id, scenario_id)
            for surface_id, surface in self.surfaces.items()
            if surface.extra == extra and (not part.surfaces or surface_id in part.surfaces)
            for scenario_id, scenario in self.catalogue.items()
            if (not part.scenarios or scenario_id in part.scenarios) and self._is_played(surface_id, scenario)
        )

    def is_applicable(self, scenario: str, surface: str) -> bool:
        """Return whether a scenario exists in the dialect of a surface; if not, there is nothing to measure."""
        return self.surfaces[surface].dialect in self.catalogue[scenario].dialects

    def is_error(self, scenario: str) -> bool:
        """Return whether a scenario has an error inside a stream whose type has a documented status."""
        played = self.catalogue[scenario]
        is_event = scenario in self.errors or (played.family is Family.EVENT_STREAM and played.in_stream)
        return is_event and isinstance(played.ideal, RaisesStatus) and played.ideal.status is not None

    def position(self, call: Call) -> tuple[int, int]:
        """Return a key that sorts calls as they are made: those on main surfaces come first."""
        surfaces, scenarios = self._positions
        return surfaces[call.surface], scenarios[call.scenario]

    @cached_property
    def _positions(self) -> tuple[dict[str, int], dict[str, int]]:
        surfaces = {id_: number for number, id_ in enumerate(self.surfaces)}
        return surfaces, {id_: number for number, id_ in enumerate(self.catalogue)}

    def main_surface(self, behaviours: Iterable[Behaviour], client: str = "") -> str:
        """Return the first main surface for which a client can be made; pages show a release by this surface."""
        main = self.main_of(client)
        for behaviour in behaviours:
            for surface in main:
                clean = behaviour.get(Call(surface, "clean"))
                if clean is not None and clean.outcome not in (Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT):
                    return surface
        return main[0]

    # Clients.

    def surfaces_of(self, client: str = "") -> tuple[str, ...]:
        """List the surfaces of a client, by id; those of the first-party client by default."""
        return self._by_client.get(client, ())

    def scenarios_of(self, client: str = "") -> tuple[str, ...]:
        """List the scenarios that are played on any surface of a client, by id, as the catalogue has them."""
        return self._scenarios_by_client.get(client, ())

    def find_absent(self, surfaces: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """List the scenarios that none of these surfaces plays, by id: those that it could play, and those it can't.

        The latter do not exist in the dialect of any of these surfaces, so there is nothing to measure.
        """
        dialects = {self.surfaces[surface].dialect for surface in surfaces}
        absent = [
            each for each in self.catalogue.values() if not any(self._is_played(surface, each) for surface in surfaces)
        ]
        return (
            tuple(each.id for each in absent if dialects & each.dialects),
            tuple(each.id for each in absent if not dialects & each.dialects),
        )

    def main_of(self, client: str = "") -> tuple[str, ...]:
        """List the main surfaces of a client, newest first. A client plays every control that it has on these."""
        return self._main_by_client.get(client, ())

    def main_for(self, surface: str) -> str:
        """Return the main surface of the client of a surface, sync or async as that is."""
        return self.main_of(self.client_of(surface))[0] + ("-async" if surface.endswith("-async") else "")

    def extras_of(self, client: str = "") -> tuple[str, ...]:
        """List the extras of the cells that play calls of a client; an empty one for the cell without an extra."""
        return tuple(dict.fromkeys(self.surfaces[surface].extra for surface in self.surfaces_of(client)))

    def client_of(self, surface: str) -> str:
        """Return the client of a surface. One that the suite does not have is first-party."""
        return self.surfaces[surface].client if surface in self.surfaces else ""

    def of_client(self, behaviour: Behaviour, client: str = "") -> Behaviour:
        """Restrict a behaviour to the calls of one client, by default to those of the first-party client."""
        return self.split_by_client(behaviour).get(client, {})

    def split_by_client(self, behaviour: Behaviour) -> dict[str, Behaviour]:
        """Split a behaviour into those of the clients that it has calls of."""
        parts: dict[str, Behaviour] = {}
        for call, observation in behaviour.items():
            parts.setdefault(self.client_of(call.surface), {})[call] = observation
        return parts

    @cached_property
    def _scenarios_by_client(self) -> dict[str, tuple[str, ...]]:
        return {
            client: tuple(
                id_
                for id_, scenario in self.catalogue.items()
                if any(self._is_played(surface, scenario) for surface in surfaces)
            )
            for client, surfaces in self._by_client.items()
        }

    @cached_property
    def _main_by_client(self) -> dict[str, tuple[str, ...]]:
        return {
            client: tuple(id_ for main in self.main if (id_ := f"{client}.{main}" if client else main) in surfaces)
            or surfaces[:1]
            for client, surfaces in self._by_client.items()
        }

    @cached_property
    def _by_client(self) -> dict[str, tuple[str, ...]]:
        clients = dict.fromkeys(surface.client for surface in self.surfaces.values())
        return {
            client: tuple(id_ for id_, surface in self.surfaces.items() if surface.client == client)
            for client in clients
        }

    def _is_played(self, surface_id: str, scenario: Scenario) -> bool:
        if scenario.id in self.confined:
            return surface_id in self.confined[scenario.id]
        surface = self.surfaces[surface_id]
        if surface.dialect not in scenario.dialects:
            return False
        match surface.plays:
            case frozenset():
                return scenario.id in surface.plays
            case PlayedScenarios.ALL:
                return True
            case PlayedScenarios.WHERE_IT_DIFFERS:
                return scenario.id in self.differing
            case PlayedScenarios.RETRIES:
                return scenario.family is Family.RETRY or scenario.id in self.retried

    def describe(self) -> list[object]:
        """List everything that determines a measurement except the probe's sources: calls, bytes and times."""
        from matrix.catalogue.wire import compile_scenario  # advice names scenarios, and plays none: it needs no h11

        wire = {
            id_: {
                dialect: [compile_scenario(scenario, dialect, attempt) for attempt in range(2 if scenario.then else 1)]
                for dialect in Dialect
                if dialect in scenario.dialects
            }
            for id_, scenario in self.catalogue.items()
        }
        calls = [[*self.calls(extra=extra)] for extra in ("", *self.extras)]
        timeouts = [scenario.timeout for scenario in self.catalogue.values()]
        return [calls, wire, timeouts, self.call_limit]
