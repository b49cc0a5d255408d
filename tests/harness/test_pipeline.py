"""The whole pipeline on miniature releases, offline: index, lock, environment, probe, store, verdict.

One run over all of them is made once and read by most tests; what changes data does so in a copy.
"""

import asyncio
import datetime as dt
import hashlib
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from matrix.catalogue import suite
from matrix.catalogue.error_types import DOCUMENTED_STATUS
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import Family
from matrix.catalogue.suite import SuitePart
from matrix.errors import ControlFailure, MatrixError, ToolFailure
from matrix.harness import controls, measure
from matrix.harness.jobs import make_jobs
from matrix.harness.player import ProbeRun, Settings
from matrix.harness.runner import Job, Runner
from matrix.harness.uv import Uv
from matrix.model import Cell, Lane, Lock
from matrix.observation import Behaviour, Call, Observation, Outcome, Provenance, Result
from matrix.service import planner
from matrix.store.documents import control_name
from matrix.store.store import Store
from matrix.system import workspace
from matrix.system.aio import first_failure
from matrix.targets import ANTHROPIC
from matrix.verdicts.verdict import Check, Verdict, VerdictKind, Yardstick, judge_all, judge_call
from tests.miniature import drive
from tests.miniature.drive import PART, PYTHON, Silent, cell, lock_of, snapshot
from tests.miniature.index import Index, release, wheel
from tests.miniature.releases import (
    LEAF,
    NEWER_LEAF,
    NEWER_TWIG,
    NEWEST_LEAF,
    ONLY_SDIST,
    RELEASES,
    TWIG,
    Miniature,
    version,
)

Catalogue = Callable[..., Store]

CREATE = ("messages.create", "messages.create-async")
"""What every miniature with a client has."""

OVERLOADED = Call("messages.create", "mid-overloaded_error")
ONE_CALL = SuitePart((OVERLOADED.scenario,), (OVERLOADED.surface,))


def result(store: Store, behaviour: str, lane: Lane = Lane.TODAY) -> Result:
    """What is recorded of a miniature."""
    found = store.result(cell(behaviour, lane))
    assert found is not None
    return found


def kinds(behaviour: Behaviour, family: Family, yardstick: Yardstick = Yardstick.DOCUMENTED) -> set[VerdictKind]:
    """Every kind of verdict in a family of scenarios, on the surfaces that all miniatures have."""
    return {
        verdict.kind
        for call, verdict in judge_all(ANTHROPIC, behaviour, yardstick).items()
        if CATALOGUE[call.scenario].family is family and call.surface in CREATE
    }


def options(index: Index) -> measure.Options:
    """How the tests run: two cells at a time."""
    return measure.Options(index=index.address, workers=2)


# What a run records.


def test_data_holds(measured: Store) -> None:
    """What a run wrote is canonical, complete, and nothing more."""
    assert [] == measured.verify()


@pytest.mark.parametrize("lane", Lane)
def test_raises_documented(measured: Store, lane: Lane) -> None:
    """A release that maps errors inside a stream is right by the documented yardstick, and not by the other."""
    behaviour = result(measured, "raises_documented", lane).behaviour
    assert {VerdictKind.RIGHT} == kinds(behaviour, Family.CONTROL)
    assert {VerdictKind.RIGHT} == kinds(behaviour, Family.ERROR_EVENT)
    expected = Verdict(
        VerdictKind.WRONG, (Check("status_code", "200", "529"), Check("type", *["overloaded_error"] * 2))
    )
    assert expected == judge_call(ANTHROPIC, behaviour, OVERLOADED, Yardstick.MAINTAINERS)


def test_raises_200(measured: Store) -> None:
    """A release that leaves the status at 200 is wrong by the documented yardstick, and right by the other."""
    behaviour = result(measured, "raises_200").behaviour
    assert {VerdictKind.RIGHT} == kinds(behaviour, Family.CONTROL)
    assert {VerdictKind.RIGHT} == kinds(behaviour, Family.ERROR_EVENT, Yardstick.MAINTAINERS)
    checks = (Check("status_code", "529", "200"), Check("class", "OverloadedError", "APIStatusError"))
    assert Verdict(VerdictKind.WRONG, checks) == judge_call(ANTHROPIC, behaviour, OVERLOADED, Yardstick.DOCUMENTED)


