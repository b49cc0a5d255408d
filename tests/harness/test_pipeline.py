"""The whole pipeline on miniature releases, offline: index, lock, environment, probe, store, verdict.

Most tests read the data of one run over all miniatures; a test that changes data works on a copy.
"""

import asyncio
import datetime as dt
import hashlib
import io
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Sequence
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
from matrix.harness.pool import MeasureControl, ReplaceCell, sweep
from matrix.harness.runner import Job, Runner
from matrix.harness.uv import Uv
from matrix.model import Cell, Distribution, Lane, Lock
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
    UPLOADED,
    Miniature,
    version,
)

Catalogue = Callable[..., Store]

CREATE = ("messages.create", "messages.create-async")
"""The surfaces of every miniature with a client."""

OVERLOADED = Call("messages.create", "mid-overloaded_error")
ONE_CALL = SuitePart((OVERLOADED.scenario,), (OVERLOADED.surface,))
FEW_CALLS = SuitePart(("clean", "http-overloaded_error", "unknown", OVERLOADED.scenario), (OVERLOADED.surface,))
"""The calls of the controls, and a failure."""


def result(store: Store, behaviour: str, lane: Lane = Lane.TODAY) -> Result:
    """Return the stored result of a miniature."""
    stored = store.result(cell(behaviour, lane))
    assert stored is not None
    return stored


def kinds(behaviour: Behaviour, family: Family, yardstick: Yardstick = Yardstick.DOCUMENTED) -> set[VerdictKind]:
    """Return every kind of verdict in a family of scenarios, on the surfaces that all miniatures have."""
    return {
        verdict.kind
        for call, verdict in judge_all(ANTHROPIC, behaviour, yardstick).items()
        if CATALOGUE[call.scenario].family is family and call.surface in CREATE
    }


def options(index: Index) -> measure.Options:
    """Return options for two workers and the miniature index."""
    return measure.Options(index=index.address, workers=2)


# What a run records.


def test_a_run_writes_canonical_and_complete_data(measured: Store) -> None:
    """Check that `verify` finds no fault in the data of a run."""
    assert [] == measured.verify()


@pytest.mark.parametrize("lane", Lane)
def test_a_release_that_maps_errors_is_right_by_the_documented_yardstick(measured: Store, lane: Lane) -> None:
    """Check that the same release is wrong by the maintainers' yardstick."""
    behaviour = result(measured, "raises_documented", lane).behaviour
    assert {VerdictKind.RIGHT} == kinds(behaviour, Family.CONTROL)
    assert {VerdictKind.RIGHT} == kinds(behaviour, Family.ERROR_EVENT)
    expected = Verdict(
        VerdictKind.WRONG, (Check("status_code", "200", "529"), Check("type", *["overloaded_error"] * 2))
    )
    assert expected == judge_call(ANTHROPIC, behaviour, OVERLOADED, Yardstick.MAINTAINERS)


def test_a_release_that_leaves_the_status_at_200_is_right_by_the_maintainers_yardstick(measured: Store) -> None:
    """Check that the same release is wrong by the documented yardstick."""
    behaviour = result(measured, "raises_200").behaviour
    assert {VerdictKind.RIGHT} == kinds(behaviour, Family.CONTROL)
    assert {VerdictKind.RIGHT} == kinds(behaviour, Family.ERROR_EVENT, Yardstick.MAINTAINERS)
    checks = (Check("status_code", "529", "200"), Check("class", "OverloadedError", "APIStatusError"))
    assert Verdict(VerdictKind.WRONG, checks) == judge_call(ANTHROPIC, behaviour, OVERLOADED, Yardstick.DOCUMENTED)


@pytest.mark.parametrize("yardstick", Yardstick)
def test_a_swallowed_error_is_silent_by_both_yardsticks(measured: Store, yardstick: Yardstick) -> None:
    """Check a release that ends a failed stream as if it were complete."""
    assert {VerdictKind.SILENT} == kinds(result(measured, "swallows_errors").behaviour, Family.ERROR_EVENT, yardstick)


def test_a_flaky_call_has_no_other_verdict(measured: Store) -> None:
    """Check that differing outcomes are counted, and that the verdict is "flaky"."""
    behaviour = result(measured, "hangs_once").behaviour
    assert {"timed-out": 1, "raised": 2} == behaviour[OVERLOADED].counts
    assert Verdict(VerdictKind.FLAKY) == judge_call(ANTHROPIC, behaviour, OVERLOADED, Yardstick.DOCUMENTED)
    flaky = [call for call, observation in behaviour.items() if observation.outcome is Outcome.FLAKY]
    assert [OVERLOADED] == flaky


