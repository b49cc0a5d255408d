"""Runs programs and measures their cost: the wall time, and the CPU time of the program and all its children. I/O."""

import contextlib
import ctypes
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from platformdirs import user_cache_path
from uv import find_uv_bin

from matrix.system.process import cores
from matrix.targets import DEFAULT

ROOT: Final = Path(__file__).parent.parent
DATA: Final = ROOT / "reports" / "data" / DEFAULT.id
MATRIX: Final = (sys.executable, "-m", "matrix")

_PR_SET_CHILD_SUBREAPER: Final = 36

_SAID: Final = 2000
"""Limit for the output of a failed program in a message, in characters."""


class Cost(msgspec.Struct, frozen=True):
    """The cost of running a program.

    Attributes:
        wall: The wall time, in seconds.
        cpu: The CPU time of the program and its children, in seconds.
    """

    wall: float
    cpu: float


def environment(**more: str) -> dict[str, str]:
    """Make the environment variables of programs: they write bytecode, and uv uses the user's cache."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return inherited | {"UV_CACHE_DIR": uv_cache(), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | more


def uv_cache() -> str:
    """Return the folder of uv's cache."""
    return subprocess.run([find_uv_bin(), "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()


def run(
    command: Sequence[str | Path], env: Mapping[str, str], folder: Path = ROOT, codes: Sequence[int] = (0,)
) -> Cost:
    """Run a program to its end.

    Raises:
        SystemExit: It ended with an exit code that is not in `codes`; the message has the end of its output.
    """
    _adopt_orphans()
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*map(str, command)],
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            output.seek(max(0, output.seek(0, os.SEEK_END) - _SAID))
            last = output.read().decode(errors="replace")
            raise SystemExit(f"{Path(command[0]).name} ended with exit code {process.returncode}:\n{last}")
    return Cost(wall, usage.ru_utime + usage.ru_stime + _of_orphans())


def _adopt_orphans() -> None:
    """Adopt orphaned processes, since a sandbox ends before the CPU time of its processes is counted."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _of_orphans() -> float:
    """Sum the CPU time of adopted processes that have ended, in seconds."""
    total = 0.0
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
            if not pid:
                break
            total += usage.ru_utime + usage.ru_stime
    return total


@contextlib.contextmanager
def server(*module: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Run a module that prints its address and serves until its standard input ends; leaving the context ends it too.

    Yields:
        Its address, and a function that ends it and returns the rest of its output.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise AssertionError

    def end() -> bytes:
        stdin.close()
        return stdout.read()

    with process:
        try:
            yield stdout.readline().decode().strip(), end
        finally:
            stdin.close()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Make a folder in the user's cache, where uv can use hard links; leaving the context removes it."""
    home = user_cache_path("midstream") / "bench"
    home.mkdir(parents=True, exist_ok=True)
    created = Path(tempfile.mkdtemp(dir=home))
    try:
        yield created
    finally:
        shutil.rmtree(created, ignore_errors=True)


def in_turn(rounds: int, programs: Mapping[str, Callable[[], Cost]]) -> dict[str, list[Cost]]:
    """Run every program once a round, and start each round with another program, so that none is always first."""
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    names = list(programs)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            costs[name].append(programs[name]())
            print(f"  round {number + 1}, {name}: {costs[name][-1].wall:.2f} s, CPU {costs[name][-1].cpu:.2f} s")
    return costs


def walls(costs: Sequence[Cost]) -> list[float]:
    """List the wall times of costs."""
    return [cost.wall for cost in costs]


def cpus(costs: Sequence[Cost]) -> list[float]:
    """List the CPU times of costs."""
    return [cost.cpu for cost in costs]


def machine() -> dict[str, str]:
    """Describe the machine: its cores, Python and system."""
    return {
        "cores": str(cores()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
