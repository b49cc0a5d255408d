"""A release as the scan sees it: how its calls were recorded to fail, and what it lacks. Pure.

The exceptions are those that the probe recorded. Nothing about classes, statuses or texts is copied by hand.
"""

import builtins
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import msgspec

from matrix.catalogue import frames
from matrix.catalogue.dialect import FRAMED, Dialect, request_id_headers
from matrix.catalogue.sse import CONTENT_TYPE
from matrix.catalogue.steps import Completes, Family, Recovers, Respond, Text
from matrix.catalogue.surfaces import PlayedScenarios
from matrix.observation import Behaviour, Delivery, Observation, Outcome, Raised, RemedyResult
from matrix.scan.endings import MISSING, Ending
from matrix.scan.rebuilding import load_remedy, rebuild_error
from matrix.scan.recorded_classes import RecordedClasses
from matrix.targets.target import Target

if TYPE_CHECKING:
    from matrix.scan.sdk_methods import SdkCall


class Recorded:
    """A release as it was recorded in one lane.

    Args:
        target: The target.
        version: The version of the release.
        behaviour: Every observation of it, of all clients.
        installed: The names of the distributions in the environment of the code.
        locked: Whether these are all, so that a package that is not among them is missing.
    """

    def __init__(
        self, target: Target, version: str, behaviour: Behaviour, installed: Collection[str], *, locked: bool = False
    ) -> None:
        self.target = target
        self.version = version
        self.behaviour = target.suite.of_client(behaviour)  # what says which classes the release has, and raises
        self.installed = frozenset(installed)
        self.locked = locked
        self._early: dict[str, bool] = {}
        self._endings: dict[tuple[tuple[str, ...], bool, bool | None, str], dict[str, list[Ending]]] = {}
        self._by_surface: dict[str, dict[str, Observation]] = {}
        for call, observation in behaviour.items():
            self._by_surface.setdefault(call.surface, {})[call.scenario] = observation

    # Calls.

    @cached_property
    def main_surfaces(self) -> tuple[str, ...]:
        """The surfaces that most programs call: those on which every scenario was played and ended."""
        from matrix.verdicts.summary import main_surfaces

        return tuple(main_surfaces(self.target, self.behaviour))

    def _comparable_surfaces(self, client: str) -> tuple[str, ...]:
        """Return the main surfaces of a client, by its id: of another client, all that were recorded."""
        return tuple(filter(self.has, self.target.suite.surfaces_of(client))) if client else self.main_surfaces

    def name_unmeasured(self, call: "SdkCall") -> str:
        """Return the client of a call, or the call itself, if it was not measured.

        A call without a stream fails as every plain HTTP call of its client does.
        """
        if call.unmeasured:
            return call.unmeasured
        if call.streams is False and self._reports_errors:
            return f"{call.path} without a stream"
        if not call.client:
            is_unknown = bool(self._by_surface) and call.streams and not self._find_own_surfaces(call, "")
            return call.path if is_unknown else ""
        if self.find_surfaces(call):
            return ""
        client = self.target.find_client(call.client)
        is_measured = client is not None and bool(self._comparable_surfaces(client.id))
        return f"{call.client}.{call.surface}" if is_measured else call.client

    @cached_property
    def _reports_errors(self) -> bool:
        """Whether streams report plain HTTP errors by an event, so that nothing is known of calls without a stream."""
        catalogue = self.target.catalogue
        reporting = (call.scenario for call, each in self.behaviour.items() if each.reporting)
        return any(id_ in catalogue and not catalogue[id_].in_stream for id_ in reporting)

    def find_client_id(self, call: "SdkCall") -> str | None:
        """Find the id of the client of a call; None if the target has no such client."""
        client = self.target.find_client(call.client) if call.client else self.target.clients[0]
        return client.id if client is not None else None

    def find_surfaces(self, call: "SdkCall") -> tuple[str, ...]:
        """Find the recorded surfaces that a call may use: of a plain call, those of the main API.

        On another client, a stream that is read in a way that was not recorded there has none.
        """
        client = self.find_client_id(call)
        if client is None:
            return ()
        known = self._find_own_surfaces(call, client)
        if known or (client and call.surface and call.streams is not False):
            return known
        main = self._comparable_surfaces(client)
        is_async = [call.is_async] if call.is_async is not None else [True, False]
        return tuple(each for each in main if each.endswith("-async") in is_async) or main

    def reads_early(self, call: "SdkCall") -> bool:
        """Return whether a call reads its stream itself before it returns what is iterated.

        Then errors inside a stream are raised without a piece of what a stream that is cut delivers.
        """
        may_be = call.streams is not False and not call.is_eager
        return may_be and all(map(self._reads_early, self.find_surfaces(call) or ("",)))

    def _reads_early(self, surface: str) -> bool:
        if surface not in self._early:
            observations = self._by_surface.get(surface, {})
            suite = self.target.suite
            failed, cut = observations.get(suite.headline), observations.get(suite.cut)
            self._early[surface] = bool(
                failed is not None
                and failed.outcome is Outcome.RAISED
                and not _delivery_of(failed)[0]
                and cut is not None
                and cut.outcome is Outcome.COMPLETED
                and _delivery_of(cut)[0]
            )
        return self._early[surface]

    def _find_own_surfaces(self, call: "SdkCall", client: str) -> tuple[str, ...]:
        """Find the recorded surfaces of the method of a call on a client, by the client's id."""
        named = f"{client}.{call.surface}" if client else call.surface
        variants = {True: ("-async",), False: ("",), None: ("", "-async")}[call.is_async]
        variants = variants if self._has_async_surfaces else ("",)
        return tuple(surface for variant in variants if call.surface and self.has(surface := f"{named}{variant}"))

    @cached_property
    def _has_async_surfaces(self) -> bool:
        """Whether the target tells asynchronous calls by the ends of their surfaces; those of some are all so."""
        return any(surface.endswith("-async") for surface in self.target.surfaces)

    def has(self, surface: str) -> bool:
        """Return whether calls of a surface were recorded."""
        return any(each.outcome in _ENDED for each in self._by_surface.get(surface, {}).values())

    def find_endings(
        self, surfaces: Iterable[str], *, streams: bool, retries: bool | None = None, final: str = ""
    ) -> dict[str, list[Ending]]:
        """Find the ends of calls on some surfaces, different ones once, by scenario.

        Args:
            surfaces: The surfaces, by id.
            streams: Whether a stream is read; otherwise only failures before an HTTP 200 are meant.
            retries: Whether the client repeats failed requests by itself; None if that is not known. What it recovers
                from is left out unless it does not.
            final: The method that asks for the whole message after the events; empty if none does.
        """
        key = tuple(surfaces), streams, retries, final
        if key not in self._endings:
            self._endings[key] = self._collect_endings(*key)
        return self._endings[key]

    def _collect_endings(
        self, surfaces: tuple[str, ...], streams: bool, retries: bool | None, final: str
    ) -> dict[str, list[Ending]]:
        endings: dict[str, dict[tuple[object, ...], Ending]] = {}
        for surface in surfaces:
            observations = self._add_final(surface, final) if final else self._find_observations(surface)
            recovered = self._find_recovered(surface) if retries is not False else frozenset()
            for id_, observation in observations.items():
                if observation.outcome not in _ENDED or id_ in recovered or id_ not in self.target.catalogue:
                    continue
                ending = self._ending(id_, observation, surface)
                if streams or not ending.in_stream:
                    endings.setdefault(id_, {}).setdefault(ending.key, ending)
        return {id_: list(endings[id_].values()) for id_ in self.target.catalogue if id_ in endings}

    def _find_observations(self, surface: str) -> dict[str, Observation]:
        """Find the observations of a surface, with those that hold for every way of reading the same stream.

        A plain HTTP error comes before there is a stream to read. Error events of all types are raised alike, if those
        that were played on this surface are raised as they are on the surface whose stream it reads. What it delivers
        before them is what it delivers before those, since its events may be its own.
        """
        own = self._by_surface.get(surface, {})
        general = self._by_surface.get(self._find_general(surface), {})
        if general is own or not own:
            return own
        catalogue = self.target.catalogue
        events = [id_ for id_ in own if id_ in general and catalogue[id_].family == Family.ERROR_EVENT]
        alike = bool(events) and all(own[id_].exception == general[id_].exception for id_ in events)
        dialect = self.target.surfaces[surface].dialect
        alike = alike and dialect is self.target.surfaces[self._find_general(surface)].dialect
        delivered = {_delivery_of(general[id_]): own[id_].delivered for id_ in events}
        begun = {(catalogue[id_].text, _delivery_of(general[id_])): own[id_].delivered for id_ in events}

        def find_delivered(id_: str, observation: Observation) -> Delivery | None:
            if not catalogue[id_].in_stream:
                return observation.delivered
            key = _delivery_of(observation)
            return begun.get((catalogue[id_].text, key), delivered.get(key, observation.delivered))

        added = {
            id_: msgspec.structs.replace(observation, handlers={}, delivered=find_delivered(id_, observation))
            for id_, observation in general.items()
            if id_ not in own and (not catalogue[id_].only or dialect in catalogue[id_].only)
            if (catalogue[id_].family == Family.CONTROL and not catalogue[id_].in_stream)
            or (alike and catalogue[id_].family == Family.ERROR_EVENT)
        }
        return {**own, **added}

    def _add_final(self, surface: str, final: str) -> dict[str, Observation]:
        """Find the observations of a surface if the whole message is asked for after its events were iterated.

        Where iterating raises nothing, asking for the message raises what it does alone. Where that was not played and
        no message began, it raises what it does in a scenario in which none began either.
        """
        iterated = self._find_observations(surface)
        name, _, variant = surface.partition("-")
        asked = self._by_surface.get(f"{name}.{final}-{variant}" if variant else f"{name}.{final}", {})
        if not asked:
            return {id_: self._raise_final(each) for id_, each in iterated.items()}
        first = self.target.stream.first_event
        without = [asked[id_] for id_, each in iterated.items() if id_ in asked and _has_no_message(each, first)]
        return {
            id_: each
            if each.exception is not None
            else asked.get(id_) or (without[0] if without and _has_no_message(each, first) else each)
            for id_, each in iterated.items()
        }

    def _raise_final(self, observation: Observation) -> Observation:
        """Let a call that was iterated without an exception raise what asking for the whole message then raised."""
        final = observation.final
        if observation.exception is not None or final is None or not final.raised:
            return observation
        kind = getattr(builtins, final.raised, None)
        bases = tuple(f"builtins.{each.__name__}" for each in kind.__mro__[1:-1]) if isinstance(kind, type) else ()
        name = f"builtins.{final.raised}" if bases else f"{self.target.module}.{final.raised}"
        raised = Raised(name=name, bases=bases, exported=not bases, attributes={}, text="")
        return msgspec.structs.replace(observation, exception=raised, handlers={})

    def _find_recovered(self, surface: str) -> frozenset[str]:
        """Find the plain failures from which a client recovers that repeats requests by itself, by id."""
        variant = surface.partition("-")[2]
        retrying = (
            id_
            for id_, each in self.target.surfaces.items()
            if each.plays is PlayedScenarios.RETRIES and id_.partition("-")[2] == variant
        )
        return frozenset(
            id_
            for retried in retrying
            for id_, each in self._by_surface.get(retried, {}).items()
            if isinstance(self.target.catalogue[id_].ideal, Recovers)
            if each.outcome is Outcome.COMPLETED and not self.target.catalogue[id_].in_stream
        )

    def _find_general(self, surface: str) -> str:
        """Find the surface on which all scenarios are played and whose stream a surface reads; itself if it is that.

        On another client, it is the main surface, which plays all that is played there.
        """
        suite, surfaces = self.target.suite, self.target.surfaces
        if suite.client_of(surface):
            return suite.main_for(surface)
        own = surfaces.get(surface)
        if own is None or own.plays in {PlayedScenarios.ALL, PlayedScenarios.RETRIES}:
            return surface
        is_async, is_helper = surface.endswith("-async"), ".stream" in surface
        alike = [
            id_
            for id_, each in surfaces.items()
            if each.plays is PlayedScenarios.ALL and (each.dialect, each.client) == (own.dialect, own.client)
            if id_.endswith("-async") is is_async and not each.extra
        ]
        if not alike:  # an API without a main surface of its own
            main = next((each for each in self.main_surfaces if each.endswith("-async") is is_async), surface)
            return main if not own.client else surface
        return next((id_ for id_ in alike if (".stream" in id_) is is_helper), alike[0])

    def _ending(self, id_: str, observation: Observation, surface: str) -> Ending:
        scenario = self.target.catalogue[id_]
        delivered, final = observation.delivered, observation.final
        stop = (delivered.stop_reason if delivered is not None else None) or (final.stop_reason if final else None)
        is_whole = stop is not None or isinstance(scenario.ideal, Completes)
        return Ending(
            raised=observation.exception,
            remedy=observation.remedy,
            in_stream=scenario.in_stream,
            is_begun=scenario.text is not Text.NONE,
            is_cut=observation.outcome is Outcome.COMPLETED and not is_whole,
            headers=_headers_of(scenario.steps[0], self.target.surfaces[surface].dialect),
            events=delivered.events if delivered is not None else (),
            text=delivered.text if delivered is not None else "",
            reason=stop or "",
            answer=scenario.steps[0].body if isinstance(scenario.steps[0], Respond) else "",
        )

    def find_observation(self, id_: str, clients: Collection[str] = ()) -> Observation | None:
        """Find an observation of a scenario, on a main surface if it was played on one; None if it was not played.

        Args:
            id_: The scenario, by id.
            clients: The clients on which it may have been played, by id; empty for the first-party client.
        """
        suite = self.target.suite
        order = [
            surface
            for client in clients or ("",)
            for surface in (*self._comparable_surfaces(client), *suite.surfaces_of(client))
        ]
        found = (self._by_surface.get(surface, {}).get(id_) for surface in order)
        return next((each for each in found if each is not None and each.outcome in _ENDED), None)

    def find_handler_decisions(self, surfaces: Iterable[str], id_: str) -> dict[str, frozenset[str]]:
        """Find what each handler was recorded to decide in one scenario on some surfaces."""
        decisions: dict[str, set[str]] = {}
        for surface in surfaces:
            own = self._by_surface.get(surface, {}).get(id_)
            observation = own or self._by_surface.get(self._find_general(surface), {}).get(id_)
            for handler, decision in observation.handlers.items() if observation is not None else ():
                decisions.setdefault(handler, set()).add(decision)
        return {handler: frozenset(each) for handler, each in decisions.items()}

    # Classes and packages.

    @cached_property
    def classes(self) -> RecordedClasses:
        """The exception classes of the release."""
        return RecordedClasses(self.target, self.behaviour)

    @cached_property
    def transports(self) -> frozenset[str]:
        """The HTTP libraries whose errors the release raises, by the name of their package."""
        libraries = {self.target.transport.module, *self.target.transport.aliases}
        return frozenset(raised.name.partition(".")[0] for raised in self.classes.raised) & libraries

    def lacks_package(self, name: str) -> bool:
        """Return whether a package can't be imported: an HTTP library that the environment does not have."""
        transport = self.target.transport
        if name not in {transport.module, *transport.aliases} or name in self.installed:
            return False
        # A program may well bring httpx itself; a library under a newer name comes with the SDK alone.
        return self.locked or name != transport.module

    def explain(self, ending: Ending) -> RemedyResult | None:
        """Return what our remedy says of the exception of a call, if it reads it outside a guarded stream."""
        raised, remedy = ending.raised, self.target.remedy
        if raised is None or remedy is None:
            return ending.remedy
        names = ("status_code", "type", "request_id", "message", "body")
        values = {name: value for name in names if (value := ending.read_attribute(name)) is not MISSING}
        error = rebuild_error(raised, self.target.module, values)
        if ending.status is not None:
            response = type("Response", (), {"headers": dict(ending.headers), "status_code": ending.status})()
            setattr(error, "response", response)  # noqa: B010 - the class of the error has no such attribute for mypy
        failure = load_remedy(str(remedy)).explain(error)
        return RemedyResult(
            outcome="failed",
            status=failure.status,
            error_type=failure.error_type,
            retryable=failure.retryable,
            request_id=failure.request_id,
            text=failure.text,
        )


def _delivery_of(observation: Observation) -> tuple[tuple[str, ...], str]:
    """Return the events and the text that a call delivered."""
    delivered = observation.delivered
    return (delivered.events, delivered.text) if delivered is not None else ((), "")


def _has_no_message(observation: Observation, first_event: str) -> bool:
    """Return whether a stream ends without an exception before its message begins."""
    events = observation.delivered.events if observation.delivered is not None else ()
    return observation.outcome is Outcome.COMPLETED and first_event not in events


_ENDED: Final = frozenset({Outcome.RAISED, Outcome.COMPLETED})


def _headers_of(step: object, dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """Return the headers of the response that a scenario begins with, in lower case."""
    request_id = tuple((name.lower(), value) for name, value in request_id_headers(dialect))
    if isinstance(step, Respond):
        own = [(name.lower(), value) for name, value in step.headers]
        return (("content-type", step.content_type), *request_id, *own)
    content_type = frames.CONTENT_TYPE if dialect in FRAMED else CONTENT_TYPE
    return (("content-type", content_type), ("cache-control", "no-cache"), *request_id)
