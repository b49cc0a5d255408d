"""The rows of the matrix: every release, and what was seen of each headline scenario in each lane. Pure."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from matrix.model import Call, Cell, Frozen, Lane, Observation, Outcome, Release, Result
from matrix.report.source import Source
from matrix.suite import main_surface
from matrix.verdict import Kind, Verdict, Yardstick, judge_call
from matrix.wording import words


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
    """

    lanes: tuple[Lane, ...]
    kind: Kind
    facets: tuple[Facet, ...]


class Row(Frozen, frozen=True, kw_only=True):
    """Adjacent releases that show the same.

    Attributes:
        releases: Newest first.
        surface: The call by which they are shown.
        cells: Scenario to what was seen of it.
    """

    releases: tuple[Release, ...]
    surface: str
    cells: dict[str, tuple[Seen, ...]]


def rows(releases: Sequence[Release], scenarios: Collection[str], source: Source) -> tuple[Row, ...]:
    """Every release, newest first, with a cell for each scenario; adjacent ones that show the same are one row."""
    found: list[Row] = []
    for release in releases:
        results = {lane: source.results.get(Cell(release.version, lane, source.python)) for lane in Lane}
        surface = main_surface([result.behaviour for result in results.values() if result])
        cells = {id_: _cell(id_, surface, results) for id_ in scenarios}
        if found and (found[-1].surface, found[-1].cells) == (surface, cells):
            found[-1] = msgspec.structs.replace(found[-1], releases=(*found[-1].releases, release))
        else:
            found.append(Row(releases=(release,), surface=surface, cells=cells))
    return tuple(found)


def _cell(scenario: str, surface: str, results: Mapping[Lane, Result | None]) -> tuple[Seen, ...]:
    """What was seen in each lane; lanes in which the same was seen are one."""
    seen: dict[tuple[object, ...], Seen] = {}
    for lane, result in results.items():
        one = _seen(lane, Call(surface, scenario), result)
        before = seen.get((one.kind, one.facets))
        lanes = (*before.lanes, lane) if before else (lane,)
        seen[one.kind, one.facets] = msgspec.structs.replace(one, lanes=lanes)
    return tuple(seen.values())


def _seen(lane: Lane, call: Call, result: Result | None) -> Seen:
    observation = result.behaviour.get(call) if result else None
    if result is None or observation is None:
        outcome = "not measured" if result is None else str(result.outcome).replace("-", " ")
        kind = Kind.UNKNOWN if result is None else Kind.UNAVAILABLE
        return Seen(lanes=(lane,), kind=kind, facets=(Facet("", outcome, kind),))
    verdicts = {yardstick: judge_call(result.behaviour, call, yardstick) for yardstick in Yardstick}
    return Seen(lanes=(lane,), kind=verdicts[Yardstick.DOCUMENTED].kind, facets=_facets(observation, verdicts))


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
