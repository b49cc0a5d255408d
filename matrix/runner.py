"""The worker pool: cells in, results out, as many at a time as there are cores.

I/O. A worker locks a cell, builds its environment, has the suite played in it, and removes it. A result is handed
on as soon as it is there, so whatever ends a run loses the cells that were under way and nothing else. Everything
runs in one event loop, the backend too; cancelling it ends every process and removes every folder.
"""

import asyncio
import datetime as dt
import itertools
import os
import platform
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from matrix import controls, environment, suite
from matrix.backend.server import Backend
from matrix.environment import Interpreter, Unresolvable, Uv
from matrix.errors import MatrixError, ToolFailure
from matrix.model import Call, Cell, Lock, Outcome, Provenance, Release, Result
from matrix.player import Played, Player, Settings
from matrix.workspace import remove

_GIVE_UP_AFTER = 3
"""So many failures of our tools in a row, and the run ends: with no network, say, all others would fail too."""


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


class Progress(Protocol):
    """Who wants to know how a run goes."""

    def started(self, cell: Cell) -> None:
        """A worker took a cell."""

    def finished(self, cell: Cell, result: Result) -> None:
        """A cell was measured."""

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """A cell could not be measured, and nothing was recorded for it."""

    def controls_hold(self, cell: Cell) -> None:
        """The controls hold; `cell` is the one whose SDK was patched."""

    def kept(self, cell: Cell, program: Path) -> None:
        """The environment of a cell was kept; `program` is its interpreter."""


class Runner:
    """What a run shares: the backend, uv, the folder, the interpreters.

    Args:
        backend: Listens while the run lasts.
        uv: Resolves and installs.
        folder: For the environments; removed by whoever made it.
        progress: Is told.
        calls: What is played.
        settings: How.
        keep: A folder in which environments are made and kept; None to remove each.
    """

    def __init__(
        self,
        backend: Backend,
        uv: Uv,
        folder: Path,
        progress: Progress,
        *,
        calls: Sequence[Call],
        settings: Settings,
        keep: Path | None = None,
    ) -> None:
        self._backend = backend
        self._uv = uv
        self._folder = folder
        self._progress = progress
        self._calls = calls
        self._settings = settings
        self._keep = keep
        self._interpreters: dict[str, Interpreter] = {}
        self._uv_version = ""
        self._numbers = itertools.count()

    async def prepare(self, pythons: Iterable[str]) -> None:
        """Find the interpreters.

        Raises:
            InterpreterMissing: One of them is not there.
        """
        self._uv_version = await self._uv.version()
        for python in sorted(set(pythons)):
            self._interpreters[python] = await self._uv.interpreter(python)

    async def measure(self, job: Job, patch: Callable[[Path], None] | None = None) -> Result:
        """Build one cell, play the suite in it, and remove it.

        Args:
            job: The cell.
            patch: Changes the environment before the suite is played; given its folder.

        Raises:
            ToolFailure: uv or the interpreter failed for a reason that is not the release's.
            ControlFailure: The harness itself can't be trusted.
        """
        interpreter = self._interpreters[job.cell.python]
        provenance = Provenance(
            measured=dt.datetime.now(dt.UTC).date(),
            interpreter=interpreter.title,
            system=f"{platform.system()} {platform.machine()}",
            uv=self._uv_version,
        )
        lock = job.lock or await self.resolve(job)
        if isinstance(lock, Unresolvable):
            return Result(
                suite=suite.digest(), outcome=Outcome.CANNOT_INSTALL, provenance=provenance, reason=lock.reason
            )
        played = await self._play_in_environment(job, lock, interpreter, patch)
        controls.check_strays(job.cell, self._backend.journal.strays)
        controls.check_unknown(job.cell, played.behaviour)
        return Result(
            suite=suite.digest(),
            outcome=Outcome.CANNOT_IMPORT if played.cannot_import else Outcome.COMPLETED,
            provenance=provenance,
            lock=lock,
            behaviour=played.behaviour,
            reason=played.cannot_import,
        )

    async def resolve(self, job: Job) -> Lock | Unresolvable:
        """The lock of a cell, as of its lane."""
        requirement = f"{environment.PROJECT}=={job.cell.version}"
        cutoff = environment.cutoff(job.release, job.cell.lane)
        return await self._uv.resolve(requirement, self._interpreters[job.cell.python].path, cutoff)

    async def _play_in_environment(
        self, job: Job, lock: Lock, interpreter: Interpreter, patch: Callable[[Path], None] | None
    ) -> Played:
        name = f"{job.cell.version}-{job.cell.lane}-{job.cell.python}"
        keep = self._keep if patch is None else None  # what is kept is a release, and no control
        folder = keep / name if keep else self._folder / f"{next(self._numbers)}-{name}"
        await asyncio.to_thread(remove, folder)
        home = self._folder / f"home-{next(self._numbers)}"
        home.mkdir()
        try:
            program = await self._uv.create(folder, interpreter.path, lock)
            if patch is not None:
                patch(folder)
            played = await Player(program, self._backend, home, self._settings).play(self._calls)
            if keep:
                self._progress.kept(job.cell, program)
            return played
        finally:
            await asyncio.to_thread(remove, home)
            if not keep:
                await asyncio.to_thread(remove, folder)

    async def sweep(
        self, jobs: Sequence[Job], workers: int, record: Callable[[Cell, Result], None]
    ) -> list[MatrixError]:
        """Measure every job, `workers` at a time, and record each result as it comes.

        Returns:
            The failures, for which nothing was recorded.

        Raises:
            ToolFailure: Several in a row failed for reasons that are not the releases'.
            ControlFailure: The harness can't be trusted.
        """
        waiting = iter(jobs)
        failures: list[MatrixError] = []
        in_a_row = 0

        async def work() -> None:
            nonlocal in_a_row
            for job in waiting:
                self._progress.started(job.cell)
                try:
                    result = await self.measure(job)
                except ToolFailure as failure:
                    self._progress.failed(job.cell, failure)
                    failures.append(failure)
                    in_a_row += 1
                    if in_a_row >= _GIVE_UP_AFTER:
                        raise
                else:
                    in_a_row = 0
                    record(job.cell, result)
                    self._progress.finished(job.cell, result)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(workers, len(jobs))):
                    group.create_task(work())
        except* MatrixError as errors:
            raise _first(errors) from None
        return failures


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _first(errors: BaseExceptionGroup[MatrixError]) -> MatrixError:
    """The first failure of a group, which may hold groups."""
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
