"""The data of record: canonical, content-addressed, atomic, and able to tell when it is not what was written."""

import contextlib
import datetime as dt
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from matrix import cli
from matrix.errors import StoreBusy, StoreCorrupt
from matrix.harness.upkeep import update_judgements
from matrix.model import Cell, Lane, Lock, Release
from matrix.observation import (
    Call,
    Cause,
    Delivery,
    FinalMessage,
    Judgement,
    Observation,
    Outcome,
    Provenance,
    Raised,
    RemedyResult,
    Result,
)
from matrix.store import documents
from matrix.store.documents import StoredObservation, address, encode, parse, render
from matrix.store.store import Store
from matrix.system.files import write_atomically
from matrix.targets import ANTHROPIC

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=15)
"""No example is held to a time: the machine may be busy with a sweep."""


PROVENANCE = Provenance(measured=dt.date(2025, 1, 2), interpreter="CPython 3.11.7", system="Linux x86_64", uv="0.8.0")
ODD = 'é 漢 🙂 \u2028 \u2029 \x00 \x1f \x7f \ufeff \ufffd \u202e "\\/\n\r\t </script>'
"""What a careless reader or writer of JSON, lines or pages trips over."""

CLEAN = Observation(
    outcome=Outcome.COMPLETED,
    delivered=Delivery(events=("message_start", "message_stop"), text="Hello world", stop_reason="end_turn"),
    final=FinalMessage(text="Hello world", stop_reason="end_turn"),
    connection="idle",
    handlers={"any-exception": "accept", "type-attr": "accept"},
    remedy=RemedyResult(outcome="passed"),
    requests=1,
)
RAISED = Observation(
    outcome=Outcome.RAISED,
    exception=Raised(
        name="anthropic.APIStatusError",
        bases=("anthropic.APIError", "builtins.Exception"),
        exported=True,
        attributes={"status_code": 200, "type": None},
        text=ODD,
        causes=(Cause(how="context", name="builtins.ValueError", text=""),),
        pickles="TypeError",
        copies="same",
        message=None,
        body={"type": "error", ODD: [1, 2.5, True, None, {}]},
    ),
    delivered=Delivery(events=(), text=""),
    final=FinalMessage(raised="AssertionError"),
    connection="open",
    handlers={"any-exception": "retry", "type-attr": "crashed: AttributeError"},
    remedy=RemedyResult(outcome="failed", status=529, error_type="overloaded_error", retryable=True, text="none"),
    requests=2,
)
FLAKY = Observation(outcome=Outcome.FLAKY, counts={"timed-out": 2, "completed": 1})
MID = "mid-api_error"

ONE = Cell("1.0.0", Lane.TODAY, "3.11")
TWO = Cell("0.9.0", Lane.TODAY, "3.11")
OTHER_LANE = Cell("1.0.0", Lane.AS_RELEASED, "3.11")
WITH_EXTRA = Cell("1.0.0", Lane.TODAY, "3.11", "aiohttp")


def hashes(pin: str) -> tuple[str, ...]:
    """The hashes of the wheels of a distribution."""
    return (hashlib.sha256(pin.encode()).hexdigest(),)


def lock(*pins: str) -> Lock:
    """A lock of these pins."""
    return Lock(tuple(sorted(pins)), {pin: hashes(pin) for pin in pins})


def completed(behaviour: dict[Call, Observation], *pins: str) -> Result:
    """A result of which everything is known."""
    return Result(
        suite="0123456789abcdef",
        outcome=Outcome.COMPLETED,
        provenance=PROVENANCE,
        lock=lock(*(pins or ("anthropic==1.0.0", "h11==0.16.0"))),
        behaviour=behaviour,
    )


FIRST = completed({Call("messages.create", "clean"): CLEAN, Call("messages.create", MID): RAISED})
SECOND = completed({Call("messages.create", "clean"): CLEAN, Call("messages.create", MID): FLAKY}, "anthropic==0.9.0")
NOT_INSTALLED = Result(
    suite="0123456789abcdef", outcome=Outcome.CANNOT_INSTALL, provenance=PROVENANCE, reason="Because " + ODD
)
RELEASES = {
    version: Release(version=version, uploaded=dt.datetime(2024, 1, 1, 12, 30, tzinfo=dt.UTC))
    for version in ("0.9.0", "1.0.0")
}


def test_many_results_are_written_as_one_by_one(tmp_path: Path) -> None:
    """The same bytes, and the same news; the hashes of a distribution in two locks are those of both."""
    more = Lock(("anthropic==1.0.0",), {"anthropic==1.0.0": ("ff" * 32,)})
    results = [(ONE, FIRST), (TWO, SECOND), (OTHER_LANE, msgspec.structs.replace(FIRST, lock=more)), (ONE, FIRST)]
    one, many = Store(tmp_path / "one", ANTHROPIC), Store(tmp_path / "many", ANTHROPIC)
    news = [cell for cell, result in results if one.put(cell, result)]
    assert news == many.put_all(results[:3]) + many.put_all(results[3:])
    files = [sorted(path.relative_to(store.folder) for path in store.folder.rglob("*.json")) for store in (one, many)]
    assert files[0] == files[1]
    assert [(one.folder / path).read_bytes() for path in files[0]] == [
        (many.folder / path).read_bytes() for path in files[1]
    ]
    assert [] == many.put_all(results)


