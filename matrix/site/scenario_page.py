"""The page of one scenario: the bytes on the wire, the expected outcome, and the outcome on each release. Pure.

The page shows the first client that plays the scenario: another than the first-party one if the scenario exists only in
that client's streams. The other clients follow in one table.
"""

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Scenario
from matrix.model import TODAY_FIRST, Frozen, Lane
from matrix.observation import Call
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.grid import CLIENTS
from matrix.site.marks import Mark, why_absent
from matrix.targets.names import Client
from matrix.targets.target import Target
from matrix.verdicts.verdict import VerdictKind, Yardstick
from matrix.verdicts.wording import describe_dialects, describe_ideal, describe_wire, ideal_source

_THREAD: Final = re.compile(r"/(?:issues|pull|discussions)/\d+")
"""What the address of an issue, a pull request or a discussion has."""


class WireTimeline(Frozen, frozen=True, kw_only=True):
    """What the server does in one dialect, as `wording.describe_wire` has it.

    Attributes:
        dialect: The dialect.
        sender: The service that sends it, in words.
        actions: The server's actions.
    """

    dialect: Dialect
    sender: str
    actions: tuple[tuple[str, str], ...]


class RunRow(Frozen, frozen=True, kw_only=True):
    """The outcome of a scenario on the main call of adjacent releases.

    Attributes:
        versions: Oldest first.
        since: The day on which the first was uploaded.
        until: The day on which the last was uploaded.
        surface: The main call.
        path: The path of the evidence of the newest of them in the site, with the anchor.
        words: The outcome in words.
        mark: Both verdicts in one mark.
        kinds: Rule to verdict.
    """

    versions: tuple[str, ...]
    since: dt.date
    until: dt.date
    surface: str
    path: str
    words: str
    mark: Mark
    kinds: dict[Yardstick, VerdictKind]


class LaneRuns(Frozen, frozen=True, kw_only=True):
    """The outcomes in one lane, newest first."""

    lane: Lane
    rows: tuple[RunRow, ...]


class ClientRuns(Frozen, frozen=True, kw_only=True):
    """The outcomes on one other client in one lane, newest first; releases without the client are left out."""

    client: Client
    lane: Lane
    rows: tuple[RunRow, ...]


class ScenarioPage(Frozen, frozen=True, kw_only=True):
    """One scenario.

    Attributes:
        scenario: The scenario.
        ideal: The expected outcome, in words.
        source: Where the expected outcome is documented, as `wording.ideal_source` has it.
        only: The streams in which alone it exists; empty if it exists in all.
        wires: What the server does, in each dialect that has it.
        client: The client whose outcomes are shown first.
        lanes: Its outcomes, by lane.
        others: The outcomes on the other clients that play it, by lane.
        reports: Public threads in which users met it.
        described: Public pages that describe it.
        before: The scenario before it in the catalogue, by id; empty if there is none.
        after: The one after it.
    """

    scenario: Scenario
    ideal: str
    source: tuple[str, str]
    only: str
    wires: tuple[WireTimeline, ...]
    client: Client
    lanes: tuple[LaneRuns, ...]
    others: tuple[tuple[Lane, tuple[ClientRuns, ...]], ...]
    reports: tuple[str, ...]
    described: tuple[str, ...]
    before: str
    after: str


def scenario_pages(known: EpochViews) -> list[ScenarioPage]:
    """Lay out the page of every scenario, in the order of the catalogue."""
    ids = list(known.source.target.catalogue)
    return [
        _page(known, id_, ids[number - 1] if number else "", ids[number + 1] if number + 1 < len(ids) else "")
        for number, id_ in enumerate(ids)
    ]


def _page(known: EpochViews, id_: str, before: str, after: str) -> ScenarioPage:
    target = known.source.target
    scenario = target.catalogue[id_]
    plays = [client for client in target.clients if id_ in target.suite.scenarios_of(client.id)]
    shown, *rest = plays or target.clients[:1]
    own = known.find(shown.id)
    others = [(client, views) for client in rest if (views := known.find(client.id)) is not None]
    return ScenarioPage(
        scenario=scenario,
        ideal=describe_ideal(target, scenario),
        source=ideal_source(target, scenario),
        only=describe_dialects(target, scenario.dialects),
        wires=tuple(
            WireTimeline(dialect=dialect, sender=_sender(target, dialect), actions=describe_wire(scenario, dialect))
            for dialect in Dialect
            if dialect in scenario.dialects
        ),
        client=shown,
        lanes=tuple(_lane_runs(own, id_, lane) for lane in TODAY_FIRST if own is not None and lane in own.views),
        others=tuple(
            (lane, tuple(_client_runs(views, client, id_, lane) for client, views in others))
            for lane in TODAY_FIRST
            if others
        ),
        reports=tuple(address for address in scenario.sources if _THREAD.search(address)),
        described=tuple(address for address in scenario.sources if not _THREAD.search(address)),
        before=before,
        after=after,
    )


def _sender(target: Target, dialect: Dialect) -> str:
    """Name the service that sends streams of a dialect."""
    clients = [target.client(surface.client) for surface in target.surfaces.values() if surface.dialect is dialect]
    shown_client = clients[0] if clients else target.clients[0]
    return shown_client.title if shown_client.id else f"the {dialect} API"


def _client_runs(known: EpochViews, client: Client, id_: str, lane: Lane) -> ClientRuns:
    views = [view for view in known.views[lane] if view.has_client or not view.behaviour]
    return ClientRuns(client=client, lane=lane, rows=tuple(reversed(_rows(known, id_, views))))


def _lane_runs(known: EpochViews, id_: str, lane: Lane) -> LaneRuns:
    return LaneRuns(lane=lane, rows=tuple(reversed(_rows(known, id_, known.views[lane]))))


def _rows(known: EpochViews, id_: str, views: Sequence[EpochView]) -> list[RunRow]:
    """Merge adjacent epochs with the same outcome into one row; oldest first."""
    rows: list[RunRow] = []
    for view in views:
        row = _row(known, id_, view)
        before = rows[-1] if rows else None
        if before and (before.surface, before.words, before.kinds) == (row.surface, row.words, row.kinds):
            rows[-1] = RunRow(
                versions=before.versions + row.versions, since=before.since, until=row.until, surface=row.surface,
                path=row.path, words=row.words, mark=row.mark, kinds=row.kinds,
            )  # fmt: skip
        else:
            rows.append(row)
    return rows


def _row(known: EpochViews, id_: str, view: EpochView) -> RunRow:
    call, newest = view.calls.get(Call(view.surface, id_)), view.epoch.versions[-1]
    absent = why_absent(known.source.target.suite, id_, view.surface)
    return RunRow(
        versions=view.epoch.versions,
        since=view.epoch.since,
        until=view.epoch.until,
        surface=view.surface,
        path=f"{known.evidence_path(newest)}#{id_}" if known.has_evidence(newest) else f"releases/{newest}/#{CLIENTS}",
        words=call.words if call else view.unusable or absent,
        mark=call.mark if call else Mark.UNAVAILABLE,
        kinds={
            yardstick: call.verdicts[yardstick].kind if call else VerdictKind.UNAVAILABLE for yardstick in Yardstick
        },
    )  # fmt: skip
