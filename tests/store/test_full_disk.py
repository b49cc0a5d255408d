"""The system may refuse any step of writing: the failure has a hint, no data is lost, and no temporary file remains."""

import datetime as dt
import errno
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from matrix.errors import MatrixError
from matrix.harness.upkeep import update_judgements
from matrix.service.artifact import RECORD, ShardRecord, record_path
from matrix.store import envelope, last_run
from matrix.store.store import Store
from matrix.system.files import TEMPORARY
from matrix.targets import ANTHROPIC
from tests.miniature.drive import PYTHON, Done, Matrix, cell, snapshot
from tests.miniature.index import Index
from tests.miniature.releases import RELEASES
from tests.store.test_power_cut import known, run
from tests.store.test_store import fill
from tests.support.refusing import STEPS, Refusing

HINTS = {
    errno.ENOSPC: "Free some disk space, then run the same command again. It keeps what was recorded and continues.",
    errno.EDQUOT: "Free some disk space, then run the same command again. It keeps what was recorded and continues.",
    errno.EROFS: "The file system is read-only. Name another folder, or mount it for writing.",
    errno.EACCES: "Check who owns it (`ls -l`) and whether you may write it.",
    errno.EPERM: "Check who owns it (`ls -l`) and whether you may write it.",
    errno.EIO: "The disk may be failing. Read the system's log before you continue.",
}
"""The error number of the system, to the hint of the failure."""

UNBOUNDED = 10**9
"""More steps than any run takes."""


def failure_of(act: Callable[[Path], object], folder: Path, allowed: int, reason: int, only: str | None = None) -> str:
    """Act in a folder on a system that refuses; return the message of the failure, or nothing if there was none."""
    system = Refusing(folder, allowed, reason, only)
    with pytest.MonkeyPatch.context() as patch:
        system.patched(patch)
        try:
            act(folder)
        except MatrixError as caught:
            failure = caught
        else:
            assert 0 == system.refused
            return ""
    assert (10, HINTS[reason]) == (failure.exit_code, failure.hint)
    assert str(folder) in str(failure)
    return str(failure)


def judge_anew(folder: Path) -> None:
    """Update the judgements as `matrix verify --judge` does."""
    update_judgements(Store(folder, ANTHROPIC))


def temporary_files(folder: Path) -> list[Path]:
    """List the half-written files."""
    return [*folder.rglob("*" + TEMPORARY)]


@pytest.mark.parametrize(
    ("only", "reason"),
    [*((step, errno.ENOSPC) for step in STEPS), (None, errno.EROFS)],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else value or "any step",
)
@pytest.mark.slow
def test_no_data_is_lost_when_the_system_refuses_a_step(tmp_path: Path, only: str | None, reason: int) -> None:
    """The test refuses all steps after each number of steps; the same run then completes the data."""
    whole, begun = tmp_path / "whole", tmp_path / "begun"
    fill(begun)
    shutil.copytree(begun, whole)
    if only == "mkdir":  # start from an empty folder
        shutil.rmtree(begun)
        begun.mkdir()
    run(whole)
    before, steps = known(begun), 0
    while failure_of(run, shutil.copytree(begun, folder := tmp_path / str(steps)), steps, reason, only):
        if only not in (None, "unlink"):  # half-written files can be removed
            assert [] == temporary_files(folder)
        assert [] == Store(folder, ANTHROPIC).verify(tidy=False)
        now = known(folder)
        assert before == now if only is None and steps == 0 else all(now[what] for what in before if before[what])
        failure_of(run, folder, UNBOUNDED, reason)
        assert (snapshot(whole), []) == (snapshot(folder), temporary_files(folder))
        steps += 1
    assert snapshot(whole) == snapshot(folder)
    assert steps >= (1 if only == "unlink" else 4)


@pytest.mark.parametrize("reason", HINTS, ids=lambda reason: errno.errorcode[reason])
@pytest.mark.parametrize("act", [run, judge_anew], ids=["a run", "a judgement"])
def test_the_failure_names_the_file_and_the_reason(tmp_path: Path, act: Callable[[Path], object], reason: int) -> None:
    """The hint fits the reason."""
    fill(tmp_path / "data")
    assert ": can't be " in failure_of(act, tmp_path / "data", 0, reason)


def test_the_failure_names_a_folder_that_cannot_be_created(tmp_path: Path) -> None:
    """The message is that of a file that cannot be written."""
    assert f"{tmp_path}/data: can't be written: " in failure_of(run, tmp_path / "data", 0, errno.EROFS)


