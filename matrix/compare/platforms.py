"""What was measured on another system or another Python, beside the record. Pure.

The record is that of Linux and one Python: sockets fail otherwise elsewhere, and a difference between two systems is
no difference between two releases. So what is seen elsewhere is told, and never becomes part of the data.
"""

from collections.abc import Mapping

from matrix.compare.diff import Comparison, compare
from matrix.model import Cell, Frozen, moved_pins
from matrix.observation import Result, not_played
from matrix.targets.target import Target


class PlatformComparison(Frozen, frozen=True, kw_only=True):
    """One cell that was measured elsewhere.

    Attributes:
        cell: Which.
        recorded: The cell of the record that it stands beside; None if there is none.
        says: Why there is nothing to compare; empty if there is.
        observations: How many were made elsewhere.
        dependencies: Package to its version in the record and elsewhere, where they differ.
        comparison: What is different for a caller.
    """

    cell: Cell
    recorded: Cell | None
    says: str
    observations: int
    dependencies: dict[str, tuple[str, str]]
    comparison: Comparison


def compare_platforms(
    target: Target, record: Mapping[Cell, Result], seen: Mapping[Cell, Result], python: str
) -> tuple[PlatformComparison, ...]:
    """Every cell that was measured elsewhere, beside the record's: of the same Python, or else of the record's.

    Args:
        target: What is under test.
        record: The data of record.
        seen: What was measured elsewhere.
        python: Of the record.
    """
    return tuple(_beside(target, record, cell, result, python) for cell, result in sorted(seen.items()))


def _beside(target: Target, record: Mapping[Cell, Result], cell: Cell, now: Result, python: str) -> PlatformComparison:
    wanted = Cell(cell.version, cell.lane, python, cell.extra)
    known = next((one for one in (cell, wanted) if one in record), None)
    was = record[known] if known else None
    return PlatformComparison(
        cell=cell,
        recorded=known,
        says=_says(was, now),
        observations=len(now.behaviour),
        dependencies=moved_pins(target.dependencies(was.lock.pins), target.dependencies(now.lock.pins))
        if was and was.lock and now.lock
        else {},
        comparison=compare(target, was.behaviour, now.behaviour)
        if was and was.behaviour and now.behaviour
        else Comparison(),
    )


def _says(was: Result | None, now: Result) -> str:
    if was is None:
        return "the record has nothing of it"
    before, after = not_played(was.outcome, was.reason), not_played(now.outcome, now.reason)
    if before == after:
        return before
    return f"{after or 'it was played'}; in the record: {before or 'it was played'}"
