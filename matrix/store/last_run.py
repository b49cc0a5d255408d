"""The last good run: a file beside the folder of the data, not in it, so that equal data has equal bytes. I/O.

It is written when the publish gate lets data pass, also when nothing in the data moved: that everything was looked at
and is as it was, is news too. The page takes its age from it.
"""

import datetime as dt
from pathlib import Path
from typing import Final

import msgspec

from matrix.errors import Stale
from matrix.model import Frozen
from matrix.store.documents import RESTORE, UNREADABLE, unlike, unreadable
from matrix.system import files

SCHEMA: Final = "midstream/checked/1"
NAME: Final = "checked.json"


class LastRun(Frozen, frozen=True, kw_only=True):
    """The last good run.

    Attributes:
        schema: The form of the file.
        day: Of the run, UTC.
        suite: The digest of the suite.
        releases: How many releases the package index listed.
        newest: The newest of them that is no pre-release; empty if there is none.
    """

    schema: str = msgspec.field(default=SCHEMA)
    day: dt.date
    suite: str
    releases: int
    newest: str


def path(data: Path) -> Path:
    """Where it lies: beside the folder of the data."""
    return data.with_name(f"{data.name}.{NAME}")


def read(data: Path) -> LastRun | None:
    """The last good run of this data; None if none is recorded.

    Raises:
        StoreCorrupt: The file is not what was written.
    """
    file = path(data)
    try:
        text = files.read(file)
    except FileNotFoundError:
        return None
    try:
        found = msgspec.json.decode(text, type=LastRun)
    except UNREADABLE as error:
        raise unreadable(file, text, error, SCHEMA, RESTORE) from None
    if found.schema != SCHEMA:
        raise unlike(file, found.schema, SCHEMA, RESTORE)
    return found


def record(data: Path, day: dt.date, suite: str, releases: int, newest: str) -> Path:
    """Record that a run was good, and return the path of the file.

    Args:
        data: The folder of the data.
        day: The day of the run, UTC.
        suite: The digest of the suite.
        releases: How many releases the package index listed.
        newest: The newest release that is no pre-release; empty if there is none.
    """
    good = LastRun(day=day, suite=suite, releases=releases, newest=newest)
    files.write_atomically(path(data), render(good))
    return path(data)


def render(found: LastRun) -> bytes:
    """The text of the file: one field in a line, so that a day's change is a line's."""
    fields = {"schema": SCHEMA} | msgspec.to_builtins(found)
    return msgspec.json.format(msgspec.json.encode(fields), indent=2) + b"\n"


def check(data: Path, day: dt.date, max_age: int) -> LastRun:
    """The last good run, if it is young enough.

    Args:
        data: The folder of the data.
        day: Today, UTC.
        max_age: Days.

    Raises:
        Stale: It is older, or there was none, or it is said to be in the future.
    """
    found = read(data)
    hint = "Look at the last runs of the workflow, at what the gate refused, and whether its schedule is disabled."
    if found is None:
        raise Stale(f"No good run is recorded: there is no {path(data)}.", hint)
    age = (day - found.day).days
    if age > max_age:
        raise Stale(f"The last good run was {age} days ago, on {found.day}; at most {max_age} may pass.", hint)
    if age < -1:  # a day's difference is a clock's
        raise Stale(f"The last good run is said to be on {found.day}, which is yet to come.", "Set the clock right.")
    return found