@pytest.mark.parametrize("only", STEPS[:4])
def test_a_file_that_cannot_be_written_is_unchanged(tmp_path: Path, only: str) -> None:
    """The day of the last good run and the record of a shard are written in this way."""
    fill(tmp_path / "data")
    record = ShardRecord(plan="", suite="", shard=1, of=1)

    def writing(day: int) -> Callable[[Path], object]:
        def write(folder: Path) -> None:
            last_run.record(folder / "data", dt.date(2025, 1, day), "0123456789abcdef", 1, "1.0.0")
            envelope.write(record_path(folder), RECORD, msgspec.structs.replace(record, stopped=str(day)))

        return write

    failure_of(writing(1), tmp_path, UNBOUNDED, errno.ENOSPC)
    before = snapshot(tmp_path)
    assert "checked.json: can't be written" in failure_of(writing(2), tmp_path, 0, errno.ENOSPC, only)
    assert before == snapshot(tmp_path)


def test_a_folder_that_does_not_support_sync_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems refuse to sync a folder; data can still be written there."""

    def sync(number: int) -> None:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("os.fsync", sync)
    run(tmp_path / "data")
    assert [] == Store(tmp_path / "data", ANTHROPIC).verify()


# The command line


def assert_refused(done: Done, reason: int) -> None:
    """Assert that a command was refused: one paragraph with the hint, and the exit code of a refusing system."""
    assert (10, HINTS[reason]) == (done.code, done.err.partition("Hint: ")[2].rstrip("\n"))
    assert done.err.startswith("Error: ")
    assert "Traceback" not in done.err


def run_on(system: Refusing, matrix: Matrix, *arguments: str | Path) -> Done:
    """Run a command on a system that refuses."""
    with pytest.MonkeyPatch.context() as patch:
        system.patched(patch)
        command, *rest = map(str, arguments)
        return matrix(command, *rest)


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EACCES], ids=["no room", "no permission"])
def test_a_refused_refresh_leaves_the_old_or_the_new_catalogue(matrix: Matrix, reason: int) -> None:
    """The first refresh without a refusal completes the catalogue."""
    arguments = ("refresh", "--index", matrix.index.address)
    steps = 0
    while (done := run_on(Refusing(matrix.data.parent, steps, reason), matrix, *arguments)).code:
        assert_refused(done, reason)
        assert [] == Store(matrix.data, ANTHROPIC).verify(tidy=False)
        steps += 1
    assert steps >= 5
    assert (len(RELEASES), []) == (len(Store(matrix.data, ANTHROPIC).releases()), temporary_files(matrix.data))


def test_a_refused_judgement_leaves_the_old_judgements(matrix: Matrix) -> None:
    """The same command, repeated, writes the new judgements."""
    fill(matrix.data)
    before = snapshot(matrix.data)
    states: list[dict[str, bytes]] = []
    while (
        done := run_on(Refusing(matrix.data, len(states), errno.EROFS, "replace"), matrix, "verify", "--judge")
    ).code:
        assert_refused(done, errno.EROFS)
        states.append(snapshot(matrix.data))
        assert [] == Store(matrix.data, ANTHROPIC).verify(tidy=False)
    after = snapshot(matrix.data)
    unsealed = [{name: data for name, data in files.items() if name != "root.json"} for files in (before, after)]
    assert unsealed == states  # the judgements are refused, then the root digest
    assert 0 == matrix("verify").code


@pytest.mark.slow
def test_a_run_ends_at_a_result_that_cannot_be_written(matrix: Matrix, tmp_path: Path) -> None:
    """The control before it remains in the data; the same command continues from there."""
    matrix.index = Index(tmp_path / "few")
    matrix.index.add(RELEASES["raises_200"])
    assert 0 == matrix("refresh", "--index", matrix.index.address).code
    arguments = ("run", "--lane", "today", "--index", matrix.index.address, "--python", PYTHON)
    done = run_on(Refusing(matrix.data / "cells", 0, errno.ENOSPC, "write"), matrix, *arguments)
    assert_refused(done, errno.ENOSPC)
    store = Store(matrix.data, ANTHROPIC)
    assert ([], {}, []) == (store.verify(tidy=False), store.cells(), temporary_files(matrix.data))
    assert store.control(f"patched-{PYTHON}") is not None
    assert 0 == matrix(*arguments).code
    assert [cell("raises_200")] == [*Store(matrix.data, ANTHROPIC).cells()]
    assert [] == Store(matrix.data, ANTHROPIC).verify()
