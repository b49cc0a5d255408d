"""The whole pipeline on miniature releases, offline: index, lock, environment, probe, store, verdict.

One run over all of them is made once and read by most tests; what changes data does so in a copy.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix import controls, sweep, workspace
from matrix.errors import ControlFailure, ToolFailure
from matrix.model import Behaviour, Call, Lane, Observation, Outcome, Result
from matrix.scenarios import CATALOGUE
from matrix.scenarios.error_types import DOCUMENTED_STATUS
from matrix.scenarios.steps import Family
from matrix.store import Store
from matrix.suite import calls
from matrix.verdict import Check, Kind, Verdict, Yardstick, judge_all, judge_call
from tests.miniature import drive
from tests.miniature.drive import PYTHON, Silent, cell, snapshot
from tests.miniature.index import Index, wheel
from tests.miniature.releases import LEAF, NEWER_LEAF, NEWEST_LEAF, RELEASES, Miniature, version

Catalogue = Callable[..., Store]

CREATE = ("messages.create", "messages.create-async")
"""What every miniature with a client has."""

OVERLOADED = Call("messages.create", "mid-overloaded_error")


def result(store: Store, behaviour: str, lane: Lane = Lane.TODAY) -> Result:
    """What is recorded of a miniature."""
    found = store.result(cell(behaviour, lane))
    assert found is not None
    return found


def kinds(behaviour: Behaviour, family: Family, yardstick: Yardstick = Yardstick.DOCUMENTED) -> set[Kind]:
    """Every kind of verdict in a family of scenarios, on the surfaces that all miniatures have."""
    return {
        verdict.kind
        for call, verdict in judge_all(behaviour, yardstick).items()
        if CATALOGUE[call.scenario].family is family and call.surface in CREATE
    }


def options(index: Index) -> sweep.Options:
    """How the tests run: two cells at a time."""
    return sweep.Options(index=index.address, workers=2)


# What a run records.


def test_data_holds(measured: Store) -> None:
    """What a run wrote is canonical, complete, and nothing more."""
    assert [] == measured.verify()


@pytest.mark.parametrize("lane", Lane)
def test_raises_documented(measured: Store, lane: Lane) -> None:
    """A release that maps errors inside a stream is right by the documented yardstick, and not by the other."""
    behaviour = result(measured, "raises_documented", lane).behaviour
    assert {Kind.RIGHT} == kinds(behaviour, Family.CONTROL)
    assert {Kind.RIGHT} == kinds(behaviour, Family.ERROR_EVENT)
    expected = Verdict(Kind.WRONG, (Check("status_code", "200", "529"), Check("type", *["overloaded_error"] * 2)))
    assert expected == judge_call(behaviour, OVERLOADED, Yardstick.MAINTAINERS)


def test_raises_200(measured: Store) -> None:
    """A release that leaves the status at 200 is wrong by the documented yardstick, and right by the other."""
    behaviour = result(measured, "raises_200").behaviour
    assert {Kind.RIGHT} == kinds(behaviour, Family.CONTROL)
    assert {Kind.RIGHT} == kinds(behaviour, Family.ERROR_EVENT, Yardstick.MAINTAINERS)
    checks = (Check("status_code", "529", "200"), Check("class", "OverloadedError", "APIStatusError"))
    assert Verdict(Kind.WRONG, checks) == judge_call(behaviour, OVERLOADED, Yardstick.DOCUMENTED)


@pytest.mark.parametrize("yardstick", Yardstick)
def test_swallows_errors(measured: Store, yardstick: Yardstick) -> None:
    """An error that ends a stream as if it were complete is silent, whoever judges."""
    assert {Kind.SILENT} == kinds(result(measured, "swallows_errors").behaviour, Family.ERROR_EVENT, yardstick)


def test_flaky_is_no_verdict(measured: Store) -> None:
    """What is not the same each time is counted, and judged as nothing else."""
    behaviour = result(measured, "hangs_once").behaviour
    assert {"timed-out": 1, "raised": 2} == behaviour[OVERLOADED].counts
    assert Verdict(Kind.FLAKY) == judge_call(behaviour, OVERLOADED, Yardstick.DOCUMENTED)
    flaky = [call for call, observation in behaviour.items() if observation.outcome is Outcome.FLAKY]
    assert [OVERLOADED] == flaky


def test_crash_is_no_verdict(measured: Store) -> None:
    """A crash is recorded as one, judged as nothing, and costs no other call its observation."""
    behaviour = result(measured, "crashes_in_call").behaviour
    crashed = {call for call, seen in behaviour.items() if seen.outcome is Outcome.HARNESS_FAILED}
    expected = {Call(surface, f"first-{kind}") for surface in CREATE for kind in ("api_error", "overloaded_error")}
    assert expected == crashed
    assert {Kind.UNKNOWN} == {judge_call(behaviour, call, Yardstick.DOCUMENTED).kind for call in crashed}
    assert set(calls()) == behaviour.keys()


@pytest.mark.parametrize(
    ("behaviour", "outcome", "reason"),
    [
        ("crashes_on_import", Outcome.CANNOT_IMPORT, "builtins.RuntimeError: no such thing as a good import"),
        (
            "needs_an_sdist",
            Outcome.CANNOT_INSTALL,
            "Because only-sdist==1.0 has no usable wheels and only only-sdist==1.0 is available",
        ),
        ("needs_a_newer_python", Outcome.CANNOT_INSTALL, "Because the current Python version"),
    ],
)
def test_unplayable(measured: Store, behaviour: str, outcome: Outcome, reason: str) -> None:
    """A release that can't be played is a recorded outcome with the reason, in the words of whoever refused."""
    found = result(measured, behaviour)
    assert (outcome, reason, {}) == (found.outcome, found.reason[: len(reason)], found.behaviour)


