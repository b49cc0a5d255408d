"""What people's code makes of failed streams: every way of catching, over all releases; and the remedy. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from packaging.version import Version

from matrix.catalogue.steps import Scenario
from matrix.catalogue.surfaces import Shows
from matrix.model import TODAY_FIRST, Frozen, Lane
from matrix.observation import Call, Observation, Outcome
from matrix.site.epoch_views import Told
from matrix.site.grid import ByFamily, GridColumn, by_family, loudest_first, runs
from matrix.targets.limits import Limit
from matrix.targets.target import Handler, Target
from matrix.verdicts.decisions import CRASHED, OUTCOME_LETTERS, HandlerOutcome, judge_remedy
from matrix.verdicts.verdict import VerdictKind

Cells = tuple[HandlerOutcome | None, ...]
"""What a way of catching comes to, column by column; None where it could not be run."""


class HandlerRow(Frozen, frozen=True):
    """One scenario, and what a way of catching comes to there, column by column."""

    scenario: Scenario
    cells: Cells


class HandlerGrid(Frozen, frozen=True, kw_only=True):
    """One way of catching in one lane: scenarios down, releases for which it comes to the same across, newest first."""

    lane: Lane
    columns: tuple[GridColumn, ...]
    families: ByFamily[HandlerRow]


class Crash(Frozen, frozen=True):
    """What a handler itself raises, and the releases on which it does, as ranges."""

    error: str
    ranges: tuple[str, ...]


class HandlerPage(Frozen, frozen=True, kw_only=True):
    """One way of catching.

    Attributes:
        handler: Which.
        grids: Today's lane first.
        tally: How many scenarios come to what on the newest release that was measured.
        newest: That release; empty if there is none.
        retries: In how many releases it retries the overloaded error inside a stream, as it ought to.
        crashed: In how many releases it crashes on it.
        releases: Of how many.
        crashes: With what, in today's lane.
    """

    handler: Handler
    grids: tuple[HandlerGrid, ...]
    tally: dict[HandlerOutcome, int]
    newest: str
    retries: int
    crashed: int
    releases: int
    crashes: tuple[Crash, ...]


class Overview(Frozen, frozen=True, kw_only=True):
    """All ways of catching beside each other, on the overloaded error, with today's dependencies.

    Attributes:
        columns: Releases for which all of them come to the same, newest first.
        rows: The one that gets most right on the newest release first; with its cells.
    """

    columns: tuple[GridColumn, ...]
    rows: tuple[tuple[HandlerPage, Cells], ...]


class Limited(Frozen, frozen=True, kw_only=True):
    """A way in which the remedy is not right, and where that was seen."""

    limit: Limit
    observations: int
    releases: int
    scenarios: tuple[str, ...]


class Remedied(Frozen, frozen=True, kw_only=True):
    """How the remedy did, on every release that it is made for.

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


def handler_pages(target: Target, told: Mapping[Lane, Sequence[Told]]) -> tuple[HandlerPage, ...]:
    """Every way of catching; the one that gets most right on the newest release first."""
    decided = _on_overload(target, told)
    pages = [_page(target, handler, told, decided) for handler in target.handlers.values()]
    return tuple(sorted(pages, key=lambda page: (-page.tally.get(HandlerOutcome.RIGHT, 0), page.handler.id)))


def overview(target: Target, pages: Sequence[HandlerPage], told: Sequence[Told]) -> Overview:
    """All ways of catching beside each other.

    Args:
        target: What they catch errors of.
        pages: In the order in which they are shown.
        told: The epochs of today's lane, oldest first.
    """
    shown = runs(told, lambda one: tuple(_worths(one, page.handler.id).get(target.suite.headline) for page in pages))
    return Overview(
        columns=tuple(column for column, _ in shown),
        rows=tuple((page, tuple(cells[number] for _, cells in shown)) for number, page in enumerate(pages)),
    )


def _page(
    target: Target, handler: Handler, told: Mapping[Lane, Sequence[Told]], decided: Mapping[str, set[tuple[str, str]]]
) -> HandlerPage:  # fmt: skip
    mine = [{decision for id_, decision in found if id_ == handler.id} for found in decided.values()]
    last = next((one for one in reversed(told[Lane.TODAY]) if one.judgement), None)
    return HandlerPage(
        handler=handler,
        grids=tuple(_grid(target, handler.id, lane, told[lane]) for lane in TODAY_FIRST),
        tally=dict(Counter(_worths(last, handler.id).values())) if last else {},
        newest=last.epoch.versions[-1] if last else "",
        retries=sum(found == {"retry"} for found in mine),
        crashed=sum(any(decision.startswith(CRASHED) for decision in found) for found in mine),
        releases=len(mine),
        crashes=_crashes(handler.id, told[Lane.TODAY]),
    )


