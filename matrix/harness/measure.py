"""What the commands that measure do: run, reproduce, look, probe. They choose the jobs and keep the books.

I/O, by way of the runner and the store. Nothing is recorded before the controls hold, and nothing when they fail.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from matrix.catalogue import suite
from matrix.catalogue.suite import SuitePart
from matrix.errors import MatrixError, UsageError
from matrix.harness import controls, sandbox
from matrix.harness.jobs import find_missing_cells, make_jobs
from matrix.harness.player import Player, ProbeRun, Settings
from matrix.harness.program import copy_program
from matrix.harness.runner import Job, Progress, Runner
from matrix.harness.sandbox import Confinement
from matrix.harness.upkeep import prune_and_judge
from matrix.harness.uv import Uv
from matrix.model import Cell, Lane, Lock, Release
from matrix.observation import Call, Result, differences
from matrix.releases import selection
from matrix.store.documents import control_name
from matrix.store.store import Store
from matrix.system.aio import interruptible
from matrix.system.workspace import bytecode_folder, workspace
from matrix.targets.target import Target

T = TypeVar("T")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is made.

    Attributes:
        index: The address of a package index; None for the one that uv is set up for.
        workers: Cells at a time.
        keep: A folder in which environments are kept; None to remove each.
        confinement: Whether cells run in a sandbox.
        settings: How the suite is played.
    """

    index: str | None = None
    workers: int = 1
    keep: Path | None = None
    confinement: Confinement = Confinement.AUTO
    settings: Settings = msgspec.field(default_factory=lambda: Settings(bytecode=bytecode_folder()))


class RunSummary(msgspec.Struct, frozen=True):
    """What a run came to: cells recorded, of those how many are news, and the failures, for which nothing was."""

    measured: int
    changed: int
    failures: tuple[MatrixError, ...]


class Reproduction(msgspec.Struct, frozen=True):
    """A cell that was measured again, beside what is committed."""

    cell: Cell
    known: Result
    again: Result

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.again.agrees_with(self.known)

    @property
    def differences(self) -> list[Call]:
        """The calls of which something else was seen."""
        return differences(self.known.behaviour, self.again.behaviour)


def run(
    store: Store,
    jobs: Sequence[Job],
    options: Options,
    progress: Progress,
    control_locks: Mapping[str, Lock | None] | None = None,
) -> RunSummary:
    """Measure jobs and record the results.

    Args:
        store: Where.
        jobs: What.
        options: How.
        progress: Is told.
        control_locks: Python to the lock of its control, where nothing is recorded that says which.

    Raises:
        MatrixError: A control failed, a tool failed, an interpreter is missing, or another process writes the store.
    """

    async def go() -> RunSummary:
        asked = {job.cell for job in jobs}
        measured, changed = 0, 0

        def record(cell: Cell, result: Result) -> list[Job]:
            nonlocal measured, changed
            measured += 1
            changed += store.put(cell, result)
            # Which extras a release offers is known once it has been measured without any.
            offers = () if cell.extra else selection.with_extras([cell], {cell: result.extras})
            found = [one for one in offers if one not in asked]
            return make_jobs(find_missing_cells(store, found), store) if found else []

        with _runner(store.target, options, progress, suite.WHOLE) as runner:
            pythons = sorted({job.cell.python for job in jobs})
            await runner.prepare(pythons)

            async def control() -> None:
                for python in pythons:
                    lock = (control_locks or {}).get(python)
                    cell, result = await _measure_control(store, runner, python, progress, lock)
                    store.put_control(control_name(python), cell, result)

            failures = await runner.sweep(jobs, options.workers, record, first=control)
        return RunSummary(measured, changed, tuple(failures))

    with store.writing():
        try:
            return interruptible(go())
        finally:
            prune_and_judge(store)


