"""The cells of a sampled target that one plan holds: few, the newest release first, and none twice."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from matrix.model import DEFAULT_PYTHON, Cell, Lane, Release
from matrix.releases.sampling import SAMPLE_SIZE
from matrix.service.daily import NEW_AT_MOST, find_newest_cells, select_daily_cells
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature.drive import run_command
from tests.support.behaviours import catalogue, cell, error, on, raised, result
from tests.support.paths import ROOT

OLD, NEW = result(on(raised())), result(on(raised(error(text="new"))))
MINORS = tuple(f"1.{minor}.0" for minor in range(60))
"""The releases of a package with more minor versions than a sample has."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return the empty store of a sampled target."""
    return Store(tmp_path / "data", msgspec.structs.replace(ANTHROPIC, is_sampled=True))


def unmeasured(store: Store, releases: Mapping[str, Release], *lanes: Lane) -> list[Cell]:
    """List the cells of a plan that were never measured."""
    selected = select_daily_cells(store, releases, lanes or tuple(Lane), [DEFAULT_PYTHON])
    assert store.cells().keys() <= {*selected}, "a measured cell is considered again, for another suite"
    assert len(selected) == len({*selected})
    return [each for each in selected if each not in store.cells()]


def measure(store: Store, releases: Mapping[str, Release], cells: list[Cell], first_new: int = 60) -> None:
    """Record results; releases behave in the new way from a minor version on."""
    with store.writing():
        store.put_releases(dict(releases))
        for each in cells:
            store.put(each, NEW if releases[each.version].parsed.minor >= first_new else OLD)


def test_a_plan_begins_with_the_newest_release_and_takes_a_few_of_the_others(store: Store) -> None:
    """Check the first plan of a package: both lanes of the newest release, and the sample with today's dependencies."""
    planned = unmeasured(store, catalogue(*MINORS))
    assert NEW_AT_MOST == len(planned)
    assert {cell("1.59.0"), cell("1.59.0", Lane.AS_RELEASED)} < {*planned}
    assert [each.version for each in planned if each.lane is Lane.AS_RELEASED] == ["1.59.0"]


@pytest.mark.parametrize("first_new", [60, 30, 7])
def test_plans_end_once_each_change_is_found(store: Store, first_new: int) -> None:
    """Measure plan after plan: each is bounded, and the last one finds a change between two adjacent releases."""
    releases, plans = catalogue(*MINORS), 0
    while planned := unmeasured(store, releases):
        assert len(planned) <= NEW_AT_MOST
        measure(store, releases, planned, first_new)
        plans += 1
        assert plans < 10
    today = {each.version for each in store.cells() if each.lane is Lane.TODAY}
    assert SAMPLE_SIZE <= len(today) < len(MINORS)
    if first_new < len(MINORS):
        assert {f"1.{first_new - 1}.0", f"1.{first_new}.0"} <= today


def test_a_new_minor_version_adds_no_other_release(store: Store) -> None:
    """Check that a sample which moves with each new minor version is not measured again and again."""
    releases = catalogue(*MINORS)
    while planned := unmeasured(store, releases):
        measure(store, releases, planned)
    more = catalogue(*MINORS, "1.60.0")
    assert {cell("1.60.0"), cell("1.60.0", Lane.AS_RELEASED)} == {*unmeasured(store, more)}


def test_a_change_in_the_lane_as_released_is_narrowed_down(store: Store) -> None:
    """Check that a new release which differs has the middle between it and the last measured one planned next."""
    releases = catalogue("1.0.0", "1.0.1", "1.0.2")
    measure(store, releases, [cell(version, Lane.AS_RELEASED) for version in ("1.0.0", "1.0.2")])
    with store.writing():
        store.put(cell("1.0.2", Lane.AS_RELEASED), NEW)
    assert [cell("1.0.1", Lane.AS_RELEASED)] == unmeasured(store, releases, Lane.AS_RELEASED)


def test_the_help_of_the_command_and_the_page_of_the_service_name_the_limit() -> None:
    """Check the number in both texts."""
    texts = run_command("plan", "--help").out, (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    assert [True, True] == [f"at most {NEW_AT_MOST} cells" in " ".join(text.split()) for text in texts]


def test_only_the_newest_release_is_looked_at_for_drift() -> None:
    """Check pre-releases and yanked releases, which are not the newest."""
    releases = catalogue("1.0.0", "1.1.0", "1.2.0", "2.0.0rc1")
    releases["1.2.0"] = msgspec.structs.replace(releases["1.2.0"], yanked="broken")
    assert [cell("1.1.0")] == find_newest_cells([cell(version) for version in releases], releases)
