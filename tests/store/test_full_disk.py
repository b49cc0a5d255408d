"""The system may refuse any step of writing: a failure with a hint; nothing is lost, and nothing is left over."""

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
from tests.store.test_store import contents, fill
from tests.support.refusing import STEPS, Refusing

HINTS = {
    errno.ENOSPC: "Free some disk space, then run the same command again. It keeps what was recorded and continues.",
    errno.EDQUOT: "Free some disk space, then run the same command again. It keeps what was recorded and continues.",
    errno.EROFS: "The file system is read-only. Name another folder, or mount it for writing.",
    errno.EACCES: "Check who owns it (`ls -l`) and whether you may write it.",
    errno.EPERM: "Check who owns it (`ls -l`) and whether you may write it.",
    errno.EIO: "The disk may be failing. Read the system's log before you continue.",
}
"""Why the system refuses, to the hint."""

UNBOUNDED = 10**9
"""So many steps that all are done."""


def refused(act: Callable[[Path], object], folder: Path, allowed: int, reason: int, only: str | None = None) -> str:
    """Act in a folder, on a system that refuses; the failure, or nothing if there was none."""
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
    """What `matrix verify --judge` does."""
    update_judgements(Store(folder, ANTHROPIC))


def left_over(folder: Path) -> list[Path]:
    """Files that were half written."""
    return [*folder.rglob("*" + TEMPORARY)]


@pytest.mark.parametrize(
    ("only", "reason"),
    [*((step, errno.ENOSPC) for step in STEPS), (None, errno.EROFS)],
    ids=lambda one: errno.errorcode[one] if isinstance(one, int) else one or "any",
)
@pytest.mark.slow
def test_a_system_that_refuses_any_step_loses_nothing(tmp_path: Path, only: str | None, reason: int) -> None:
    """From the first to the last, and every one after it; once there is room, the same run makes the data whole."""
    whole, begun = tmp_path / "whole", tmp_path / "begun"
    fill(begun)
    shutil.copytree(begun, whole)
    if only == "mkdir":  # everything is made anew
        shutil.rmtree(begun)
        begun.mkdir()
    run(whole)
    before, steps = known(begun), 0
    while refused(run, shutil.copytree(begun, folder := tmp_path / str(steps)), steps, reason, only):
        if only not in (None, "unlink"):  # then, what is half written can be taken away
            assert [] == left_over(folder)
        assert [] == Store(folder, ANTHROPIC).verify(tidy=False)
        now = known(folder)
        assert before == now if only is None and steps == 0 else all(now[what] for what in before if before[what])
        refused(run, folder, UNBOUNDED, reason)
        assert (contents(whole), []) == (contents(folder), left_over(folder))
        steps += 1
    assert contents(whole) == contents(folder)
    assert steps >= (1 if only == "unlink" else 4)


@pytest.mark.parametrize("reason", HINTS, ids=lambda reason: errno.errorcode[reason])
@pytest.mark.parametrize("act", [run, judge_anew], ids=["a run", "judging"])
def test_why_it_was_refused_is_said(tmp_path: Path, act: Callable[[Path], object], reason: int) -> None:
    """With the file, and with what to try."""
    fill(tmp_path / "data")
    assert ": can't be " in refused(act, tmp_path / "data", 0, reason)


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    """As a file is that can't be written."""
    assert f"{tmp_path}/data: can't be written: " in refused(run, tmp_path / "data", 0, errno.EROFS)


@pytest.mark.parametrize("only", STEPS[:4])
def test_a_file_that_can_not_be_written_stays_as_it_was(tmp_path: Path, only: str) -> None:
    """The day of the last good run, what a shard says of itself: all that is written is written in that way."""
    fill(tmp_path / "data")
    record = ShardRecord(plan="", suite="", shard=1, of=1)

    def writing(day: int) -> Callable[[Path], object]:
        def write(folder: Path) -> None:
            last_run.record(folder / "data", dt.date(2025, 1, day), "0123456789abcdef", 1, "1.0.0")
            envelope.write(record_path(folder), RECORD, msgspec.structs.replace(record, stopped=str(day)))

        return write

    refused(writing(1), tmp_path, UNBOUNDED, errno.ENOSPC)
    before = snapshot(tmp_path)
    assert "checked.json: can't be written" in refused(writing(2), tmp_path, 0, errno.ENOSPC, only)
    assert before == snapshot(tmp_path)


def test_a_folder_of_names_that_knows_no_sync_is_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some file systems over a network refuse it; that is no reason to refuse to work there."""

    def sync(number: int) -> None:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr("os.fsync", sync)
    run(tmp_path / "data")
    assert [] == Store(tmp_path / "data", ANTHROPIC).verify()


# The command line.


def ended(done: Done, reason: int) -> None:
    """A command was refused: one paragraph, with the hint, and the exit code of what the system refuses."""
    assert (10, HINTS[reason]) == (done.code, done.err.partition("Hint: ")[2].rstrip("\n"))
    assert done.err.startswith("Error: ")
    assert "Traceback" not in done.err


def on(system: Refusing, matrix: Matrix, *arguments: str | Path) -> Done:
    """What a command comes to on a system that refuses."""
    with pytest.MonkeyPatch.context() as patch:
        system.patched(patch)
        command, *rest = map(str, arguments)
        return matrix(command, *rest)


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EACCES], ids=["no room", "no permission"])
def test_refresh(matrix: Matrix, reason: int) -> None:
    """The catalogue is the old one or the new one."""
    arguments = ("refresh", "--index", matrix.index.address)
    steps = 0
    while (done := on(Refusing(matrix.data.parent, steps, reason), matrix, *arguments)).code:
        ended(done, reason)
        assert [] == Store(matrix.data, ANTHROPIC).verify(tidy=False)
        steps += 1
    assert steps >= 5
    assert (len(RELEASES), []) == (len(Store(matrix.data, ANTHROPIC).releases()), left_over(matrix.data))


def test_verify_judge(matrix: Matrix) -> None:
    """Judgements are the old ones or the new ones, and can be made again."""
    fill(matrix.data)
    before, steps = snapshot(matrix.data), 0
    while (done := on(Refusing(matrix.data, steps, errno.EROFS, "replace"), matrix, "verify", "--judge")).code:
        ended(done, errno.EROFS)
        assert before == snapshot(matrix.data)
        steps += 1
    assert 1 == steps
    assert 0 == matrix("verify").code


@pytest.mark.slow
def test_run(matrix: Matrix, tmp_path: Path) -> None:
    """The result that can't be written ends it, the control before it is kept; the same command goes on from there."""
    matrix.index = Index(tmp_path / "few")
    matrix.index.add(RELEASES["raises_200"])
    assert 0 == matrix("refresh", "--index", matrix.index.address).code
    arguments = ("run", "--lane", "today", "--index", matrix.index.address, "--python", PYTHON)
    done = on(Refusing(matrix.data / "cells", 0, errno.ENOSPC, "write"), matrix, *arguments)
    ended(done, errno.ENOSPC)
    store = Store(matrix.data, ANTHROPIC)
    assert ([], {}, []) == (store.verify(tidy=False), store.cells(), left_over(matrix.data))
    assert store.control(f"patched-{PYTHON}") is not None
    assert 0 == matrix(*arguments).code
    assert [cell("raises_200")] == [*Store(matrix.data, ANTHROPIC).cells()]
    assert [] == Store(matrix.data, ANTHROPIC).verify()