def test_a_crash_is_unknown_and_costs_no_other_call(measured: Store) -> None:
    """Check that a crash is recorded, gets no verdict, and leaves the other calls their observations."""
    behaviour = result(measured, "crashes_in_call").behaviour
    crashed = {call for call, observation in behaviour.items() if observation.outcome is Outcome.HARNESS_FAILED}
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
def test_a_release_that_cannot_be_played_is_recorded_with_the_reason(
    measured: Store, behaviour: str, outcome: Outcome, reason: str
) -> None:
    """Check that the reason is in the words of the tool that refused."""
    stored = result(measured, behaviour)
    assert (outcome, reason, {}) == (stored.outcome, stored.reason[: len(reason)], stored.behaviour)


def test_the_resolver_names_the_python_that_a_release_requires(measured: Store) -> None:
    """Check that the reason says which Python is wanted."""
    assert "Python>=3.99" in result(measured, "needs_a_newer_python").reason


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [("needs_nothing", Outcome.UNSUPPORTED), ("cannot_construct", Outcome.CANNOT_CONSTRUCT)],
)
def test_a_release_without_a_client_is_not_judged(measured: Store, behaviour: str, outcome: Outcome) -> None:
    """Check that its verdicts are neither right nor wrong."""
    observations = result(measured, behaviour).behaviour
    old = {surface for surface in {call.surface for call in observations} if surface.startswith("completion_")}
    outcomes = {observation.outcome for call, observation in observations.items() if call.surface not in old}
    assert {outcome} == outcomes
    assert {VerdictKind.UNAVAILABLE} == kinds(observations, Family.ERROR_EVENT)


def test_a_release_that_sends_no_request_is_observed(measured: Store) -> None:
    """Check that calls that fail before any request are no failure of the harness."""
    behaviour = result(measured, "fails_before_asking").behaviour
    ends = {
        (observation.outcome, observation.requests) for call, observation in behaviour.items() if call.surface in CREATE
    }
    assert {(Outcome.RAISED, 0)} == ends


def test_noise_leaves_no_trace_in_the_data(measured: Store) -> None:
    """Check that releases that print, or start threads and processes, have the data of those that don't."""
    plain = result(measured, "raises_200").behaviour
    assert plain == result(measured, "prints").behaviour
    assert plain == result(measured, "leaves_things_behind").behaviour


@pytest.mark.parametrize(("lane", "leaf"), [(Lane.AS_RELEASED, LEAF), (Lane.TODAY, NEWER_LEAF)])
def test_a_lock_holds_the_releases_of_its_lane_with_their_hashes(measured: Store, lane: Lane, leaf: Miniature) -> None:
    """Check the dependency of the upload date and that of today, with the hash of each wheel."""
    lock = result(measured, "raises_documented", lane).lock
    wheels = {"anthropic==1.0.0": RELEASES["raises_documented"], f"leaf=={leaf.version}": leaf}
    hashes = {pin: (hashlib.sha256(wheel(miniature)).hexdigest(),) for pin, miniature in wheels.items()}
    assert lock is not None
    assert (tuple(wheels), hashes) == (lock.pins, lock.hashes)


def test_the_control_is_recorded(measured: Store) -> None:
    """Check that the control is the newest final release, patched, and right where the release itself is wrong."""
    control = measured.control(control_name(PYTHON))
    assert control is not None
    assert cell("raises_200") == control[0]
    assert {VerdictKind.RIGHT} == kinds(control[1].behaviour, Family.ERROR_EVENT)
    exception = control[1].behaviour[OVERLOADED].exception
    assert exception is not None
    assert DOCUMENTED_STATUS["overloaded_error"] == exception.attributes["status_code"]


def test_a_run_removes_its_environments(measured: Store, shared: Path) -> None:
    """Check that no cell is left in the cache."""
    assert [] == list((shared / "cache" / "midstream" / "cells").iterdir())


def test_the_suite_is_played_whole_unless_a_part_is_asked_for() -> None:
    """Check that the parts of the tests are not the default."""
    assert (ANTHROPIC.suite.calls(), ANTHROPIC.suite.calls(extra="aiohttp")) == (
        ANTHROPIC.suite.calls(suite.WHOLE),
        ANTHROPIC.suite.calls(suite.WHOLE, "aiohttp"),
    )


def test_handlers_and_the_remedy_are_recorded(measured: Store) -> None:
    """Check every handler's decision, for each call that gave its caller events or an exception."""
    every = {path.stem for path in (ANTHROPIC.probe / "handlers").glob("*.py")}
    for behaviour in ("raises_200", "raises_documented", "swallows_errors", "has_a_helper"):
        for call, observation in result(measured, behaviour).behaviour.items():
            gives_nothing = observation.outcome is Outcome.COMPLETED and call.surface == "messages.stream.text_stream"
            is_asked = observation.outcome in (Outcome.RAISED, Outcome.COMPLETED) and not gives_nothing
            assert (every if is_asked else set()) == observation.handlers.keys(), call
            assert is_asked == (observation.remedy is not None), call


# Extras.


