"""The runner: resolves the lock of a cell, builds its environment, plays the suite in it, and removes it.

I/O. Everything, the backend too, runs in one event loop; cancelling it ends every process and removes every folder.
"""

import asyncio
import contextlib
import datetime as dt
import functools
import itertools
import platform
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from matrix.catalogue.suite import SuitePart
from matrix.harness import controls, sandbox
from matrix.harness.building import BuiltEnvironment, EnvironmentBuilder
from matrix.harness.bytecode import BytecodeCache
from matrix.harness.installer import Installer, Interpreter, Unresolvable, resolution_cutoff
from matrix.harness.patching import patch_sdk
from matrix.harness.player import Player, ProbeRun, Settings
from matrix.harness.program import copy_program
from matrix.harness.progress import Progress
from matrix.harness.sandbox import Confinement
from matrix.harness.wheels import RefusedWheel
from matrix.model import Cell, Lock, Release
from matrix.observation import Call, Outcome, Provenance, Result
from matrix.targets.target import Target

_ROOM = 64 << 20
"""The free bytes on the disk below which the machine is the cause of failures."""


class Job(msgspec.Struct, frozen=True):
    """A cell to measure.

    Attributes:
        cell: The cell.
        release: The release that the cell installs.
        lock: The distributions to install; None to resolve them.
    """

    cell: Cell
    release: Release
    lock: Lock | None = None


EnvironmentKey = tuple[str, str, tuple[str, ...], Cell | None]
"""The cells with one of these can share one environment: Python, extra, pins, and the cell if environments are kept."""