@pytest.mark.parametrize("yardstick", Yardstick)
def test_swallows_errors(measured: Store, yardstick: Yardstick) -> None:
    """An error that ends a stream as if it were complete is silent, whoever judges."""
    assert {VerdictKind.SILENT} == kinds(result(measured, "swallows_errors").behaviour, Family.ERROR_EVENT, yardstick)


def test_flaky_is_no_verdict(measured: Store) -> None:
    """What is not the same each time is counted, and judged as nothing else."""
    behaviour = result(measured, "hangs_once").behaviour
    assert {"timed-out": 1, "raised": 2} == behaviour[OVERLOADED].counts
    assert Verdict(VerdictKind.FLAKY) == judge_call(ANTHROPIC, behaviour, OVERLOADED, Yardstick.DOCUMENTED)
    flaky = [call for call, observation in behaviour.items() if observation.outcome is Outcome.FLAKY]
    assert [OVERLOADED] == flaky


def test_crash_is_no_verdict(measured: Store) -> None:
    """A crash is recorded as one, judged as nothing, and costs no other call its observation."""
    behaviour = result(measured, "crashes_in_call").behaviour
    crashed = {call for call, seen in behaviour.items() if seen.outcome is Outcome.HARNESS_FAILED}
    expected = {Call(surface, f"first-{kind}") for surface in CREATE for kind in ("api_error", "overloaded_error")}
    assert expected == crashed
    assert {VerdictKind.UNKNOWN} == {
        judge_call(ANTHROPIC, behaviour, call, Yardstick.DOCUMENTED).kind for call in crashed
    }
    assert set(ANTHROPIC.suite.calls(PART)) == behaviour.keys()


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
    assert {VerdictKind.UNAVAILABLE} == kinds(observations, Family.ERROR_EVENT)


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
    found = measured.control(control_name(PYTHON))
    assert found is not None
    assert cell("raises_200") == found[0]
    assert {VerdictKind.RIGHT} == kinds(found[1].behaviour, Family.ERROR_EVENT)
    exception = found[1].behaviour[OVERLOADED].exception
    assert exception is not None
    assert DOCUMENTED_STATUS["overloaded_error"] == exception.attributes["status_code"]


def test_workspace_is_gone(measured: Store, shared: Path) -> None:
    """A run removes the environments that it made."""
    assert [] == list((shared / "cache" / "midstream" / "cells").iterdir())


def test_the_suite_is_played_whole_unless_a_part_is_asked_for() -> None:
    """The tests play a part of it, and nobody else does."""
    assert (ANTHROPIC.suite.calls(), ANTHROPIC.suite.calls(extra="aiohttp")) == (
        ANTHROPIC.suite.calls(suite.WHOLE),
        ANTHROPIC.suite.calls(suite.WHOLE, "aiohttp"),
    )


def test_handlers_and_the_remedy_are_recorded(measured: Store) -> None:
    """Every handler's decision, for every call that gave its caller events or an exception, and for no other."""
    every = {path.stem for path in (ANTHROPIC.probe / "handlers").glob("*.py")}
    for behaviour in ("raises_200", "raises_documented", "swallows_errors", "has_a_helper"):
        for call, seen in result(measured, behaviour).behaviour.items():
            gives_nothing = seen.outcome is Outcome.COMPLETED and call.surface == "messages.stream.text_stream"
            is_asked = seen.outcome in (Outcome.RAISED, Outcome.COMPLETED) and not gives_nothing
            assert (every if is_asked else set()) == seen.handlers.keys(), call
            assert is_asked == (seen.remedy is not None), call


# Extras.


def calls_of(found: Result) -> tuple[Call, ...]:
    """The calls that were made, in the order of the suite."""
    return tuple(
        call
        for extra in ("", *ANTHROPIC.suite.extras)
        for call in ANTHROPIC.suite.calls(extra=extra)
        if call in found.behaviour
    )


def extras_of(store: Store) -> set[Cell]:
    """The cells with an extra."""
    return {found for found in store.cells() if found.extra}


