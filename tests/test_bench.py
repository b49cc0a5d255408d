"""The pure parts of the benchmarks: figures, lines, spreads, tables, and what is recorded."""

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import __main__, cells, figures
from bench.figures import Figure, Goal, Section
from matrix.model import Lane
from matrix.targets import ANTHROPIC
from tests.support.paths import ROOT

NUMBERS = st.floats(0.01, 1e6)


def section(*of: Figure) -> Section:
    """A section with these figures."""
    return Section("A title", "nox -s bench", dt.date(2026, 11, 23), {"cores": "2"}, 3, of)


@pytest.mark.parametrize(
    ("values", "low", "median", "high"),
    [([3.0, 1.0, 2.0], 1.0, 2.0, 3.0), ([4.0, 2.0], 2.0, 3.0, 4.0), ([1.23456], 1.235, 1.235, 1.235)],
)
def test_a_figure_is_the_median_of_all_rounds_with_the_least_and_the_most(
    values: list[float], low: float, median: float, high: float
) -> None:
    """In four digits."""
    found = figures.figure("it", values)
    assert (low, median, high) == (found.low, found.median, found.high)


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (Goal(at_least=2.5), 2.5, True),
        (Goal(at_least=2.5), 2.4, False),
        (Goal(at_most=1.25), 1.25, True),
        (Goal(at_most=1.25), 1.3, False),
    ],
)
def test_a_goal_is_met_by_the_median(goal: Goal, value: float, met: bool) -> None:
    """Whichever way it points."""
    assert met is figures.figure("it", [value, value, 100.0], goal=goal).met


def test_a_ratio_is_of_one_round() -> None:
    """A machine that was slow in the second round was slow for both."""
    assert [2.0, 2.0] == figures.ratios([2.0, 20.0], [1.0, 10.0])


@given(NUMBERS, NUMBERS, st.lists(st.integers(1, 100), min_size=2, unique=True))
def test_points_on_a_line_give_that_line(slope: float, intercept: float, xs: list[int]) -> None:
    """And a perfect fit."""
    found = figures.line([(x, slope * x + intercept) for x in xs])
    assert pytest.approx(slope, rel=1e-3, abs=1e-6) == found.slope
    assert pytest.approx(intercept, rel=1e-3, abs=1e-3 * slope * 100) == found.intercept
    assert pytest.approx(1.0, abs=1e-3) == found.fit


def test_points_on_no_line_fit_badly() -> None:
    """A parabola around its vertex has no slope at all."""
    found = figures.line([(-1, 1.0), (0, 0.0), (1, 1.0)])
    assert pytest.approx(0.0) == found.slope
    assert pytest.approx(0.0) == found.fit


@given(st.integers(1, 300), st.integers(1, 300))
def test_a_spread_is_even_and_has_both_ends(length: int, count: int) -> None:
    """As many as were asked for, none twice, and no two steps differ by more than one."""
    found = figures.spread(range(length), count)
    assert min(length, count) == len(set(found)) == len(found)
    assert length - 1 == found[-1]
    assert found == sorted(found)
    if len(found) > 1:
        steps = [after - before for before, after in pairwise(found)]
        assert found[0] == 0
        assert max(steps) - min(steps) <= 1


def test_a_section_that_is_measured_again_replaces_itself_only(tmp_path: Path) -> None:
    """All others are there, byte for byte."""
    path = tmp_path / "bench.json"
    figures.replace(path, "one", section(figures.figure("it", [1.0])))
    figures.replace(path, "other", section(figures.figure("that", [3.0])))
    other = json.loads(path.read_bytes())["other"]
    figures.replace(path, "one", section(figures.figure("it", [2.0])))
    assert other == json.loads(path.read_bytes())["other"]
    assert [2.0] == [one.median for one in figures.read(path)["one"].figures]


def test_what_is_recorded_has_one_text(tmp_path: Path) -> None:
    """Whatever was measured first."""
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    for path, names in ((first, "ab"), (second, "ba")):
        for name in names:
            figures.replace(path, name, section(figures.figure(name, [1.0], goal=Goal(at_most=2))))
    assert first.read_bytes() == second.read_bytes()


def test_the_table_has_every_ratio_and_no_other_figure() -> None:
    """With its spread, its rounds, and whether a goal was met, if there is one."""
    wanted = figures.figure("a sweep, over nox", [2.0, 2.6, 3.0], goal=Goal(at_least=2.5))
    missed = figures.figure("a cell", [1.3], goal=Goal(at_most=1.25))
    other = figures.figure("a report", [7.0])
    table = figures.markdown({"b": section(wanted, figures.figure("seconds", [9.0], "s")), "a": section(missed, other)})
    assert table.splitlines()[2:] == [
        "| `a` | a cell | 1.3 | 1.3 to 1.3 | 3 | at most 1.25 | no |",
        "| `a` | a report | 7 | 7 to 7 | 3 |  |  |",
        "| `b` | a sweep, over nox | 2.6 | 2 to 3 | 3 | at least 2.5 | yes |",
    ]


def test_every_bench_estimates_what_it_takes() -> None:
    """More rounds take longer."""
    for bench in __main__.BENCHES.values():
        assert bench.TITLE
        assert 0 < bench.estimate(24, 3) < bench.estimate(24, 30)


def test_rivals_are_told_both_lanes_of_every_release() -> None:
    """As of its own day, and as of today."""
    chosen = cells.releases(3)
    told = cells.told(chosen)
    assert [(release.version, str(lane)) for release in chosen for lane in Lane] == [
        (cell.version, cell.name.removeprefix(f"{cell.version}-")) for cell in told
    ]
    assert [bool(cell.cutoff) for cell in told] == [cell.name.endswith(Lane.AS_RELEASED) for cell in told]


def test_rivals_make_the_calls_of_the_suite(tmp_path: Path) -> None:
    """All of them, those that need an extra too."""
    path = tmp_path / "calls.json"
    cells.write_calls(path)
    made = [(call["surface"], call["scenario"]) for call in msgspec.json.decode(path.read_bytes())]
    assert [
        (call.surface, call.scenario)
        for extra in ("", *ANTHROPIC.suite.extras)
        for call in ANTHROPIC.suite.calls(extra=extra)
    ] == made


@pytest.mark.skipif(not figures.FILE.exists(), reason="no benchmark is recorded yet")
def test_the_table_of_the_benchmarks_is_what_was_measured() -> None:
    """`python -m bench --table` prints it; what is recorded names no folder of a machine."""
    assert figures.markdown(figures.read()) in (ROOT / "docs" / "notes" / "benchmarks.md").read_text(encoding="utf-8")
    assert str(ROOT) not in figures.FILE.read_text(encoding="utf-8")
