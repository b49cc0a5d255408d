"""Checks that an artifact is what a shard of the plan would leave behind. I/O: reads artifacts, and writes nothing.

It checks everything that can be checked: digests, the suite, the plan, locks, played calls. It judges controls and
behaviours again and compares the results with the recorded judgements.
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
from matrix.store import envelope, migration, root
from matrix.store.documents import StoredResult, control_name, describe_kind
from matrix.store.store import Store
from matrix.targets.target import Target
from matrix.verdicts.summary import summarise

_MEASURE = "Measure the shard again, into an empty folder."

MAX_FILES = 5_000
"""Limit for the files and folders of an artifact; all data of record has fewer than two hundred."""

MAX_BYTES = 128 * 1024 * 1024
"""Limit for an artifact, in bytes; all data of record has fewer than five million."""


class Artifact(msgspec.Struct, frozen=True):
    """An artifact that passed every check.

    Attributes:
        target: The measured target.
        folder: Its folder.
        record: Its `shard.json`.
        cells: Its results, without behaviours.
        missing: The cells of its shard without a result.
    """

    target: Target
    folder: Path
    record: ShardRecord
    cells: Mapping[Cell, StoredResult]
    missing: tuple[Cell, ...]

    @property
    def store(self) -> Store:
        """Open its results; not cached, so that only one artifact is in memory at a time."""
        return artifact.open_store(self.target, self.folder)


def inspect(target: Target, plan: Plan, folder: Path) -> Artifact:
    """Check one artifact.

    Raises:
        StoreCorrupt: The artifact is truncated, changed or forged.
        UsageError: It belongs to another plan or suite.
        ControlFailure: Its control fails.
    """
    _check_bounds(folder)
    record = envelope.read(artifact.record_path(folder), RECORD, ShardRecord)
    _check_record(target, plan, record, folder)
    store = artifact.open_store(target, folder)
    if record.data and record.data != root.digest(store.folder):
        raise StoreCorrupt(f"{store.folder}: the files do not match the digest in shard.json.", _MEASURE)
    migration.require_current(store)
    # A killed shard may leave files that the next run removes.
    if problems := store.verify(tidy=bool(record.data)):
        raise StoreCorrupt(f"{folder}: {problems[0]}", _MEASURE)
    if store.releases() and list(store.releases().values()) != list(plan.releases):
        raise UsageError(f"{folder}: the catalogue of releases differs from the plan's.", _MEASURE)
    cells = store.cells()
    _check_cells(target, plan, record, cells, folder)
    _check_controls(plan, record, store, folder)
    _check_results(plan, store, cells, folder)
    _check_judgements(store, folder, complete=bool(record.data))
    missing = tuple(job.cell for job in artifact.list_remaining_jobs(plan, record.shard, store))
    failed = {failure.cell for failure in record.failures}
    if record.data and not set(missing) <= failed:
        lost = next(cell for cell in missing if cell not in failed)
        raise StoreCorrupt(f"{folder}: the shard has ended, but {lost} has neither a result nor a failure.", _MEASURE)
    return Artifact(target, folder, record, cells, missing)


def _check_bounds(folder: Path) -> None:
    """Check that the artifact is small enough to read, and has only plain files and folders."""
    count = size = 0
    for path in folder.rglob("*"):
        status = path.lstat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise StoreCorrupt(f"{path} is neither a file nor a folder.", _MEASURE)
        count, size = count + 1, size + status.st_size
        if count > MAX_FILES or size > MAX_BYTES:
            raise StoreCorrupt(
                f"{folder} has more than {MAX_FILES:,} files or {MAX_BYTES // 1024 // 1024} MB, "
                "and no shard leaves that much.",
                _MEASURE,
            )


def _check_record(target: Target, plan: Plan, record: ShardRecord, folder: Path) -> None:
    if record.suite != target.digest:
        raise UsageError(
            f"{folder}: suite {record.suite} measured it, but this program plays {target.digest}.", _MEASURE
        )
    if record.plan != envelope.digest(artifact.PLAN, plan):
        raise UsageError(
            f"{folder}: the shard belongs to another plan.",
            "Merge it with its own plan: `matrix merge --plan FILE FOLDER`.",
        )
    plan.shard(record.shard, record.of)


def _check_cells(
    target: Target, plan: Plan, record: ShardRecord, cells: Mapping[Cell, StoredResult], folder: Path
) -> None:
    """Check that every result is of a cell that was planned, or of an extra that a planned release offers."""
    inside = {planned.cell for planned in plan.shards[record.shard - 1].cells}
    for cell, stored in cells.items():
        plain = cells.get(msgspec.structs.replace(cell, extra=""))
        offered = plain is not None and cell.extra in plain.extras and cell.extra in target.suite.extras
        if cell not in inside and not (offered and msgspec.structs.replace(cell, extra="") in inside):
            raise UsageError(f"{folder}: {cell} does not belong to shard {record.shard}/{record.of}.", _MEASURE)
        if stored.suite != target.digest:
            raise UsageError(f"{folder}: suite {stored.suite} measured {cell}, not this program's.", _MEASURE)
    groups = {(cell.version, cell.python) for cell in inside}
    for cell in (*(measured.cell for measured in record.cells), *(failure.cell for failure in record.failures)):
        if (cell.version, cell.python) not in groups:
            raise UsageError(f"{folder}: {cell} does not belong to shard {record.shard}/{record.of}.", _MEASURE)


def _check_controls(plan: Plan, record: ShardRecord, store: Store, folder: Path) -> None:
    """Judge the controls of the shard again, and check that their releases and locks are the plan's.

    A result is only worth something with the control of its kind of cell, and of the cells without an extra.
    """
    python = plan.shards[record.shard - 1].python
    extras = {cell.extra for cell in store.cells()}
    for extra in ("", *store.target.suite.extras):
        control = store.control(control_name(python, extra))
        if control is not None:
            _check_control(plan, store, control, Cell("", Lane.TODAY, python, extra), folder)
        elif extra in extras or (extras and not extra):
            raise ControlFailure(f"{folder} has results, but no control for {describe_kind(python, extra)}.", _MEASURE)


def _check_control(plan: Plan, store: Store, control: tuple[Cell, Result], kind: Cell, folder: Path) -> None:
    """Check one control; `kind` is its cell without the version.

    The newest release is the control, or an older one if the newest gives no answer or lacks the extra.
    """
    cell, result = control
    count = len(plan.catalogue) if kind.extra else controls.CANDIDATES
    newest = planning.newest(plan.catalogue, kind.python, count)
    wanted = [msgspec.structs.replace(kind, version=release.version) for release in newest]
    if (
        cell not in wanted
        or result.suite != store.target.digest
        or set(result.behaviour) != set(controls.control_calls(store.target, kind.extra))
    ):
        raise ControlFailure(f"{folder}: the control is not of {wanted[0]} and this suite.", _MEASURE)
    pins = plan.controls.get(control_name(kind.python, kind.extra), ()) if cell == wanted[0] else ()
    _check_lock(store.target, plan, cell, result.lock, pins, folder)
    try:
        controls.check_patched(store.target, cell, result)
        controls.check_unknown(store.target, cell, result.behaviour)
    except ControlFailure as failure:
        raise ControlFailure(f"{folder}: {failure}", _MEASURE) from None


def _check_results(plan: Plan, store: Store, cells: Mapping[Cell, StoredResult], folder: Path) -> None:
    planned = plan.planned
    for cell in cells:
        result = store.result(cell)
        if result is None:  # pragma: no cover - the store has just listed it
            continue
        installed = result.outcome is not Outcome.CANNOT_INSTALL  # a lock that can't be installed is not recorded
        pins = planned[cell].lock if cell in planned and installed else ()
        _check_lock(store.target, plan, cell, result.lock, pins, folder)
        _check_played(store.target, cell, result, folder)


def _check_played(target: Target, cell: Cell, result: Result, folder: Path) -> None:
    played = result.outcome is Outcome.COMPLETED
    if set(result.behaviour) != (set(target.suite.calls(suite.WHOLE, cell.extra)) if played else set()):
        raise StoreCorrupt(f"{folder}: the calls of {cell} differ from the suite's.", _MEASURE)
    if (result.lock is None) != (result.outcome is Outcome.CANNOT_INSTALL):
        raise StoreCorrupt(f"{folder}: the lock of {cell} contradicts its outcome {result.outcome}.", _MEASURE)
    try:
        controls.check_unknown(target, cell, result.behaviour)
    except ControlFailure as failure:
        raise ControlFailure(f"{folder}: {failure}", _MEASURE) from None


def _check_lock(
    target: Target, plan: Plan, cell: Cell, lock: Lock | None, wanted: tuple[str, ...], folder: Path
) -> None:
    """Check that a lock is the plan's if the plan has one, contains the cell's release, and has the known hashes."""
    if wanted and (lock is None or lock.pins != wanted):
        raise UsageError(f"{folder}: the lock of {cell} differs from the plan's.", _MEASURE)
    if lock is None:
        return
    release = plan.catalogue[cell.version]
    own = f"{target.package}=={cell.version}"
    files = {file.digest for file in (*release.wheels, *release.sdists) if file.digest}
    for pin, hashes in lock.hashes.items():
        listed = set(plan.distributions.get(pin, ()))
        # All files of the target are known; other packages may have got new files since the plan was made.
        holds = {*hashes} <= listed | files if pin == own and files else not listed or listed & {*hashes}
        if not holds:
            raise StoreCorrupt(f"{folder}: the hashes of {pin} for {cell} differ from the plan's.", _MEASURE)
    if own not in lock.hashes:
        raise StoreCorrupt(f"{folder}: the lock of {cell} lacks {own}.", _MEASURE)


def _check_judgements(store: Store, folder: Path, *, complete: bool) -> None:
    """Check that the judgements are those of this program; a killed shard may lack some."""
    known = store.judgements()
    behaviours = store.behaviours()
    if (complete and behaviours != known.keys()) or not known.keys() <= behaviours:
        raise StoreCorrupt(f"{folder}: the judgements do not belong to the behaviours.", _MEASURE)
    for digest in known:
        if known[digest] != summarise(store.target, store.behaviour(digest)):
            raise StoreCorrupt(f"{folder}: the judgement of {digest} differs from this program's.", _MEASURE)