@pytest.mark.parametrize(("lane", "twig"), [(Lane.AS_RELEASED, TWIG), (Lane.TODAY, NEWER_TWIG)])
def test_extra_has_a_cell_of_its_own(measured: Store, lane: Lane, twig: Miniature) -> None:
    """A release that offers an extra which has surfaces is played once more with it, and they are all that is."""
    plain = result(measured, "offers_aiohttp", lane)
    found = measured.result(cell("offers_aiohttp", lane, "aiohttp"))
    assert found is not None
    assert found.lock is not None
    assert (("aiohttp",), ("aiohttp",)) == (plain.extras, found.extras)
    assert ("anthropic==7.8.0", f"twig=={twig.version}") == found.lock.pins
    assert (ANTHROPIC.suite.calls(PART), ANTHROPIC.suite.calls(PART, "aiohttp")) == (calls_of(plain), calls_of(found))
    seen = found.behaviour[Call("aiohttp.messages.create-async", "mid-overloaded_error")].exception
    assert seen is not None
    assert "anthropic._sdk.APIStatusError" == seen.name


def test_extra_that_is_not_offered(measured: Store) -> None:
    """Of all other releases there is no cell with it."""
    expected = {cell("offers_aiohttp", lane, "aiohttp") for lane in Lane}
    assert expected == extras_of(measured)


def test_extras_are_measured_in_the_same_run(own_cache: Path, index: Index, catalogue: Catalogue) -> None:
    """What a release offers is known once it has been measured; the cells with it follow, and are announced."""
    store = catalogue("offers_aiohttp", "raises_200")
    progress = Silent()
    cells = [cell("raises_200"), *(cell("offers_aiohttp", lane) for lane in Lane)]
    with_extra = [cell("offers_aiohttp", lane, "aiohttp") for lane in Lane]
    summary = measure.run(store, make_jobs(cells, store), options(index), progress)
    assert measure.RunSummary(measured=5, changed=5, failures=()) == summary
    assert ([1, 1], {*cells, *with_extra}) == (progress.announced, set(progress.finished_cells))
    assert with_extra == sorted(progress.finished_cells[-2:])
    assert [] == Store(store.folder, ANTHROPIC).verify()


def test_extras_that_are_known_are_not_measured_again(own_cache: Path, index: Index, known: Store) -> None:
    """Measuring a release again without its extra leaves alone what is known of it with the extra."""
    progress = Silent()
    before = snapshot(known.folder)
    jobs = make_jobs([cell("offers_aiohttp")], known)
    assert measure.RunSummary(measured=1, changed=0, failures=()) == measure.run(known, jobs, options(index), progress)
    assert ([], [cell("offers_aiohttp")]) == (progress.announced, progress.finished_cells)
    assert before == snapshot(known.folder)