def test_unsatisfied_python_names_it(measured: Store) -> None:
    """The resolver's reason says which Python is wanted."""
    assert "Python>=3.99" in result(measured, "needs_a_newer_python").reason


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [("needs_nothing", Outcome.UNSUPPORTED), ("cannot_construct", Outcome.CANNOT_CONSTRUCT)],
)
def test_without_a_client(measured: Store, behaviour: str, outcome: Outcome) -> None:
    """Without a client there is nothing to judge, and that is neither right nor wrong."""
    observations = result(measured, behaviour).behaviour
    old = {surface for surface in {call.surface for call in observations} if surface.startswith("completion_")}
    seen = {observation.outcome for call, observation in observations.items() if call.surface not in old}
    assert {outcome} == seen
    assert {Kind.UNAVAILABLE} == kinds(observations, Family.ERROR_EVENT)


def test_release_that_asks_for_nothing(measured: Store) -> None:
    """A release whose calls fail before any request is an observation, and no failure of the harness."""
    behaviour = result(measured, "fails_before_asking").behaviour
    seen = {(found.outcome, found.requests) for call, found in behaviour.items() if call.surface in CREATE}
    assert {(Outcome.RAISED, 0)} == seen


def test_noise_is_not_recorded(measured: Store) -> None:
    """Prints, threads and child processes leave no trace in the data: such releases behave like any other."""
    plain = result(measured, "raises_200").behaviour
    assert plain == result(measured, "prints").behaviour
    assert plain == result(measured, "leaves_things_behind").behaviour


@pytest.mark.parametrize(("lane", "leaf"), [(Lane.AS_RELEASED, LEAF), (Lane.TODAY, NEWER_LEAF)])
def test_locks(measured: Store, lane: Lane, leaf: Miniature) -> None:
    """A lock is what was there when the release was uploaded, or what is there today, with the hash of each wheel."""
    lock = result(measured, "raises_documented", lane).lock
    wheels = {"anthropic==1.0.0": RELEASES["raises_documented"], f"leaf=={leaf.version}": leaf}
    hashes = {pin: (hashlib.sha256(wheel(miniature)).hexdigest(),) for pin, miniature in wheels.items()}
    assert lock is not None
    assert (tuple(wheels), hashes) == (lock.pins, lock.hashes)


