"""What measuring costs: seconds for each kind of cell, and how the time of a run is divided among its cells. Pure.

Cells run several at a time, so how long one took says little of what it cost. Each moment of a run is divided among the
cells that were under way in it, so the shares of all cells make up the time in which any was.
"""

import statistics
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from matrix.model import Cell, Frozen
from matrix.observation import Judgement, Outcome


class CellKind(StrEnum):
    """What a cell is like, as far as its cost goes."""

    PLAIN = "plain"
    EXTRA = "extra"
    """Plays only the calls that need its extra."""
    UNUSABLE = "unusable"
    """No client can be made, so that nobody waits for anything."""
    HANGING = "hanging"
    """Calls do not end, and each of those takes its deadline three times."""
    NOT_PLAYED = "not-played"
    """It can't be installed or imported."""


class Cost(Frozen, frozen=True):
    """The median of some cells.

    Attributes:
        seconds: For one environment, in tenths.
        cells: How many it comes from.
    """

    seconds: float
    cells: int


Costs = Mapping[CellKind, Cost]

DEFAULT_COSTS: Final[dict[CellKind, Cost]] = {
    CellKind.PLAIN: Cost(3.7, 0),
    CellKind.EXTRA: Cost(1.1, 0),
    CellKind.UNUSABLE: Cost(0.5, 0),
    CellKind.HANGING: Cost(6.4, 0),
    CellKind.NOT_PLAYED: Cost(0.5, 0),
}
"""What stands for a kind that nobody has measured yet.

The ratios are those of 28 cells of ten releases, in two shards on two shared cores (6.7, 2.0, 0.9 and 11.5 s, at a load
of 8), scaled so that the sweep of 734 cells comes to the half hour that it took there. The last one is a guess.
"""

_REMEMBERED: Final = 100
"""So many cells of the past weigh as much as they are; of more, the rest is forgotten, for machines change."""


def classify_cell(cell: Cell, outcome: Outcome, judgement: Judgement | None) -> CellKind:
    """Classify a measured cell by its cost."""
    if outcome is not Outcome.COMPLETED:
        return CellKind.NOT_PLAYED
    if judgement is not None and judgement.unusable:
        return CellKind.UNUSABLE
    if judgement is not None and judgement.hangs:
        return CellKind.HANGING
    return assume_kind(cell)


def assume_kind(cell: Cell) -> CellKind:
    """Assume the kind of a cell that was never measured."""
    return CellKind.EXTRA if cell.extra else CellKind.PLAIN


def update_costs(known: Costs, samples: Iterable[tuple[CellKind, float]]) -> dict[CellKind, Cost]:
    """Update costs with the samples of a run.

    Args:
        known: Before it.
        samples: What it measured, one for each environment.
    """
    found: dict[CellKind, list[float]] = {}
    for one, seconds in samples:
        found.setdefault(one, []).append(seconds)
    return {
        one: _both(known.get(one), found[one]) if one in found else known[one]
        for one in CellKind
        if one in found or one in known
    }


def _both(known: Cost | None, seconds: list[float]) -> Cost:
    median, count = statistics.median(seconds), len(seconds)
    past = min(known.cells, _REMEMBERED) if known else 0
    mean = (median * count + (known.seconds if known else 0.0) * past) / (count + past)
    return Cost(max(round(mean, 1), 0.1), count + past)


class TimeShares:
    """Divides each moment among the cells that are running."""

    def __init__(self) -> None:
        self._running: dict[Cell, float] = {}
        self._last = 0.0

    def begin(self, cell: Cell, now: float) -> None:
        """Start the time of a cell."""
        self._pass(now)
        self._running[cell] = 0.0

    def end(self, cell: Cell, now: float) -> float:
        """End the time of a cell, and return its share in seconds."""
        self._pass(now)
        return self._running.pop(cell, 0.0)

    def _pass(self, now: float) -> None:
        for cell in self._running:
            self._running[cell] += (now - self._last) / len(self._running)
        self._last = now
