"""Soaks releases: makes many asynchronous calls whose clients nobody closes, and counts those that hang.

I/O. The probe can't see such a hang: it closes its clients, and it runs the collector at fixed points. So this is a
program of its own, which has the environments, the sandbox and the backend of the suite. It measures each set of
packages once, in the newest release that has it, and hands on each result at once.
"""

import asyncio
import contextlib
import itertools
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from matrix.backend.server import serve
from matrix.catalogue.suite import WHOLE
from matrix.errors import MatrixError, ToolFailure
from matrix.harness.building import BuiltEnvironment
from matrix.harness.measure import Options, open_runner
from matrix.harness.player import make_environment
from matrix.harness.progress import Progress
from matrix.harness.runner import Job, Runner
from matrix.harness.sandbox import Sandbox
from matrix.harness.wheels import RefusedWheel
from matrix.store.soaks import SoakResult, SoakSet
from matrix.system.aio import first_failure, interruptible
from matrix.targets.target import Target

CALLS: Final = 1000
"""The number of calls for each set. Where one call in 150 hangs, the chance that none does is 0.1%."""

DEADLINE: Final = 5.0
"""Seconds after which a call counts as a hang. A call takes 0.01 seconds, and 1.5 on a machine with ten times more
work than cores."""

ENOUGH: Final = 20
"""The number of hangs after which a soak ends, since each costs the deadline."""

_START: Final = 120.0
"""Seconds for the interpreter to start, to import the SDK and to make its first call."""

_GRACE: Final = 10.0
"""Seconds beyond the deadline after which the program itself is stuck, and is ended."""

_LONGEST: Final = 300
"""Limit for a reason, in characters."""


class SoakOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a soak.

    Attributes:
        calls: The number of calls for each set.
        deadline: The seconds after which a call counts as a hang.
        closes: Whether each client is closed, as the probe does.
    """

    calls: int = CALLS
    deadline: float = DEADLINE
    closes: bool = False


class SoakLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the program's output: a call that ended or hung, the reason why there is none, or the farewell."""

    call: int | None = None
    hung: bool = False
    reason: str = ""
    bye: bool = False


class Tally(msgspec.Struct, frozen=True):
    """The counts of a soak so far.

    Attributes:
        calls: The number of calls that were made.
        hangs: The number of calls that hung.
        reason: Why no call could be made, or why the soak ended early; empty if all calls were made.
        has_ended: Whether no further line is read.
    """

    calls: int = 0
    hangs: int = 0
    reason: str = ""
    has_ended: bool = False

    def add(self, line: SoakLine | None, ending: str = "") -> "Tally":
        """Count a line; `ending` says how the program ended if there is none.

        The release runs in the same process and can write lines too. So a line must have the number of the next call.
        """
        if line is None:
            return self._end(f"The program {ending} after {self.calls} calls.")
        if line.reason:
            return self._end(line.reason)
        if line.bye:
            return msgspec.structs.replace(self, has_ended=True)
        if line.call != self.calls:
            return self._end(f"The program wrote a line of another call after {self.calls} calls.")
        return msgspec.structs.replace(self, calls=self.calls + 1, hangs=self.hangs + line.hung)

    def _end(self, reason: str) -> "Tally":
        return msgspec.structs.replace(self, reason=reason[:_LONGEST], has_ended=True)


def soak(
    target: Target,
    jobs: Sequence[tuple[SoakSet, Job]],
    options: Options,
    soak_options: SoakOptions,
    progress: Progress,
    record: Callable[[SoakResult], None],
) -> list[MatrixError]:
    """Soak the sets of some jobs, and hand each result to `record` at once.

    Args:
        target: The package under test, which has a soak.
        jobs: Each set, and the job of a release with a lock that has it.
        options: The options of the run.
        soak_options: The options of the soak.
        progress: The receiver of the run's events.
        record: Records a result.

    Returns:
        The failures of sets for which nothing was recorded.

    Raises:
        MatrixError: An interpreter is missing, or the required sandbox.
    """

    async def go() -> list[MatrixError]:
        failures: list[MatrixError] = []
        waiting = deque(jobs)
        with open_runner(target, options, progress, WHOLE) as runner:
            await runner.prepare(job.cell.python for _, job in jobs)
            program = await asyncio.to_thread(runner.add_program, target.soak_program)
            soaker = _Soaker(target, program, options.settings.bytecode, soak_options)

            async def work() -> None:
                while waiting:
                    which, job = waiting.popleft()
                    progress.started(job.cell)
                    try:
                        record(await soaker.measure(runner, which, job))
                    except ToolFailure as failure:
                        progress.failed(job.cell, failure)
                        failures.append(failure)

            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(options.workers, len(jobs))):
                        group.create_task(work())
            except ExceptionGroup as errors:
                raise first_failure(errors) from None
        return failures

    return interruptible(go())


