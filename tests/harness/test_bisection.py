"""The cells that a run of a sampled target measures: the sample, and then the releases around each change."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from matrix.harness.bisection import Bisection
from matrix.harness.jobs import select_cells
from matrix.model import DEFAULT_PYTHON, Cell, Lane
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.behaviours import catalogue, cell, error, not_played, on, raised, result

VERSIONS = ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.1.0", "2.0.0a1", "2.0.0")
RELEASES = catalogue(*VERSIONS)
KINDS = {
    "old": result(on(raised())),
    "new": result(on(raised(error(text="new")))),
    "broken": not_played(),
    "stale": result(on(raised()), suite="another"),
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return the empty store of a sampled target."""
    sampled = Store(tmp_path / "data", msgspec.structs.replace(ANTHROPIC, is_sampled=True))
    with sampled.writing():
        sampled.put_releases(RELEASES)
    return sampled


def put(store: Store, kinds: Mapping[str, str]) -> None:
    """Record results by version."""
    with store.writing():
        for version, kind in kinds.items():
            store.put(cell(version), KINDS[kind])


def select(store: Store, versions: str | None = None) -> list[str]:
    """List the versions of the cells that a run selects in the lane of today."""
    return [each.version for each in select_cells(store, RELEASES, versions, [Lane.TODAY], [DEFAULT_PYTHON])]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        pytest.param({}, ["2.0.0", "1.1.0", "1.0.4", "1.0.0"], id="the sample"),
        pytest.param({"1.0.1": "stale"}, ["2.0.0", "1.1.0", "1.0.4", "1.0.1", "1.0.0"], id="what was measured before"),
        pytest.param(
            {"1.0.0": "old", "1.0.4": "new", "1.1.0": "new", "2.0.0": "new"},
            ["2.0.0", "1.1.0", "1.0.4", "1.0.2", "1.0.0"],
            id="an interrupted run goes on with the middle of a change",
        ),
        pytest.param(
            {"1.0.0": "stale", "1.0.4": "new"}, ["2.0.0", "1.1.0", "1.0.4", "1.0.0"], id="suites are not compared"
        ),
    ],
)
def test_a_run_of_a_sampled_target_selects_what_it_lacks(
    store: Store, kinds: Mapping[str, str], expected: list[str]
) -> None:
    """Check the cells of a run without `--versions`, newest first."""
    put(store, kinds)
    assert expected == select(store)


def test_named_versions_are_selected_alone(store: Store) -> None:
    """Check that nothing of the sample is added."""
    put(store, {"1.0.0": "old", "1.0.4": "new"})
    assert ["1.0.3"] == select(store, "1.0.3")


def test_a_run_narrows_down_a_change_to_two_adjacent_releases(store: Store) -> None:
    """Check each step after the sample was recorded, and that nothing is measured twice."""
    put(store, {"1.1.0": "new", "2.0.0": "new"})
    bisection = Bisection(store, list(RELEASES.values()), map(cell, ("1.0.0", "1.0.4")))
    put(store, {"1.0.4": "new"})
    assert [] == bisection.after(cell("1.0.4")), "the oldest release is still to come"
    put(store, {"1.0.0": "old"})
    assert [cell("1.0.2")] == bisection.after(cell("1.0.0"))
    assert [] == bisection.after(cell("1.0.0")), "it is on its way"
    put(store, {"1.0.2": "old"})
    assert [cell("1.0.3")] == bisection.after(cell("1.0.2"))
    put(store, {"1.0.3": "new"})
    assert [] == bisection.after(cell("1.0.3"))


def test_the_neighbour_is_measured_in_place_of_a_cell_that_failed(store: Store) -> None:
    """Check a cell for which nothing was recorded, and one that can't be imported, which is a result."""
    put(store, {"1.0.0": "old", "1.0.4": "new"})
    bisection = Bisection(store, list(RELEASES.values()), [])
    assert [cell("1.0.2")] == bisection.after(cell("1.0.4"))
    assert [cell("1.0.1")] == bisection.in_place_of(cell("1.0.2"))
    put(store, {"1.0.1": "broken"})
    assert [cell("1.0.3")] == bisection.after(cell("1.0.1"))


def test_lanes_and_extras_are_apart(store: Store) -> None:
    """Check that the results of another lane change nothing, and that a cell with an extra halves nothing."""
    put(store, {"1.0.0": "old", "1.0.4": "new"})
    bisection = Bisection(store, list(RELEASES.values()), [])
    assert [] == bisection.after(Cell("1.0.4", Lane.AS_RELEASED, DEFAULT_PYTHON))
    assert [] == bisection.after(Cell("1.0.4", Lane.TODAY, DEFAULT_PYTHON, "bedrock"))
    assert [] == Bisection(store, [], []).after(cell("1.0.4")), "not a run that bisects"
