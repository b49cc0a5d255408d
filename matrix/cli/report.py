"""`matrix report`: build the site of a target, or of all."""

from collections.abc import Sequence
from pathlib import Path

import click

from matrix.cli import arguments, sdks
from matrix.cli.terminal import say
from matrix.errors import UsageError
from matrix.site import site_folder
from matrix.store.store import Store
from matrix.system.garbage import collect_rarely
from matrix.targets import DEFAULT


@click.command("report")
@click.option(
    "--site", type=click.Path(file_okay=False, path_type=Path), default=None,
    metavar="FOLDER", help="The folder to write the site to. Default: site, next to the data.",
)  # fmt: skip
@arguments.base_url("The address at which the site will be published, for the links in its feed.")
@arguments.address("--repository", "The address of this project's repository, for the links at commands.")
@click.option(
    "--all-targets", is_flag=True,
    help="Build the sites of all targets that have data: that of the default target, and the others below it.",
)  # fmt: skip
@click.pass_obj
def report_command(store: Store, site: Path | None, base_url: str, repository: str, all_targets: bool) -> None:
    """Build the site from the committed data.

    Writes the pages, the feed of changes, and the JSON API with its badges. The site of the default target also
    compares the newest releases of all targets.
    """
    compared = sdks.stores_of_targets(store)
    root = site or site_folder.default(store)
    if not all_targets:
        _build(store, compared, root, base_url, repository.rstrip("/"))
        return
    if DEFAULT not in [each.target for each in compared]:
        raise UsageError(
            f"There is no data of {DEFAULT.id} next to {store.folder}, and its site links all others.",
            "Name the folder of its data with --data.",
        )
    for each in compared:
        say(f"{each.target.package}:")
        _build(each, compared, root, base_url, repository.rstrip("/"), is_whole=True)


def digest_of_sources(store: Store, compared: Sequence[Store], base: str = "", *, is_whole: bool = False) -> str:
    """Return the digest of the sources of a target's site.

    Args:
        store: The data of the target.
        compared: The data of all targets, which the site of the default target compares.
        base: The addresses that its pages name; empty if none is known.
        is_whole: Whether the sites of all targets are built.
    """
    others = [each.folder for each in compared if each.target is not store.target] if store.target.is_default else []
    return site_folder.made_from(store.folder, base, others, is_whole=is_whole)


def _build(
    store: Store, compared: Sequence[Store], root: Path, base_url: str, repository: str, *, is_whole: bool = False
) -> None:
    """Build the site of one target, and print what it says."""
    base = f"{base_url}{store.target.site_path}" if base_url else ""
    folder = root / store.target.site_path
    digest = digest_of_sources(store, compared, " ".join(filter(None, (base, repository))), is_whole=is_whole)
    if site_folder.is_built(folder, digest):
        say(f"Nothing has changed. Open {(folder / 'index.html').resolve().as_uri()}")
        return
    site_folder.refuse_foreign(folder)
    collect_rarely()
    from matrix.site import render  # needs the extra `site`

    table = sdks.read_sdks(compared) if store.target.is_default else None
    built = [each.target.id for each in compared] if is_whole else ()
    others = sdks.read_others(store, compared) if store.target.is_default else []
    page, files = render.site(render.read_source(store), base, table, built, others, repository)
    target = site_folder.write(files, folder, digest)
    tested = ", ".join(f"{coverage.tested} {coverage.lane}" for coverage in page.coverage)
    say(f"{page.answer.listed} releases, measured: {tested}.")
    say(f"{page.answer.count}.")
    say(f"Open {target.resolve().as_uri()}")
