"""Runs the code of a release in a sandbox: with limits, and without access to the user's files, network or processes.

I/O. On Linux, bubblewrap isolates a cell by namespaces. The cell can read the files of the system, its interpreter, its
environment and the probe; it can write only its home, which is memory of a bounded size. Its network is a loopback of
its own, on which only its backend listens. Its processes end with it, even if they try to outlive it. If bubblewrap is
not installed, or the system forbids it, a cell is a process group with limits; `Sandbox.missing` holds the reason.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from matrix.errors import ToolFailure
from matrix.system import process

_ENTER = Path(__file__).parent / "enter.py"

LIMITS: Final = {"AS": 2 << 30, "CORE": 0, "CPU": 300, "FSIZE": 64 << 20, "NOFILE": 1024}
"""Limits of each process by their names in `resource`, in bytes and seconds. They are several times the use of the
hungriest release. The limit for open files is the default of most systems, so that all machines measure alike."""

PROCESSES: Final = 128
"""Limit for the processes and threads in a sandbox; without a sandbox, the user's own processes would count too."""

HOME_SIZE: Final = 64 << 20
"""Limit for all files that a cell writes, in bytes."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix/store", "/gnu/store")
"""The folders that system programs need in order to run; they hold no files of the user."""

_ALL = Path("/")

_FIRST_USER = 1 << 30
"""The first user number of a range that no user has."""

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
    """

    bubblewrap: str | None = None
    missing: str = ""

    @contextlib.asynccontextmanager
    async def run(
        self,
        arguments: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        home: Path,
        sees: Sequence[Path] = (),
        entered_by: Path | None = None,
        unlimited: Sequence[str] = (),
    ) -> AsyncIterator[SandboxedProcess]:
        """Run a program with standard streams; leaving the context ends it and every process that it started.

        Args:
            arguments: The program and its arguments.
            environment: The complete environment variables of the program.
            home: Its working folder, which is empty. In a sandbox it is memory, and its files are lost at the end.
            sees: The files and folders that it can read in addition to the system's; `/` for all.
            entered_by: The Python that sets the limits and then executes the program; None if the program is a Python.
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
        with ours, theirs:
            command = self._command(arguments, entered_by, theirs.fileno(), home, (*sees, _ENTER), unlimited)
            folder = None if self.bubblewrap else home
            async with process.group(
                command, environment=environment, folder=folder, pass_fds=(theirs.fileno(),)
            ) as started:
                theirs.close()
                listener = await _receive_listener(ours, started, arguments[0])
                with listener or contextlib.nullcontext():
                    yield SandboxedProcess(started, listener)

    def _command(
        self,
        arguments: Sequence[str | Path],
        python: Path | None,
        door: int,
        home: Path,
        sees: Sequence[Path],
        unlimited: Sequence[str],
    ) -> list[str | Path]:
        program, *rest = arguments
        limits = LIMITS | ({"NPROC": PROCESSES} if self.bubblewrap else {})
        is_root = self.bubblewrap is not None and os.geteuid() == 0
        # Only root can read root's files, so a program that sees all files stays root, though without capabilities.
        user = str(_FIRST_USER + secrets.randbelow(_FIRST_USER)) if is_root and _ALL not in sees else ""
        listens = "listens" if self.bubblewrap else ""
        limited = ",".join(f"{name}={value}" for name, value in limits.items() if name not in unlimited)
        entry = [python or program, "-I", "-S", "-B", _ENTER, str(door), listens, user, limited, program, *rest]
        if self.bubblewrap is None:
            return entry
        return [self.bubblewrap, *_namespace_options(is_root=is_root), *_file_options(home, sees), "--", *entry]

    def describe_exit(self, code: int) -> str:
        """Describe how a program ended, from its exit code; bubblewrap encodes signals as shells do."""
        signal = -code if code < 0 else code - 128 if self.bubblewrap and code > 128 else 0
        return f"was ended by signal {signal}" if signal else f"ended with exit code {code}"


NO_SANDBOX: Final = Sandbox()
"""A process group with limits, but without isolation."""


async def find_sandbox(wanted: Confinement, python: Path, sees: Sequence[Path] = ()) -> Sandbox:
    """Find the sandbox of this machine, and try it.

    Args:
        wanted: Whether cells may, must or must not run in a sandbox.
        python: The interpreter for the trial.
        sees: The folders that this interpreter needs.

    Raises:
        ToolFailure: A sandbox is required, but this machine has none.
    """
    if wanted is Confinement.OFF:
        return NO_SANDBOX
    sandbox = await _try_bubblewrap(python, sees)
    if wanted is Confinement.REQUIRED and sandbox.missing:
        raise ToolFailure(f"Cells can't run in a sandbox on this machine: {sandbox.missing}", _HINT)
    return sandbox


async def _try_bubblewrap(python: Path, sees: Sequence[Path]) -> Sandbox:
    program = shutil.which("bwrap")
    if program is None:
        return Sandbox(missing="bubblewrap is not installed.")
    sandbox = Sandbox(program)
    trial = "import threading; thread = threading.Thread(target=print); thread.start(); thread.join()"
    try:
        async with sandbox.run(
            [python, "-I", "-S", "-c", trial], environment={}, home=Path("/home/cell"), sees=sees
        ) as inside:
            await inside.process.communicate()
            code = await inside.process.wait()
    except ToolFailure as failure:
        return Sandbox(missing=str(failure))
    return sandbox if code == 0 else Sandbox(missing=f"a trial {sandbox.describe_exit(code)}.")


def _namespace_options(*, is_root: bool) -> list[str]:
    """List the options of bubblewrap that give a program its own namespaces, and no rights beyond them."""
    shared_nothing = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    # Root needs no user namespace for this; `enter.py` changes to an unprivileged user, to whom the limits apply.
    rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if is_root else ["--unshare-user"]
    return [*shared_nothing, "--cap-drop", "ALL", *rights, "--hostname", "cell", "--die-with-parent", "--new-session"]


def _file_options(home: Path, sees: Sequence[Path]) -> list[str]:
    """List the options of bubblewrap that lay out the files that a program sees."""
    options = []
    shown = [] if _ALL in sees else [path for path in map(Path, _SYSTEM) if path.exists()]
    for path in shown:
        options += ["--symlink", str(path.readlink())] if path.is_symlink() else ["--ro-bind", str(path)]
        options += [str(path)]
    for path in sorted(dict.fromkeys(sees), key=lambda path: len(path.parts)):  # parents before children
        for folder in reversed(path.parents[:-1]):  # root would create them without access for other users
            if not any(folder.is_relative_to(visible) for visible in shown):
                options += ["--perms", "0755", "--dir", str(folder)]
        options += ["--ro-bind", str(path), str(path)]
        shown.append(path)
    options += ["--dev", "/dev", "--remount-ro", "/dev", "--proc", "/proc"]
    options += ["--perms", "1777", "--size", str(HOME_SIZE), "--tmpfs", str(home), "--chdir", str(home)]
    return [*options, "--remount-ro", "/"]


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
