"""A few real releases of the whole history, measured again from their committed locks."""

import pytest

from matrix.harness import measure
from matrix.model import Cell, Lane
from matrix.observation import Call
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_call
from tests.miniature.drive import Silent
from tests.support.paths import DATA

PYTHON = "3.11"
CELLS = (
    Cell("0.2.10", Lane.AS_RELEASED, PYTHON),
    Cell("0.28.1", Lane.AS_RELEASED, PYTHON),
    Cell("0.28.1", Lane.TODAY, PYTHON),
    Cell("0.87.0", Lane.TODAY, PYTHON),
    Cell("0.87.0", Lane.TODAY, PYTHON, "aiohttp"),
)

pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def compared() -> dict[Cell, measure.Reproduction]:
    """Measure each cell, and the patched control, again."""
    comparisons = measure.reproduce(Store(DATA, ANTHROPIC), CELLS, measure.Options(workers=2), Silent())
    return {comparison.cell: comparison for comparison in comparisons}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_release_agrees_with_the_committed_data(compared: dict[Cell, measure.Reproduction], cell: Cell) -> None:
    """Check that its behaviour is equal."""
    assert compared[cell].differences == []


def test_the_control_was_measured_again(compared: dict[Cell, measure.Reproduction]) -> None:
    """Check that every comparison agrees, and that each kind of cell has a control."""
    kinds = {cell.extra for cell in CELLS}
    assert len(CELLS) + len(kinds) == len(compared)
    assert [cell for cell, comparison in compared.items() if not comparison.agrees] == []


@pytest.mark.parametrize(
    ("cell", "surface"),
    [
        (Cell("0.87.0", Lane.TODAY, PYTHON), "messages.create"),
        (Cell("0.87.0", Lane.TODAY, PYTHON, "aiohttp"), "aiohttp.messages.create-async"),
    ],
    ids=["over httpx", "over aiohttp"],
)
def test_a_real_release_raises_with_200_and_names_the_type(
    compared: dict[Cell, measure.Reproduction], cell: Cell, surface: str
) -> None:
    """Check that it is right by the maintainers' yardstick, as is the handler that reads the type."""
    behaviour = compared[cell].again.behaviour
    call = Call(surface, "mid-overloaded_error")
    decisions = {id_: behaviour[call].handlers[id_] for id_ in ("class-overloaded", "type-attr", "remedy")}
    assert VerdictKind.RIGHT == judge_call(ANTHROPIC, behaviour, call, Yardstick.MAINTAINERS).kind
    assert {"class-overloaded": "crashed: AttributeError", "type-attr": "retry", "remedy": "retry"} == decisions


def test_a_real_release_has_no_documented_code(compared: dict[Cell, measure.Reproduction]) -> None:
    """Check that it is wrong by the documented yardstick."""
    behaviour = compared[Cell("0.87.0", Lane.TODAY, PYTHON)].again.behaviour
    call = Call("messages.create", "mid-overloaded_error")
    assert VerdictKind.WRONG == judge_call(ANTHROPIC, behaviour, call, Yardstick.DOCUMENTED).kind


def test_the_extra_is_offered_by_the_metadata_of_its_release(compared: dict[Cell, measure.Reproduction]) -> None:
    """Check the first releases, which offer none."""
    offered = {cell.version: compared[cell].again.extras for cell in CELLS if not cell.extra}
    assert (("aiohttp", "bedrock"), ()) == (offered["0.87.0"], offered["0.2.10"])
