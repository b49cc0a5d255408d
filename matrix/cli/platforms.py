"""`matrix elsewhere`: compare measurements on this system or Python with the published data."""

import platform
from pathlib import Path

import click

from matrix.cli import arguments, service
from matrix.cli.terminal import say_block
from matrix.compare.platforms import compare_platforms
from matrix.model import runtime_title
from matrix.releases import selection
from matrix.service import news, snapshots
from matrix.store import queries
from matrix.store.store import Store


@click.command("elsewhere")
@click.argument("versions", default=selection.LATEST, callback=arguments.versions)
@service.published
@arguments.python("The Python version of the local measurements.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Also append the report to this file.",
)
@click.pass_obj
def elsewhere_command(store: Store, versions: str, published: Path, python: str, output: Path | None) -> None:
    """Compare local measurements with the published data.

    Prints a Markdown report for this operating system and Python, and records nothing. It covers the calls of all
    clients: those with an extra are in a cell of their own. --data is the folder that
    `matrix run --force` wrote on this machine. If the published data lacks this Python, the report compares with the
    Python of the published data.
    """
    record = Store(snapshots.require_folder(published), store.target)
    suite = queries.main_suite(record, store.target.runtime)
    chosen = selection.select(queries.releases(store), versions, store.target.runtime)
    selected = [release.version for release in chosen]
    local = queries.results_by_cell(store, suite, python, selected)
    published_results = {
        cell: result
        for each in (store.target.runtime, python)
        for cell, result in queries.results_by_cell(record, suite, each, selected).items()
    }
    comparisons = compare_platforms(store.target, published_results, local, store.target.runtime)
    report = news.render_platforms(
        store.target, comparisons, f"{platform.system()} {platform.machine()}, {runtime_title(python)}"
    )
    say_block(report)
    if output is not None:
        with output.open("a", encoding="utf-8") as file:
            file.write(f"{report}\n")