def calls_of(result: Result) -> tuple[Call, ...]:
    """Return the calls of a result, in the order of the suite."""
    return tuple(
        call
        for extra in ("", *ANTHROPIC.suite.extras)
        for call in ANTHROPIC.suite.calls(extra=extra)
        if call in result.behaviour
    )


def extras_of(store: Store) -> set[Cell]:
    """Return the cells with an extra."""
    return {cell for cell in store.cells() if cell.extra}


@pytest.mark.parametrize(("lane", "twig"), [(Lane.AS_RELEASED, TWIG), (Lane.TODAY, NEWER_TWIG)])
def test_an_extra_has_a_cell_of_its_own(measured: Store, lane: Lane, twig: Miniature) -> None:
    """Check that a release with an extra is played once more, on the surfaces of the extra alone."""
    plain = result(measured, "offers_aiohttp", lane)
    with_extra = measured.result(cell("offers_aiohttp", lane, "aiohttp"))
    assert with_extra is not None
    assert with_extra.lock is not None
    assert (("aiohttp",), ("aiohttp",)) == (plain.extras, with_extra.extras)
    assert ("anthropic==7.8.0", f"twig=={twig.version}") == with_extra.lock.pins
    assert (ANTHROPIC.suite.calls(PART), ANTHROPIC.suite.calls(PART, "aiohttp")) == (
        calls_of(plain),
        calls_of(with_extra),
    )
    raised = with_extra.behaviour[Call("aiohttp.messages.create-async", "mid-overloaded_error")].exception
    assert raised is not None
    assert "anthropic._sdk.APIStatusError" == raised.name


def test_a_release_without_the_extra_has_no_cell_for_it(measured: Store) -> None:
    """Check that only one miniature has cells with an extra."""
    expected = {cell("offers_aiohttp", lane, "aiohttp") for lane in Lane}
    assert expected == extras_of(measured)


def test_extras_are_measured_in_the_same_run(own_cache: Path, index: Index, catalogue: Catalogue) -> None:
    """Check that the cells with an extra follow the release that offers it, and are announced."""
    store = catalogue("offers_aiohttp", "raises_200")
    progress = Silent()
    cells = [cell("raises_200"), *(cell("offers_aiohttp", lane) for lane in Lane)]
    with_extra = [cell("offers_aiohttp", lane, "aiohttp") for lane in Lane]
    summary = measure.run(store, make_jobs(cells, store), options(index), progress)
    assert measure.RunSummary(measured=5, changed=5, failures=()) == summary
    assert ([1, 1], {*cells, *with_extra}) == (progress.announced, set(progress.finished_cells))
    assert with_extra == sorted(progress.finished_cells[-2:])
    assert [] == Store(store.folder, ANTHROPIC).verify()


def test_measured_extras_are_not_measured_again(own_cache: Path, index: Index, known: Store) -> None:
    """Check that measuring a release without its extra keeps the results with the extra."""
    progress = Silent()
    before = snapshot(known.folder)
    jobs = make_jobs([cell("offers_aiohttp")], known)
    assert measure.RunSummary(measured=1, changed=0, failures=()) == measure.run(known, jobs, options(index), progress)
    assert ([], [cell("offers_aiohttp")]) == (progress.announced, progress.finished_cells)
    assert before == snapshot(known.folder)


