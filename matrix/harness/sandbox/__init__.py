"""Where the code of a release runs: with limits, and with nothing of the user's to see, to change or to call.

I/O. On Linux it is bubblewrap that keeps a cell apart, by namespaces: of files it sees the system's, its interpreter,
its environment and the probe, none of which it can write, and an empty home that is memory of a bounded size; of the
network a loopback of its own, on which nobody but its backend listens; of processes its own, which end with it,
whatever they did to outlive it. Where there is no bubblewrap, or the system does not let it, a cell is a process with
limits in a group of its own and no more; `Sandbox.missing` says why.
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
"""Limits of each process, named as in `resource`, in bytes and seconds: several times what the hungriest release takes.
Open files are as many as most systems allow, so that it is the same everywhere."""

PROCESSES: Final = 128
"""Processes and threads in a sandbox; outside of one, a user's own would count."""

HOME_SIZE: Final = 64 << 20
"""Bytes of all files that a cell can write."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix/store", "/gnu/store")
"""What programs of the system need in order to run; none of it is the user's."""

_ALL = Path("/")

_FIRST_USER = 1 << 30
"""Numbers from here on belong to nobody."""

_PATIENCE = 30.0
"""Seconds in which a sandbox stands; it takes a few hundredths."""

_HINT = (
    "A sandbox wants bubblewrap (`apt-get install bubblewrap`) and user namespaces; Ubuntu allows these after "
    "`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`."
)


class Confinement(StrEnum):
    """Whether cells run in a sandbox."""

    AUTO = "auto"
    """Where that is possible."""
    REQUIRED = "required"
    OFF = "off"


class SandboxedProcess(msgspec.Struct, frozen=True):
    """A program that runs in a sandbox.

    Attributes:
        process: Its process, or that of bubblewrap, which ends as it ends.
        listener: A socket that listens where the program finds it; None if that is anywhere on this machine.
    """

    process: Process
    listener: socket.socket | None


class Sandbox(msgspec.Struct, frozen=True):
    """How programs are kept apart here.

    Attributes:
        bubblewrap: The program that does it; None if there is nothing but limits.
        missing: Why there is no more; empty if there is, or if nobody wanted it.
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
        """A program with standard streams; it is ended, with all that it started, when the context is left.

        Args:
            arguments: The program, and its arguments.
            environment: All variables that it has.
            home: Its working folder, empty. In a sandbox nothing is written there: it is memory, and goes with it.
            sees: Files and folders beside the system's that it can read; `/` for all.
            entered_by: The Python that takes the limits and becomes the program; None if the program is a Python.
            unlimited: Names in `LIMITS` that do not hold for this program.

        Raises:
            OSError: The program can't be started.
            ToolFailure: The sandbox does not stand.
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
        # Root's own files are for root alone, so whoever is to see all of them stays root, though without its rights.
        user = str(_FIRST_USER + secrets.randbelow(_FIRST_USER)) if is_root and _ALL not in sees else ""
        listens = "listens" if self.bubblewrap else ""
        said = ",".join(f"{name}={value}" for name, value in limits.items() if name not in unlimited)
        entry = [python or program, "-I", "-S", "-B", _ENTER, str(door), listens, user, said, program, *rest]
        if self.bubblewrap is None:
            return entry
        return [self.bubblewrap, *_namespace_options(is_root=is_root), *_file_options(home, sees), "--", *entry]

    def describe_exit(self, code: int) -> str:
        """How a program ended, by its exit code; bubblewrap tells signals as shells do."""
        signal = -code if code < 0 else code - 128 if self.bubblewrap and code > 128 else 0
        return f"was ended by signal {signal}" if signal else f"ended with exit code {code}"


NO_SANDBOX: Final = Sandbox()
"""No sandbox: limits, and a group of its own."""


async def find_sandbox(wanted: Confinement, python: Path, sees: Sequence[Path] = ()) -> Sandbox:
    """The sandbox of this machine, once it has been seen to stand.

    Args:
        wanted: Whether there is to be one.
        python: An interpreter to try it with.
        sees: The folders that this interpreter needs.

    Raises:
        ToolFailure: One is required, and there is none.
    """
    if wanted is Confinement.OFF:
        return NO_SANDBOX
    sandbox = await _try_bubblewrap(python, sees)
    if wanted is Confinement.REQUIRED and sandbox.missing:
        raise ToolFailure(f"Cells can't be kept in a sandbox here: {sandbox.missing}", _HINT)
    return sandbox


async def _try_bubblewrap(python: Path, sees: Sequence[Path]) -> Sandbox:
    program = shutil.which("bwrap")
    if program is None:
        return Sandbox(missing="there is no bubblewrap.")
    sandbox = Sandbox(program)
    trial = "import threading as t; one = t.Thread(target=print); one.start(); one.join()"
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
    """Options by which bubblewrap gives a program namespaces of its own, and no rights beyond them."""
    shared_nothing = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    # Root needs no namespace of users to do all this; `enter.py` makes it a user whom the limits hold.
    rights = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if is_root else ["--unshare-user"]
    return [*shared_nothing, "--cap-drop", "ALL", *rights, "--hostname", "cell", "--die-with-parent", "--new-session"]


def _file_options(home: Path, sees: Sequence[Path]) -> list[str]:
    """Options by which bubblewrap lays out the files that a program sees."""
    options = []
    shown = [] if _ALL in sees else [path for path in map(Path, _SYSTEM) if path.exists()]
    for path in shown:
        options += ["--symlink", str(path.readlink())] if path.is_symlink() else ["--ro-bind", str(path)]
        options += [str(path)]
    for path in sorted(dict.fromkeys(sees), key=lambda path: len(path.parts)):  # what lies in another comes after it
        for folder in reversed(path.parents[:-1]):  # which would be for root alone, where root makes them
            if not any(folder.is_relative_to(one) for one in shown):
                options += ["--perms", "0755", "--dir", str(folder)]
        options += ["--ro-bind", str(path), str(path)]
        shown.append(path)
    options += ["--dev", "/dev", "--remount-ro", "/dev", "--proc", "/proc"]
    options += ["--perms", "1777", "--size", str(HOME_SIZE), "--tmpfs", str(home), "--chdir", str(home)]
    return [*options, "--remount-ro", "/"]


async def _receive_listener(door: socket.socket, started: Process, program: str | Path) -> socket.socket | None:
    """What comes through the door: the socket that listens inside, if there is an inside.

    Raises:
        ToolFailure: Nothing came, so nothing stands.
    """
    loop = asyncio.get_running_loop()
    opened = asyncio.Event()
    door.setblocking(False)
    loop.add_reader(door, opened.set)
    try:
        async with asyncio.timeout(_PATIENCE):
            await opened.wait()
        said, descriptors, _, _ = socket.recv_fds(door, 1, 1)
    except TimeoutError:
        raise ToolFailure(f"{program} did not start in time.", "Is the machine overloaded?") from None
    finally:
        loop.remove_reader(door)
    if not said:
        _, told = await started.communicate()
        reason = " ".join(told.decode(errors="replace").split()) or "it said nothing"
        raise ToolFailure(f"{program} can't be started: {reason}.", "Is it an interpreter?")
    return socket.socket(fileno=descriptors[0]) if descriptors else None
