"""Run a command against one failure: a backend of its own, a deadline, bounded output, and no process left. I/O.

Whatever the program does, the result is a record. `matrix.audit.guard` starts the program and ends all its processes,
also if the audit itself is killed.
"""

import asyncio
import contextlib
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from matrix.audit import activity, guard
from matrix.audit.asking import ServiceRequest, ask
from matrix.audit.capture import Capture
from matrix.audit.profile import CONTROL, prolong
from matrix.audit.record import ProgramEnd, RunRecord, ServiceAnswer, record_attempts
from matrix.audit.redirect import fill, redirect
from matrix.backend.limits import Limits
from matrix.backend.server import HOST, serve
from matrix.backend.timed_journal import TimedJournal
from matrix.catalogue.steps import Scenario
from matrix.system import process
from matrix.targets.target import Target

MOST_REQUESTS: Final = 200
"""The number of requests after which a program is stopped: its storm would disturb the other runs."""

_LOOK: Final = 0.02
"""Seconds between two looks at the journal of a running program."""

_LOOKS: Final = 10
"""The number of looks in which no thread of a program may work if it is to count as waiting."""

_PATIENCE: Final = 10
"""The most times its limit that a program gets on a busy machine."""

_GRACE: Final = 0.3
"""Seconds that a program has after a polite request to end, and in which a service may close its connections."""

_GUARDED: Final = guard.PATIENCE + 1
"""Seconds in which the guard has ended every process."""

_REST: Final = 0.5
"""Seconds in which the last output arrives; a process that escaped the guard may hold the pipe for ever."""


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What is run against each failure.

    Attributes:
        arguments: The program and its arguments, with the marks of `matrix.audit.redirect`.
        environment: The environment of the audit.
        request: The request to a service; None for a program that ends by itself.
        startup: Seconds in which its first request must come, or in which a service must accept connections.
        deadline: Seconds that it has after its first request.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str]
    request: ServiceRequest | None = None
    startup: float = 30.0
    deadline: float = 8.0


async def run(command: Command, target: Target, scenario: Scenario) -> RunRecord:
    """Run a command against one failure.

    Raises:
        OSError: The backend can't listen, or no process can be started.
    """
    longest = command.startup + command.deadline
    played = prolong(scenario, longest)
    journal = TimedJournal(time.monotonic)
    limits = Limits(answer=longest + 10, hold=longest + 10, idle=longest + 10)
    async with serve(
        target, journal=journal, scenario=played.id, limits=limits, scenarios={played.id: played}
    ) as backend:
        port = _free_port()
        environment = redirect(command.environment, backend.url(""), scenario.id, port)
        arguments = [fill(argument, backend.url(""), port) for argument in command.arguments]
        run_ = _Run(command, journal, port)
        out, err = Capture(), Capture()
        async with _guarded(arguments, environment) as child:
            reading = [asyncio.create_task(capture.read(stream)) for capture, stream in _pipes(child, out, err)]
            try:
                end = await run_.follow(child)
                seconds, exchanges = journal.now, journal.exchanges
                await _stop(child)
                await asyncio.wait(reading, timeout=_REST)
            finally:
                for task in reading:
                    task.cancel()
        code = child.returncode or 0
        if end is ProgramEnd.EXITED and code < 0:
            end = ProgramEnd.SIGNALLED
        return RunRecord(
            attempts=record_attempts(exchanges, played, target.suite.playable[CONTROL]),
            end=end,
            code=abs(code),
            seconds=seconds,
            out=out.output,
            err=err.output,
            answer=run_.answer,
            requests=journal.requests,
        )