def test_an_extra_that_failed_is_not_tried_again(
    own_cache: Path, index: Index, known: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check that a requested cell that failed is not added again as a missing one."""
    create = Uv.create

    async def fail(self: Uv, folder: Path, python: Path, lock: Lock, name: str) -> Path:
        if len(lock.pins) > 1:
            raise ToolFailure("no room")
        return await create(self, folder, python, lock, name)

    cells = [cell("offers_aiohttp"), cell("offers_aiohttp", extra="aiohttp")]
    for each in cells:
        stored = known.result(each)
        assert stored is not None
        known.put(each, msgspec.structs.replace(stored, suite="of another time"))
    monkeypatch.setattr(Uv, "create", fail)
    summary = measure.run(known, make_jobs(cells, known), options(index), Silent())
    assert (1, [True]) == (summary.measured, ["no room" in str(failure) for failure in summary.failures])


# Two cells with one lock.


@pytest.fixture
def created(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the pins of every environment that is made."""
    make_environment: list[str] = []
    create = Uv.create

    async def note(self: Uv, folder: Path, python: Path, lock: Lock, name: str) -> Path:
        make_environment.append(" ".join(lock.pins))
        return await create(self, folder, python, lock, name)

    monkeypatch.setattr(Uv, "create", note)
    return make_environment


def test_lanes_with_one_lock_share_an_environment(
    own_cache: Path, index: Index, catalogue: Catalogue, created: list[str]
) -> None:
    """Check that such a release is installed and played once, and recorded for both lanes."""
    store = catalogue("swallows_errors", "raises_200")
    cells = [cell("swallows_errors", lane) for lane in Lane]
    summary = measure.run(store, make_jobs(cells, store), options(index), Silent())
    assert 2 == summary.measured
    assert ["anthropic==2.0.0", "anthropic==9.0.0"] == sorted(created)  # the other pin is the control's
    assert set(ANTHROPIC.suite.calls(PART)) == result(store, "swallows_errors").behaviour.keys()
    assert result(store, "swallows_errors") == result(store, "swallows_errors", Lane.AS_RELEASED)


def test_environments_to_keep_are_made_for_each_cell(
    own_cache: Path, index: Index, known: Store, created: list[str], tmp_path: Path
) -> None:
    """Check that two cells with one lock get two environments."""
    jobs = make_jobs([cell("swallows_errors", lane) for lane in Lane], known)
    how = measure.Options(index=index.address, workers=2, keep=tmp_path / "kept")
    measure.measure_part(ANTHROPIC, jobs, ONE_CALL, how, Silent())
    assert ["anthropic==2.0.0"] * 2 == created
    names = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert [f"{version('swallows_errors')}-{lane}-{PYTHON}" for lane in Lane] == names


class InstantRunner(Runner):
    """A runner that makes no environment: each cell waits a moment, and may fail.

    Args:
        failures: Exceptions of the first cells, in order.
    """

    def __init__(self, tmp_path: Path, progress: Silent, *failures: Exception) -> None:
        super().__init__(ANTHROPIC, Uv(), tmp_path, progress, part=ONE_CALL, settings=Settings())
        self.failures = [*failures]
        self.cells: list[Cell] = []
        self.playing, self.most = 0, 0

    async def play(self, job: Job, lock: Lock) -> ProbeRun:
        """Return an empty run, or raise the next failure."""
        self.cells.append(job.cell)
        self.playing += 1
        self.most = max(self.most, self.playing)
        await asyncio.sleep(0.01)
        self.playing -= 1
        if self.failures:
            raise self.failures.pop(0)
        return ProbeRun(None, {})

    def make_result(self, job: Job, lock: Lock, played: ProbeRun) -> Result:
        """Return the same result for every cell."""
        return NOTHING

    def go(
        self,
        jobs: list[Job],
        workers: int,
        record: Callable[[Cell, Result], Sequence[Job]] = lambda _, __: (),
        control: MeasureControl | None = None,
        replace: ReplaceCell | None = None,
    ) -> tuple[list[Cell], list[MatrixError]]:
        """Run a sweep; return the recorded cells, and the failures."""
        recorded: list[Cell] = []

        def note(cell: Cell, result: Result) -> Sequence[Job]:
            recorded.append(cell)
            return record(cell, result)

        async def sweep_all() -> list[MatrixError]:
            async with asyncio.timeout(10):
                return await sweep(self, jobs, workers, note, self._progress, control, replace=replace)

        return recorded, asyncio.run(sweep_all())


NOTHING = Result(
    suite="",
    outcome=Outcome.COMPLETED,
    provenance=Provenance(measured=dt.date(2025, 1, 2), interpreter="", system="", uv=""),
)


def locked(behaviour: str, *cells: Cell) -> list[Job]:
    """Make jobs with one lock."""
    return [Job(each, release(RELEASES[behaviour]), lock_of(behaviour)) for each in cells]


LANES = [cell("raises_200", lane) for lane in Lane]


@pytest.mark.parametrize("workers", [1, 2])
def test_jobs_with_one_lock_are_played_once(tmp_path: Path, workers: int) -> None:
    """Check that the second job takes the first one's run, at the same time or later."""
    runner = InstantRunner(tmp_path, Silent())
    assert (LANES, []) == runner.go(locked("raises_200", *LANES), workers)
    assert LANES[:1] == runner.cells


def test_a_failure_fails_every_job_that_waits_for_it(tmp_path: Path) -> None:
    """Check that a job that waits for a failed one fails, and does not wait for ever."""
    progress = Silent()
    failure = ToolFailure("no room")
    runner = InstantRunner(tmp_path, progress, failure)
    assert ([], [failure, failure]) == runner.go(locked("raises_200", *LANES), 2)
    assert (LANES[:1], [failure, failure]) == (runner.cells, progress.failures)


def test_another_job_takes_the_place_of_one_that_failed(tmp_path: Path) -> None:
    """Check that the run is told which cell failed, and measures what it is given instead."""
    progress = Silent()
    failure = ToolFailure("no room")
    runner = InstantRunner(tmp_path, progress, failure)
    failed: list[Cell] = []

    def replace(lost: Cell) -> list[Job]:
        failed.append(lost)
        return locked("swallows_errors", cell("swallows_errors"))

    jobs = locked("raises_200", LANES[0])
    assert ([cell("swallows_errors")], [failure]) == runner.go(jobs, 1, replace=replace)
    assert (LANES[:1], [1]) == (failed, progress.announced)


def test_jobs_that_a_result_calls_for_are_shared_among_the_workers(tmp_path: Path) -> None:
    """Check that workers without a job take part as soon as there are more, and never more than the limit."""
    more = [job for name in RELEASES for job in locked(name, Cell(version(name), Lane.TODAY, PYTHON))]
    runner = InstantRunner(tmp_path, Silent())
    recorded, _ = runner.go(more[:1], 3, lambda cell, _: more[1:] if cell == more[0].cell else ())
    assert len(more) == len(recorded)
    assert 3 == runner.most


def test_a_later_job_tries_a_failed_lock_again(tmp_path: Path) -> None:
    """Check that a job that starts after a failure is played."""
    failure = ToolFailure("no room")
    runner = InstantRunner(tmp_path, Silent(), failure)
    assert (LANES[1:], [failure]) == runner.go(locked("raises_200", *LANES), 1)
    assert LANES == runner.cells


def test_a_bug_in_a_cell_ends_the_run(tmp_path: Path) -> None:
    """Check that an unexpected exception is raised, although another cell waits for the same lock."""
    runner = InstantRunner(tmp_path, Silent(), ZeroDivisionError())
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
def test_the_first_failure_of_a_group_is_reported(group: ExceptionGroup[Exception], expected: Exception) -> None:
    """Check groups at every depth."""
    assert expected is first_failure(group)


@pytest.mark.parametrize("errors", [[BUG], [NO_ROOM, BUG], [NO_ROOM, ExceptionGroup("", [BUG])]])
def test_a_bug_in_a_group_is_not_hidden(errors: list[Exception]) -> None:
    """Check groups that hold expected failures too."""
    group = ExceptionGroup("", errors)
    assert group is first_failure(group)


def test_the_same_pins_on_another_python_or_with_an_extra_are_played_again(tmp_path: Path) -> None:
    """Check that a run is shared only within one environment and one set of calls."""
    cells = [LANES[0], Cell("9.0.0", Lane.TODAY, "3.99"), Cell("9.0.0", Lane.TODAY, PYTHON, "aiohttp")]
    runner = InstantRunner(tmp_path, Silent())
    runner.go(locked("raises_200", *cells), 3)
    assert cells == runner.cells


def test_a_run_is_forgotten_once_another_lock_comes(tmp_path: Path) -> None:
    """Check that runs of megabytes are kept for neighbouring jobs alone."""
    cells = [Cell(version(behaviour), Lane.TODAY, PYTHON) for behaviour in RELEASES]
    runner = InstantRunner(tmp_path, Silent())
    jobs = [job for behaviour, each in zip(RELEASES, cells, strict=True) for job in locked(behaviour, each)]
    runner.go([*jobs, jobs[0], jobs[-1]], 1)
    assert [*cells, cells[0]] == runner.cells


def test_many_workers_play_one_lock_once(tmp_path: Path) -> None:
    """Check as many workers as jobs."""
    runner = InstantRunner(tmp_path, Silent())
    jobs = [
        job
        for behaviour in RELEASES
        for job in locked(behaviour, *(Cell(version(behaviour), lane, PYTHON) for lane in Lane))
    ]
    recorded, failures = runner.go(jobs, len(jobs))
    assert (len(jobs), len(RELEASES), []) == (len(recorded), len(runner.cells), failures)


def test_no_worker_waits_for_another_with_the_same_lock(tmp_path: Path) -> None:
    """Check that a second worker takes the next cell."""
    other = locked("swallows_errors", cell("swallows_errors"))
    runner = InstantRunner(tmp_path, Silent())
    recorded, _ = runner.go([*locked("raises_200", *LANES), *other], 2)
    assert [LANES[0], other[0].cell] == runner.cells
    assert {*LANES, other[0].cell} == {*recorded}


@pytest.mark.parametrize("workers", [1, 3])
def test_jobs_that_a_result_adds_are_measured_last(tmp_path: Path, workers: int) -> None:
    """Check that they are announced before the job that added them is done."""
    progress = Silent()
    more = locked("swallows_errors", cell("swallows_errors"))
    runner = InstantRunner(tmp_path, progress)
    jobs = locked("raises_200", *LANES)
    recorded, _ = runner.go(jobs, workers, lambda cell, _: more if cell == LANES[1] else ())
    assert ([*LANES, more[0].cell], [1]) == (recorded, progress.announced)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_nothing_is_recorded_before_the_controls_are_done(tmp_path: Path, workers: int) -> None:
    """Check that other workers play meanwhile."""
    runner = InstantRunner(tmp_path, Silent())
    jobs = [job for behaviour in RELEASES for job in locked(behaviour, cell(behaviour))][:4]
    cells_played: list[int] = []

    async def control(_python: str, _extra: str) -> None:
        await asyncio.sleep(0.1)
        cells_played.append(len(runner.cells))

    def record(_cell: Cell, _result: Result) -> tuple[Job, ...]:
        assert cells_played
        return ()

    recorded, _ = runner.go(jobs, workers, record, control)
    assert (4, [min(workers, 4) - 1]) == (len(recorded), cells_played)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_nothing_is_recorded_if_the_controls_fail(tmp_path: Path, workers: int) -> None:
    """Check that no finished cell is written."""
    runner = InstantRunner(tmp_path, Silent())
    jobs = [job for behaviour in RELEASES for job in locked(behaviour, cell(behaviour))][:4]

    async def control(_python: str, _extra: str) -> None:
        await asyncio.sleep(0.1)
        raise ControlFailure("wrong")

    def record(_cell: Cell, _result: Result) -> tuple[Job, ...]:
        raise AssertionError

    with pytest.raises(ControlFailure):
        runner.go(jobs, workers, record, control)


def test_results_are_written_one_at_a_time_in_another_thread(tmp_path: Path) -> None:
    """Check that a slow write does not stop the backend."""
    writing = threading.Lock()

    def record(_cell: Cell, _result: Result) -> tuple[Job, ...]:
        assert threading.current_thread() is not threading.main_thread()
        assert writing.acquire(blocking=False)
        time.sleep(0.01)
        writing.release()
        return ()

    jobs = [job for behaviour in RELEASES for job in locked(behaviour, cell(behaviour))][:6]
    recorded, _ = InstantRunner(tmp_path, Silent()).go(jobs, 6, record)
    assert 6 == len(recorded)


# Measure again.


def test_a_forced_run_changes_no_byte(own_cache: Path, known: Store, index: Index) -> None:
    """Check that equal behaviour has equal bytes."""
    before = snapshot(known.folder)
    cells = [cell("raises_documented"), cell("crashes_on_import"), cell("needs_an_sdist")]
    summary = measure.run(known, make_jobs(cells, known), options(index), Silent())
    assert measure.RunSummary(measured=3, changed=0, failures=()) == summary
    assert before == snapshot(known.folder)


def test_a_cell_drifts_when_a_new_dependency_changes_its_lock(own_cache: Path, known: Store, own_index: Index) -> None:
    """Check that only cells of the `today` lane drift."""
    cells = [cell("raises_documented", Lane.AS_RELEASED), cell("raises_documented"), cell("swallows_errors")]
    assert [] == planner.find_drifted_jobs(known, cells, own_index.address, 2)
    own_index.add(NEWEST_LEAF)
    drifted = planner.find_drifted_jobs(known, cells, own_index.address, 2)
    locks = [job.lock.pins for job in drifted if job.lock]
    assert ([cell("raises_documented")], [("anthropic==1.0.0", "leaf==3.0")]) == ([job.cell for job in drifted], locks)


def test_a_reproduction_with_stored_locks_agrees(own_cache: Path, measured: Store, own_index: Index) -> None:
    """Check that newer dependencies make no difference to a cell and the control."""
    own_index.add(NEWEST_LEAF)
    compared = measure.reproduce(measured, [cell("raises_documented")], options(own_index), Silent())
    results = [(comparison.cell, comparison.agrees, comparison.differences) for comparison in compared]
    assert [(cell("raises_200"), True, []), (cell("raises_documented"), True, [])] == results


# Controls.


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        ("crashes_on_import", "no such thing as a good import"),
        ("needs_an_sdist", "has no usable wheels"),
        ("needs_nothing", "KeyError: 'Anthropic'"),
    ],
)
def test_a_release_that_cannot_be_played_is_no_control(
    own_cache: Path, index: Index, catalogue: Catalogue, behaviour: str, why: str
) -> None:
    """Check that the failure says why, where no other release can be one."""
    store = catalogue(behaviour)
    with pytest.raises(ControlFailure, match=why):
        measure.run(store, make_jobs([cell(behaviour)], store), options(index), Silent())
    assert {} == store.cells()


