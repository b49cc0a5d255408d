"""The matrix: scenarios by family down, releases that show the same across, newest first. Pure.

A column is a run of adjacent epochs that show the same on one call, so a reader sees every change and nothing twice.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import groupby
from typing import Final, Protocol, TypeVar

from matrix.catalogue.steps import Family, Scenario
from matrix.catalogue.surfaces import Plays
from matrix.model import Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import Known, Told
from matrix.site.marks import NO_CALL, Mark
from matrix.targets.target import Target

Shown = TypeVar("Shown")


class OfScenario(Protocol):
    """A row of a table whose rows are scenarios."""

    @property
    def scenario(self) -> Scenario:
        """Which."""
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
        until: Likewise the last.
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
        lane: Which.
        surface: Its id; empty for the main call of each release.
        title: The call, as users write it.
        columns: Newest first.
        families: Rows by family.
        scenarios: How many rows there are.
        partly: Whether the call plays no more than the scenarios in which it can differ.
    """

    lane: Lane
    surface: str
    title: str
    columns: tuple[GridColumn, ...]
    families: ByFamily[GridRow]
    scenarios: int
    partly: bool

    @property
    def path(self) -> str:
        """Where its page lies in the site."""
        return path(self.lane, self.surface)


def path(lane: Lane, surface: str) -> str:
    """Where the page of a matrix lies in the site; the first page has the one that most people ask for."""
    if lane is Lane.TODAY and not surface:
        return ""
    return f"matrix/{lane}/{surface}/" if surface else f"matrix/{lane}/"


def title(target: Target, surface: str) -> str:
    """A call, as users write it."""
    return target.surfaces[surface].title if surface else "the main streaming call of each release"


def surfaces(target: Target, lanes: Sequence[Sequence[Told]]) -> list[str]:
    """The calls that have a matrix: the main one of each release, and every one that was played."""
    played = {call.surface for told in lanes for one in told for call in one.seen}
    return [MAIN_CALL, *(surface for surface in target.surfaces if surface in played)]


def anchor(one: Told, call: Call, main: str) -> str:
    """What names the evidence of a call on a release's page: a call that ends as the main one does is told with it.

    Args:
        one: The epoch, in its lane.
        call: Which.
        main: The call by which the page shows the release.
    """
    seen, shown = one.seen.get(call), one.seen.get(Call(main, call.scenario))
    if (
        call.surface == main
        or seen is None
        or seen.word == NO_CALL
        or (shown and (seen.mark, seen.words) == (shown.mark, shown.words))
    ):
        return call.scenario
    return f"{call.scenario}--{call.surface}--{one.lane}"


def grid(known: Known, lane: Lane, surface: str = MAIN_CALL) -> Grid:
    """The matrix of one call.

    Args:
        known: What there is to know.
        lane: Which.
        surface: Its id; MAIN_CALL for the main call of each release.
    """
    told, target = known.told[lane], known.source.target
    mains = set(target.suite.main) if surface == MAIN_CALL else {surface}
    played = {call.scenario for one in told for call in one.seen if call.surface in mains}
    ids = loudest_first(target, played)
    shown = runs(told, lambda one: _cells(known, one, surface or one.surface, ids), surface)
    rows = [_row(target.catalogue[id_], [cells[number] for _, cells in shown]) for number, id_ in enumerate(ids)]
    return Grid(
        lane=lane,
        surface=surface,
        title=title(target, surface),
        columns=tuple(column for column, _ in shown),
        families=by_family(rows),
        scenarios=len(rows),
        partly=bool(surface) and target.surfaces[surface].plays is not Plays.ALL,
    )


def by_family(rows: Iterable[Row]) -> ByFamily[Row]:
    """Rows that stand by family, in groups."""
    return tuple((family, tuple(members)) for family, members in groupby(rows, key=lambda row: row.scenario.family))


def loudest_first(target: Target, ids: Collection[str]) -> list[str]:
    """Sort scenarios as they are read: the family whose failures are silent, then as the catalogue has them.

    Controls come last: they say that the harness works, which nobody comes to read first.
    """
    rank = {Family.TRUNCATION: -1, Family.CONTROL: len(Family)}
    return sorted(
        (id_ for id_ in target.catalogue if id_ in ids), key=lambda id_: rank.get(target.catalogue[id_].family, 0)
    )


def runs(
    told: Sequence[Told], show: Callable[[Told], Shown], surface: str = MAIN_CALL
) -> list[tuple[GridColumn, Shown]]:
    """Runs of adjacent epochs that show the same, newest first, each with what it shows.

    Args:
        told: The epochs, oldest first.
        show: What an epoch shows.
        surface: By which call; MAIN_CALL for that of each release.
    """
    found: list[tuple[GridColumn, Shown]] = []
    for one in told:
        call, shown = surface or one.surface, show(one)
        if found and (found[-1][0].surface, found[-1][1]) == (call, shown):
            before = found.pop()[0]
            versions, since = before.versions + one.epoch.versions, before.since
        else:
            versions, since = one.epoch.versions, f"{one.epoch.since:%b %Y}"
        column = GridColumn(versions=versions, since=since, until=f"{one.epoch.until:%b %Y}", surface=call)
        found.append((column, shown))
    return found[::-1]


def _cells(known: Known, one: Told, surface: str, ids: Sequence[str]) -> tuple[GridCell, ...]:
    main = known.surface(one.epoch.versions[-1])
    return tuple(_cell(one, Call(surface, id_), main) for id_ in ids)


def _cell(one: Told, call: Call, main: str) -> GridCell:
    seen = one.seen.get(call)
    if seen is not None:
        return GridCell(seen.mark, seen.word, anchor(one, call, main))
    return GridCell(Mark.UNAVAILABLE, "unusable" if one.unusable else "not played", call.scenario)


def _row(scenario: Scenario, cells: Sequence[GridCell]) -> GridRow:
    usable = {cell for cell in cells if cell.mark is not Mark.UNAVAILABLE}
    return GridRow(scenario=scenario, cells=tuple(cells), differs=len(usable) > 1)
