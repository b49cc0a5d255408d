"""The conversation with a probe: whatever lines come, in whatever order, it ends, and each call is observed once."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from matrix.catalogue import suite
from matrix.harness import measure, player
from matrix.harness.conversation import (
    CannotImport,
    Conversation,
    DiedImporting,
    Effect,
    Finished,
    Forged,
    Greeted,
    Lost,
    Observed,
    ProbeEnd,
    parse_line,
)
from matrix.harness.jobs import make_jobs
from matrix.harness.player import ProbeRun, Settings
from matrix.model import Cell, Lane
from matrix.observation import Call, Outcome
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.hostile.wheels import releases
from tests.miniature.drive import PYTHON, Silent, cell
from tests.miniature.index import Index, release
from tests.miniature.releases import RELEASES, UPLOADED

HELLO: Final = {
    "hello": {"implementation": "cpython", "python": "3.11.7", "platform": "linux", "machine": "x", "distributions": {}}
}
IMPORTED: Final = {"imported": True}
BYE: Final = {"bye": True}
RAISED: Final = {"name": "E", "bases": [], "exported": False, "attributes": {}, "text": "no"}


def seen(call: Any, outcome: str = "completed") -> dict[str, Any]:
    """Return the line that reports a call."""
    return {"call": call, "seen": {"outcome": outcome}}


def converse(calls: int, *lines: object) -> tuple[Conversation, list[Effect]]:
    """Feed lines to a conversation, each as JSON, bytes as they are, and text as the end of the probe."""
    conversation = Conversation(calls)
    effects: list[Effect] = []
    for line in lines:
        data = line if isinstance(line, bytes) else json.dumps(line).encode()
        event = ProbeEnd(line) if isinstance(line, str) else parse_line(data) or ProbeEnd("wrote what nobody can read")
        conversation, more = conversation.advance(event)
        effects += more
    return conversation, effects


def test_honest_probe_is_heard_to_its_end() -> None:
    """Every call is observed, in order."""
    conversation, effects = converse(2, HELLO, IMPORTED, seen(0), seen(1, "raised"), BYE)
    assert conversation.has_ended
    assert [Greeted, Observed, Observed, Finished] == [type(effect) for effect in effects]
    assert [0, 1] == [effect.call for effect in effects if isinstance(effect, Observed)]


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        pytest.param([seen(0)], "an observation before the import", id="before the greeting"),
        pytest.param([HELLO, seen(0)], "an observation before the import", id="before the import"),
        pytest.param([HELLO, HELLO], "a second greeting", id="greets twice"),
        pytest.param([IMPORTED, HELLO], "a second greeting", id="greets late"),
        pytest.param([IMPORTED, IMPORTED], "a second import", id="imports twice"),
        pytest.param([IMPORTED, {"cannot_import": RAISED}], "a failure of an import that succeeded", id="fails late"),
        pytest.param([BYE], "a farewell before the last observation", id="leaves at once"),
        pytest.param([IMPORTED, BYE], "a farewell before the last observation", id="leaves before its calls"),
        pytest.param([IMPORTED, seen(1)], "an observation of another call", id="skips a call"),
        pytest.param([IMPORTED, seen(0), seen(0)], "an observation of another call", id="repeats a call"),
        pytest.param([IMPORTED, seen(-1)], "an observation of another call", id="a call before the first"),
        pytest.param([IMPORTED, seen(0), seen(1), seen(2)], "an observation after the last call", id="goes on"),
    ],
)
def test_line_at_the_wrong_point_costs_the_cell(lines: list[object], what: str) -> None:
    """No probe writes it there, so the release did."""
    conversation, effects = converse(2, *lines, *[seen(0)] * 3000)
    assert conversation.has_ended
    assert Forged(f"The interpreter wrote {what}, which no probe writes at that point.") == effects[-1]


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"bye": False},
        {"call": 0},
        {"seen": {"outcome": "completed"}},
        {"imported": True, "bye": True},
        {**BYE, **seen(0)},
        {**IMPORTED, "more": 1},
        seen("0"),
        seen(0.5),
        seen(0, "no-such-outcome"),
        *(seen(0, outcome) for outcome in ("not-run", "flaky", "harness-failed", "cannot-import", "cannot-install")),
        [],
        None,
        b"\xff\xfe",
        b"",
        b"[" * 100_000,
        b'{"call": ' + b"9" * 5000 + b', "seen": {"outcome": "completed"}}',
    ],
    ids=repr,
)
def test_line_that_no_probe_writes_at_any_point_costs_its_call(line: object) -> None:
    """An honest probe may write one for a strange exception, and the other calls are played all the same."""
    _, effects = converse(2, IMPORTED, seen(0), line)
    lost = Lost(1, Outcome.HARNESS_FAILED, "The interpreter wrote what nobody can read.")
    assert lost == effects[-1]
    _, effects = converse(2, line)
    assert DiedImporting("The interpreter wrote what nobody can read while it imported the SDK.") == effects[-1]


def test_reason_of_a_failed_import_is_bounded() -> None:
    """A megabyte of it would be in the data for ever."""
    _, [effect] = converse(1, {"cannot_import": {**RAISED, "text": "x" * 1_000_000}})
    assert isinstance(effect, CannotImport)
    assert len(effect.reason) == 20_000


def raising(**exception: Any) -> dict[str, Any]:
    """Return the line of a call that raised an exception with these attributes."""
    return {"call": 0, "seen": {"outcome": "raised", "exception": RAISED | exception}}


def nested(depth: int) -> Any:
    """Return a list in a list, and so on."""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("place", ["body", "message", "attributes"])
@pytest.mark.parametrize(("depth", "expected"), [(90, Observed), (110, Lost), (900, Lost)])
def test_exception_that_is_nested_too_deeply_costs_its_call(place: str, depth: int, expected: type[Effect]) -> None:
    """To write a deeper value exhausts the stack, which ended the run."""
    value = {"type": nested(depth)} if place == "attributes" else nested(depth)
    _, effects = converse(2, IMPORTED, raising(**{place: value}))
    assert [expected] == [type(effect) for effect in effects]


def test_observations_of_a_cell_are_bounded() -> None:
    """More of them would make the artifact of a shard too large to be merged."""
    calls = 40
    lines = [{**raising(text="x" * 1_000_000), "call": number} for number in range(calls)]
    conversation, effects = converse(calls, IMPORTED, *lines)
    assert conversation.has_ended
    assert Forged("The observations of this cell have more than 16,777,216 bytes.") == effects[-1]
    assert 17 == len(effects)


def test_a_line_cannot_say_how_long_it_is() -> None:
    """Its length is counted."""
    line = parse_line(json.dumps({**seen(0), "size": -(1 << 40)}).encode())
    assert line is not None
    assert 60 < line.size < 100


LINES: Final = st.one_of(
    st.sampled_from([HELLO, IMPORTED, BYE, {"cannot_import": RAISED}, {}, [], None]),
    st.builds(seen, st.integers(-2, 6), st.sampled_from([*Outcome, "no-such-outcome"])),
    st.dictionaries(st.sampled_from(["hello", "imported", "call", "seen", "bye", "x"]), st.integers() | st.booleans()),
).map(lambda line: json.dumps(line).encode()) | st.binary(max_size=40)
"""Lines of every kind: those of a probe, those of nobody, and bytes."""

TERMINAL: Final = (Lost, CannotImport, DiedImporting, Forged, Finished)


class AnyProbe(RuleBasedStateMachine):
    """A probe that writes whatever it likes, and mostly the next line of an honest one."""

    @initialize(calls=st.integers(1, 4))
    def start(self, calls: int) -> None:
        """Begin a conversation."""
        self.conversation = Conversation(calls)
        self.effects: list[Effect] = []
        self.events = 0

    def feed(self, data: bytes) -> None:
        """Feed a line."""
        had_ended = self.conversation.has_ended
        event = parse_line(data) or ProbeEnd("wrote a line that is no observation")
        self.conversation, effects = self.conversation.advance(event)
        assert not (had_ended and effects)
        self.events += not had_ended
        self.effects += effects

    @rule()
    def write_the_next_line(self) -> None:
        """Write what an honest probe would write."""
        conversation = self.conversation
        line: object = seen(conversation.current) if conversation.current < conversation.calls else BYE
        self.feed(json.dumps(line if conversation.is_calling else IMPORTED).encode())

    @rule(data=LINES)
    def write(self, data: bytes) -> None:
        """Write any line."""
        self.feed(data)

    @rule(times=st.integers(1, 50), data=LINES)
    def repeat(self, times: int, data: bytes) -> None:
        """Write a line again and again."""
        for _ in range(times):
            self.feed(data)

    @rule(how=st.sampled_from(["did not answer in time", "ended with exit code 3"]))
    def end(self, how: str) -> None:
        """Hang, or die."""
        self.conversation, effects = self.conversation.advance(ProbeEnd(how))
        self.effects += effects
        assert self.conversation.has_ended

    @invariant()
    def each_call_is_reported_once_and_in_order(self) -> None:
        """A call that does not exist is never reported."""
        if hasattr(self, "effects"):
            calls = [effect.call for effect in self.effects if isinstance(effect, Observed | Lost)]
            assert list(range(len(calls))) == calls
            assert len(calls) <= self.conversation.calls
            assert sum(isinstance(effect, TERMINAL) for effect in self.effects) <= 1

    @invariant()
    def it_ends(self) -> None:
        """After as many lines as there are calls and three more."""
        if hasattr(self, "effects"):
            assert self.events <= self.conversation.calls + 3


TestAnyProbe = AnyProbe.TestCase
TestAnyProbe.settings = settings(max_examples=300, stateful_step_count=12, deadline=None)  # 7 steps end the longest


# In a cell.

PART: Final = suite.SuitePart(
    ("clean", "http-overloaded_error", "unknown", "mid-overloaded_error"), ("messages.create",)
)
"""A part of the suite with few calls: each call of a release that writes anything but text costs a probe."""


@pytest.fixture
def writes(tmp_path: Path, play: Callable[..., ProbeRun]) -> Callable[..., ProbeRun]:
    """Play calls to a probe that imports nothing, and runs some source."""

    def run(source: str, calls: list[Call]) -> ProbeRun:
        probe = tmp_path / "probe"
        probe.mkdir()
        (probe / "__main__.py").write_text(f"import time\nprint('{{\"imported\": true}}', flush=True)\n{source}\n")
        return play("raises_200", calls, Settings(deadline=0.2, probe=probe))

    return run


def test_probe_that_never_ends_is_ended(writes: Callable[..., ProbeRun], monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell has a limit of its own: calls that hang one after the other would take half an hour."""
    monkeypatch.setattr(player, "_CELL_TIME", 1.0)
    monkeypatch.setattr(player, "_GRACE", 5.0)
    played = writes("time.sleep(3600)", [Call("messages.create", "clean")])
    assert ({}, "") == (played.behaviour, played.cannot_import)
    assert player.CellFailure(Outcome.TIMED_OUT, "The calls did not end within 1 seconds.") == played.failure


