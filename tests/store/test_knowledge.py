"""Knowledge, the basis of advice: read from a folder of data, for one Python, of one suite."""

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
    BEDROCK,
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
    VERTEX,
    MeasuredRelease,
    entry,
    histories,
    knowledge,
    released,
    write,
)

NEWER = msgspec.structs.replace(TYPED, handlers={"b": "r", "a": "r", "remedy": "r"})
"""A judgement of other handlers."""


def read(folder: Path, python: str = PYTHON) -> Knowledge:
    """Read the knowledge of a folder."""
    return queries.knowledge(Store(folder, ANTHROPIC), python)


@pytest.mark.parametrize(
    "releases",
    [
        pytest.param([released("1.0.0")], id="one release"),
        pytest.param(
            [released("1.0.0", TYPED, own=NAMELESS)], id="a release that differs with the dependencies of its day"
        ),
        pytest.param(
            [released("0.10.0"), released("0.9.0", NAMELESS), released("1.0.0a1", None)],
            id="several releases in no order",
        ),
        pytest.param([released("1.0.0", None)], id="an unmeasured release"),
        pytest.param(
            [released("1.0.0", Outcome.CANNOT_IMPORT, own=TYPED)], id="a release that can't be imported today"
        ),
        pytest.param([released("1.0.0", NO_CLIENT)], id="a release that can't be used"),
        pytest.param([released("1.0.0", extras={"aiohttp": HANGING}), released("0.9.0")], id="a release with an extra"),
    ],
)
def test_the_knowledge_is_that_of_the_data(tmp_path: Path, releases: list[MeasuredRelease]) -> None:
    """It has each release in order, each lane, and each extra of a release."""
    assert knowledge(*releases) == read(write(tmp_path, *releases))


def test_a_client_is_known_by_its_own_cell_or_by_that_of_the_release(tmp_path: Path) -> None:
    """An extra that brings a client is none of the first-party client."""
    listed = released("1.0.0", clients={"vertex": VERTEX}, extras={"bedrock": BEDROCK, "aiohttp": HANGING})
    known = read(write(tmp_path, listed)).measurements["1.0.0", Lane.TODAY]
    assert {"vertex": VERTEX, "bedrock": BEDROCK} == known.clients
    assert {"aiohttp": HANGING} == known.extras
    judgements = [known.judgement_of(client) for client in ("", "vertex", "bedrock", "aws")]
    assert [known.judgement, VERTEX, BEDROCK, None] == judgements


@RELAXED
@given(releases=histories(), data=st.data())
def test_the_order_in_which_releases_were_recorded_does_not_matter(
    releases: list[MeasuredRelease], data: st.DataObject
) -> None:
    """The oldest version is first."""
    shuffled = data.draw(st.permutations(releases))
    with tempfile.TemporaryDirectory() as folder:
        assert knowledge(*releases) == read(write(Path(folder), *shuffled))


def test_a_lock_leaves_out_the_sdk(tmp_path: Path) -> None:
    """Advice compares the other packages with those that a file locks."""
    known = read(write(tmp_path, released("1.0.0"))).measurements["1.0.0", Lane.TODAY]
    assert dict(NOW) == dict(known.lock)


def test_the_knowledge_has_the_reason_of_a_failed_import(tmp_path: Path) -> None:
    """The text is that of the import."""
    known = read(write(tmp_path, released("1.0.0", Outcome.CANNOT_IMPORT))).measurements["1.0.0", Lane.TODAY]
    assert (Outcome.CANNOT_IMPORT, REASON, None) == (known.outcome, known.reason, known.judgement)


def test_each_python_has_its_own_knowledge(tmp_path: Path) -> None:
    """A measurement on 3.12 says nothing about 3.11; the releases are the same."""
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
    """The suite of most measurements counts; a release that was measured with another suite is unknown."""
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
    knowledge_read = read(tmp_path)
    assert (most, {("1.0.0", Lane.TODAY), ("2.0.0", Lane.TODAY)}) == (
        knowledge_read.suite,
        set(knowledge_read.measurements),
    )