def _worths(one: Told, handler: str) -> dict[str, HandlerOutcome]:
    """Scenario to what a way of catching comes to there, on the main calls of an epoch."""
    if one.judgement is None or one.unusable:
        return {}
    letters = one.judgement.handlers.get(handler, "")
    return {id_: OUTCOME_LETTERS[letter] for id_, letter in zip(one.judgement.scenarios, letters, strict=False)}


def _grid(target: Target, handler: str, lane: Lane, told: Sequence[Told]) -> HandlerGrid:
    played = {id_ for one in told if one.judgement and not one.unusable for id_ in one.judgement.scenarios}
    ids = loudest_first(target, played)
    shown = runs(told, lambda one: tuple(map(_worths(one, handler).get, ids)))
    rows = [
        HandlerRow(target.catalogue[id_], tuple(cells[number] for _, cells in shown)) for number, id_ in enumerate(ids)
    ]
    return HandlerGrid(
        lane=lane,
        columns=tuple(column for column, _ in shown),
        families=by_family(rows),
    )


def _crashes(handler: str, told: Sequence[Told]) -> tuple[Crash, ...]:
    """Oldest first."""
    shown = runs(told, lambda one: one.judgement.crashes.get(handler, "") if one.judgement else "")
    found: defaultdict[str, list[str]] = defaultdict(list)
    for column, error in reversed(shown):
        if error:
            first, last = column.versions[0], column.versions[-1]
            found[error].append(first if first == last else f"{first}–{last}")
    return tuple(Crash(error, tuple(ranges)) for error, ranges in found.items())


def _on_overload(target: Target, told: Mapping[Lane, Sequence[Told]]) -> dict[str, set[tuple[str, str]]]:
    """Release to what each handler decided about the overloaded error on its main call, in either lane."""
    found: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in (one for lane in told.values() for one in lane):
        seen = one.seen.get(Call(one.surface, target.suite.headline))
        for version in one.epoch.versions:
            found[version].update(seen.observation.handlers.items() if seen else ())
    return {version: decided for version, decided in found.items() if decided}


def remedied(target: Target, told: Mapping[Lane, Sequence[Told]]) -> Remedied:
    """How the remedy did on everything that was seen."""
    counts: Counter[tuple[bool, bool]] = Counter()
    where: defaultdict[Limit | None, list[tuple[str, Call]]] = defaultdict(list)
    known: dict[tuple[str, int], VerdictKind] = {}
    versions: set[str] = set()
    for promised, call, observation in _promised(target, told):
        key = (call.scenario, id(observation))  # one object for all cells that saw the same
        if key not in known:
            known[key] = judge_remedy(target.catalogue[call.scenario], observation).kind
        if known[key] is VerdictKind.UNAVAILABLE:
            continue
        versions.update(promised)
        right = known[key] is VerdictKind.RIGHT
        counts[target.surfaces[call.surface].shows is Shows.EVENTS, right] += len(promised)
        if not right:
            where[target.remedy_limit(call, observation)] += [(version, call) for version in promised]
    return Remedied(
        watched=counts[True, True] + counts[True, False],
        watched_right=counts[True, True],
        unwatched=counts[False, True] + counts[False, False],
        unwatched_right=counts[False, True],
        releases=len(versions),
        limits=tuple(_limited(target, one, where[one]) for one in target.remedy_limits if one in where),
        unexplained=tuple(sorted({f"{call} of {version}" for version, call in where[None]})),
    )


def _promised(target: Target, told: Mapping[Lane, Sequence[Told]]) -> Iterator[tuple[list[str], Call, Observation]]:
    """What was seen, with the releases of which it was and for which the remedy is made."""
    since = Version(target.remedy_since or "0.dev0")
    for one in (one for lane in told.values() for one in lane):
        versions = [version for version in one.epoch.versions if Version(version) >= since]
        for call, observation in one.behaviour.items() if versions else ():
            if observation.outcome in (Outcome.RAISED, Outcome.COMPLETED):
                yield versions, call, observation


def _limited(target: Target, one: Limit, found: Sequence[tuple[str, Call]]) -> Limited:
    ids = {call.scenario for _, call in found}
    return Limited(
        limit=one,
        observations=len(found),
        releases=len({version for version, _ in found}),
        scenarios=tuple(id_ for id_ in target.catalogue if id_ in ids),
    )
