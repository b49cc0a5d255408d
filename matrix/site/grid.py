"""The matrix: groups of scenarios down, releases that show the same across, newest first. Pure.

A column is a run of adjacent epochs that show the same on one call, so a reader sees every change and nothing twice.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, Protocol, TypeVar

import msgspec

from matrix.catalogue.groups import group_scenarios
from matrix.catalogue.steps import (
    Family,
    IsUnsupported,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Scenario,
    sort_by_family,
)
from matrix.catalogue.surfaces import PlayedScenarios
from matrix.model import Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.marks import NO_CALL, NOT_APPLICABLE, Mark
from matrix.site.rollup import GridCell, GroupCell, find_folded, roll_up
from matrix.system.text import counted
from matrix.targets.names import Client
from matrix.targets.target import Target
from matrix.verdicts.verdict import control_for
from matrix.verdicts.wording import describe_dialects

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

CLIENTS: Final = "clients"
"""The anchor of the section about other clients on a release's page."""


class GridColumn(Frozen, frozen=True, kw_only=True):
    """Adjacent releases that show the same.

    Attributes:
        versions: Oldest first.
        since: The month in which the first was uploaded: `Nov 2024`.
        until: The month in which the last was uploaded.
        surface: The call by which they are shown.
        path: The path of the page with the evidence of the newest of them; empty if no page is linked.
        runs: Whether any scenario can be played on them.
        is_folded: Whether readers see it only after they ask for it.
    """

    versions: tuple[str, ...]
    since: str
    until: str
    surface: str
    path: str = ""
    runs: bool = True
    is_folded: bool = False

    @property
    def newest(self) -> str:
        """The release whose page has the evidence."""
        return self.versions[-1]

    @property
    def size(self) -> int:
        """The number of releases."""
        return len(self.versions)


class GridRow(Frozen, frozen=True, kw_only=True):
    """One scenario.

    Attributes:
        scenario: The scenario.
        cells: Its outcomes, column by column.
        differs: Whether releases that can be used show different things.
        terms: Other words by which people look for it: the expected class, the type of the error and its status.
    """

    scenario: Scenario
    cells: tuple[GridCell, ...]
    differs: bool
    terms: str = ""


class GridGroup(Frozen, frozen=True, kw_only=True):
    """Scenarios that a reader expects to behave alike.

    Attributes:
        id: Its name in addresses.
        title: What happens in each of them.
        cells: The sum of their outcomes, column by column.
        rows: The scenarios.
    """

    id: str
    title: str
    cells: tuple[GroupCell, ...]
    rows: tuple[GridRow, ...]


class Absent(Frozen, frozen=True, kw_only=True):
    """The scenarios that some calls do not play.

    Attributes:
        not_played: Those that exist in their dialect.
        not_applicable: Those that do not, by the streams in which alone they exist.
    """

    not_played: tuple[Scenario, ...]
    not_applicable: tuple[tuple[str, tuple[Scenario, ...]], ...]


class Grid(Frozen, frozen=True, kw_only=True):
    """The matrix of one call in one lane.

    Attributes:
        lane: The lane.
        surface: The id of the surface; empty for the main call of each release.
        title: The call as users write it.
        columns: The columns, newest first.
        groups: The rows by group.
        is_partial: Whether only some scenarios of its dialect are played on the call.
        client: The client on which the call is made.
        absent: The scenarios without a row.
    """

    lane: Lane
    surface: str
    title: str
    columns: tuple[GridColumn, ...]
    groups: tuple[GridGroup, ...]
    is_partial: bool
    client: Client
    absent: Absent

    @property
    def path(self) -> str:
        """The path of its page in the site."""
        return path(self.lane, self.surface)

    @property
    def shown(self) -> Hashable:
        """What its table shows; equal for calls that behave alike in every scenario, on the same releases."""
        columns = tuple((column.versions, column.path, column.is_folded) for column in self.columns)
        return self.client, columns, self.groups

    @property
    def rows(self) -> tuple[GridRow, ...]:
        """Every row."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def scenarios(self) -> int:
        """The number of its scenarios; the row of the control that the backend does not know is none."""
        return sum(not isinstance(row.scenario.ideal, IsUnsupported) for row in self.rows)

    @property
    def count(self) -> str:
        """What its rows are, in words."""
        return f"{counted(self.scenarios, 'scenario')}{' and a control' if self.scenarios < len(self.rows) else ''}"

    @property
    def folded(self) -> tuple[GridColumn, ...]:
        """The columns that are folded at first, newest first."""
        return tuple(column for column in self.columns if column.is_folded)


Menu = tuple[tuple[Client, dict[str, str]], ...]
"""Each client, and its calls: id to title."""


def path(lane: Lane, surface: str) -> str:
    """Return the path of the page of a matrix."""
    return f"matrix/{lane}/{surface}/" if surface else f"matrix/{lane}/"


def title(target: Target, surface: str) -> str:
    """Return a call as users write it."""
    return target.surfaces[surface].title if surface else "the main streaming call of each release"


def surfaces(known: EpochViews) -> list[str]:
    """List the calls of a client that have a matrix: each that was played, after the first-party client's main call."""
    played = {call.surface for views in known.views.values() for view in views for call in view.calls}
    own = [surface for surface in known.source.target.surfaces if surface in played]
    return own if known.client else [MAIN_CALL, *own]


def menu(known: EpochViews) -> Menu:
    """List the calls that have a matrix by client, the first-party client first."""
    target = known.source.target
    return tuple(
        (target.client(each.client), {surface: title(target, surface) for surface in surfaces(each)})
        for each in (known, *known.others.values())
    )


