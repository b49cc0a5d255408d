"""The page of one scenario: what goes over the wire, what ought to come of it, and what did, epoch by epoch. Pure."""

from collections.abc import Mapping
from typing import Final

from matrix.history import Epoch, History
from matrix.judgement import unusable
from matrix.model import Call, Cell, Frozen, Lane
from matrix.report.columns import Column, column
from matrix.report.source import Source
from matrix.scenarios import CATALOGUE
from matrix.suite import main_surface
from matrix.verdict import Kind, Yardstick, judge_call
from matrix.wording import ended

_TITLES: Final = {
    Lane.TODAY: "with the dependencies of today",
    Lane.AS_RELEASED: "with those of the day of each release",
}


class EpochRow(Frozen, frozen=True, kw_only=True):
    """What came of a scenario in one or more adjacent epochs, on the main call.

    Attributes:
        first: The oldest release of them.
        last: The newest.
        releases: How many there are.
        since: The day on which the first was uploaded.
        until: Likewise the last.
        surface: The main call.
        words: How it ended.
        kinds: What that is worth, by each yardstick.
        share: How much of the time line they take, in thousandths, by days.
    """

    first: str
    last: str
    releases: int
    since: str
    until: str
    surface: str
    words: str
    kinds: dict[Yardstick, Kind]
    share: int


class LaneStrip(Frozen, frozen=True, kw_only=True):
    """One lane: its rows, newest first."""

    lane: Lane
    title: str
    rows: tuple[EpochRow, ...]


class ScenarioPage(Frozen, frozen=True, kw_only=True):
    """One scenario, with those beside it in the catalogue."""

    column: Column
    lanes: tuple[LaneStrip, ...]
    older: str
    newer: str


def scenario_pages(source: Source, histories: Mapping[Lane, History]) -> list[ScenarioPage]:
    """The page of every scenario, in the order of the catalogue."""
    ids = list(CATALOGUE)
    return [
        ScenarioPage(
            column=column(CATALOGUE[id_]),
            lanes=tuple(
                LaneStrip(lane=lane, title=title, rows=_rows(id_, source, histories[lane]))
                for lane, title in _TITLES.items()
            ),
            older=ids[number - 1] if number else "",
            newer=ids[number + 1] if number + 1 < len(ids) else "",
        )
        for number, id_ in enumerate(ids)
    ]


def _rows(id_: str, source: Source, history: History) -> tuple[EpochRow, ...]:
    """Epochs in which the same came of it are one row."""
    rows: list[EpochRow] = []
    whole = (history.epochs[-1].until - history.epochs[0].since).days + 1 if history.epochs else 1
    for epoch in history.epochs:
        surface, words, kinds = _came(id_, source, history, epoch)
        days = (epoch.until - epoch.since).days + 1
        before = rows[-1] if rows else None
        alike = before is not None and (before.surface, before.words, before.kinds) == (surface, words, kinds)
        rows[-1 if alike else len(rows) :] = [
            EpochRow(
                first=before.first if alike and before else epoch.versions[0],
                last=epoch.versions[-1],
                releases=len(epoch.versions) + (before.releases if alike and before else 0),
                since=before.since if alike and before else str(epoch.since),
                until=str(epoch.until),
                surface=surface,
                words=words,
                kinds=kinds,
                share=max(4, days * 1000 // whole) + (before.share if alike and before else 0),
            )
        ]
    return tuple(reversed(rows))


def _came(id_: str, source: Source, history: History, epoch: Epoch) -> tuple[str, str, dict[Yardstick, Kind]]:
    """On which call, how it ended, and what that is worth; of the newest release of an epoch."""
    result = source.results[Cell(epoch.versions[-1], history.lane, source.python)]
    main = main_surface([result.behaviour])
    call = Call(main, id_)
    if call not in result.behaviour:
        words = unusable(result) or "not played on this call"
        return main, words, dict.fromkeys(Yardstick, Kind.UNAVAILABLE)
    kinds = {yardstick: judge_call(result.behaviour, call, yardstick).kind for yardstick in Yardstick}
    return main, ended(result.behaviour[call]), kinds
