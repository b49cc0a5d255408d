"""The suite: which calls a cell is asked to make, and the digest by which results of one suite are told apart.

Pure, but for reading the sources of the probe and of the remedy: they are part of what was measured with, so a changed
probe is another suite, and results of different suites never mix.

Every call is a scenario on a surface, and not every pair of them is worth a call. The main surfaces of each dialect
play all that their dialect has; the others share their way of reading a stream, and play the scenarios in which they
can differ.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import msgspec

import matrix
import midstream
from matrix.catalogue import CATALOGUE
from matrix.catalogue.sse import Dialect
from matrix.catalogue.steps import Family, Scenario
from matrix.catalogue.surfaces import Plays, Shows, Surface
from matrix.catalogue.wire import compile_scenario
from matrix.observation import Behaviour, Call, Outcome

PROBE: Final = Path(matrix.__file__).parent / "targets" / "anthropic" / "probe"
REMEDY: Final = Path(midstream.__file__).parent / "remedy.py"

DEADLINE: Final = 5.0
"""Seconds for one call, seven times what the slowest scenario lasts."""


def _both(id_: str, surface: Surface) -> dict[str, Surface]:
    """A surface of the sync client and of the async one."""
    return {
        id_: msgspec.structs.replace(surface, title=f"{surface.title}, sync"),
        f"{id_}-async": msgspec.structs.replace(surface, title=f"{surface.title}, async"),
    }


SURFACES: Final[dict[str, Surface]] = {
    **_both("messages.create", Surface("messages.create(stream=True)", Plays.ALL)),
    **_both("messages.stream", Surface("messages.stream()", Plays.ALL)),
    **_both(
        "with_options.messages.create",
        Surface("with_options(max_retries=2).messages.create(stream=True)", Plays.RETRIES),
    ),
    **_both("messages.with_raw_response.create", Surface("messages.with_raw_response.create(stream=True).parse()")),
    **_both(
        "messages.with_streaming_response.create",
        Surface("messages.with_streaming_response.create(stream=True), .parse()"),
    ),
    **_both(
        "messages.stream.get_final_message", Surface("messages.stream(), get_final_message()", shows=Shows.MESSAGE)
    ),
    **_both("messages.stream.get_final_text", Surface("messages.stream(), get_final_text()", shows=Shows.TEXT)),
    **_both("messages.stream.text_stream", Surface("messages.stream(), text_stream", shows=Shows.TEXT)),
    **_both("messages.stream.until_done", Surface("messages.stream(), until_done()", shows=Shows.NOTHING)),
    **_both("beta.messages.create", Surface("beta.messages.create(stream=True)")),
    **_both("beta.messages.stream", Surface("beta.messages.stream()")),
    **_both("beta.messages.tool_runner", Surface("beta.messages.tool_runner(stream=True)")),
    **_both("completions.create", Surface("completions.create(stream=True)", Plays.ALL, dialect=Dialect.COMPLETIONS)),
    **_both(
        "completion_stream",
        Surface("Client.completion_stream() of releases before 0.3", Plays.ALL, dialect=Dialect.LEGACY),
    ),
    "aiohttp.messages.create-async": Surface(
        "messages.create(stream=True), async, over DefaultAioHttpClient", extra="aiohttp"
    ),
    "aiohttp.messages.stream-async": Surface("messages.stream(), async, over DefaultAioHttpClient", extra="aiohttp"),
}
"""Surface id to what it is. The probe knows how to call each of them."""

MAIN: Final = ("messages.create", "completions.create", "completion_stream")
"""The main call of each dialect, newest first."""

EXTRAS: Final = tuple(dict.fromkeys(surface.extra for surface in SURFACES.values() if surface.extra))
"""The extras that have surfaces."""

_WHERE_THEY_DIFFER: Final = frozenset(
    {
        "clean",
        "http-rate_limit_error",
        "http-overloaded_error",
        "unknown",
        "mid-rate_limit_error",
        "mid-overloaded_error",
        "first-overloaded_error",
        "tool-block",
        "after-delta",
        "after-stop",
        "error-held",
        "data-only",
        "no-final-blank",
        "empty-named-event",
        "eof-mid",
        "eof-after-delta",
        "eof-before-anything",
        "eof-in-tool",
        "reset",
        "no-last-chunk",
    }
)
"""One of each kind in the families in which surfaces that read the same stream can differ: errors, ends and framing,
with the controls by which they are judged."""

_RETRIES: Final = frozenset({"clean", "unknown", "mid-overloaded_error"})
"""What is played beside the family of retries to a client that may retry."""


class Part(msgspec.Struct, frozen=True):
    """A part of the suite: some scenarios on some surfaces, by id; empty stands for all."""

    scenarios: Collection[str] = ()
    surfaces: Collection[str] = ()

    def calls(self, extra: str = "") -> tuple[Call, ...]:
        """The calls of this part for cells with `extra`."""
        return calls(self.scenarios, self.surfaces, extra)


WHOLE: Final = Part()


def calls(scenarios: Collection[str] = (), surfaces: Collection[str] = (), extra: str = "") -> tuple[Call, ...]:
    """The calls of the suite for cells with `extra`, in the order in which they are made; empty selects all."""
    return tuple(
        Call(surface_id, scenario_id)
        for surface_id, surface in SURFACES.items()
        if surface.extra == extra and (not surfaces or surface_id in surfaces)
        for scenario_id, scenario in CATALOGUE.items()
        if (not scenarios or scenario_id in scenarios) and _is_played(surface, scenario)
    )


def main_surface(behaviours: Iterable[Behaviour]) -> str:
    """The call by which a release is shown: the first of its main ones for which a client can be made."""
    for behaviour in behaviours:
        for surface in MAIN:
            seen = behaviour.get(Call(surface, "clean"))
            if seen is not None and seen.outcome not in (Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT):
                return surface
    return MAIN[0]


def _is_played(surface: Surface, scenario: Scenario) -> bool:
    if scenario.messages_only and surface.dialect is not Dialect.MESSAGES:
        return False
    match surface.plays:
        case Plays.ALL:
            return True
        case Plays.WHERE_IT_DIFFERS:
            return scenario.id in _WHERE_THEY_DIFFER
        case Plays.RETRIES:
            return scenario.family is Family.RETRY or scenario.id in _RETRIES


@cache
def digest() -> str:
    """What names this suite: sixteen hexadecimal digits of a SHA-256.

    Over every call, every scenario's wire (its compiled actions at each attempt in each dialect) and timeout, the
    deadline, and the sources of the probe, its handlers and the remedy with line ends made equal.
    """
    wire = {
        id_: {
            dialect: [compile_scenario(scenario, dialect, attempt) for attempt in range(2 if scenario.then else 1)]
            for dialect in Dialect
        }
        for id_, scenario in CATALOGUE.items()
    }
    made = [[*calls(extra=extra)] for extra in ("", *EXTRAS)]
    timeouts = [scenario.timeout for scenario in CATALOGUE.values()]
    total = hashlib.sha256(msgspec.json.encode([made, wire, timeouts, DEADLINE], order="deterministic"))
    sources = {path.relative_to(PROBE).as_posix(): path for path in PROBE.rglob("*.py")} | {f"../{REMEDY.name}": REMEDY}
    for name, source in sorted(sources.items()):
        total.update(name.encode() + b"\0" + source.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return total.hexdigest()[:16]


class Suite(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The scenarios and the surfaces of one target.

    Attributes:
        catalogue: Every scenario, by id, in the order in which they are played: controls first.
        unknown: The scenario that the backend lacks on purpose, as a control.
        surfaces: Every surface, by id. The target's probe knows how to call each of them.
        main: The main surface of each dialect, newest first.
        differing: Scenarios in which surfaces that read the same stream can differ, by id.
        retried: Scenarios beside the family of retries that are played on a client that may retry, by id.
    """

    catalogue: Mapping[str, Scenario]
    unknown: Scenario
    surfaces: Mapping[str, Surface]
    main: tuple[str, ...]
    differing: frozenset[str]
    retried: frozenset[str]

    @cached_property
    def playable(self) -> dict[str, Scenario]:
        """Every scenario that the backend knows, by id."""
        return {id_: scenario for id_, scenario in self.catalogue.items() if scenario is not self.unknown}

    @cached_property
    def extras(self) -> tuple[str, ...]:
        """The extras that have surfaces."""
        return tuple(dict.fromkeys(surface.extra for surface in self.surfaces.values() if surface.extra))

    def calls(self, part: Part = WHOLE, extra: str = "") -> tuple[Call, ...]:
        """List the calls for cells with `extra`, in the order in which they are made."""
        return tuple(
            Call(surface_id, scenario_id)
            for surface_id, surface in self.surfaces.items()
            if surface.extra == extra and (not part.surfaces or surface_id in part.surfaces)
            for scenario_id, scenario in self.catalogue.items()
            if (not part.scenarios or scenario_id in part.scenarios) and self._is_played(surface, scenario)
        )

    def main_surface(self, behaviours: Iterable[Behaviour]) -> str:
        """Return the first main surface for which a client can be made: a release is shown by it."""
        for behaviour in behaviours:
            for surface in self.main:
                clean = behaviour.get(Call(surface, "clean"))
                if clean is not None and clean.outcome not in (Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT):
                    return surface
        return self.main[0]

    def _is_played(self, surface: Surface, scenario: Scenario) -> bool:
        if scenario.messages_only and surface.dialect is not Dialect.MESSAGES:
            return False
        match surface.plays:
            case Plays.ALL:
                return True
            case Plays.WHERE_IT_DIFFERS:
                return scenario.id in self.differing
            case Plays.RETRIES:
                return scenario.family is Family.RETRY or scenario.id in self.retried

    def described(self) -> list[object]:
        """List everything that decides what is measured but the sources of the probe: calls, bytes, times."""
        wire = {
            id_: {
                dialect: [compile_scenario(scenario, dialect, attempt) for attempt in range(2 if scenario.then else 1)]
                for dialect in Dialect
            }
            for id_, scenario in self.catalogue.items()
        }
        calls = [[*self.calls(extra=extra)] for extra in ("", *self.extras)]
        timeouts = [scenario.timeout for scenario in self.catalogue.values()]
        return [calls, wire, timeouts, DEADLINE]
