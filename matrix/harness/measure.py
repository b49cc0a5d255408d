"""Measures cells for the commands `run`, `reproduce` and `probe`, and records or compares the results.

I/O, through the runner and the store. Nothing is recorded until the controls hold, and nothing if they fail.
"""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from matrix.catalogue import suite
from matrix.catalogue.suite import SuitePart
from matrix.errors import MatrixError, UsageError
from matrix.harness import sandbox
from matrix.harness.bisection import Bisection
from matrix.harness.building import make_installer
from matrix.harness.control_runs import find_control_jobs, measure_control
from matrix.harness.jobs import find_missing_cells, make_jobs
from matrix.harness.player import Player, ProbeRun, Settings
from matrix.harness.pool import sweep
from matrix.harness.program import copy_program
from matrix.harness.progress import Progress
from matrix.harness.runner import Job, Runner
from matrix.harness.sandbox import Confinement
from matrix.harness.upkeep import prune_and_judge
from matrix.model import Cell, Lock, Release
from matrix.observation import Call, Result, differences
from matrix.releases import selection
from matrix.store.documents import control_name
from matrix.store.store import Store
from matrix.system.aio import interruptible
from matrix.system.workspace import bytecode_folder, workspace
from matrix.targets.target import Target

T = TypeVar("T")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a run.

    Attributes:
        index: The address of a package index; None for the index in the settings of uv or npm.
        workers: The number of cells that are measured at a time.
        keep: The folder that keeps the environments; None to remove each environment after its cell.
        confinement: Whether cells run in a sandbox.
        settings: The settings of the player.
    """

    index: str | None = None
    workers: int = 1
    keep: Path | None = None
    confinement: Confinement = Confinement.AUTO
    settings: Settings = msgspec.field(default_factory=lambda: Settings(bytecode=bytecode_folder()))


class RunSummary(msgspec.Struct, frozen=True):
    """The counts and failures of a run.

    Attributes:
        measured: The number of recorded cells.
        changed: The number of recorded cells whose results are new or changed.
        failures: The failures of cells for which nothing was recorded.
    """

    measured: int
    changed: int
    failures: tuple[MatrixError, ...]


class Reproduction(msgspec.Struct, frozen=True):
    """A committed result of a cell, and a new measurement of it.

    Attributes:
        cell: The measured cell.
        known: The committed result.
        again: The new result.
    """

    cell: Cell
    known: Result
    again: Result

    @property
    def agrees(self) -> bool:
        """Whether the results are equal."""
        return self.again.agrees_with(self.known)

    @property
    def differences(self) -> list[Call]:
        """The calls whose observations differ."""
        return differences(self.known.behaviour, self.again.behaviour)


def run(
    store: Store,
    jobs: Sequence[Job],
    options: Options,
    progress: Progress,
    control_locks: Mapping[str, Lock | None] | None = None,
    bisected: Collection[Release] = (),
) -> RunSummary:
    """Measure jobs and record the results.

    Args:
        store: The store that records the results.
        jobs: The jobs to measure.
        options: The options of the run.
        progress: The receiver of the run's events.
        control_locks: The locks of controls, by name; a control that is not listed gets its recorded lock.
        bisected: The releases among which each change of behaviour is narrowed down; empty to measure `jobs` only.

    Raises:
        MatrixError: A control failed, a tool failed, an interpreter is missing, or another process writes the store.
    """

    async def go() -> RunSummary:
        requested = {job.cell for job in jobs}
        bisection = Bisection(store, bisected, requested)
        measured, changed = 0, 0

        def record(cell: Cell, result: Result) -> list[Job]:
            nonlocal measured, changed
            measured += 1
            changed += store.put(cell, result)
            # A release's extras are known only after its plain cell was measured.
            offers = () if cell.extra else selection.with_extras([cell], {cell: result.extras})
            extra_cells = [extra_cell for extra_cell in offers if extra_cell not in requested]
            more = make_jobs(find_missing_cells(store, extra_cells), store) if extra_cells else []
            return more + make_jobs(bisection.after(cell), store)

        def replace(cell: Cell) -> list[Job]:
            return make_jobs(bisection.in_place_of(cell), store)

        with open_runner(store.target, options, progress, suite.WHOLE) as runner:
            await runner.prepare(job.cell.python for job in jobs)
            recording = asyncio.Lock()

            async def control(python: str, extra: str) -> None:
                name = control_name(python, extra)
                lock = (control_locks or {}).get(name)
                offering = {cell.version for cell in requested if cell.extra == extra}
                async with recording:
                    candidates = find_control_jobs(store, store.releases(), python, extra, offering)
                cell, result = await measure_control(store.target, runner, candidates, extra, progress, lock)
                async with recording:
                    store.put_control(name, cell, result)

            failures = await sweep(
                runner, jobs, options.workers, record, progress, control, recording=recording, replace=replace
            )
        return RunSummary(measured, changed, tuple(failures))

    with store.writing():
        try:
            return interruptible(go())
        finally:
            prune_and_judge(store)


def reproduce(store: Store, cells: Sequence[Cell], options: Options, progress: Progress) -> list[Reproduction]:
    """Measure cells and their controls again from the committed locks, and compare them with the committed results.

    Nothing is recorded.

    Raises:
        UsageError: A cell has no committed result, or another suite measured it.
        MatrixError: As in `run`.
    """
    jobs = make_jobs(cells, store)
    known = {cell: _read_committed(store, cell) for cell in cells}

    async def go() -> list[Reproduction]:
        compared: list[Reproduction] = []

        def compare(cell: Cell, again: Result) -> tuple[Job, ...]:
            compared.append(Reproduction(cell, known[cell], again))
            return ()

        with open_runner(store.target, options, progress, suite.WHOLE) as runner:
            await runner.prepare(cell.python for cell in cells)

            async def control(python: str, extra: str) -> None:
                candidates = find_control_jobs(store, store.releases(), python, extra)
                cell, result = await measure_control(store.target, runner, candidates, extra, progress)
                committed = store.control(control_name(python, extra))
                if committed is not None and committed[0] == cell:
                    compared.append(Reproduction(cell, committed[1], result))

            failures = await sweep(runner, jobs, options.workers, compare, progress, control)
        if failures:
            raise failures[0]
        return compared

    return interruptible(go())


def measure_part(
    target: Target, jobs: Sequence[Job], part: SuitePart, options: Options, progress: Progress
) -> list[tuple[Cell, Result]]:
    """Measure a part of the suite in some cells, and record nothing, since a result needs the whole suite."""

    async def go() -> list[tuple[Cell, Result]]:
        results: list[tuple[Cell, Result]] = []

        def note(cell: Cell, result: Result) -> tuple[Job, ...]:
            results.append((cell, result))
            return ()

        with open_runner(target, options, progress, part) as runner:
            await runner.prepare(job.cell.python for job in jobs)
            failures = await sweep(runner, jobs, options.workers, note, progress)
        if failures and not results:
            raise failures[0]
        order = [job.cell for job in jobs]
        return sorted(results, key=lambda pair: order.index(pair[0]))

    return interruptible(go())


def probe(
    target: Target,
    program: Path,
    calls: Sequence[Call],
    settings: Settings,
    confinement: Confinement,
    warn: Callable[[str], None],
) -> ProbeRun:
    """Play calls in an existing interpreter; its sandbox shows it all files, since its own files may be anywhere.

    Args:
        target: The target under test.
        program: The path of the interpreter.
        calls: The calls to play.
        settings: The settings of the player.
        confinement: Whether the interpreter runs in a sandbox.
        warn: Called before anything runs, with one sentence on what the sandbox lacks.

    Raises:
        ToolFailure: The interpreter can't be started, or this machine lacks the required sandbox.
    """
    own_python = Path(sys.executable).resolve()

    async def go() -> ProbeRun:
        everything = (Path("/"),)
        with workspace() as folder:
            cell_sandbox = await sandbox.find_sandbox(confinement, own_python, everything)
            if cell_sandbox.missing:
                warn(f"Your code runs with limits but without a sandbox: {cell_sandbox.missing}")
            elif cell_sandbox.lacks:
                warn(cell_sandbox.lacks)
            home, program_folder = folder / "home", folder / "program"
            home.mkdir()
            program_folder.mkdir()
            return await Player(
                target,
                program,
                copy_program(settings.probe or target.probe, target.remedy, program_folder, target.shared_probes),
                home,
                settings,
                cell_sandbox,
                everything,
            ).play(calls)

    return interruptible(go())


@contextlib.contextmanager
def open_runner(target: Target, options: Options, progress: Progress, part: SuitePart) -> Iterator[Runner]:
    """Make the runner of a run with its temporary folder, which is removed at the end."""
    with workspace() as folder:
        yield Runner(
            target,
            make_installer(target, options.index),
            folder,
            progress,
            part=part,
            settings=options.settings,
            confinement=options.confinement,
            keep=options.keep,
        )


def _read_committed(store: Store, cell: Cell) -> Result:
    known = store.result(cell)
    if known is None or known.suite != store.target.digest:
        problem = "No result is committed" if known is None else "Another suite measured the committed result"
        raise UsageError(f"{problem} for {cell}.", f"Measure it: `matrix run --versions {cell.version}`.")
    return known