@pytest.mark.parametrize(
    ("behaviour", "why", "outcome"),
    [
        ("crashes_on_import", "no such thing as a good import", Outcome.CANNOT_IMPORT),
        ("needs_an_sdist", "has no usable wheels", Outcome.CANNOT_INSTALL),
        ("crashes_in_call", "ended as harness-failed", Outcome.COMPLETED),
    ],
)
def test_an_older_release_is_the_control_if_the_newest_gives_no_answer(
    own_cache: Path,
    index: Index,
    catalogue: Catalogue,
    monkeypatch: pytest.MonkeyPatch,
    behaviour: str,
    why: str,
    outcome: Outcome,
) -> None:
    """Check that the run says why, and records the newest release as what it is."""
    monkeypatch.setattr(suite, "WHOLE", FEW_CALLS)  # each call that crashes costs a probe
    store, progress = catalogue("raises_documented", behaviour), Silent()
    jobs = make_jobs([cell("raises_documented"), cell(behaviour)], store)
    measure.run(store, jobs, options(index), progress)
    assert [cell("raises_documented")] == progress.controls
    [(skipped, reason)] = progress.skipped
    assert (cell(behaviour), True) == (skipped, why in reason)
    assert (outcome, Outcome.COMPLETED) == (
        result(store, behaviour).outcome,
        result(store, "raises_documented").outcome,
    )
    control = store.control(control_name(PYTHON))
    assert control is not None
    assert cell("raises_documented") == control[0]


