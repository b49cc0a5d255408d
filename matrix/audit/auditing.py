"""The audit of one command: a clean run first, then every failure of a profile, several at a time. I/O."""

import asyncio
import re
from collections.abc import Callable, Collection

import msgspec

from matrix.audit.profile import CONTROL, select_failures
from matrix.audit.record import ProgramEnd, ProgramOutcome, RunRecord, view_of
from matrix.audit.redirect import PORT
from matrix.audit.running import Command, run
from matrix.audit.verdicts import AuditCase, CleanRun
from matrix.catalogue.steps import Scenario
from matrix.errors import ControlFailure, UsageError
from matrix.system.text import one_line
from matrix.targets.target import Target


class NothingReached(ControlFailure):
    """No request of the program reached the backend, so there is nothing to judge."""

    exit_code = 4


class AuditPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an audit plays.

    Attributes:
        profile: The name of the profile.
        scenarios: The ids of the only failures to play; empty for those of the profile, and the added ones.
        added: The scenarios of the user's files.
        expected: What the output of the program must contain if it succeeded; None to go by its exit code.
        jobs: The number of runs at a time.
    """

    profile: str = "headline"
    scenarios: Collection[str] = ()
    added: Collection[Scenario] = ()
    expected: re.Pattern[str] | None = None
    jobs: int = 1


async def audit(
    command: Command, target: Target, plan: AuditPlan, on_start: Callable[[int], None] = lambda _: None
) -> tuple[AuditCase, ...]:
    """Run a command in a clean stream and against every failure of a plan.

    Args:
        command: The command.
        target: The target whose API is played.
        plan: What is played.
        on_start: Called with the number of failures, once the clean run has succeeded.

    Raises:
        NothingReached: No request of the clean run reached the backend.
        ControlFailure: The program fails in a clean stream.
        UsageError: No failure can be played to the requests of the program.
        OSError: No process or backend can be started.
    """
    record = await run(command, target, target.suite.playable[CONTROL])
    control = CleanRun(attempts=record.attempts, view=view_of(record, plan.expected))
    _require_control(record, control, command, target)
    dialects = {attempt.dialect for attempt in record.attempts if attempt.played and attempt.dialect}
    failures = select_failures(target.suite, dialects, plan.profile, plan.scenarios, plan.added)
    named = plan.scenarios or [scenario.id for scenario in plan.added]
    if named and not {scenario.id for scenario in failures} & {*named}:
        raise UsageError(
            f"None of these scenarios exists in the dialect of the program's requests: {', '.join(named)}.",
            "`matrix list scenarios` shows the dialects of each.",
        )
    on_start(len(failures))
    slots = asyncio.Semaphore(plan.jobs)

    async def play(scenario: Scenario) -> AuditCase:
        async with slots:
            played = await run(command, target, scenario)
        return AuditCase(
            scenario=scenario,
            attempts=played.attempts,
            view=view_of(played, plan.expected),
            control=control,
            deadline=command.deadline,
        )

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(play(scenario)) for scenario in failures]
    return tuple(task.result() for task in tasks)


def _require_control(record: RunRecord, control: CleanRun, command: Command, target: Target) -> None:
    """Refuse to judge a program that no stream reaches, or that fails in a clean one."""
    output = _last_output(record)
    if record.end is ProgramEnd.NOT_READY:
        raise ControlFailure(
            f"The service accepted no connection. {output}".strip(),
            f"Name its address with --url and give it time with --startup; {PORT} stands for a free port.",
        )
    if not any(attempt.played for attempt in record.attempts):
        raise NothingReached(*_explain_silence(record, target, output))
    if control.view.outcome is not ProgramOutcome.SUCCEEDED:
        others = [f"{each.method} {each.path}" for each in record.attempts if not each.played]
        hint = "Run it by hand: `matrix backend --scenario clean` serves the same stream. "
        if not any(each.asks_for_stream for each in record.attempts if each.played):
            hint = "Its request asks for no stream, and the backend answers with one. Audit a command that streams. "
        elif control.view.outcome is ProgramOutcome.RUNNING:
            hint = f"It did not end {command.deadline:g} s after its first request: give it more time with --deadline. "
        elif others:
            hint = f"It also needs {others[0]}, which the backend does not have. "
        raise ControlFailure(
            f"The program fails in a clean stream ({control.view.said}), so nothing was judged. {output}".strip(),
            f"{hint}If it did succeed, say with --expect-output what success is.",
        )


def _explain_silence(record: RunRecord, target: Target, output: str) -> tuple[str, str]:
    """Explain that no scenario was played to a program: a message and a hint."""
    variables = "`docs/auditing.md` lists the variables that the audit sets."
    if record.attempts:
        asked = record.attempts[0]
        first = f"{asked.method} {one_line(asked.path, 100)}"
        return (
            f"Cannot tell: no request reached an endpoint of {target.api}; the first was {first}.",
            f"Choose the API with --target, as in `matrix --target openai audit`. {variables}",
        )
    hint = (
        "The program ignores the environment, such as ANTHROPIC_BASE_URL, or makes no call. Pass the address by hand: "
        "{url} in the command stands for it, as in `matrix audit -- python app.py --base-url {url}`."
    )
    return f"Cannot tell: no request reached the server. {output}".strip(), f"{hint} {variables}"


def _last_output(record: RunRecord) -> str:
    """Quote the last line that a program wrote."""
    lines = [line for output in (record.err, record.out) for line in output.text.splitlines()[::-1] if line.strip()]
    return f"Its last line: {one_line(lines[0], 200)}" if lines else ""
