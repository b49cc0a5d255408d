"""Narrows down the changes of a sampled target: finds the cells to measure next in a store. I/O: reads a store."""

from collections.abc import Collection, Iterable

from matrix.model import Cell, Lane, Release
from matrix.releases import sampling
from matrix.store.store import Store


def find_middles(
    store: Store,
    releases: Iterable[Release],
    lane: Lane,
    python: str,
    waiting: Collection[str] = (),
    unmeasurable: Collection[str] = (),
) -> list[Cell]:
    """Find the cells that halve the changes in a lane, as `sampling.bisect` does."""
    behaviours = {
        cell.version: (stored.outcome, stored.behaviour)
        for cell, stored in store.cells().items()
        if (cell.lane, cell.python, cell.extra, stored.suite) == (lane, python, "", store.target.digest)
    }
    ordered = [release.version for release in sampling.installable(releases)]
    middles = sampling.bisect(ordered, behaviours, waiting=waiting, unmeasurable=unmeasurable)
    return [Cell(version, lane, python) for version in middles]


class Bisection:
    """The search for the releases that change something, while a run measures cells.

    Args:
        store: The store that has the results.
        releases: The releases among which it searches; empty to find nothing.
        requested: The cells that the run measures anyway.
    """

    def __init__(self, store: Store, releases: Collection[Release], requested: Iterable[Cell]) -> None:
        self._store = store
        self._releases = releases
        self._requested = set(requested)
        self._failed: set[Cell] = set()

    def after(self, cell: Cell) -> list[Cell]:
        """Return the cells to measure after the result of a cell was recorded; none of them was requested before."""
        if not self._releases or cell.extra:
            return []
        in_lane = {each for each in self._requested if (each.lane, each.python) == (cell.lane, cell.python)}
        waiting = {each.version for each in in_lane - self._failed}
        unmeasurable = {each.version for each in in_lane & self._failed}
        middles = find_middles(self._store, self._releases, cell.lane, cell.python, waiting, unmeasurable)
        self._requested.update(middles)
        return middles

    def in_place_of(self, cell: Cell) -> list[Cell]:
        """Return the cells to measure in place of one that could not be measured."""
        self._failed.add(cell)
        return self.after(cell)
