"""Runs programs and says what they cost: wall time, and CPU of the program with all that it started and waited for.

I/O.
"""

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
"""Characters of what a program said last that are passed on when it fails."""


class Cost(msgspec.Struct, frozen=True):
    """Seconds that a program took, and seconds of CPU."""

    wall: float
    cpu: float


def environment(**more: str) -> dict[str, str]:
    """What programs are run with: they write bytecode as they do at home, and uv finds the cache that is warm."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"UV_CACHE_DIR": uv_cache(), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"} | more


def uv_cache() -> str:
    """Where uv keeps what it downloaded."""
    return subprocess.run([find_uv_bin(), "cache", "dir"], capture_output=True, text=True, check=True).stdout.strip()


def run(
    command: Sequence[str | Path], env: Mapping[str, str], folder: Path = ROOT, codes: Sequence[int] = (0,)
) -> Cost:
    """Run a program to its end.

    Raises:
        SystemExit: It left with another exit code than those expected; says what it wrote last.
    """
    _adopt_orphans()
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*map(str, command)],
            env=dict(env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in codes:
            said.seek(max(0, said.seek(0, os.SEEK_END) - _SAID))
            last = said.read().decode(errors="replace")
            raise SystemExit(f"{Path(command[0]).name} left with {process.returncode}:\n{last}")
    return Cost(wall, usage.ru_utime + usage.ru_stime + _of_orphans())


def _adopt_orphans() -> None:
    """From now on, who is left without a parent is ours: a sandbox ends before what ran in it is counted."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _of_orphans() -> float:
    """Seconds of CPU of all that were adopted and have ended."""
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
    """A module of ours that says where it listens, and serves until its standard input ends: with the context, at last.

    Yields:
        Its first line, and what ends it and gives all that it says after that.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", *module],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    said, heard = process.stdin, process.stdout
    if said is None or heard is None:
        raise AssertionError

    def end() -> bytes:
        said.close()
        return heard.read()

    with process:
        try:
            yield heard.readline().decode().strip(), end
        finally:
            said.close()


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A new folder beside uv's cache, so that its files can be hard links; removed when the context is left."""
    home = user_cache_path("midstream") / "bench"
    home.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=home))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def in_turn(rounds: int, programs: Mapping[str, Callable[[], Cost]]) -> dict[str, list[Cost]]:
    """Run every program once a round; each round begins with another, so that none always comes first."""
    costs: dict[str, list[Cost]] = {name: [] for name in programs}
    names = list(programs)
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            costs[name].append(programs[name]())
            print(f"  round {number + 1}, {name}: {costs[name][-1].wall:.2f} s, CPU {costs[name][-1].cpu:.2f} s")
    return costs


def walls(costs: Sequence[Cost]) -> list[float]:
    """The wall time of each."""
    return [cost.wall for cost in costs]


def cpus(costs: Sequence[Cost]) -> list[float]:
    """The CPU of each."""
    return [cost.cpu for cost in costs]


def machine() -> dict[str, str]:
    """What is measured on, as far as it matters."""
    return {
        "cores": str(cores()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
