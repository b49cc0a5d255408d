"""`matrix merge`: record the results of shards."""

from pathlib import Path

import click

from matrix.cli import show
from matrix.cli.data_folder import recording
from matrix.cli.plan import read_plan
from matrix.cli.terminal import say
from matrix.store.store import Store


@click.command("merge")
@click.argument("folders", nargs=-1, type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER...")
@click.option(
    "--plan", "plan_file", type=click.Path(dir_okay=False, path_type=Path), default=Path("plan.json"),
    show_default=True, metavar="FILE", help="The plan that contains the shards.",
)  # fmt: skip
@click.option("--partial", is_flag=True, help="Record the valid results even if others are refused or missing.")
@click.pass_obj
@click.pass_context
def merge_command(
    context: click.Context, store: Store, folders: tuple[Path, ...], plan_file: Path, partial: bool
) -> None:
    """Check the results of all shards, and record them together.

    Each FOLDER holds the results of one shard. Refuses results that are truncated, altered or forged, that
    belong to another suite or plan, or that contradict each other. Records nothing if results are refused or missing;
    with --partial, records the valid ones and keeps the known results of missing cells. The exit code reports a refusal
    with --partial too.
    """
    from matrix.service import merge  # needs the extra `measure`

    plan = read_plan(plan_file)
    examined = merge.examine(store.target, plan, folders)
    for artifact in examined.artifacts:
        record = artifact.record
        say(f"valid: {artifact.folder}, shard {record.shard}/{record.of}: {len(artifact.cells)} cells")
        if not record.data:
            say(f"  This shard did not finish: {record.stopped or 'it was killed, or is still running.'}")
    for refused in examined.refused:
        say(f"refused: {refused.failure}")
    for cell in examined.missing:
        say(f"missing: {cell}" + (f": {examined.failures[cell]}" if cell in examined.failures else ""))
    if examined.failure is not None and not partial:
        say("Nothing was recorded.")
        raise examined.failure
    merged = merge.record_results(recording(context), plan, examined)
    for cell in merged.superseded:
        say(f"skipped: {cell}, because another run has changed its result since the plan was made")
    say(f"Merged {merged.measured} cells: {len(merged.changed)} new or changed, the rest unchanged.")
    if examined.refused:
        show(examined.refused[0].failure)
        click.get_current_context().exit(examined.refused[0].failure.exit_code)
