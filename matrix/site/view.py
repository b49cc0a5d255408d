"""What the first page says, as plain values: every sentence, number and cell of it is computed, here and beside. Pure.

The template lays these out and decides nothing.
"""

import datetime as dt
from itertools import groupby
from typing import Final

from matrix.compare.history import History, describe_transition, transition_anchor
from matrix.model import Frozen, Lane, Release
from matrix.site.answer import Answer, Coverage, answer, coverage
from matrix.site.epoch_views import Known
from matrix.site.grid import Grid, grid
from matrix.site.marks import Mark
from matrix.site.source import Source

_LATELY: Final = 4
"""Changes on the first page."""


class Lately(Frozen, frozen=True, kw_only=True):
    """What changed at a release, in a sentence; `anchor` names it on the page of changes."""

    version: str
    day: dt.date
    sentence: str
    anchor: str


class Page(Frozen, frozen=True, kw_only=True):
    """All of it.

    Attributes:
        answer: In numbers.
        coverage: What they are based on, by lane.
        observations: How many there are.
        releases: Newest first.
        series: The same by series: `2.x`, `0.86`.
        lately: What changed last, with today's dependencies, newest first.
        silent: In how many scenarios a failure looks like success on the newest column of the matrix.
        grid: The matrix that most people ask for: the main call, today's dependencies.
    """

    answer: Answer
    coverage: tuple[Coverage, ...]
    observations: int
    releases: tuple[Release, ...]
    series: tuple[tuple[str, tuple[Release, ...]], ...]
    lately: tuple[Lately, ...]
    silent: int
    grid: Grid


def build(known: Known) -> Page:
    """The page for what is known."""
    source, told = known.source, known.told
    releases = sorted(source.releases.values(), key=lambda release: release.parsed, reverse=True)
    shown = grid(known, Lane.TODAY)
    covered = tuple(coverage(lane, releases, source) for lane in Lane)
    return Page(
        answer=answer(releases, source, told),
        coverage=covered,
        observations=sum(one.observations for one in covered),
        releases=tuple(releases),
        series=tuple((name, tuple(members)) for name, members in groupby(releases, key=_series)),
        lately=_lately(source, known.histories[Lane.TODAY]),
        silent=sum(bool(row.cells) and row.cells[0].mark is Mark.SILENT for _, rows in shown.families for row in rows),
        grid=shown,
    )


def _series(release: Release) -> str:
    """What people call a release's series: by its major from 1.0 on, by its tens before."""
    if release.parsed.major:
        return f"{release.parsed.major}.x"
    tens = release.parsed.minor // 10 * 10
    return f"0.{tens}–0.{tens + 9}"


def _lately(source: Source, history: History) -> tuple[Lately, ...]:
    return tuple(
        Lately(
            version=one.after,
            day=source.releases[one.after].uploaded.date(),
            sentence=describe_transition(one),
            anchor=transition_anchor(Lane.TODAY, one),
        )
        for one in reversed(history.transitions[-_LATELY:])
    )
