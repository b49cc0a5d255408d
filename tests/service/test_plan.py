"""Plans: the cells to measure, the reasons, and their division into shards."""

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
"""Examples have no deadline: other tests may load the machine."""

SUITE = "0123456789abcdef"
KNOWN = Cell("1.0.0", Lane.TODAY, "3.11")
STALE = Cell("0.9.0", Lane.TODAY, "3.11")
NEW = Cell("2.0.0", Lane.TODAY, "3.11")
ELSEWHERE = Cell("1.0.0", Lane.TODAY, "3.12")
MEASURED = {KNOWN: SUITE, STALE: "of another time"}


def planned(cell: Cell, *pins: str) -> PlannedCell:
    """Make a cell to measure, with or without a lock."""
    return PlannedCell(cell=cell, why=PlanReason.NEW, lock=pins)


def plan(*made: Shard) -> Plan:
    """Make a plan of these shards."""
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
def test_a_cell_to_measure_has_a_reason(drifted: set[Cell], force: bool, expected: dict[Cell, str]) -> None:
    """Check that the other cells have none."""
    cells = [NEW, STALE, ELSEWHERE, KNOWN]
    assert expected == find_reasons(cells, MEASURED, SUITE, drifted=drifted, force=force)


def test_without_data_every_cell_is_new() -> None:
    """Check that no interpreter counts as added."""
    assert {NEW: "new", ELSEWHERE: "new"} == find_reasons([NEW, ELSEWHERE], {}, SUITE)


def test_measured_cells_are_not_planned() -> None:
    """Check that the plan is empty."""
    assert {} == find_reasons([KNOWN], MEASURED, SUITE)
    assert () == divide_cells([], {}, {})


# Costs.


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
def test_a_release_costs_its_environments(
    cells: list[PlannedCell], kinds: dict[Cell, CellKind], expected: float
) -> None:
    """Check a new release that may offer an extra, and the default without measurements."""
    costs = {CellKind.PLAIN: Cost(10.0, 5), CellKind.EXTRA: Cost(2.0, 5)}
    assert expected == pytest.approx(estimate_seconds(cells, kinds, costs))


# Shards.

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
def test_a_division_holds_every_cell_once(cells: list[Cell], costs: dict[CellKind, Cost], shards: int | None) -> None:
    """Check the order: no empty shard, one Python in each, no release in two, and not too many."""
    made = divide_cells([planned(cell) for cell in cells], {}, costs, shards)
    inside = [[planned.cell for planned in shard.cells] for shard in made]
    assert Counter(cells) == Counter(cell for shard in inside for cell in shard)
    assert all(inside)
    assert len(made) <= MAX_SHARDS
    order = {cell: place for place, cell in enumerate(cells)}
    assert inside == [sorted(shard, key=lambda cell: order[cell]) for shard in inside]
    assert [[shard.python] for shard in made] == [sorted({cell.python for cell in shard}) for shard in inside]
    homes = Counter(group for shard in inside for group in {(cell.version, cell.python) for cell in shard})
    assert set(homes.values()) <= {1}
    assert made == divide_cells([planned(cell) for cell in cells], {}, costs, shards)
    if shards is not None:
        groups, pythons = len(homes), len({cell.python for cell in cells})
        assert len(made) == min(max(shards, pythons), groups)


@RELAXED
@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=60), st.integers(1, 20))
def test_bins_are_balanced(weights: list[float], bins: int) -> None:
    """Check that the heaviest weighs at most the mean and one item, and that none is empty if there are enough."""
    packed = balance_bins(dict(enumerate(weights)), bins)
    assert sorted(range(len(weights))) == sorted(number for items in packed for number in items)
    loads = [sum(weights[number] for number in items) for items in packed]
    assert max(loads) <= sum(weights) / bins + max(weights) + 1e-6
    assert min(len(weights), bins) == sum(1 for items in packed if items)


def test_the_heaviest_item_is_packed_first() -> None:
    """Check an item that would make its bin too heavy if it came last."""
    assert [["d"], ["a", "b", "c"]] == balance_bins({"a": 1.0, "b": 1.0, "c": 1.0, "d": 3.0}, 2)


def test_shards_are_in_the_order_of_their_pythons() -> None:
    """Check that 3.9 comes before 3.11."""
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
def test_the_number_of_shards_is_limited(releases: int, seconds: float, expected: int) -> None:
    """Check four minutes each; at most one for each release, and GitHub's limit."""
    cells = [Cell(f"1.{number}", Lane.TODAY, "3.11", "aiohttp") for number in range(releases)]
    made = divide_cells([planned(cell) for cell in cells], {}, {CellKind.EXTRA: Cost(seconds, 1)})
    assert expected == len(made)
    assert SHARD_SECONDS == 240.0


def test_the_whole_history_is_divided_into_a_few_shards() -> None:
    """Check all releases of this project in both lanes."""
    cells = [Cell(f"1.{number}", lane, "3.11") for number in range(243) for lane in Lane]
    made = divide_cells([planned(cell) for cell in cells], dict.fromkeys(cells, CellKind.PLAIN), DEFAULT_COSTS)
    assert math.ceil(486 * DEFAULT_COSTS[CellKind.PLAIN].seconds / SHARD_SECONDS) == len(made)


# Forms.

ONE = Shard(python="3.11", seconds=61.0, cells=(planned(KNOWN, "anthropic==1.0.0"), planned(NEW)))
TWO = Shard(python="3.12", seconds=60.0, cells=(planned(ELSEWHERE),))


def test_a_plan_has_a_job_for_each_shard() -> None:
    """Check numbers from 1, and minutes rounded up."""
    jobs = make_workflow_matrix(plan(ONE, TWO), "acme").include
    assert (
        WorkflowJob(target="acme", shard="1/2", cells=2, minutes=2, runtime="Python 3.11", python="3.11"),
        WorkflowJob(target="acme", shard="2/2", cells=1, minutes=1, runtime="Python 3.12", python="3.12"),
    ) == jobs
    assert () == make_workflow_matrix(plan(), "acme").include


def test_a_job_whose_cells_run_on_node_needs_the_python_of_this_program() -> None:
    """Check that no job asks for a Python of the name of a Node."""
    on_node = Cell("1.0.0", Lane.TODAY, "node-24")
    [job] = make_workflow_matrix(plan(Shard(python="node-24", seconds=1.0, cells=(planned(on_node),))), "acme").include
    assert ("Node 24", "3.11") == (job.runtime, job.python)


def test_a_plan_returns_its_cells_and_locks() -> None:
    """Check that hashes are stored once."""
    made = plan(ONE, TWO)
    assert [KNOWN, NEW, ELSEWHERE] == [*made.planned]
    assert Lock(("anthropic==1.0.0",), {"anthropic==1.0.0": ("00",)}) == made.lock(made.planned[KNOWN].lock)
    assert made.lock(made.planned[NEW].lock) is None


@pytest.mark.parametrize(("number", "of"), [(0, 2), (3, 2), (1, 3), (-1, 2)])
def test_a_missing_shard_is_a_usage_error(number: int, of: int) -> None:
    """Check that the message says how many there are."""
    assert TWO == plan(ONE, TWO).shard(2, 2)
    with pytest.raises(UsageError, match="has 2 shards"):
        plan(ONE, TWO).shard(number, of)
