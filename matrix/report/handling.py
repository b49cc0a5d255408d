"""What people's code makes of failed streams: every handler, on the newest release and over all; the remedy. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from packaging.version import Version

from matrix.decisions import CRASHED, LIMITS, Handler, Limit, Worth, handlers, judge_decision, judge_remedy, limit
from matrix.model import Call, Cell, Frozen, Lane, Observation, Outcome, Release
from matrix.report.source import Source
from matrix.scenarios import CATALOGUE
from matrix.suite import SURFACES, Shows, main_surface
from matrix.verdict import Kind, Yardstick, judge_call
from matrix.wording import words

HANDLED: Final = (
    "mid-overloaded_error",
    "mid-rate_limit_error",
    "mid-invalid_request_error",
    "http-overloaded_error",
    "eof-mid",
    "reset",
)
"""The scenarios that have a column among the handlers."""

_REMEDY_SINCE: Final = Version("0.3")
"""The remedy's promise: before this release there is no exception with a body, and events are dictionaries."""


class Decided(Frozen, frozen=True):
    """What a handler decided, and what that is worth."""

    decision: str
    worth: Worth


class HandlerRow(Frozen, frozen=True, kw_only=True):
    """One handler.

    Attributes:
        handler: Which.
        decided: Scenario to its decision on the newest release.
        worths: How many of all scenarios it gets right, misses and so on there.
        retries: In how many releases it retries the overloaded error inside a stream, as it ought to.
        crashes: In how many releases it crashes on it.
        releases: Of how many.
    """

    handler: Handler
    decided: dict[str, Decided]
    worths: dict[Worth, int]
    retries: int
    crashes: int
    releases: int


class Limited(Frozen, frozen=True, kw_only=True):
    """A way in which the remedy is not right, and where that was seen."""

    limit: Limit
    observations: int
    releases: int
    scenarios: tuple[str, ...]


class Remedied(Frozen, frozen=True, kw_only=True):
    """How the remedy did, on every release from 0.3 on.

    Attributes:
        watched: Observations of calls whose events it could watch.
        watched_right: Of those, the ones that it got right.
        unwatched: Observations of calls that show no events; `unwatched_right` likewise.
        releases: Releases of which there are any.
        limits: Where it was not right, with the reason.
        unexplained: The calls of which it was not right without a reason; there are none, or this page says so.
    """

    watched: int
    watched_right: int
    unwatched: int
    unwatched_right: int
    releases: int
    limits: tuple[Limited, ...]
    unexplained: tuple[str, ...]


class Scored(Frozen, frozen=True, kw_only=True):
    """One scenario on the newest release's main call."""

    seen: str
    verdicts: dict[Yardstick, Kind]
    remedy: Kind


class Newest(Frozen, frozen=True, kw_only=True):
    """The whole catalogue on the newest release's main call."""

    version: str
    surface: str
    scored: dict[str, Scored]


def newest(release: Release, source: Source) -> Newest | None:
    """Every scenario on the main call of a release; None if it was not measured with today's dependencies."""
    result = source.results.get(Cell(release.version, Lane.TODAY, source.python))
    if result is None or not result.behaviour:
        return None
    surface = main_surface([result.behaviour])
    found = {}
    for id_, scenario in CATALOGUE.items():
        call = Call(surface, id_)
        observation = result.behaviour.get(call)
        if observation is not None:
            found[id_] = Scored(
                seen=words(observation),
                verdicts={yardstick: judge_call(result.behaviour, call, yardstick).kind for yardstick in Yardstick},
                remedy=judge_remedy(scenario, observation).kind,
            )
    return Newest(version=release.version, surface=surface, scored=found)


def handler_rows(releases: Sequence[Release], newest: Newest | None, source: Source) -> tuple[HandlerRow, ...]:
    """Every handler; the one that gets most right on the newest release first."""
    decisions = _on_overload(releases, source)
    seen: dict[str, Observation] = {}
    if newest:
        behaviour = source.results[Cell(newest.version, Lane.TODAY, source.python)].behaviour
        seen = {id_: behaviour[Call(newest.surface, id_)] for id_ in newest.scored}
    rows = [_handler_row(handler, seen, decisions) for handler in handlers().values()]
    return tuple(sorted(rows, key=lambda row: (-row.worths.get(Worth.RIGHT, 0), row.handler.id)))


def _handler_row(
    handler: Handler, seen: Mapping[str, Observation], decisions: Mapping[str, set[tuple[str, str]]]
) -> HandlerRow:
    decided = {
        id_: Decided(decision, judge_decision(CATALOGUE[id_], observation, decision))
        for id_, observation in seen.items()
        if (decision := observation.handlers.get(handler.id)) is not None
    }
    mine = [{decision for id_, decision in found if id_ == handler.id} for found in decisions.values()]
    return HandlerRow(
        handler=handler,
        decided={id_: decided[id_] for id_ in HANDLED if id_ in decided},
        worths=dict(Counter(one.worth for one in decided.values())),
        retries=sum(found == {"retry"} for found in mine),
        crashes=sum(any(decision.startswith(CRASHED) for decision in found) for found in mine),
        releases=len(mine),
    )


def _on_overload(releases: Sequence[Release], source: Source) -> dict[str, set[tuple[str, str]]]:
    """Release to what each handler decided about the overloaded error on its main call, in either lane."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for release in releases:
        for lane in Lane:
            result = source.results.get(Cell(release.version, lane, source.python))
            if result is not None and result.behaviour:
                observation = result.behaviour.get(Call(main_surface([result.behaviour]), HANDLED[0]))
                found[release.version].update(observation.handlers.items() if observation else ())
    return {version: decided for version, decided in found.items() if decided}


def remedied(source: Source) -> Remedied:
    """How the remedy did on everything that was seen."""
    counts: Counter[tuple[bool, bool]] = Counter()
    where: defaultdict[Limit | None, list[tuple[str, Call]]] = defaultdict(list)
    known: dict[tuple[str, int], Kind] = {}
    versions = set()
    for version, call, observation in _promised(source):
        key = (call.scenario, id(observation))  # one object for all cells that saw the same
        if key not in known:
            known[key] = judge_remedy(CATALOGUE[call.scenario], observation).kind
        if known[key] is Kind.UNAVAILABLE:
            continue
        versions.add(version)
        right = known[key] is Kind.RIGHT
        counts[SURFACES[call.surface].shows is Shows.EVENTS, right] += 1
        if not right:
            where[limit(call, observation)].append((version, call))
    return Remedied(
        watched=counts[True, True] + counts[True, False],
        watched_right=counts[True, True],
        unwatched=counts[False, True] + counts[False, False],
        unwatched_right=counts[False, True],
        releases=len(versions),
        limits=tuple(_limited(one, where[one]) for one in LIMITS if one in where),
        unexplained=tuple(sorted({f"{call} of {version}" for version, call in where[None]})),
    )


def _promised(source: Source) -> Iterator[tuple[str, Call, Observation]]:
    for cell, result in source.results.items():
        if Version(cell.version) >= _REMEDY_SINCE:
            for call, observation in result.behaviour.items():
                if observation.outcome in (Outcome.RAISED, Outcome.COMPLETED):
                    yield cell.version, call, observation


def _limited(one: Limit, found: Sequence[tuple[str, Call]]) -> Limited:
    ids = {call.scenario for _, call in found}
    return Limited(
        limit=one,
        observations=len(found),
        releases=len({version for version, _ in found}),
        scenarios=tuple(id_ for id_ in CATALOGUE if id_ in ids),
    )
