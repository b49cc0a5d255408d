"""The worker pool: cells in, results out, as many at a time as there are cores.

I/O. A worker locks a cell, builds its environment, has the suite played in it, and removes it. A result is handed
on as soon as it is there, so whatever ends a run loses the cells that were under way and nothing else. Everything
runs in one event loop, the backend too; cancelling it ends every process and removes every folder.
"""

import asyncio
import datetime as dt
import functools
import itertools
import platform
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from matrix.catalogue.suite import SuitePart
from matrix.errors import MatrixError, ToolFailure
from matrix.harness import controls, sandbox
from matrix.harness.bytecode import BytecodeCache
from matrix.harness.player import Player, ProbeRun, Settings
from matrix.harness.program import copy_program
from matrix.harness.sandbox import Confinement
from matrix.harness.uv import Interpreter, Unresolvable, Uv, resolution_cutoff
from matrix.model import Cell, Lock, Release
from matrix.observation import Call, Outcome, Provenance, Result
from matrix.system.aio import first_failure
from matrix.system.workspace import remove
from matrix.targets.target import Target

_GIVE_UP_AFTER = 3
"""So many failures of our tools in a row, and the run ends: with no network, say, all others would fail too."""


_REMEMBERED = 8
"""Environments whose behaviour is kept for another cell with the same lock: the lanes of one release are neighbours. A
behaviour is some megabytes."""


class Job(msgspec.Struct, frozen=True):
    """A cell that is to be measured.

    Attributes:
        cell: Which.
        release: Its release.
        lock: What is to be installed; None to resolve it.
    """

    cell: Cell
    release: Release
    lock: Lock | None = None


RecordResult = Callable[[Cell, Result], Sequence[Job]]
"""Is given a result, and returns what is to be measured because of it."""

_EnvironmentKey = tuple[str, str, tuple[str, ...], Cell | None]


class Progress(Protocol):
    """A receiver of the events of a run."""

    def started(self, cell: Cell) -> None:
        """A worker started a cell."""

    def finished(self, cell: Cell, result: Result) -> None:
        """A cell was measured."""

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """A cell could not be measured, and nothing was recorded for it."""

    def controls_hold(self, cell: Cell) -> None:
        """The controls hold; `cell` is the one whose SDK was patched."""

    def jobs_added(self, count: int) -> None:
        """The run got `count` more cells than announced."""

    def sandbox_missing(self, reason: str) -> None:
        """Cells run without the sandbox that was wanted."""

    def environment_kept(self, cell: Cell, program: Path) -> None:
        """The environment of a cell was kept; `program` is its interpreter."""


