"""The last good run: a file next to the data folder, so that equal data has equal bytes. I/O.

The publish gate writes it whenever it accepts data, even if the data did not change: it records that everything was
checked. The page computes its age from this file.
"""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from matrix.errors import Stale
from matrix.model import Frozen
from matrix.store.documents import RESTORE, UNREADABLE, unlike, unreadable
from matrix.system import files

SCHEMA: Final = "midstream/checked/1"
NAME: Final = "checked.json"

STALE_AFTER: Final = 3
"""Days after which data counts as stale: the schedule is daily, and a run may fail."""


class LastRun(Frozen, frozen=True, kw_only=True):
    """The last good run.

    Attributes:
        schema: The schema of the file.
        day: The day of the run, UTC.
        suite: The digest of the suite.
        releases: The number of releases on the package index.
        newest: The newest release that is no pre-release; empty if there is none.
        held: Version to reason of the releases whose results the publish gate holds back.
    """

    schema: str = msgspec.field(default=SCHEMA)
    day: dt.date
    suite: str
    releases: int
    newest: str
    held: dict[str, str] = msgspec.field(default_factory=dict)


def path(data: Path) -> Path:
    """Return the path of the file: next to the data folder."""
    return data.with_name(f"{data.name}.{NAME}")


def read(data: Path) -> LastRun | None:
    """Read the last good run of this data; return None if none is recorded.

    Raises:
        StoreCorrupt: The file is damaged, or of another schema.
    """
    file = path(data)
    try:
        text = files.read(file)
    except FileNotFoundError:
        return None
    try:
        last_run = msgspec.json.decode(text, type=LastRun)
    except UNREADABLE as error:
        raise unreadable(file, text, error, SCHEMA, RESTORE) from None
    if last_run.schema != SCHEMA:
        raise unlike(file, last_run.schema, SCHEMA, RESTORE)
    return last_run


def record(
    data: Path, day: dt.date, suite: str, releases: int, newest: str, held: Mapping[str, str] | None = None
) -> Path:
    """Record that a run was good, and return the path of the file.

    Args:
        data: The folder of the data.
        day: The day of the run, UTC.
        suite: The digest of the suite.
        releases: How many releases the package index listed.
        newest: The newest release that is no pre-release; empty if there is none.
        held: Version to reason of the releases whose results the publish gate holds back.
    """
    good = LastRun(day=day, suite=suite, releases=releases, newest=newest, held=dict(held or {}))
    files.write_atomically(path(data), render(good))
    return path(data)


def render(last_run: LastRun) -> bytes:
    """Write the file: one field per line, so that a new day changes one line."""
    fields = {"schema": SCHEMA} | msgspec.to_builtins(last_run)
    return msgspec.json.format(msgspec.json.encode(fields), indent=2) + b"\n"


def check(data: Path, day: dt.date, max_age: int) -> LastRun:
    """Return the last good run if it is recent enough.

    Args:
        data: The folder of the data.
        day: Today, UTC.
        max_age: The most days since the last good run.

    Raises:
        Stale: The run is older or in the future, or no run is recorded.
    """
    last_run = read(data)
    hint = "Check the last runs of the workflow, what the gate refused, and whether the schedule is disabled."
    if last_run is None:
        raise Stale(f"No good run is recorded: {path(data)} does not exist.", hint)
    age = (day - last_run.day).days
    if age > max_age:
        raise Stale(f"The last good run was {age} days ago, on {last_run.day}; the limit is {max_age} days.", hint)
    if age < -1:  # clocks of two machines may differ by a day
        raise Stale(f"The last good run is dated {last_run.day}, which is in the future.", "Set this machine's clock.")
    return last_run


def days_since(data: Path, measured: dt.date | None, today: dt.date) -> int | None:
    """Return the days since the last good run of this data, which are none for a day in the future.

    Args:
        data: The folder of the data.
        measured: The day of the newest result, which counts if no good run is recorded; None if there is no result.
        today: Today, UTC.

    Returns:
        None if there is neither a good run nor a result.
    """
    good = read(data)
    day = good.day if good is not None else measured
    return max(0, (today - day).days) if day is not None else None


def describe_age(data: Path, measured: dt.date | None, today: dt.date) -> str:
    """Say that the data is older than its schedule, in the words of the site; return an empty text if it is not.

    Args:
        data: The folder of the data.
        measured: The day of the newest result, which counts if no good run is recorded; None if there is no result.
        today: Today, UTC.
    """
    age = days_since(data, measured, today) or 0
    if age <= STALE_AFTER:
        return ""
    return f"This data is {age} days old, but its schedule is {STALE_AFTER} days. Newer releases may be missing."
