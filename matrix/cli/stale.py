"""`matrix stale`: check that the last good run is recent."""

import click

from matrix.cli.arguments import Days
from matrix.cli.freshness import today
from matrix.cli.terminal import say
from matrix.store import last_run
from matrix.store.store import Store
from matrix.system.text import counted


@click.command("stale")
@click.option(
    "--max-age", type=Days(), default="3d", show_default=True, metavar="AGE",
    help="The largest accepted age of the last good run. The schedule is daily; a few days may fail.",
)  # fmt: skip
@click.pass_obj
def stale_command(store: Store, max_age: int) -> None:
    """Check that the last good run is recent, and exit with 14 if not.

    Prints the day of the run and the newest release. `matrix gate --record` writes the day next to the folder of the
    data.
    """
    day = today()
    last = last_run.check(store.folder, day, max_age)
    ago = (day - last.day).days
    age = counted(ago, "day") + " ago" if ago > 0 else "today"
    say(f"The last good run was {age}, on {last.day}: {last.releases} releases, newest {last.newest}.")