def grid(known: EpochViews, lane: Lane, surface: str = MAIN_CALL) -> Grid:
    """Lay out the matrix of one call.

    Args:
        known: All epochs of the client of the call.
        lane: The lane.
        surface: Its id; MAIN_CALL for the main call of each release.
    """
    views, target = known.views[lane], known.source.target
    mains = set(target.suite.main) if surface == MAIN_CALL else {surface}
    ids = loudest_first(target, {id_ for main in mains for id_ in known.played[lane].get(main, ())})
    shown = runs(views, lambda view: _cells(known, view, surface or view.surface, ids), surface)
    folded = find_folded([(column.surface, cells) for column, cells in shown])
    scenarios = [target.catalogue[id_] for id_ in ids]
    rows = {
        scenario.id: _row(scenario, [cells[at] for _, cells in shown], _terms(target, views, scenario))
        for at, scenario in enumerate(scenarios)
    }
    return Grid(
        lane=lane,
        surface=surface,
        title=title(target, surface),
        columns=tuple(
            msgspec.structs.replace(
                column,
                path=_path(known, column.newest),
                runs=not all(cell.is_absent for cell in cells),
                is_folded=is_folded,
            )
            for (column, cells), is_folded in zip(shown, folded, strict=True)
        ),
        groups=_group(target, rows),
        is_partial=bool(surface) and target.surfaces[surface].plays is not PlayedScenarios.ALL,
        client=target.client(known.client),
        absent=absent(target, mains),
    )


def absent(target: Target, surfaces: Collection[str]) -> Absent:
    """List the scenarios that none of these calls plays, and why."""
    not_played, not_applicable = target.suite.find_absent(surfaces)
    by_streams: defaultdict[str, list[Scenario]] = defaultdict(list)
    for id_ in not_applicable:
        by_streams[describe_dialects(target, target.catalogue[id_].dialects)].append(target.catalogue[id_])
    return Absent(
        not_played=tuple(target.catalogue[id_] for id_ in not_played),
        not_applicable=tuple((streams, tuple(members)) for streams, members in by_streams.items()),
    )


def _path(known: EpochViews, version: str) -> str:
    """Return the path of the evidence of a release; of the release itself if that has no such client."""
    return known.evidence_path(version) if known.has_evidence(version) else f"releases/{version}/"


def _group(target: Target, rows: Mapping[str, GridRow]) -> tuple[GridGroup, ...]:
    """Divide rows into groups, in the order in which families are read."""
    groups = group_scenarios(target.suite, (row.scenario for row in rows.values()))
    return tuple(
        GridGroup(
            id=group.id,
            title=group.title,
            cells=tuple(map(roll_up, zip(*(rows[each.id].cells for each in group.scenarios), strict=True))),
            rows=tuple(rows[each.id] for each in group.scenarios),
        )
        for group in sorted(groups, key=lambda group: _rank(group.scenarios[0]))
    )


def by_family(rows: Iterable[Row]) -> ByFamily[Row]:
    """Group rows by their family."""
    return tuple((family, tuple(members)) for family, members in groupby(rows, key=lambda row: row.scenario.family))


def loudest_first(target: Target, ids: Collection[str]) -> list[str]:
    """Sort scenarios as they are read: the family whose failures are silent, then the others in their order.

    Controls come last: they show that the harness works, and readers want the outcomes first.
    """
    scenarios = sort_by_family(scenario for id_, scenario in target.catalogue.items() if id_ in ids)
    return [scenario.id for scenario in sorted(scenarios, key=_rank)]


def _rank(scenario: Scenario) -> int:
    return {Family.TRUNCATION: -1, Family.CONTROL: len(Family)}.get(scenario.family, 0)


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
    if not known.has_evidence(view.epoch.versions[-1]):  # the release has no such client
        return (GridCell(Mark.UNAVAILABLE, "unusable" if view.unusable else NO_CALL, CLIENTS),) * len(ids)
    return tuple(_cell(view, Call(surface, id_)) for id_ in ids)


def _cell(view: EpochView, call: Call) -> GridCell:
    call_view = view.calls.get(call)
    if call_view is not None:
        return GridCell(call_view.mark, call_view.word, call.scenario)
    return GridCell(Mark.UNAVAILABLE, _why_absent(view, call), call.scenario)


def _why_absent(view: EpochView, call: Call) -> str:
    """Say in a word or two why there is no observation of a call."""
    if view.unusable:
        return "unusable"
    return "not played" if view.target.suite.is_applicable(call.scenario, call.surface) else NOT_APPLICABLE


def _terms(target: Target, views: Sequence[EpochView], scenario: Scenario) -> str:
    """Return the words by which people look for a scenario; a class is that of the newest release that shows it."""
    match scenario.ideal:
        case RaisesStatus(error_type, status) | Recovers(error_type, status):
            plain = control_for(scenario) or scenario.id
            calls = (view.calls.get(Call(view.surface, plain)) for view in reversed(views))
            raised = (call.observation.exception for call in calls if call)
            name = next((exception.short_name for exception in raised if exception), "")
            return " ".join(filter(None, (name, error_type, str(status or ""))))
        case RaisesConnection():
            return target.classes.connection
        case RaisesSdk():
            return target.classes.root
    return ""


def _row(scenario: Scenario, cells: Sequence[GridCell], terms: str) -> GridRow:
    usable = {cell for cell in cells if not cell.is_absent}
    return GridRow(scenario=scenario, cells=tuple(cells), differs=len(usable) > 1, terms=terms)
