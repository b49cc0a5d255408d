"""Start child processes in their own group, and end them with everything that they started. I/O.

A release is third-party code: it may start processes, ignore signals and outlive its parent. Killing the whole group
leaves no process behind, except one that started its own session. Such a process may hold the pipes of its parent, so
nothing here waits for the end of a pipe after a kill.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import msgspec

_LINE_LIMIT = 64 * 1024 * 1024
"""Bytes of one line. An observation has a few kilobytes, but a release may put a megabyte into an exception."""


class Completed(msgspec.Struct, frozen=True):
    """A process that has ended.

    Attributes:
        code: Its exit code; the negative number of the signal that ended it.
        out: Its standard output.
        err: Its standard error.
    """

    code: int
    out: str
    err: str


async def kill_group(process: Process) -> None:
    """Kill the group of a process, close its pipes, and wait for the process alone."""
    _kill_group(process)
    # `wait()` also waits for the pipes, and asyncio has no public way to close them. Closing the transport before the
    # process has ended would take its exit code away from asyncio, which then complains of an unknown child.
    transport: asyncio.SubprocessTransport = process._transport  # type: ignore[attr-defined]  # noqa: SLF001
    for pipe in filter(None, map(transport.get_pipe_transport, range(3))):
        if isinstance(pipe, asyncio.WriteTransport) and pipe.get_write_buffer_size():
            pipe.abort()  # closing it would first write what nobody reads
        else:
            pipe.close()
    try:
        await asyncio.shield(process.wait())
    finally:
        transport.close()


@contextlib.asynccontextmanager
async def group(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    stderr: int = PIPE,
    folder: Path | None = None,
    pass_fds: Sequence[int] = (),
    end: Callable[[Process], Awaitable[None]] = kill_group,
) -> AsyncIterator[Process]:
    """Start a process in its own group; kill the whole group when the context ends, for whatever reason.

    Args:
        arguments: The program and its arguments.
        environment: Its whole environment.
        stderr: Where its standard error goes.
        folder: Its working directory; None for that of this process.
        pass_fds: The file descriptors that it inherits.
        end: Ends the process and all that it started, if it needs another way.

    Raises:
        OSError: The program can't be started.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
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
    )
    try:
        # asyncio ends a start that is cancelled by killing the program alone, and waits for what the program started.
        process = await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):  # the program can't be started
            await end(await starting)
        raise
    try:
        yield process
    finally:
        await end(process)


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
    """Kill every process of the group; processes that have ended already are no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