def test_control_is_recorded(measured: Store) -> None:
    """The control is the newest final release, patched, and right where the release itself is wrong."""
    found = measured.control(controls.name(PYTHON))
    assert found is not None
    assert cell("raises_200") == found[0]
    assert {Kind.RIGHT} == kinds(found[1].behaviour, Family.ERROR_EVENT)
    exception = found[1].behaviour[OVERLOADED].exception
    assert exception is not None
    assert DOCUMENTED_STATUS["overloaded_error"] == exception.attributes["status_code"]


def test_workspace_is_gone(measured: Store, shared: Path) -> None:
    """A run removes the environments that it made."""
    assert [] == list((shared / "cache" / "midstream" / "cells").iterdir())


# Measured again.


def test_forced_run_changes_no_byte(own_cache: Path, known: Store, index: Index) -> None:
    """Equal behaviour has equal bytes."""
    before = snapshot(known.folder)
    cells = [cell("raises_documented"), cell("crashes_on_import"), cell("needs_an_sdist")]
    summary = sweep.run(known, sweep.jobs_for(cells, known), options(index), Silent())
    assert sweep.Summary(measured=3, changed=0, failures=()) == summary
    assert before == snapshot(known.folder)


def test_drift(own_cache: Path, known: Store, own_index: Index) -> None:
    """Of the cells in the `today` lane, those drifted that a dependency released since gives another lock."""
    cells = [cell("raises_documented", Lane.AS_RELEASED), cell("raises_documented"), cell("swallows_errors")]
    assert [] == sweep.drifted(known, cells, options(own_index), Silent())
    own_index.add(NEWEST_LEAF)
    drifted = sweep.drifted(known, cells, options(own_index), Silent())
    locks = [job.lock.pins for job in drifted if job.lock]
    assert ([cell("raises_documented")], [("anthropic==1.0.0", "leaf==3.0")]) == ([job.cell for job in drifted], locks)


def test_reproduce_with_its_lock(own_cache: Path, measured: Store, own_index: Index) -> None:
    """A cell and the control, measured again from their locks, are what is recorded, whatever was released since."""
    own_index.add(NEWEST_LEAF)
    compared = sweep.reproduce(measured, [cell("raises_documented")], options(own_index), Silent())
    told = [(comparison.cell, comparison.agrees, comparison.differences) for comparison in compared]
    assert [(cell("raises_200"), True, []), (cell("raises_documented"), True, [])] == told


# Controls.


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        ("crashes_on_import", "no such thing as a good import"),
        ("needs_an_sdist", "has no usable wheels"),
        ("needs_nothing", "KeyError: 'Anthropic'"),
    ],
)
def test_control_without_an_answer(
    own_cache: Path, index: Index, catalogue: Catalogue, behaviour: str, why: str
) -> None:
    """A newest release that can't be played is no control, and the failure says why."""
    store = catalogue("raises_documented", behaviour)
    with pytest.raises(ControlFailure, match=why):
        sweep.run(store, sweep.jobs_for([cell("raises_documented")], store), options(index), Silent())
    assert {} == store.cells()