class _Soaker:
    """Runs the program of the soak in the environments of cells.

    Args:
        target: The package under test.
        program: The folder of the program, next to that of the probe.
        bytecode: The folder with compiled modules; None to compile them for each cell.
        options: The options of the soak.
    """

    def __init__(self, target: Target, program: Path, bytecode: Path | None, options: SoakOptions) -> None:
        self._target = target
        self._program = program
        self._bytecode = bytecode
        self._options = options

    async def measure(self, runner: Runner, which: SoakSet, job: Job) -> SoakResult:
        """Measure one set in the environment of a job, whose lock is known.

        Raises:
            ToolFailure: uv or the interpreter failed, and the release is not the cause.
        """
        if job.lock is None:
            raise AssertionError
        try:
            async with runner.environment(job, job.lock) as built:
                tally = await self._run(built)
        except RefusedWheel as refused:
            tally = Tally(reason=str(refused))
        provenance = runner.provenance(job.cell)
        return SoakResult(
            set=which,
            version=job.cell.version,
            lane=job.cell.lane,
            python=job.cell.python,
            calls=tally.calls,
            hangs=tally.hangs,
            deadline=self._options.deadline,
            measured=provenance.measured,
            interpreter=provenance.interpreter,
            system=provenance.system,
            reason=tally.reason,
        )

    async def _run(self, built: BuiltEnvironment) -> Tally:
        shown = [self._program.parent, *([self._bytecode] if self._bytecode and self._bytecode.exists() else [])]
        certificate = {"SSL_CERT_FILE": str(self._program / "certificate.pem")}
        try:
            async with (
                built.sandbox.run(
                    self._target.launcher.command(built.program, self._program),
                    # A client that reads one certificate costs a third of one that reads the system's.
                    environment={**make_environment(built.home), **certificate},
                    home=built.home,
                    sees=(*built.sees, *shown),
                    entered_by=built.base,
                    unlimited=self._target.launcher.unlimited,
                ) as inside,
                serve(self._target, sock=inside.listener) as backend,
            ):
                if inside.process.stdin is None:
                    raise AssertionError
                with contextlib.suppress(ConnectionError):  # the next read reports how it ended
                    inside.process.stdin.write(msgspec.json.encode(self._plan(backend.url)) + b"\n")
                    await inside.process.stdin.drain()
                tally = Tally()
                while not tally.has_ended:
                    patience = self._options.deadline + _GRACE if tally.calls else _START
                    tally = tally.add(*await _read_line(inside.process, patience, built.sandbox))
                return tally
        except OSError as error:
            raise ToolFailure(
                f"{built.program} can't be started: {error}.", "Check that it is a working interpreter."
            ) from None

    def _plan(self, url: Callable[[str], str]) -> object:
        scenarios = itertools.cycle(self._target.soak.scenarios if self._target.soak else ())
        numbered = enumerate(itertools.islice(scenarios, self._options.calls))
        return {
            "calls": [url(f"/{number}/{scenario}") for number, scenario in numbered],
            "deadline": self._options.deadline,
            "enough": ENOUGH,
            "closes": self._options.closes,
            "bytecode": self._bytecode and str(self._bytecode),
        }


_decoder: Final = msgspec.json.Decoder(SoakLine)


async def _read_line(process: Process, patience: float, sandbox: Sandbox) -> tuple[SoakLine | None, str]:
    """Read the next line; return None and how the program ended if no line follows."""
    if process.stdout is None:
        raise AssertionError
    try:
        async with asyncio.timeout(patience):
            data = await process.stdout.readline()
    except TimeoutError:
        return None, "did not answer in time"
    except ValueError:
        return None, "wrote a line that is too long"
    if not data.endswith(b"\n"):
        return None, sandbox.describe_exit(await process.wait())
    try:
        return _decoder.decode(data), ""
    except msgspec.MsgspecError:
        return None, "wrote a line that can't be read"