def test_extra_that_failed_is_not_tried_again(
    own_cache: Path, index: Index, known: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell with an extra that was asked for, and could not be measured, is not one that is found to be missing."""
    create = Uv.create

    async def fail(self: Uv, folder: Path, python: Path, lock: Lock, what: str) -> Path:
        if len(lock.pins) > 1:
            raise ToolFailure("no room")
        return await create(self, folder, python, lock, what)

    cells = [cell("offers_aiohttp"), cell("offers_aiohttp", extra="aiohttp")]
    for each in cells:
        found = known.result(each)
        assert found is not None
        known.put(each, msgspec.structs.replace(found, suite="of another time"))
    monkeypatch.setattr(Uv, "create", fail)
    summary = measure.run(known, make_jobs(cells, known), options(index), Silent())
    assert (1, ["no room"]) == (summary.measured, [str(failure) for failure in summary.failures])


# Two cells with one lock.


@pytest.fixture
def created(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pins of every environment that is made."""
    made: list[str] = []
    create = Uv.create

    async def note(self: Uv, folder: Path, python: Path, lock: Lock, what: str) -> Path:
        made.append(" ".join(lock.pins))
        return await create(self, folder, python, lock, what)

    monkeypatch.setattr(Uv, "create", note)
    return made


def test_one_lock_is_one_environment(own_cache: Path, index: Index, catalogue: Catalogue, created: list[str]) -> None:
    """A release whose lanes have one lock is installed and played once, and recorded for both."""
    store = catalogue("swallows_errors", "raises_200")
    cells = [cell("swallows_errors", lane) for lane in Lane]
    summary = measure.run(store, make_jobs(cells, store), options(index), Silent())
    assert 2 == summary.measured
    assert ["anthropic==2.0.0", "anthropic==9.0.0"] == sorted(created)  # the other is the control
    assert set(ANTHROPIC.suite.calls(PART)) == result(store, "swallows_errors").behaviour.keys()
    assert result(store, "swallows_errors") == result(store, "swallows_errors", Lane.AS_RELEASED)


def test_kept_environments_are_each_made(
    own_cache: Path, index: Index, known: Store, created: list[str], tmp_path: Path
) -> None:
    """Who asks for the environments of two cells gets two."""
    jobs = make_jobs([cell("swallows_errors", lane) for lane in Lane], known)
    how = measure.Options(index=index.address, workers=2, keep=tmp_path / "kept")
    measure.measure_part(ANTHROPIC, jobs, ONE_CALL, how, Silent())
    assert ["anthropic==2.0.0"] * 2 == created
    kept = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert [f"{version('swallows_errors')}-{lane}-{PYTHON}" for lane in Lane] == kept


class Pretending(Runner):
    """A runner that makes no environment: its cells take a moment, and those that are to fail, fail.

    Args:
        failures: What the first cells that are played come to.
    """

    def __init__(self, tmp_path: Path, progress: Silent, *failures: Exception) -> None:
        super().__init__(ANTHROPIC, Uv(), tmp_path, progress, part=ONE_CALL, settings=Settings())
        self.failures = [*failures]
        self.cells: list[Cell] = []

    async def play(self, job: Job, lock: Lock) -> ProbeRun:
        """As it is, without an environment."""
        self.cells.append(job.cell)
        await asyncio.sleep(0.01)
        if self.failures:
            raise self.failures.pop(0)
        return ProbeRun(None, {})

    def make_result(self, job: Job, lock: Lock, played: ProbeRun) -> Result:
        """The same for all."""
        return NOTHING

    def go(
        self,
        jobs: list[Job],
        workers: int,
        record: Callable[[Cell, Result], Sequence[Job]] = lambda _, __: (),
        first: Callable[[], Awaitable[None]] | None = None,
    ) -> tuple[list[Cell], list[MatrixError]]:
        """The cells that were recorded, and the failures."""
        recorded: list[Cell] = []

        def note(found: Cell, result: Result) -> Sequence[Job]:
            recorded.append(found)
            return record(found, result)

        async def sweep_all() -> list[MatrixError]:
            async with asyncio.timeout(10):
                return await self.sweep(jobs, workers, note, first)

        return recorded, asyncio.run(sweep_all())


NOTHING = Result(
    suite="",
    outcome=Outcome.COMPLETED,
    provenance=Provenance(measured=dt.date(2025, 1, 2), interpreter="", system="", uv=""),
)


def locked(behaviour: str, *cells: Cell) -> list[Job]:
    """Jobs with one lock."""
    return [Job(each, release(RELEASES[behaviour]), lock_of(behaviour)) for each in cells]


LANES = [cell("raises_200", lane) for lane in Lane]


@pytest.mark.parametrize("workers", [1, 2])
def test_one_lock_is_played_once(tmp_path: Path, workers: int) -> None:
    """By whoever comes first, whether the other waits for it or comes later."""
    runner = Pretending(tmp_path, Silent())
    assert (LANES, []) == runner.go(locked("raises_200", *LANES), workers)
    assert LANES[:1] == runner.cells


def test_one_lock_that_fails_fails_for_both(tmp_path: Path) -> None:
    """Who waits for a cell that fails is told so, and does not wait for ever."""
    progress = Silent()
    failure = ToolFailure("no room")
    runner = Pretending(tmp_path, progress, failure)
    assert ([], [failure, failure]) == runner.go(locked("raises_200", *LANES), 2)
    assert (LANES[:1], [failure, failure]) == (runner.cells, progress.failures)


def test_one_lock_that_failed_is_tried_again(tmp_path: Path) -> None:
    """Who comes after a failure tries for himself."""
    failure = ToolFailure("no room")
    runner = Pretending(tmp_path, Silent(), failure)
    assert (LANES[1:], [failure]) == runner.go(locked("raises_200", *LANES), 1)
    assert LANES == runner.cells


def test_bug_in_a_cell_ends_the_run(tmp_path: Path) -> None:
    """What is no failure of a tool is not swallowed because another cell waits for it."""
    runner = Pretending(tmp_path, Silent(), ZeroDivisionError())
    with pytest.raises(ExceptionGroup) as raised:
        runner.go(locked("raises_200", *LANES), 2)
    assert [ZeroDivisionError] == [type(error) for error in raised.value.exceptions]


NO_ROOM, NO_NETWORK, BUG = OSError("no room"), ToolFailure("no network"), ZeroDivisionError()


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (ExceptionGroup("", [NO_ROOM, NO_NETWORK]), NO_ROOM),
        (ExceptionGroup("", [ExceptionGroup("", [NO_NETWORK]), NO_ROOM]), NO_NETWORK),
    ],
)
def test_first_failure_of_a_group(group: ExceptionGroup[Exception], expected: Exception) -> None:
    """However deep it lies."""
    assert expected is first_failure(group)


