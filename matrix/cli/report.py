"""`matrix report`: build the site."""

from pathlib import Path

import click

from matrix.cli import arguments
from matrix.cli.terminal import say
from matrix.site import site_folder
from matrix.store.store import Store


@click.command("report")
@click.option(
    "--site", type=click.Path(file_okay=False, path_type=Path), default=None,
    metavar="FOLDER", help="The folder to write the site to. Default: site, next to the data.",
)  # fmt: skip
@arguments.base_url("The address at which the site will be published, for the links in its feed.")
@click.pass_obj
def report_command(store: Store, site: Path | None, base_url: str) -> None:
    """Build the site from the committed data.

    Writes the pages, the feed of changes, and the JSON API with its badges.
    """
    base = f"{base_url}{store.target.site_path}" if base_url else ""
    folder = (site or site_folder.default(store)) / store.target.site_path
    digest = site_folder.made_from(store.folder, base)
    if site_folder.is_built(folder, digest):
        say(f"Nothing has changed. Open {(folder / 'index.html').resolve().as_uri()}")
        return
    site_folder.refuse_foreign(folder)
    from matrix.site import render  # needs the extra `site`

    page, files = render.site(render.read_source(store), base)
    target = site_folder.write(files, folder, digest)
    tested = ", ".join(f"{coverage.tested} {coverage.lane}" for coverage in page.coverage)
    say(f"{page.answer.listed} releases, measured: {tested}.")
    say(f"{page.answer.count}.")
    say(f"Open {target.resolve().as_uri()}")
