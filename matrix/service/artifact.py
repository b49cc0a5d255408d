"""What a shard leaves behind: a store of its own, and a record of how it came about. I/O: measures and writes.

    FOLDER/data         the results, laid out as `reports/data` is, so that `matrix --data FOLDER/data verify` reads it
    FOLDER/shard.json   which shard of which plan, what each cell cost, what failed, and the digest of the data

The record is written again after each cell. One without a digest of the data is of a shard that was killed, or is
still under way: the same command goes on from there.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from matrix.errors import MatrixError, StoreBusy, UsageError
from matrix.harness import measure
from matrix.harness.jobs import offered_extras
from matrix.harness.runner import Job, Progress
from matrix.harness.upkeep import tidy
from matrix.model import Cell, Frozen
from matrix.observation import Result
from matrix.releases import selection as planning
from matrix.service.costs import TimeShares
from matrix.service.plan import Plan
from matrix.store import envelope
from matrix.store.store import Store
from matrix.system.files import TEMPORARY, read
from matrix.targets.target import Target

PLAN = "plan"
"""The name of a plan, as a document."""

RECORD = "shard"
"""The name of what a shard says of itself, as a document and as a file."""


class MeasuredCell(Frozen, frozen=True):
    """A cell that was measured, and its share of the time that the shard measured for."""

    cell: Cell
    seconds: float


class FailedCell(Frozen, frozen=True):
    """A cell that could not be measured, and why."""

    cell: Cell
    reason: str


class ShardRecord(Frozen, frozen=True, kw_only=True):
    """What a shard says of itself.

    Attributes:
        plan: The digest of the plan.
        suite: The digest of the suite that was played.
        shard: Which, counted from 1.
        of: How many the plan has.
        cells: What was measured, in that order.
        failures: What could not be.
        stopped: Why it did not get to its end; empty if it was killed, or is under way, or did.
        data: The digest of the data; empty until the shard has ended.
    """

    plan: str
    suite: str
    shard: int
    of: int
    cells: tuple[MeasuredCell, ...] = ()
    failures: tuple[FailedCell, ...] = ()
    stopped: str = ""
    data: str = ""


def open_store(target: Target, folder: Path) -> Store:
    """The results in an artifact."""
    return Store(folder / "data", target)


def record_path(folder: Path) -> Path:
    """Where an artifact says what it is."""
    return folder / f"{RECORD}.json"


def digest_data(store: Store) -> str:
    """What names all that a store holds: over the name and the bytes of each file."""
    files = {path.relative_to(store.folder).as_posix(): path for path in store.folder.rglob("*") if path.is_file()}
    total = hashlib.sha256()
    for name, path in sorted(files.items()):
        if path.suffix != TEMPORARY:
            total.update(f"{name} {hashlib.sha256(read(path)).hexdigest()}\n".encode())
    return total.hexdigest()


def list_remaining_jobs(plan: Plan, number: int, store: Store) -> list[Job]:
    """What of a shard is yet to be measured: what was planned, and with extras that turned out to be offered."""
    planned, known = plan.planned, store.cells()
    inside = [one.cell for one in plan.shards[number - 1].cells]
    plain = [cell for cell in inside if not cell.extra]
    wanted = [*inside, *(cell for cell in planning.with_extras(plain, offered_extras(store)) if cell not in inside)]
    catalogue = plan.catalogue
    return [
        Job(cell, catalogue[cell.version], plan.lock(planned[cell].lock) if cell in planned else None)
        for cell in wanted
        if cell not in known
    ]


def fill_artifact(
    target: Target,
    plan: Plan,
    number: int,
    of: int,
    folder: Path,
    options: measure.Options,
    shown: Callable[[int], Progress],
) -> measure.RunSummary:
    """Measure a shard into a folder, or go on with it.

    Args:
        target: What is under test.
        plan: The plan.
        number: Which shard, counted from 1.
        of: How many there are.
        folder: The artifact.
        options: How.
        shown: Makes what is told how it goes, of the number of cells that remain.

    Raises:
        UsageError: The plan is of another suite or has no such shard, or the folder holds something else.
        MatrixError: As in `measure.run`.
    """
    plan.shard(number, of)
    check_suite(target, plan)
    record = _open_record(folder, ShardRecord(plan=envelope.digest(PLAN, plan), suite=plan.suite, shard=number, of=of))
    store = open_store(target, folder)
    with store.writing():
        store.put_releases(plan.catalogue)
    jobs = list_remaining_jobs(plan, number, store)
    clock = _RecordingProgress(shown(len(jobs)), record_path(folder), record)
    summary = measure.RunSummary(0, 0, ())
    try:
        if jobs:
            summary = measure.run(
                store, jobs, options, clock, {p: plan.lock(pins) for p, pins in plan.controls.items()}
            )
        else:
            tidy(store)
    except StoreBusy:  # the record is that of the process which measures
        raise
    except (MatrixError, OSError) as failure:
        with contextlib.suppress(MatrixError):  # there may be no room for it
            clock.write(stopped=str(failure))
        raise
    clock.write(data=digest_data(store))
    return summary


def check_suite(target: Target, plan: Plan) -> None:
    """Refuse a plan that was made for another suite.

    Raises:
        UsageError: It was.
    """
    if plan.suite != target.digest:
        raise UsageError(
            f"The plan was made for suite {plan.suite}, and this program plays {target.digest}.",
            "Use the program that made the plan, or make a new plan.",
        )


def _open_record(folder: Path, new: ShardRecord) -> ShardRecord:
    """The record of a folder, which may have been begun."""
    if not record_path(folder).exists():
        if (folder / "data").exists():
            raise UsageError(f"{folder} holds data without a record.", "Name an empty folder.")
        envelope.write(record_path(folder), RECORD, new)
        return new
    known = envelope.read(record_path(folder), RECORD, ShardRecord)
    if (known.plan, known.shard, known.of) != (new.plan, new.shard, new.of):
        raise UsageError(
            f"{folder} holds shard {known.shard}/{known.of} of another plan, or another shard.", "Name an empty folder."
        )
    return msgspec.structs.replace(known, failures=(), stopped="", data="")


class _RecordingProgress:
    """A progress that writes down, after each cell, what it cost, and passes on what it is told."""

    def __init__(self, progress: Progress, path: Path, record: ShardRecord) -> None:
        self._progress = progress
        self._path = path
        self._record = record
        self._shares = TimeShares()

    def write(
        self,
        *,
        cells: Sequence[MeasuredCell] = (),
        failures: Sequence[FailedCell] = (),
        stopped: str = "",
        data: str = "",
    ) -> None:
        """Add to the record."""
        self._record = msgspec.structs.replace(
            self._record,
            cells=(*self._record.cells, *cells),
            failures=(*self._record.failures, *failures),
            stopped=stopped,
            data=data,
        )
        envelope.write(self._path, RECORD, self._record)

    def started(self, cell: Cell) -> None:
        """Its time begins."""
        self._shares.begin(cell, time.monotonic())
        self._progress.started(cell)

    def finished(self, cell: Cell, result: Result) -> None:
        """It is recorded."""
        self.write(cells=[MeasuredCell(cell, round(self._shares.end(cell, time.monotonic()), 2))])
        self._progress.finished(cell, result)

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """Nothing was recorded for it."""
        self._shares.end(cell, time.monotonic())
        self.write(failures=[FailedCell(cell, str(failure))])
        self._progress.failed(cell, failure)

    def controls_hold(self, cell: Cell) -> None:
        """Passed on."""
        self._progress.controls_hold(cell)

    def jobs_added(self, count: int) -> None:
        """Passed on."""
        self._progress.jobs_added(count)

    def sandbox_missing(self, reason: str) -> None:
        """Passed on."""
        self._progress.sandbox_missing(reason)

    def environment_kept(self, cell: Cell, program: Path) -> None:
        """Passed on."""
        self._progress.environment_kept(cell, program)
