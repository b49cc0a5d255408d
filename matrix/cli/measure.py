"""`matrix run` and `matrix reproduce`: measure cells, and measure them again to compare."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matrix.catalogue import suite
from matrix.cli import arguments, completion, options, show
from matrix.cli.data_folder import recording
from matrix.cli.plan import read_plan, say_undated
from matrix.cli.tables import print_observations
from matrix.cli.terminal import say
from matrix.errors import Disagreement, ToolFailure, UsageError
from matrix.harness import measure
from matrix.harness.jobs import find_missing_cells, make_jobs, offered_extras, select_cells
from matrix.harness.runner import Job
from matrix.harness.sandbox import Confinement
from matrix.harness.upkeep import tidy
from matrix.model import Cell, Lane
from matrix.releases import selection
from matrix.service.artifact import fill_artifact
from matrix.store import last_run
from matrix.store.store import Store
from matrix.system.text import counted
from matrix.targets.target import Target
from matrix.verdicts import verdict
from matrix.verdicts.wording import replay_command

if TYPE_CHECKING:
    from matrix.cli.progress import Bar, Lines


@click.command("run")
@click.option(
    "--versions",
    metavar="WHICH",
    callback=arguments.versions,
    shell_complete=completion.versions,
    help="Versions separated by commas, a specifier such as '>=0.80,<1', or 'latest'. Default: all.",
)
@options.lanes
@options.pythons
@options.scenarios
@options.surfaces
@options.jobs
@click.option("--force", is_flag=True, help="Measure known cells again, from the same locks.")
@click.option(
    "--refresh-today",
    is_flag=True,
    help="Resolve the today lane again, and measure the cells whose dependencies changed.",
)
@click.option("--dry-run", is_flag=True, help="List the cells that would be measured, and measure nothing.")
@click.option("--shard", metavar="K/N", help="Measure one shard of a plan, and write its results to --artifact only.")
@click.option(
    "--plan", "plan_file", type=click.Path(dir_okay=False, path_type=Path), default=Path("plan.json"),
    show_default=True, metavar="FILE", help="The plan that contains the shard.",
)  # fmt: skip
@click.option(
    "--artifact", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
    help="The folder for the shard's results, which `matrix merge` reads. Default: shard-K-of-N.",
)  # fmt: skip
@options.keep
@options.sandbox
@options.index
@click.pass_obj
@click.pass_context
def run_command(
    context: click.Context,
    store: Store,
    versions: str | None,
    lanes: tuple[str, ...],
    pythons: tuple[str, ...],
    scenarios: tuple[str, ...],
    surfaces: tuple[str, ...],
    jobs: int,
    force: bool,
    refresh_today: bool,
    dry_run: bool,
    shard: str | None,
    plan_file: Path,
    artifact: Path | None,
    keep: Path | None,
    confinement: Confinement,
    index: str | None,
) -> None:
    """Measure the cells that are missing, and record the results.

    Measures every known release in both lanes; options select fewer. Of a framework, it measures the last release of
    each minor version, and then the releases around each change, until the change stands between two adjacent
    releases. A known cell is measured again with its committed
    lock. Each cell is recorded when it is finished, so an interrupted run continues where it stopped. `matrix refresh`
    finds newer releases.
    """
    settings = measure.Options(index=index, workers=jobs, keep=keep and keep.resolve(), confinement=confinement)
    if shard is not None:
        _print_summary(measure_shard(context, store.target, shard, plan_file, artifact, settings))
        return
    if not (dry_run or scenarios or surfaces):
        store = recording(context)
    cells = _select_cells(store, versions, lanes, pythons)
    if scenarios or surfaces:
        if refresh_today:
            raise UsageError(
                "--refresh-today records results, and --scenario and --surface record none.", "Omit one of them."
            )
        whole_suite = store.target.suite
        part = suite.SuitePart(verdict.add_controls(store.target, scenarios), surfaces)
        played = {extra for extra in ("", *whole_suite.extras) if whole_suite.calls(part, extra)}
        chosen = make_jobs([cell for cell in cells if cell.extra in played], store)
        if not chosen:
            raise UsageError(
                "No selected release is known to offer the extra that this surface needs.",
                "Measure the releases first: `matrix run` finds out which of them offer the extra.",
            )
        if dry_run:
            _print_plan(store.target, chosen, part, ", nothing recorded")
            return
        from matrix.cli.progress import show_progress  # needs the extra `measure`

        with show_progress(len(chosen)) as progress:
            results = measure.measure_part(store.target, chosen, part, settings, progress)
        print_observations(store.target, results, scenarios)
        return
    missing = cells if force else find_missing_cells(store, cells)
    chosen = make_jobs(missing, store)
    if refresh_today:
        from matrix.service import planner  # its imports take longer than a run with nothing to do

        relocked = planner.find_drifted_jobs(store, cells, index, jobs)
        moved = {job.cell for job in relocked}
        chosen = [job for job in chosen if job.cell not in moved] + relocked
    if not chosen:
        if not dry_run:
            tidy(store)
        say(f"Nothing is missing: {len(cells)} cells are measured with suite {store.target.digest}.")
        last = last_run.read(store.folder)
        listed = f"The package index listed {last.releases} releases on {last.day}. " if last else ""
        say(f"{listed}`matrix refresh` looks for newer releases.")
        return
    if dry_run:
        _print_plan(store.target, chosen, suite.WHOLE)
        return
    from matrix.cli.progress import show_progress

    with show_progress(len(chosen)) as progress, progress.noting_recorded_cells():
        bisected = list(store.releases().values()) if store.target.is_sampled and versions is None else ()
        measured = measure.run(store, chosen, settings, progress, bisected=bisected)
    _print_summary(measured)


def _print_summary(summary: measure.RunSummary) -> None:
    """Print how many cells were measured and changed.

    Raises:
        ToolFailure: A cell could not be measured.
    """
    say(f"Measured {counted(summary.measured, 'cell')}: {summary.changed} new or changed, the rest unchanged.")
    if summary.failures:
        show(summary.failures[0])
        raise ToolFailure(
            f"{counted(len(summary.failures), 'cell')} could not be measured.",
            "Run the same command again to retry them.",
        )


@click.command("reproduce")
@click.argument("versions", default=selection.LATEST, callback=arguments.versions, shell_complete=completion.versions)
@options.lanes
@options.pythons
@options.jobs
@options.sandbox
@options.index
@click.pass_obj
def reproduce_command(
    store: Store,
    versions: str,
    lanes: tuple[str, ...],
    pythons: tuple[str, ...],
    jobs: int,
    confinement: Confinement,
    index: str | None,
) -> None:
    """Measure releases again from their committed locks, and compare.

    Prints each observation that differs on this machine, and records nothing. VERSIONS is written as in
    `matrix run --versions`; default: the newest release. The controls are measured too.
    """
    settings = measure.Options(index=index, workers=jobs, confinement=confinement)
    cells = _select_cells(store, versions, lanes, pythons)
    from matrix.cli.progress import show_progress  # needs the extra `measure`

    with show_progress(len(cells)) as progress:
        compared = measure.reproduce(store, cells, settings, progress)
    different = [comparison for comparison in compared if not comparison.agrees]
    for comparison in different:
        calls = ", ".join(map(str, comparison.differences[:3]))
        more = f" and {len(comparison.differences) - 3} more" if len(comparison.differences) > 3 else ""
        change = f"{calls}{more}" if calls else f"now {comparison.again.outcome}: {comparison.again.reason}"
        say(f"{comparison.cell} differs: {change}.")
    if different:
        cells_differ = f"{counted(len(different), 'cell')} of {len(compared)}"
        raise Disagreement(
            f"This machine does not agree with the committed data on {cells_differ}.",
            _replay_hint(store.target, different[0]),
        )
    observed = sum(len(comparison.again.behaviour) for comparison in compared)
    cells_agree = counted(len(compared), "cell")
    say(f"This machine agrees with the committed data: {cells_agree}, {observed} observations, byte for byte.")


def _replay_hint(target: Target, comparison: measure.Reproduction) -> str:
    """Name the commands that show the first difference: here, and in the committed data."""
    cell = comparison.cell
    if not comparison.differences:
        return f"Show the committed result: `{target.command} explain {cell.version}:{cell.lane}`."
    call = comparison.differences[0]
    replay = replay_command(target, cell.version, call, (cell.lane,))
    explain = f"{target.command} explain {cell.version}:{cell.lane} {call.scenario} {call.surface}"
    return f"Play a call that differs again: `{replay}`. Show the committed result: `{explain}`."


def _select_cells(store: Store, versions: str | None, lanes: tuple[str, ...], pythons: tuple[str, ...]) -> list[Cell]:
    """Return the selected cells, and those with an extra for the releases that are known to offer it."""
    plain = select_cells(store, store.releases(), versions, [Lane(lane) for lane in lanes], pythons)
    say_undated(selection.select(store.releases(), versions, store.target.runtime), lanes)
    if not plain:
        raise UsageError("No cell is left to measure.", f"Measure the lane {Lane.TODAY}: `--lane {Lane.TODAY}`.")
    return selection.with_extras(plain, offered_extras(store))


def _print_plan(target: Target, jobs: list[Job], part: suite.SuitePart, note: str = "") -> None:
    for job in jobs:
        lock = "from its lock" if job.lock else "to be resolved"
        say(f"{job.cell}, {lock}")
    calls_of = {extra: len(target.suite.calls(part, extra)) for extra in ("", *target.suite.extras)}
    calls = sum(calls_of[job.cell.extra] for job in jobs)
    say(f"{counted(len(jobs), 'cell')} would be measured, {calls:,} calls{note}.")


_SHARD_OPTIONS = ("shard", "plan_file", "artifact", "jobs", "index", "keep", "confinement")
"""The options that can be used with --shard; the plan determines everything else."""


def measure_shard(
    context: click.Context, target: Target, shard: str, plan_file: Path, folder: Path | None, settings: measure.Options
) -> measure.RunSummary:
    """Measure a shard, written as `K/N`.

    Raises:
        UsageError: The shard is not written as `K/N`, or another option selects cells.
    """
    number, _, total_shards = shard.partition("/")
    if not all(part.isascii() and part.isdigit() for part in (number, total_shards)):
        raise UsageError(f"{shard!r} is not a shard.", "Write it as K/N, such as 1/3.")
    command_line = click.core.ParameterSource.COMMANDLINE
    for parameter in context.command.params:
        if parameter.name not in _SHARD_OPTIONS and context.get_parameter_source(str(parameter.name)) is command_line:
            raise UsageError(f"{parameter.opts[0]} can't be used with --shard.", "Omit it: the plan selects the cells.")
    plan = read_plan(plan_file)
    total = len(plan.shard(int(number), int(total_shards)).cells)
    from matrix.cli.progress import show_progress  # needs the extra `measure`

    with show_progress(total) as progress, progress.noting_recorded_cells():

        def set_total(count: int) -> "Lines | Bar":
            progress.jobs_added(count - total)
            return progress

        return fill_artifact(
            target, plan, int(number), int(total_shards), folder or default_folder(number, total_shards), settings,
            set_total,
        )  # fmt: skip


def default_folder(number: str, total_shards: str) -> Path:
    """Return the default folder for the artifact of a shard."""
    return Path(f"shard-{number}-of-{total_shards}")