@pytest.mark.parametrize("errors", [[BUG], [NO_ROOM, BUG], [NO_ROOM, ExceptionGroup("", [BUG])]])
def test_a_bug_in_a_group_is_not_hidden(errors: list[Exception]) -> None:
    """By a failure beside it."""
    group = ExceptionGroup("", errors)
    assert group is first_failure(group)


def test_same_pins_on_another_python_or_with_another_extra(tmp_path: Path) -> None:
    """Are another environment, or are played other calls."""
    cells = [LANES[0], Cell("9.0.0", Lane.TODAY, "3.99"), Cell("9.0.0", Lane.TODAY, PYTHON, "aiohttp")]
    runner = Pretending(tmp_path, Silent())
    runner.go(locked("raises_200", *cells), 3)
    assert cells == runner.cells


def test_what_was_played_is_forgotten(tmp_path: Path) -> None:
    """A behaviour is megabytes, and only the lanes of one release, which are neighbours, are likely to share one."""
    cells = [Cell(version(behaviour), Lane.TODAY, PYTHON) for behaviour in RELEASES]
    runner = Pretending(tmp_path, Silent())
    jobs = [job for behaviour, each in zip(RELEASES, cells, strict=True) for job in locked(behaviour, each)]
    runner.go([*jobs, jobs[0], jobs[-1]], 1)
    assert [*cells, cells[0]] == runner.cells


def test_one_lock_is_played_once_by_many_workers(tmp_path: Path) -> None:
    """However many environments are under way at once."""
    runner = Pretending(tmp_path, Silent())
    jobs = [
        job
        for behaviour in RELEASES
        for job in locked(behaviour, *(Cell(version(behaviour), lane, PYTHON) for lane in Lane))
    ]
    recorded, failures = runner.go(jobs, len(jobs))
    assert (len(jobs), len(RELEASES), []) == (len(recorded), len(runner.cells), failures)


def test_no_worker_waits_for_another_with_the_same_lock(tmp_path: Path) -> None:
    """It takes the next cell: of two workers, both play."""
    other = locked("swallows_errors", cell("swallows_errors"))
    runner = Pretending(tmp_path, Silent())
    recorded, _ = runner.go([*locked("raises_200", *LANES), *other], 2)
    assert [LANES[0], other[0].cell] == runner.cells
    assert {*LANES, other[0].cell} == {*recorded}


