"""Measures a shard into an artifact: a store of its own, and a record. I/O: measures and writes.

    FOLDER/data         the results, laid out as `reports/data` is, so that `matrix --data FOLDER/data verify` reads it
    FOLDER/shard.json   the plan and the number of the shard, the cost of each cell, failures, the digest of the data

The record is written again after each cell. It has no digest of the data until the shard has ended; the same command
continues a shard that was killed.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from matrix.errors import MatrixError, StoreBusy, UsageError
from matrix.harness import measure
from matrix.harness.jobs import offered_extras
from matrix.harness.progress import Progress
from matrix.harness.runner import Job
from matrix.harness.upkeep import tidy
from matrix.model import Cell, Frozen
from matrix.observation import Result
from matrix.releases import selection as planning
from matrix.service.costs import Seconds, TimeShares
from matrix.service.plan import Plan
from matrix.store import envelope, root
from matrix.store.store import Store
from matrix.targets.target import Target

PLAN = "plan"
"""The name of the document that holds a plan."""

RECORD = "shard"
"""The name of the document, and of the file, that holds the record of a shard."""


class MeasuredCell(Frozen, frozen=True):
    """A measured cell, and its share of the shard's time in seconds."""

    cell: Cell
    seconds: Seconds


class FailedCell(Frozen, frozen=True):
    """A cell that could not be measured, and the reason."""

    cell: Cell
    reason: str


class ShardRecord(Frozen, frozen=True, kw_only=True):
    """The record of a shard, in a file next to its data.

    Attributes:
        plan: The digest of the plan.
        suite: The digest of the suite that was played.
        shard: The number of the shard, from 1.
        of: The number of shards in the plan.
        cells: The measured cells, in order.
        failures: The cells that could not be measured.
        stopped: The error that stopped the shard; empty if it has ended, was killed, or still runs.
        data: The root digest of the data; empty until the shard has ended.
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
    """Open the results in an artifact."""
    return Store(folder / "data", target)


def record_path(folder: Path) -> Path:
    """Return the path of the record in an artifact."""
    return folder / f"{RECORD}.json"


@contextlib.contextmanager
def renewing_record(store: Store) -> Iterator[None]:
    """Record the digest of the data again after the context, if the store is an artifact whose record has it before."""
    path = record_path(store.folder.parent)
    record = envelope.read(path, RECORD, ShardRecord) if path.exists() else None
    was_right = record is not None and record.data == root.digest(store.folder)
    yield
    if record is not None and was_right:
        envelope.write(path, RECORD, msgspec.structs.replace(record, data=root.digest(store.folder)))


def list_remaining_jobs(plan: Plan, number: int, store: Store) -> list[Job]:
    """List the jobs of a shard that remain: planned cells, and cells of extras that their releases offer."""
    planned, known = plan.planned, store.cells()
    inside = [planned_cell.cell for planned_cell in plan.shards[number - 1].cells]
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
    """Measure a shard into a folder, or continue it there.

    Args:
        target: The target under test.
        plan: The plan.
        number: The number of the shard, from 1.
        of: The number of shards in the plan.
        folder: The folder of the artifact.
        options: The options of the run.
        shown: Makes the progress display from the number of remaining cells.

    Raises:
        UsageError: The plan is of another suite, it has no such shard, or the folder holds other data.
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
                store, jobs, options, clock, {name: plan.lock(pins) for name, pins in plan.controls.items()}
            )
        else:
            tidy(store)
    except StoreBusy:  # the record belongs to the process that measures
        raise
    except (MatrixError, OSError) as failure:
        with contextlib.suppress(MatrixError):  # the disk may be full
            clock.write(stopped=str(failure))
        raise
    clock.write(data=root.digest(store.folder))
    return summary


def check_suite(target: Target, plan: Plan) -> None:
    """Refuse a plan that was made for another suite.

    Raises:
        UsageError: The plan was made for another suite.
    """
    if plan.suite != target.digest:
        raise UsageError(
            f"The plan was made for suite {plan.suite}, but this program plays {target.digest}.",
            "Make a new plan: `matrix plan --output plan.json`.",
        )


def _open_record(folder: Path, new: ShardRecord) -> ShardRecord:
    """Read the record of an artifact that was begun, or write a new one."""
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
    """A progress that records the cost of each cell, and forwards every event to another progress."""

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
        """Start the time of a cell."""
        self._shares.begin(cell, time.monotonic())
        self._progress.started(cell)

    def finished(self, cell: Cell, result: Result) -> None:
        """Record a measured cell."""
        self.write(cells=[MeasuredCell(cell, round(self._shares.end(cell, time.monotonic()), 2))])
        self._progress.finished(cell, result)

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """Record a failed cell."""
        self._shares.end(cell, time.monotonic())
        self.write(failures=[FailedCell(cell, str(failure))])
        self._progress.failed(cell, failure)

    def control_skipped(self, cell: Cell, reason: str) -> None:
        """Forward the event."""
        self._progress.control_skipped(cell, reason)

    def controls_hold(self, cell: Cell) -> None:
        """Forward the event."""
        self._progress.controls_hold(cell)

    def jobs_added(self, count: int) -> None:
        """Forward the event."""
        self._progress.jobs_added(count)

    def sandbox_missing(self, reason: str) -> None:
        """Forward the event."""
        self._progress.sandbox_missing(reason)

    def sandbox_lacks(self, what: str) -> None:
        """Forward the event."""
        self._progress.sandbox_lacks(what)

    def environment_kept(self, cell: Cell, program: Path) -> None:
        """Forward the event."""
        self._progress.environment_kept(cell, program)