def test_farewell_for_ever_ends_the_cell(writes: Callable[..., ProbeRun]) -> None:
    """It is no reason to start the probe again and again."""
    played = writes("print('{\"bye\": true}', flush=True)", [Call("messages.create", "clean")])
    assert played.failure is not None
    assert (Outcome.HARNESS_FAILED, {}) == (played.failure.outcome, played.behaviour)
    assert "a farewell before the last observation" in played.failure.reason


def test_empty_object_each_second_is_no_sign_of_life(writes: Callable[..., ProbeRun]) -> None:
    """The first of them costs the call."""
    call = Call("messages.create", "clean")
    played = writes("while True:\n    print('{}', flush=True)\n    time.sleep(0.1)", [call])
    assert "The interpreter wrote a line that is no observation." == played.behaviour[call].detail


@pytest.mark.usefixtures("own_cache")
def test_releases_that_write_lines_stop_no_other(
    own_index: Index, catalogue: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is recorded with an outcome, in one run, and its neighbour as if it were alone."""
    monkeypatch.setattr(player, "_GRACE", 1.0)
    monkeypatch.setattr(suite, "WHOLE", PART)
    hostile = [each for each in releases("/nowhere", 9) if each.attack.startswith(("writes 3", "writes lines", "says"))]
    store = catalogue("raises_documented", "raises_200")
    listed = store.releases()
    for number, each in enumerate(hostile):
        uploaded = min(UPLOADED.values()) - dt.timedelta(days=number + 1)
        own_index.add_file(each.miniature, each.wheel(), uploaded)
        monkeypatch.setitem(UPLOADED, each.miniature, uploaded)
        listed[each.miniature.version] = release(each.miniature)
    store.put_releases(listed)
    cells = [*(Cell(each.miniature.version, Lane.TODAY, PYTHON) for each in hostile), cell("raises_documented")]
    options = measure.Options(index=own_index.address, workers=2)
    summary = measure.run(store, make_jobs(cells, store), options, Silent())
    assert (len(cells), ()) == (summary.measured, summary.failures)
    outcomes = {each.attack: stored.outcome for each in hostile if (stored := store.cells().get(Cell(
        each.miniature.version, Lane.TODAY, PYTHON)))}  # fmt: skip
    assert {
        "writes 3,000 lines of observations": Outcome.HARNESS_FAILED,
        "says goodbye before each call": Outcome.HARNESS_FAILED,
        "writes lines that are not text": Outcome.COMPLETED,
    } == outcomes
    neighbour = store.result(cell("raises_documented"))
    assert neighbour is not None
    assert {Outcome.RAISED, Outcome.COMPLETED} <= {each.outcome for each in neighbour.behaviour.values()}
    assert RELEASES["raises_documented"].version in store.releases()
    assert set(ANTHROPIC.suite.calls(suite.WHOLE)) == set(neighbour.behaviour)
