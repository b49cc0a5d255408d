"""Plays the suite in one interpreter: starts the probe, sends it calls, and joins its reports with the journal.

I/O. The probe exits when a call exceeds its deadline, and it may crash at any time; a new probe continues with the
remaining calls. A call that hung or crashed the probe is played three times in all. If every attempt gives the same
observation, that is recorded; otherwise the call is flaky, with counts.
"""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import Process
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from matrix.backend.journal import Attempt
from matrix.backend.server import Backend, serve
from matrix.errors import ToolFailure
from matrix.harness import conversation
from matrix.harness.sandbox import NO_SANDBOX, Sandbox, SandboxedProcess
from matrix.observation import Call, Observation, Outcome, ProbeReport
from matrix.targets.target import Target

ATTEMPTS: Final = 3
"""The number of times that a call is played if it hung or crashed the probe."""

_GRACE = 10.0
"""Seconds beyond the deadline in which the probe can report a timeout itself, before it is killed. It can't report
while a call blocks the interpreter."""

_LEAVING = 1.0
"""Seconds in which a finished probe must exit."""

_IMPORT_TIME = 120.0
"""Seconds for an interpreter to start and to import the SDK; the slowest so far took 9, on two loaded cores."""

_CELL_TIME = 900.0
"""Seconds for all calls of a cell, with every attempt; a release that hangs in every call would take 1,800."""


class Settings(msgspec.Struct, frozen=True):
    """The settings of the player.

    Attributes:
        deadline: The limit for one call, in seconds; None for the suite's.
        probe: The folder of the probe's sources; None for the target's own.
        bytecode: The folder that keeps compiled modules between cells; None to compile them for each cell.
    """

    deadline: float | None = None
    probe: Path | None = None
    bytecode: Path | None = None


class CellFailure(msgspec.Struct, frozen=True):
    """Why a cell has no behaviour although its SDK can be imported.

    Attributes:
        outcome: The outcome of the cell.
        reason: What the release did.
    """

    outcome: Outcome
    reason: str


class ProbeRun(msgspec.Struct, frozen=True):
    """The results of playing calls in one interpreter.

    Attributes:
        hello: The probe's report on its interpreter; None if the probe reported nothing.
        behaviour: An observation for every call; empty if the SDK can't be imported, or if the cell failed.
        cannot_import: The reason why the SDK can't be imported; empty if it can.
        strays: The paths of requests that belong to no call.
        failure: Why no observation can be trusted or finished; None if all can.
    """

    hello: conversation.Hello | None
    behaviour: dict[Call, Observation]
    cannot_import: str = ""
    strays: tuple[str, ...] = ()
    failure: CellFailure | None = None


class _Session(msgspec.Struct):
    """The results of one probe process.

    Attributes:
        hello: The probe's report on its interpreter; None if the probe reported nothing.
        observations: The observations of the calls that ended.
        failed: The call that hung or crashed the probe, with its observation; None if every call ended.
        cannot_import: The reason why the SDK can't be imported; empty if it can.
        died_importing: How the probe ended before its first call; empty if it got further.
    """

    hello: conversation.Hello | None = None
    observations: dict[Call, Observation] = {}
    failed: tuple[Call, Observation] | None = None
    cannot_import: str = ""
    died_importing: str = ""


class _ForgeryError(Exception):
    """The release wrote lines in the name of the probe."""


