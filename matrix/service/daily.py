"""Selects the cells of a sampled target that one plan holds. I/O: reads a store.

A day's plan of a framework is bounded, so that a search for changes never takes a run over. The newest release comes
first, in both lanes; it alone is resolved again to find drift. Then come the sample in the lane `today`, until so many
releases are measured, and the releases that halve a change in either lane. A plan takes a few of those, and the next
plans take the others.
"""

from collections.abc import Collection, Mapping
from typing import Final

from matrix.harness.bisection import find_middles
from matrix.model import Cell, Lane, Release
from matrix.releases import sampling, selection
from matrix.store.store import Store

NEW_AT_MOST: Final = 12
"""Limit for the cells of a plan that were never measured. Twelve cells of most targets take a minute of one core."""


def select_daily_cells(
    store: Store, releases: Mapping[str, Release], lanes: Collection[Lane], pythons: Collection[str]
) -> list[Cell]:
    """Select the measured cells of a sampled target, and a few that were never measured; the newest release first."""
    known = store.cells().keys()
    measured = [
        cell
        for cell in known
        if cell.version in releases and cell.lane in lanes and cell.python in pythons and not cell.extra
    ]
    fresh: dict[Cell, bool] = {}
    for python in pythons:
        newest = selection.newest_version(releases, python)
        for lane in lanes:
            for cell in _list_wanted(store, releases, lane, python, newest):
                if cell not in known and releases[cell.version].has_lane(lane):
                    fresh[cell] = cell.version == newest

    def order(cell: Cell) -> tuple[object, ...]:
        return fresh.get(cell, False), cell.lane is Lane.TODAY, releases[cell.version].parsed

    planned = sorted(fresh, key=order, reverse=True)[:NEW_AT_MOST]
    return sorted([*measured, *planned], key=lambda cell: releases[cell.version].parsed, reverse=True)


def find_newest_cells(cells: Collection[Cell], releases: Mapping[str, Release]) -> list[Cell]:
    """Find the cells of the newest release of each runtime."""
    newest = {python: selection.newest_version(releases, python) for python in {cell.python for cell in cells}}
    return [cell for cell in cells if cell.version == newest[cell.python]]


def _list_wanted(store: Store, releases: Mapping[str, Release], lane: Lane, python: str, newest: str) -> list[Cell]:
    """List the cells of one lane that a search measures next; some of them may be measured."""
    first = {newest} - {""}
    measured = sum((cell.lane, cell.python, cell.extra) == (lane, python, "") for cell in store.cells())
    # Each new minor version moves a sample that is thinned out: without a limit, the search would never end.
    if lane is Lane.TODAY and measured < sampling.SAMPLE_SIZE:
        first |= {release.version for release in sampling.sample(sampling.installable(releases.values()))}
    middles = find_middles(store, releases.values(), lane, python, waiting=first)
    return [*(Cell(version, lane, python) for version in first), *middles]
