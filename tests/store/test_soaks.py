"""Results of the soak: their sets, their counts, and their document."""

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec
import pytest

from matrix.model import Lane
from matrix.store.documents import SOAK, render
from matrix.store.soaks import (
    HangCount,
    SoakResult,
    SoakSet,
    count_by_cause,
    describe_result,
    find_era,
    find_result,
    find_set,
    first_without_hangs,
    group_releases,
)
from matrix.store.store import Store
from matrix.system.files import write_atomically
from matrix.targets import ANTHROPIC

WITHOUT_A_SOAK = msgspec.structs.replace(ANTHROPIC, soak=None)


def result(anyio: str, hangs: int, calls: int = 100, era: str = "0.7.8", **facets: Any) -> SoakResult:
    """Make the result of a set with a version of anyio; an empty version is a set without it."""
    pins = (f"anyio=={anyio}", "h11==0.14.0") if anyio else ("h11==0.14.0",)
    fields = {
        "set": SoakSet(era=era, pins=facets.pop("pins", pins)),
        "version": "0.31.1",
        "lane": Lane.AS_RELEASED,
        "python": "3.11",
        "calls": calls,
        "hangs": hangs,
        "deadline": 5.0,
        "measured": dt.date(2026, 11, 29),
        "interpreter": "CPython 3.11.7",
        "system": "Linux x86_64",
        **facets,
    }
    return SoakResult(**fields)


@pytest.mark.parametrize(
    ("version", "era"),
    [
        ("0.2.10", ""),
        ("0.3.0", "0.3"),
        ("0.7.7", "0.3"),
        ("0.7.8", "0.7.8"),
        ("0.72.1", "0.7.8"),
        ("0.73.0", "0.73.0"),
        ("2.14.0", "0.73.0"),
    ],
)
def test_a_release_belongs_to_the_last_era_that_has_begun(version: str, era: str) -> None:
    """Versions are compared as versions, not as text."""
    assert era == find_era(ANTHROPIC, version)


def test_a_set_has_the_packages_that_carry_the_connection() -> None:
    """The SDK, and packages that carry nothing, are left out."""
    pins = ("anthropic==0.31.1", "anyio==4.4.0", "httpcore==1.0.5", "httpx==0.27.0", "idna==3.7", "sniffio==1.3.1")
    which = find_set(ANTHROPIC, "0.31.1", pins)
    assert which == SoakSet(era="0.7.8", pins=("anyio==4.4.0", "httpcore==1.0.5", "httpx==0.27.0"))
    assert which is not None
    assert which.key == "0.7.8+ anyio==4.4.0 httpcore==1.0.5 httpx==0.27.0"


def test_a_release_before_the_first_era_has_a_key() -> None:
    """Its set may be empty."""
    assert [SoakSet(era="", pins=()).key] == ["0+"]


def test_a_target_without_a_soak_has_no_set() -> None:
    """Nothing is grouped, counted or found."""
    assert find_set(WITHOUT_A_SOAK, "1.0", ()) is None
    assert {} == group_releases(WITHOUT_A_SOAK, [("1.0", Lane.TODAY, ("anyio==4.4.0",))])
    assert {} == count_by_cause(WITHOUT_A_SOAK, [result("4.4.0", 7)])
    assert "" == find_era(WITHOUT_A_SOAK, "1.0")


def test_releases_of_both_lanes_share_a_set() -> None:
    """Another version of a package that carries the connection is another set, and so is another era."""
    groups = group_releases(
        ANTHROPIC,
        [
            ("0.31.0", Lane.AS_RELEASED, ("anthropic==0.31.0", "anyio==4.4.0")),
            ("0.31.1", Lane.TODAY, ("anthropic==0.31.1", "anyio==4.4.0")),
            ("0.32.0", Lane.TODAY, ("anyio==4.5.0",)),
            ("0.80.0", Lane.TODAY, ("anyio==4.4.0",)),
        ],
    )
    assert [["0.31.0", "0.31.1"], ["0.32.0"], ["0.80.0"]] == [[v for v, _ in group] for group in groups.values()]