def test_the_patch_stays_in_its_cell(own_cache: Path, index: Index, catalogue: Catalogue, tmp_path: Path) -> None:
    """Check that the patch replaces the hard link, and never changes the file in uv's cache."""
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


def test_no_cell_answers_the_unknown_scenario(measured: Store) -> None:
    """Check that no measured_cell reports an outcome for the scenario that does not exist."""
    for measured_cell, stored in measured.cells().items():
        behaviour = measured.expand(stored).behaviour
        controls.check_unknown(ANTHROPIC, measured_cell, behaviour)
        asked = [
            observation
            for call, observation in behaviour.items()
            if call.scenario == "unknown" and observation.requests
        ]
        assert {observation.outcome for observation in asked} <= {Outcome.UNSUPPORTED}


@pytest.mark.parametrize("outcome", [Outcome.RAISED, Outcome.COMPLETED])
def test_an_answer_to_the_unknown_scenario_ends_the_run(outcome: Outcome) -> None:
    """Check a cell that reports an outcome for a scenario that was not played."""
    behaviour = {Call("messages.create", "unknown"): Observation(outcome=outcome, requests=1)}
    with pytest.raises(ControlFailure, match=f"reports {outcome} for a scenario that does not exist"):
        controls.check_unknown(ANTHROPIC, cell("raises_200"), behaviour)