@pytest.mark.parametrize("workers", [1, 3])
def test_what_a_result_asks_for_is_measured_too(tmp_path: Path, workers: int) -> None:
    """At the end, and announced before what asked for it is said to be done."""
    progress = Silent()
    more = locked("swallows_errors", cell("swallows_errors"))
    runner = Pretending(tmp_path, progress)
    jobs = locked("raises_200", *LANES)
    recorded, _ = runner.go(jobs, workers, lambda found, _: more if found == LANES[1] else ())
    assert ([*LANES, more[0].cell], [1]) == (recorded, progress.announced)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_nothing_is_recorded_before_what_comes_first(tmp_path: Path, workers: int) -> None:
    """Other workers play meanwhile."""
    runner = Pretending(tmp_path, Silent())
    jobs = [job for behaviour in RELEASES for job in locked(behaviour, cell(behaviour))][:4]
    held: list[int] = []

    async def first() -> None:
        await asyncio.sleep(0.1)
        held.append(len(runner.cells))

    def record(_cell: Cell, _result: Result) -> tuple[Job, ...]:
        assert held
        return ()

    recorded, _ = runner.go(jobs, workers, record, first)
    assert (4, [min(workers, 4) - 1]) == (len(recorded), held)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_nothing_is_recorded_if_what_comes_first_fails(tmp_path: Path, workers: int) -> None:
    """Whatever was played meanwhile."""
    runner = Pretending(tmp_path, Silent())
    jobs = [job for behaviour in RELEASES for job in locked(behaviour, cell(behaviour))][:4]

    async def first() -> None:
        await asyncio.sleep(0.1)
        raise ControlFailure("wrong")

    def record(_cell: Cell, _result: Result) -> tuple[Job, ...]:
        raise AssertionError

    with pytest.raises(ControlFailure):
        runner.go(jobs, workers, record, first)


def test_results_are_written_one_after_the_other_and_beside_the_backend(tmp_path: Path) -> None:
    """Writing takes a good part of a second, in which the backend is to go on playing."""
    writing = threading.Lock()

    def record(_cell: Cell, _result: Result) -> tuple[Job, ...]:
        assert threading.current_thread() is not threading.main_thread()
        assert writing.acquire(blocking=False)
        time.sleep(0.01)
        writing.release()
        return ()

    jobs = [job for behaviour in RELEASES for job in locked(behaviour, cell(behaviour))][:6]
    recorded, _ = Pretending(tmp_path, Silent()).go(jobs, 6, record)
    assert 6 == len(recorded)


# Measured again.


def test_forced_run_changes_no_byte(own_cache: Path, known: Store, index: Index) -> None:
    """Equal behaviour has equal bytes."""
    before = snapshot(known.folder)
    cells = [cell("raises_documented"), cell("crashes_on_import"), cell("needs_an_sdist")]
    summary = measure.run(known, make_jobs(cells, known), options(index), Silent())
    assert measure.RunSummary(measured=3, changed=0, failures=()) == summary
    assert before == snapshot(known.folder)


def test_drift(own_cache: Path, known: Store, own_index: Index) -> None:
    """Of the cells in the `today` lane, those drifted that a dependency released since gives another lock."""
    cells = [cell("raises_documented", Lane.AS_RELEASED), cell("raises_documented"), cell("swallows_errors")]
    assert [] == planner.find_drifted_jobs(known, cells, own_index.address, 2)
    own_index.add(NEWEST_LEAF)
    drifted = planner.find_drifted_jobs(known, cells, own_index.address, 2)
    locks = [job.lock.pins for job in drifted if job.lock]
    assert ([cell("raises_documented")], [("anthropic==1.0.0", "leaf==3.0")]) == ([job.cell for job in drifted], locks)


def test_reproduce_with_its_lock(own_cache: Path, measured: Store, own_index: Index) -> None:
    """A cell and the control, measured again from their locks, are what is recorded, whatever was released since."""
    own_index.add(NEWEST_LEAF)
    compared = measure.reproduce(measured, [cell("raises_documented")], options(own_index), Silent())
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
        measure.run(store, make_jobs([cell("raises_documented")], store), options(index), Silent())
    assert {} == store.cells()


