"""Measures the patched control of a kind of cell: those with one Python and one extra. I/O, through store and runner.

The control is the cell of the newest release that gives an answer when its SDK is patched.
"""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from matrix.errors import ControlFailure, ToolFailure
from matrix.harness import controls
from matrix.harness.jobs import offered_extras
from matrix.harness.pool import ControlMissing
from matrix.harness.progress import Progress
from matrix.harness.runner import Job, Runner
from matrix.model import Cell, Lane, Lock, Release
from matrix.observation import Result
from matrix.releases import selection
from matrix.store.documents import control_name
from matrix.store.store import Store
from matrix.targets.target import Target


def make_control_job(store: Store, cell: Cell, release: Release) -> Job:
    """Make the job of a control, with the recorded lock of the control or of the cell, if there is one."""
    committed = store.control(control_name(cell.python, cell.extra))
    known = committed[1] if committed and committed[0] == cell else store.result(cell)
    return Job(cell, release, known.lock if known else None)


def find_control_jobs(
    store: Store, releases: Mapping[str, Release], python: str, extra: str = "", offering: Collection[str] = ()
) -> list[Job]:
    """Find the jobs of the control for a Python and an extra: the newest releases that can be it, newest first.

    Each has its recorded lock if it has one. The first that gives an answer is the control.

    Args:
        store: The store with the recorded locks, and with the extras of measured releases.
        releases: The releases to choose from, by version.
        python: The Python of the cells.
        extra: The extra of the cells; empty for none.
        offering: The versions of releases that offer the extra, besides those that the store knows.

    Raises:
        UsageError: No release runs on this Python.
    """
    newest = selection.newest(releases, python, len(releases))
    if extra:
        known = _find_offering(store, python, extra).union(offering)
        newest = [release for release in newest if release.version in known]
    return [
        make_control_job(store, Cell(release.version, Lane.TODAY, python, extra), release)
        for release in newest[: controls.CANDIDATES]
    ]


def _find_offering(store: Store, python: str, extra: str) -> set[str]:
    """Find the releases that offer an extra, by their cells and by the control of the cells without an extra."""
    offered = offered_extras(store)
    if plain := store.control(control_name(python)):
        offered[plain[0]] = plain[1].extras
    return {cell.version for cell, extras in offered.items() if extra in extras}


async def measure_control(
    target: Target, runner: Runner, jobs: Sequence[Job], extra: str, progress: Progress, lock: Lock | None = None
) -> tuple[Cell, Result]:
    """Measure the patched control of a kind of cell.

    Args:
        target: The package under test.
        runner: The runner that plays the control.
        jobs: The releases that can be the control, as `find_control_jobs` returns them.
        extra: The extra of the cells; empty for none.
        progress: The receiver of the run's events.
        lock: The lock to use if it is that of a release that is tried; None for the recorded one.

    Raises:
        ControlFailure: The control fails, or without an extra, none of the newest releases gives an answer.
        ControlMissing: None of the newest releases that offer the extra gives an answer.
        ToolFailure: This machine or the index is the cause of a failure.
    """
    reasons: list[str] = []
    for job in jobs:
        own = lock is not None and f"{target.package}=={job.cell.version}" in lock.pins
        try:
            result = await runner.control(msgspec.structs.replace(job, lock=lock) if own else job)
        except ToolFailure as failure:
            if not await runner.can_measure():
                raise
            reason = str(failure)
        else:
            reason = controls.explain_missing_answer(target, result)
            if not reason:
                controls.check_patched(target, job.cell, result)
                progress.controls_hold(job.cell)
                return job.cell, result
        progress.control_skipped(job.cell, reason)
        reasons.append(f"{job.cell}: {reason}")
    why = reasons[0] if reasons else f"no final release offers the extra {extra!r}"
    message = f"The control can't be measured, since none of the newest releases, patched, gives an answer: {why}."
    if extra:
        raise ControlMissing(message, f"No cell with the extra {extra!r} was recorded.")
    raise ControlFailure(
        message, "Nothing was recorded. See what it does: `matrix run --versions latest --scenario clean`."
    )
