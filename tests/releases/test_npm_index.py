"""Reading what npm says of a package: versions, upload times and change logs. `tests.targets` drives the whole."""

import datetime as dt
from typing import Any

import pytest

from matrix.errors import IndexFailure
from matrix.model import DatedBy
from matrix.releases.npm_index import read_changelog, read_times, sort_versions


def test_versions_that_pep_440_reads_otherwise_are_left_out() -> None:
    """Check the order of the others, pre-releases among them."""
    listed = ["0.10.0", "0.9.1", "1.0.0", "1.0.0-alpha.2", "1.0.0-next.1", "1.0.0-1", "1.0.0-post.1", "1.0.0-rc.1"]
    assert ["0.9.1", "0.10.0", "1.0.0-alpha.2", "1.0.0-rc.1", "1.0.0"] == sort_versions(listed)


@pytest.mark.parametrize("lacking", ["created", "modified"])
def test_times_of_a_cache_are_not_believed(lacking: str) -> None:
    """Check that a registry gives the times of the package itself, and a mirror does not."""
    times = {
        "created": "2023-01-01T00:00:00.000Z",
        "modified": "2025-01-01T00:00:00.000Z",
        "1.0.0": "2024-02-03T04:05:06.789Z",
    }
    assert {"1.0.0": (dt.datetime(2024, 2, 3, 4, 5, 6, 789_000, tzinfo=dt.UTC), DatedBy.INDEX)} == read_times(times)
    del times[lacking]
    assert {} == read_times(times)


@pytest.mark.parametrize("times", [None, [], "2024", {"created": "2023", "modified": "2024"}])
def test_an_answer_without_times_gives_none(times: Any) -> None:
    """Check other values than a table of versions."""
    assert {} == read_times(times)


def test_an_invalid_time_is_no_time() -> None:
    """Check that the failure names the registry as the cause."""
    with pytest.raises(IndexFailure, match="invalid upload time"):
        read_times({"created": "2023-01-01", "modified": "2023-01-01", "1.0.0": "yesterday"})


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("## 0.10.0 (2023-12-19)", {"0.10.0": 19}),
        ("## [0.5.4](https://example.org/compare/v0.5.3...v0.5.4) (2023-12-11)", {"0.5.4": 11}),
        ("## v1.0.0-alpha.1 (2023-12-01)", {"1.0.0-alpha.1": 1}),
        ("## [1.0.0] (2023-12-02)", {"1.0.0": 2}),
        ("### 1.0.0 (2023-12-02)", {}),
        ("## Unreleased (2023-12-02)", {}),
        ("## 1.0.0", {}),
    ],
)
def test_the_day_of_a_release_is_in_its_heading(heading: str, expected: dict[str, int]) -> None:
    """Check the forms of headings, and those that have no day of a release."""
    days = {version: time.day for version, (time, _) in read_changelog(f"# Log\n\n{heading}\n").items()}
    assert expected == days
