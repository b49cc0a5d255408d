"""The data of record is canonical, content-addressed and atomic, and the store detects every damage."""

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
from matrix.store import documents, root
from matrix.store.documents import StoredObservation, address, encode, parse, render
from matrix.store.soaks import SoakResult, SoakSet
from matrix.store.store import Store
from matrix.system.files import write_atomically
from matrix.targets import ANTHROPIC
from tests.miniature.drive import run_command, snapshot

RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=15)
"""Examples have no deadline: the machine may be busy with a sweep."""


PROVENANCE = Provenance(measured=dt.date(2025, 1, 2), interpreter="CPython 3.11.7", system="Linux x86_64", uv="0.8.0")
ODD = 'é 漢 🙂 \u2028 \u2029 \x00 \x1f \x7f \ufeff \ufffd \u202e "\\/\n\r\t </script>'
"""Characters that careless readers or writers of JSON, lines or pages get wrong."""

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
    """Return the hashes of the wheels of a distribution."""
    return (hashlib.sha256(pin.encode()).hexdigest(),)


def lock(*pins: str) -> Lock:
    """Make a lock of these pins."""
    return Lock(tuple(sorted(pins)), {pin: hashes(pin) for pin in pins})


def completed(behaviour: dict[Call, Observation], *pins: str) -> Result:
    """Make a complete result with this behaviour."""
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
SOAKED = SoakResult(
    set=SoakSet(era="0.73.0", pins=("h11==0.16.0",)),
    version="1.0.0",
    lane=Lane.TODAY,
    python="3.11",
    calls=1000,
    hangs=7,
    deadline=5.0,
    measured=dt.date(2025, 1, 2),
    interpreter="CPython 3.11.7",
    system="Linux x86_64",
    reason=ODD,
)
RELEASES = {
    version: Release(version=version, uploaded=dt.datetime(2024, 1, 1, 12, 30, tzinfo=dt.UTC))
    for version in ("0.9.0", "1.0.0")
}


def test_results_give_the_same_bytes_together_or_one_by_one(tmp_path: Path) -> None:
    """Both report the same new cells; a distribution in two locks has the hashes of both."""
    more = Lock(("anthropic==1.0.0",), {"anthropic==1.0.0": ("ff" * 32,)})
    results = [(ONE, FIRST), (TWO, SECOND), (OTHER_LANE, msgspec.structs.replace(FIRST, lock=more)), (ONE, FIRST)]
    singly, together = Store(tmp_path / "one", ANTHROPIC), Store(tmp_path / "many", ANTHROPIC)
    news = [cell for cell, result in results if singly.put(cell, result)]
    assert news == together.put_all(results[:3]) + together.put_all(results[3:])
    files = [
        sorted(path.relative_to(store.folder) for path in store.folder.rglob("*.json")) for store in (singly, together)
    ]
    assert files[0] == files[1]
    assert [(singly.folder / path).read_bytes() for path in files[0]] == [
        (together.folder / path).read_bytes() for path in files[1]
    ]
    assert [] == together.put_all(results)


def test_a_killed_run_breaks_only_the_tidiness_of_a_store(tmp_path: Path) -> None:
    """It leaves a half-written temporary file, and entries without a reference."""
    store = Store(tmp_path / "data", ANTHROPIC)
    uploaded = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    store.put_releases({version: Release(version=version, uploaded=uploaded) for version in ("0.9.0", "1.0.0")})
    store.put_all([(ONE, FIRST), (TWO, SECOND)])
    (store.folder / root.ROOT).unlink()
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
        store.put_soak(SOAKED)


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
    "soak.json",
    "traces/messages.create.json",
]
"""The documents of the small store."""

REFERRED_TO = [name for name in FILES if not name.startswith(("cells", "controls", "releases", "soak"))]
"""The documents whose entries other documents refer to."""

EVIDENCE = [name for name in REFERRED_TO if name != "judgements.json"]
"""The documents among them that can't be computed from the others."""

