"""Makes plans: reads the index, holds it against what is known, finds what wants measuring, and divides it.

I/O, by way of index, store and uv. Nothing is written: whoever records what was planned, records the releases with it.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from matrix.harness import measure
from matrix.harness.jobs import offered_extras
from matrix.harness.runner import Job
from matrix.harness.uv import Unresolvable
from matrix.model import Cell, Lane, Lock, Release
from matrix.releases import index as package_index
from matrix.releases import selection
from matrix.releases.metadata import requirements
from matrix.service import costs, drift
from matrix.service.costs import CellKind, Cost
from matrix.service.plan import Plan, PlannedCell, divide_cells, find_reasons
from matrix.store import envelope
from matrix.store.documents import address
from matrix.store.store import Store
from matrix.targets.target import Target

COSTS = "costs"
"""What costs are named, as a document and as the file beside the data."""


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for.

    Attributes:
        versions: As `plan.select` takes them; None for all.
        lanes: Of the cells.
        pythons: Of the cells.
        shards: How many; None for as many as are sensible.
        force: Whether what is known is to be measured again.
        refresh_today: Whether the `today` lane is resolved again.
        index: The address of the Simple API; None for the package index.
        workers: Resolutions at a time.
    """

    versions: str | None = None
    lanes: tuple[Lane, ...] = tuple(Lane)
    pythons: tuple[str, ...] = (selection.DEFAULT_PYTHON,)
    shards: int | None = None
    force: bool = False
    refresh_today: bool = True
    index: str | None = None
    workers: int = 1


def make_plan(store: Store, asked: PlanRequest) -> Plan:
    """The plan of what is missing or stale.

    Raises:
        IndexFailure: The index can't be read, or lists less than what is known, or something else.
        UsageError: `versions` means nothing.
        ToolFailure: uv could not do its work.
    """
    known_releases = store.releases()
    listed = package_index.fetch(store.target.package, known_releases, asked.index)
    package_index.check(known_releases, listed)
    releases = {release.version: release for release in sorted(listed.values(), key=lambda release: release.parsed)}
    wanted = selection.with_extras(
        selection.cells(selection.select(releases, asked.versions), asked.lanes, asked.pythons), offered_extras(store)
    )
    known = {cell: stored for cell, stored in store.cells().items() if cell.version in releases}
    today = [cell for cell in wanted if cell.lane is Lane.TODAY] if asked.refresh_today else []
    resolved = _resolved(store.target, today, releases, asked.index, asked.workers)
    moved = {cell for cell in resolved if cell in known and _has_drifted(store, cell, resolved[cell])}
    measured_with = {cell: stored.suite for cell, stored in known.items()}
    why = find_reasons(wanted, measured_with, store.target.digest, drifted=moved, force=asked.force)
    locks: dict[Cell, Lock] = {}
    for cell in why:
        recorded = store.result(cell)
        lock = resolved.get(cell) if cell in moved or recorded is None else recorded.lock
        if isinstance(lock, Lock):
            locks[cell] = lock
    planned = [
        PlannedCell(
            cell=cell,
            why=why[cell],
            lock=locks[cell].pins if cell in locks else (),
            known=address(known[cell]) if cell in known else "",
        )
        for cell in why
    ]
    judged = store.judgements()
    kinds = {
        cell: costs.classify_cell(cell, stored.outcome, judged.get(stored.behaviour))
        for cell, stored in known.items()
        if cell in why
    }
    controls = _controls(store, releases, {cell.python for cell in why}, resolved, asked)
    return Plan(
        suite=store.target.digest,
        pythons=asked.pythons,
        releases=tuple(releases.values()),
        controls={python: lock.pins for python, lock in controls.items()},
        distributions=_distributions([*locks.values(), *controls.values()]),
        shards=divide_cells(planned, kinds, read_costs(store), asked.shards),
    )


def find_drifted_jobs(store: Store, cells: Sequence[Cell], index: str | None, workers: int) -> list[Job]:
    """Of cells in the `today` lane, those that would now be locked otherwise, as jobs; so are those yet unknown.

    Raises:
        ToolFailure: uv could not do its work.
    """
    releases = store.releases()
    now = _resolved(store.target, [cell for cell in cells if cell.lane is Lane.TODAY], releases, index, workers)
    return [
        Job(cell, releases[cell.version], None if isinstance(lock, Unresolvable) else lock)
        for cell in cells
        if (lock := now.get(cell)) is not None and _has_drifted(store, cell, lock)
    ]


def _resolved(
    target: Target, cells: Sequence[Cell], releases: Mapping[str, Release], index: str | None, workers: int
) -> dict[Cell, Lock | Unresolvable]:
    if not cells:
        return {}
    required = requirements(target.package, {cell.version: releases[cell.version] for cell in cells}, index)
    return drift.resolve_locks(target, cells, releases, required, index, workers)


def _has_drifted(store: Store, cell: Cell, lock: Lock | Unresolvable) -> bool:
    known = store.result(cell)
    if known is None or isinstance(lock, Unresolvable):
        return known is None or not isinstance(lock, Unresolvable) or known.reason != lock.reason
    return known.lock is None or known.lock.pins != lock.pins


def _controls(
    store: Store,
    releases: Mapping[str, Release],
    pythons: Iterable[str],
    resolved: Mapping[Cell, Lock | Unresolvable],
    asked: PlanRequest,
) -> dict[str, Lock]:
    """The lock of each control, as a run would choose it, so that all shards play the same one.

    One that is not known yet is resolved, unless nothing is to be resolved: each shard does so then.
    """
    jobs = {python: measure.find_control_job(store, releases, python) for python in sorted(pythons)}
    missing = [job.cell for job in jobs.values() if job.lock is None and job.cell not in resolved]
    now = dict(resolved)
    if missing and asked.refresh_today:
        now |= drift.resolve_locks(store.target, missing, releases, {}, asked.index, asked.workers)
    found = {python: job.lock or now.get(job.cell) for python, job in jobs.items()}
    return {python: lock for python, lock in found.items() if isinstance(lock, Lock)}


def _distributions(locks: Iterable[Lock]) -> dict[str, tuple[str, ...]]:
    """The hashes of every pin: of one in several locks, all that any of them has, as the store keeps them."""
    found: dict[str, set[str]] = {}
    for lock in locks:
        for pin, hashes in lock.hashes.items():
            found.setdefault(pin, set()).update(hashes)
    return {pin: tuple(sorted(hashes)) for pin, hashes in found.items()}


def costs_path(store: Store) -> Path:
    """Where costs are kept: beside the data, for they are measured, but of machines and not of releases."""
    return store.folder.with_name(f"{store.folder.name}.{COSTS}.json")


def read_costs(store: Store) -> dict[CellKind, Cost]:
    """What measuring has cost so far; empty if nobody has written it down."""
    path = costs_path(store)
    return envelope.read(path, COSTS, dict[CellKind, Cost]) if path.exists() else {}
