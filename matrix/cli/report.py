"""`matrix report`: build the page."""

from pathlib import Path

import click

from matrix.report import render
from matrix.store import Store


@click.command("report")
@click.option(
    "--site", type=click.Path(file_okay=False, path_type=Path), default=None,
    metavar="FOLDER", help="Where the page is written. Default: site, beside the data.",
)  # fmt: skip
@click.pass_obj
def report_command(data: Path, site: Path | None) -> None:
    """Build the page from the committed data."""
    page = render.load(Store(data))
    target = render.write(page, site or data.parent / "site")
    tested = ", ".join(f"{coverage.tested} {coverage.lane}" for coverage in page.coverage)
    click.echo(f"{page.answer.listed} releases, measured: {tested}.")
    click.echo(
        f"{page.answer.documented} of {page.answer.seen} raise the documented code for an error inside a stream."
    )
    click.echo(f"Open {target.resolve().as_uri()}")
