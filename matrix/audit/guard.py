"""Runs a program, and ends every process that it started once it has ended or the audit is gone.

Executed as `python -I -S -E -B guard.py PROGRAM ARGUMENT...`, with the standard library alone. Standard input is the
lifeline: the audit holds its other end. The byte `t` asks the program to end, and the end of the input, which also
comes if the audit was killed, kills it. On Linux, processes that leave their group or their session become children of
the guard, so that it finds all of them.

The guard exits with the code of the program, or by the signal that ended it.
"""

import contextlib
import os
import resource
import select
import signal
import sys
import time

LIFELINE = 0
"""The file descriptor of the lifeline."""

POLL = 0.02
"""Seconds between two looks at the program where the system can't wait for it and for the lifeline at once."""

PATIENCE = 5.0
"""Seconds in which the last process must be gone."""

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36

CANNOT_START = 127
"""The exit code if the program can't be started: that of shells."""


def control_processes(option: int, value: int) -> None:
    """Call `prctl`, which only Linux has."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def start(arguments: list[str]) -> int:
    """Start the program in a session of its own, without input, and return its process id."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        control_processes(PR_SET_PDEATHSIG, signal.SIGKILL)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, LIFELINE)
        os.close(nothing)
        os.execvp(arguments[0], arguments)  # noqa: S606 - the command of the user
    except OSError as error:
        os.write(2, f"{arguments[0]}: {error.strerror}\n".encode())
    os._exit(CANNOT_START)


def wait(child: int) -> int | None:
    """Wait for the program, and return its status; None if the lifeline ended first."""
    descriptor = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
    watched = [LIFELINE] if descriptor is None else [LIFELINE, descriptor]
    while True:
        readable, _, _ = select.select(watched, [], [], POLL if descriptor is None else None)
        if descriptor is None or descriptor in readable:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return status
        if LIFELINE in readable:
            if not os.read(LIFELINE, 1):
                return None
            with contextlib.suppress(OSError):
                os.killpg(child, signal.SIGTERM)


def read_status(path: str) -> list[str]:
    """Read the fields after the name of a process or a thread, from its state on; empty if it is gone."""
    try:
        with open(path, "rb") as file:
            return file.read().rpartition(b")")[2].decode("ascii").split()
    except OSError:
        return []


def descendants(root: int) -> set[int]:
    """List the processes below one; empty on a system without `/proc`."""
    parents: dict[int, int] = {}
    with contextlib.suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit() and (status := read_status(f"/proc/{name}/stat")):
                parents[int(name)] = int(status[1])
    below: set[int] = set()
    near = {root}
    while near:
        near = {pid for pid, parent in parents.items() if parent in near} - below
        below |= near
    return below


def end_all(child: int) -> None:
    """Kill the group of the program and every process below this one, and wait until they are gone."""
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        for pid in descendants(os.getpid()):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG) != (0, 0):
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def main() -> None:
    """Run the program, end what it left, and exit as it did."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the lifeline alone ends the guard
    control_processes(PR_SET_CHILD_SUBREAPER, 1)
    child = start(sys.argv[1:])
    status = wait(child)
    end_all(child)
    if status is None:
        status = signal.SIGKILL
    if os.WIFSIGNALED(status):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError, ValueError):  # SIGKILL can't be set
            signal.signal(os.WTERMSIG(status), signal.SIG_DFL)
        os.kill(os.getpid(), os.WTERMSIG(status))
    os._exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
