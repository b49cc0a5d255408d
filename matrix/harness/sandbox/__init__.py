"""Runs the code of a release in a sandbox: with limits, and without access to the user's files, network or processes.

I/O. On Linux, bubblewrap isolates a cell by namespaces. The cell can read the files of the system, its interpreter, its
environment and the probe; it can write only its home, which is memory of a bounded size. Its network is a loopback of
its own, on which only its backend listens. The kernel denies it the system calls that reach past namespaces
(`seccomp`). Where systemd offers it, a cell has a control group that limits all its processes together (`scope`). Its
processes end with it, even if they try to outlive it. If bubblewrap is not installed, or the system forbids it, a cell
is a process group with limits; `Sandbox.missing` holds the reason.
"""

import asyncio
import contextlib
import os
import platform
import secrets
import shutil
import socket
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from matrix.errors import ToolFailure
from matrix.harness.sandbox import scope
from matrix.harness.sandbox.layout import ALL_FILES, file_options, namespace_options
from matrix.harness.sandbox.seccomp import make_filter
from matrix.system import process

_ENTER = Path(__file__).parent / "enter.py"

LIMITS: Final = {"AS": 2 << 30, "CORE": 0, "CPU": 300, "FSIZE": 64 << 20, "NOFILE": 1024}
"""Limits of each process by their names in `resource`, in bytes and seconds. They are several times the use of the
hungriest release. The limit for open files is the default of most systems, so that all machines measure alike."""

PROCESSES: Final = 128
"""Limit for the processes and threads in a sandbox; without a sandbox, the user's own processes would count too."""

HOME_SIZE: Final = 64 << 20
"""Limit for all files that a cell writes, in bytes."""

HOME_ENTRIES: Final = 16384
"""Limit for the number of files and folders in the home of a sandbox."""

_FIRST_USER = 1 << 30
"""The first user number of a range that no user has."""

_FIRST_TO_GO = 'echo 1000 >/proc/self/oom_score_adj; exec "$@"'
"""Asks the kernel to end a sandbox first when memory runs out. Inside, `/proc` is read-only, so this is final."""

_PATIENCE = 30.0
"""Limit for the start of a sandbox, in seconds; it takes a few hundredths."""

_HINT = (
    "A sandbox needs bubblewrap (`apt-get install bubblewrap`) and user namespaces; Ubuntu allows these after "
    "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
)


class Confinement(StrEnum):
    """Whether cells run in a sandbox."""

    AUTO = "auto"
    """Use a sandbox if this machine has one."""
    REQUIRED = "required"
    """Fail if this machine has no sandbox."""
    OFF = "off"
    """Use no sandbox."""


class SandboxedProcess(msgspec.Struct, frozen=True):
    """A program that runs in a sandbox.

    Attributes:
        process: The process of the program, or of bubblewrap, which has the same exit code.
        listener: A socket that listens inside the sandbox; None if the program can reach this machine's own loopback.
    """

    process: Process
    listener: socket.socket | None


