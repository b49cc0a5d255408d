"""The worker pool: measures jobs, several at a time, and hands on their results.

I/O, through a runner. A worker resolves the lock of a cell, builds its environment, plays the suite in it, and removes
it. It hands on each result at once, so an interrupted run loses only the cells that were running. Nothing is handed on
before the control of that kind of cell holds.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from matrix.errors import MatrixError, ToolFailure
from matrix.harness.installer import Unresolvable
from matrix.harness.progress import Progress
from matrix.harness.runner import EnvironmentKey, Job, Runner
from matrix.harness.wheels import RefusedWheel
from matrix.model import Cell, Lock
from matrix.observation import Result
from matrix.system.aio import first_failure

if TYPE_CHECKING:
    from matrix.harness.player import ProbeRun

_GIVE_UP_AFTER: Final = 3
"""The number of consecutive tool failures after which a run looks for the cause: if it is this machine or the index,
all other cells fail too, and the run ends; if not, releases are the cause, and the run goes on."""

_REMEMBERED: Final = 8
"""The number of environments whose behaviour stays in memory for cells with an equal lock. Eight are enough, since the
lanes of a release are neighbours; a behaviour takes some megabytes."""

RecordResult = Callable[[Cell, Result], Sequence[Job]]
"""Records a result, and returns the further jobs that the result calls for."""

ReplaceCell = Callable[[Cell], Sequence[Job]]
"""Returns the jobs to measure in place of a cell that could not be measured."""

MeasureControl = Callable[[str, str], Awaitable[None]]
"""Measures the control of the cells with a Python and an extra; raises if it fails, or if there is none."""


class ControlMissing(ToolFailure):
    """No release gives an answer as the control of a kind of cell, so no such cell is recorded."""


async def sweep(
    runner: Runner,
    jobs: Sequence[Job],
    workers: int,
    record: RecordResult,
    progress: Progress,
    control: MeasureControl | None = None,
    recording: asyncio.Lock | None = None,
    replace: ReplaceCell | None = None,
) -> list[MatrixError]:
    """Measure every job, `workers` at a time, and record the results one after the other.

    Args:
        runner: The resources of the run.
        jobs: The jobs to measure.
        workers: The number of workers.
        record: Records each result; the jobs that it returns are measured too.
        progress: The receiver of the run's events.
        control: Measures a control; None to record without any.
        recording: Held while a result is recorded; a control that reads or writes the records holds it too.
        replace: Chooses the jobs to measure in place of one that failed; None to choose none.

    Returns:
        The failures of jobs for which nothing was recorded.

    Raises:
        ToolFailure: Several jobs in a row failed, and this machine or the index is the cause.
        ControlFailure: A control fails, so the harness can't be trusted.
    """
    try:
        async with asyncio.TaskGroup() as group:
            pool = _Pool(runner, jobs, record, progress, control, recording or asyncio.Lock(), replace, group, workers)
            pool.start_workers()
    except ExceptionGroup as errors:
        raise first_failure(errors) from None
    return pool.failures


class _Pool:
    """The state that the workers of a sweep share.

    Cells with equal locks share one environment, which is played once. A worker that takes such a cell while another
    worker plays the environment leaves the cell to that worker.
    """

    def __init__(
        self,
        runner: Runner,
        jobs: Sequence[Job],
        record: RecordResult,
        progress: Progress,
        control: MeasureControl | None,
        recording: asyncio.Lock,
        replace: ReplaceCell | None,
        group: asyncio.TaskGroup,
        workers: int,
    ) -> None:
        self._runner = runner
        self._waiting = deque(jobs)
        self._record = record
        self._progress = progress
        self._playing: dict[EnvironmentKey, list[tuple[Job, Lock]]] = {}
        self._played: dict[EnvironmentKey, ProbeRun | Unresolvable] = {}
        self._control = control
        self._replace = replace
        self._controls: dict[tuple[str, str], asyncio.Event] = {}
        self._uncontrolled: dict[tuple[str, str], ControlMissing] = {}
        self._recording = recording
        self._in_a_row = 0
        self._group = group
        self._idle = workers
        self.failures: list[MatrixError] = []

    def start_workers(self) -> None:
        """Start as many workers as there are jobs for, up to the limit."""
        for _ in range(min(self._idle, len(self._waiting))):
            self._idle -= 1
            self._group.create_task(self._work())

    async def _work(self) -> None:
        """Measure jobs until none is left."""
        while self._waiting:
            job = self._waiting.popleft()
            await self._ensure_control(job.cell.python, job.cell.extra)
            self._progress.started(job.cell)
            try:
                lock = await self._runner.resolve(job)
            except ToolFailure as failure:
                await self._fail([job], failure)
                continue
            if isinstance(lock, Unresolvable):
                await self._finish(job, self._runner.make_uninstallable_result(job, lock))
                continue
            await self._play(job, lock)
        self._idle += 1

    async def _ensure_control(self, python: str, extra: str) -> None:
        """Measure the control of a kind of cell, unless a worker has begun it.

        The control of the cells without an extra comes first, since it shows which extras its release offers.
        """
        if (python, extra) in self._controls:
            return
        measured = self._controls[python, extra] = asyncio.Event()
        if extra:
            await self._ensure_control(python, "")
            await self._controls[python, ""].wait()
        try:
            if self._control is not None:
                await self._control(python, extra)
        except ControlMissing as failure:
            self._uncontrolled[python, extra] = failure
        measured.set()

    async def _play(self, job: Job, lock: Lock) -> None:
        environment = self._runner.identify_environment(job, lock)
        if environment in self._playing:
            self._playing[environment].append((job, lock))
            return
        sharing = self._playing[environment] = [(job, lock)]
        try:
            played = self._played.get(environment) or await self._runner.play(job, lock)
        except RefusedWheel as refused:
            played = Unresolvable(str(refused))
        except ToolFailure as failure:
            await self._fail([sharing_job for sharing_job, _ in sharing], failure)
            return
        finally:
            del self._playing[environment]
        self._played[environment] = played
        while len(self._played) > _REMEMBERED:
            del self._played[next(iter(self._played))]
        for sharing_job, its_lock in sharing:
            if isinstance(played, Unresolvable):
                await self._finish(sharing_job, self._runner.make_uninstallable_result(sharing_job, played))
            else:
                await self._finish(sharing_job, self._runner.make_result(sharing_job, its_lock, played))

    async def _finish(self, job: Job, result: Result) -> None:
        kind = job.cell.python, job.cell.extra
        await self._controls[kind].wait()
        if kind in self._uncontrolled:
            await self._fail([job], self._uncontrolled[kind])
            return
        self._in_a_row = 0
        async with self._recording:
            # Writing takes a large part of a second; outside a thread it would delay the backends' answers.
            more = await asyncio.to_thread(self._record, job.cell, result)
        self._add(more)
        self._progress.finished(job.cell, result)

    def _add(self, more: Sequence[Job]) -> None:
        if more:
            self._waiting.extend(more)
            self._progress.jobs_added(len(more))
            self.start_workers()

    async def _fail(self, jobs: Sequence[Job], failure: ToolFailure) -> None:
        for job in jobs:
            self._progress.failed(job.cell, failure)
            self.failures.append(failure)
            if self._replace is not None:
                async with self._recording:
                    self._add(await asyncio.to_thread(self._replace, job.cell))
        self._in_a_row += len(jobs)
        if self._in_a_row >= _GIVE_UP_AFTER:
            if not await self._runner.can_measure():
                raise failure
            self._in_a_row = 0