def test_results_of_another_suite_do_not_change_the_day(tmp_path: Path) -> None:
    """The day is that of the suite that counts."""
    releases = [released("1.0.0", own=None), released("2.0.0", own=None)]
    write(tmp_path, *releases, released("3.0.0", None, own=TYPED), suite="a" * 16, day=dt.date(2026, 7, 1))
    write(tmp_path, *releases, released("3.0.0", None))
    assert MEASURED == read(tmp_path).measured


def test_an_extra_of_another_suite_is_unknown(tmp_path: Path) -> None:
    """The release itself is known."""
    write(tmp_path, released("1.0.0", extras={"aiohttp": HANGING}), suite="b" * 16)
    write(tmp_path, released("1.0.0"), released("0.9.0"))
    assert {} == read(tmp_path).measurements["1.0.0", Lane.TODAY].extras


def test_the_day_is_that_of_the_newest_result(tmp_path: Path) -> None:
    """Data is as old as its newest result: later releases are unknown."""
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
    ids=["the same handlers", "more handlers of one release", "not played", "not measured"],
)  # fmt: skip
def test_the_known_handlers_are_those_that_were_judged(measured: list, expected: list[str]) -> None:  # type: ignore[type-arg]
    """Handlers are sorted by id, without duplicates."""
    known = knowledge(*(released(f"{number}.0.0", judgement) for number, judgement in enumerate(measured)))
    assert expected == known.handlers


def test_a_folder_without_data_is_a_usage_error(tmp_path: Path) -> None:
    """The hint names the option for another folder."""
    with pytest.raises(UsageError, match=r"^There is no data in .*nowhere\.$") as failure:
        read(tmp_path / "nowhere")
    assert "--data" in failure.value.hint


@pytest.mark.parametrize("name", [RELEASES, JUDGEMENTS, Path("cells", f"today-{PYTHON}.json")])
def test_edited_data_is_refused(tmp_path: Path, name: Path) -> None:
    """No advice is based on an edited file."""
    path = write(tmp_path, released("1.0.0")) / name
    path.write_bytes(path.read_bytes().replace(b"1.0.0", b"1.0.1").replace(b"typed", b"tiped"))
    with pytest.raises(StoreCorrupt):
        read(tmp_path)


def test_evidence_is_not_read(tmp_path: Path) -> None:
    """A check starts quickly because it reads only three kinds of files."""
    folder = write(tmp_path, released("1.0.0"))
    for name in ("behaviours.json", "decisions.json", CONTROLS.name):
        (folder / name).write_text("not even JSON")
    assert knowledge(released("1.0.0")) == read(folder)


def test_data_without_judgements_makes_releases_unknown_and_not_unusable(tmp_path: Path) -> None:
    """Data of an older midstream has no judgements, which is no fault of a release."""
    folder = write(tmp_path, released("1.0.0"), released("0.9.0", Outcome.CANNOT_IMPORT))
    (folder / JUDGEMENTS).unlink()
    known = read(folder)
    states = [judge_entry(known, entry(f"=={version}")).state for version in ("1.0.0", "0.9.0")]
    assert ([], [State.UNKNOWN, State.FINDING]) == (known.handlers, states)


def test_a_judgement_without_a_reference_is_ignored(tmp_path: Path) -> None:
    """A killed run leaves such judgements."""
    folder = write(tmp_path, released("1.0.0"))
    judgements = Store(folder, ANTHROPIC).judgements() | {"f" * 16: NAMELESS}
    (folder / JUDGEMENTS).write_bytes(render(JUDGEMENTS, judgements))
    assert (knowledge(released("1.0.0")), MEASURED, SUITE) == (
        (known := read(folder)),
        known.measured,
        known.suite,
    )
