"""`matrix elsewhere`: what another system or another Python makes of it, beside the record."""

import platform
from pathlib import Path

import click

from matrix import evidence, plan, sides
from matrix.cli import naming, service
from matrix.elsewhere import beside
from matrix.formats import news
from matrix.store import Store


@click.command("elsewhere")
@click.argument("versions", default=plan.LATEST)
@service.published
@naming.python("The Python on which it was measured here.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Add it to this file too."
)
@click.pass_obj
def elsewhere_command(data: Path, versions: str, published: Path, python: str, output: Path | None) -> None:
    """Say, as Markdown, how what was measured here differs from the record; it never becomes part of the record.

    The data is what `matrix run --force` left on this machine, and --published the data of record. A cell of a Python
    that the record lacks stands beside the record's own Python.
    """
    store, record = Store(data), Store(sides.folder(published))
    suite = evidence.main_suite(record, plan.DEFAULT_PYTHON)
    named = [release.version for release in plan.select(evidence.releases(store), versions)]
    seen = evidence.results(store, suite, python, named)
    known = evidence.results(record, suite, plan.DEFAULT_PYTHON, named) | evidence.results(record, suite, python, named)
    found = beside(known, seen, plan.DEFAULT_PYTHON)
    said = news.elsewhere(found, f"{platform.system()} {platform.machine()}, Python {python}")
    click.echo(said, nl=False)
    if output is not None:
        with output.open("a", encoding="utf-8") as file:
            file.write(f"{said}\n")