def test_what_a_killed_run_leaves_is_wrong_only_in_what_should_be_tidy(tmp_path: Path) -> None:
    """A file half written beside its place, and entries that nothing refers to."""
    store = Store(tmp_path / "data", ANTHROPIC)
    uploaded = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    store.put_releases({version: Release(version=version, uploaded=uploaded) for version in ("0.9.0", "1.0.0")})
    store.put_all([(ONE, FIRST), (TWO, SECOND)])
    (store.folder / "cells" / "today-3.11.json").unlink()
    (store.folder / "cells" / "today-3.11.json.new").touch()
    assert [] == Store(store.folder, ANTHROPIC).verify(tidy=False)
    assert [] != Store(store.folder, ANTHROPIC).verify()


def fill(folder: Path) -> None:
    """Write a small store that has a document of every kind."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases(RELEASES)
        store.put(ONE, FIRST)
        store.put(OTHER_LANE, NOT_INSTALLED)
        store.put(WITH_EXTRA, FIRST)
        store.put_control("patched-3.11", ONE, FIRST)
        store.put_judgements({digest: Judgement(surface="messages.create") for digest in store.behaviours()})


FILES = [
    "behaviours.json",
    "cells/as-released-3.11.json",
    "cells/today-3.11-aiohttp.json",
    "cells/today-3.11.json",
    "controls.json",
    "decisions.json",
    "distributions/anthropic.json",
    "distributions/h11.json",
    "judgements.json",
    "observations/clean.json",
    f"observations/{MID}.json",
    "releases.json",
    "traces/messages.create.json",
]
"""The documents of the small store."""

REFERRED_TO = [name for name in FILES if not name.startswith(("cells", "controls", "releases"))]
"""Those whose entries others refer to."""

EVIDENCE = [name for name in REFERRED_TO if name != "judgements.json"]
"""Those of them that can't be made again from the others."""

each_file = pytest.mark.parametrize("name", FILES)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The folder of a small store that holds."""
    folder = tmp_path / "data"
    fill(folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a store, by its path in it."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def identities(folder: Path) -> dict[str, tuple[int, int]]:
    """What changes when a file is written, be it with the same bytes: its inode and its time."""
    found = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {str(path.relative_to(folder)): (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


@contextlib.contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder for one example of a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "data"


def test_the_small_store_has_a_document_of_every_kind(small: Path) -> None:
    """So what is shown of it is shown of every kind."""
    kinds = {name.partition("/")[0].removesuffix(".json") for name in FILES}
    assert (FILES, set(documents.KINDS)) == (sorted(contents(small)), kinds)


def test_what_was_written_holds(small: Path) -> None:
    """There is nothing wrong with a store that nobody touched."""
    assert [] == Store(small, ANTHROPIC).verify()


# What is read is what was written.


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        pytest.param(ONE, FIRST, id="full"),
        pytest.param(TWO, SECOND, id="flaky"),
        pytest.param(OTHER_LANE, NOT_INSTALLED, id="empty"),
        pytest.param(ONE, msgspec.structs.replace(FIRST, extras=("aiohttp",)), id="with the extras that it offers"),
        pytest.param(WITH_EXTRA, SECOND, id="of a cell with an extra"),
    ],
)
def test_a_result_is_read_as_it_was_written(tmp_path: Path, cell: Cell, result: Result) -> None:
    """By another store on the same folder, with all its odd characters."""
    writer = Store(tmp_path / "data", ANTHROPIC)
    with writer.writing():
        writer.put(cell, result)
    assert (result, result) == (writer.result(cell), Store(tmp_path / "data", ANTHROPIC).result(cell))


def test_a_control_is_read_with_the_cell_that_it_was_made_from(small: Path) -> None:
    """The patched SDK is that of a release."""
    assert Store(small, ANTHROPIC).control("patched-3.11") == (ONE, FIRST)


@pytest.mark.parametrize(
    "cell",
    [
        TWO,
        Cell("1.0.0", Lane.TODAY, "3.12"),
        Cell("7", Lane.TODAY, "3.11"),
        Cell("1.0.0", Lane.TODAY, "3.11", "bedrock"),
        Cell("1.0.0", Lane.AS_RELEASED, "3.11", "aiohttp"),
    ],
)
def test_of_a_cell_that_was_not_measured_nothing_is_known(small: Path, cell: Cell) -> None:
    """Missing is None, and nothing else is."""
    assert Store(small, ANTHROPIC).result(cell) is None


def test_of_a_control_that_was_not_measured_nothing_is_known(small: Path) -> None:
    """Missing is None here too."""
    assert Store(small, ANTHROPIC).control("patched-3.12") is None


def test_all_cells_are_told_with_their_lane_python_and_extra(small: Path) -> None:
    """All three stand in the name of the file."""
    assert {ONE, OTHER_LANE, WITH_EXTRA} == set(Store(small, ANTHROPIC).cells())


def test_a_cell_with_an_extra_has_a_file_of_its_own(small: Path) -> None:
    """What is measured of one is not what is measured of the other."""
    store = Store(small, ANTHROPIC)
    before = (small / "cells" / "today-3.11.json").read_bytes()
    with store.writing():
        store.put(WITH_EXTRA, SECOND)
    assert (FIRST, SECOND) == (Store(small, ANTHROPIC).result(ONE), Store(small, ANTHROPIC).result(WITH_EXTRA))
    assert before == (small / "cells" / "today-3.11.json").read_bytes()


# Decisions are kept apart.


def deciding(**handlers: str) -> Observation:
    """An observation with these decisions."""
    return msgspec.structs.replace(RAISED, handlers=handlers)


def test_decisions_are_kept_once(tmp_path: Path) -> None:
    """However many observations have them, of whatever scenario; each observation says which are its own."""
    same, other = {"any-exception": "retry"}, {"any-exception": "fail"}
    behaviour = {
        Call("messages.create", "clean"): msgspec.structs.replace(CLEAN, handlers=same),
        Call("messages.create", MID): deciding(**same),
        Call("messages.stream", MID): deciding(**other),
    }
    store = put_all(tmp_path / "data", [(ONE, completed(behaviour))])
    assert {address(same): same, address(other): other} == store._entries(Path("decisions.json"))
    stored = store._entries(Path(f"observations/{MID}.json")).values()
    assert {address(same), address(other)} == {entry.decisions for entry in stored}
    assert b"any-exception" not in (tmp_path / "data" / "observations" / f"{MID}.json").read_bytes()
    found = store.result(ONE)
    assert found is not None
    assert behaviour == found.behaviour


def test_an_observation_without_decisions_refers_to_none(tmp_path: Path) -> None:
    """Nobody decides anything of a call that was not made."""
    store = put_all(tmp_path / "data", [(ONE, completed({Call("messages.create", "clean"): FLAKY}))])
    assert not (tmp_path / "data" / "decisions.json").exists()
    found = store.result(ONE)
    assert found is not None
    assert {} == found.behaviour[Call("messages.create", "clean")].handlers


def test_another_decision_is_another_behaviour(tmp_path: Path) -> None:
    """A handler that decides otherwise is news, though everything else is as it was."""
    call = Call("messages.create", MID)
    store = put_all(tmp_path / "data", [(ONE, completed({call: deciding(ours="retry")}))])
    again = completed({call: deciding(ours="fail")})
    with store.writing():
        assert store.put(ONE, again)
        store.prune()
        store.put_releases(RELEASES)
    assert again == Store(tmp_path / "data", ANTHROPIC).result(ONE)
    assert [{"ours": "fail"}] == [*Store(tmp_path / "data", ANTHROPIC)._entries(Path("decisions.json")).values()]
    assert [] == Store(tmp_path / "data", ANTHROPIC).verify()


def test_decisions_that_nothing_refers_to_are_named(small: Path) -> None:
    """And dropped when the store is pruned."""
    store = Store(small, ANTHROPIC)
    stray = {"ours": "retry"}
    with store.writing():
        store._merge(Path("decisions.json"), {address(stray): stray})
    assert [f"decisions.json: nothing refers to {address(stray)}"] == Store(small, ANTHROPIC).verify()
    with store.writing():
        store.prune()
    assert [] == Store(small, ANTHROPIC).verify()


def test_decisions_that_are_missing_are_named(small: Path) -> None:
    """Each by its digest; and the result that wants them can't be read."""
    path = Path("decisions.json")
    (small / path).write_bytes(render("decisions", {address(CLEAN.handlers): CLEAN.handlers}))
    missing = address(RAISED.handlers)
    assert [f"decisions.json: the entry {missing} is missing, and another file refers to it"] == Store(
        small, ANTHROPIC
    ).verify()
    with pytest.raises(StoreCorrupt, match=missing):
        Store(small, ANTHROPIC).result(ONE)


