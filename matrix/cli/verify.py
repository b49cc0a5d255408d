"""`matrix verify`: is the data what was written?"""

import click

from matrix.errors import StoreCorrupt
from matrix.harness import upkeep
from matrix.store.documents import JUDGEMENTS, RESTORE
from matrix.store.store import Store
from matrix.system.text import counted

_GO_ON = "Nothing is lost: the same command goes on from there, and tidies up."


@click.command("verify")
@click.option("--judge", is_flag=True, help="Write again what is derived: what each behaviour comes to.")
@click.pass_obj
def verify_command(store: Store, judge: bool) -> None:
    """Check that the data is what was written.

    Recomputes every digest, follows every reference, and judges every behaviour again.
    """
    folder = store.folder
    if not folder.is_dir():
        raise StoreCorrupt(f"There is no folder {folder}.", "Run this in a checkout, or name the folder with --data.")
    problems = store.verify()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        if not store.verify(tidy=False):
            raise StoreCorrupt(f"{folder} is what a run left that did not get to its end.", _GO_ON)
        raise StoreCorrupt(f"{folder} is not what was written.", RESTORE)
    if judge:
        upkeep.update_judgements(store)
    elif wrong := upkeep.find_outdated_judgements(store):
        raise StoreCorrupt(
            f"{folder}/{JUDGEMENTS} differs from this program's rules on {counted(len(wrong), 'behaviour')}.",
            "Write it again: `matrix verify --judge`.",
        )
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    click.echo(
        f"{folder} holds: {len(store.cells())} cells, {len(files)} files, {size / 1e6:.2f} MB, every digest right."
    )
