"""`matrix run` and `matrix reproduce`: measure, and measure again."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from matrix.catalogue import suite
from matrix.cli import options, show
from matrix.cli.tables import observations
from matrix.cli.terminal import say
from matrix.errors import Disagreement, ToolFailure, UsageError
from matrix.harness import measure
from matrix.harness.jobs import find_missing_cells, make_jobs, offered_extras
from matrix.harness.runner import Job
from matrix.harness.sandbox import Confinement
from matrix.harness.upkeep import tidy
from matrix.model import Cell, Lane
from matrix.releases import selection
from matrix.service.artifact import PLAN, fill_artifact
from matrix.service.plan import Plan
from matrix.store import envelope, last_run
from matrix.store.store import Store
from matrix.targets.target import Target
from matrix.verdicts import verdict

if TYPE_CHECKING:
    from matrix.cli.progress import Bar, Lines


@click.command("run")
@click.option(
    "--versions",
    metavar="WHICH",
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

    Measures every known release in both lanes; options select fewer. A known cell is measured again with its committed
    lock. Each cell is recorded when it is finished, so an interrupted run continues where it stopped. `matrix refresh`
    finds newer releases.
    """
    how = measure.Options(index=index, workers=jobs, keep=keep and keep.resolve(), confinement=confinement)
    if shard is not None:
        _end(measure_shard(context, store.target, shard, plan_file, artifact, how))
        return
    wanted = _cells_of(store, versions, lanes, pythons)
    if scenarios or surfaces:
        if refresh_today:
            raise UsageError(
                "--refresh-today records results, and --scenario and --surface record none.", "Omit one of them."
            )
        whole = store.target.suite
        part = suite.SuitePart(verdict.add_controls(store.target, scenarios), surfaces)
        played = {extra for extra in ("", *whole.extras) if whole.calls(part, extra)}
        chosen = make_jobs([cell for cell in wanted if cell.extra in played], store)
        if not chosen:
            raise UsageError(
                "No selected release is known to offer the extra that this surface needs.",
                "`matrix list surfaces` names the extra; measure the releases first to learn which offer it.",
            )
        if dry_run:
            _print_plan(store.target, chosen, part, ", nothing recorded")
            return
        from matrix.cli.progress import shown  # needs the extra `measure`

        with shown(len(chosen)) as progress:
            seen = measure.measure_part(store.target, chosen, part, how, progress)
        observations(store.target, seen, scenarios)
        return
    todo = wanted if force else find_missing_cells(store, wanted)
    chosen = make_jobs(todo, store)
    if refresh_today:
        from matrix.service import planner  # what asks an index takes longer to import than a run with nothing to do

        relocked = planner.find_drifted_jobs(store, wanted, index, jobs)
        moved = {job.cell for job in relocked}
        chosen = [job for job in chosen if job.cell not in moved] + relocked
    if not chosen:
        if not dry_run:
            tidy(store)
        say(f"Nothing is missing: {len(wanted)} cells are measured with suite {store.target.digest}.")
        good = last_run.read(store.folder)
        listed = f"The package index listed {good.releases} releases on {good.day}. " if good else ""
        say(f"{listed}`matrix refresh` looks for newer releases.")
        return
    if dry_run:
        _print_plan(store.target, chosen, suite.WHOLE)
        return
    from matrix.cli.progress import shown

    with shown(len(chosen)) as progress:
        measured = measure.run(store, chosen, how, progress)
    _end(measured)


def _end(result: measure.RunSummary) -> None:
    """Say what a run came to."""
    say(f"Measured {_cells(result.measured)}: {result.changed} new or changed, the rest unchanged.")
    if result.failures:
        show(result.failures[0])
        raise ToolFailure(
            f"{_cells(len(result.failures))} could not be measured.", "Run the same command again to retry them."
        )


@click.command("reproduce")
@click.argument("versions", default=selection.LATEST)
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
    how = measure.Options(index=index, workers=jobs, confinement=confinement)
    wanted = _cells_of(store, versions, lanes, pythons)
    from matrix.cli.progress import shown  # needs the extra `measure`

    with shown(len(wanted)) as progress:
        compared = measure.reproduce(store, wanted, how, progress)
    wrong = [comparison for comparison in compared if not comparison.agrees]
    for comparison in wrong:
        named = ", ".join(map(str, comparison.differences[:3]))
        more = f" and {len(comparison.differences) - 3} more" if len(comparison.differences) > 3 else ""
        what = f"{named}{more}" if named else f"now {comparison.again.outcome}: {comparison.again.reason}"
        say(f"{comparison.cell} differs: {what}.")
    if wrong:
        raise Disagreement(
            f"This machine does not agree with the committed data on {_cells(len(wrong))} of {len(compared)}.",
            "See what it measures: `matrix run --versions V --scenario S --surface X`. Compare it with the page.",
        )
    observed = sum(len(comparison.again.behaviour) for comparison in compared)
    say(
        f"This machine agrees with the committed data: {_cells(len(compared))}, {observed} observations, byte for byte."
    )


def _cells_of(store: Store, versions: str | None, lanes: tuple[str, ...], pythons: tuple[str, ...]) -> list[Cell]:
    """The cells that are asked for; those with an extra too, as far as it is known which releases offer it."""
    plain = selection.cells(selection.select(store.releases(), versions), [Lane(lane) for lane in lanes], pythons)
    return selection.with_extras(plain, offered_extras(store))


def _cells(count: int) -> str:
    return f"{count} cell" + ("" if count == 1 else "s")


def _print_plan(target: Target, jobs: list[Job], part: suite.SuitePart, more: str = "") -> None:
    for job in jobs:
        lock = "from its lock" if job.lock else "to be resolved"
        say(f"{job.cell}, {lock}")
    of_each = {extra: len(target.suite.calls(part, extra)) for extra in ("", *target.suite.extras)}
    calls = sum(of_each[job.cell.extra] for job in jobs)
    say(f"{_cells(len(jobs))} would be measured, {calls:,} calls{more}.")


_ITS_OWN = ("shard", "plan_file", "artifact", "jobs", "index", "keep", "confinement")
"""The options that mean something with a shard; which cells are measured, and how, is in the plan."""


def measure_shard(
    context: click.Context, target: Target, shard: str, plan_file: Path, folder: Path | None, how: measure.Options
) -> measure.RunSummary:
    """Measure a shard, written as `K/N`.

    Raises:
        UsageError: It is written otherwise, or another option says what is to be measured.
    """
    number, _, of = shard.partition("/")
    if not all(part.isascii() and part.isdigit() for part in (number, of)):
        raise UsageError(f"{shard!r} is no shard.", "Write it as K/N, such as 1/3.")
    given = click.core.ParameterSource.COMMANDLINE
    for parameter in context.command.params:
        if parameter.name not in _ITS_OWN and context.get_parameter_source(str(parameter.name)) is given:
            raise UsageError(
                f"{parameter.opts[0]} can't be used with --shard.", "The plan says which cells to measure: omit it."
            )
    plan = envelope.read(plan_file, PLAN, Plan)
    total = len(plan.shard(int(number), int(of)).cells)
    from matrix.cli.progress import shown  # needs the extra `measure`

    with shown(total) as progress:

        def remains(count: int) -> "Lines | Bar":
            progress.jobs_added(count - total)
            return progress

        return fill_artifact(target, plan, int(number), int(of), folder or default_folder(number, of), how, remains)


def default_folder(number: str, of: str) -> Path:
    """Where a shard leaves its artifact unless told otherwise."""
    return Path(f"shard-{number}-of-{of}")