def test_decisions_under_another_digest_are_named(small: Path) -> None:
    """A digest that was recomputed for the document covers what is in it, and not what it is called."""
    entries = {address(CLEAN.handlers): RAISED.handlers, address(RAISED.handlers): RAISED.handlers}
    (small / "decisions.json").write_bytes(render("decisions", entries))
    expected = [f"decisions.json: {address(CLEAN.handlers)} is not the digest of its entry"]
    assert expected == Store(small, ANTHROPIC).verify()


def test_releases_are_read_oldest_version_first(tmp_path: Path) -> None:
    """Versions are no text: 0.10 comes after 0.9."""
    listed = {
        version: msgspec.structs.replace(RELEASES["1.0.0"], version=version) for version in ("1.0", "0.10", "0.9")
    }
    store = Store(tmp_path / "data", ANTHROPIC)
    with store.writing():
        store.put_releases(listed)
    assert ["0.9", "0.10", "1.0"] == list(store.releases()) == list(Store(tmp_path / "data", ANTHROPIC).releases())


def test_a_folder_that_is_not_there_is_an_empty_store(tmp_path: Path) -> None:
    """And looking does not make it."""
    folder = tmp_path / "data"
    store = Store(folder, ANTHROPIC)
    assert ({}, {}, None, []) == (store.releases(), store.cells(), store.result(ONE), store.verify())
    assert not folder.exists()


