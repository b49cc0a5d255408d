"""The first page as plain values: every sentence, number and cell. Pure.

The template lays these out and decides nothing.
"""

import datetime as dt
from itertools import groupby
from typing import Final

from matrix.compare.history import History, describe_transition, transition_path
from matrix.model import Frozen, Lane, Release
from matrix.site.answer import Answer, Coverage, answer, coverage
from matrix.site.client_rows import ClientRow, client_rows
from matrix.site.epoch_views import EpochViews
from matrix.site.grid import Grid, grid
from matrix.site.handlers.pages import CrashingHandler, crashing_handlers
from matrix.site.marks import Mark
from matrix.site.source import SiteSource

_RECENT: Final = 4
"""Changes on the first page."""


class RecentChange(Frozen, frozen=True, kw_only=True):
    """A change at a release, in a sentence, with the path of its page in the site."""

    version: str
    day: dt.date
    sentence: str
    path: str


class HomePage(Frozen, frozen=True, kw_only=True):
    """The first page.

    Attributes:
        answer: The answer, in numbers.
        coverage: Lane to the number of tested releases.
        observations: The number of observations.
        releases: Newest first.
        series: The same by series: `2.x`, `0.86`.
        recent_changes: The last changes, with today's dependencies, newest first.
        silent: The number of scenarios in which a failure looks like success on the newest column of the matrix.
        grid: The matrix that most people ask for: the main call, today's dependencies.
        crashing: The handlers that crash on the recommended release with today's dependencies, the worst first.
        clients: What the other clients of the newest release do; empty if none of them was measured.
    """

    answer: Answer
    coverage: tuple[Coverage, ...]
    observations: int
    releases: tuple[Release, ...]
    series: tuple[tuple[str, tuple[Release, ...]], ...]
    recent_changes: tuple[RecentChange, ...]
    silent: int
    grid: Grid
    crashing: tuple[CrashingHandler, ...] = ()
    clients: tuple[ClientRow, ...] = ()


def home_page(known: EpochViews) -> HomePage:
    """Lay out the first page."""
    source, views = known.source, known.views
    releases = sorted(source.releases.values(), key=lambda release: release.parsed, reverse=True)
    shown = grid(known, Lane.TODAY)
    covered = tuple(coverage(lane, releases, source) for lane in Lane)
    answered = answer(releases, source, views)
    pinned = known.by_release.get((answered.recommended, Lane.TODAY)) if answered.recommended else None
    clients = client_rows(known, answered.newest) if answered.newest else ()
    return HomePage(
        answer=answered,
        coverage=covered,
        observations=sum(lane.observations for lane in covered),
        releases=tuple(releases),
        series=tuple((name, tuple(members)) for name, members in groupby(releases, key=_series)),
        recent_changes=_recent_changes(source, known.histories[Lane.TODAY]),
        silent=sum(bool(row.cells) and row.cells[0].mark is Mark.SILENT for row in shown.rows),
        grid=shown,
        crashing=crashing_handlers(pinned) if pinned else (),
        clients=clients if any(row.overloaded for row in clients) else (),
    )


def _series(release: Release) -> str:
    """Return the name of a release's series: its major version from 1.0 on, ten minor versions before."""
    if release.parsed.major:
        return f"{release.parsed.major}.x"
    tens = release.parsed.minor // 10 * 10
    return f"0.{tens}–0.{tens + 9}"


def _recent_changes(source: SiteSource, history: History) -> tuple[RecentChange, ...]:
    return tuple(
        RecentChange(
            version=transition.after,
            day=source.releases[transition.after].uploaded.date(),
            sentence=describe_transition(transition),
            path=transition_path(Lane.TODAY, transition),
        )
        for transition in reversed(history.transitions[-_RECENT:])
    )