each_file = pytest.mark.parametrize("name", FILES)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Write a small, valid store and return its folder."""
    folder = tmp_path / "data"
    fill(folder)
    return folder


def identities(folder: Path) -> dict[str, tuple[int, int]]:
    """Return each file's inode and time, which change with every write, even of the same bytes."""
    statuses = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {str(path.relative_to(folder)): (stat.st_ino, stat.st_mtime_ns) for path, stat in statuses.items()}


@contextlib.contextmanager
def fresh_folder() -> Iterator[Path]:
    """Make a folder for one example of a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "data"


def test_the_small_store_has_a_document_of_every_kind(small: Path) -> None:
    """Tests of the small store therefore cover every kind."""
    kinds = {name.partition("/")[0].removesuffix(".json") for name in FILES}
    assert (sorted([*FILES, "root.json"]), set(documents.KINDS)) == (sorted(snapshot(small)), kinds)


def test_an_untouched_store_has_no_problem(small: Path) -> None:
    """A check of the store lists nothing."""
    assert [] == Store(small, ANTHROPIC).verify()


# Reading returns the written values


@pytest.mark.parametrize(
    ("cell", "result"),
    [
        pytest.param(ONE, FIRST, id="a complete result"),
        pytest.param(TWO, SECOND, id="a result with a flaky call"),
        pytest.param(OTHER_LANE, NOT_INSTALLED, id="a result without behaviour"),
        pytest.param(
            ONE,
            msgspec.structs.replace(FIRST, extras=("aiohttp",)),
            id="a result with the extras that the release offers",
        ),
        pytest.param(WITH_EXTRA, SECOND, id="a result of a cell with an extra"),
    ],
)
def test_a_result_is_read_unchanged(tmp_path: Path, cell: Cell, result: Result) -> None:
    """Another store on the same folder reads it too, with all odd characters."""
    writer = Store(tmp_path / "data", ANTHROPIC)
    with writer.writing():
        writer.put(cell, result)
    assert (result, result) == (writer.result(cell), Store(tmp_path / "data", ANTHROPIC).result(cell))


def test_a_control_is_read_with_its_cell(small: Path) -> None:
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
def test_an_unmeasured_cell_has_no_result(small: Path, cell: Cell) -> None:
    """Only a missing result is None."""
    assert Store(small, ANTHROPIC).result(cell) is None


def test_an_unmeasured_control_is_none(small: Path) -> None:
    """Only a missing control is None."""
    assert Store(small, ANTHROPIC).control("patched-3.12") is None


def test_the_store_lists_all_cells_with_lane_python_and_extra(small: Path) -> None:
    """The name of the file states all three."""
    assert {ONE, OTHER_LANE, WITH_EXTRA} == set(Store(small, ANTHROPIC).cells())


def test_a_cell_with_an_extra_has_a_file_of_its_own(small: Path) -> None:
    """Writing its result leaves the result of the plain cell unchanged."""
    store = Store(small, ANTHROPIC)
    before = (small / "cells" / "today-3.11.json").read_bytes()
    with store.writing():
        store.put(WITH_EXTRA, SECOND)
    assert (FIRST, SECOND) == (Store(small, ANTHROPIC).result(ONE), Store(small, ANTHROPIC).result(WITH_EXTRA))
    assert before == (small / "cells" / "today-3.11.json").read_bytes()


# Decisions are stored apart from observations


def deciding(**handlers: str) -> Observation:
    """Make an observation with these decisions."""
    return msgspec.structs.replace(RAISED, handlers=handlers)


def test_equal_decisions_are_stored_once(tmp_path: Path) -> None:
    """Observations of all scenarios share them; each observation refers to its own."""
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
    result = store.result(ONE)
    assert result is not None
    assert behaviour == result.behaviour


def test_an_observation_without_decisions_refers_to_none(tmp_path: Path) -> None:
    """Handlers decide nothing about a call that was not made."""
    store = put_all(tmp_path / "data", [(ONE, completed({Call("messages.create", "clean"): FLAKY}))])
    assert not (tmp_path / "data" / "decisions.json").exists()
    result = store.result(ONE)
    assert result is not None
    assert {} == result.behaviour[Call("messages.create", "clean")].handlers


def test_another_decision_makes_another_behaviour(tmp_path: Path) -> None:
    """A handler that decides differently is a change, even if all else is equal."""
    call = Call("messages.create", MID)
    store = put_all(tmp_path / "data", [(ONE, completed({call: deciding(ours="retry")}))])
    changed = completed({call: deciding(ours="fail")})
    with store.writing():
        assert store.put(ONE, changed)
        store.prune()
        store.put_releases(RELEASES)
    assert changed == Store(tmp_path / "data", ANTHROPIC).result(ONE)
    assert [{"ours": "fail"}] == [*Store(tmp_path / "data", ANTHROPIC)._entries(Path("decisions.json")).values()]
    assert [] == Store(tmp_path / "data", ANTHROPIC).verify()


def test_the_check_names_decisions_without_a_reference(small: Path) -> None:
    """Pruning drops them."""
    store = Store(small, ANTHROPIC)
    stray = {"ours": "retry"}
    with store.writing():
        store._merge(Path("decisions.json"), {address(stray): stray})
    assert [f"decisions.json: nothing refers to {address(stray)}"] == Store(small, ANTHROPIC).verify()
    with store.writing():
        store.prune()
    assert [] == Store(small, ANTHROPIC).verify()


def test_the_check_names_missing_decisions(small: Path) -> None:
    """The message has their digest; a result that refers to them can't be read."""
    path = Path("decisions.json")
    (small / path).write_bytes(render(path, {address(CLEAN.handlers): CLEAN.handlers}))
    missing = address(RAISED.handlers)
    assert [f"decisions.json: the entry {missing} is missing, and another file refers to it"] == Store(
        small, ANTHROPIC
    ).verify()
    with pytest.raises(StoreCorrupt, match=missing):
        Store(small, ANTHROPIC).result(ONE)


