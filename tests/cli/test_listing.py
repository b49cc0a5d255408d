"""`matrix list`: what each list says, as a table and as JSON."""

import json
from typing import Any

import pytest

from matrix.catalogue.scenarios import CATALOGUE
from matrix.findings.rules import RULES
from matrix.model import Lane
from matrix.targets import ANTHROPIC, TARGETS
from tests.miniature.drive import Matrix
from tests.miniature.index import Index
from tests.support.paths import DATA

IDS: dict[str, set[str]] = {
    "targets": set(TARGETS),
    "scenarios": set(CATALOGUE),
    "surfaces": set(ANTHROPIC.surfaces),
    "handlers": set(ANTHROPIC.handlers),
    "rules": set(RULES),
}
"""List to the ids in it."""


@pytest.fixture
def committed(index: Index) -> Matrix:
    """Return the command line on the committed data."""
    return Matrix(DATA, index)


def listed(matrix: Matrix, what: str, *arguments: str) -> list[dict[str, Any]]:
    """Return the items of a list as JSON."""
    done = matrix("list", what, *arguments, "--format", "json")
    assert (0, "") == (done.code, done.err)
    document = json.loads(done.out)
    assert {"schema", what} == document.keys()
    assert f"midstream/list-{what}/1" == document["schema"]
    items: list[dict[str, Any]] = document[what]
    return items


@pytest.mark.parametrize("what", IDS)
def test_a_list_can_be_json(committed: Matrix, what: str) -> None:
    """Check that it has every id once."""
    ids = [item["id"] for item in listed(committed, what)]
    assert (len(IDS[what]), IDS[what]) == (len(ids), set(ids))


def test_one_handler_can_be_json(committed: Matrix) -> None:
    """Check its source."""
    (item,) = listed(committed, "handlers", "status-set")
    assert ANTHROPIC.handlers["status-set"].source == item["source"]


def test_a_release_without_a_client_is_not_called_completed(committed: Matrix) -> None:
    """Check the releases from 0.3.2 to 0.39.0, whose client can't be constructed with today's dependencies."""
    results = {item["version"]: item["results"] for item in listed(committed, "releases")}
    versions = list(results)
    without = [version for version in versions if results[version]["today"] == "no client can be made"]
    assert ("0.3.2", "0.39.0") == (without[0], without[-1])
    assert not any("no client" in str(results[version][Lane.AS_RELEASED]) for version in versions)
    row = next(line for line in committed("list", "releases").out.splitlines() if line.startswith("0.39.0 "))
    assert row.endswith("completed    no client can be made")
