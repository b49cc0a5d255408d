"""The results of one client: its calls, and nothing of another's."""

from pathlib import Path
from typing import Final

import pytest

from matrix.model import DEFAULT_PYTHON
from matrix.observation import Outcome
from matrix.store import queries
from matrix.targets import ANTHROPIC
from tests.support.behaviours import CLEAN, MAIN, catalogue, cell, completed, fill, lock, not_played, on, result

AIOHTTP, BEDROCK, VERTEX = "aiohttp.messages.create-async", "bedrock.messages.create", "vertex.messages.create"
OWN: Final = lock(httpx="0.28.1")
WITH_BOTO: Final = lock(botocore="1.44.8")

RESULTS: Final = {
    cell("0.13.0"): result(on(completed(), CLEAN, MAIN)),
    cell("1.0.0"): result(on(completed(), CLEAN, MAIN, VERTEX), lock=OWN),
    cell("1.0.0", extra="aiohttp"): result(on(completed(), CLEAN, AIOHTTP)),
    cell("1.0.0", extra="bedrock"): result(on(completed(), CLEAN, BEDROCK), lock=WITH_BOTO),
    cell("2.0.0"): result(on(completed(), CLEAN, MAIN)),
    cell("2.0.0", extra="bedrock"): not_played(Outcome.CANNOT_INSTALL, "no wheel"),
}


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("", {"0.13.0": {MAIN}, "1.0.0": {MAIN, AIOHTTP}, "2.0.0": {MAIN}}),
        ("bedrock", {"1.0.0": {BEDROCK}, "2.0.0": set()}),
        ("vertex", {"1.0.0": {VERTEX}}),
        ("foundry", {}),
    ],
)
def test_a_result_has_the_calls_of_one_client(tmp_path: Path, client: str, expected: dict[str, set[str]]) -> None:
    """A client that was not played in a cell has no result there, and one that can't be installed has a reason."""
    store = fill(tmp_path / "data", catalogue("0.13.0", "1.0.0", "2.0.0"), RESULTS)
    results = queries.results(store, ANTHROPIC.digest, DEFAULT_PYTHON, client=client)
    assert expected == {each.version: {call.surface for call in results[each].behaviour} for each in results}
    assert not any(each.extra for each in results)


def test_a_client_with_a_cell_of_its_own_has_the_lock_of_that_cell(tmp_path: Path) -> None:
    """It is what was installed with it."""
    store = fill(tmp_path / "data", catalogue("0.13.0", "1.0.0", "2.0.0"), RESULTS)
    locks = [
        queries.results(store, ANTHROPIC.digest, DEFAULT_PYTHON, client=client)[cell("1.0.0")].lock
        for client in ("", "vertex", "bedrock")
    ]
    assert [OWN, OWN, WITH_BOTO] == locks