class Runner:
    """What a run shares: uv, the folder, the interpreters, the sandbox.

    Args:
        target: What is under test.
        uv: Resolves and installs.
        folder: For the environments; removed by whoever made it.
        progress: Is told.
        part: What of the suite is played.
        settings: How.
        confinement: Whether in a sandbox.
        keep: A folder in which environments are made and kept; None to remove each.
    """

    def __init__(
        self,
        target: Target,
        uv: Uv,
        folder: Path,
        progress: Progress,
        *,
        part: SuitePart,
        settings: Settings,
        confinement: Confinement = Confinement.AUTO,
        keep: Path | None = None,
    ) -> None:
        self._target = target
        self._uv = uv
        self._folder = folder
        self._progress = progress
        self._part = part
        self._settings = settings
        self._bytecode = BytecodeCache(settings.bytecode) if settings.bytecode else None
        self._confinement = confinement
        self._sandbox = sandbox.NO_SANDBOX
        self._keep = keep
        self._interpreters: dict[str, Interpreter] = {}
        self._uv_version = ""
        self._probe = settings.probe or target.probe
        self._numbers = itertools.count()

    async def prepare(self, pythons: Iterable[str]) -> None:
        """Find the interpreters and the sandbox, and lay out the program that runs in cells.

        Raises:
            InterpreterMissing: One of them is not there.
            ToolFailure: A sandbox is required, and can't be had.
        """
        self._uv_version = await self._uv.version()
        program = self._folder / "program"
        program.mkdir()
        self._probe = copy_program(self._settings.probe or self._target.probe, self._target.remedy, program)
        for python in sorted(set(pythons)):
            self._interpreters[python] = await self._uv.interpreter(python)
        for interpreter in self._interpreters.values():
            self._sandbox = await sandbox.find_sandbox(
                self._confinement, interpreter.path.resolve(), interpreter.folders
            )
            if self._sandbox.missing:
                self._progress.sandbox_missing(self._sandbox.missing)
                break

    async def resolve(self, job: Job) -> Lock | Unresolvable:
        """The lock of a cell: the one that it comes with, or else one as of its lane."""
        if job.lock is not None:
            return job.lock
        cutoff = resolution_cutoff(job.release, job.cell.lane)
        return await self._uv.resolve(
            self._target.requirement(job.cell), self._interpreters[job.cell.python].path, cutoff
        )

    async def play(self, job: Job, lock: Lock) -> ProbeRun:
        """Build one cell, play the suite in it, and remove it.

        Raises:
            ToolFailure: uv or the interpreter failed for a reason that is not the release's.
        """
        return await self._play_in_environment(job, lock, self._target.suite.calls(self._part, job.cell.extra))

    async def control(self, job: Job) -> Result:
        """The same with a patched SDK, and the calls that the control is judged by.

        Raises:
            ToolFailure: As in `play`.
            ControlFailure: The harness itself can't be trusted.
        """
        lock = await self.resolve(job)
        if isinstance(lock, Unresolvable):
            return self.make_uninstallable_result(job, lock)
        patch = functools.partial(controls.patch_sdk, self._target)
        calls = controls.control_calls(self._target)
        return self.make_result(job, lock, await self._play_in_environment(job, lock, calls, patch))

    def make_uninstallable_result(self, job: Job, why: Unresolvable) -> Result:
        """Make the result of a cell that has no lock."""
        return Result(
            suite=self._target.digest,
            outcome=Outcome.CANNOT_INSTALL,
            provenance=self._provenance(job.cell),
            reason=why.reason,
        )

    def make_result(self, job: Job, lock: Lock, played: ProbeRun) -> Result:
        """Make the result of a cell in which calls were played.

        Raises:
            ControlFailure: That shows that the harness can't be trusted.
        """
        controls.check_strays(job.cell, played.strays)
        controls.check_unknown(self._target, job.cell, played.behaviour)
        return Result(
            suite=self._target.digest,
            outcome=Outcome.CANNOT_IMPORT if played.cannot_import else Outcome.COMPLETED,
            provenance=self._provenance(job.cell),
            lock=lock,
            behaviour=played.behaviour,
            extras=tuple(extra for extra in self._target.suite.extras if played.hello and extra in played.hello.extras),
            reason=played.cannot_import,
        )

    def _provenance(self, cell: Cell) -> Provenance:
        return Provenance(
            measured=dt.datetime.now(dt.UTC).date(),
            interpreter=self._interpreters[cell.python].title,
            system=f"{platform.system()} {platform.machine()}",
            uv=self._uv_version,
        )

    def identify_environment(self, job: Job, lock: Lock) -> _EnvironmentKey:
        """Identify the environment of a job; equal locks share one, unless environments are kept."""
        return job.cell.python, job.cell.extra, lock.pins, job.cell if self._keep else None

    async def _play_in_environment(
        self, job: Job, lock: Lock, calls: Sequence[Call], patch: Callable[[Path], None] | None = None
    ) -> ProbeRun:
        interpreter = self._interpreters[job.cell.python]
        name = "-".join(filter(None, (job.cell.version, job.cell.lane, job.cell.python, job.cell.extra)))
        keep = self._keep if patch is None else None  # what is kept is a release, and no control
        folder = keep / name if keep else self._folder / f"{next(self._numbers)}-{name}"
        await asyncio.to_thread(remove, folder)
        home = self._folder / f"home-{next(self._numbers)}"
        home.mkdir()
        try:
            program = await self._uv.create(folder, interpreter.path, lock, self._target.requirement(job.cell))
            if self._bytecode is not None:
                await self._bytecode.add(folder, interpreter, lock, self._sandbox, home)
            if patch is not None:
                patch(folder)
            sees = (folder, *interpreter.folders)
            played = await Player(self._target, program, self._probe, home, self._settings, self._sandbox, sees).play(
                calls
            )
            if keep:
                self._progress.environment_kept(job.cell, program)
            return played
        finally:
            await asyncio.to_thread(remove, home)
            if not keep:
                await asyncio.to_thread(remove, folder)

    async def sweep(
        self,
        jobs: Sequence[Job],
        workers: int,
        record: RecordResult,
        first: Callable[[], Awaitable[None]] | None = None,
    ) -> list[MatrixError]:
        """Measure every job, `workers` at a time, and record each result as it comes, one after the other.

        Args:
            jobs: What.
            workers: How many.
            record: Is given each result; what it returns is measured too.
            first: What one of the workers does first; nothing is recorded before it is done.

        Returns:
            The failures, for which nothing was recorded.

        Raises:
            ToolFailure: Several in a row failed for reasons that are not the releases'.
            ControlFailure: The harness can't be trusted.
        """
        pool = _Pool(self, jobs, record, self._progress)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pool.begin(first))
                for _ in range(min(workers, len(jobs)) - 1):
                    group.create_task(pool.work())
        except ExceptionGroup as errors:
            raise first_failure(errors) from None
        return pool.failures