class Player:
    """Plays calls in one interpreter, each probe against a backend of its own.

    Args:
        target: The target under test.
        program: The interpreter of an environment that has the target.
        probe: The folder of the probe, as `copy_program` made it.
        home: An empty folder, which becomes the probe's home and working folder.
        settings: The settings of the player.
        sandbox: The sandbox that the probe runs in.
        sees: The paths that the sandbox shows in addition to the probe: its environment and its interpreter.
        base: The resolved path of the interpreter that the environment is built on, which sets the limits; None for the
            harness's own.
    """

    def __init__(
        self,
        target: Target,
        program: Path,
        probe: Path,
        home: Path,
        settings: Settings,
        sandbox: Sandbox = NO_SANDBOX,
        sees: Sequence[Path] = (),
        base: Path | None = None,
    ) -> None:
        self._target = target
        self._program = program
        self._probe = probe
        self._home = home
        self._settings = settings
        self._deadline = settings.deadline or target.suite.call_limit
        self._sandbox = sandbox
        shown: tuple[Path | None, ...] = (probe.parent, settings.bytecode)
        self._entered_by = base or Path(sys.executable).resolve()
        if base is None:
            shown = (*shown, Path(sys.base_prefix), Path(sys.base_prefix).resolve())
        self._sees = (*sees, *(path for path in shown if path and path.exists()))
        self._hello: conversation.Hello | None = None
        self._strays: list[str] = []
        self._room = conversation.CELL_SIZE

    async def play(self, calls: Sequence[Call]) -> ProbeRun:
        """Play every call, and return the observations; of a cell that takes too long or forges lines, the failure.

        Raises:
            ToolFailure: The interpreter can't be started.
        """
        try:
            async with asyncio.timeout(_CELL_TIME):
                return await self._play_all(calls)
        except TimeoutError:
            reason = f"The calls did not end within {_CELL_TIME:g} seconds."
            failure = CellFailure(Outcome.TIMED_OUT, reason)
        except _ForgeryError as forgery:
            failure = CellFailure(Outcome.HARNESS_FAILED, str(forgery))
        return ProbeRun(self._hello, {}, strays=tuple(self._strays), failure=failure)

    async def _play_all(self, calls: Sequence[Call]) -> ProbeRun:
        observed: dict[Call, list[Observation]] = defaultdict(list)
        held_back = await self._play_round(calls, observed, give_up_after=self._target.hopeless)
        if isinstance(held_back, str):
            return ProbeRun(self._hello, {}, held_back, tuple(self._strays))
        for _ in range(ATTEMPTS - 1):
            suspects = {call: len(observed[call]) for call in observed if _is_suspect(observed[call])}
            failure = await self._play_round(list(suspects), observed)
            for call, attempts in suspects.items():
                if len(observed[call]) == attempts:  # this round has no observation that could confirm the others
                    observed[call].append(Observation(outcome=Outcome.HARNESS_FAILED, detail=str(failure)))
        settled = {call: _settle(attempts) for call, attempts in observed.items()}
        hopeless = _find_hopeless_surfaces(settled, self._target.hopeless)
        settled |= {
            call: Observation(
                outcome=Outcome.NOT_RUN, detail=f"{self._target.hopeless} calls on this surface failed each time"
            )
            for call in held_back
            if call.surface in hopeless
        }
        rest = [call for call in held_back if call.surface not in hopeless]
        if rest:
            again = await self._play_all(rest)
            failed = Observation(outcome=Outcome.HARNESS_FAILED, detail=again.cannot_import)
            settled |= {call: again.behaviour.get(call, failed) for call in rest}
        return ProbeRun(self._hello, {call: settled[call] for call in calls}, strays=tuple(self._strays))

    async def _play_round(
        self, calls: Sequence[Call], observed: dict[Call, list[Observation]], give_up_after: int | None = None
    ) -> list[Call] | str:
        """Make each call once, and start a new probe whenever one ends early.

        Returns:
            The calls that were skipped, since too many on their surface failed; or why the SDK can't be imported.
        """
        pending = list(calls)
        held_back: list[Call] = []
        failures: Counter[str] = Counter()
        deaths: list[str] = []
        while pending:
            session = await self._run_probe(pending)
            self._hello = session.hello or self._hello
            if session.cannot_import:
                return session.cannot_import
            if session.died_importing:
                deaths.append(session.died_importing)
                if len(deaths) == ATTEMPTS:
                    return deaths[-1]
                continue
            for call, observation in session.observations.items():
                observed[call].append(observation)
            done = set(session.observations)
            if session.failed is not None:
                call, observation = session.failed
                observed[call].append(observation)
                done.add(call)
                failures[call.surface] += 1
                if failures[call.surface] == give_up_after:
                    held_back += [other for other in pending if other.surface == call.surface and other not in done]
                    done.update(held_back)
            pending = [call for call in pending if call not in done]
        return held_back

    async def _run_probe(self, calls: Sequence[Call]) -> _Session:
        """Run one probe over `calls`, until it has finished or fails."""
        session = _Session()
        try:
            async with (
                self._sandbox.run(
                    self._target.launcher.command(self._program, self._probe),
                    environment=make_environment(self._home),
                    home=self._home,
                    sees=self._sees,
                    entered_by=self._entered_by,
                    unlimited=self._target.launcher.unlimited,
                ) as inside,
                serve(self._target, sock=inside.listener) as backend,
            ):
                paths = [f"/{number}/{call.scenario}" for number, call in enumerate(calls)]
                await _send_plan(inside.process, self._make_plan(calls, [backend.url(path) for path in paths]))
                await self._receive(inside, backend, calls, paths, session)
                self._strays += [*backend.journal.strays, *backend.journal.list_foreign(paths)]
        except OSError as error:
            raise ToolFailure(
                f"{self._program} can't be started: {error}.", "Check that it is a working interpreter."
            ) from None
        return session

    def _make_plan(self, calls: Sequence[Call], urls: Sequence[str]) -> object:
        return {
            "deadline": self._deadline,
            "bytecode": self._settings.bytecode and str(self._settings.bytecode),
            "package": self._target.package,
            "module": self._target.module,
            "calls": [
                {
                    "call": number,
                    "surface": call.surface,
                    "base_url": url,
                    "timeout": self._target.catalogue[call.scenario].timeout,
                }
                for number, (call, url) in enumerate(zip(calls, urls, strict=True))
            ],
        }

    async def _receive(
        self, inside: SandboxedProcess, backend: Backend, calls: Sequence[Call], paths: Sequence[str], session: _Session
    ) -> None:
        """Read the probe's lines until it finishes or fails."""
        state = conversation.Conversation(len(calls), room=self._room)
        while not state.has_ended:
            patience = self._deadline + _GRACE if state.is_calling else _IMPORT_TIME
            line, ending = await _read_line(inside.process, patience, self._sandbox)
            state, effects = state.advance(line or conversation.ProbeEnd(ending))
            self._room = state.room
            for effect in effects:
                if isinstance(effect, conversation.Finished):
                    await _wait_for_exit(inside.process)
                else:
                    _note(effect, session, calls, lambda call: backend.journal.take(paths[call]))


