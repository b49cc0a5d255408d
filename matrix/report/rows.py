"""The rows of the matrix: every release, and what was seen of each headline scenario in each lane. Pure."""

from collections import defaultdict
from collections.abc import Collection, Mapping

import msgspec

from matrix.model import Behaviour, Call, Cell, Frozen, Lane, Observation, Outcome, Release, Result
from matrix.report.source import Source
from matrix.suite import SURFACES, main_surface
from matrix.verdict import Kind, Verdict, Yardstick, judge_call
from matrix.wording import command, words


class Facet(Frozen, frozen=True):
    """One line of a cell: what it is about, what was seen, and what that is worth; None where nothing is expected."""

    name: str
    value: str
    kind: Kind | None


class Seen(Frozen, frozen=True, kw_only=True):
    """One scenario in one lane of one release.

    Attributes:
        lanes: The lanes in which exactly this was seen.
        kind: The verdict by the documented yardstick, or what there is instead of one.
        facets: Its lines.
        verdicts: By each yardstick, with the checks that say why.
        observation: The address of the observation on the page; empty if there is none.
        delivered: What reached the caller before.
        requests: How many requests the backend got.
        elsewhere: What other surfaces of the release gave, where that differs: words to surfaces.
        command: What reproduces it, in all of those lanes.
    """

    lanes: tuple[Lane, ...]
    kind: Kind
    facets: tuple[Facet, ...]
    verdicts: dict[Yardstick, Verdict]
    observation: str
    delivered: str
    requests: int
    elsewhere: dict[str, tuple[str, ...]]
    command: str


class Built(Frozen, frozen=True, kw_only=True):
    """How one lane of one release was built, or why it was not."""

    lane: Lane
    outcome: str
    reason: str
    lock: tuple[str, ...]
    provenance: str


class Row(Frozen, frozen=True, kw_only=True):
    """One release."""

    release: Release
    surface: str
    built: tuple[Built, ...]
    cells: dict[str, tuple[Seen, ...]]


class Group(Frozen, frozen=True):
    """Releases that the page can jump to, newest first."""

    series: str
    rows: tuple[Row, ...]


def row(release: Release, scenarios: Collection[str], source: Source) -> Row:
    """One release as a row, with a cell for each of `scenarios`, by id."""
    results = {lane: source.results.get(Cell(release.version, lane, source.python)) for lane in Lane}
    surface = main_surface([result.behaviour for result in results.values() if result])
    return Row(
        release=release,
        surface=surface,
        built=tuple(_built(lane, result, release) for lane, result in results.items()),
        cells={id_: _cell(release, id_, surface, results, source) for id_ in scenarios},
    )


def series(release: Release) -> str:
    """Where the page can jump to: a major, or tens of 0.x."""
    version = release.parsed
    if version.major:
        return f"{version.major}.x"
    tens = version.minor // 20 * 20
    return f"0.{tens}-0.{tens + 19}"


def _built(lane: Lane, result: Result | None, release: Release) -> Built:
    if result is None:
        why = "Pre-releases are not measured by default." if release.is_prerelease else "Not measured yet."
        return Built(lane=lane, outcome="not measured", reason=why, lock=(), provenance="")
    first = result.provenance
    return Built(
        lane=lane,
        outcome="measured" if result.outcome is Outcome.COMPLETED else str(result.outcome).replace("-", " "),
        reason=result.reason,
        lock=result.lock.pins if result.lock else (),
        provenance=f"{first.measured} on {first.interpreter}, {first.system}, uv {first.uv}",
    )


def _cell(
    release: Release, scenario: str, surface: str, results: Mapping[Lane, Result | None], source: Source
) -> tuple[Seen, ...]:
    """What was seen in each lane; lanes in which the same was seen are one."""
    seen: list[Seen] = []
    for lane, result in results.items():
        one = _seen(release, lane, Call(surface, scenario), result, source)
        for number, other in enumerate(seen):
            if _same(one, other):
                lanes = other.lanes + one.lanes
                again = command(release.version, Call(surface, scenario), lanes)
                seen[number] = msgspec.structs.replace(other, lanes=lanes, command=again)
                break
        else:
            seen.append(one)
    return tuple(seen)


def _same(one: Seen, other: Seen) -> bool:
    return msgspec.structs.replace(one, lanes=other.lanes, command=other.command) == other


def _seen(release: Release, lane: Lane, call: Call, result: Result | None, source: Source) -> Seen:
    again = command(release.version, call, (lane,))
    observation = result.behaviour.get(call) if result else None
    if result is None or observation is None:
        outcome = "not measured" if result is None else str(result.outcome).replace("-", " ")
        kind = Kind.UNKNOWN if result is None else Kind.UNAVAILABLE
        return Seen(
            lanes=(lane,), kind=kind, facets=(Facet("", outcome, kind),), verdicts={}, observation="", delivered="",
            requests=0, elsewhere={}, command=again,
        )  # fmt: skip
    verdicts = {yardstick: judge_call(result.behaviour, call, yardstick) for yardstick in Yardstick}
    delivered = observation.delivered
    return Seen(
        lanes=(lane,),
        kind=verdicts[Yardstick.DOCUMENTED].kind,
        facets=_facets(observation, verdicts),
        verdicts=verdicts,
        observation=source.address(observation),
        delivered=f"{delivered.text!r} in {_events(len(delivered.events))}" if delivered else "nothing",
        requests=observation.requests,
        elsewhere=_elsewhere(result.behaviour, call),
        command=again,
    )


def _events(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"


def _facets(observation: Observation, verdicts: dict[Yardstick, Verdict]) -> tuple[Facet, ...]:
    """The lines of a cell: code, class and type of what was raised, each judged; or what happened instead."""
    documented = verdicts[Yardstick.DOCUMENTED]
    raised = observation.exception
    checks = {check.facet: check for verdict in reversed(verdicts.values()) for check in verdict.checks}
    if observation.outcome is not Outcome.RAISED or raised is None:
        return (Facet("", words(observation), documented.kind),)
    if not checks:
        return (Facet("class", raised.short_name, documented.kind),)
    found = []
    for name, label in (("status_code", "code"), ("class", "class"), ("type", "type")):
        observed = raised.short_name if name == "class" else raised.attributes.get(name)
        check = checks.get(name)
        if check is not None or name == "class":
            kind = None if check is None else Kind.RIGHT if check.right else Kind.WRONG
            found.append(Facet(label, f"no {label}" if observed is None else str(observed), kind))
    return tuple(found)


def _elsewhere(behaviour: Behaviour, call: Call) -> dict[str, tuple[str, ...]]:
    """What other surfaces gave for the same scenario, where they have it and it differs in words."""
    here = words(behaviour[call])
    found: defaultdict[str, list[str]] = defaultdict(list)
    for surface in SURFACES:
        observation = behaviour.get(Call(surface, call.scenario))
        if observation is not None and observation.outcome is not Outcome.UNSUPPORTED and words(observation) != here:
            found[words(observation)].append(surface)
    return {text: tuple(surfaces) for text, surfaces in found.items()}