class Sandbox(msgspec.Struct, frozen=True):
    """The isolation of programs on this machine.

    Attributes:
        bubblewrap: The path of bubblewrap; None if programs have limits only.
        missing: The reason why there is no sandbox; empty if there is one, or if none was requested.
        bounds_home: Whether the number of files in the home has a limit.
        scope: The command, before its arguments, that runs bubblewrap in a control group; empty if there is none.
        lacks: What the sandbox does not do on this machine, and why, as one sentence; empty if it does everything.
    """

    bubblewrap: str | None = None
    missing: str = ""
    bounds_home: bool = True
    scope: tuple[str, ...] = ()
    lacks: str = ""

    @contextlib.asynccontextmanager
    async def run(
        self,
        arguments: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        home: Path,
        entered_by: Path,
        sees: Sequence[Path] = (),
        unlimited: Sequence[str] = (),
    ) -> AsyncIterator[SandboxedProcess]:
        """Run a program with standard streams; leaving the context ends it and every process that it started.

        Args:
            arguments: The program and its arguments.
            environment: The complete environment variables of the program.
            home: Its working folder, which is empty. In a sandbox it is memory, and its files are lost at the end.
            entered_by: The Python that sets the limits and then executes the program. It is the resolved path of an
                interpreter outside every environment, since Python reads files next to its program as it starts.
            sees: The files and folders that it can read in addition to the system's; `/` for all.
            unlimited: The names in `LIMITS` that do not apply to this program.

        Raises:
            OSError: The program can't be started.
            ToolFailure: The sandbox can't be started.
        """
        if os.name == "nt":
            async with process.group(arguments, environment=environment, folder=home, stderr=DEVNULL) as started:
                yield SandboxedProcess(started, None)
            return
        ours, theirs = socket.socketpair()
        with ours, theirs, _filter_descriptor() if self.bubblewrap else contextlib.nullcontext() as calls:
            entry = self._entry(arguments, entered_by, theirs.fileno(), sees, unlimited)
            command = self._confine(entry, home, (*sees, _ENTER), calls)
            folder = None if self.bubblewrap else home
            passed = (theirs.fileno(), *(() if calls is None else (calls,)))
            async with process.group(
                command, environment={**environment, **self._bus}, folder=folder, pass_fds=passed
            ) as started:
                theirs.close()
                listener = await _receive_listener(ours, started, arguments[0])
                with listener or contextlib.nullcontext():
                    yield SandboxedProcess(started, listener)

    def _entry(
        self,
        arguments: Sequence[str | Path],
        python: Path,
        door: int,
        sees: Sequence[Path],
        unlimited: Sequence[str],
    ) -> list[str | Path]:
        """Make the command that takes the limits and then executes the program."""
        is_confined = self.bubblewrap is not None
        limits = LIMITS | ({"NPROC": PROCESSES} if is_confined else {})
        # Only root can read root's files, so a program that sees all files stays root, though without capabilities.
        changes_user = is_confined and os.geteuid() == 0 and ALL_FILES not in sees
        user = str(_FIRST_USER + secrets.randbelow(_FIRST_USER)) if changes_user else ""
        listens = "listens" if is_confined else ""
        entries = str(HOME_ENTRIES if self.bounds_home else 0) if is_confined else ""
        limited = ",".join(f"{name}={value}" for name, value in limits.items() if name not in unlimited)
        return [python, "-I", "-S", "-E", "-B", _ENTER, str(door), listens, entries, user, limited, *arguments]

    def _confine(
        self, entry: Sequence[str | Path], home: Path, sees: Sequence[Path], calls: int | None
    ) -> Sequence[str | Path]:
        """Make the command that runs `entry` in the sandbox; `calls` is the file of the filter of system calls."""
        if self.bubblewrap is None:
            return entry
        options = namespace_options(is_root=os.geteuid() == 0, bounds_home=self.bounds_home)
        options += file_options(home, HOME_SIZE, sees)
        if calls is not None:
            options += ["--seccomp", str(calls)]
        for name in self._bus:
            options += ["--unsetenv", name]
        return ["/bin/sh", "-c", _FIRST_TO_GO, "sh", *self.scope, self.bubblewrap, *options, "--", *entry]

    @property
    def _bus(self) -> Mapping[str, str]:
        """The environment variables that `scope` needs; bubblewrap removes them before the program starts."""
        return scope.bus_variables() if self.scope else {}

    def describe_exit(self, code: int) -> str:
        """Describe how a program ended, from its exit code; bubblewrap encodes signals as shells do."""
        signal = -code if code < 0 else code - 128 if self.bubblewrap and code > 128 else 0
        return f"was ended by signal {signal}" if signal else f"ended with exit code {code}"


NO_SANDBOX: Final = Sandbox()
"""A process group with limits, but without isolation."""


