"""Helpers that run the pipeline, by the command line or by its parts, and find what it leaves on this machine.

I/O. The user's variables, caches and processes are kept apart from the test's: everything that a test starts has the
test's own cache folder in its environment, by which it is found.
"""

import asyncio
import functools
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import msgspec
import pytest
from filelock import FileLock

from matrix.catalogue.suite import SuitePart
from matrix.cli import main
from matrix.errors import MatrixError
from matrix.harness.player import Player, ProbeRun, Settings
from matrix.harness.program import copy_program
from matrix.harness.sandbox import NO_SANDBOX, Confinement, Sandbox, find_sandbox
from matrix.harness.uv import Uv
from matrix.model import Cell, Lane, Lock
from matrix.observation import Call, Result
from matrix.system.workspace import workspace
from matrix.targets import ANTHROPIC
from tests.miniature.index import Index, release
from tests.miniature.releases import PROJECT, RELEASES, version
from tests.support import processes

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python of the tests is that of their cells, because it is installed."""

PATIENCE = 60.0
"""Seconds for one command; the slowest takes 6 on two loaded cores."""

PART = SuitePart(
    scenarios=(
        "clean",
        "http-rate_limit_error",
        "http-api_error",
        "http-overloaded_error",
        "http-spend-cap",
        "unknown",
        "mid-api_error",
        "mid-overloaded_error",
        "mid-unheard_of_error",
        "first-api_error",
        "first-overloaded_error",
        "tool-block",
        "after-stop",
        "spend-cap",
        "error-held",
        "text",
        "eof-mid",
        "reset",
    ),
    surfaces=(
        "messages.create",
        "messages.create-async",
        "messages.stream",
        "messages.stream-async",
        "messages.stream.text_stream",
        "completion_stream",
        "aiohttp.messages.create-async",
    ),
)
"""The part of the suite for tests whose subject is not the whole suite: a fifteenth, with something of most kinds, and
nothing that waits."""

PLAYS_A_PART = f"""
from matrix.catalogue import suite
suite.WHOLE = suite.SuitePart({PART.scenarios!r}, {PART.surfaces!r})
from matrix.harness import player
player._IMPORT_TIME = 3.0
player._CELL_TIME = 60.0
from matrix.cli import main
"""
"""The beginning of a program for which `PART` is the whole suite, and which waits less for imports and cells."""


class Done(msgspec.Struct, frozen=True):
    """A command that has ended."""

    code: int
    out: str
    err: str


class _RecordingStream(io.TextIOWrapper):
    """A standard stream that records its text."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, "utf-8", write_through=True)

    def text(self) -> str:
        """Return the written text."""
        return self._bytes.getvalue().decode()


def run_command(*arguments: str | Path) -> Done:
    """Run the command line to its end in this process, which saves the half second of a new one."""
    out, err = _RecordingStream(), _RecordingStream()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["matrix", *map(str, arguments)])
        with pytest.raises(SystemExit) as leaving:
            main()
    return Done(int(leaving.value.code or 0), out.text(), err.text())


class Matrix:
    """The command line on one data folder.

    Args:
        data: The data folder.
        index: The package index.
    """

    def __init__(self, data: Path, index: Index) -> None:
        self.data = data
        self.index = index

    def start(self, command: str, *arguments: str | Path, part: bool = False) -> subprocess.Popen[str]:
        """Start a command in its own process, as a user does; one that measures may play a part of the suite."""
        program = ("-c", f"{PLAYS_A_PART}main()") if part else ("-m", "matrix")
        return processes.start([sys.executable, *program, *self._arguments(command, arguments)])

    def __call__(self, command: str, *arguments: str | Path) -> Done:
        """Run a command to its end in this process."""
        return run_command(*self._arguments(command, arguments))

    def _arguments(self, command: str, arguments: Sequence[str | Path]) -> list[str]:
        measures = command in ("run", "reproduce", "plan")
        where = ["--index", self.index.address] if measures and "--index" not in arguments else []
        python = ["--python", PYTHON] if measures and not {"--python", "--shard"} & {*arguments} else []
        return ["--data", str(self.data), command, *where, *python, *map(str, arguments)]


