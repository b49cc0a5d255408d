"""What advice is based on: read from a folder of data, of one Python, of one suite."""

import datetime as dt
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matrix.advice.requirements import judge_entry
from matrix.errors import StoreCorrupt, UsageError
from matrix.findings.model import State
from matrix.model import Lane
from matrix.observation import Outcome
from matrix.store import queries
from matrix.store.documents import CONTROLS, JUDGEMENTS, RELEASES, render
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.knowing import (
    HANGING,
    MEASURED,
    NAMELESS,
    NO_CLIENT,
    NOW,
    PYTHON,
    REASON,
    RELAXED,
    SUITE,
    TYPED,
    MeasuredRelease,
    entry,
    histories,
    knowledge,
    released,
    write,
)

NEWER = msgspec.structs.replace(TYPED, handlers={"b": "r", "a": "r", "remedy": "r"})
"""Judged by other handlers."""


def read(folder: Path, python: str = PYTHON) -> Knowledge:
    """What is known there."""
    return queries.knowledge(Store(folder, ANTHROPIC), python)


@pytest.mark.parametrize(
    "releases",
    [
        pytest.param([released("1.0.0")], id="one"),
        pytest.param([released("1.0.0", TYPED, own=NAMELESS)], id="one that differs with the dependencies of its day"),
        pytest.param(
            [released("0.10.0"), released("0.9.0", NAMELESS), released("1.0.0a1", None)],
            id="some, in no order",
        ),
        pytest.param([released("1.0.0", None)], id="one of which nothing is known"),
        pytest.param([released("1.0.0", Outcome.CANNOT_IMPORT, own=TYPED)], id="one that can't be imported today"),
        pytest.param([released("1.0.0", NO_CLIENT)], id="one that can't be used"),
        pytest.param([released("1.0.0", extras={"aiohttp": HANGING}), released("0.9.0")], id="one with an extra"),
    ],
)
def test_what_is_known_is_what_the_data_says(tmp_path: Path, releases: list[MeasuredRelease]) -> None:
    """Each release in its order, each lane, each extra with the release that it is of."""
    assert knowledge(*releases) == read(write(tmp_path, *releases))


@RELAXED
@given(releases=histories(), data=st.data())
def test_the_order_in_which_releases_were_recorded_does_not_matter(
    releases: list[MeasuredRelease], data: st.DataObject
) -> None:
    """Oldest version first, however they came."""
    shuffled = data.draw(st.permutations(releases))
    with tempfile.TemporaryDirectory() as folder:
        assert knowledge(*releases) == read(write(Path(folder), *shuffled))


def test_a_lock_is_told_without_the_sdk_itself(tmp_path: Path) -> None:
    """Advice compares what a file locks beside it."""
    known = read(write(tmp_path, released("1.0.0"))).known["1.0.0", Lane.TODAY]
    assert dict(NOW) == dict(known.lock)


def test_why_a_release_was_not_played_is_known(tmp_path: Path) -> None:
    """In the words of the import."""
    known = read(write(tmp_path, released("1.0.0", Outcome.CANNOT_IMPORT))).known["1.0.0", Lane.TODAY]
    assert (Outcome.CANNOT_IMPORT, REASON, None) == (known.outcome, known.reason, known.judgement)


def test_another_python_is_other_knowledge(tmp_path: Path) -> None:
    """What was measured on 3.12 says nothing of 3.11; the releases are the same."""
    write(tmp_path, released("1.0.0", NAMELESS), python="3.12")
    write(tmp_path, released("1.0.0"))
    expected = {
        "3.11": knowledge(released("1.0.0")),
        "3.12": knowledge(released("1.0.0", NAMELESS), python="3.12"),
        "3.9": knowledge(released("1.0.0", None), python="3.9"),
    }
    assert expected == {python: read(tmp_path, python) for python in expected}


@pytest.mark.parametrize("suites", [("a" * 16, "b" * 16), ("b" * 16, "a" * 16)])
def test_suites_never_mix(tmp_path: Path, suites: tuple[str, str]) -> None:
    """What most was measured with counts, and a release that was measured with another one is unknown."""
    most, few = suites
    of_day = released("3.0.0", None, own=TYPED)
    write(tmp_path, released("1.0.0", own=None), released("2.0.0", own=None), of_day, suite=few)
    write(
        tmp_path,
        released("1.0.0", own=None),
        released("2.0.0", own=None),
        msgspec.structs.replace(of_day, own=None),
        suite=most,
    )
    found = read(tmp_path)
    assert (most, {("1.0.0", Lane.TODAY), ("2.0.0", Lane.TODAY)}) == (found.suite, set(found.known))