class _Run:
    """One program while it runs, and the answer of a service."""

    def __init__(self, command: Command, journal: TimedJournal, port: int) -> None:
        self.answer: ServiceAnswer | None = None
        self._guard = 0
        self._command = command
        self._journal = journal
        self._port = port

    async def follow(self, child: Process) -> ProgramEnd:
        """Wait until a program has ended, or a service has answered, or its time is over."""
        self._guard = child.pid
        exited = asyncio.create_task(_exit_of(child))
        try:
            if self._command.request is None:
                return await self._wait(exited)
            return await self._ask(exited, self._command.request)
        finally:
            exited.cancel()

    async def _wait(self, work: "asyncio.Task[None] | asyncio.Task[ServiceAnswer]") -> ProgramEnd:
        """Wait for the end of a program, or of the question to a service; it has a deadline from its first request."""
        limit = _TimeLimit(self._guard, self._journal, self._command.startup)
        asked = False
        while not work.done():
            if not asked and self._journal.requests:
                asked = True
                limit = _TimeLimit(self._guard, self._journal, self._command.deadline)
            if self._journal.requests > MOST_REQUESTS:
                return ProgramEnd.FLOODED
            if await limit.is_over() and not work.done():
                if not asked and self._journal.requests:
                    continue  # the first request came while we looked, so its time begins now
                return ProgramEnd.STOPPED
            await asyncio.wait([work], timeout=_LOOK)
        return ProgramEnd.EXITED

    async def _ask(self, exited: "asyncio.Task[None]", request: ServiceRequest) -> ProgramEnd:
        """Wait until a service accepts connections, send it the request, and wait for its answer."""
        self.answer = ServiceAnswer()
        address = request.at(self._port)
        limit = _TimeLimit(self._guard, self._journal, self._command.startup)
        while not await _accepts(address.host, address.port):
            if exited.done() or await limit.is_over():
                return ProgramEnd.NOT_READY
            await asyncio.wait([exited], timeout=_LOOK)
        asking = asyncio.create_task(ask(address, lambda: self._journal.now))
        try:
            end = await self._wait(asking)
            if asking.done():
                self.answer = asking.result()
                await asyncio.wait([exited], timeout=_GRACE)
        finally:
            asking.cancel()
        return end


class _TimeLimit:
    """The time of a program from now on. It is over once the program waits, or has worked for as long itself.

    A program on a busy machine gets more, for otherwise it would seem to hang because others run.
    """

    def __init__(self, guard_pid: int, journal: TimedJournal, seconds: float) -> None:
        self._guard = guard_pid
        self._journal = journal
        self._seconds = seconds
        self._begin = journal.now
        self._worked = activity.processor_seconds(guard_pid)
        self._starved = activity.starved_seconds(guard_pid)

    async def is_over(self) -> bool:
        """Return whether the time is over; it takes some looks to see that a program waits."""
        passed = self._journal.now - self._begin
        if passed <= self._seconds:
            return False
        if passed > _PATIENCE * self._seconds:
            return True
        if activity.processor_seconds(self._guard) - self._worked > self._seconds:
            return True
        if passed - max(0.0, activity.starved_seconds(self._guard) - self._starved) <= self._seconds:
            return False  # a timeout of its own began late, and may still end its wait
        for _ in range(_LOOKS):
            if activity.is_busy(self._guard):
                await asyncio.sleep(_LOOK)
                return False
            await asyncio.sleep(_LOOK)
        return True


async def _accepts(host: str, port: int) -> bool:
    """Return whether a service accepts connections."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


@contextlib.asynccontextmanager
async def _guarded(arguments: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Process]:
    """Run a program under the guard while the context lasts."""
    starter: list[str | Path] = [sys.executable, "-I", "-S", "-E", "-B", Path(guard.__file__), *arguments]
    async with process.group(starter, environment=environment, end=_end_guard) as child:
        yield child


async def _stop(child: Process) -> None:
    """Ask a program that still runs to end, and then kill it."""
    if child.returncode is None and child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.write(b"t")
            await child.stdin.drain()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_exit_of(child), _GRACE)
    await _end_lifeline(child)


async def _end_lifeline(child: Process) -> None:
    """Close the lifeline, and wait until the guard has ended every process."""
    if child.stdin is not None:
        child.stdin.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(_exit_of(child), _GUARDED)


async def _exit_of(child: Process) -> None:
    """Wait for the exit code alone: `wait()` also waits for pipes, which a process that escaped may hold."""
    while child.returncode is None:  # noqa: ASYNC110 - asyncio has no event for it
        await asyncio.sleep(_LOOK / 4)


async def _end_guard(child: Process) -> None:
    """End the guard and all that it started. Killing the guard first would leave its grandchildren alone."""
    await asyncio.shield(_end_lifeline(child))
    await process.kill_group(child)


def _pipes(child: Process, out: Capture, err: Capture) -> list[tuple[Capture, asyncio.StreamReader]]:
    if child.stdout is None or child.stderr is None:  # both are pipes
        raise AssertionError
    return [(out, child.stdout), (err, child.stderr)]


def _free_port() -> int:
    """Return a port that is free now, for a service that needs one."""
    with socket.create_server((HOST, 0)) as free:
        port: int = free.getsockname()[1]
        return port