def test_the_check_names_decisions_under_a_wrong_digest(small: Path) -> None:
    """The recomputed digest of the document covers the entries, not their names."""
    entries = {address(CLEAN.handlers): RAISED.handlers, address(RAISED.handlers): RAISED.handlers}
    (small / "decisions.json").write_bytes(render(Path("decisions.json"), entries))
    expected = [f"decisions.json: {address(CLEAN.handlers)} is not the digest of its entry"]
    assert expected == Store(small, ANTHROPIC).verify()


def test_releases_are_read_oldest_version_first(tmp_path: Path) -> None:
    """Versions are not compared as text: 0.10 comes after 0.9."""
    listed = {
        version: msgspec.structs.replace(RELEASES["1.0.0"], version=version) for version in ("1.0", "0.10", "0.9")
    }
    store = Store(tmp_path / "data", ANTHROPIC)
    with store.writing():
        store.put_releases(listed)
    assert ["0.9", "0.10", "1.0"] == list(store.releases()) == list(Store(tmp_path / "data", ANTHROPIC).releases())


def test_a_missing_folder_is_an_empty_store(tmp_path: Path) -> None:
    """Reading does not create the folder."""
    folder = tmp_path / "data"
    store = Store(folder, ANTHROPIC)
    assert ({}, {}, None, []) == (store.releases(), store.cells(), store.result(ONE), store.verify())
    assert not folder.exists()


text = st.text(st.characters(codec="utf-8"), max_size=12)
integers = st.integers(-(2**70), 2**70)
values = st.recursive(
    st.none() | integers | text, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)
)
"""Values of an exception's attributes; numbers that are equal but written differently have a test of their own."""
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
"""Observations that repeat, as most do from release to release."""
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
    """Write these results in this order, and return a new store on the folder."""
    writer = Store(folder, ANTHROPIC)
    with writer.writing():
        for cell, result in measured:
            writer.put(cell, result)
    return Store(folder, ANTHROPIC)


@RELAXED
@given(stores)
def test_any_results_are_read_unchanged(measured: dict[Cell, Result]) -> None:
    """An SDK may put any value into its exceptions."""
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
def test_parsing_reverses_rendering(entries: dict[str, StoredObservation]) -> None:
    """Each entry is on a line of its own."""
    path = Path("observations/x.json")
    data = render(path, entries)
    assert entries == parse(path, data, Path())
    assert len(data.splitlines()) >= 5
    assert data.count(b"\n") == max(1, len(entries)) + 5


