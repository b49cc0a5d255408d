"""What benchmarks make of what they measured: medians, ratios, lines, tables, and one section replaced at a time."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import figures
from bench.figures import Goal, Section

ROOT = Path(__file__).parent.parent
NUMBERS = st.floats(0.1, 1e3)


def section(*values: float, title: str = "A title", goal: Goal | None = None) -> Section:
    """A section with one figure."""
    found = (figures.figure("what", values, goal=goal),)
    return Section(title, "nox -s bench", dt.date(2026, 1, 2), {"cores": "2"}, len(values), found)


@pytest.mark.parametrize(
    ("values", "goal", "expected"),
    [
        ((1, 3, 2), None, (1, 2, 3, None)),
        ((3,), Goal(at_least=2.5), (3, 3, 3, True)),
        ((1, 2, 9), Goal(at_least=2.5), (1, 2, 9, False)),
        ((1.2, 1.3), Goal(at_most=1.25), (1.2, 1.25, 1.3, True)),
    ],
)
def test_figure(values: tuple[float, ...], goal: Goal | None, expected: tuple[object, ...]) -> None:
    """The least, the median and the most; a goal is met by the median."""
    one = figures.figure("what", values, goal=goal)
    assert expected == (one.low, one.median, one.high, one.met)


@given(NUMBERS, NUMBERS, st.lists(st.integers(0, 100), min_size=2, max_size=9, unique=True))
def test_line_through_points_of_a_line(slope: float, intercept: float, xs: list[int]) -> None:
    """Is that line."""
    found = figures.line([(x, slope * x + intercept) for x in xs])
    assert [slope, intercept, 1] == pytest.approx([found.slope, found.intercept, found.fit])


@given(st.lists(st.integers(), min_size=1, unique=True), st.integers(1, 30))
def test_spread(things: list[int], count: int) -> None:
    """So many, in order, none twice, the last one among them."""
    found = figures.spread(things, count)
    assert (min(count, len(things)), things[-1]) == (len(found), found[-1])
    assert sorted({*found}, key=things.index) == found


def test_one_section_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    """Who measures one thing again loses nothing."""
    path = tmp_path / "bench.json"
    figures.replace(path, "one", section(1, title="one"))
    figures.replace(path, "two", section(2, title="two"))
    figures.replace(path, "one", section(3, title="again"))
    assert {"one": "again", "two": "two"} == {name: found.title for name, found in figures.read(path).items()}


def test_table_has_what_has_a_goal() -> None:
    """The rest is in the file."""
    table = figures.markdown({"a": section(2, 3, 4, goal=Goal(at_least=2.5)), "b": section(1)})
    assert "| what | 3 (2 to 4) | at least 2.5 | yes |" in table
    assert 3 == table.count("\n")


def test_readme_says_what_was_measured() -> None:
    """Its table is that of reports/bench.json: `python -m bench --table`."""
    assert figures.markdown(figures.read()) in (ROOT / "README.md").read_text(encoding="utf-8")
