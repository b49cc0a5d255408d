"""`python -m bench`: runs the benchmarks, prints their figures, and records them in `reports/bench.json`.

A benchmark replaces only its own section of the record. `--table` prints the table of docs/notes/benchmarks.md from
the record.
"""

import datetime as dt
from pathlib import Path
from types import ModuleType
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from bench import audit, commands, figures, floor, growth, measure, nothing, streams, sweep
from bench.figures import Section

BENCHES: Final[dict[str, ModuleType]] = {
    "streams": streams,
    "commands": commands,
    "nothing": nothing,
    "audit": audit,
    "floor": floor,
    "growth": growth,
    "sweep": sweep,
}
"""The module of each benchmark by name, quick ones first. Each has TITLE, estimate() and bench(), and LEAST_ROUNDS if
it is quick."""


@click.command()
@click.option("--only", multiple=True, type=click.Choice(list(BENCHES)), help="Run only this benchmark; repeatable.")
@click.option(
    "--releases",
    type=click.IntRange(min=1),
    default=24,
    show_default=True,
    help="Number of releases, spread over the history.",
)
@click.option(
    "--rounds", type=click.IntRange(min=1), default=3, show_default=True, help="Number of rounds behind each median."
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), default=figures.FILE,
    metavar="FILE", help="File of the record. Default: reports/bench.json.",
)  # fmt: skip
@click.option("--table", is_flag=True, help="Measure nothing; print the table of docs/notes/benchmarks.md.")
def main(only: tuple[str, ...], releases: int, rounds: int, output: Path, table: bool) -> None:
    """Measure what this project costs, as ratios from one run."""
    if table:
        click.echo(figures.markdown(figures.read(output)), nl=False)
        return
    chosen = only or tuple(BENCHES)
    enough = {name: max(rounds, getattr(BENCHES[name], "LEAST_ROUNDS", 1)) for name in chosen}
    minutes = sum(BENCHES[name].estimate(releases, enough[name]) for name in chosen) / 60
    click.echo(f"{', '.join(chosen)}: about {minutes:.0f} minutes on two quiet cores.")
    for name in chosen:
        click.echo(f"{BENCHES[name].TITLE} ({name}):")
        section = Section(
            title=BENCHES[name].TITLE,
            command=f"nox -s bench -- --only {name} --releases {releases} --rounds {enough[name]}",
            measured=dt.datetime.now(dt.UTC).date(),
            machine=measure.machine(),
            rounds=enough[name],
            figures=tuple(BENCHES[name].bench(releases, enough[name])),
        )
        figures.replace(output, name, section)
        _print(section)


def _print(section: Section) -> None:
    shown = Table(title=section.title, title_justify="left")
    for heading in ("what", "median", "least to most", "goal", "met"):
        shown.add_column(heading, justify="left" if heading == "what" else "right")
    for figure in section.figures:
        shown.add_row(*figures.cells(figure))
    Console().print(shown)


if __name__ == "__main__":
    main()
