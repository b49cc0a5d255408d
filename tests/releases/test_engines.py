"""Tests which versions of Node a range in a package of npm admits."""

import pytest

from matrix.releases.engines import admits_node


@pytest.mark.parametrize(
    ("wanted", "version", "expected"),
    [
        ("", "24.19.0", True),
        ("*", "24.19.0", True),
        ("x", "24.19.0", True),
        (">=18", "24.19.0", True),
        (">= 18.0.0 < 26", "24.19.0", True),
        (">=16.0.0 <23", "24.19.0", False),
        (">24", "24.19.0", False),
        (">23", "24.19.0", True),
        ("<=24", "24.19.0", True),
        ("<24", "24.19.0", False),
        ("24", "24.19.0", True),
        ("=24", "24.19.0", True),
        ("v24.19", "24.19.0", True),
        ("24.18", "24.19.0", False),
        ("24.x", "24.19.0", True),
        ("^24.2.0", "24.19.0", True),
        ("^18.x", "24.19.0", False),
        ("^18.x", "18.2.0", True),
        ("~24.19", "24.19.3", True),
        ("~24.19", "24.20.0", False),
        ("4.x || >=6.0.0", "24.19.0", True),
        ("^14 || >=16.3", "15.0.0", False),
        ("18 - 24", "24.19.0", True),
        ("18 - 22.1.0", "24.19.0", False),
        ("not a range", "24.19.0", False),
        (">=24.25.0", "24", True),
        (">=25", "24", False),
        ("<24", "24", False),
        (">=18", "24", True),
    ],
)
def test_a_range_admits_versions_as_npm_reads_it(wanted: str, version: str, expected: bool) -> None:
    """Check exact versions, and lines such as `24`, of which a range admits some version."""
    assert expected == admits_node(wanted, version)
