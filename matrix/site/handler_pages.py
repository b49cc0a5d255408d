"""The pages of handlers: their outcomes in each scenario of each release, and the proof of the remedy. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from matrix.catalogue.steps import Scenario
from matrix.model import TODAY_FIRST, Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.grid import ByFamily, GridColumn, by_family, loudest_first, runs
from matrix.targets.handler import Handler
from matrix.targets.target import Target
from matrix.verdicts.decisions import CRASHED, HandlerOutcome
from matrix.verdicts.remedy_proof import RemedyProof, prove_remedy

Cells = tuple[HandlerOutcome | None, ...]
"""The outcomes of a handler, column by column; None where it could not be run."""


class HandlerRow(Frozen, frozen=True):
    """One scenario, and the outcomes of a handler in it, column by column."""

    scenario: Scenario
    cells: Cells


class HandlerGrid(Frozen, frozen=True, kw_only=True):
    """One handler in one lane: a row for each scenario, a column for releases with the same outcomes, newest first."""

    lane: Lane
    columns: tuple[GridColumn, ...]
    families: ByFamily[HandlerRow]


class Crash(Frozen, frozen=True):
    """What a handler itself raises, and the releases on which it does, as ranges."""

    error: str
    ranges: tuple[str, ...]


class HandlerPage(Frozen, frozen=True, kw_only=True):
    """One handler.

    Attributes:
        handler: The handler.
        grids: Today's lane first.
        tally: Outcome to the number of scenarios with it, on the newest measured release.
        newest: That release; empty if there is none.
        not_run: The other scenarios of the first-party client, in which no handler was run on it.
        retries: The number of releases on which it retries the overloaded error inside a stream, which is right.
        crashed: The number of releases on which it crashes on that error.
        releases: The number of releases that were measured.
        crashes: The exceptions that it raises itself, in today's lane.
    """

    handler: Handler
    grids: tuple[HandlerGrid, ...]
    tally: dict[HandlerOutcome, int]
    newest: str
    not_run: tuple[Scenario, ...]
    retries: int
    crashed: int
    releases: int
    crashes: tuple[Crash, ...]


class CrashingHandler(Frozen, frozen=True, kw_only=True):
    """A handler that raises an error of its own on a release.

    Attributes:
        handler: Its id.
        error: What it raises.
        crashed: In how many scenarios it does.
        scenarios: In how many scenarios it was run.
    """

    handler: str
    error: str
    crashed: int
    scenarios: int


class Overview(Frozen, frozen=True, kw_only=True):
    """All handlers on the overloaded error, with today's dependencies.

    Attributes:
        columns: Releases on which all handlers have the same outcomes, newest first.
        rows: Each handler with its cells; the handler that is right most often on the newest release comes first.
    """

    columns: tuple[GridColumn, ...]
    rows: tuple[tuple[HandlerPage, Cells], ...]

    @property
    def from_programs(self) -> int:
        """The number of handlers that stand in a program of somebody else."""
        return sum(bool(page.handler.seen_in) for page, _ in self.rows)

    @property
    def scenarios(self) -> int:
        """The number of scenarios in which the handlers were run on the newest release."""
        return max((sum(page.tally.values()) for page, _ in self.rows), default=0)


def handler_pages(target: Target, views: Mapping[Lane, Sequence[EpochView]]) -> tuple[HandlerPage, ...]:
    """Lay out every handler; the handler that is right most often on the newest release comes first."""
    decided = _on_overload(target, views)
    pages = [_page(target, handler, views, decided) for handler in target.handlers.values()]
    return tuple(sorted(pages, key=lambda page: (-page.tally.get(HandlerOutcome.RIGHT, 0), page.handler.id)))


def overview(target: Target, pages: Sequence[HandlerPage], views: Sequence[EpochView]) -> Overview:
    """Compare all handlers on the overloaded error.

    Args:
        target: The package under test.
        pages: The pages of all handlers, in the order of the table.
        views: The epochs of today's lane, oldest first.
    """
    shown = runs(
        views, lambda view: tuple(view.outcomes_of(page.handler.id).get(target.suite.headline) for page in pages)
    )
    return Overview(
        columns=tuple(column for column, _ in shown),
        rows=tuple((page, tuple(cells[number] for _, cells in shown)) for number, page in enumerate(pages)),
    )


def _page(
    target: Target,
    handler: Handler,
    views: Mapping[Lane, Sequence[EpochView]],
    decided: Mapping[str, set[tuple[str, str]]],
) -> HandlerPage:  # fmt: skip
    mine = [{decision for id_, decision in pairs if id_ == handler.id} for pairs in decided.values()]
    last = next((view for view in reversed(views[Lane.TODAY]) if view.judgement), None)
    tally = last.outcomes_of(handler.id) if last else {}
    return HandlerPage(
        handler=handler,
        grids=tuple(_grid(target, handler.id, lane, views[lane]) for lane in TODAY_FIRST),
        tally=dict(Counter(tally.values())),
        newest=last.epoch.versions[-1] if last else "",
        not_run=tuple(target.catalogue[id_] for id_ in target.suite.scenarios_of() if id_ not in tally),
        retries=sum(decisions == {"retry"} for decisions in mine),
        crashed=sum(any(decision.startswith(CRASHED) for decision in decisions) for decisions in mine),
        releases=len(mine),
        crashes=_crashes(handler.id, views[Lane.TODAY]),
    )


def crashing_handlers(view: EpochView) -> tuple[CrashingHandler, ...]:
    """List the handlers that crash on the releases of an epoch, the one that crashes most often first."""
    if view.judgement is None or view.unusable:
        return ()
    rows = []
    for handler, error in view.judgement.crashes.items():
        outcomes = [outcome for outcome in view.outcomes_of(handler).values() if outcome is not HandlerOutcome.UNKNOWN]
        crashed = outcomes.count(HandlerOutcome.CRASHED)
        rows.append(CrashingHandler(handler=handler, error=error, crashed=crashed, scenarios=len(outcomes)))
    return tuple(sorted((row for row in rows if row.crashed), key=lambda row: (-row.crashed, row.handler)))


def _grid(target: Target, handler: str, lane: Lane, views: Sequence[EpochView]) -> HandlerGrid:
    played = {id_ for view in views if view.judgement and not view.unusable for id_ in view.judgement.scenarios}
    ids = loudest_first(target, played)
    shown = runs(views, lambda view: tuple(map(view.outcomes_of(handler).get, ids)))
    rows = [
        HandlerRow(target.catalogue[id_], tuple(cells[number] for _, cells in shown)) for number, id_ in enumerate(ids)
    ]
    return HandlerGrid(
        lane=lane,
        columns=tuple(column for column, _ in shown),
        families=by_family(rows),
    )


def _crashes(handler: str, views: Sequence[EpochView]) -> tuple[Crash, ...]:
    """Return the errors that a handler raises itself, each with its ranges of releases, oldest first."""
    shown = runs(views, lambda view: view.judgement.crashes.get(handler, "") if view.judgement else "")
    ranges_of: defaultdict[str, list[str]] = defaultdict(list)
    for column, error in reversed(shown):
        if error:
            first, last = column.versions[0], column.versions[-1]
            ranges_of[error].append(first if first == last else f"{first}–{last}")
    return tuple(Crash(error, tuple(ranges)) for error, ranges in ranges_of.items())


def _on_overload(target: Target, views: Mapping[Lane, Sequence[EpochView]]) -> dict[str, set[tuple[str, str]]]:
    """Return the decisions of each handler on the overloaded error, by release: on its main call, in both lanes."""
    decisions: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for view in (view for lane in views.values() for view in lane):
        call = view.calls.get(Call(view.surface, target.suite.headline))
        for version in view.epoch.versions:
            decisions[version].update(call.observation.handlers.items() if call else ())
    return {version: decided for version, decided in decisions.items() if decided}


def prove(known: EpochViews) -> RemedyProof:
    """Count how often the remedy is right, for each client."""
    return prove_remedy(
        known.source.target,
        {
            each.client: [(view.epoch.versions, view.behaviour) for lane in each.views.values() for view in lane]
            for each in (known, *known.others.values())
        },
    )