text = st.text(st.characters(codec="utf-8"), max_size=12)
integers = st.integers(-(2**70), 2**70)
values = st.recursive(
    st.none() | integers | text, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)
)
"""What an exception may bear; numbers that are equal and written otherwise have a test of their own."""
short = st.none() | text
observations = st.builds(
    Observation,
    outcome=st.sampled_from(Outcome),
    exception=st.none()
    | st.builds(
        Raised,
        name=text,
        bases=st.lists(text, max_size=2).map(tuple),
        exported=st.booleans(),
        attributes=st.dictionaries(st.sampled_from(["status_code", "type", "request_id"]), values),
        text=text,
        causes=st.lists(
            st.builds(Cause, how=st.sampled_from(["cause", "context"]), name=text, text=text), max_size=2
        ).map(tuple),
        pickles=st.sampled_from(["", "same", "changed", "TypeError"]),
        copies=st.sampled_from(["", "same", "changed", "TypeError"]),
        message=st.just(msgspec.UNSET) | values,
        body=st.just(msgspec.UNSET) | values,
    ),
    delivered=st.none()
    | st.builds(Delivery, events=st.lists(text, max_size=2).map(tuple), text=text, stop_reason=short),
    final=st.none() | st.builds(FinalMessage, text=text, stop_reason=short, raised=text),
    connection=st.sampled_from(["", "open", "idle", "closed", "released"]),
    handlers=st.dictionaries(text, st.sampled_from(["retry", "fail", "accept"]) | text, max_size=2),
    remedy=st.none()
    | st.builds(
        RemedyResult,
        outcome=text,
        status=st.none() | st.integers(100, 599),
        error_type=short,
        retryable=st.booleans(),
        request_id=short,
        text=short,
    ),
    requests=st.integers(0, 3),
    counts=st.dictionaries(text, st.integers(1, 3), max_size=2),
    detail=text,
)
calls = st.builds(
    Call, st.sampled_from(["messages.create", "messages.stream"]), st.sampled_from(["clean", "reset", MID])
)
few_observations = st.sampled_from([CLEAN, RAISED, FLAKY])
"""Most observations repeat, as they do from release to release."""
pins = st.sets(st.sampled_from(["anthropic==1.0.0", "anthropic==0.9.0", "h11==0.16.0", "idna==3.10"]), min_size=1)
results = st.one_of(
    st.builds(
        lambda behaviour, locked, extras: msgspec.structs.replace(
            completed(behaviour, *locked), extras=tuple(sorted(extras))
        ),
        st.dictionaries(calls, few_observations | observations, max_size=4),
        pins,
        st.sets(st.sampled_from(["aiohttp", "bedrock"])),
    ),
    st.builds(
        Result,
        suite=st.sampled_from(["0123456789abcdef", "fedcba9876543210"]),
        outcome=st.sampled_from([Outcome.CANNOT_INSTALL, Outcome.CANNOT_IMPORT]),
        provenance=st.just(PROVENANCE),
        lock=st.none() | pins.map(lambda locked: lock(*locked)),
        reason=text,
    ),
)
cells = st.builds(
    Cell,
    st.sampled_from(["0.9.0", "1.0.0"]),
    st.sampled_from(Lane),
    st.sampled_from(["3.11", "3.12"]),
    st.sampled_from(["", "", "aiohttp"]),
)
stores = st.dictionaries(cells, results, max_size=5)


def put_all(folder: Path, measured: Sequence[tuple[Cell, Result]]) -> Store:
    """A store with these results, put in this order, read anew."""
    writer = Store(folder, ANTHROPIC)
    with writer.writing():
        for cell, result in measured:
            writer.put(cell, result)
    return Store(folder, ANTHROPIC)


@RELAXED
@given(stores)
def test_any_results_are_read_as_they_were_written(measured: dict[Cell, Result]) -> None:
    """Whatever an SDK put into its exceptions."""
    with fresh_folder() as folder:
        store = put_all(folder, list(measured.items()))
        assert measured == {cell: store.result(cell) for cell in store.cells()}


@RELAXED
@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8")),
        st.builds(StoredObservation, seen=observations, decisions=text),
        max_size=4,
    )
)
def test_a_document_is_parsed_to_what_was_rendered(entries: dict[str, StoredObservation]) -> None:
    """Each entry stands on a line of its own, whatever is in it."""
    data = render("observations", entries)
    assert entries == parse("observations", data, Path("observations/x.json"))
    assert len(data.splitlines()) >= 4
    assert data.count(b"\n") == max(1, len(entries)) + 4


def test_the_bytes_of_a_document_are_these() -> None:
    """The form that is committed: a change of one byte in it is a change of schema."""
    body = b'"a": {"type":"error"},\n"b": {}'
    digest = hashlib.sha256(b"midstream/traces/1\n" + body).hexdigest().encode()
    expected = b'{"schema": "midstream/traces/1",\n"digest": "' + digest + b'",\n"entries": {\n' + body + b"\n}}\n"
    assert expected == render("traces", {"b": {}, "a": {"type": "error"}})


def test_a_value_is_named_by_the_beginning_of_the_digest_of_its_canonical_text() -> None:
    """Whoever wants to can recompute it with any tool."""
    assert hashlib.sha256(b'{"a":1,"b":2}').hexdigest()[:16] == address({"b": 2, "a": 1})


@RELAXED
@given(st.dictionaries(text, values, max_size=5), st.randoms(use_true_random=False))
def test_the_order_in_which_a_value_was_made_is_not_in_its_text(value: dict[str, Any], random: Any) -> None:
    """Equal behaviour has equal bytes."""
    items = list(value.items())
    random.shuffle(items)
    assert encode(value) == encode(dict(items))


# Equal content is written once.


