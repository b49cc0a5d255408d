"""The matrix rolled up: how a group agrees or differs in a column, and which columns are folded."""

import pytest

from matrix.site.marks import MARKS, Mark
from matrix.site.rollup import RECENT, GridCell, GroupCell, find_folded, roll_up

RIGHT, TYPED, WRONG, SILENT = Mark.RIGHT, Mark.TYPED, Mark.WRONG, Mark.SILENT
ABSENT = Mark.UNAVAILABLE


def cells(*marked: tuple[Mark, str]) -> list[GridCell]:
    """Make the cells of a column, whose anchors are their numbers."""
    return [GridCell(mark, word, str(number)) for number, (mark, word) in enumerate(marked)]


def outcome(cell: GroupCell) -> str:
    """Write a cell as the page shows it."""
    count = f"all {cell.total}" if cell.agrees else f"{cell.count} of {cell.total}"
    return ", ".join([f"{cell.mark}: {cell.word}", count, *(f"{number} {mark}" for mark, number in cell.others)])


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (cells((TYPED, "200 + type"), (TYPED, "200 + type")), "typed: 200 + type, all 2"),
        (cells((RIGHT, "429"), (RIGHT, "529")), "right: works, all 2"),
        (cells((RIGHT, "429")), "right: 429, all 1"),
        (cells((TYPED, "200 + type"), (SILENT, "silent"), (TYPED, "200")), "silent: silent, 1 of 3, 2 typed"),
        (cells((RIGHT, "200"), (WRONG, "A"), (WRONG, "B")), "wrong: wrong error, 2 of 3, 1 right"),
        (cells((RIGHT, "200"), (WRONG, "A"), (TYPED, "C")), "wrong: A, 1 of 3, 1 typed, 1 right"),
        (cells((RIGHT, "200"), (ABSENT, "not applicable")), "right: 200, all 1"),
        (cells((ABSENT, "no client"), (ABSENT, "no client")), "unavailable: no client, all 2"),
        (cells((RIGHT, "200"), (Mark.FLAKY, "flaky")), "flaky: flaky, 1 of 2, 1 right"),
        (cells((RIGHT, "200"), (Mark.UNKNOWN, "not run")), "unknown: not run, 1 of 2, 1 right"),
    ],
)
def test_a_group_names_its_worst_outcome_and_counts_it(column: list[GridCell], expected: str) -> None:
    """Check groups that agree, groups that differ, and scenarios that do not apply."""
    assert expected == outcome(roll_up(column))


def test_a_failure_that_looks_like_success_is_worse_than_a_wrong_error() -> None:
    """Check the order of the legend, which a group relies on; the expected outcome never hides another."""
    worse = (SILENT, WRONG, TYPED)
    assert list(worse) == [mark for mark in MARKS if mark in worse]
    for mark in MARKS.keys() - {RIGHT, ABSENT}:
        assert mark is roll_up(cells((RIGHT, "200"), (mark, "other"))).mark


def test_a_group_links_to_the_evidence_of_its_worst_outcome() -> None:
    """Check the first of those."""
    assert "1" == roll_up(cells((TYPED, "200"), (SILENT, "silent"), (SILENT, "silent"))).anchor


@pytest.mark.parametrize(
    ("columns", "shown"),
    [
        ("", ""),
        ("a", "a"),
        ("aa-abb", "aaa"),  # what cannot run is folded, and what an older API shows
        ("-aa", "aa"),  # the newest cannot run
        ("--", "--"),  # nothing runs: the reason is the answer
        ("a" * (RECENT + 3), "a" * RECENT),
        ("b" + "a" * 3, "b"),
    ],
)
def test_columns_that_cannot_run_or_are_old_are_folded(columns: str, shown: str) -> None:
    """Check columns of calls `a` and `b`, newest first; `-` cannot run."""
    drawn = [(call.replace("-", "a"), cells((ABSENT if call == "-" else WRONG, "word"))) for call in columns]
    folded = find_folded(drawn)
    assert shown == "".join(call for call, is_folded in zip(columns, folded, strict=True) if not is_folded)
