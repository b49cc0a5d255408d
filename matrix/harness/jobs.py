"""Selects the cells of a store to measure, and their locks. I/O: reads a store."""

from collections.abc import Collection, Mapping, Sequence

from matrix.harness.bisection import find_middles
from matrix.harness.runner import Job
from matrix.model import Cell, Lane, Release
from matrix.releases import sampling, selection
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


def select_cells(
    store: Store,
    releases: Mapping[str, Release],
    versions: str | None,
    lanes: Collection[Lane],
    pythons: Collection[str],
) -> list[Cell]:
    """Select cells without an extra, as `selection.select` selects their releases.

    Of a sampled target, `None` selects the sample, the releases that were measured before, and those that halve a
    change.
    """
    if not store.target.is_sampled or versions is not None:
        return selection.cells(selection.select(releases, versions, store.target.runtime), lanes, pythons)
    sampled = {release.version for release in sampling.sample(sampling.installable(releases.values()))}
    known = store.cells()
    chosen: list[Cell] = []
    for python in pythons:
        for lane in Lane:
            if lane not in lanes:
                continue
            measured = {cell.version for cell in known if (cell.lane, cell.python) == (lane, python)}
            middles = find_middles(store, releases.values(), lane, python, sampled)
            versions_here = (sampled | measured | {cell.version for cell in middles}) & releases.keys()
            ordered = sorted((releases[version] for version in versions_here), key=lambda release: release.parsed)
            chosen += selection.cells(ordered, [lane], [python])
    return chosen
