"""The activity of programs: what the system says of processes that compete for one processor."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from matrix.audit import activity, running
from matrix.audit.activity import is_busy, starved_seconds
from matrix.backend.timed_journal import TimedJournal

SPIN = "import os, time\nos.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\nwhile True: pass"


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="the system counts no such time")
def test_programs_that_share_a_processor_starve() -> None:
    """Each of four has it for a quarter of the time."""
    programs = [subprocess.Popen([sys.executable, "-I", "-S", "-c", SPIN]) for _ in range(4)]
    try:
        limit = time.monotonic() + 60
        while starved_seconds(os.getpid()) < 1 and time.monotonic() < limit:
            time.sleep(0.05)
        assert starved_seconds(os.getpid()) >= 1
        assert is_busy(os.getpid())
    finally:
        for program in programs:
            program.kill()
            program.wait()


@pytest.mark.parametrize(("starved", "is_over"), [(0.0, True), (5.0, False)])
def test_the_time_without_a_processor_does_not_count(
    starved: float, is_over: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program has waited for 9 s of its 8, and had no processor for a part of them."""
    clock = [100.0]
    waits = [1.0]
    monkeypatch.setattr(activity, "processor_seconds", lambda _pid: 0.0)
    monkeypatch.setattr(activity, "starved_seconds", lambda _pid: waits[0])
    monkeypatch.setattr(activity, "is_busy", lambda _pid: False)
    journal = TimedJournal(lambda: clock[0])
    limit = running._TimeLimit(1, journal, 8.0)
    clock[0] += 9
    waits[0] += starved
    assert is_over is asyncio.run(limit.is_over())