def test_a_document_has_exactly_the_committed_form() -> None:
    """A change of one byte in this form is a change of schema."""
    body = b'"a": {"type":"error"},\n"b": {}'
    digest = hashlib.sha256(b"midstream/traces/2\ntraces/x.json\n" + body).hexdigest().encode()
    head = b'{"schema": "midstream/traces/2",\n"path": "traces/x.json",\n"digest": "' + digest + b'",\n'
    expected = head + b'"entries": {\n' + body + b"\n}}\n"
    assert expected == render(Path("traces/x.json"), {"b": {}, "a": {"type": "error"}})


def test_an_address_is_the_beginning_of_the_digest_of_the_canonical_text() -> None:
    """Any tool can recompute it."""
    assert hashlib.sha256(b'{"a":1,"b":2}').hexdigest()[:16] == address({"b": 2, "a": 1})


@RELAXED
@given(st.dictionaries(text, values, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_change_the_text_of_a_value(value: dict[str, Any], random: Any) -> None:
    """Equal behaviour has equal bytes."""
    items = list(value.items())
    random.shuffle(items)
    assert encode(value) == encode(dict(items))


# Equal content is written once


@RELAXED
@given(measured=stores.flatmap(lambda made: st.permutations(list(made.items())).map(lambda order: (made, order))))
def test_the_order_of_results_does_not_change_the_bytes(
    measured: tuple[dict[Cell, Result], list[tuple[Cell, Result]]],
) -> None:
    """A pool of workers finishes cells in any order."""
    with fresh_folder() as ordered, fresh_folder() as shuffled:
        put_all(ordered, list(measured[0].items()))
        put_all(shuffled, measured[1])
        assert snapshot(ordered.parent) == snapshot(shuffled.parent)


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(FIRST, id="an equal result"),
        pytest.param(
            msgspec.structs.replace(
                FIRST, provenance=msgspec.structs.replace(PROVENANCE, measured=dt.date(2030, 1, 1), uv="9.9")
            ),
            id="an equal result with another provenance",
        ),
        pytest.param(
            msgspec.structs.replace(FIRST, lock=Lock(lock("anthropic==1.0.0", "h11==0.16.0").pins, {})),
            id="an equal result whose lock has fewer hashes",
        ),
    ],
)
def test_a_result_that_agrees_with_the_known_result_writes_nothing(small: Path, again: Result) -> None:
    """Neither bytes nor times change, so a repeated sweep leaves no trace in the history."""
    before = identities(small)
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put(ONE, again)
        store.put_control("patched-3.11", ONE, again)
        store.prune()
    assert before == identities(small)


def test_the_order_of_outcomes_does_not_change_a_flaky_observation(tmp_path: Path) -> None:
    """A flaky call may hang first and complete later, or the reverse."""
    counts = {"timed-out": 2, "completed": 1}
    first, second = (
        completed({Call("messages.create", "clean"): Observation(outcome=Outcome.FLAKY, counts=dict(items))})
        for items in (counts.items(), reversed(counts.items()))
    )
    store = put_all(tmp_path / "data", [(ONE, first)])
    before = identities(tmp_path / "data")
    with store.writing():
        store.put(ONE, second)
    assert second.agrees_with(first)
    assert before == identities(tmp_path / "data")


def test_a_result_that_agrees_leaves_the_older_provenance(small: Path) -> None:
    """The provenance names the first measurement."""
    newer = msgspec.structs.replace(PROVENANCE, measured=dt.date(2030, 1, 1))
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put(ONE, msgspec.structs.replace(FIRST, provenance=newer))
    result = Store(small, ANTHROPIC).result(ONE)
    assert result is not None
    assert result.provenance == PROVENANCE


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
def test_a_result_that_does_not_agree_replaces_the_known_result_and_its_provenance(
    small: Path, changed: Result
) -> None:
    """A result has one measurement, never parts of two."""
    newer = msgspec.structs.replace(changed, provenance=msgspec.structs.replace(PROVENANCE, uv="9.9"))
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put(ONE, newer)
    assert newer == Store(small, ANTHROPIC).result(ONE)