class Silent:
    """A progress that prints nothing, and records its events."""

    def __init__(self) -> None:
        self.finished_cells: list[Cell] = []
        self.failures: list[MatrixError] = []
        self.controls: list[Cell] = []
        self.skipped: list[tuple[Cell, str]] = []
        self.announced: list[int] = []

    def started(self, cell: Cell) -> None:
        """Record nothing."""

    def finished(self, cell: Cell, result: Result) -> None:
        """Record a finished cell."""
        self.finished_cells.append(cell)

    def failed(self, cell: Cell, failure: MatrixError) -> None:
        """Record a failure."""
        self.failures.append(failure)

    def control_skipped(self, cell: Cell, reason: str) -> None:
        """Remember a release that is no control."""
        self.skipped.append((cell, reason))

    def controls_hold(self, cell: Cell) -> None:
        """Record that the controls hold."""
        self.controls.append(cell)

    def jobs_added(self, count: int) -> None:
        """Record the number of added jobs."""
        self.announced.append(count)

    def sandbox_missing(self, reason: str) -> None:
        """Record nothing: a test that needs a sandbox says so."""

    def sandbox_lacks(self, what: str) -> None:
        """Record nothing: the tests of the sandbox say what they need."""

    def environment_kept(self, cell: Cell, program: Path) -> None:
        """Record nothing."""


def end(command: subprocess.Popen[str]) -> Done:
    """Wait for the end of a command."""
    with processes.ending(command):
        out, err = command.communicate(timeout=PATIENCE)
    return Done(command.returncode, out, err)


def cell(behaviour: str, lane: Lane = Lane.TODAY, extra: str = "") -> Cell:
    """Make the cell of a miniature."""
    return Cell(version(behaviour), lane, PYTHON, extra)


def lock_of(behaviour: str) -> Lock:
    """Make the lock of a miniature without dependencies."""
    pin = f"{PROJECT}=={version(behaviour)}"
    return Lock((pin,), {pin: (str(release(RELEASES[behaviour]).wheels[0].sha256),)})


def install(index: Index, behaviour: str, folder: Path) -> Path:
    """Make an environment with a miniature, and return its interpreter."""
    return install_lock(index, lock_of(behaviour), folder)


def install_lock(index: Index, lock: Lock, folder: Path) -> Path:
    """Make an environment from a lock, and return its interpreter."""

    async def go() -> Path:
        uv = Uv(index.address)
        return await uv.create(folder, (await uv.interpreter(PYTHON)).path, lock, lock.pins[0])

    return asyncio.run(go())


BASE = Path(sys.base_prefix)
"""The base of every cell's interpreter."""


@functools.cache
def sandbox() -> Sandbox:
    """Return the sandbox of this machine."""
    return asyncio.run(find_sandbox(Confinement.AUTO, Path(sys.executable).resolve(), [BASE]))


def play(program: Path, home: Path, calls: Sequence[Call], settings: Settings, *, openly: bool = False) -> ProbeRun:
    """Play calls in an environment, in a sandbox if there is one; or openly, in a home that stays."""
    where = NO_SANDBOX if openly else sandbox()
    with workspace() as folder:
        player = Player(
            ANTHROPIC,
            program,
            copy_program(settings.probe or ANTHROPIC.probe, ANTHROPIC.remedy, folder),
            home,
            settings,
            where,
            [program.parent.parent, BASE],
        )
        return asyncio.run(player.play(calls))


def once(folder: Path, build: Callable[[Path], object]) -> Path:
    """Return a folder that is built by the first of several test processes."""
    done = folder.with_name(folder.name + ".done")
    with FileLock(folder.with_name(folder.name + ".once")):
        if not done.exists():
            build(folder)
            done.touch()
    return folder


def snapshot(folder: Path) -> dict[str, bytes]:
    """Read every file under a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def processes_with(cache: Path) -> list[str]:
    """List other processes whose command line or environment names the test's own cache folder."""
    return [line for pid in _processes() if (line := _command_line_of(pid, os.fsencode(cache)))]


def wait_until(holds: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: It did not hold in time.
    """
    latest = time.monotonic() + patience
    while not holds():
        if time.monotonic() > latest:
            raise TimeoutError(what)
        time.sleep(0.02)


def _processes() -> Iterator[Path]:
    return (path for path in Path("/proc").iterdir() if path.name.isdigit() and path.name != str(os.getpid()))


def _command_line_of(process: Path, cache: bytes) -> str:
    """Return the command line of a process that names `cache`; empty for any other, and for one that has ended."""
    try:
        line = (process / "cmdline").read_bytes()
        named = cache in line or cache in (process / "environ").read_bytes()
    except OSError:  # the process ended, or belongs to another user
        return ""
    return line.replace(b"\0", b" ").decode(errors="replace") if named and line else ""