class Runner:
    """The resources that the cells of a run share: the installer, the folder, the interpreters, the sandbox.

    Args:
        target: The target under test.
        installer: The package manager that resolves and installs.
        folder: The temporary folder of the run; the caller removes it.
        progress: The receiver of the run's events.
        part: The part of the suite to play.
        settings: The settings of the player.
        confinement: Whether cells run in a sandbox.
        keep: The folder that keeps the environments; None to remove each environment after its cell.
    """

    def __init__(
        self,
        target: Target,
        installer: Installer,
        folder: Path,
        progress: Progress,
        *,
        part: SuitePart,
        settings: Settings,
        confinement: Confinement = Confinement.AUTO,
        keep: Path | None = None,
    ) -> None:
        self._target = target
        self._installer = installer
        self._folder = folder
        self._progress = progress
        self._part = part
        self._settings = settings
        compiles = settings.bytecode is not None and target.launcher.is_python
        self._bytecode = BytecodeCache(settings.bytecode) if settings.bytecode and compiles else None
        self._confinement = confinement
        self._sandbox = sandbox.NO_SANDBOX
        self._keep = keep
        self._interpreters: dict[str, Interpreter] = {}
        self._installer_version = ""
        self._probe = settings.probe or target.probe
        self._numbers = itertools.count()

    async def prepare(self, pythons: Iterable[str]) -> None:
        """Find the interpreters and the sandbox, and lay out the program that runs in cells.

        Raises:
            InterpreterMissing: An interpreter is not installed.
            ToolFailure: A sandbox is required, but this machine has none.
        """
        self._installer_version = await self._installer.version()
        program = self._folder / "program"
        program.mkdir()
        self._probe = copy_program(self._probe, self._target.remedy, program, self._target.shared_probes)
        for python in sorted(set(pythons)):
            self._interpreters[python] = await self._installer.interpreter(python)
        for interpreter in self._interpreters.values():
            self._sandbox = await sandbox.find_sandbox(self._confinement, interpreter.entered_by, interpreter.folders)
            if self._sandbox.missing:
                self._progress.sandbox_missing(self._sandbox.missing)
                break
        if self._sandbox.lacks:
            self._progress.sandbox_lacks(self._sandbox.lacks)

    def add_program(self, source: Path) -> Path:
        """Copy the folder of a program next to the probe's program, and return the path of the copy.

        Call it after `prepare`. A sandbox shows no other files of this project.
        """
        copy = self._folder / "program" / source.name
        return Path(shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__")))

    async def resolve(self, job: Job) -> Lock | Unresolvable:
        """Return the lock of a job, or resolve one as of its lane if the job has none."""
        if job.lock is not None:
            return job.lock
        cutoff = resolution_cutoff(job.release, job.cell.lane)
        return await self._installer.resolve(
            self._target.requirement(job.cell), self._interpreters[job.cell.python].path, cutoff
        )

    async def play(self, job: Job, lock: Lock) -> ProbeRun:
        """Build one cell, play the suite in it, and remove it.

        Raises:
            ToolFailure: The installer or the interpreter failed, and the release is not the cause.
            RefusedWheel: A package can't be installed because of what is in it.
        """
        return await self._play_in_environment(job, lock, self._target.suite.calls(self._part, job.cell.extra))

    async def control(self, job: Job) -> Result:
        """Play the calls of the control in an environment with a patched SDK.

        Raises:
            ToolFailure: As in `play`.
            ControlFailure: A control fails, so the harness can't be trusted.
        """
        lock = await self.resolve(job)
        if isinstance(lock, Unresolvable):
            return self.make_uninstallable_result(job, lock)
        patch = functools.partial(patch_sdk, self._target)
        calls = controls.control_calls(self._target, job.cell.extra)
        try:
            played = await self._play_in_environment(job, lock, calls, patch)
        except RefusedWheel as refused:
            return self.make_uninstallable_result(job, Unresolvable(str(refused)))
        return self.make_result(job, lock, played)

    def make_uninstallable_result(self, job: Job, why: Unresolvable) -> Result:
        """Make the result of a cell that has no lock."""
        return Result(
            suite=self._target.digest,
            outcome=Outcome.CANNOT_INSTALL,
            provenance=self.provenance(job.cell),
            reason=why.reason,
        )

    def make_result(self, job: Job, lock: Lock, played: ProbeRun) -> Result:
        """Make the result of a cell from its probe run.

        Raises:
            ControlFailure: A control fails, so the harness can't be trusted.
        """
        controls.check_unknown(self._target, job.cell, played.behaviour)
        outcome, reason = controls.judge_run(played)
        offered = played.hello.extras if played.hello and not played.failure else ()
        return Result(
            suite=self._target.digest,
            outcome=outcome,
            provenance=self.provenance(job.cell),
            lock=lock,
            behaviour=played.behaviour if outcome is Outcome.COMPLETED else {},
            extras=tuple(extra for extra in self._target.suite.extras if extra in offered),
            reason=reason,
        )

    def provenance(self, cell: Cell) -> Provenance:
        """Return the provenance of a measurement of a cell that ends now."""
        return Provenance(
            measured=dt.datetime.now(dt.UTC).date(),
            interpreter=self._interpreters[cell.python].title,
            system=f"{platform.system()} {platform.machine()}",
            **{self._target.installer: self._installer_version},
        )

    async def can_measure(self) -> bool:
        """Return whether this machine has room and reaches the index, so that releases are the cause of failures."""
        if shutil.disk_usage(self._folder).free < _ROOM:
            return False
        python = next(iter(self._interpreters.values())).path
        return await self._installer.reaches_index(self._target.package, python)

    def identify_environment(self, job: Job, lock: Lock) -> EnvironmentKey:
        """Identify the environment of a job; equal locks share one, unless environments are kept."""
        return job.cell.python, job.cell.extra, lock.pins, job.cell if self._keep else None

    async def _play_in_environment(
        self, job: Job, lock: Lock, calls: Sequence[Call], patch: Callable[[Path], None] | None = None
    ) -> ProbeRun:
        async with self.environment(job, lock, patch) as built:
            probe = self._probe
            if not self._target.launcher.is_python:  # Node looks for packages in the folders above a program
                source = self._settings.probe or self._target.probe
                probe = await asyncio.to_thread(
                    copy_program, source, self._target.remedy, built.folder, self._target.shared_probes
                )
            player = Player(
                self._target, built.program, probe, built.home, self._settings, built.sandbox, built.sees, built.base
            )
            return await player.play(calls)

    @contextlib.asynccontextmanager
    async def environment(
        self, job: Job, lock: Lock, patch: Callable[[Path], None] | None = None
    ) -> AsyncIterator[BuiltEnvironment]:
        """Build the environment of a cell, as `EnvironmentBuilder.build` does; it stays if environments are kept."""
        interpreter = self._interpreters[job.cell.python]
        name = "-".join(filter(None, (job.cell.version, job.cell.lane, job.cell.python, job.cell.extra)))
        keep = self._keep if patch is None else None  # users want the release, not its patched control
        folder = keep / name if keep else self._folder / f"{next(self._numbers)}-{name}"
        home = self._folder / f"home-{next(self._numbers)}"
        builder = EnvironmentBuilder(self._installer, interpreter, self._sandbox, self._bytecode)
        what = self._target.requirement(job.cell)
        async with builder.build(lock, what, folder, home, patch, keep=bool(keep)) as built:
            yield built
            if keep:
                self._progress.environment_kept(job.cell, built.program)