def test_known_releases_write_nothing(small: Path) -> None:
    """A refresh without a new release leaves the file unchanged."""
    before = identities(small)
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put_releases(dict(reversed(RELEASES.items())))
    assert before == identities(small)


@pytest.mark.parametrize(("known", "now"), [(1, True), (200, 200.0), (False, 0), (0.0, -0.0)])
def test_equal_numbers_with_different_texts_do_not_agree(known: Any, now: Any) -> None:
    """Equal behaviour has equal bytes, and different bytes are different behaviours."""

    def result_with(value: Any) -> Result:
        exception = Raised(name="X", bases=(), exported=False, attributes={"status_code": value}, text="")
        observation = Observation(outcome=Outcome.RAISED, exception=exception)
        return completed({Call("messages.create", "clean"): observation})

    assert not result_with(now).agrees_with(result_with(known))


def test_a_distribution_has_the_hashes_of_all_its_locks(tmp_path: Path) -> None:
    """A release gains wheels over time; both locks stay installable."""
    store = Store(tmp_path / "data", ANTHROPIC)
    pin = "h11==0.16.0"
    with store.writing():
        store.put(ONE, msgspec.structs.replace(FIRST, lock=Lock((pin,), {pin: ("a" * 64,)})))
        store.put(TWO, msgspec.structs.replace(SECOND, lock=Lock((pin,), {pin: ("c" * 64, "b" * 64)})))
    expected = Lock((pin,), {pin: ("a" * 64, "b" * 64, "c" * 64)})
    results = [Store(tmp_path / "data", ANTHROPIC).result(cell) for cell in (ONE, TWO)]
    assert [expected, expected] == [result.lock for result in results if result is not None]


# Pruning drops exactly the entries without a reference


@RELAXED
@given(before=stores, after=stores)
@example(before={ONE: FIRST}, after={ONE: NOT_INSTALLED})
def test_a_pruned_store_has_no_trace_of_replaced_results(before: dict[Cell, Result], after: dict[Cell, Result]) -> None:
    """All remaining results are complete."""
    with fresh_folder() as old, fresh_folder() as new:
        for folder, measured in (
            (old, [*before.items(), *after.items()]),
            (new, list((before | after).items())),
        ):
            store = put_all(folder, measured)
            with store.writing():
                store.put_releases(RELEASES)
                store.prune()
        assert snapshot(new) == snapshot(old)
        assert [] == Store(old, ANTHROPIC).verify()


def test_pruning_leaves_the_entries_of_a_control(small: Path) -> None:
    """A control has a behaviour that no cell refers to."""
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put_control("patched-3.11", TWO, SECOND)
        store.prune()
    assert Store(small, ANTHROPIC).control("patched-3.11") == (TWO, SECOND)
    assert [] == Store(small, ANTHROPIC).verify()


def test_pruning_leaves_foreign_files(small: Path) -> None:
    """A file of a file browser does not make a run fail after hours; `verify` names it."""
    (small / ".DS_Store").write_bytes(b"hello")
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.prune()
    assert (small / ".DS_Store").exists()


def test_the_check_names_each_document_with_unreferenced_entries(small: Path) -> None:
    """Pruning removes these entries, and the check then finds no problem."""
    store = Store(small, ANTHROPIC)
    with store.writing():
        store.put(ONE, NOT_INSTALLED)
        store.put(WITH_EXTRA, NOT_INSTALLED)
        store.put_control("patched-3.11", OTHER_LANE, NOT_INSTALLED)
    documents_with_problems = {problem.partition(":")[0] for problem in Store(small, ANTHROPIC).verify()}
    assert set(REFERRED_TO) == documents_with_problems
    with store.writing():
        store.prune()
    assert [] == Store(small, ANTHROPIC).verify()
    assert sorted({*FILES, "root.json"} - set(REFERRED_TO)) == sorted(snapshot(small))


# The check names every damaged file