def make_environment(folder: Path) -> Mapping[str, str]:
    """Make the variables of a program whose home is a folder, without the user's tokens, proxies and SDK settings."""
    required = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    home = str(folder)
    return required | {
        "PATH": os.defpath,
        "HOME": home,
        "USERPROFILE": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
    }


def _note(
    effect: conversation.Effect, session: _Session, calls: Sequence[Call], take: Callable[[int], Sequence[Attempt]]
) -> None:
    """Note an effect in the session; `take` takes the requests of a call from the journal.

    Raises:
        _ForgeryError: The release wrote lines in the name of the probe.
    """
    match effect:
        case conversation.Greeted(hello):
            session.hello = hello
        case conversation.CannotImport(reason):
            session.cannot_import = reason
        case conversation.DiedImporting(reason):
            session.died_importing = reason
        case conversation.Forged(reason):
            raise _ForgeryError(reason)
        case conversation.Lost(number, outcome, detail):
            lost = Observation(outcome=outcome, requests=len(take(number)), detail=detail)
            session.failed = (calls[number], lost)
        case conversation.Observed(number, report):
            observation = _combine(report, take(number))
            if observation.outcome is Outcome.TIMED_OUT:
                session.failed = (calls[number], observation)
            else:
                session.observations[calls[number]] = observation


def _combine(seen: ProbeReport, attempts: Sequence[Attempt]) -> Observation:
    """Combine what the probe and the backend saw into one observation."""
    if any(not attempt.known for attempt in attempts):
        # The backend played no scenario, so the SDK's reaction is not an observation of one.
        return Observation(outcome=Outcome.UNSUPPORTED, requests=len(attempts))
    if not attempts:
        seen = msgspec.structs.replace(seen, connection="")  # a pool that was never used looks like one that was closed
    return Observation(**msgspec.structs.asdict(seen), requests=len(attempts))


async def _send_plan(probe: Process, plan: object) -> None:
    """Send the plan to the probe, and leave its standard input open: the probe exits when that ends."""
    if probe.stdin is None:
        raise AssertionError
    try:
        probe.stdin.write(msgspec.json.encode(plan) + b"\n")
        await probe.stdin.drain()
    except ConnectionError:
        pass  # the probe has already ended; the next read reports how


async def _wait_for_exit(probe: Process) -> None:
    """Wait for a finished probe to exit, since the CPU time of a killed probe is lost."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LEAVING):
            await probe.wait()


async def _read_line(probe: Process, patience: float, sandbox: Sandbox) -> tuple[conversation.ProbeLine | None, str]:
    """Read the next line; return None and how the probe ended if no line follows."""
    if probe.stdout is None:
        raise AssertionError
    try:
        async with asyncio.timeout(patience):  # wait_for() of Python 3.11 loses a cancellation that comes with a line
            data = await probe.stdout.readline()
    except TimeoutError:
        return None, conversation.STILL_RUNNING
    except ValueError:
        return None, "wrote a line that is too long"
    if data.endswith(b"\n"):
        line = conversation.parse_line(data)
        return (None, conversation.NO_OBSERVATION) if line is None else (line, "")
    return None, sandbox.describe_exit(await probe.wait())


def _is_suspect(attempts: Sequence[Observation]) -> bool:
    return any(attempt.outcome in (Outcome.TIMED_OUT, Outcome.HARNESS_FAILED) for attempt in attempts)


def _settle(attempts: Sequence[Observation]) -> Observation:
    """Merge all attempts at a call: return their observation if they agree, or else a flaky one with counts."""
    if all(attempt == attempts[0] for attempt in attempts):
        return attempts[0]
    if all(attempt.outcome is Outcome.TIMED_OUT for attempt in attempts):
        # The number of requests depends on when the call was stopped, so it is not part of the observation.
        return Observation(outcome=Outcome.TIMED_OUT, detail="It made requests without an end.")
    return Observation(outcome=Outcome.FLAKY, counts=dict(Counter(str(attempt.outcome) for attempt in attempts)))


def _find_hopeless_surfaces(settled: Mapping[Call, Observation], limit: int) -> set[str]:
    failed = Counter(call.surface for call, observation in settled.items() if _is_suspect([observation]))
    return {surface for surface, count in failed.items() if count >= limit}
