"""Whether an artifact is what a shard of a plan would leave behind. I/O: reads artifacts, and writes nothing.

Nothing is believed that can be checked: every digest, that the suite is ours, that it belongs to the plan, that the
control holds when it is judged here, that what was played is the suite, and that judgements are what we come to.
"""

import stat
from collections.abc import Mapping
from pathlib import Path

import msgspec

from matrix.catalogue import suite
from matrix.errors import ControlFailure, StoreCorrupt, UsageError
from matrix.harness import controls
from matrix.model import Cell, Lane, Lock
from matrix.observation import Outcome, Result
from matrix.releases import selection as planning
from matrix.service import artifact
from matrix.service.artifact import RECORD, ShardRecord
from matrix.service.plan import Plan
from matrix.store import envelope
from matrix.store.documents import Stored, control_name
from matrix.store.store import Store
from matrix.targets.target import Target
from matrix.verdicts.summary import summarise

_MEASURE = "Measure the shard again, into an empty folder."

MAX_FILES = 5_000
"""Files and folders of an artifact; all data of record are under two hundred."""

MAX_BYTES = 128 * 1024 * 1024
"""Bytes of an artifact; all data of record are under five million."""


class Artifact(msgspec.Struct, frozen=True):
    """An artifact that holds.

    Attributes:
        target: What was measured.
        folder: Where it is.
        record: What it says of itself.
        cells: What it knows, without behaviours.
        missing: What of its shard it does not know.
    """

    target: Target
    folder: Path
    record: ShardRecord
    cells: Mapping[Cell, Stored]
    missing: tuple[Cell, ...]

    @property
    def store(self) -> Store:
        """Its results; read anew, so that no more than one artifact is in memory at a time."""
        return artifact.open_store(self.target, self.folder)


def inspect(target: Target, plan: Plan, folder: Path) -> Artifact:
    """Check one artifact.

    Raises:
        StoreCorrupt: It is cut, changed or forged.
        UsageError: It is not of this plan, or of another suite.
        ControlFailure: Its control does not hold.
    """
    _check_bounds(folder)
    record = envelope.read(artifact.record_path(folder), RECORD, ShardRecord)
    _check_record(target, plan, record, folder)
    store = artifact.open_store(target, folder)
    if record.data and record.data != artifact.digest_data(store):
        raise StoreCorrupt(f"{store.folder}: is not what the shard left behind.", _MEASURE)
    # One that was killed may have left what the next run removes.
    if problems := store.verify(tidy=bool(record.data)):
        raise StoreCorrupt(f"{folder}: {problems[0]}", _MEASURE)
    if store.releases() and list(store.releases().values()) != list(plan.releases):
        raise UsageError(f"{folder}: its catalogue of releases is not the plan's.", _MEASURE)
    cells = store.cells()
    _check_cells(target, plan, record, cells, folder)
    _check_controls(plan, record, store, folder)
    _check_results(plan, store, cells, folder)
    _check_judgements(store, folder, complete=bool(record.data))
    missing = tuple(job.cell for job in artifact.list_remaining_jobs(plan, record.shard, store))
    failed = {failure.cell for failure in record.failures}
    if record.data and not set(missing) <= failed:
        lost = next(cell for cell in missing if cell not in failed)
        raise StoreCorrupt(f"{folder}: has ended, and has neither a result nor a failure for {lost}.", _MEASURE)
    return Artifact(target, folder, record, cells, missing)


def _check_bounds(folder: Path) -> None:
    """It has no more files, and no larger ones, than can be gone through, and none that are elsewhere."""
    count = size = 0
    for path in folder.rglob("*"):
        status = path.lstat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise StoreCorrupt(f"{path}: is neither a file nor a folder.", _MEASURE)
        count, size = count + 1, size + status.st_size
        if count > MAX_FILES or size > MAX_BYTES:
            raise StoreCorrupt(
                f"{folder}: has more than {MAX_FILES:,} files or {MAX_BYTES // 1024 // 1024} MB, "
                "and no shard leaves that much.",
                _MEASURE,
            )


def _check_record(target: Target, plan: Plan, record: ShardRecord, folder: Path) -> None:
    if record.suite != target.digest:
        raise UsageError(
            f"{folder}: was measured with suite {record.suite}, and this program plays {target.digest}.", _MEASURE
        )
    if record.plan != envelope.digest(artifact.PLAN, plan):
        raise UsageError(f"{folder}: is of another plan.", "Merge it with the plan that it was measured from.")
    plan.shard(record.shard, record.of)


