"""Jobs: which cells of a store want measuring, and with which locks. I/O: reads a store."""

from collections.abc import Sequence

from matrix.harness.runner import Job
from matrix.model import Cell
from matrix.releases import selection
from matrix.store.store import Store


def make_jobs(cells: Sequence[Cell], store: Store) -> list[Job]:
    """Jobs for cells; one that was locked before is measured with that lock, which is part of the result."""
    releases = store.releases()
    jobs = []
    for cell in cells:
        known = store.result(cell)
        jobs.append(Job(cell, releases[cell.version], known.lock if known else None))
    return jobs


def offered_extras(store: Store) -> dict[Cell, tuple[str, ...]]:
    """Cell to the extras that its release was seen to offer."""
    return {cell: stored.extras for cell, stored in store.cells().items() if stored.extras}


def find_missing_cells(store: Store, wanted: Sequence[Cell]) -> list[Cell]:
    """The cells that want measuring with this suite."""
    measured_with = {cell: stored.suite for cell, stored in store.cells().items()}
    return selection.missing(wanted, measured_with, store.target.digest)
