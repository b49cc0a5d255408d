"""Observations as a table in a terminal: what was seen, and what it is worth by both yardsticks."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from matrix.cli.columns import lay_out
from matrix.cli.terminal import say, say_block, style
from matrix.model import Cell
from matrix.observation import Behaviour, Outcome, Result
from matrix.system.text import visible
from matrix.targets.target import Target
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_call
from matrix.verdicts.wording import SYMBOLS, describe_observation

_STYLES: Final[dict[VerdictKind, dict[str, Any]]] = {
    VerdictKind.RIGHT: {"fg": "green"},
    VerdictKind.WRONG: {"fg": "red"},
    VerdictKind.SILENT: {"fg": "red", "bold": True},
    VerdictKind.HANGS: {"fg": "red", "bold": True},
    VerdictKind.UNAVAILABLE: {"dim": True},
    VerdictKind.FLAKY: {"fg": "yellow"},
    VerdictKind.UNKNOWN: {"fg": "yellow"},
}
"""How a verdict is shown, for `click.style`."""


_NAMED = 4
"""Surfaces that a row names."""


def verdict(kind: VerdictKind) -> str:
    """Name a verdict by its symbol and its word."""
    return style(f"{SYMBOLS[kind]} {kind}", **_STYLES[kind])


def table(target: Target, behaviour: Behaviour, scenarios: Collection[str] = ()) -> str:
    """Everything different that was seen of each scenario; where surfaces differ, with the surfaces.

    Args:
        target: What was measured.
        behaviour: What was seen.
        scenarios: Which to show, by id; empty for all.
    """
    shown = [call for call in behaviour if not scenarios or call.scenario in scenarios]
    supported = {call.surface for call in behaviour if behaviour[call].outcome is not Outcome.UNSUPPORTED}
    rows: defaultdict[tuple[str, str, tuple[VerdictKind, ...]], list[str]] = defaultdict(list)
    for call in shown:
        if call.surface in supported or not supported:
            kinds = tuple(judge_call(target, behaviour, call, yardstick).kind for yardstick in Yardstick)
            rows[call.scenario, describe_observation(behaviour[call]), kinds].append(call.surface)
    cells = []
    order = list(target.catalogue)
    for (scenario, seen, kinds), where in sorted(rows.items(), key=lambda row: order.index(row[0][0])):
        first = scenario
        if len(where) < len({call.surface for call in shown if call.scenario == scenario} & supported):
            first += "".join(f"\n{style(line, dim=True)}" for line in _where(where))
        cells.append((first, visible(seen), *map(verdict, kinds)))
    return lay_out(("scenario", "seen", "documented", "maintainers'"), cells, wrapped=[1])


def _where(surfaces: list[str]) -> list[str]:
    """List the surfaces on which something was seen; a terminal has room for a few."""
    named = surfaces if len(surfaces) <= _NAMED else [*surfaces[: _NAMED - 1], f"and {len(surfaces) - _NAMED + 1} more"]
    return [f"  {surface}" for surface in named]


def observations(target: Target, results: Iterable[tuple[Cell, Result]], scenarios: Collection[str]) -> None:
    """Print what was seen of `scenarios` in each cell."""
    for cell, result in results:
        say(style(str(cell), bold=True))
        if result.behaviour:
            say_block(table(target, result.behaviour, scenarios))
        else:
            say(f"{result.outcome}: {result.reason}")
