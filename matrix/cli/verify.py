"""`matrix verify`: is the data what was written?"""

from pathlib import Path

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
def verify_command(data: Path, judge: bool) -> None:
    """Check that the data is what was written.

    Recomputes every digest, follows every reference, and judges every behaviour again.
    """
    if not data.is_dir():
        raise StoreCorrupt(f"There is no folder {data}.", "Run this in a checkout, or name the folder with --data.")
    store = Store(data)
    problems = store.verify()
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        if not store.verify(tidy=False):
            raise StoreCorrupt(f"{data} is what a run left that did not get to its end.", _GO_ON)
        raise StoreCorrupt(f"{data} is not what was written.", RESTORE)
    if judge:
        upkeep.judge(store)
    elif wrong := upkeep.misjudged(store):
        raise StoreCorrupt(
            f"{data}/{JUDGEMENTS} does not say what {counted(len(wrong), 'behaviour comes', 'behaviours come')} to by "
            "the rules of this program.",
            "Write it again: `matrix verify --judge`.",
        )
    files = [path for path in data.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    click.echo(
        f"{data} holds: {len(store.cells())} cells, {len(files)} files, {size / 1e6:.2f} MB, every digest right."
    )