class _Pool:
    """What the workers of a sweep share.

    Two cells with one lock are one environment, which is made and played once. Whoever takes the second of them leaves
    it to whoever plays the first, and goes on.
    """

    def __init__(self, runner: Runner, jobs: Sequence[Job], record: RecordResult, progress: Progress) -> None:
        self._runner = runner
        self._waiting = deque(jobs)
        self._record = record
        self._progress = progress
        self._playing: dict[_EnvironmentKey, list[tuple[Job, Lock]]] = {}
        self._played: dict[_EnvironmentKey, ProbeRun] = {}
        self._may_record = asyncio.Event()
        self._recording = asyncio.Lock()
        self._in_a_row = 0
        self.failures: list[MatrixError] = []

    async def begin(self, first: Callable[[], Awaitable[None]] | None) -> None:
        """Be the worker that does first what comes first."""
        if first is not None:
            await first()
        self._may_record.set()
        await self.work()

    async def work(self) -> None:
        """Measure jobs until none is left."""
        while self._waiting:
            job = self._waiting.popleft()
            self._progress.started(job.cell)
            try:
                lock = await self._runner.resolve(job)
            except ToolFailure as failure:
                self._fail([job], failure)
                continue
            if isinstance(lock, Unresolvable):
                await self._finish(job, self._runner.make_uninstallable_result(job, lock))
                continue
            await self._play(job, lock)

    async def _play(self, job: Job, lock: Lock) -> None:
        same = self._runner.identify_environment(job, lock)
        if same in self._playing:
            self._playing[same].append((job, lock))
            return
        together = self._playing[same] = [(job, lock)]
        try:
            played = self._played.get(same) or await self._runner.play(job, lock)
        except ToolFailure as failure:
            self._fail([one for one, _ in together], failure)
            return
        finally:
            del self._playing[same]
        self._played[same] = played
        while len(self._played) > _REMEMBERED:
            del self._played[next(iter(self._played))]
        for one, its_lock in together:
            await self._finish(one, self._runner.make_result(one, its_lock, played))

    async def _finish(self, job: Job, result: Result) -> None:
        self._in_a_row = 0
        await self._may_record.wait()
        async with self._recording:
            # In a thread: writing takes a good part of a second, and the backends must not stand still.
            more = await asyncio.to_thread(self._record, job.cell, result)
        if more:
            self._waiting.extend(more)
            self._progress.jobs_added(len(more))
        self._progress.finished(job.cell, result)

    def _fail(self, jobs: Sequence[Job], failure: ToolFailure) -> None:
        for job in jobs:
            self._progress.failed(job.cell, failure)
            self.failures.append(failure)
        self._in_a_row += len(jobs)
        if self._in_a_row >= _GIVE_UP_AFTER:
            raise failure