def names_file(problems: Sequence[str], name: str) -> bool:
    """Tell whether a problem names the file."""
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
        "soak.json",
        "traces/messages.create.json",
    ],
)
def test_the_check_names_the_file_with_one_flipped_bit(tmp_path: Path, name: str) -> None:
    """The test flips a bit in every byte of every kind of document, one after the other."""
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
        store.put_soak(msgspec.structs.replace(SOAKED, reason=""))
    data = (tiny / name).read_bytes()
    reader = Store(tiny, ANTHROPIC)
    assert [] == reader.verify()  # fill the cache, so that each check reads only the damaged document
    unnoticed = []
    for place in range(len(data)):
        (tiny / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        reader._documents.pop(Path(name), None)
        if not names_file(reader.verify(), name):
            unnoticed.append(place)
    assert [] == unnoticed


@RELAXED
@given(data=st.data())
def test_the_check_names_the_file_with_one_changed_byte(data: st.DataObject) -> None:
    """The new byte may be a digit, a letter, or no text at all."""
    with fresh_folder() as folder:
        fill(folder)
        name = data.draw(st.sampled_from(FILES))
        content = bytearray((folder / name).read_bytes())
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
        (folder / name).write_bytes(content)
        assert names_file(Store(folder, ANTHROPIC).verify(), name)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda data: b"",
    "cut after one byte": lambda data: data[:1],
    "cut in half": lambda data: data[: len(data) // 2],
    "without its last byte": lambda data: data[:-1],
    "with an extra line end": lambda data: data + b"\n",
    "twice": lambda data: data + data,
    "with a byte-order mark": lambda data: b"\xef\xbb\xbf" + data,
    "with the line ends of Windows": lambda data: data.replace(b"\n", b"\r\n"),
    "with other spaces": lambda data: data.replace(b'": {', b'":{'),
    "null": lambda data: b"null",
    "a list": lambda data: b"[]",
    "zeros": lambda data: b"\0" * len(data),
    "with a conflict": lambda data: b"<<<<<<< HEAD\n" + data,
}
"""Damages that editors, disks and version control do to files."""


@each_file
def test_the_check_names_a_damaged_file(small: Path, name: str) -> None:
    """The test tries every damage on the file."""
    data = (small / name).read_bytes()
    unnoticed = []
    for damage, damaged in DAMAGES.items():
        (small / name).write_bytes(damaged(data))
        if not names_file(Store(small, ANTHROPIC).verify(), name):
            unnoticed.append(damage)
    assert [] == unnoticed


@pytest.mark.parametrize(
    "name",
    [
        *REFERRED_TO,
        "traces/other.json",
        "observations/other.json",
        "distributions/other.json",
        "cells/as-released-3.11.json",
        "controls.json",
    ],
)
def test_the_check_names_a_document_without_entries(small: Path, name: str) -> None:
    """The digest is right, but the store removes a file with its last entry, and some entries are referred to."""
    (small / name).write_bytes(render(Path(name), {}))
    assert names_file(Store(small, ANTHROPIC).verify(), name)


@pytest.mark.parametrize("name", EVIDENCE)
def test_the_check_names_a_missing_document(small: Path, name: str) -> None:
    """Another document refers to its entries."""
    (small / name).unlink()
    assert any(
        problem.startswith(f"{name}: ") and problem.endswith(" is missing, and another file refers to it")
        for problem in Store(small, ANTHROPIC).verify()
    )


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_result_with_a_broken_reference_is_corrupt(small: Path, name: str) -> None:
    """A merge of branches may leave a reference without its entry."""
    (small / name).unlink()
    with pytest.raises(StoreCorrupt):
        Store(small, ANTHROPIC).result(ONE)


def test_the_check_names_a_cell_of_an_unlisted_release(small: Path) -> None:
    """The catalogue lists the release of every cell."""
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
def test_the_check_names_a_foreign_file(small: Path, name: str) -> None:
    """The purpose of such a file is unknown."""
    (small / name).parent.mkdir(exist_ok=True)
    (small / name).write_bytes(b"hello")
    assert [f"{name}: is not a file of midstream's data."] == Store(small, ANTHROPIC).verify()


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
def test_the_check_names_a_copy_of_a_document(small: Path, name: str, copied: str) -> None:
    """The digest of a copy is right, but its name is wrong."""
    (small / name).parent.mkdir(exist_ok=True)
    shutil.copy(small / copied, small / name)
    assert names_file(Store(small, ANTHROPIC).verify(), name)


@pytest.mark.parametrize(
    ("kind", "entries"),
    [
        pytest.param("observations", {"x": {"seen": {"outcome": "splendid"}}}, id="an unknown value"),
        pytest.param("observations", {"x": {"seen": {"outcome": "raised", "hue": "red"}}}, id="an unknown field"),
        pytest.param(
            "observations", {"x": {"seen": {"outcome": "raised", "requests": "1"}}}, id="text in place of a number"
        ),
        pytest.param("observations", {"x": {"seen": {}}}, id="a missing field"),
        pytest.param("observations", {"x": {"outcome": "raised"}}, id="an observation of the first schema"),
        pytest.param("decisions", {"x": {"any-exception": 1}}, id="a number in place of text"),
        pytest.param("cells", {"one": {}}, id="an invalid version"),
        pytest.param("releases", {"1.0": {"version": "1.0", "uploaded": "yesterday"}}, id="an invalid time"),
    ],
)
def test_a_document_with_an_invalid_entry_is_corrupt(kind: str, entries: dict[str, Any]) -> None:
    """The reader checks entries even if the digest is right."""
    body = b",\n".join(encode(key) + b": " + encode(value) for key, value in sorted(entries.items()))
    path = next(Path(name) for name in FILES if documents.kind_of(Path(name)) == kind)
    with pytest.raises(StoreCorrupt, match="can't be read"):
        parse(path, documents.seal(path, body), Path())


def test_the_verify_command_names_the_damaged_file(small: Path) -> None:
    """The exit code is that of corrupt data."""
    data = bytearray((small / "behaviours.json").read_bytes())
    data[-10] ^= 1
    (small / "behaviours.json").write_bytes(data)
    done = run_command("--data", small, "verify")
    assert StoreCorrupt.exit_code == done.code
    assert "behaviours.json" in done.err


def test_the_verify_command_counts_cells_and_files(small: Path) -> None:
    """The store is valid, so the exit code is 0."""
    update_judgements(Store(small, ANTHROPIC))
    done = run_command("--data", small, "verify")
    assert 0 == done.code
    files = len([*FILES, "root.json"])
    assert f"{small} is valid: 3 cells, {files} files, 0.01 MB, every digest matches.\n" == done.out


# One writer at a time


def test_a_second_writer_fails_because_the_store_is_busy(small: Path) -> None:
    """The second writer changes nothing."""
    before = identities(small)
    with Store(small, ANTHROPIC).writing():
        with pytest.raises(StoreBusy, match="Another process is writing") as failure, Store(small, ANTHROPIC).writing():
            pytest.fail("two processes write at once")
        assert "Nothing was changed" in failure.value.hint
    assert before == identities(small)


def test_the_next_writer_may_write_after_a_failed_one(small: Path) -> None:
    """A failure releases the lock."""
    store = Store(small, ANTHROPIC)
    with pytest.raises(ZeroDivisionError), store.writing():
        raise ZeroDivisionError
    with Store(small, ANTHROPIC).writing():
        store.put(TWO, SECOND)
    assert SECOND == Store(small, ANTHROPIC).result(TWO)


def test_readers_need_no_lock(small: Path) -> None:
    """A site can be built while a sweep runs."""
    with Store(small, ANTHROPIC).writing():
        assert FIRST == Store(small, ANTHROPIC).result(ONE)


def test_a_killed_writer_releases_its_lock(small: Path) -> None:
    """The system releases the lock of a process that dies."""
    hold = (
        "import sys, pathlib; from matrix.store.store import Store; from matrix.targets import ANTHROPIC\n"
        f"with Store(pathlib.Path({str(small)!r}), ANTHROPIC).writing(): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert b"held\n" == other.stdout.readline()
        with pytest.raises(StoreBusy), Store(small, ANTHROPIC).writing():
            pytest.fail("two processes write at once")
        other.kill()
        other.wait()
    with Store(small, ANTHROPIC).writing():
        assert FIRST == Store(small, ANTHROPIC).result(ONE)


def test_a_writer_reads_the_results_of_another_process(small: Path) -> None:
    """Entries that were read before the lock was taken may be outdated."""
    reader = Store(small, ANTHROPIC)
    assert reader.result(TWO) is None
    put_all(small, [(TWO, SECOND)])
    with reader.writing():
        assert SECOND == reader.result(TWO)


@pytest.mark.parametrize("name", ["releases.json.new", "cells/today-3.11.json.new", "observations/never-seen.json.new"])
def test_the_next_writer_removes_temporary_files_of_a_killed_writer(small: Path, name: str) -> None:
    """It removes them before it writes, and changes no other file."""
    before = identities(small)
    (small / name).write_bytes(b"half of it")
    with Store(small, ANTHROPIC).writing():
        pass
    assert before == identities(small)


# A process may die at any moment


class Killed(BaseException):
    """A stand-in for a kill: no handler catches it, as none could."""


def sweep(folder: Path) -> None:
    """Change the small store as a run does: change a result, add one, replace the control, and prune."""
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases(RELEASES)
        store.put(ONE, SECOND)
        store.put(TWO, FIRST)
        store.put_control("patched-3.11", TWO, SECOND)
        store.put(OTHER_LANE, FIRST)
        store.put(ONE, NOT_INSTALLED)
        store.prune()


def is_killed_after(writes: int, folder: Path, monkeypatch: pytest.MonkeyPatch, *, after_rename: bool) -> bool:
    """Sweep, and be killed after so many writes; tell whether the kill came before the end of the sweep."""
    writes_left = writes
    write = write_atomically

    def write_or_die(target: Path, data: bytes) -> None:
        nonlocal writes_left
        if writes_left == 0:
            if not after_rename:
                target.with_name(target.name + ".new").write_bytes(data[: len(data) // 2])
            raise Killed
        writes_left -= 1
        write(target, data)

    with monkeypatch.context() as patch:
        patch.setattr("matrix.store.store.write_atomically", write_or_die)
        try:
            sweep(folder)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("after_rename", [True, False], ids=["between two writes", "in the middle of a write"])
def test_a_kill_at_any_write_leaves_a_store_that_can_be_read_and_completed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_rename: bool
) -> None:
    """Every reference has its entry, and the same sweep, repeated, gives the bytes of an uninterrupted sweep."""
    uninterrupted = tmp_path / "uninterrupted"
    fill(uninterrupted)
    sweep(uninterrupted)
    writes = 0
    while True:
        folder = tmp_path / f"killed-{writes}"
        fill(folder)
        if not is_killed_after(writes, folder, monkeypatch, after_rename=after_rename):
            break
        store = Store(folder, ANTHROPIC)
        for stored in store.cells().values():
            assert store.expand(stored).outcome is stored.outcome
        assert store.control("patched-3.11") in [(ONE, FIRST), (TWO, SECOND)]
        sweep(folder)
        assert snapshot(uninterrupted) == snapshot(folder)
        assert [] == Store(folder, ANTHROPIC).verify()
        writes += 1
    assert writes > 5


def test_a_killed_write_leaves_the_old_file(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store writes a temporary file, which replaces the old file in one step."""
    before = snapshot(small)

    def be_killed(_self: Path, _target: Path) -> None:
        raise Killed

    def write() -> None:
        store = Store(small, ANTHROPIC)
        with store.writing():
            store.put(TWO, SECOND)

    monkeypatch.setattr(Path, "replace", be_killed)
    with pytest.raises(Killed):
        write()
    files = snapshot(small)
    temporary_files = {name: files.pop(name) for name in list(files) if name.endswith(".new")}
    before.pop("root.json")  # removed before the first document changes
    assert before == files
    assert ["distributions/anthropic.json.new"] == list(temporary_files)
