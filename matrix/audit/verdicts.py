"""Verdicts: what a program did wrong in one failure, from its requests and what its caller sees. Pure.

What a right program does follows from the scenario: whether a retry may help, how much text came before the failure,
and what its caller should see. Where the record does not show what happened, the verdict is that it can't tell.
"""

import contextlib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from matrix.audit.crashes import find_crash
from matrix.audit.record import AnsweredRequest, CallerView, ProgramOutcome
from matrix.catalogue.steps import (
    FIRST_TEXT,
    Completes,
    Head,
    NoIdeal,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Respond,
    Scenario,
    Text,
)
from matrix.findings import rules
from matrix.findings.model import Level
from matrix.model import Frozen
from matrix.system.text import counted

MOST_ATTEMPTS: Final = 10
"""The most requests that one failure is worth: an SDK makes three, so three layers of retries make more."""

SOON: Final = 0.1
"""Seconds: a retry that begins sooner after the failure did not wait. The shortest wait of an SDK is 0.375 s."""

EARLY: Final = 0.05
"""Seconds by which a retry may begin before `Retry-After` has passed: clocks are read at two places."""

LATE: Final = 1.0
"""Seconds after which an open connection of a failed stream counts as left open."""

_FAILURE_WORDS: Final = re.compile(
    r"error|exception|fail|overload|unavailable|incomplete|interrupt|tim(?:ed|e) ?out|rate.?limit|sorry"
    r"|try again|abort|broke|lost|denied|invalid|refused|unable|cannot|can't|could not|couldn't|partial|cut off"
    r"|stopped early|went wrong|problem|empty|truncated?|disconnect|no (?:response|answer|reply|content|output|text)\b",
    re.IGNORECASE,
)
"""Words by which a program reports to its user that something failed."""

_CHANGES: Final = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8}-[0-9a-f-]{20,}|\d+(?:[.,:/-]\d+)+|\d{4,}", re.IGNORECASE)
"""What differs between two runs that print the same: addresses, UUIDs, dates, times, durations, ports, process ids."""


class AuditVerdict(Frozen, frozen=True):
    """One fault of a program in one failure, or the reason why nothing can be said.

    Attributes:
        rule: The id of its rule.
        level: Its level.
        message: What the program did, in a sentence that names no scenario, so that equal faults have equal messages.
    """

    rule: str
    level: Level
    message: str


class CleanRun(Frozen, frozen=True, kw_only=True):
    """What the code under audit did in the clean stream.

    Attributes:
        attempts: Its requests; None if there was no clean run, as in a test.
        view: What its caller saw.
    """

    attempts: tuple[AnsweredRequest, ...] | None
    view: CallerView

    @property
    def asks_once(self) -> bool:
        """Whether the code is known to make one request."""
        return self.attempts is not None and sum(attempt.played for attempt in self.attempts) <= 1


NO_CLEAN_RUN: Final = CleanRun(attempts=None, view=CallerView(at=0.0))
"""The control of code that was not run in a clean stream."""


