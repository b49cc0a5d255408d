"""The command that runs a program in a control group of its own, where systemd offers one.

I/O, on the environment and the socket of systemd. A limit of `resource` is one for each process; a control group limits
the memory, the processes and the processor time of all of them together.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

MEMORY: Final = 2 << 30
"""Limit for all memory of a sandbox, in bytes."""

TASKS: Final = 160
"""Limit for all processes and threads, those of bubblewrap included."""

CORES: Final = 2
"""Limit for the processor time of a sandbox in each second, in seconds."""

_BUS = ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS")


def command() -> tuple[str, ...]:
    """Return the command, to which a program and its arguments are added; empty if this system has none.

    systemd starts the control group and then executes the program in its place, so its process stays the same.
    """
    program = shutil.which("systemd-run")
    runtime = Path("/run") if is_root() else Path(os.environ.get("XDG_RUNTIME_DIR", "/nonexistent"))
    if program is None or not (runtime / "systemd" / "private").exists():
        return ()
    limits = (f"MemoryMax={MEMORY}", "MemorySwapMax=0", f"TasksMax={TASKS}", f"CPUQuota={100 * CORES}%")
    options = [part for limit in limits for part in ("--property", limit)]
    manager = () if is_root() else ("--user",)
    return (program, *manager, "--scope", "--quiet", "--collect", *options, "--")


def is_root() -> bool:
    """Return whether the system's systemd is asked, and not the user's own."""
    return os.geteuid() == 0


def bus_variables() -> Mapping[str, str]:
    """Return the environment variables by which `systemd-run` finds systemd."""
    return {name: os.environ[name] for name in _BUS if name in os.environ}
