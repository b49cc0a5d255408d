"""Makes plans: compares the index with the store, selects the cells to measure, and divides them into shards.

I/O, through index, store and uv. It writes nothing: the merge records the plan's releases together with the results.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from matrix.harness.control_runs import find_control_jobs, make_control_job
from matrix.harness.installer import Unresolvable
from matrix.harness.jobs import offered_extras, select_cells
from matrix.harness.runner import Job
from matrix.model import DEFAULT_PYTHON, Cell, Lane, Lock, Release
from matrix.releases import index as package_index
from matrix.releases import npm_metadata, selection
from matrix.releases.metadata import requirements
from matrix.service import costs, drift
from matrix.service.costs import CellKind, Cost
from matrix.service.daily import find_newest_cells, select_daily_cells
from matrix.service.plan import Plan, PlannedCell, divide_cells, find_reasons
from matrix.store import envelope
from matrix.store.documents import address, control_name
from matrix.store.store import Store
from matrix.targets.target import Registry, Target

COSTS = "costs"
"""The name of the document that holds costs, and a part of the name of its file."""


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a plan.

    Attributes:
        versions: The versions, as `selection.select` takes them; None for all, or for the daily cells of a sampled
            target.
        lanes: The lanes of the cells.
        pythons: The Pythons of the cells.
        shards: The number of shards; None for shards of about `plan.SHARD_SECONDS`.
        force: Whether to measure cells again whose results are up to date.
        refresh_today: Whether to resolve the `today` lane again.
        index: The address of the Simple API; None for the default package index.
        workers: The number of resolutions at a time.
    """

    versions: str | None = None
    lanes: tuple[Lane, ...] = tuple(Lane)
    pythons: tuple[str, ...] = (DEFAULT_PYTHON,)
    shards: int | None = None
    force: bool = False
    refresh_today: bool = True
    index: str | None = None
    workers: int = 1


def make_plan(store: Store, asked: PlanRequest, known_costs: costs.Costs | None = None) -> Plan:
    """Plan the cells whose results are missing or stale.

    Args:
        store: The recorded data.
        asked: The options of the plan.
        known_costs: The recorded costs, as `read_costs` returns them; None for the default costs.

    Raises:
        IndexFailure: The index can't be read, or it contradicts the recorded releases.
        UsageError: `versions` can't be parsed, or selects no release.
        ToolFailure: uv failed.
    """
    known_releases = store.releases()
    listed = package_index.fetch_listing(store.target, known_releases, asked.index).releases
    package_index.check(known_releases, listed)
    releases = {release.version: release for release in sorted(listed.values(), key=lambda release: release.parsed)}
    is_daily = store.target.is_sampled and asked.versions is None
    selected = (
        select_daily_cells(store, releases, asked.lanes, asked.pythons)
        if is_daily
        else select_cells(store, releases, asked.versions, asked.lanes, asked.pythons)
    )
    wanted = selection.with_extras(selected, offered_extras(store))
    known = {cell: stored for cell, stored in store.cells().items() if cell.version in releases}
    today = [cell for cell in wanted if cell.lane is Lane.TODAY] if asked.refresh_today else []
    if is_daily:
        today = find_newest_cells(today, releases)
    resolved = _resolved(store.target, today, releases, asked.index, asked.workers)
    drifted = {cell for cell in resolved if cell in known and _has_drifted(store, cell, resolved[cell])}
    measured_with = {cell: stored.suite for cell, stored in known.items()}
    reasons = find_reasons(wanted, measured_with, store.target.digest, drifted=drifted, force=asked.force)
    locks: dict[Cell, Lock] = {}
    for cell in reasons:
        recorded = store.result(cell)
        lock = resolved.get(cell) if cell in drifted or recorded is None else recorded.lock
        if isinstance(lock, Lock):
            locks[cell] = lock
    planned = [
        PlannedCell(
            cell=cell,
            why=reasons[cell],
            lock=locks[cell].pins if cell in locks else (),
            known=address(known[cell]) if cell in known else "",
        )
        for cell in reasons
    ]
    judgements = store.judgements()
    kinds = {
        cell: costs.classify_cell(cell, stored.outcome, judgements.get(stored.behaviour))
        for cell, stored in known.items()
        if cell in reasons
    }
    controls = _controls(store, releases, {cell.python for cell in reasons}, resolved, asked)
    return Plan(
        suite=store.target.digest,
        pythons=asked.pythons,
        releases=tuple(releases.values()),
        controls={name: lock.pins for name, lock in controls.items()},
        distributions=_distributions([*locks.values(), *controls.values()]),
        shards=divide_cells(planned, kinds, known_costs or {}, asked.shards),
    )


def find_drifted_jobs(store: Store, cells: Sequence[Cell], index: str | None, workers: int) -> list[Job]:
    """Make jobs for the cells in the `today` lane whose lock has changed or that were never measured.

    Raises:
        ToolFailure: uv failed.
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
    chosen = {cell.version: releases[cell.version] for cell in cells}
    if target.registry is Registry.NPM:
        required = npm_metadata.requirements(target.package, chosen, index)
    else:
        required = requirements(target.package, chosen, index)
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
    """Choose the lock of each control as a run would, so that all shards play the same control.

    The control is the newest release, or an older one if that gives no answer. It is taken to offer the extras that
    measured releases offer. A lock that is not recorded is resolved if `asked` allows it, and by each shard otherwise.
    """
    offered = {extra for extras in offered_extras(store).values() for extra in extras}
    plain = [find_control_jobs(store, releases, python)[0] for python in sorted(pythons)]
    jobs = [
        make_control_job(store, msgspec.structs.replace(job.cell, extra=extra), job.release)
        for job in plain
        for extra in ("", *sorted(offered))
    ]
    missing = [job.cell for job in jobs if job.lock is None and job.cell not in resolved]
    now = dict(resolved)
    if missing and asked.refresh_today:
        now |= drift.resolve_locks(store.target, missing, releases, {}, asked.index, asked.workers)
    locks = {control_name(job.cell.python, job.cell.extra): job.lock or now.get(job.cell) for job in jobs}
    return {name: lock for name, lock in locks.items() if isinstance(lock, Lock)}


def _distributions(locks: Iterable[Lock]) -> dict[str, tuple[str, ...]]:
    """Collect the hashes of each pin from all locks that contain it, as the store records them."""
    by_pin: dict[str, set[str]] = {}
    for lock in locks:
        for pin, hashes in lock.hashes.items():
            by_pin.setdefault(pin, set()).update(hashes)
    return {pin: tuple(sorted(hashes)) for pin, hashes in by_pin.items()}


def costs_path(store: Store) -> Path:
    """Return the path of the costs, which is outside the data, since costs depend on machines and not on releases."""
    return store.folder.with_name(f"{store.folder.name}.{COSTS}.json")


def read_costs(store: Store) -> dict[CellKind, Cost]:
    """Read the recorded costs; they are empty if nothing was recorded.

    Raises:
        StoreCorrupt: The document is damaged, or a number in it is out of bounds.
    """
    path = costs_path(store)
    return envelope.read(path, COSTS, dict[CellKind, Cost]) if path.exists() else {}