def _check_cells(target: Target, plan: Plan, record: ShardRecord, cells: Mapping[Cell, Stored], folder: Path) -> None:
    """What it knows belongs to its shard: what was planned, and extras that what was planned turned out to offer."""
    inside = {one.cell for one in plan.shards[record.shard - 1].cells}
    for cell, stored in cells.items():
        plain = cells.get(msgspec.structs.replace(cell, extra=""))
        turned_out = plain is not None and cell.extra in plain.extras and cell.extra in target.suite.extras
        if cell not in inside and not (turned_out and msgspec.structs.replace(cell, extra="") in inside):
            raise UsageError(f"{folder}: {cell} does not belong to shard {record.shard}/{record.of}.", _MEASURE)
        if stored.suite != target.digest:
            raise UsageError(f"{folder}: {cell} was measured with suite {stored.suite}.", _MEASURE)
    groups = {(cell.version, cell.python) for cell in inside}
    for cell in (*(one.cell for one in record.cells), *(one.cell for one in record.failures)):
        if (cell.version, cell.python) not in groups:
            raise UsageError(f"{folder}: {cell} does not belong to shard {record.shard}/{record.of}.", _MEASURE)


def _check_controls(plan: Plan, record: ShardRecord, store: Store, folder: Path) -> None:
    """The one control of the shard's Python, of the plan's release and lock, comes out right when it is judged here."""
    python = plan.shards[record.shard - 1].python
    found = store.control(control_name(python))
    if found is None:
        if store.cells():
            raise ControlFailure(f"{folder}: has results, and no control for Python {python}.", _MEASURE)
        return
    cell, result = found
    wanted = Cell(planning.latest(plan.catalogue, python).version, Lane.TODAY, python)
    if (
        cell != wanted
        or result.suite != store.target.digest
        or set(result.behaviour) != set(controls.control_calls(store.target))
    ):
        raise ControlFailure(f"{folder}: its control is not that of {wanted} and this suite.", _MEASURE)
    _check_lock(store.target, plan, cell, result.lock, plan.controls.get(python, ()), folder)
    try:
        controls.check_patched(store.target, cell, result)
        controls.check_unknown(store.target, cell, result.behaviour)
    except ControlFailure as failure:
        raise ControlFailure(f"{folder}: {failure}", _MEASURE) from None


def _check_results(plan: Plan, store: Store, cells: Mapping[Cell, Stored], folder: Path) -> None:
    planned = plan.planned
    for cell in cells:
        result = store.result(cell)
        if result is None:  # pragma: no cover - it is one of those that the store names
            continue
        _check_lock(store.target, plan, cell, result.lock, planned[cell].lock if cell in planned else (), folder)
        _check_played(store.target, cell, result, folder)


def _check_played(target: Target, cell: Cell, result: Result, folder: Path) -> None:
    played = result.outcome is Outcome.COMPLETED
    if set(result.behaviour) != (set(target.suite.calls(suite.WHOLE, cell.extra)) if played else set()):
        raise StoreCorrupt(f"{folder}: the calls of {cell} are not those of the suite.", _MEASURE)
    if (result.lock is None) != (result.outcome is Outcome.CANNOT_INSTALL):
        raise StoreCorrupt(f"{folder}: {cell} is {result.outcome}, which its lock contradicts.", _MEASURE)
    try:
        controls.check_unknown(target, cell, result.behaviour)
    except ControlFailure as failure:
        raise ControlFailure(f"{folder}: {failure}", _MEASURE) from None


def _check_lock(
    target: Target, plan: Plan, cell: Cell, lock: Lock | None, wanted: tuple[str, ...], folder: Path
) -> None:
    """A lock is the plan's where the plan has one, is of the cell's release, and has the hashes that are known."""
    if wanted and (lock is None or lock.pins != wanted):
        raise UsageError(f"{folder}: {cell} was measured with another lock than the plan's.", _MEASURE)
    if lock is None:
        return
    release = plan.catalogue[cell.version]
    own = f"{target.package}=={cell.version}"
    files = {file.sha256 for file in (*release.wheels, *release.sdists) if file.sha256}
    for pin, hashes in lock.hashes.items():
        listed = set(plan.distributions.get(pin, ()))
        # Of the SDK every file is known; of others the index may have got more since the plan was made.
        holds = {*hashes} <= listed | files if pin == own and files else not listed or listed & {*hashes}
        if not holds:
            raise StoreCorrupt(f"{folder}: {cell} has other hashes of {pin} than the plan.", _MEASURE)
    if own not in lock.hashes:
        raise StoreCorrupt(f"{folder}: the lock of {cell} has no {own} in it.", _MEASURE)


def _check_judgements(store: Store, folder: Path, *, complete: bool) -> None:
    """Judgements are what this program comes to; one that was killed may lack some."""
    known = store.judgements()
    behaviours = store.behaviours()
    if (complete and behaviours != known.keys()) or not known.keys() <= behaviours:
        raise StoreCorrupt(f"{folder}: its judgements are not of its behaviours.", _MEASURE)
    for digest in known:
        if known[digest] != summarise(store.target, store.behaviour(digest)):
            raise StoreCorrupt(f"{folder}: the judgement of {digest} is not what this program comes to.", _MEASURE)