def test_patch_stays_in_its_cell(own_cache: Path, index: Index, catalogue: Catalogue, tmp_path: Path) -> None:
    """Cells are hard links into uv's cache; the patch changes the link and never the file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
        store = catalogue("needs_nothing", "raises_200")
        measure.run(store, make_jobs([cell("needs_nothing")], store), options(index), Silent())
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
        controls.check_unknown(ANTHROPIC, found, behaviour)
        asked = [seen for call, seen in behaviour.items() if call.scenario == "unknown" and seen.requests]
        assert {seen.outcome for seen in asked} <= {Outcome.UNSUPPORTED}


@pytest.mark.parametrize("outcome", [Outcome.RAISED, Outcome.COMPLETED])
def test_unknown_scenario_seen(outcome: Outcome) -> None:
    """A cell that reports anything of a scenario that was played for nobody ends the run."""
    behaviour = {Call("messages.create", "unknown"): Observation(outcome=outcome, requests=1)}
    with pytest.raises(ControlFailure, match=f"reports {outcome} for a scenario that does not exist"):
        controls.check_unknown(ANTHROPIC, cell("raises_200"), behaviour)


def test_request_of_nobody(own_cache: Path, index: Index, catalogue: Catalogue) -> None:
    """A release that drops the path of its base URL plays nothing that was asked for, which ends the run."""
    store = catalogue("drops_the_path", "raises_200")
    with pytest.raises(ControlFailure, match=r"8\.0\.0 today .* belongs to no call"):
        measure.run(store, make_jobs([cell("drops_the_path")], store), options(index), Silent())
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
    summary = measure.run(known, make_jobs(cells, known), options(forged), progress)
    assert (1, 1) == (summary.measured, len(summary.failures))
    assert [cell("raises_documented")] == progress.finished_cells
    assert before == snapshot(known.folder)


def test_wheel_with_other_bytes_is_named(known: Store, forged: Index) -> None:
    """The failure says that a hash does not match, not only which one was found."""
    with pytest.raises(ToolFailure) as failure:
        measure.measure_part(
            ANTHROPIC, make_jobs([cell("swallows_errors")], known), ONE_CALL, options(forged), Silent()
        )
    assert "Hash mismatch" in str(failure.value)


def test_index_that_fails(own_cache: Path, known: Store) -> None:
    """Three failures of the index in a row end a run, which does not try the other releases in vain."""
    cells = [cell(behaviour, Lane.AS_RELEASED) for behaviour in RELEASES if behaviour != "raises_documented"]
    progress = Silent()
    nowhere = measure.Options(index="http://127.0.0.1:9/simple", workers=1)
    with pytest.raises(ToolFailure, match=r"could not resolve anthropic"):
        measure.measure_part(ANTHROPIC, make_jobs(cells, known), ONE_CALL, nowhere, progress)
    assert 3 == len(progress.failures)


def test_look_records_nothing(own_cache: Path, index: Index, known: Store) -> None:
    """A part of the suite is shown and never recorded."""
    before = snapshot(known.folder)
    cells = [cell("raises_200"), cell("crashes_on_import")]
    seen = dict(measure.measure_part(ANTHROPIC, make_jobs(cells, known), ONE_CALL, options(index), Silent()))
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


# What is installed.


def made(index: Index, lock: Lock, folder: Path) -> Path:
    """An environment with a lock."""

    async def go() -> Path:
        uv = Uv(index.address)
        return await uv.create(folder, (await uv.interpreter(PYTHON)).path, lock, lock.pins[0])

    return asyncio.run(go())


@pytest.mark.usefixtures("own_cache")
def test_a_file_with_another_hash_is_not_installed(index: Index, tmp_path: Path) -> None:
    """What the index offers under the name of what was locked is not taken for it."""
    (pin,) = drive.lock_of("raises_200").pins
    with pytest.raises(ToolFailure, match=r"could not install anthropic==9\.0\.0"):
        made(index, Lock((pin,), {pin: ("0" * 64,)}), tmp_path / "cell")


@pytest.mark.usefixtures("own_cache")
def test_no_build_script_runs(index: Index, tmp_path: Path) -> None:
    """What comes as sources only is not installed, though its hash is right."""
    digest = hashlib.sha256(index.file(ONLY_SDIST).read_bytes()).hexdigest()
    with pytest.raises(ToolFailure, match="could not install"):
        made(index, Lock(("only-sdist==1.0",), {"only-sdist==1.0": (digest,)}), tmp_path / "cell")
