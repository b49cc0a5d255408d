"""The cost of measuring: seconds for each kind of cell, and each cell's share of the time of a run. Pure.

Cells run several at a time, so the duration of a cell says little about its cost. Each moment of a run is divided
equally among the running cells, so the shares of all cells add up to the time in which any cell ran.
"""

import statistics
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Final

from msgspec import Meta

from matrix.model import Cell, Frozen
from matrix.observation import Judgement, Outcome

MAX_SECONDS: Final = 86_400.0
"""Limit for the seconds of one cell. A machine of the service runs for six hours at most; a larger number is forged."""

Seconds = Annotated[float, Meta(ge=0, le=MAX_SECONDS)]
"""The time of a cell; a document with any other number is refused when it is read."""


class CellKind(StrEnum):
    """A kind of cells with similar cost."""

    PLAIN = "plain"
    """Plays the calls that need no extra."""
    EXTRA = "extra"
    """Plays only the calls that need its extra."""
    UNUSABLE = "unusable"
    """Its SDK can't construct a client, so no call takes time."""
    HANGING = "hanging"
    """Some of its calls hang, and each of these takes its deadline three times."""
    NOT_PLAYED = "not-played"
    """Its release can't be installed or imported."""


class Cost(Frozen, frozen=True):
    """The typical cost of an environment of one kind.

    Attributes:
        seconds: The cost in seconds, rounded to tenths.
        cells: The number of measured environments behind it.
    """

    seconds: Seconds
    cells: Annotated[int, Meta(ge=0, le=1_000_000)]


Costs = Mapping[CellKind, Cost]

DEFAULT_COSTS: Final[dict[CellKind, Cost]] = {
    CellKind.PLAIN: Cost(3.7, 0),
    CellKind.EXTRA: Cost(1.1, 0),
    CellKind.UNUSABLE: Cost(0.5, 0),
    CellKind.HANGING: Cost(6.4, 0),
    CellKind.NOT_PLAYED: Cost(0.5, 0),
}
"""The costs of kinds that were never measured.

The ratios are from 28 cells of ten releases, in two shards on two shared cores (6.7, 2.0, 0.9 and 11.5 s, at a load of
8). They are scaled so that the sweep of 734 cells takes the half hour that it took there. The last one is a guess.
"""

_REMEMBERED: Final = 100
"""Limit for the weight of earlier environments in a mean, so that it follows changes of the machines."""


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
        known: The costs before the run.
        samples: The kind and the seconds of each measured environment.
    """
    measured: dict[CellKind, list[float]] = {}
    for kind, seconds in samples:
        measured.setdefault(kind, []).append(seconds)
    return {
        kind: _both(known.get(kind), measured[kind]) if kind in measured else known[kind]
        for kind in CellKind
        if kind in measured or kind in known
    }


def _both(known: Cost | None, seconds: list[float]) -> Cost:
    median, count = statistics.median(seconds), len(seconds)
    past = min(known.cells, _REMEMBERED) if known else 0
    mean = (median * count + (known.seconds if known else 0.0) * past) / (count + past)
    return Cost(min(max(round(mean, 1), 0.1), MAX_SECONDS), count + past)


class TimeShares:
    """A clock that divides each moment equally among the running cells."""

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
        return min(self._running.pop(cell, 0.0), MAX_SECONDS)

    def _pass(self, now: float) -> None:
        for cell in self._running:
            self._running[cell] += (now - self._last) / len(self._running)
        self._last = now
