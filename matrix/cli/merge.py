"""`matrix merge`: record what shards measured."""

from pathlib import Path

import click

from matrix.cli import show
from matrix.service.artifact import PLAN
from matrix.service.plan import Plan
from matrix.store import envelope
from matrix.store.store import Store


@click.command("merge")
@click.argument("folders", nargs=-1, type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER...")
@click.option(
    "--plan", "plan_file", type=click.Path(dir_okay=False, path_type=Path), default=Path("plan.json"),
    show_default=True, metavar="FILE", help="The plan that the shards are of.",
)  # fmt: skip
@click.option("--partial", is_flag=True, help="Record what holds although something is refused or missing.")
@click.pass_obj
def merge_command(store: Store, folders: tuple[Path, ...], plan_file: Path, partial: bool) -> None:
    """Check what shards measured, each in a FOLDER, and record it in one go.

    Refused is what is cut, changed or forged, of another suite or plan, or there twice with another content, and then
    nothing is recorded; nor if a shard or a cell is missing. With --partial the rest is recorded all the same, and
    what is known of whatever is missing stays. If something was refused, the exit code says so even then.
    """
    from matrix.service import merge  # needs the extra `measure`

    plan = envelope.read(plan_file, PLAN, Plan)
    examined = merge.examine(store.target, plan, folders)
    for artifact in examined.artifacts:
        record = artifact.record
        click.echo(f"holds: {artifact.folder}, shard {record.shard}/{record.of}: {len(artifact.cells)} cells")
        if not record.data:
            click.echo(f"  It did not get to its end: {record.stopped or 'it was killed, or is under way.'}")
    for refused in examined.refused:
        click.echo(f"refused: {refused.failure}")
    for cell in examined.missing:
        click.echo(f"missing: {cell}" + (f": {examined.failures[cell]}" if cell in examined.failures else ""))
    if examined.failure is not None and not partial:
        click.echo("Nothing was recorded.")
        raise examined.failure
    merged = merge.record_results(store, plan, examined)
    for cell in merged.superseded:
        click.echo(f"left out: {cell}, which was measured otherwise since the plan was made")
    click.echo(f"Merged {merged.measured} cells: {len(merged.changed)} new or changed, the rest as known.")
    if examined.refused:
        show(examined.refused[0].failure)
        click.get_current_context().exit(examined.refused[0].failure.exit_code)