@RELAXED
@given(measured=stores.flatmap(lambda made: st.permutations(list(made.items())).map(lambda order: (made, order))))
def test_the_order_in_which_results_come_makes_no_difference(
    measured: tuple[dict[Cell, Result], list[tuple[Cell, Result]]],
) -> None:
    """A pool finishes cells in any order, and the bytes are the same."""
    with fresh_folder() as one, fresh_folder() as other:
        put_all(one, list(measured[0].items()))
        put_all(other, measured[1])
        assert contents(one.parent) == contents(other.parent)


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(FIRST, id="the same"),
        pytest.param(
            msgspec.structs.replace(
                FIRST, provenance=msgspec.structs.replace(PROVENANCE, measured=dt.date(2030, 1, 1), uv="9.9")
            ),
            id="the same, measured by another",
        ),
        pytest.param(
            msgspec.structs.replace(FIRST, lock=Lock(lock("anthropic==1.0.0", "h11==0.16.0").pins, {})),
            id="the same, with a lock of which fewer wheels are known",
        ),
    ],
)
def test_what_agrees_with_what_is_known_writes_nothing(small: Path, again: Result) -> None:
    """Neither bytes nor times change, so a repeated sweep leaves no trace in the history."""
    before = identities(small)
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put(ONE, again)
        store.put_control("patched-3.11", ONE, again)
        store.prune()
    assert before == identities(small)


def test_the_order_in_which_the_parts_of_an_observation_came_is_no_difference(tmp_path: Path) -> None:
    """A flaky call may hang first and complete later, or the other way round."""
    counts = {"timed-out": 2, "completed": 1}
    one, other = (
        completed({Call("messages.create", "clean"): Observation(outcome=Outcome.FLAKY, counts=dict(items))})
        for items in (counts.items(), reversed(counts.items()))
    )
    store = put_all(tmp_path / "data", [(ONE, one)])
    before = identities(tmp_path / "data")
    with store.writing():
        store.put(ONE, other)
    assert other.agrees_with(one)
    assert before == identities(tmp_path / "data")


def test_what_agrees_with_what_is_known_keeps_the_older_provenance(small: Path) -> None:
    """Who measured it first, stays."""
    newer = msgspec.structs.replace(PROVENANCE, measured=dt.date(2030, 1, 1))
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put(ONE, msgspec.structs.replace(FIRST, provenance=newer))
    found = Store(small, ANTHROPIC).result(ONE)
    assert found is not None
    assert found.provenance == PROVENANCE


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(msgspec.structs.replace(FIRST, behaviour=SECOND.behaviour), id="another behaviour"),
        pytest.param(msgspec.structs.replace(FIRST, lock=lock("anthropic==1.0.0")), id="another lock"),
        pytest.param(msgspec.structs.replace(FIRST, suite="fedcba9876543210"), id="another suite"),
        pytest.param(NOT_INSTALLED, id="another outcome"),
        pytest.param(msgspec.structs.replace(FIRST, extras=("aiohttp",)), id="an extra that was not offered"),
    ],
)
def test_what_does_not_agree_replaces_what_is_known_with_its_provenance(small: Path, changed: Result) -> None:
    """A result is of one measurement, never of two."""
    newer = msgspec.structs.replace(changed, provenance=msgspec.structs.replace(PROVENANCE, uv="9.9"))
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put(ONE, newer)
    assert newer == Store(small, ANTHROPIC).result(ONE)


def test_releases_that_are_known_already_write_nothing(small: Path) -> None:
    """A refresh that finds nothing new leaves the file as it is."""
    before = identities(small)
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put_releases(dict(reversed(RELEASES.items())))
    assert before == identities(small)


@pytest.mark.parametrize(("known", "now"), [(1, True), (200, 200.0), (False, 0), (0.0, -0.0)])
def test_numbers_that_are_written_otherwise_do_not_agree(known: Any, now: Any) -> None:
    """Equal behaviour has equal bytes, and other bytes are another behaviour."""

    def bearing(value: Any) -> Result:
        exception = Raised(name="X", bases=(), exported=False, attributes={"status_code": value}, text="")
        observation = Observation(outcome=Outcome.RAISED, exception=exception)
        return completed({Call("messages.create", "clean"): observation})

    assert not bearing(now).agrees_with(bearing(known))


def test_a_distribution_keeps_every_hash_that_a_lock_was_made_with(tmp_path: Path) -> None:
    """A release gains wheels over time; both locks stay installable."""
    store = Store(tmp_path / "data", ANTHROPIC)
    pin = "h11==0.16.0"
    with store.writing():
        store.put(ONE, msgspec.structs.replace(FIRST, lock=Lock((pin,), {pin: ("a" * 64,)})))
        store.put(TWO, msgspec.structs.replace(SECOND, lock=Lock((pin,), {pin: ("c" * 64, "b" * 64)})))
    expected = Lock((pin,), {pin: ("a" * 64, "b" * 64, "c" * 64)})
    found = [Store(tmp_path / "data", ANTHROPIC).result(cell) for cell in (ONE, TWO)]
    assert [expected, expected] == [result.lock for result in found if result is not None]


# What nothing refers to is dropped, and nothing else.


@RELAXED
@given(before=stores, after=stores)
@example(before={ONE: FIRST}, after={ONE: NOT_INSTALLED})
def test_a_pruned_store_is_one_that_was_never_otherwise(before: dict[Cell, Result], after: dict[Cell, Result]) -> None:
    """Whatever was measured before and is replaced leaves nothing behind, and what is kept is whole."""
    with fresh_folder() as old, fresh_folder() as new:
        for folder, measured in (
            (old, [*before.items(), *after.items()]),
            (new, list((before | after).items())),
        ):
            store = put_all(folder, measured)
            with store.writing():
                store.put_releases(RELEASES)
                store.prune()
        assert contents(new) == contents(old)
        assert [] == Store(old, ANTHROPIC).verify()


