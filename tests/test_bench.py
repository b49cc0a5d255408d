"""The pure parts of the benchmarks: figures, lines, spreads, tables, and records."""

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import __main__, audit, cells, figures
from bench.figures import Figure, Goal, Section
from matrix.model import Lane
from matrix.targets import ANTHROPIC
from tests.support.paths import ROOT

NUMBERS = st.floats(0.01, 1e6)


def section(*of: Figure) -> Section:
    """Make a section with these figures."""
    return Section("A title", "nox -s bench", dt.date(2026, 11, 23), {"cores": "2"}, 3, of)


@pytest.mark.parametrize(
    ("values", "low", "median", "high"),
    [([3.0, 1.0, 2.0], 1.0, 2.0, 3.0), ([4.0, 2.0], 2.0, 3.0, 4.0), ([1.23456], 1.235, 1.235, 1.235)],
)
def test_a_figure_has_the_median_the_least_and_the_most_of_all_rounds(
    values: list[float], low: float, median: float, high: float
) -> None:
    """Each value is rounded to four digits."""
    figure = figures.figure("it", values)
    assert (low, median, high) == (figure.low, figure.median, figure.high)


@pytest.mark.parametrize(
    ("goal", "value", "is_met"),
    [
        (Goal(at_least=2.5), 2.5, True),
        (Goal(at_least=2.5), 2.4, False),
        (Goal(at_most=1.25), 1.25, True),
        (Goal(at_most=1.25), 1.3, False),
    ],
)
def test_the_median_decides_whether_a_goal_is_met(goal: Goal, value: float, is_met: bool) -> None:
    """A goal is a lower or an upper bound."""
    assert is_met is figures.figure("it", [value, value, 100.0], goal=goal).met


def test_a_ratio_compares_values_of_the_same_round() -> None:
    """A machine that was slow in the second round was slow for both values."""
    assert [2.0, 2.0] == figures.ratios([2.0, 20.0], [1.0, 10.0])


@given(NUMBERS, NUMBERS, st.lists(st.integers(1, 100), min_size=2, unique=True))
def test_points_on_a_line_give_that_line(slope: float, intercept: float, xs: list[int]) -> None:
    """The fit is perfect."""
    line = figures.line([(x, slope * x + intercept) for x in xs])
    assert pytest.approx(slope, rel=1e-3, abs=1e-6) == line.slope
    assert pytest.approx(intercept, rel=1e-3, abs=1e-3 * slope * 100) == line.intercept
    assert pytest.approx(1.0, abs=1e-3) == line.fit


def test_points_of_a_parabola_have_no_slope_and_no_fit() -> None:
    """The points are around its vertex."""
    line = figures.line([(-1, 1.0), (0, 0.0), (1, 1.0)])
    assert pytest.approx(0.0) == line.slope
    assert pytest.approx(0.0) == line.fit


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_spread_is_even_and_includes_both_ends(length: int, count: int) -> None:
    """It has the requested number of items without duplicates, and two steps differ by at most one."""
    items = figures.spread(range(length), count)
    assert min(length, count) == len(set(items)) == len(items)
    assert length - 1 == items[-1]
    assert items == sorted(items)
    if len(items) > 1:
        steps = [after - before for before, after in pairwise(items)]
        assert items[0] == 0
        assert max(steps) - min(steps) <= 1


def test_a_new_measurement_replaces_only_its_own_section(tmp_path: Path) -> None:
    """All other sections are unchanged byte for byte."""
    path = tmp_path / "bench.json"
    figures.replace(path, "one", section(figures.figure("it", [1.0])))
    figures.replace(path, "other", section(figures.figure("that", [3.0])))
    other = json.loads(path.read_bytes())["other"]
    figures.replace(path, "one", section(figures.figure("it", [2.0])))
    assert other == json.loads(path.read_bytes())["other"]
    assert [2.0] == [figure.median for figure in figures.read(path)["one"].figures]


def test_the_order_of_measurements_does_not_change_the_record(tmp_path: Path) -> None:
    """Equal figures have equal bytes."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    for path, names in ((first, "ab"), (second, "ba")):
        for name in names:
            figures.replace(path, name, section(figures.figure(name, [1.0], goal=Goal(at_most=2))))
    assert first.read_bytes() == second.read_bytes()


def test_the_table_has_every_ratio_and_no_other_figure() -> None:
    """A row has the spread, the rounds, the goal if there is one, and whether the goal was met."""
    met = figures.figure("a sweep, over nox", [2.0, 2.6, 3.0], goal=Goal(at_least=2.5))
    missed = figures.figure("a cell", [1.3], goal=Goal(at_most=1.25))
    other = figures.figure("a report", [7.0])
    table = figures.markdown({"b": section(met, figures.figure("seconds", [9.0], "s")), "a": section(missed, other)})
    assert table.splitlines()[2:] == [
        "| `a` | a cell | 1.3 | 1.3 to 1.3 | 3 | at most 1.25 | no |",
        "| `a` | a report | 7 | 7 to 7 | 3 |  |  |",
        "| `b` | a sweep, over nox | 2.6 | 2 to 3 | 3 | at least 2.5 | yes |",
    ]


def test_every_benchmark_estimates_its_duration() -> None:
    """More rounds take longer."""
    for bench in __main__.BENCHES.values():
        assert bench.TITLE
        assert 0 < bench.estimate(24, 3) < bench.estimate(24, 30)


def test_rivals_get_both_lanes_of_every_release() -> None:
    """A lane has the dependencies of the release's day or of today."""
    chosen = cells.releases(3)
    rival_cells = cells.told(chosen)
    assert [(release.version, str(lane)) for release in chosen for lane in Lane] == [
        (cell.version, cell.name.removeprefix(f"{cell.version}-")) for cell in rival_cells
    ]
    assert [bool(cell.cutoff) for cell in rival_cells] == [cell.name.endswith(Lane.AS_RELEASED) for cell in rival_cells]


def test_rivals_make_the_calls_of_the_suite(tmp_path: Path) -> None:
    """They make the calls of extras too."""
    path = tmp_path / "calls.json"
    cells.write_calls(path)
    calls = [(call["surface"], call["scenario"]) for call in msgspec.json.decode(path.read_bytes())]
    assert [
        (call.surface, call.scenario)
        for extra in ("", *ANTHROPIC.suite.extras)
        for call in ANTHROPIC.suite.calls(extra=extra)
    ] == calls


def test_a_score_tells_found_missed_and_invented_faults() -> None:
    """Compare with the known faults of the application."""
    found = frozenset({"partial-answer-accepted", "no-read-timeout", "retry-storm"})
    score = audit.score("naive", found)
    assert [found - {"retry-storm"}, frozenset({"transient-not-retried"}), frozenset({"retry-storm"})] == [
        score.found,
        score.missed,
        score.invented,
    ]


@pytest.mark.skipif(not figures.FILE.exists(), reason="no benchmark is recorded yet")
def test_the_documented_table_has_the_recorded_figures() -> None:
    """`python -m bench --table` prints the table; the record names no folder of a machine."""
    assert figures.markdown(figures.read()) in (ROOT / "docs" / "notes" / "benchmarks.md").read_text(encoding="utf-8")
    assert str(ROOT) not in figures.FILE.read_text(encoding="utf-8")