def test_another_suite_makes_what_is_known_no_newer(tmp_path: Path) -> None:
    """The day is that of what is told."""
    both = [released("1.0.0", own=None), released("2.0.0", own=None)]
    write(tmp_path, *both, released("3.0.0", None, own=TYPED), suite="a" * 16, day=dt.date(2026, 7, 1))
    write(tmp_path, *both, released("3.0.0", None))
    assert MEASURED == read(tmp_path).measured


def test_an_extra_of_another_suite_is_unknown(tmp_path: Path) -> None:
    """Though the release itself is known."""
    write(tmp_path, released("1.0.0", extras={"aiohttp": HANGING}), suite="b" * 16)
    write(tmp_path, released("1.0.0"), released("0.9.0"))
    assert {} == read(tmp_path).known["1.0.0", Lane.TODAY].extras


def test_the_day_is_that_of_the_newest_result(tmp_path: Path) -> None:
    """Data is as old as its youngest part: what came later is unknown."""
    write(tmp_path, released("1.0.0", None, own=TYPED), day=dt.date(2026, 3, 1))
    write(tmp_path, released("1.0.0", own=None), day=dt.date(2026, 2, 1))
    assert dt.date(2026, 3, 1) == read(tmp_path).measured


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([TYPED, NAMELESS], ["always", "by-class", "by-type", "remedy"]),
        ([NEWER, NAMELESS], ["a", "always", "b", "by-class", "by-type", "remedy"]),
        ([Outcome.CANNOT_IMPORT], []),
        ([None], []),
    ],
    ids=["the same of all", "one more of one", "not played", "not measured"],
)  # fmt: skip
def test_the_handlers_that_may_be_asked_about_are_those_that_were_judged(measured: list, expected: list[str]) -> None:  # type: ignore[type-arg]
    """By id, each once."""
    found = knowledge(*(released(f"{number}.0.0", one) for number, one in enumerate(measured)))
    assert expected == found.handlers


def test_without_data_there_is_nothing_to_know(tmp_path: Path) -> None:
    """And the hint says where data comes from."""
    with pytest.raises(UsageError, match=r"^There is no data in .*nowhere\.$") as failure:
        read(tmp_path / "nowhere")
    assert "--data" in failure.value.hint


@pytest.mark.parametrize("name", [RELEASES, JUDGEMENTS, Path("cells", f"today-{PYTHON}.json")])
def test_data_that_is_not_what_was_written_is_refused(tmp_path: Path, name: Path) -> None:
    """No advice on a file that somebody has edited."""
    path = write(tmp_path, released("1.0.0")) / name
    path.write_bytes(path.read_bytes().replace(b"1.0.0", b"1.0.1").replace(b"typed", b"tiped"))
    with pytest.raises(StoreCorrupt):
        read(tmp_path)


def test_evidence_is_not_read(tmp_path: Path) -> None:
    """A check starts at once: what it needs is three kinds of file, however many there are."""
    folder = write(tmp_path, released("1.0.0"))
    for name in ("behaviours.json", "decisions.json", CONTROLS.name):
        (folder / name).write_text("not even JSON")
    assert knowledge(released("1.0.0")) == read(folder)


def test_data_without_judgements_makes_no_release_unusable(tmp_path: Path) -> None:
    """Data of an older version of this program has none: nothing is known, and that is no fault of any release."""
    folder = write(tmp_path, released("1.0.0"), released("0.9.0", Outcome.CANNOT_IMPORT))
    (folder / JUDGEMENTS).unlink()
    found = read(folder)
    states = [judge_entry(found, entry(f"=={version}")).state for version in ("1.0.0", "0.9.0")]
    assert ([], [State.UNKNOWN, State.FINDING]) == (found.handlers, states)


def test_a_judgement_that_nothing_refers_to_does_no_harm(tmp_path: Path) -> None:
    """A run that was killed leaves such behind."""
    folder = write(tmp_path, released("1.0.0"))
    found = Store(folder, ANTHROPIC).judgements() | {"f" * 16: NAMELESS}
    (folder / JUDGEMENTS).write_bytes(render("judgements", found))
    assert (knowledge(released("1.0.0")), MEASURED, SUITE) == (
        (known := read(folder)),
        known.measured,
        known.suite,
    )