def test_pruning_keeps_what_a_control_refers_to(small: Path) -> None:
    """A control has a behaviour of its own, of which no cell knows."""
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put_control("patched-3.11", TWO, SECOND)
        store.prune()
    assert Store(small, ANTHROPIC).control("patched-3.11") == (TWO, SECOND)
    assert [] == Store(small, ANTHROPIC).verify()


def test_pruning_leaves_alone_what_is_none_of_ours(small: Path) -> None:
    """A file browser's leftovers do not make a run fail after hours; `verify` names them."""
    (small / ".DS_Store").write_bytes(b"hello")
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.prune()
    assert (small / ".DS_Store").exists()


def test_what_nothing_refers_to_does_not_hold_until_it_is_pruned(small: Path) -> None:
    """It is named with its document."""
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put(ONE, NOT_INSTALLED)
        store.put(WITH_EXTRA, NOT_INSTALLED)
        store.put_control("patched-3.11", OTHER_LANE, NOT_INSTALLED)
    found = {problem.partition(":")[0] for problem in Store(small, ANTHROPIC).verify()}
    assert set(REFERRED_TO) == found
    with store.writing():
        store.prune()
    assert [] == Store(small, ANTHROPIC).verify()
    assert sorted(set(FILES) - set(REFERRED_TO)) == sorted(contents(small))


# Whatever happens to a file is noticed, and the file is named.


def named(problems: Sequence[str], name: str) -> bool:
    """Whether one of the problems names the file."""
    return any(name in problem for problem in problems)


