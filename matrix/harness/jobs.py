"""Selects the cells of a store to measure, and their locks. I/O: reads a store."""

from collections.abc import Sequence

from matrix.harness.runner import Job
from matrix.model import Cell
from matrix.releases import selection
from matrix.store.store import Store


def make_jobs(cells: Sequence[Cell], store: Store) -> list[Job]:
    """Make jobs for cells, with the recorded lock of each cell that has one."""
    releases = store.releases()
    jobs = []
    for cell in cells:
        known = store.result(cell)
        jobs.append(Job(cell, releases[cell.version], known.lock if known else None))
    return jobs


def offered_extras(store: Store) -> dict[Cell, tuple[str, ...]]:
    """Return the extras that measured releases offer, by cell."""
    return {cell: stored.extras for cell, stored in store.cells().items() if stored.extras}


def find_missing_cells(store: Store, wanted: Sequence[Cell]) -> list[Cell]:
    """Find the cells that this suite has not measured."""
    measured_with = {cell: stored.suite for cell, stored in store.cells().items()}
    return selection.missing(wanted, measured_with, store.target.digest)