class AuditCase(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a verdict depends on.

    Attributes:
        scenario: The failure that was played.
        attempts: The requests of the code, in their order.
        view: What its caller saw.
        control: What it did in the clean stream.
        deadline: Seconds that it was given after its first request.
    """

    scenario: Scenario
    attempts: tuple[AnsweredRequest, ...]
    view: CallerView
    control: CleanRun
    deadline: float

    @property
    def played(self) -> tuple[AnsweredRequest, ...]:
        """The requests that a scenario answered."""
        return tuple(attempt for attempt in self.attempts if attempt.played)

    @property
    def failed(self) -> tuple[AnsweredRequest, ...]:
        """The requests that the failure answered."""
        return tuple(attempt for attempt in self.played if attempt.failed)

    @property
    def retries(self) -> tuple[AnsweredRequest, ...]:
        """The requests that repeat one that failed.

        A program that makes one request in a clean stream has no other reason for a second one, even with another body:
        it may ask for the rest of the answer. One that makes several repeats a request if it has the same body.
        """
        if not self.failed:
            return ()
        bodies: set[str] = set()
        retries = []
        for attempt in self.played:
            if bodies and (self.control.asks_once or attempt.body in bodies):
                retries.append(attempt)
            if attempt.failed:
                bodies.add(attempt.body)
        return tuple(retries)

    @property
    def is_recovered(self) -> bool:
        """Whether the last answer was whole."""
        return bool(self.played) and not self.played[-1].failed

    @property
    def gaps(self) -> tuple[float, ...]:
        """The seconds between the end of each failed answer and the retry after it."""
        pairs = zip((*self.failed[:1], *self.retries), self.retries, strict=False)
        gaps = (before.seconds_until(after.at) for before, after in pairs if before.failed)
        return tuple(gap for gap in gaps if gap is not None)

    @property
    def is_reported(self) -> bool:
        """Whether the code reported the failure, by its exit code or its status, or else in its output."""
        return self.view.outcome is ProgramOutcome.FAILED or (not self.view.is_certain and self.announced != "")

    @property
    def announced(self) -> str:
        """The first line that reports a failure and is no line of the clean run; empty if there is none.

        Numbers that change from run to run make no new line, and a name after the scenario reports no failure.
        """
        usual = {*_folded(self.control.view.shown), *_folded(self.control.view.log)}
        for line in (*_lines(self.view.shown), *_lines(self.view.log)):
            own = line.replace(self.scenario.id, "")
            if _CHANGES.sub("0", own) not in usual and _FAILURE_WORDS.search(own):
                return line
        return ""


def judge(case: AuditCase) -> tuple[AuditVerdict, ...]:
    """Judge one failure; no verdict means that the code handled it well."""
    if not case.failed:
        return (_cannot_tell(_why_not_played(case)),)
    faults = [
        *_judge_end(case),
        *_judge_retries(case),
        *_judge_repeated_text(case),
        *_judge_connections(case),
    ]
    # A failure that is not over shows nothing more; one with a fault shows enough.
    if case.view.outcome is ProgramOutcome.RUNNING and not faults:
        return (
            _cannot_tell(
                f"The program was still trying {case.deadline:g} s after its first request. Give it more time with "
                "--deadline, or in pytest with `midstream_deadline`."
            ),
        )
    if isinstance(case.scenario.ideal, NoIdeal) and not faults:
        return (_cannot_tell("The scenario file does not say what a caller should see. Add its `ideal`."),)
    return tuple(faults)


def _why_not_played(case: AuditCase) -> str:
    if case.played:
        return f"The failure comes at a later request than the program makes: it made {len(case.played)}."
    if case.attempts:
        asked = case.attempts[0]
        return f"No request reached an endpoint of the API; the first was {asked.method} {asked.path}."
    if case.control.attempts is None:
        return "No request reached the server."
    return "No request reached the server, although the clean run made one."


def _judge_end(case: AuditCase) -> Iterator[AuditVerdict]:
    """Judge what the caller of the code sees in the end."""
    match case.view.outcome:
        case ProgramOutcome.RUNNING:
            yield from _judge_waiting(case)
        case ProgramOutcome.SUCCEEDED:
            yield from _judge_success(case)
        case ProgramOutcome.FAILED:
            yield from _judge_failure(case)


def _judge_waiting(case: AuditCase) -> Iterator[AuditVerdict]:
    """Judge code that had not ended at the deadline: it waits for the server, for nothing, or between two attempts."""
    last = case.played[-1]
    waits_for_server = last.failed and last.over is None
    if len(case.played) > 1:
        return  # it gave the first attempt up; storms are judged elsewhere
    is_silence = case.scenario.timeout is not None or isinstance(case.scenario.ideal, NoIdeal)
    if waits_for_server and is_silence:
        kind = "although data without content kept coming" if last.end is None else "in silence"
        yield AuditVerdict(
            rules.NO_TIMEOUT,
            Level.ERROR,
            f"It waited for {case.deadline:g} s {kind}, and did not give up. A longer timeout of its own would need a "
            "longer --deadline.",
        )
    else:
        yield AuditVerdict(
            rules.PROGRAM_HANGS,
            Level.ERROR,
            f"It had neither ended nor tried again {case.deadline:g} s after its first request, although the answer "
            "was over.",
        )


def _judge_success(case: AuditCase) -> Iterator[AuditVerdict]:
    """Judge code whose caller sees success."""
    scenario, view = case.scenario, case.view
    if case.is_recovered or scenario.text is Text.ALL or isinstance(scenario.ideal, Completes | NoIdeal):
        return
    if not case.is_reported:
        level = Level.WARNING if isinstance(scenario.ideal, RaisesSdk) else Level.ERROR
        yield AuditVerdict(
            rules.ACCEPTED, level, f"It reported success ({view.said}) although the answer was not whole."
        )
    elif view.status and not view.is_stream:
        yield AuditVerdict(
            rules.SUCCESS_STATUS,
            Level.ERROR,
            f"Its own answer has the status {view.status}, which says that all is well, and a body that reports "
            "the failure.",
        )
    elif not view.status:
        yield AuditVerdict(
            rules.EXIT_HIDES,
            Level.NOTE,
            f"It reported the failure to its user and ended with {view.said}, so a script takes it for success. "
            "If its output shows success, name that with --expect-output.",
        )


def _judge_failure(case: AuditCase) -> Iterator[AuditVerdict]:
    """Judge code whose caller sees a failure."""
    scenario = case.scenario
    crash = find_crash(case.view.log) or find_crash(case.view.shown)
    if crash:
        yield AuditVerdict(rules.PROGRAM_CRASHES, Level.ERROR, f"Its own code crashed when the stream failed: {crash}.")
    if not case.retries and _is_transient(scenario) and scenario.text is Text.NONE:
        yield AuditVerdict(
            rules.NOT_RETRIED,
            Level.WARNING,
            "It gave up after one request, although nothing was shown yet and another attempt could succeed.",
        )


def _is_transient(scenario: Scenario) -> bool:
    """Return whether a failure passes and shows at once: no broken answer, which may stay, and no long wait."""
    passes = isinstance(scenario.ideal, RaisesStatus | RaisesConnection | RaisesAnything | Recovers)
    return scenario.retry and passes and scenario.timeout is None


def _judge_retries(case: AuditCase) -> Iterator[AuditVerdict]:
    """Judge what the code sent after the failure."""
    scenario, retries = case.scenario, case.retries
    if not retries:
        return
    has_status = isinstance(scenario.ideal, RaisesStatus) and scenario.ideal.status is not None
    if not scenario.retry and (has_status or scenario.text is Text.ALL):
        why = "the answer was already complete" if scenario.text is Text.ALL else "no attempt can succeed"
        yield AuditVerdict(
            rules.PERMANENT_RETRIED,
            Level.WARNING,
            f"It tried {counted(len(retries), 'more time')}, although {why}.",
        )
    if len(retries) >= MOST_ATTEMPTS:
        gaps = case.gaps
        pace = f", {min(gaps):.2f} s to {max(gaps):.2f} s apart" if gaps else ""
        yield AuditVerdict(
            rules.STORM, Level.ERROR, f"It made {counted(len(retries) + 1, 'request')} for one failure{pace}."
        )
    asked = _retry_after(scenario)
    if asked is None and _has_no_backoff(case.gaps):
        yield AuditVerdict(
            rules.NO_BACKOFF,
            Level.WARNING,
            f"It tried again at once, several times: {' and '.join(f'{gap:.2f} s' for gap in case.gaps[:2])} after "
            "the failures.",
        )
    if asked is not None and asked >= 1 and case.gaps and case.gaps[0] < asked - EARLY:
        yield AuditVerdict(
            rules.RETRY_AFTER_IGNORED,
            Level.WARNING,
            f"It tried again after {case.gaps[0]:.2f} s, although the server asked it to wait for {asked:g} s.",
        )


def _has_no_backoff(gaps: Sequence[float]) -> bool:
    """Return whether two retries, one after the other, came without a wait; a single quick retry is sensible."""
    return any(first < SOON and second < SOON for first, second in pairwise(gaps))


def _retry_after(scenario: Scenario) -> float | None:
    """Return the seconds for which the failure asks its client to wait; None if it does not say."""
    for step in scenario.steps:
        if isinstance(step, Respond | Head):
            headers = {name.lower(): value for name, value in step.headers}
            with contextlib.suppress(ValueError):  # a scenario of a user may name a day instead
                if "retry-after-ms" in headers:
                    return float(headers["retry-after-ms"]) / 1000
                if "retry-after" in headers:
                    return float(headers["retry-after"])
    return None


def _judge_repeated_text(case: AuditCase) -> Iterator[AuditVerdict]:
    """Judge whether the user of the code saw the beginning of the answer again."""
    if not case.retries or case.scenario.text is Text.NONE:
        return
    times = case.view.shown.count(FIRST_TEXT) - case.control.view.shown.count(FIRST_TEXT)
    if times > 0:
        yield AuditVerdict(
            rules.TEXT_REPEATED,
            Level.ERROR,
            "It showed the text before the failure, tried again, and showed the same text once more.",
        )


def _judge_connections(case: AuditCase) -> Iterator[AuditVerdict]:
    """Judge whether the connection of a failed stream stayed open after the code had gone on."""
    is_service = bool(case.view.status) and case.view.outcome is not ProgramOutcome.RUNNING
    for attempt in case.failed:
        later = [retry.at for retry in case.retries if retry.at > attempt.at]
        gone_on = later[0] if later else case.view.at
        open_until = case.view.at if attempt.closed is None else attempt.closed
        stays_open = is_service and attempt.closed is None  # its process lives on, and had time to close it
        if attempt.stays_open and attempt.last_sent is not None and (stays_open or open_until - gone_on > LATE):
            yield AuditVerdict(
                rules.CONNECTION_LEFT_OPEN,
                Level.WARNING,
                "It went on without closing the connection of the failed stream, which the server keeps open too.",
            )
            return


def _cannot_tell(message: str) -> AuditVerdict:
    return AuditVerdict(rules.CANNOT_TELL, Level.WARNING, message)


def _lines(text: str) -> list[str]:
    return [stripped for line in text.splitlines() if (stripped := line.strip())]


def _folded(text: str) -> Iterator[str]:
    return (_CHANGES.sub("0", line) for line in _lines(text))
