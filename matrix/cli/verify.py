"""`matrix verify`: check that the data is complete and unaltered."""

import click

from matrix.cli.terminal import say
from matrix.errors import StoreCorrupt
from matrix.harness import upkeep
from matrix.store import migration, root
from matrix.store.documents import JUDGEMENTS, RESTORE
from matrix.store.store import Store
from matrix.system.text import counted

_CONTINUE = "No result is lost. Run the interrupted command again: it continues, and removes the leftovers."


@click.command("verify")
@click.option("--judge", is_flag=True, help="Write the derived judgements again by the rules of this program.")
@click.pass_obj
def verify_command(store: Store, judge: bool) -> None:
    """Check that the data is complete and unaltered.

    Recomputes every digest, follows every reference, and judges every behaviour again.
    """
    folder = store.folder
    if not folder.is_dir():
        raise StoreCorrupt(
            f"The folder {folder} does not exist.", "Run this in a checkout, or name the folder with --data."
        )
    migration.require_current(store)
    problems = store.verify()
    if judge and problems == [root.MISSING]:  # an earlier `--judge` was interrupted; this one records it
        problems = []
    for problem in problems:
        say(problem, err=True)
    if problems:
        if not store.verify(tidy=False):
            raise StoreCorrupt(f"{folder} has leftovers of an interrupted run.", _CONTINUE)
        raise StoreCorrupt(f"{folder} was altered or is incomplete.", RESTORE)
    if judge:
        upkeep.update_judgements(store)
        upkeep.tidy(store)
    elif wrong := upkeep.find_outdated_judgements(store):
        raise StoreCorrupt(
            f"{folder}/{JUDGEMENTS} differs from this program's rules on {counted(len(wrong), 'behaviour')}.",
            "Write the judgements again: `matrix verify --judge`.",
        )
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    say(
        f"{folder} is valid: {len(store.cells())} cells, {len(files)} files, {size / 1e6:.2f} MB, every digest matches."
    )
