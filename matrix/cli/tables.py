"""Observations as a table in a terminal: what was seen, and what it is worth by both yardsticks."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from matrix.model import Behaviour, Call, Cell, Result
from matrix.verdict import Kind, Yardstick, judge_call
from matrix.wording import SYMBOLS, words

_STYLES = {
    Kind.RIGHT: "green",
    Kind.WRONG: "red",
    Kind.SILENT: "bold red",
    Kind.HANGS: "bold red",
    Kind.UNAVAILABLE: "dim",
    Kind.FLAKY: "yellow",
    Kind.UNKNOWN: "yellow",
}


def verdict(kind: Kind) -> Text:
    """A verdict as symbol and word."""
    return Text(f"{SYMBOLS[kind]} {kind}", style=_STYLES[kind])


def behaviour_rows(table: Table, prefix: tuple[str, ...], behaviour: Behaviour, calls: Iterable[Call]) -> None:
    """A row for each of `calls`."""
    for call in calls:
        judged = [verdict(judge_call(behaviour, call, yardstick).kind) for yardstick in Yardstick]
        table.add_row(*prefix, call.scenario, call.surface, Text(words(behaviour[call])), *judged)


def columns(*first: str) -> Table:
    """An empty table of observations."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in (*first, "scenario", "surface", "seen", "documented", "maintainers'"):
        table.add_column(title, overflow="fold")
    return table


def observations(console: Console, results: Iterable[tuple[Cell, Result]]) -> None:
    """Print what was seen in each cell."""
    table = columns("cell")
    for cell, result in results:
        if result.behaviour:
            behaviour_rows(table, (str(cell),), result.behaviour, result.behaviour)
        else:
            table.add_row(str(cell), "", "", Text(f"{result.outcome}: {result.reason}"), "", "")
    console.print(table)
