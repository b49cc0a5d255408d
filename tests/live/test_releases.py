"""A few real releases, spread over the history, measured again from their committed locks."""

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
    """Each cell, and the patched control, measured again."""
    found = measure.reproduce(Store(DATA, ANTHROPIC), CELLS, measure.Options(workers=2), Silent())
    return {comparison.cell: comparison for comparison in found}


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_release_does_again_what_is_committed(compared: dict[Cell, measure.Reproduction], cell: Cell) -> None:
    """Equal behaviour, whoever measures it."""
    assert compared[cell].differences == []


def test_the_control_was_measured_again(compared: dict[Cell, measure.Reproduction]) -> None:
    """And agrees: everything that was compared does."""
    assert len(CELLS) + 1 == len(compared)
    assert [cell for cell, comparison in compared.items() if not comparison.agrees] == []


@pytest.mark.parametrize(
    ("cell", "surface"),
    [
        (Cell("0.87.0", Lane.TODAY, PYTHON), "messages.create"),
        (Cell("0.87.0", Lane.TODAY, PYTHON, "aiohttp"), "aiohttp.messages.create-async"),
    ],
    ids=["httpx", "aiohttp"],
)
def test_a_real_release_says_200_and_names_the_type(
    compared: dict[Cell, measure.Reproduction], cell: Cell, surface: str
) -> None:
    """By the maintainers' yardstick that is right, and so is who asks for the type; there is no class to ask for."""
    behaviour = compared[cell].again.behaviour
    call = Call(surface, "mid-overloaded_error")
    decisions = {id_: behaviour[call].handlers[id_] for id_ in ("class-overloaded", "type-attr", "remedy")}
    assert VerdictKind.RIGHT == judge_call(ANTHROPIC, behaviour, call, Yardstick.MAINTAINERS).kind
    assert {"class-overloaded": "crashed: AttributeError", "type-attr": "retry", "remedy": "retry"} == decisions


def test_a_real_release_has_no_documented_code(compared: dict[Cell, measure.Reproduction]) -> None:
    """Which is wrong by the documented yardstick."""
    behaviour = compared[Cell("0.87.0", Lane.TODAY, PYTHON)].again.behaviour
    call = Call("messages.create", "mid-overloaded_error")
    assert VerdictKind.WRONG == judge_call(ANTHROPIC, behaviour, call, Yardstick.DOCUMENTED).kind


def test_the_extra_is_known_to_be_offered(compared: dict[Cell, measure.Reproduction]) -> None:
    """By the release's own metadata; the first releases had none."""
    offered = {cell.version: compared[cell].again.extras for cell in CELLS if not cell.extra}
    assert (("aiohttp",), ()) == (offered["0.87.0"], offered["0.2.10"])
