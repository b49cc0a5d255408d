"""The matrix rolled up: one cell for the scenarios of a group, and the columns that are folded at first. Pure."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from matrix.model import Frozen
from matrix.site.marks import MARKS, Mark

RECENT: Final = 6
"""The most columns that are shown at first."""

_WORST_FIRST: Final = sorted(MARKS, key=lambda mark: (mark is Mark.RIGHT, list(MARKS).index(mark)))
"""Every mark; that of the expected outcome last, so that it never hides another one."""


class GridCell(Frozen, frozen=True):
    """A mark and a word, and what names the evidence on the page of the column's newest release."""

    mark: Mark
    word: str
    anchor: str

    @property
    def is_absent(self) -> bool:
        """Whether there is nothing to judge: the release cannot make the call, or the scenario is not played on it."""
        return self.mark is Mark.UNAVAILABLE


class GroupCell(Frozen, frozen=True, kw_only=True):
    """The outcomes of a group's scenarios in one column, led by the worst.

    Attributes:
        mark: The worst mark.
        word: The word of the cells with that mark; the title of the mark if they differ.
        count: The number of cells with that mark.
        total: The number of cells with any outcome; of all cells if none of them has one.
        anchor: What names the evidence of the first of the worst.
        others: The other marks, the worst first, each with the number of its cells.
    """

    mark: Mark
    word: str
    count: int
    total: int
    anchor: str
    others: tuple[tuple[Mark, int], ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether all scenarios of the group have this mark."""
        return not self.others


def roll_up(cells: Sequence[GridCell]) -> GroupCell:
    """Sum up the cells of a group in one column; a scenario that does not apply to the call does not count."""
    judged = [cell for cell in cells if not cell.is_absent] or list(cells)
    counts = Counter(cell.mark for cell in judged)
    worst, *others = (mark for mark in _WORST_FIRST if counts[mark])
    alike = [cell for cell in judged if cell.mark is worst]
    words = {cell.word for cell in alike}
    return GroupCell(
        mark=worst,
        word=words.pop() if len(words) == 1 else MARKS[worst].title,
        count=len(alike),
        total=len(judged),
        anchor=alike[0].anchor,
        others=tuple((mark, counts[mark]) for mark in others),
    )


def find_folded(columns: Sequence[tuple[str, Sequence[GridCell]]]) -> tuple[bool, ...]:
    """Say for each column whether it is folded at first.

    A column is shown if its releases run and have the call of the newest release that runs; the newest few of those
    are. If no release runs, nothing but the reason is to be seen, and the newest few columns are shown.

    Args:
        columns: The call and the cells of each column, newest first.
    """
    runs = [call for call, cells in columns if _runs(cells)]
    shown = 0
    folded = []
    for call, cells in columns:
        is_shown = shown < RECENT and (not runs or (_runs(cells) and call == runs[0]))
        shown += is_shown
        folded.append(not is_shown)
    return tuple(folded)


def _runs(cells: Sequence[GridCell]) -> bool:
    return not all(cell.is_absent for cell in cells)
