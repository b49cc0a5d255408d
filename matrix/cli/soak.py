"""`matrix soak`: count the asynchronous calls that hang if nobody closes their clients."""

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import click

from matrix.cli import arguments, completion, options, show
from matrix.cli.data_folder import recording
from matrix.cli.terminal import say
from matrix.errors import MatrixError, ToolFailure, UsageError
from matrix.harness import measure
from matrix.harness.jobs import make_jobs
from matrix.harness.runner import Job
from matrix.harness.sandbox import Confinement
from matrix.harness.soak import CALLS, SoakOptions, soak
from matrix.model import Cell, Lane
from matrix.observation import Result
from matrix.releases import selection
from matrix.store.soaks import SoakResult, SoakSet, describe_result, group_releases
from matrix.store.store import Store
from matrix.system.text import counted


@click.command("soak")
@click.argument("versions", required=False, callback=arguments.versions, shell_complete=completion.versions)
@options.lanes
@click.option(
    "--calls", type=click.IntRange(min=1), default=CALLS, show_default=True, metavar="N",
    help="The number of calls for each set of packages.",
)  # fmt: skip
@click.option("--close", "closes", is_flag=True, help="Close each client after its call, and record nothing.")
@click.option("--force", is_flag=True, help="Measure known sets again.")
@click.option("--dry-run", is_flag=True, help="List the sets that would be measured, and measure nothing.")
@options.jobs
@options.sandbox
@options.index
@click.pass_obj
@click.pass_context
def soak_command(
    context: click.Context,
    store: Store,
    versions: str | None,
    lanes: tuple[str, ...],
    calls: int,
    closes: bool,
    force: bool,
    dry_run: bool,
    jobs: int,
    confinement: Confinement,
    index: str | None,
) -> None:
    """Count the asynchronous calls that hang if nobody closes their clients.

    Makes many calls in one event loop, each with a client of its own that is dropped, against streams that end or fail
    in turn. Releases with the same packages under them share one result, which is recorded at once. The locks are the
    committed ones. The counts vary from run to run, and are no part of the suite. VERSIONS is written as in
    `matrix run --versions`; default: all.
    """
    if store.target.soak is None:
        raise UsageError(f"{store.target.title} has no soak.", "`matrix list targets` lists the targets.")
    if not (closes or dry_run):
        store = recording(context)
    chosen = [Lane(lane) for lane in lanes]
    groups = _group(store, versions, chosen)
    if not groups:
        raise UsageError("No selected release has a lock.", "Measure the releases first: `matrix run`.")
    known = store.soaks()
    missing = [each for each in groups if force or closes or each.key not in known]
    total = f"{counted(sum(map(len, groups.values())), 'cell')} in {counted(len(groups), 'set')} of packages"
    if not missing:
        say(f"Nothing is missing: {total}, all of them measured.")
        return
    # The first release of a group is its newest.
    newest = [Cell(*groups[each][0], store.target.runtime) for each in missing]
    work = list(zip(missing, make_jobs(newest, store), strict=True))
    if dry_run:
        for each, job in work:
            say(f"{each.key}: in {job.cell}")
        say(f"{counted(len(work), 'set')} would be measured, {len(work) * calls:,} calls, for {total}.")
        return
    settings = measure.Options(index=index, workers=jobs, confinement=confinement)
    failures = _measure(store, work, groups, settings, SoakOptions(calls=calls, closes=closes))
    if failures:
        show(failures[0])
        raise ToolFailure(
            f"{counted(len(failures), 'set')} could not be measured.", "Run the same command again to retry them."
        )


def _group(store: Store, versions: str | None, lanes: Iterable[Lane]) -> dict[SoakSet, list[tuple[str, Lane]]]:
    """Group the selected cells that have a lock by their sets."""
    stored = store.cells()
    runtime = store.target.runtime
    cells = selection.cells(selection.select(store.releases(), versions, runtime), list(lanes), [runtime])
    locks = ((cell.version, cell.lane, stored[cell].lock) for cell in cells if cell in stored and stored[cell].lock)
    return group_releases(store.target, locks)


def _measure(
    store: Store,
    work: list[tuple[SoakSet, Job]],
    groups: Mapping[SoakSet, list[tuple[str, Lane]]],
    settings: measure.Options,
    soak_options: SoakOptions,
) -> list[MatrixError]:
    """Measure sets, print each result, and record it unless the clients were closed."""
    display = _Display(len(work))

    def record(result: SoakResult) -> None:
        if not soak_options.closes:
            store.put_soak(result)
        display.result(result, groups)

    with contextlib.nullcontext() if soak_options.closes else store.writing():
        return soak(store.target, work, settings, soak_options, display, record)


class _Display:
    """Prints what a soak does, a line for each event; implements `Progress`."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def result(self, result: SoakResult, groups: Mapping[SoakSet, list[tuple[str, Lane]]]) -> None:
        """Print the result of a set."""
        self._done += 1
        sharing = counted(len(groups[result.set]), "cell")
        say(f"{self._done}/{self._total} {result.set.key}: {describe_result(result)} ({sharing})")

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """Print why a set was not measured."""
        self._done += 1
        say(f"{self._done}/{self._total} {cell} failed: {failure}")

    def sandbox_missing(self, reason: str) -> None:
        """Print why there is no sandbox, before any cell runs."""
        say(f"Cells run with limits but without a sandbox: {reason} docs/trust.md describes the remaining risks.")

    def sandbox_lacks(self, what: str) -> None:
        """Print what the sandbox does not limit, before any cell runs."""
        say(f"{what} docs/trust.md describes the remaining risks.")

    def started(self, cell: Cell) -> None:
        """Print nothing: a result follows soon."""

    def finished(self, cell: Cell, result: Result) -> None:
        """Print nothing: a soak plays no suite."""

    def control_skipped(self, cell: Cell, reason: str) -> None:
        """Print nothing: a soak has no patched control."""

    def controls_hold(self, cell: Cell) -> None:
        """Print nothing: a soak has no patched control."""

    def jobs_added(self, count: int) -> None:
        """Print nothing: a soak gets no further sets."""

    def environment_kept(self, cell: Cell, program: Path) -> None:
        """Print nothing: a soak keeps no environment."""
