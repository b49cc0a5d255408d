"""Child processes end with everything that they started, whenever that is, and nothing waits for their pipes."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from matrix.system import process
from tests.miniature.drive import wait_until
from tests.support.paths import ROOT

SOON = 5.0
"""Seconds in which a group ends; it takes a few hundredths."""

LEAVES_ITS_GROUP = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    open(sys.argv[1], "w").write(str(os.getpid()))
    time.sleep(60)
time.sleep(60)
"""
"""A program whose child starts a session of its own, and keeps the pipes."""

STARTS_A_CHILD = """
import subprocess, sys
subprocess.run([sys.executable, "-c", "import time; time.sleep(60)", sys.argv[1]])
"""
"""A program that waits for its child, as bubblewrap does."""


def test_pipes_of_a_process_that_left_the_group_are_not_waited_for(tmp_path: Path) -> None:
    """Such a process holds them for as long as it likes."""
    file = tmp_path / "pid"

    async def go() -> float:
        async with process.group([sys.executable, "-c", LEAVES_ITS_GROUP, file], environment={}):
            await asyncio.to_thread(wait_until, lambda: file.exists() and bool(file.read_text()), "the child")
            began = time.monotonic()
        return time.monotonic() - began

    try:
        assert asyncio.run(go()) < SOON
    finally:
        os.kill(int(file.read_text()), signal.SIGKILL)


def test_asyncio_alone_asks_for_the_exit_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that another part of the program takes first is an unknown child for asyncio, which says so."""

    def poll(_: object) -> int:
        raise AssertionError("the exit code was taken")

    async def go() -> int | None:
        async with process.group([sys.executable, "-c", "input()"], environment={}) as started:
            monkeypatch.setattr(subprocess.Popen, "poll", poll)
        return started.returncode

    assert -signal.SIGKILL == asyncio.run(go())


def test_input_that_nobody_reads_is_not_waited_for() -> None:
    """A pipe that is full would be written to its end before it is closed."""

    async def go() -> float:
        async with process.group([sys.executable, "-c", "import time; time.sleep(60)"], environment={}) as started:
            assert started.stdin is not None
            started.stdin.write(bytes(1 << 20))
            began = time.monotonic()
        return time.monotonic() - began

    assert asyncio.run(go()) < SOON


@pytest.mark.parametrize("steps", range(8))
def test_start_that_is_cancelled_leaves_no_process(tmp_path: Path, steps: int) -> None:
    """However far it has come: the child of a program that is killed alone would go on, and hold the pipes."""

    async def go() -> None:
        async def run() -> None:
            async with process.group([sys.executable, "-c", STARTS_A_CHILD, tmp_path], environment={}):
                await asyncio.sleep(60)

        task = asyncio.create_task(run())
        for _ in range(steps):
            await asyncio.sleep(0)
        time.sleep(0.2)  # noqa: ASYNC251 - the program starts its child, and the loop hears nothing of it
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.shield(task), SOON)

    asyncio.run(go())
    # The kernel ends the child of a killed program a moment later.
    wait_until(lambda: not [line for line in _command_lines() if str(tmp_path) in line], "the end of the group", SOON)


def _command_lines() -> list[str]:
    lines = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            lines.append((folder / "cmdline").read_bytes().decode(errors="replace"))
    return lines


@pytest.mark.parametrize("program", ["matrix", "midstream"])
def test_interrupt_while_modules_are_imported_shows_no_traceback(tmp_path: Path, program: str) -> None:
    """It ends with the exit code of an interrupt and a sentence."""
    (tmp_path / "click.py").write_text("import signal; signal.raise_signal(signal.SIGINT)\n", encoding="utf-8")
    listening = "import runpy, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    done = subprocess.run(
        [sys.executable, "-c", f"{listening}runpy.run_module({program!r}, run_name='__main__', alter_sys=True)"],
        env={"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (130, "", "Interrupted before the command began.\n") == (done.returncode, done.stdout, done.stderr)