def test_patch_stays_in_its_cell(own_cache: Path, index: Index, catalogue: Catalogue, tmp_path: Path) -> None:
    """Cells are hard links into uv's cache; the patch changes the link and never the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
        store = catalogue("needs_nothing", "raises_200")
        sweep.run(store, sweep.jobs_for([cell("needs_nothing")], store), options(index), Silent())
        program = drive.install(index, "raises_200", tmp_path / "cell")
    entries = list((tmp_path / "uv").rglob("anthropic/__init__.py"))
    assert [False, False] == ["patch" in entry.read_text(encoding="utf-8") for entry in entries]
    assert [] == list((tmp_path / "uv").rglob("_midstream_patch*"))
    installed = next(program.parent.parent.rglob("anthropic/__init__.py"))
    assert installed.stat().st_ino in {entry.stat().st_ino for entry in entries}


def test_unknown_scenario_in_every_cell(measured: Store) -> None:
    """No cell claims to have seen the scenario that does not exist."""
    for found, stored in measured.cells().items():
        behaviour = measured.expand(stored).behaviour
        controls.check_unknown(found, behaviour)
        asked = [seen for call, seen in behaviour.items() if call.scenario == "unknown" and seen.requests]
        assert {seen.outcome for seen in asked} <= {Outcome.UNSUPPORTED}


@pytest.mark.parametrize("outcome", [Outcome.RAISED, Outcome.COMPLETED])
def test_unknown_scenario_seen(outcome: Outcome) -> None:
    """A cell that reports anything of a scenario that was played for nobody ends the run."""
    behaviour = {Call("messages.create", "unknown"): Observation(outcome=outcome, requests=1)}
    with pytest.raises(ControlFailure, match=f"reports {outcome} for a scenario that does not exist"):
        controls.check_unknown(cell("raises_200"), behaviour)


def test_request_of_nobody(own_cache: Path, index: Index, catalogue: Catalogue) -> None:
    """A release that drops the path of its base URL plays nothing that was asked for, which ends the run."""
    store = catalogue("drops_the_path", "raises_200")
    with pytest.raises(ControlFailure, match=r"8\.0\.0 today .* belongs to no call"):
        sweep.run(store, sweep.jobs_for([cell("drops_the_path")], store), options(index), Silent())
    assert {} == store.cells()


# What is not the release's fault.


@pytest.fixture
def forged(own_index: Index, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An index on which one wheel is not the one that it was, and a uv that has never seen either."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    other = Miniature(version("swallows_errors"), "import forged\n")
    own_index.file(RELEASES["swallows_errors"]).write_bytes(wheel(other))
    return own_index


def test_wheel_with_other_bytes(known: Store, forged: Index) -> None:
    """A wheel that is not the one in the lock is refused, which costs that release its measurement and no other."""
    before = snapshot(known.folder)
    progress = Silent()
    cells = [cell("swallows_errors"), cell("raises_documented")]
    summary = sweep.run(known, sweep.jobs_for(cells, known), options(forged), progress)
    assert (1, 1) == (summary.measured, len(summary.failures))
    assert [cell("raises_documented")] == progress.finished_cells
    assert before == snapshot(known.folder)


def test_wheel_with_other_bytes_is_named(known: Store, forged: Index) -> None:
    """The failure says that a hash does not match, not only which one was found."""
    with pytest.raises(ToolFailure) as failure:
        sweep.look(sweep.jobs_for([cell("swallows_errors")], known), [OVERLOADED], options(forged), Silent())
    assert "Hash mismatch" in str(failure.value)


def test_index_that_fails(own_cache: Path, known: Store) -> None:
    """Three failures of the index in a row end a run, which does not try the other releases in vain."""
    cells = [cell(behaviour, Lane.AS_RELEASED) for behaviour in RELEASES if behaviour != "raises_documented"]
    progress = Silent()
    nowhere = sweep.Options(index="http://127.0.0.1:9/simple", workers=1)
    with pytest.raises(ToolFailure, match=r"could not resolve anthropic"):
        sweep.look(sweep.jobs_for(cells, known), [OVERLOADED], nowhere, progress)
    assert 3 == len(progress.failures)


def test_look_records_nothing(own_cache: Path, index: Index, known: Store) -> None:
    """A part of the suite is shown and never recorded."""
    before = snapshot(known.folder)
    cells = [cell("raises_200"), cell("crashes_on_import")]
    seen = dict(sweep.look(sweep.jobs_for(cells, known), [OVERLOADED], options(index), Silent()))
    assert set(cells) == seen.keys()
    assert {OVERLOADED: result(known, "raises_200").behaviour[OVERLOADED]} == seen[cells[0]].behaviour
    assert before == snapshot(known.folder)


def test_abandoned_workspace(own_cache: Path) -> None:
    """A workspace removes what a killed run left, and spares what a living one holds."""
    with workspace.workspace() as held:
        abandoned = held.with_name("abandoned")
        (abandoned / "home").mkdir(parents=True)
        (abandoned / "home").chmod(0)
        abandoned.with_suffix(".lock").touch()
        with workspace.workspace() as folder:
            assert {held.name, folder.name} == {path.name for path in held.parent.iterdir() if path.is_dir()}
    assert [] == list(held.parent.iterdir())
