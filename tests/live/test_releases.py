"""A few real releases, spread over the history, measured again from their committed locks."""

from pathlib import Path

import pytest

from matrix import sweep
from matrix.model import Call, Cell, Lane
from matrix.store import Store
from matrix.verdict import Kind, Yardstick, judge_call
from tests.miniature.drive import Silent

DATA = Path(__file__).parent.parent.parent / "reports" / "data"
PYTHON = "3.11"
CELLS = (
    Cell("0.2.10", Lane.AS_RELEASED, PYTHON),
    Cell("0.28.1", Lane.AS_RELEASED, PYTHON),
    Cell("0.28.1", Lane.TODAY, PYTHON),
    Cell("0.87.0", Lane.TODAY, PYTHON),
)

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def compared() -> dict[Cell, sweep.Comparison]:
    """Each cell, and the patched control, measured again."""
    found = sweep.reproduce(Store(DATA), CELLS, sweep.Options(workers=2), Silent())
    return {comparison.cell: comparison for comparison in found}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_release_does_again_what_is_committed(compared: dict[Cell, sweep.Comparison], cell: Cell) -> None:
    """Equal behaviour, whoever measures it."""
    assert compared[cell].differences == []


def test_the_control_was_measured_again(compared: dict[Cell, sweep.Comparison]) -> None:
    """And agrees: everything that was compared does."""
    assert len(CELLS) + 1 == len(compared)
    assert [cell for cell, comparison in compared.items() if not comparison.agrees] == []


def test_a_real_release_says_200_and_names_the_type(compared: dict[Cell, sweep.Comparison]) -> None:
    """Wrong by the documented yardstick, right by the maintainers'."""
    behaviour = compared[Cell("0.87.0", Lane.TODAY, PYTHON)].again.behaviour
    call = Call("messages.create", "mid-overloaded_error")
    kinds = {yardstick: judge_call(behaviour, call, yardstick).kind for yardstick in Yardstick}
    assert kinds == {Yardstick.DOCUMENTED: Kind.WRONG, Yardstick.MAINTAINERS: Kind.RIGHT}
