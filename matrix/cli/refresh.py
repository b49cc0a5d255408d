"""`matrix refresh`: read the package index, and record its releases."""

import click

from matrix.cli import options
from matrix.cli.data_folder import recording
from matrix.cli.terminal import say
from matrix.model import upload_day


@click.command("refresh")
@click.option("--accept-missing", is_flag=True, help="Keep releases that the index no longer lists.")
@options.index
@click.pass_context
def refresh_command(context: click.Context, accept_missing: bool, index: str | None) -> None:
    """Read the package index, and record its releases.

    Measures nothing: `matrix run` measures new releases.
    """
    from matrix.releases import index as package_index  # needs the extra `measure`

    store = recording(context)
    with store.writing():
        known = store.releases()
        listing = package_index.fetch_listing(store.target, known, index)
        listed = listing.releases
        package_index.check(known, listed, accept_missing=accept_missing)
        new = [version for version in listed if version not in known]
        changed = [version for version in listed if version in known and listed[version] != known[version]]
        store.put_releases(known | listed)
    for note in listing.notes:
        say(note)
    say(f"The package index lists {len(listed)} releases of {store.target.package}, {len(new)} of them new.")
    for version in new if known else ():
        say(f"  new: {version}, uploaded {upload_day(listed[version])}")
    for version in changed:
        say(f"  changed: {version}" + (f" is {store.target.withdrawn}" if listed[version].yanked is not None else ""))
    if new:
        say("`matrix run` measures the new releases.")