def test_counts_are_added_up_by_era_and_version_of_the_package_that_decides() -> None:
    """Results without a call, or of a set without that package, count nowhere."""
    results = [
        result("4.4.0", 2),
        result("4.4.0", 3, 150, pins=("anyio==4.4.0", "h11==0.16.0")),
        result("4.4.0", 0, era="0.73.0"),
        result("4.16.0", 0, 0, reason="The client can't be constructed."),
        result("", 5),
    ]
    expected = {("0.7.8", "4.4.0"): HangCount(250, 5), ("0.73.0", "4.4.0"): HangCount(100, 0)}
    assert expected == count_by_cause(ANTHROPIC, results)


@pytest.mark.parametrize(
    ("hangs", "expected"),
    [
        pytest.param({}, "", id="nothing measured"),
        pytest.param({"4.4.0": 3}, "", id="all hang"),
        pytest.param({"4.4.0": 0}, "4.4.0", id="none hangs"),
        pytest.param({"4.4.0": 3, "4.16.0": 0}, "4.16.0", id="the newest does not"),
        pytest.param({"4.9.0": 3, "4.10.0": 0, "4.16.0": 0}, "4.10.0", id="in the order of versions"),
        pytest.param({"4.4.0": 0, "4.9.0": 3, "4.16.0": 0}, "4.16.0", id="an older one that did not is luck"),
        pytest.param({"4.4.0": 0, "4.16.0": 1}, "", id="the newest hangs"),
    ],
)
def test_a_version_helps_if_it_and_all_later_ones_have_no_hang(hangs: dict[str, int], expected: str) -> None:
    """A version without a hang below one with a hang is no advice."""
    counts = {("0.7.8", version): HangCount(100, count) for version, count in hangs.items()}
    assert expected == first_without_hangs(counts)


def test_a_version_helps_only_if_it_does_in_every_era() -> None:
    """One era with a hang is enough."""
    counts = {("0.7.8", "4.16.0"): HangCount(100, 0), ("0.73.0", "4.16.0"): HangCount(100, 1)}
    assert "" == first_without_hangs(counts)


@pytest.mark.parametrize(
    ("measured", "sentence"),
    [
        (result("4.4.0", 0, 1000), "0 of 1,000 calls hung"),
        (result("4.4.0", 7, 400), "7 of 400 calls hung, one in 57"),
        (result("4.4.0", 0, 0, reason="It has no client."), "no call: It has no client"),
        (result("4.4.0", 0, 0), "no call"),
        (
            result("4.4.0", 1, 2, reason="The program was ended by signal 9 after 2 calls."),
            "1 of 2 calls hung, one in 2; it ended early: The program was ended by signal 9 after 2 calls",
        ),
    ],
)
def test_a_result_has_a_sentence(measured: SoakResult, sentence: str) -> None:
    """The count of calls is always named."""
    assert sentence == describe_result(measured)


def test_a_release_has_the_result_of_its_set() -> None:
    """A set in which no call could be made has none."""
    pins = ("anyio==4.4.0", "h11==0.14.0")
    assert result("4.4.0", 7) == find_result(ANTHROPIC, [result("4.5.0", 0), result("4.4.0", 7)], "0.31.1", pins)
    assert find_result(ANTHROPIC, [result("4.4.0", 7)], "0.80.0", pins) is None
    assert find_result(ANTHROPIC, [result("4.4.0", 0, 0)], "0.31.1", pins) is None


def test_each_result_is_recorded_at_once_in_place_of_an_earlier_one(tmp_path: Path) -> None:
    """Another store on the same folder reads it, and the data is valid."""
    store = Store(tmp_path / "data", ANTHROPIC)
    with store.writing():
        for measured in (result("4.4.0", 7), result("4.5.0", 0), result("4.4.0", 5)):
            store.put_soak(measured)
            assert measured == Store(store.folder, ANTHROPIC).soaks()[measured.set.key]
    again = Store(store.folder, ANTHROPIC)
    assert [5, 0] == [measured.hangs for measured in again.soaks().values()]
    assert [] == again.verify()


def test_a_result_under_another_key_is_a_problem(tmp_path: Path) -> None:
    """Each release would get the result of another set."""
    store = Store(tmp_path / "data", ANTHROPIC)
    with store.writing():
        write_atomically(store.folder / SOAK, render(SOAK, {"0+ anyio==4.5.0": result("4.4.0", 7)}))
    assert ["soak.json: 0+ anyio==4.5.0 is not the key of its entry"] == Store(store.folder, ANTHROPIC).verify()