def test_a_request_that_belongs_to_no_call_is_recorded_as_what_it_is(
    own_cache: Path, index: Index, catalogue: Catalogue
) -> None:
    """Check a release that drops the path of its base URL: none of its observations is recorded, and others are."""
    store = catalogue("drops_the_path", "raises_200")
    jobs = make_jobs([cell("drops_the_path"), cell("raises_200")], store)
    measure.run(store, jobs, options(index), Silent())
    stored = result(store, "drops_the_path")
    assert (Outcome.HARNESS_FAILED, {}) == (stored.outcome, stored.behaviour)
    assert "belongs to no call" in stored.reason
    assert Outcome.COMPLETED == result(store, "raises_200").outcome


# Failures that are not the release's.


@pytest.fixture
def forged(own_index: Index, own_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """Replace one wheel of the index, and give uv an empty cache."""
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    other = Miniature(version("swallows_errors"), "import forged\n")
    own_index.file(RELEASES["swallows_errors"]).write_bytes(wheel(other))
    return own_index


def test_a_wheel_with_another_hash_costs_one_measurement(known: Store, forged: Index) -> None:
    """Check that the wheel is refused, and that another release is measured."""
    before = snapshot(known.folder)
    progress = Silent()
    cells = [cell("swallows_errors"), cell("raises_documented")]
    summary = measure.run(known, make_jobs(cells, known), options(forged), progress)
    assert (1, 1) == (summary.measured, len(summary.failures))
    assert [cell("raises_documented")] == progress.finished_cells
    assert before == snapshot(known.folder)


def test_a_hash_mismatch_is_named(known: Store, forged: Index) -> None:
    """Check that the failure says that a hash does not match, not only which hash the wheel has."""
    with pytest.raises(ToolFailure) as failure:
        measure.measure_part(
            ANTHROPIC, make_jobs([cell("swallows_errors")], known), ONE_CALL, options(forged), Silent()
        )
    assert "Hash mismatch" in str(failure.value)


def test_three_failures_of_the_index_end_a_run(own_cache: Path, known: Store) -> None:
    """Check that the other releases are not tried."""
    cells = [cell(behaviour, Lane.AS_RELEASED) for behaviour in RELEASES if behaviour != "raises_documented"]
    progress = Silent()
    nowhere = measure.Options(index="http://127.0.0.1:9/simple", workers=1)
    with pytest.raises(ToolFailure, match=r"could not resolve anthropic"):
        measure.measure_part(ANTHROPIC, make_jobs(cells, known), ONE_CALL, nowhere, progress)
    assert 3 == len(progress.failures)


@pytest.mark.parametrize("failing", [4, 9])
def test_failures_of_releases_end_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int) -> None:
    """Check that a run goes on after three failures in a row if this machine and the index are not the cause."""

    async def can_measure(self: Runner) -> bool:
        return True

    monkeypatch.setattr(Runner, "can_measure", can_measure)
    progress = Silent()
    runner = InstantRunner(tmp_path, progress, *[ToolFailure("no wheel")] * failing)
    jobs = [job for behaviour in RELEASES for job in locked(behaviour, cell(behaviour))]
    recorded, failures = runner.go(jobs, 1)
    assert (len(jobs) - failing, failing) == (len(recorded), len(failures))


