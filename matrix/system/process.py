"""Child processes: started in a group of their own, and ended with everything that they started.

I/O. A release is other people's code: it may start processes, ignore signals and outlive its parent. A group that
is killed as a whole leaves nothing behind, but for a process that made itself a session of its own.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import msgspec

_LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one line; an observation holds a few kilobytes, and a release may put a megabyte into an exception."""


class Completed(msgspec.Struct, frozen=True):
    """A process that has ended: its exit code (negative for a signal) and all that it wrote."""

    code: int
    out: str
    err: str


@contextlib.asynccontextmanager
async def group(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    stderr: int = PIPE,
    folder: Path | None = None,
    pass_fds: Sequence[int] = (),
) -> AsyncIterator[Process]:
    """A process in a group of its own; the whole group is killed when the context is left, however it is left.

    Raises:
        OSError: The program can't be started.
    """
    process = await asyncio.create_subprocess_exec(
        *map(str, arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=stderr,
        env=dict(environment),
        cwd=folder,
        limit=_LINE_LIMIT,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _kill_group(process)
        await asyncio.shield(process.wait())


async def run(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    stdin: str = "",
    folder: Path | None = None,
) -> Completed:
    """Run a program to its end.

    Raises:
        OSError: The program can't be started.
    """
    async with group(arguments, environment=environment, folder=folder) as process:
        out, err = await process.communicate(stdin.encode())
        code = await process.wait()
    return Completed(code, out.decode(errors="replace"), err.decode(errors="replace"))


def _kill_group(process: Process) -> None:
    """Kill every process of the group; those that are gone already are what is wanted."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