@pytest.mark.parametrize(
    "name",
    [
        "behaviours.json",
        "cells/today-3.11.json",
        "cells/today-3.11-aiohttp.json",
        "controls.json",
        "decisions.json",
        "distributions/h11.json",
        "judgements.json",
        "observations/clean.json",
        "releases.json",
        "traces/messages.create.json",
    ],
)
def test_one_flipped_bit_anywhere_is_noticed_and_the_file_is_named(tmp_path: Path, name: str) -> None:
    """Every byte of every kind of document, one after the other."""
    tiny = tmp_path / "data"
    observation = Observation(outcome=Outcome.COMPLETED, handlers={"ours": "accept"})
    result = completed({Call("messages.create", "clean"): observation}, "h11==0.16.0")
    store = Store(tiny, ANTHROPIC)
    with store.writing():
        store.put_releases({"1.0.0": RELEASES["1.0.0"]})
        store.put(ONE, result)
        store.put(WITH_EXTRA, result)
        store.put_control("patched-3.11", ONE, result)
        store.put_judgements({digest: Judgement(surface="messages.create") for digest in store.behaviours()})
    data = (tiny / name).read_bytes()
    reader = Store(tiny, ANTHROPIC)
    assert [] == reader.verify()  # so that of all documents, only the damaged one is read again each time
    unnoticed = []
    for place in range(len(data)):
        (tiny / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        reader._documents.pop(Path(name), None)
        if not named(reader.verify(), name):
            unnoticed.append(place)
    assert [] == unnoticed


@RELAXED
@given(data=st.data())
def test_any_other_byte_anywhere_is_noticed_and_the_file_is_named(data: st.DataObject) -> None:
    """Digits that stay digits, letters that stay letters, and what is no text at all."""
    with fresh_folder() as folder:
        fill(folder)
        name = data.draw(st.sampled_from(FILES))
        content = bytearray((folder / name).read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
        (folder / name).write_bytes(content)
        assert named(Store(folder, ANTHROPIC).verify(), name)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "cut after a byte": lambda data: data[:1],
    "cut in half": lambda data: data[: len(data) // 2],
    "cut by a byte": lambda data: data[:-1],
    "a line too many": lambda data: data + b"\n",
    "twice": lambda data: data + data,
    "with a byte-order mark": lambda data: b"\xef\xbb\xbf" + data,
    "with the line ends of Windows": lambda data: data.replace(b"\n", b"\r\n"),
    "formatted otherwise": lambda data: data.replace(b'": {', b'":{'),
    "null": lambda data: b"null",
    "a list": lambda data: b"[]",
    "zeros": lambda data: b"\0" * len(data),
    "with a conflict": lambda data: b"<<<<<<< HEAD\n" + data,
}
"""What editors, disks and version control do to files."""


@each_file
def test_damage_is_noticed_and_the_file_is_named(small: Path, name: str) -> None:
    """Whatever was done to the file."""
    data = (small / name).read_bytes()
    unnoticed = []
    for damage, damaged in DAMAGES.items():
        (small / name).write_bytes(damaged(data))
        if not named(Store(small, ANTHROPIC).verify(), name):
            unnoticed.append(damage)
    assert [] == unnoticed


@pytest.mark.parametrize("name", REFERRED_TO)
def test_a_document_that_lacks_an_entry_is_named_even_if_its_digest_is_right(small: Path, name: str) -> None:
    """Somebody who takes the trouble to recompute the digest still leaves a reference to nothing."""
    (small / name).write_bytes(render(name.partition("/")[0].removesuffix(".json"), {}))
    assert named(Store(small, ANTHROPIC).verify(), name)


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_document_that_is_gone_is_named(small: Path, name: str) -> None:
    """A line refers to what is in it."""
    (small / name).unlink()
    assert any(
        problem.startswith(f"{name}: ") and problem.endswith(" is missing, and another file refers to it")
        for problem in Store(small, ANTHROPIC).verify()
    )


@pytest.mark.parametrize("name", EVIDENCE)
def test_reading_a_result_that_refers_to_nothing_is_a_failure_with_a_name(small: Path, name: str) -> None:
    """A merge may leave a line without what it refers to."""
    (small / name).unlink()
    with pytest.raises(StoreCorrupt):
        Store(small, ANTHROPIC).result(ONE)


def test_a_cell_of_a_release_that_nobody_lists_is_named(small: Path) -> None:
    """Every cell is of a known release."""
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put_releases({"0.9.0": RELEASES["0.9.0"]})
    assert [
        "cells/as-released-3.11.json: 1.0.0 is not a known release",
        "cells/today-3.11-aiohttp.json: 1.0.0 is not a known release",
        "cells/today-3.11.json: 1.0.0 is not a known release",
    ] == Store(small, ANTHROPIC).verify()


@pytest.mark.parametrize(
    "name",
    ["notes.txt", ".DS_Store", "notes.json", "cells/notes.txt", "traces/deep/x.json", "releases.json.new", "x/y"],
)
def test_a_file_that_is_none_of_ours_is_named(small: Path, name: str) -> None:
    """Nobody can tell what it is for."""
    (small / name).parent.mkdir(exist_ok=True)
    (small / name).write_bytes(b"hello")
    assert [f"{name}: is no file of midstream's data."] == Store(small, ANTHROPIC).verify()


@pytest.mark.parametrize(
    ("name", "copied"),
    [
        ("distributions/other.json", "distributions/h11.json"),
        ("traces/other.json", "traces/messages.create.json"),
        ("observations/other.json", "observations/clean.json"),
        ("observations.json", "observations/clean.json"),
        ("cells/as-released-3.12.json", "traces/messages.create.json"),
        pytest.param("cells.json", "cells/today-3.11.json"),
        pytest.param("releases/other.json", "releases.json"),
        pytest.param("controls/other.json", "controls.json"),
        pytest.param("cells/other.json", "cells/today-3.11.json"),
        pytest.param("cells/tomorrow-3.11.json", "cells/today-3.11.json"),
        pytest.param("cells/today-3.11-.json", "cells/today-3.11-aiohttp.json"),
        pytest.param("cells/today-3.11-Aiohttp.json", "cells/today-3.11-aiohttp.json"),
        pytest.param("decisions/other.json", "decisions.json"),
        pytest.param("behaviours.json", "decisions.json"),
    ],
)
def test_a_copy_of_a_document_under_another_name_is_named(small: Path, name: str, copied: str) -> None:
    """Its digest is right, and it has no business to be there."""
    (small / name).parent.mkdir(exist_ok=True)
    shutil.copy(small / copied, small / name)
    assert named(Store(small, ANTHROPIC).verify(), name)


@pytest.mark.parametrize(
    "name",
    [
        "traces/other.json",
        "observations/other.json",
        "distributions/other.json",
        "cells/as-released-3.11.json",
        "controls.json",
    ],
)
def test_a_document_without_entries_is_named(small: Path, name: str) -> None:
    """An empty document is never written: its file goes with its last entry."""
    (small / name).write_bytes(render(name.partition("/")[0].removesuffix(".json"), {}))
    assert named(Store(small, ANTHROPIC).verify(), name)


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        pytest.param("observations", {"x": {"seen": {"outcome": "splendid"}}}, id="a value that is none"),
        pytest.param("observations", {"x": {"seen": {"outcome": "raised", "hue": "red"}}}, id="a field that is none"),
        pytest.param("observations", {"x": {"seen": {"outcome": "raised", "requests": "1"}}}, id="text for a number"),
        pytest.param("observations", {"x": {"seen": {}}}, id="a field too few"),
        pytest.param("observations", {"x": {"outcome": "raised"}}, id="an observation as it was before"),
        pytest.param("decisions", {"x": {"any-exception": 1}}, id="a number for text"),
        pytest.param("cells", {"one": {}}, id="a version that is none"),
        pytest.param("releases", {"1.0": {"version": "1.0", "uploaded": "yesterday"}}, id="a time that is none"),
    ],
)
def test_a_document_with_an_entry_that_means_nothing_is_corrupt(kind: str, entries: dict[str, Any]) -> None:
    """Even if its digest is right: data is checked where it is read."""
    body = b",\n".join(encode(key) + b": " + encode(value) for key, value in sorted(entries.items()))
    schema = f"midstream/{kind}/{documents.VERSIONS.get(kind, 1)}".encode()
    digest = hashlib.sha256(schema + b"\n" + body).hexdigest().encode()
    data = b'{"schema": "%s",\n"digest": "%s",\n"entries": {\n%s\n}}\n' % (schema, digest, body)
    with pytest.raises(StoreCorrupt, match="can't be read"):
        parse(kind, data, Path("x.json"))


