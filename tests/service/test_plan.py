"""What wants measuring and why, and how it is divided."""

import datetime as dt
import math
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.errors import UsageError
from matrix.model import Cell, Lane, Lock, Release
from matrix.service.costs import DEFAULT_COSTS, CellKind, Cost
from matrix.service.plan import (
    MAX_SHARDS,
    SHARD_SECONDS,
    Plan,
    PlannedCell,
    PlanReason,
    Shard,
    WorkflowJob,
    balance_bins,
    divide_cells,
    estimate_seconds,
    find_reasons,
    make_workflow_matrix,
)

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""No example is held to a time: the machine may be busy with a sweep."""

SUITE = "0123456789abcdef"
KNOWN = Cell("1.0.0", Lane.TODAY, "3.11")
STALE = Cell("0.9.0", Lane.TODAY, "3.11")
NEW = Cell("2.0.0", Lane.TODAY, "3.11")
ELSEWHERE = Cell("1.0.0", Lane.TODAY, "3.12")
MEASURED = {KNOWN: SUITE, STALE: "of another time"}


def planned(cell: Cell, *pins: str) -> PlannedCell:
    """A cell that is to be measured, with a lock or without."""
    return PlannedCell(cell=cell, why=PlanReason.NEW, lock=pins)


def plan(*made: Shard) -> Plan:
    """A plan of these shards."""
    release = Release(version="1.0.0", uploaded=dt.datetime(2024, 1, 1, tzinfo=dt.UTC))
    return Plan(
        suite=SUITE,
        pythons=("3.11",),
        releases=(release,),
        controls={},
        distributions={"anthropic==1.0.0": ("00",)},
        shards=made,
    )


@pytest.mark.parametrize(
    ("drifted", "force", "expected"),
    [
        (set[Cell](), False, {NEW: "new", STALE: "suite", ELSEWHERE: "interpreter"}),
        (set[Cell](), True, {NEW: "new", STALE: "suite", ELSEWHERE: "interpreter", KNOWN: "forced"}),
        ({KNOWN}, False, {NEW: "new", STALE: "suite", ELSEWHERE: "interpreter", KNOWN: "drifted"}),
        ({KNOWN}, True, {NEW: "new", STALE: "suite", ELSEWHERE: "interpreter", KNOWN: "drifted"}),
        ({STALE, NEW}, False, {NEW: "new", STALE: "drifted", ELSEWHERE: "interpreter"}),
    ],
)
def test_a_reason_is(drifted: set[Cell], force: bool, expected: dict[Cell, str]) -> None:
    """One for each cell that wants measuring, and none for the others."""
    wanted = [NEW, STALE, ELSEWHERE, KNOWN]
    assert expected == find_reasons(wanted, MEASURED, SUITE, drifted=drifted, force=force)


def test_where_nothing_is_known_all_is_new() -> None:
    """No interpreter was added to nothing."""
    assert {NEW: "new", ELSEWHERE: "new"} == find_reasons([NEW, ELSEWHERE], {}, SUITE)


def test_what_is_known_is_not_planned() -> None:
    """So the plan is empty."""
    assert {} == find_reasons([KNOWN], MEASURED, SUITE)
    assert () == divide_cells([], {}, {})


# What it costs.


@pytest.mark.parametrize(
    ("cells", "kinds", "expected"),
    [
        ([planned(KNOWN)], {KNOWN: CellKind.PLAIN}, 10.0),
        ([planned(KNOWN)], {}, 12.0),
        ([planned(KNOWN, "a==1"), planned(STALE, "a==1")], {KNOWN: CellKind.PLAIN, STALE: CellKind.PLAIN}, 10.0),
        ([planned(KNOWN, "a==1"), planned(STALE, "a==2")], {KNOWN: CellKind.PLAIN, STALE: CellKind.HANGING}, 16.4),
        ([planned(Cell("1.0.0", Lane.TODAY, "3.11", "aiohttp"))], {}, 2.0),
    ],
)
def test_a_release_costs(cells: list[PlannedCell], kinds: dict[Cell, CellKind], expected: float) -> None:
    """Each environment once; a new release may turn out to have an extra; the default where nothing was measured."""
    costs = {CellKind.PLAIN: Cost(10.0, 5), CellKind.EXTRA: Cost(2.0, 5)}
    assert expected == pytest.approx(estimate_seconds(cells, kinds, costs))


# How it is divided.

CELLS = st.builds(
    Cell,
    version=st.integers(0, 300).map(lambda number: f"1.{number}.0"),
    lane=st.sampled_from(Lane),
    python=st.sampled_from(["3.9", "3.11", "3.12"]),
    extra=st.sampled_from(["", "aiohttp"]),
)


@RELAXED
@given(
    st.lists(CELLS, unique=True, max_size=120),
    st.dictionaries(st.sampled_from(CellKind), st.builds(Cost, st.floats(0.1, 5000), st.just(1))),
    st.none() | st.integers(1, MAX_SHARDS),
)
def test_a_division_holds(cells: list[Cell], costs: dict[CellKind, Cost], wanted: int | None) -> None:
    """Every cell once, in its order; no shard is empty, none has two Pythons, no release is in two; not too many."""
    made = divide_cells([planned(cell) for cell in cells], {}, costs, wanted)
    inside = [[one.cell for one in shard.cells] for shard in made]
    assert Counter(cells) == Counter(cell for shard in inside for cell in shard)
    assert all(inside)
    assert len(made) <= MAX_SHARDS
    order = {cell: place for place, cell in enumerate(cells)}
    assert inside == [sorted(shard, key=lambda cell: order[cell]) for shard in inside]
    assert [[shard.python] for shard in made] == [sorted({cell.python for cell in shard}) for shard in inside]
    homes = Counter(group for shard in inside for group in {(cell.version, cell.python) for cell in shard})
    assert set(homes.values()) <= {1}
    assert made == divide_cells([planned(cell) for cell in cells], {}, costs, wanted)
    if wanted is not None:
        groups, pythons = len(homes), len({cell.python for cell in cells})
        assert len(made) == min(max(wanted, pythons), groups)


@RELAXED
@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=60), st.integers(1, 20))
def test_bins_are_balanced(weights: list[float], bins: int) -> None:
    """The heaviest weighs no more than the mean and one thing, and none is empty if there is enough."""
    packed = balance_bins(dict(enumerate(weights)), bins)
    assert sorted(range(len(weights))) == sorted(number for one in packed for number in one)
    loads = [sum(weights[number] for number in one) for one in packed]
    assert max(loads) <= sum(weights) / bins + max(weights) + 1e-6
    assert min(len(weights), bins) == sum(1 for one in packed if one)


def test_the_heaviest_thing_is_packed_first() -> None:
    """A heavy thing that comes last would make its bin too heavy."""
    assert [["d"], ["a", "b", "c"]] == balance_bins({"a": 1.0, "b": 1.0, "c": 1.0, "d": 3.0}, 2)


def test_shards_stand_in_the_order_of_their_pythons() -> None:
    """By number: 3.9 comes before 3.11, whatever comes first in the plan."""
    cells = [planned(Cell("1.0.0", Lane.TODAY, python)) for python in ("3.12", "3.9", "3.11")]
    assert ["3.9", "3.11", "3.12"] == [shard.python for shard in divide_cells(cells, {}, {})]


@pytest.mark.parametrize(
    ("releases", "seconds", "expected"),
    [
        (1, 1.0, 1),
        (1, 1000.0, 1),
        (100, 1.0, 1),
        (240, 1.0, 1),
        (241, 1.0, 2),
        (500, 24.0, 50),
        (5000, 240.0, MAX_SHARDS),
    ],
)
def test_as_many_shards_as_are_sensible(releases: int, seconds: float, expected: int) -> None:
    """Of about four minutes each; never more than releases, nor than GitHub starts."""
    cells = [Cell(f"1.{number}", Lane.TODAY, "3.11", "aiohttp") for number in range(releases)]
    made = divide_cells([planned(cell) for cell in cells], {}, {CellKind.EXTRA: Cost(seconds, 1)})
    assert expected == len(made)
    assert SHARD_SECONDS == 240.0


def test_the_default_sweep_is_some_shards() -> None:
    """All releases of this project in both lanes: never one for each of them."""
    cells = [Cell(f"1.{number}", lane, "3.11") for number in range(243) for lane in Lane]
    made = divide_cells([planned(cell) for cell in cells], dict.fromkeys(cells, CellKind.PLAIN), DEFAULT_COSTS)
    assert math.ceil(486 * DEFAULT_COSTS[CellKind.PLAIN].seconds / SHARD_SECONDS) == len(made)


# What it says.

ONE = Shard(python="3.11", seconds=61.0, cells=(planned(KNOWN, "anthropic==1.0.0"), planned(NEW)))
TWO = Shard(python="3.12", seconds=60.0, cells=(planned(ELSEWHERE),))


def test_github_gets_a_job_for_each_shard() -> None:
    """Numbered from 1, with minutes rounded up."""
    jobs = make_workflow_matrix(plan(ONE, TWO)).include
    assert (
        WorkflowJob(shard="1/2", cells=2, minutes=2, python="3.11"),
        WorkflowJob(shard="2/2", cells=1, minutes=1, python="3.12"),
    ) == jobs
    assert () == make_workflow_matrix(plan()).include


def test_a_plan_knows_its_cells_and_locks() -> None:
    """Hashes are kept once for all of them."""
    made = plan(ONE, TWO)
    assert [KNOWN, NEW, ELSEWHERE] == [*made.planned]
    assert Lock(("anthropic==1.0.0",), {"anthropic==1.0.0": ("00",)}) == made.lock(made.planned[KNOWN].lock)
    assert made.lock(made.planned[NEW].lock) is None


@pytest.mark.parametrize(("number", "of"), [(0, 2), (3, 2), (1, 3), (-1, 2)])
def test_a_shard_that_is_not_there(number: int, of: int) -> None:
    """Is a failure of usage, which says how many there are."""
    assert TWO == plan(ONE, TWO).shard(2, 2)
    with pytest.raises(UsageError, match="has 2 shards"):
        plan(ONE, TWO).shard(number, of)
