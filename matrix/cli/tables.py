"""Print observations as a table, with the verdicts of both yardsticks."""

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
"""Kind of verdict to its arguments for `click.style`."""

_NAMED = 4
"""The largest number of surfaces that a row names."""


def style_verdict(kind: VerdictKind) -> str:
    """Return the symbol and the word of a verdict, styled for a terminal."""
    return style(f"{SYMBOLS[kind]} {kind}", **_STYLES[kind])


def table(target: Target, behaviour: Behaviour, scenarios: Collection[str] = ()) -> str:
    """Lay out the different results of each scenario; where surfaces differ, each with its surfaces.

    Args:
        target: The package under test.
        behaviour: The observations.
        scenarios: The ids of the scenarios to show; empty for all.
    """
    calls = [call for call in behaviour if not scenarios or call.scenario in scenarios]
    supported = {call.surface for call in behaviour if behaviour[call].outcome is not Outcome.UNSUPPORTED}
    rows: defaultdict[tuple[str, str, tuple[VerdictKind, ...]], list[str]] = defaultdict(list)
    for call in calls:
        if call.surface in supported or not supported:
            kinds = tuple(judge_call(target, behaviour, call, yardstick).kind for yardstick in Yardstick)
            rows[call.scenario, describe_observation(behaviour[call]), kinds].append(call.surface)
    cells = []
    order = list(target.catalogue)
    for (scenario, observed, kinds), surfaces in sorted(rows.items(), key=lambda row: order.index(row[0][0])):
        first = scenario
        if len(surfaces) < len({call.surface for call in calls if call.scenario == scenario} & supported):
            first += "".join(f"\n{style(line, dim=True)}" for line in _name_surfaces(surfaces))
        cells.append((first, visible(observed), *map(style_verdict, kinds)))
    return lay_out(("scenario", "observed", "documented", "maintainers'"), cells, wrapped=[1])


def _name_surfaces(surfaces: list[str]) -> list[str]:
    """Name a few surfaces, and count the others."""
    named = surfaces if len(surfaces) <= _NAMED else [*surfaces[: _NAMED - 1], f"and {len(surfaces) - _NAMED + 1} more"]
    return [f"  {surface}" for surface in named]


def print_observations(target: Target, results: Iterable[tuple[Cell, Result]], scenarios: Collection[str]) -> None:
    """Print the results of `scenarios` in each cell."""
    for cell, result in results:
        say(style(str(cell), bold=True))
        if result.behaviour:
            say_block(table(target, result.behaviour, scenarios))
        else:
            say(f"{result.outcome}: {result.reason}")
