"""Compare measurements on other systems or Pythons with the data of record. Pure.

The data of record is from Linux and one Python. Sockets fail differently on other systems, and a difference between two
systems is not a difference between two releases. So such results are reported, but never become part of the data.
"""

from collections.abc import Mapping

from matrix.compare.diff import Comparison, compare
from matrix.model import Cell, Frozen, moved_pins
from matrix.observation import Result, not_played
from matrix.targets.target import Target


class PlatformComparison(Frozen, frozen=True, kw_only=True):
    """The comparison of one cell on another platform with the data of record.

    Attributes:
        cell: The cell that was measured on the other platform.
        recorded: The cell of the record that it is compared with; None if there is none.
        says: Why nothing can be compared; empty if the cells are compared.
        observations: The number of observations on the other platform.
        dependencies: Package to its versions in the record and on the other platform, where they differ.
        comparison: The differences for a caller.
    """

    cell: Cell
    recorded: Cell | None
    says: str
    observations: int
    dependencies: dict[str, tuple[str, str]]
    comparison: Comparison


def compare_platforms(
    target: Target, record: Mapping[Cell, Result], measured: Mapping[Cell, Result], python: str
) -> tuple[PlatformComparison, ...]:
    """Compare every cell of another platform with the record: with the same Python, or else with the record's Python.

    Args:
        target: The package under test.
        record: The results of record.
        measured: The results on the other platform.
        python: The Python version of the record.
    """
    return tuple(_compare_cell(target, record, cell, result, python) for cell, result in sorted(measured.items()))


def _compare_cell(
    target: Target, record: Mapping[Cell, Result], cell: Cell, now: Result, python: str
) -> PlatformComparison:
    of_record = Cell(cell.version, cell.lane, python, cell.extra)
    known = next((candidate for candidate in (cell, of_record) if candidate in record), None)
    was = record[known] if known else None
    return PlatformComparison(
        cell=cell,
        recorded=known,
        says=_reason_not_compared(was, now),
        observations=len(now.behaviour),
        dependencies=moved_pins(target.dependencies(was.lock.pins), target.dependencies(now.lock.pins))
        if was and was.lock and now.lock
        else {},
        comparison=compare(target, was.behaviour, now.behaviour)
        if was and was.behaviour and now.behaviour
        else Comparison(),
    )


def _reason_not_compared(was: Result | None, now: Result) -> str:
    if was is None:
        return "the record has no result for this cell"
    before, after = not_played(was.outcome, was.reason), not_played(now.outcome, now.reason)
    if before == after:
        return before
    played = "the suite was played"
    return f"on this platform, {after or played}; in the data of record, {before or played}"
