"""`matrix plan`: find missing and stale cells, and divide them into shards."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import click

from matrix.cli import arguments, options
from matrix.cli.terminal import give_document, say
from matrix.errors import StoreCorrupt, UsageError
from matrix.model import Lane, Release
from matrix.releases import selection
from matrix.service.artifact import PLAN
from matrix.service.plan import MAX_SHARDS, Plan, PlanReason, make_workflow_matrix
from matrix.store import envelope
from matrix.store.documents import encode
from matrix.store.store import Store
from matrix.system.text import counted
from matrix.targets.target import Target


def _count(_context: click.Context, _parameter: click.Parameter, value: str) -> int | None:
    if value == "auto":
        return None
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= MAX_SHARDS):
        raise UsageError(f"{value!r} is not a number of shards.", f"Write auto, or a number from 1 to {MAX_SHARDS}.")
    return int(value)


@click.command("plan")
@click.option(
    "--shards", "count", default="auto", show_default=True, metavar="N", callback=_count,
    help=f"The number of shards, at most {MAX_SHARDS}; auto: a few minutes each. A release stays in one shard.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True,
    help="The format of the output: a summary, the plan, or the JSON of GitHub's strategy.matrix.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Also write the plan to this file, for `matrix run --shard` and `matrix merge`.",
)  # fmt: skip
@click.option(
    "--versions",
    metavar="WHICH",
    callback=arguments.versions,
    help="Versions separated by commas, a specifier such as '>=0.80,<1', or 'latest'. Default: all.",
)
@options.lanes
@options.pythons
@options.jobs
@click.option("--force", is_flag=True, help="Plan known cells too, from the same locks.")
@click.option(
    "--refresh-today/--no-refresh-today", default=True, show_default=True,
    help="Resolve the today lane again, once for each set of requirements, and plan cells whose dependencies changed.",
)  # fmt: skip
@options.index
@click.pass_obj
def plan_command(
    store: Store,
    count: int | None,
    form: str,
    output: Path | None,
    versions: str | None,
    lanes: tuple[str, ...],
    pythons: tuple[str, ...],
    jobs: int,
    force: bool,
    refresh_today: bool,
    index: str | None,
) -> None:
    """Find missing and stale cells, and divide them into shards.

    Reads the package index. A cell is missing if its release or Python is new; it is stale if it was measured with
    another suite or if its dependencies resolve to other versions today. Measures and records nothing:
    `matrix run --shard K/N` measures a shard, and `matrix merge` records the results of all shards.

    Without --versions, a plan of a framework resolves only the newest release again, and has at most 12 cells that were
    never measured: the newest release, the sample, and the releases around each change. The next plans have the others.
    """
    from matrix.service import planner  # needs the extra `measure`

    request = planner.PlanRequest(
        versions=versions,
        lanes=tuple(Lane(lane) for lane in lanes),
        pythons=pythons,
        shards=count,
        force=force,
        refresh_today=refresh_today,
        index=index,
        workers=jobs,
    )
    try:
        costs = planner.read_costs(store)
    except StoreCorrupt as failure:
        say(f"Note: {failure} The plan uses the default costs; the next merge replaces the file.", err=True)
        costs = {}
    plan = planner.make_plan(store, request, costs)
    say_undated(selection.select(plan.catalogue, versions, store.target.runtime), lanes)
    if output is not None:
        envelope.write(output, PLAN, plan)
    match form:
        case "github":
            give_document(encode(make_workflow_matrix(plan, store.target.id)) + b"\n")
        case "json":
            give_document(envelope.render(PLAN, plan))
        case _:
            _print(plan, store.target)


def say_undated(releases: Iterable[Release], lanes: Iterable[str]) -> None:
    """Say for how many releases the lane `as-released` is not run, if it was requested."""
    inexact = [release for release in releases if not release.has_lane(Lane.AS_RELEASED)]
    if inexact and Lane.AS_RELEASED in list(lanes):
        say(
            f"The lane {Lane.AS_RELEASED} is not run for {counted(len(inexact), 'release')}: the registry gives no "
            "upload time, as of which dependencies could be resolved.",
            err=True,
        )


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        UsageError: There is no such file.
        StoreCorrupt: The file is no plan of this program, or was changed.
    """
    if not path.exists():
        raise UsageError(
            f"There is no plan {path}.", f"Make it: `matrix plan --output {path}`, or name it with --plan."
        )
    return envelope.read(path, PLAN, Plan)


def _print(plan: Plan, target: Target) -> None:
    if not plan.shards:
        say(f"Nothing is missing and nothing is stale: {len(plan.releases)} releases, suite {plan.suite}.")
        return
    for job in make_workflow_matrix(plan, target.id).include:
        say(f"shard {job.shard}: {job.cells} cells, {job.runtime}, about {job.minutes} min")
    counts = Counter(planned.why for planned in plan.planned.values())
    reasons = ", ".join(f"{counts[reason]} {reason}" for reason in PlanReason if counts[reason])
    say(f"{len(plan.planned)} cells need measuring: {reasons}.")
