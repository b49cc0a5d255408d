"""Warn about data that is older than its schedule. I/O: reads the day of the last good run, and prints."""

import datetime as dt

from matrix.cli.terminal import say, style
from matrix.store import last_run
from matrix.store.store import Store


def today() -> dt.date:
    """Return today, UTC."""
    return dt.datetime.now(dt.UTC).date()


def data_age(store: Store, measured: dt.date | None) -> tuple[int | None, bool]:
    """Return the days since the data was last checked, and whether that is longer ago than its schedule.

    Args:
        store: The data.
        measured: The day of its newest result; None if there is none.
    """
    age = last_run.days_since(store.folder, measured, today())
    return age, age is not None and age > last_run.STALE_AFTER


def warn_if_stale(store: Store, measured: dt.date | None) -> None:
    """Warn on standard error, so that a report is the same on every day.

    Args:
        store: The data.
        measured: The day of its newest result; None if there is none.
    """
    if notice := last_run.describe_age(store.folder, measured, today()):
        say(f"{style('Warning:', fg='yellow', bold=True)} {notice} A newer midstream brings newer data.", err=True)
