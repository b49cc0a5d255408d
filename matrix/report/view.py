"""What the page says, as plain values: every sentence, number and cell of it is computed, here and beside. Pure.

The template lays these out and decides nothing.
"""

from itertools import groupby
from typing import Final

from matrix.model import Frozen, Lane, Release
from matrix.report.answer import Answer, Coverage, answer, coverage
from matrix.report.columns import Column, column
from matrix.report.handling import HANDLED, HandlerRow, Newest, Remedied, handler_rows, newest, remedied
from matrix.report.rows import Row, rows
from matrix.report.source import Source
from matrix.scenarios import CATALOGUE
from matrix.scenarios.steps import Family, Scenario
from matrix.suite import SURFACES
from matrix.wording import ideal

HEADLINES: Final = (
    "mid-overloaded_error",
    "mid-rate_limit_error",
    "mid-api_error",
    "first-overloaded_error",
    "eof-mid",
    "reset",
    "http-overloaded_error",
)
"""The scenarios that have a column; the others are measured too, and summed up in words."""


class Entry(Frozen, frozen=True):
    """A scenario in the catalogue, and what it ought to give, in words."""

    scenario: Scenario
    ideal: str


class Page(Frozen, frozen=True, kw_only=True):
    """All of it."""

    answer: Answer
    coverage: tuple[Coverage, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    releases: tuple[Release, ...]
    families: tuple[tuple[Family, tuple[Entry, ...]], ...]
    newest: Newest | None
    handlers: tuple[HandlerRow, ...]
    handled: tuple[str, ...]
    remedied: Remedied
    suite: str
    scenarios: int
    surfaces: int
    python: str


def build(source: Source) -> Page:
    """The page for what is known."""
    releases = sorted(source.releases.values(), key=lambda release: release.parsed, reverse=True)
    found = answer(releases, source)
    last = newest(source.releases[found.newest], source) if found.newest else None
    return Page(
        answer=found,
        coverage=tuple(coverage(lane, releases, source) for lane in Lane),
        columns=tuple(column(CATALOGUE[id_]) for id_ in HEADLINES),
        rows=rows(releases, HEADLINES, source),
        releases=tuple(releases),
        families=tuple(
            (family, tuple(Entry(scenario, ideal(scenario)) for scenario in members))
            for family, members in groupby(CATALOGUE.values(), key=lambda scenario: scenario.family)
        ),
        newest=last,
        handlers=handler_rows(releases, last, source),
        handled=HANDLED,
        remedied=remedied(source),
        suite=source.suite,
        scenarios=len(CATALOGUE),
        surfaces=len(SURFACES),
        python=source.python,
    )