async def find_sandbox(confinement: Confinement, python: Path, sees: Sequence[Path] = ()) -> Sandbox:
    """Find the sandbox of this machine, and try it.

    Args:
        confinement: Whether cells may, must or must not run in a sandbox.
        python: The interpreter for the trial.
        sees: The folders that this interpreter needs.

    Raises:
        ToolFailure: A sandbox is required, but this machine has none.
    """
    if confinement is Confinement.OFF:
        return NO_SANDBOX
    sandbox = await _try_bubblewrap(python, sees)
    if confinement is Confinement.REQUIRED and sandbox.missing:
        raise ToolFailure(f"Cells can't run in a sandbox on this machine: {sandbox.missing}", _HINT)
    return sandbox


async def _try_bubblewrap(python: Path, sees: Sequence[Path]) -> Sandbox:
    """Make a sandbox with everything that works on this machine, by a trial of each part."""
    program = shutil.which("bwrap")
    if program is None:
        return Sandbox(missing="bubblewrap is not installed.")
    lacks = [] if make_filter(platform.machine()) else [f"No system call is denied on {platform.machine()}."]
    sandbox = Sandbox(program)
    reason = await _try(sandbox, python, sees)
    if reason:  # some systems let bubblewrap make namespaces, but give no rights in them
        sandbox = msgspec.structs.replace(sandbox, bounds_home=False)
        missing = await _try(sandbox, python, sees)
        if missing:
            return Sandbox(missing=missing)
        lacks.append(f"The number of files in a cell's home has no limit, since the system forbids to set it: {reason}")
    grouped = msgspec.structs.replace(sandbox, scope=scope.command())
    reason = await _try(grouped, python, sees) if grouped.scope else "systemd does not run."
    if reason:
        lacks.append(f"A cell's total memory has no limit, since this system gives it no control group: {reason}")
    return msgspec.structs.replace(sandbox if reason else grouped, lacks=" ".join(lacks))


async def _try(sandbox: Sandbox, python: Path, sees: Sequence[Path]) -> str:
    """Start a thread in a sandbox; return the reason if that fails."""
    trial = "import threading; thread = threading.Thread(target=print); thread.start(); thread.join()"
    # The home is a folder that exists, since a program that sees all files can't be given another.
    with tempfile.TemporaryDirectory() as home:
        try:
            async with sandbox.run(
                [python, "-I", "-S", "-c", trial], environment={}, home=Path(home), entered_by=python, sees=sees
            ) as inside:
                await inside.process.communicate()
                code = await inside.process.wait()
        except ToolFailure as failure:
            return str(failure)
    return "" if code == 0 else f"a trial {sandbox.describe_exit(code)}."


@contextlib.contextmanager
def _filter_descriptor() -> Iterator[int | None]:
    """Open a file with the filter of system calls; None on a processor for which there is none."""
    calls = make_filter(platform.machine())
    if calls is None:
        yield None
        return
    reader, writer = os.pipe()
    try:
        os.write(writer, calls)  # a pipe takes 4 KB at least before it blocks; a filter has less than 1 KB
        os.close(writer)
        yield reader
    finally:
        os.close(reader)


async def _receive_listener(door: socket.socket, started: Process, program: str | Path) -> socket.socket | None:
    """Receive the socket that listens inside a sandbox; return None if there is no sandbox.

    Raises:
        ToolFailure: The program closed the door without a message, so it did not start.
    """
    loop = asyncio.get_running_loop()
    opened = asyncio.Event()
    door.setblocking(False)
    loop.add_reader(door, opened.set)
    try:
        async with asyncio.timeout(_PATIENCE):
            await opened.wait()
        message, descriptors, _, _ = socket.recv_fds(door, 1, 1)
    except TimeoutError:
        raise ToolFailure(
            f"{program} did not start in time.", "Check the load of the machine, and run the command again."
        ) from None
    finally:
        loop.remove_reader(door)
    if not message:
        _, stderr = await started.communicate()
        reason = " ".join(stderr.decode(errors="replace").split()) or "it printed no reason"
        raise ToolFailure(f"{program} can't be started: {reason}.", "Check that it is a working interpreter.")
    return socket.socket(fileno=descriptors[0]) if descriptors else None
