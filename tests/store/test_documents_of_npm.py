"""Documents of a target of npm: names with a scope, versions that PEP 440 can't read, and the runtime in a path."""

import re
from pathlib import Path

import pytest

from matrix.model import Cell, Lane
from matrix.store.documents import LAYOUT, cells_path, distribution_path, is_ours, order_of


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        ("leaf==1.0.0", "distributions/leaf.json"),
        ("@acme/llm==1.0.0", "distributions/@acme/llm.json"),
        ("twig/node_modules/leaf==2.0.0", "distributions/leaf.json"),
        ("twig/node_modules/@acme/llm==2.0.0", "distributions/@acme/llm.json"),
        ("JSON.stream_2==1.0.0", "distributions/JSON.stream_2.json"),
    ],
)
def test_the_places_of_a_package_share_a_document(pin: str, expected: str) -> None:
    """Check names with and without a scope."""
    assert Path(expected) == distribution_path(pin)
    assert is_ours(Path(expected))


@pytest.mark.parametrize(
    "name", ["..", "../releases", "@acme/../leaf", "@acme/..", "a/b", "@a/b/c", ".hidden", "@/a", ""]
)
def test_no_pin_leads_out_of_the_folder_of_distributions(name: str) -> None:
    """Check names that no registry has, but a forged artifact could."""
    assert not is_ours(Path(f"distributions/{name}.json"))


def test_versions_that_pep_440_cannot_read_follow_the_others() -> None:
    """Check the order of the entries of a distribution."""
    versions = ["npm:@acme/leaf@1.0.0", "0.10.0", "0.9.0", "1.0.0-rc.1", "1.0.0-next.1", "1.0.0"]
    ordered = sorted(dict.fromkeys(versions, ()).items(), key=order_of(Path("distributions/leaf.json")))
    assert ["0.9.0", "0.10.0", "1.0.0-rc.1", "1.0.0", "1.0.0-next.1", "npm:@acme/leaf@1.0.0"] == [
        version for version, _ in ordered
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (Cell("1.0.0", Lane.TODAY, "node-24"), "cells/today-node-24.json"),
        (Cell("1.0.0", Lane.AS_RELEASED, "3.11", "vertex"), "cells/as-released-3.11-vertex.json"),
    ],
)
def test_the_path_of_cells_has_the_runtime(cell: Cell, expected: str) -> None:
    """Check that the path is read as it was written."""
    assert Path(expected) == cells_path(cell)
    named = re.fullmatch(LAYOUT["cells"], expected)
    assert named is not None
    assert (cell.lane, cell.python, cell.extra) == (named["lane"], named["python"], named["extra"] or "")
