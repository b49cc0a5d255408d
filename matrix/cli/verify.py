"""`matrix verify`: is the data what was written?"""

from pathlib import Path

import click

from matrix.errors import StoreCorrupt
from matrix.store import Store


@click.command("verify")
@click.pass_obj
def verify_command(data: Path) -> None:
    """Recompute every digest of the data, and follow every reference in it."""
    if not data.is_dir():
        raise StoreCorrupt(f"There is no folder {data}.", "Run this in a checkout, or name the folder with --data.")
    store = Store(data)
    problems = store.verify()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise StoreCorrupt(f"{data} is not what was written.", "Restore it: `git checkout -- reports/data`.")
    files = [path for path in data.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    click.echo(
        f"{data} holds: {len(store.cells())} cells, {len(files)} files, {size / 1e6:.2f} MB, every digest right."
    )
