"""The matrix: scenarios by family down, releases that show the same across, newest first. Pure.

A column is a run of adjacent epochs that show the same on one call, so a reader sees every change and nothing twice.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from typing import Final, Protocol, TypeVar

from matrix.catalogue.steps import Family, Scenario, sort_by_family
from matrix.catalogue.surfaces import PlayedScenarios
from matrix.model import Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.marks import NO_CALL, Mark
from matrix.targets.target import Target

Shown = TypeVar("Shown")


class OfScenario(Protocol):
    """A row of a table whose rows are scenarios."""

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        ...


Row = TypeVar("Row", bound=OfScenario)
ByFamily = tuple[tuple[Family, tuple[Row, ...]], ...]
"""Rows, by the family of their scenario."""

MAIN_CALL: Final = ""
"""Stands for the main call of each release, whichever that is."""


class GridColumn(Frozen, frozen=True, kw_only=True):
    """Adjacent releases that show the same.

    Attributes:
        versions: Oldest first.
        since: The month in which the first was uploaded: `Nov 2024`.
        until: The month in which the last was uploaded.
        surface: The call by which they are shown.
    """

    versions: tuple[str, ...]
    since: str
    until: str
    surface: str

    @property
    def newest(self) -> str:
        """The release whose page has the evidence."""
        return self.versions[-1]


class GridCell(Frozen, frozen=True):
    """A mark and a word, and what names the evidence on the page of the column's newest release."""

    mark: Mark
    word: str
    anchor: str


class GridRow(Frozen, frozen=True, kw_only=True):
    """One scenario; `differs` if releases that can be used show different things."""

    scenario: Scenario
    cells: tuple[GridCell, ...]
    differs: bool


class Grid(Frozen, frozen=True, kw_only=True):
    """The matrix of one call in one lane.

    Attributes:
        lane: The lane.
        surface: The id of the surface; empty for the main call of each release.
        title: The call as users write it.
        columns: The columns, newest first.
        families: The rows by family.
        scenarios: The number of rows.
        is_partial: Whether only some scenarios of its dialect are played on the call.
    """

    lane: Lane
    surface: str
    title: str
    columns: tuple[GridColumn, ...]
    families: ByFamily[GridRow]
    scenarios: int
    is_partial: bool

    @property
    def path(self) -> str:
        """The path of its page in the site."""
        return path(self.lane, self.surface)


def path(lane: Lane, surface: str) -> str:
    """Return the path of the page of a matrix; empty for the matrix on the first page."""
    if lane is Lane.TODAY and not surface:
        return ""
    return f"matrix/{lane}/{surface}/" if surface else f"matrix/{lane}/"


def title(target: Target, surface: str) -> str:
    """Return a call as users write it."""
    return target.surfaces[surface].title if surface else "the main streaming call of each release"


def surfaces(target: Target, lanes: Sequence[Sequence[EpochView]]) -> list[str]:
    """List the calls that have a matrix: the main call of each release, and every call that was played."""
    played = {call.surface for views in lanes for view in views for call in view.calls}
    return [MAIN_CALL, *(surface for surface in target.surfaces if surface in played)]


def anchor(view: EpochView, call: Call, main: str) -> str:
    """Return the anchor of a call's evidence on a release's page; one that ends like the main call shares its anchor.

    Args:
        view: The epoch, in its lane.
        call: The call.
        main: The call by which the page shows the release.
    """
    call_view, main_view = view.calls.get(call), view.calls.get(Call(main, call.scenario))
    if (
        call.surface == main
        or call_view is None
        or call_view.word == NO_CALL
        or (main_view and (call_view.mark, call_view.words) == (main_view.mark, main_view.words))
    ):
        return call.scenario
    return f"{call.scenario}--{call.surface}--{view.lane}"


def grid(known: EpochViews, lane: Lane, surface: str = MAIN_CALL) -> Grid:
    """Lay out the matrix of one call.

    Args:
        known: All epochs.
        lane: The lane.
        surface: Its id; MAIN_CALL for the main call of each release.
    """
    views, target = known.views[lane], known.source.target
    mains = set(target.suite.main) if surface == MAIN_CALL else {surface}
    played = {call.scenario for view in views for call in view.calls if call.surface in mains}
    ids = loudest_first(target, played)
    shown = runs(views, lambda view: _cells(known, view, surface or view.surface, ids), surface)
    rows = [_row(target.catalogue[id_], [cells[number] for _, cells in shown]) for number, id_ in enumerate(ids)]
    return Grid(
        lane=lane,
        surface=surface,
        title=title(target, surface),
        columns=tuple(column for column, _ in shown),
        families=by_family(rows),
        scenarios=len(rows),
        is_partial=bool(surface) and target.surfaces[surface].plays is not PlayedScenarios.ALL,
    )


def by_family(rows: Iterable[Row]) -> ByFamily[Row]:
    """Group rows by their family."""
    return tuple((family, tuple(members)) for family, members in groupby(rows, key=lambda row: row.scenario.family))


def loudest_first(target: Target, ids: Collection[str]) -> list[str]:
    """Sort scenarios as they are read: the family whose failures are silent, then the others in their order.

    Controls come last: they show that the harness works, and readers want the outcomes first.
    """
    rank = {Family.TRUNCATION: -1, Family.CONTROL: len(Family)}
    scenarios = sort_by_family(scenario for id_, scenario in target.catalogue.items() if id_ in ids)
    return [scenario.id for scenario in sorted(scenarios, key=lambda scenario: rank.get(scenario.family, 0))]


def runs(
    views: Sequence[EpochView], show: Callable[[EpochView], Shown], surface: str = MAIN_CALL
) -> list[tuple[GridColumn, Shown]]:
    """Runs of adjacent epochs that show the same, newest first, each with what it shows.

    Args:
        views: The epochs, oldest first.
        show: Returns the outcome that an epoch shows.
        surface: The call of the grid; MAIN_CALL for the main call of each release.
    """
    columns: list[tuple[GridColumn, Shown]] = []
    for view in views:
        call, shown = surface or view.surface, show(view)
        if columns and (columns[-1][0].surface, columns[-1][1]) == (call, shown):
            before = columns.pop()[0]
            versions, since = before.versions + view.epoch.versions, before.since
        else:
            versions, since = view.epoch.versions, f"{view.epoch.since:%b %Y}"
        column = GridColumn(versions=versions, since=since, until=f"{view.epoch.until:%b %Y}", surface=call)
        columns.append((column, shown))
    return columns[::-1]


def _cells(known: EpochViews, view: EpochView, surface: str, ids: Sequence[str]) -> tuple[GridCell, ...]:
    main = known.surface(view.epoch.versions[-1])
    return tuple(_cell(view, Call(surface, id_), main) for id_ in ids)


def _cell(view: EpochView, call: Call, main: str) -> GridCell:
    call_view = view.calls.get(call)
    if call_view is not None:
        return GridCell(call_view.mark, call_view.word, anchor(view, call, main))
    return GridCell(Mark.UNAVAILABLE, "unusable" if view.unusable else "not played", call.scenario)


def _row(scenario: Scenario, cells: Sequence[GridCell]) -> GridRow:
    usable = {cell for cell in cells if cell.mark is not Mark.UNAVAILABLE}
    return GridRow(scenario=scenario, cells=tuple(cells), differs=len(usable) > 1)
