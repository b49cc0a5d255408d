"""Observations as a table in a terminal: what was seen, and what it is worth by both yardsticks."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from matrix.model import Cell
from matrix.observation import Behaviour, Outcome, Result
from matrix.system.text import visible
from matrix.targets.target import Target
from matrix.verdicts.verdict import Kind, Yardstick, judge_call
from matrix.verdicts.wording import SYMBOLS, words

_STYLES = {
    Kind.RIGHT: "green",
    Kind.WRONG: "red",
    Kind.SILENT: "bold red",
    Kind.HANGS: "bold red",
    Kind.UNAVAILABLE: "dim",
    Kind.FLAKY: "yellow",
    Kind.UNKNOWN: "yellow",
}


_NAMED = 4
"""Surfaces that a row names."""


def verdict(kind: Kind) -> Text:
    """A verdict as symbol and word."""
    return Text(f"{SYMBOLS[kind]} {kind}", style=_STYLES[kind])


def table(target: Target, behaviour: Behaviour, scenarios: Collection[str] = ()) -> Table:
    """Everything different that was seen of each scenario; where surfaces differ, with the surfaces.

    Args:
        target: What was measured.
        behaviour: What was seen.
        scenarios: Which to show, by id; empty for all.
    """
    shown = [call for call in behaviour if not scenarios or call.scenario in scenarios]
    supported = {call.surface for call in behaviour if behaviour[call].outcome is not Outcome.UNSUPPORTED}
    rows: defaultdict[tuple[str, str, tuple[Kind, ...]], list[str]] = defaultdict(list)
    for call in shown:
        if call.surface in supported or not supported:
            kinds = tuple(judge_call(target, behaviour, call, yardstick).kind for yardstick in Yardstick)
            rows[call.scenario, words(behaviour[call]), kinds].append(call.surface)
    found = Table(box=None, header_style="bold", pad_edge=False)
    found.add_column("scenario", no_wrap=True)
    found.add_column("seen", overflow="fold")
    found.add_column("documented", no_wrap=True)
    found.add_column("maintainers'", no_wrap=True)
    order = list(target.catalogue)
    for (scenario, seen, kinds), where in sorted(rows.items(), key=lambda row: order.index(row[0][0])):
        first = Text(scenario)
        if len(where) < len({call.surface for call in shown if call.scenario == scenario} & supported):
            first.append(_where(where), style="dim")
        found.add_row(first, Text(visible(seen)), *map(verdict, kinds))
    return found


def _where(surfaces: list[str]) -> str:
    """On which surfaces something was seen; a terminal has room for a few."""
    named = surfaces if len(surfaces) <= _NAMED else [*surfaces[: _NAMED - 1], f"and {len(surfaces) - _NAMED + 1} more"]
    return "".join(f"\n  {surface}" for surface in named)


def observations(
    target: Target, console: Console, results: Iterable[tuple[Cell, Result]], scenarios: Collection[str]
) -> None:
    """Print what was seen of `scenarios` in each cell."""
    for cell, result in results:
        console.print(Text(str(cell), style="bold"))
        if result.behaviour:
            console.print(table(target, result.behaviour, scenarios))
        else:
            console.print(Text(f"{result.outcome}: {visible(result.reason)}"))