def test_the_verify_command_names_the_file_and_leaves_with_its_exit_code(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody who flips a byte is told where."""
    data = bytearray((small / "behaviours.json").read_bytes())
    data[-10] ^= 1
    (small / "behaviours.json").write_bytes(data)
    monkeypatch.setattr(sys, "argv", ["matrix", "--data", str(small), "verify"])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert StoreCorrupt.exit_code == leaving.value.code
    assert "behaviours.json" in capsys.readouterr().err


def test_the_verify_command_says_what_holds(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many cells and files there are."""
    update_judgements(Store(small, ANTHROPIC))
    monkeypatch.setattr(sys, "argv", ["matrix", "--data", str(small), "verify"])
    with pytest.raises(SystemExit) as leaving:
        cli.main()
    assert 0 == leaving.value.code
    assert f"{small} is valid: 3 cells, {len(FILES)} files, 0.00 MB, every digest matches.\n" == capsys.readouterr().out


# One writer at a time.


def test_a_second_writer_is_told_that_the_store_is_busy(small: Path) -> None:
    """And changes nothing."""
    before = identities(small)
    with Store(small, ANTHROPIC).writing():
        with pytest.raises(StoreBusy, match="Another process is writing") as failure, Store(small, ANTHROPIC).writing():
            pytest.fail("two write at once")
        assert "Nothing was changed" in failure.value.hint
    assert before == identities(small)


def test_the_next_writer_may_write(small: Path) -> None:
    """When the first one is done, or failed."""
    store = Store(small, ANTHROPIC)
    with pytest.raises(ZeroDivisionError), store.writing():
        raise ZeroDivisionError
    with Store(small, ANTHROPIC).writing():
        store.put(TWO, SECOND)
    assert SECOND == Store(small, ANTHROPIC).result(TWO)


def test_readers_need_no_lock(small: Path) -> None:
    """A page can be made while a sweep runs."""
    with Store(small, ANTHROPIC).writing():
        assert FIRST == Store(small, ANTHROPIC).result(ONE)


def test_a_writer_that_is_killed_holds_nothing(small: Path) -> None:
    """The system releases the lock of a process that dies."""
    hold = (
        "import sys, pathlib; from matrix.store.store import Store; from matrix.targets import ANTHROPIC\n"
        f"with Store(pathlib.Path({str(small)!r}), ANTHROPIC).writing(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert b"held\n" == other.stdout.readline()
        with pytest.raises(StoreBusy), Store(small, ANTHROPIC).writing():
            pytest.fail("two write at once")
        other.kill()
        other.wait()
    with Store(small, ANTHROPIC).writing():
        assert FIRST == Store(small, ANTHROPIC).result(ONE)


def test_what_another_process_wrote_is_seen_once_the_store_is_held(small: Path) -> None:
    """What was read before may be old."""
    reader = Store(small, ANTHROPIC)
    assert reader.result(TWO) is None
    put_all(small, [(TWO, SECOND)])
    with reader.writing():
        assert SECOND == reader.result(TWO)


@pytest.mark.parametrize("name", ["releases.json.new", "cells/today-3.11.json.new", "observations/never-seen.json.new"])
def test_what_a_killed_writer_left_beside_a_file_is_removed(small: Path, name: str) -> None:
    """The next writer tidies up before it writes, and touches nothing else."""
    before = identities(small)
    (small / name).write_bytes(b"half of it")
    with Store(small, ANTHROPIC).writing():
        pass
    assert before == identities(small)


# A process may die at any moment.


class Killed(BaseException):
    """Stands for a kill: nothing catches it, as nothing could."""


def sweep(folder: Path) -> None:
    """What a run does to the small store: a result changes, one is new, the control moves, the rest is pruned."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases(RELEASES)
        store.put(ONE, SECOND)
        store.put(TWO, FIRST)
        store.put_control("patched-3.11", TWO, SECOND)
        store.put(OTHER_LANE, FIRST)
        store.put(ONE, NOT_INSTALLED)
        store.prune()


def killed_after(writes: int, folder: Path, monkeypatch: pytest.MonkeyPatch, *, after_rename: bool) -> bool:
    """Sweep, and be killed after so many writes; whether that happened before the sweep was over."""
    left = writes
    write = write_atomically

    def write_or_die(target: Path, data: bytes) -> None:
        nonlocal left
        if left == 0:
            if not after_rename:
                target.with_name(target.name + ".new").write_bytes(data[: len(data) // 2])
            raise Killed
        left -= 1
        write(target, data)

    with monkeypatch.context() as patch:
        patch.setattr("matrix.store.store.write_atomically", write_or_die)
        try:
            sweep(folder)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("after_rename", [True, False], ids=["between two writes", "in the middle of one"])
def test_a_kill_at_any_write_leaves_a_store_that_can_be_read_and_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_rename: bool
) -> None:
    """Every line has what it refers to, and the same sweep, made again, gives the bytes of one that nobody killed."""
    uninterrupted = tmp_path / "uninterrupted"
    fill(uninterrupted)
    sweep(uninterrupted)
    writes = 0
    while True:
        folder = tmp_path / f"killed-{writes}"
        fill(folder)
        if not killed_after(writes, folder, monkeypatch, after_rename=after_rename):
            break
        store = Store(folder, ANTHROPIC)
        for stored in store.cells().values():
            assert store.expand(stored).outcome is stored.outcome
        assert store.control("patched-3.11") in [(ONE, FIRST), (TWO, SECOND)]
        sweep(folder)
        assert contents(uninterrupted) == contents(folder)
        assert [] == Store(folder, ANTHROPIC).verify()
        writes += 1
    assert writes > 5


def test_a_file_is_all_old_or_all_new(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is written beside the old one and takes its place in one step."""
    before = contents(small)

    def be_killed(_self: Path, _target: Path) -> None:
        raise Killed

    def write() -> None:
        store = Store(small, ANTHROPIC)
        with store.writing():
            store.put(TWO, SECOND)

    monkeypatch.setattr(Path, "replace", be_killed)
    with pytest.raises(Killed):
        write()
    found = contents(small)
    beside = {name: found.pop(name) for name in list(found) if name.endswith(".new")}
    assert before == found
    assert ["distributions/anthropic.json.new"] == list(beside)
