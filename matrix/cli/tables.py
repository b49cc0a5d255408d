"""Observations as a table in a terminal: what was seen, and what it is worth by both yardsticks."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from matrix.model import Behaviour, Call, Cell, Observation, Outcome, Result
from matrix.verdict import Kind, Yardstick, judge_call

MARKS = {
    Kind.RIGHT: ("✓", "green"),
    Kind.WRONG: ("✗", "red"),
    Kind.SILENT: ("!", "bold red"),
    Kind.HANGS: ("∞", "bold red"),
    Kind.UNAVAILABLE: ("-", "dim"),
    Kind.FLAKY: ("≈", "yellow"),
    Kind.UNKNOWN: ("?", "yellow"),
}
"""Kind of verdict to its symbol and its style. The word always stands beside the symbol."""


def words(observation: Observation) -> str:
    """What was seen, in a few words: `200 APIStatusError, type overloaded_error`."""
    raised = observation.exception
    match observation.outcome:
        case Outcome.RAISED | Outcome.CANNOT_CONSTRUCT if raised is not None:
            status = raised.attributes.get("status_code")
            error_type = raised.attributes.get("type")
            parts = f"{status} {raised.short_name}" if status is not None else raised.short_name
            parts += f", type {error_type}" if error_type else ""
            return parts if observation.outcome is Outcome.RAISED else f"cannot construct the client: {parts}"
        case Outcome.COMPLETED:
            return "completed, no exception"
        case Outcome.FLAKY:
            return "flaky: " + ", ".join(f"{count} x {name}" for name, count in sorted(observation.counts.items()))
    return str(observation.outcome) + (f": {observation.detail}" if observation.detail else "")


def verdict(kind: Kind) -> Text:
    """A verdict as symbol and word."""
    symbol, style = MARKS[kind]
    return Text(f"{symbol} {kind}", style=style)


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