def reproduce(store: Store, cells: Sequence[Cell], options: Options, progress: Progress) -> list[Reproduction]:
    """Measure cells and the control again, from their committed locks, and hold them against the committed results.

    Nothing is recorded.

    Raises:
        UsageError: Nothing is committed of one of the cells, or it was measured with another suite.
        MatrixError: As in `run`.
    """
    jobs = make_jobs(cells, store)
    known = {cell: _read_committed(store, cell) for cell in cells}

    async def go() -> list[Reproduction]:
        compared: list[Reproduction] = []

        def compare(cell: Cell, again: Result) -> tuple[Job, ...]:
            compared.append(Reproduction(cell, known[cell], again))
            return ()

        with _runner(store.target, options, progress, suite.WHOLE) as runner:
            pythons = sorted({cell.python for cell in cells})
            await runner.prepare(pythons)

            async def control() -> None:
                for python in pythons:
                    cell, result = await _measure_control(store, runner, python, progress)
                    committed = store.control(control_name(python))
                    if committed is not None and committed[0] == cell:
                        compared.append(Reproduction(cell, committed[1], result))

            failures = await runner.sweep(jobs, options.workers, compare, first=control)
        if failures:
            raise failures[0]
        return compared

    return interruptible(go())


def measure_part(
    target: Target, jobs: Sequence[Job], part: SuitePart, options: Options, progress: Progress
) -> list[tuple[Cell, Result]]:
    """Measure some calls of some cells and record nothing: a part of a suite is no result."""

    async def go() -> list[tuple[Cell, Result]]:
        seen: list[tuple[Cell, Result]] = []

        def note(cell: Cell, result: Result) -> tuple[Job, ...]:
            seen.append((cell, result))
            return ()

        with _runner(target, options, progress, part) as runner:
            await runner.prepare(job.cell.python for job in jobs)
            failures = await runner.sweep(jobs, options.workers, note)
        if failures and not seen:
            raise failures[0]
        order = [job.cell for job in jobs]
        return sorted(seen, key=lambda one: order.index(one[0]))

    return interruptible(go())


def probe(
    target: Target, program: Path, calls: Sequence[Call], settings: Settings, confinement: Confinement
) -> ProbeRun:
    """Play calls in an interpreter as it stands: in a sandbox it sees all files, for its own may be anywhere."""

    async def go() -> ProbeRun:
        everything = (Path("/"),)
        with workspace() as folder:
            where = await sandbox.find_sandbox(confinement, program, everything)
            home, own = folder / "home", folder / "program"
            home.mkdir()
            own.mkdir()
            return await Player(
                target,
                program,
                copy_program(settings.probe or target.probe, target.remedy, own),
                home,
                settings,
                where,
                everything,
            ).play(calls)

    return interruptible(go())


@contextlib.contextmanager
def _runner(target: Target, options: Options, progress: Progress, part: SuitePart) -> Iterator[Runner]:
    with workspace() as folder:
        yield Runner(
            target,
            Uv(options.index),
            folder,
            progress,
            part=part,
            settings=options.settings,
            confinement=options.confinement,
            keep=options.keep,
        )


def find_control_job(store: Store, releases: Mapping[str, Release], python: str) -> Job:
    """The job of the patched control for one Python: the newest release, with the lock that is known of it."""
    release = selection.latest(releases, python)
    cell = Cell(release.version, Lane.TODAY, python)
    committed = store.control(control_name(python))
    known = committed[1] if committed and committed[0] == cell else store.result(cell)
    return Job(cell, release, known.lock if known else None)


async def _measure_control(
    store: Store, runner: Runner, python: str, progress: Progress, lock: Lock | None = None
) -> tuple[Cell, Result]:
    """Measure the patched control for one Python.

    Raises:
        ControlFailure: It does not come out right.
    """
    job = find_control_job(store, store.releases(), python)
    cell = job.cell
    result = await runner.control(Job(cell, job.release, lock or job.lock))
    controls.check_patched(store.target, cell, result)
    progress.controls_hold(cell)
    return cell, result


def _read_committed(store: Store, cell: Cell) -> Result:
    known = store.result(cell)
    if known is None or known.suite != store.target.digest:
        what = "Nothing is committed" if known is None else "What is committed was measured with another suite"
        raise UsageError(f"{what}: {cell}.", f"Measure it: `matrix run --versions {cell.version}`.")
    return known
