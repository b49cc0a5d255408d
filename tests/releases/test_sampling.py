"""The sample of a target's releases, and the search for the releases that change something."""

from collections.abc import Mapping
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.releases.sampling import SAMPLE_SIZE, bisect, installable, sample
from tests.support.behaviours import RELAXED, catalogue, release


def sampled(*versions: str, size: int = SAMPLE_SIZE) -> list[str]:
    """Return the versions of the sample of some releases."""
    return [each.version for each in sample(installable(catalogue(*versions).values()), size)]


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        pytest.param([], [], id="no release"),
        pytest.param(["1.0"], ["1.0"], id="one release"),
        pytest.param(["1.0", "1.0.1", "1.0.2"], ["1.0", "1.0.2"], id="the oldest and the newest of one minor version"),
        pytest.param(
            ["1.0.0", "1.0.1", "1.1.0", "1.1.9", "1.1.10", "2.0.0"],
            ["1.0.0", "1.0.1", "1.1.10", "2.0.0"],
            id="the last of each minor version, by number and not by text",
        ),
        pytest.param(["2.0.0", "1.0.0", "1.0.1"], ["1.0.0", "1.0.1", "2.0.0"], id="a backport in its own place"),
        pytest.param(["1.0.0", "1.1.0rc1", "1.1.0.dev2"], ["1.0.0"], id="no pre-release"),
        pytest.param(["1", "1.0.1"], ["1", "1.0.1"], id="versions of different lengths"),
    ],
)
def test_a_sample_has_the_last_release_of_each_minor_version(versions: list[str], expected: list[str]) -> None:
    """Check the rule on small tables."""
    assert expected == sampled(*versions)


def test_a_release_that_nobody_can_install_is_in_no_sample() -> None:
    """Check a yanked release and one without a wheel."""
    without = msgspec.structs.replace(release("1.2.0"), wheels=())
    releases = [release("1.0.0"), release("1.1.0", yanked="broken"), without]
    assert ["1.0.0"] == [each.version for each in sample(installable(releases))]


@RELAXED
@given(minors=st.integers(1, 200), size=st.integers(2, 50))
def test_a_large_sample_is_thinned_out_evenly(minors: int, size: int) -> None:
    """Check that it has the oldest and the newest release, and that no gap is twice as large as another, plus one."""
    versions = [f"1.{minor}.{patch}" for minor in range(minors) for patch in range(2)]
    chosen = sampled(*versions, size=size)
    assert ("1.0.0", versions[-1]) == (chosen[0], chosen[-1])
    assert min(minors + 1, size) == len(chosen) == len(set(chosen))
    places = [int(version.split(".")[1]) for version in chosen]
    gaps = [after - before for before, after in pairwise(places[1:])]
    assert not gaps or max(gaps) <= min(gaps) + 1


VERSIONS = tuple("abcdefghi")


@pytest.mark.parametrize(
    ("behaviours", "waiting", "unmeasurable", "expected"),
    [
        pytest.param({}, "", "", [], id="nothing is measured"),
        pytest.param({"a": 1, "i": 1}, "", "", [], id="the ends behave alike"),
        pytest.param({"a": 1, "i": 2}, "", "", ["e"], id="the middle of all"),
        pytest.param({"a": 1, "e": 1, "i": 2}, "", "", ["g"], id="the half with the change"),
        pytest.param({"a": 1, "e": 2, "i": 3}, "", "", ["c", "g"], id="two changes at a time"),
        pytest.param({"a": 1, "g": 1, "h": 2, "i": 2}, "", "", [], id="the change stands between two adjacent ones"),
        pytest.param({"a": 1, "i": 2}, "e", "", [], id="the middle is measured already"),
        pytest.param({"a": 1, "i": 2}, "b", "", [], id="a result that is to come may lie nearer"),
        pytest.param({"a": 1, "e": 2, "i": 3}, "b", "", ["g"], id="other changes need not wait"),
        pytest.param({"a": 1, "i": 2}, "", "e", ["d"], id="the neighbour of one that can't be measured"),
        pytest.param({"a": 1, "i": 2}, "", "cdefg", ["b"], id="the nearest one that can be measured"),
        pytest.param({"c": 1, "e": 2}, "", "d", [], id="no other release is left"),
    ],
)
def test_a_change_is_halved(
    behaviours: Mapping[str, int], waiting: str, unmeasurable: str, expected: list[str]
) -> None:
    """Check one step on small tables."""
    assert expected == bisect(VERSIONS, behaviours, waiting=waiting, unmeasurable=unmeasurable)


def run(truth: Mapping[str, int], known: set[str], broken: set[str]) -> tuple[dict[str, int], int]:
    """Measure until nothing is left to halve; return the results and the number of measurements."""
    behaviours = {version: truth[version] for version in known - broken}
    lost: set[str] = known & broken
    measurements = 0
    while middles := bisect(list(truth), behaviours, unmeasurable=lost):
        for version in middles:
            assert version not in {*behaviours, *lost}, "measured twice"
            measurements += 1
            if version in broken:
                lost.add(version)
            else:
                behaviours[version] = truth[version]
    return behaviours, measurements


@RELAXED
@given(st.data())
def test_every_change_of_a_step_function_is_found(data: st.DataObject) -> None:
    """Check that each change between measured releases ends between two adjacent ones, and that none is missed."""
    count = data.draw(st.integers(2, 300))
    steps = data.draw(st.sets(st.integers(1, count - 1), max_size=6))
    truth = {str(number): sum(number >= step for step in steps) for number in range(count)}
    known = {"0", str(count - 1)} | {str(number) for number in data.draw(st.sets(st.integers(0, count - 1)))}
    behaviours, measurements = run(truth, known, set())
    measured = sorted(map(int, behaviours))
    found = {after for before, after in pairwise(measured) if behaviours[str(before)] != behaviours[str(after)]}
    assert steps == found
    assert all(str(step - 1) in behaviours for step in steps)
    assert measurements <= len(steps) * count.bit_length()


@RELAXED
@given(st.data())
def test_releases_that_cannot_be_measured_only_widen_a_change(data: st.DataObject) -> None:
    """Check that between two measured releases that differ, every release was tried."""
    count = data.draw(st.integers(2, 100))
    step = data.draw(st.integers(1, count - 1))
    broken = {str(number) for number in data.draw(st.sets(st.integers(1, count - 2)))} if count > 2 else set()
    truth = {str(number): int(number >= step) for number in range(count)}
    behaviours, _ = run(truth, {"0", str(count - 1)}, broken)
    before = max(int(version) for version, behaviour in behaviours.items() if behaviour == 0)
    after = min(int(version) for version, behaviour in behaviours.items() if behaviour == 1)
    assert {str(number) for number in range(before + 1, after)} <= broken
    assert before < step <= after