def test_uninstallable_releases_in_both_lanes_stop_no_other(
    own_cache: Path, own_index: Index, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check two releases whose wheels uv refuses, and one that is no zip file."""
    store = catalogue("raises_documented", "raises_200")
    releases = store.releases()
    entry = RELEASES["raises_200"].entry
    for miniature in (Miniature("0.0.1", entry), Miniature("0.0.2", entry), Miniature("0.0.3", entry)):
        monkeypatch.setitem(UPLOADED, miniature, min(UPLOADED.values()))
        data = b"no wheel" if miniature.version == "0.0.3" else wheel_of_a_later_format(miniature)
        own_index.add_file(miniature, data, UPLOADED[miniature])
        digest = hashlib.sha256(data).hexdigest()
        file = Distribution(filename=miniature.filename, sha256=digest, size=len(data))
        releases[miniature.version] = msgspec.structs.replace(release(miniature), wheels=(file,))
    store.put_releases(releases)
    cells = [Cell(version, lane, PYTHON) for version in ("0.0.1", "0.0.2", "0.0.3") for lane in Lane]
    jobs = make_jobs([*cells, cell("raises_documented")], store)
    options = measure.Options(index=own_index.address, workers=1)
    measure.run(store, jobs, options, Silent())
    assert Outcome.COMPLETED == result(store, "raises_documented").outcome
    refused = [store.result(cell) for cell in cells]
    assert [Outcome.CANNOT_INSTALL] * len(cells) == [recorded and recorded.outcome for recorded in refused]
    assert refused[-1] is not None
    assert "invalid package format" in refused[-1].reason


def wheel_of_a_later_format(miniature: Miniature) -> bytes:
    """Return a wheel that says that it is of version 9, which no program installs."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wheel(miniature))) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            target.writestr(
                zipfile.ZipInfo(name), source.read(name).replace(b"Version: 1.0\nGen", b"Version: 9.0\nGen")
            )
    return made.getvalue()


def test_measuring_a_part_records_nothing(own_cache: Path, index: Index, known: Store) -> None:
    """Check that a part of the suite is returned and not stored."""
    before = snapshot(known.folder)
    cells = [cell("raises_200"), cell("crashes_on_import")]
    results = dict(measure.measure_part(ANTHROPIC, make_jobs(cells, known), ONE_CALL, options(index), Silent()))
    assert set(cells) == results.keys()
    assert {OVERLOADED: result(known, "raises_200").behaviour[OVERLOADED]} == results[cells[0]].behaviour
    assert before == snapshot(known.folder)


def test_a_workspace_removes_an_abandoned_one(own_cache: Path) -> None:
    """Check that the folders of a killed run go, and those of a living run stay."""
    with workspace.workspace() as living:
        abandoned = living.with_name("abandoned")
        (abandoned / "home").mkdir(parents=True)
        (abandoned / "home").chmod(0)
        abandoned.with_suffix(".lock").touch()
        with workspace.workspace() as folder:
            assert {living.name, folder.name} == {path.name for path in living.parent.iterdir() if path.is_dir()}
    assert [] == list(living.parent.iterdir())


# What is installed.


@pytest.mark.usefixtures("own_cache")
def test_a_file_with_another_hash_is_not_installed(index: Index, tmp_path: Path) -> None:
    """Check that another file under the locked name is refused."""
    (pin,) = drive.lock_of("raises_200").pins
    with pytest.raises(ToolFailure, match=r"could not install anthropic==9\.0\.0"):
        drive.install_lock(index, Lock((pin,), {pin: ("0" * 64,)}), tmp_path / "cell")


@pytest.mark.usefixtures("own_cache")
def test_no_build_script_runs(own_index: Index, tmp_path: Path) -> None:
    """Check a source distribution that needs nothing to build itself, and whose hash is right."""
    marker, lock = tmp_path / "built", "only-sdist==1.0"
    data = make_sdist(ONLY_SDIST, marker)
    own_index.add_file(ONLY_SDIST, data, UPLOADED[ONLY_SDIST])
    with pytest.raises(ToolFailure, match="could not install"):
        drive.install_lock(own_index, Lock((lock,), {lock: (hashlib.sha256(data).hexdigest(),)}), tmp_path / "cell")
    assert not marker.exists()


def make_sdist(miniature: Miniature, marker: Path) -> bytes:
    """Make a source distribution with its own build script, which makes the wheel and a file at `marker`."""
    backend = f"""
import pathlib
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path({str(marker)!r}).touch()
    name = {miniature.filename.replace(".tar.gz", "-py3-none-any.whl")!r}
    pathlib.Path(wheel_directory, name).write_bytes({wheel(miniature)!r})
    return name
"""
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        "backend.py": backend,
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {miniature.name}\nVersion: {miniature.version}\n",
    }
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"{miniature.filename.removesuffix('.tar.gz')}/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()
