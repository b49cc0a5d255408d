"""`matrix run --shard`: measure one shard of a plan."""

from pathlib import Path

import click
from rich.console import Console

from matrix import artifact, sealed, sweep
from matrix.artifact import PLAN
from matrix.cli.progress import Bar, Lines, shown
from matrix.errors import UsageError
from matrix.shards import Plan

_ITS_OWN = ("shard", "plan_file", "artifact", "jobs", "index", "keep", "confinement")
"""The options that mean something with a shard; which cells are measured, and how, is in the plan."""


def measure_shard(
    context: click.Context, shard: str, plan_file: Path, folder: Path | None, how: sweep.Options
) -> sweep.Summary:
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
            raise UsageError(f"{parameter.opts[0]} and --shard can't go together.", "What is measured is in the plan.")
    plan = sealed.read(plan_file, PLAN, Plan)
    console = Console()
    total = len(plan.shard(int(number), int(of)).cells)
    with shown(console, total) as progress:

        def remains(count: int) -> Lines | Bar:
            progress.more(count - total)
            return progress

        return artifact.measure(plan, int(number), int(of), folder or default_folder(number, of), how, remains)


def default_folder(number: str, of: str) -> Path:
    """Where a shard leaves its artifact unless told otherwise."""
    return Path(f"shard-{number}-of-{of}")
