"""Verdicts: what a program did wrong in one failure, from its requests and its reaction. Pure.

What a right program does follows from the scenario: whether a retry may help, how much text came before the failure,
and what its caller should see. Where the record does not show what happened, the verdict is that it can't tell.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from matrix.audit.crashes import find_crash
from matrix.audit.record import Answered, Outcome, Reaction
from matrix.catalogue.events import FIRST_TEXT
from matrix.catalogue.steps import (
    Completes,
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
    r"error|exception|fail|overload|unavailable|incomplete|interrupt|tim(?:ed|e) ?out|retr(?:y|ied)|rate.?limit|sorry"
    r"|try again|abort|broke|lost|denied|invalid|refused|unable|cannot|can't|could not|couldn't|partial|cut off"
    r"|stopped early|went wrong|problem|warning",
    re.IGNORECASE,
)
"""Words by which a program tells its user that something failed."""


class Verdict(Frozen, frozen=True):
    """One fault of a program in one failure, or the reason why nothing can be said.

    Attributes:
        rule: The id of its rule.
        level: Its level.
        message: What the program did, in a sentence that names no scenario, so that equal faults have equal messages.
    """

    rule: str
    level: Level
    message: str


class Control(Frozen, frozen=True, kw_only=True):
    """What the code under audit did in the clean stream.

    Attributes:
        attempts: Its requests.
        reaction: Its reaction.
    """

    attempts: tuple[Answered, ...]
    reaction: Reaction


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a verdict depends on.

    Attributes:
        scenario: The failure that was played.
        attempts: The requests of the code, in their order.
        reaction: Its reaction.
        control: What it did in the clean stream.
        deadline: Seconds that it was given after its first request.
    """

    scenario: Scenario
    attempts: tuple[Answered, ...]
    reaction: Reaction
    control: Control
    deadline: float

    @property
    def played(self) -> tuple[Answered, ...]:
        """The requests that a scenario answered."""
        return tuple(attempt for attempt in self.attempts if attempt.played)

    @property
    def failed(self) -> tuple[Answered, ...]:
        """The requests that the failure answered."""
        return tuple(attempt for attempt in self.played if attempt.failed)

    @property
    def retries(self) -> tuple[Answered, ...]:
        """The requests that repeat one that failed.

        A program that makes one request in a clean stream has no other reason for a second one, even with another body:
        it may ask for the rest of the answer. One that makes several repeats a request if it has the same body.
        """
        if not self.failed:
            return ()
        asks_once = sum(attempt.played for attempt in self.control.attempts) <= 1
        bodies: set[str] = set()
        found = []
        for attempt in self.played:
            if bodies and (asks_once or attempt.body in bodies):
                found.append(attempt)
            if attempt.failed:
                bodies.add(attempt.body)
        return tuple(found)

    @property
    def is_recovered(self) -> bool:
        """Whether the last answer was whole."""
        return bool(self.played) and not self.played[-1].failed

    @property
    def gaps(self) -> tuple[float, ...]:
        """The seconds between the end of each failed answer and the retry after it."""
        pairs = zip((*self.failed[:1], *self.retries), self.retries, strict=False)
        ends = [(before.over, after.at) for before, after in pairs if before.failed]
        return tuple(max(0.0, after - before) for before, after in ends if before is not None)

    @property
    def noticed(self) -> bool:
        """Whether the code told of the failure, by its exit code or its status, or else in its output."""
        return self.reaction.outcome is Outcome.FAILED or (not self.reaction.is_certain and self.announced != "")

    @property
    def announced(self) -> str:
        """The first line that tells of a failure and is no line of the clean run; empty if there is none."""
        usual = {*_lines(self.control.reaction.shown), *_lines(self.control.reaction.log)}
        lines = (*_lines(self.reaction.shown), *_lines(self.reaction.log))
        return next((line for line in lines if line not in usual and _FAILURE_WORDS.search(line)), "")


def judge(case: Case) -> tuple[Verdict, ...]:
    """Judge one failure; no verdict means that the code handled it well."""
    if not case.failed:
        return (_cannot_tell(_why_not_played(case)),)
    found = [
        *_judge_end(case),
        *_judge_retries(case),
        *_judge_repeated_text(case),
        *_judge_connections(case),
    ]
    # A failure that is not over shows nothing more; one with a fault shows enough.
    if case.reaction.outcome is Outcome.RUNNING and not found:
        return (
            _cannot_tell(
                f"The program was still trying {case.deadline:g} s after its first request. Give it more time with "
                "--deadline."
            ),
        )
    return tuple(found)


def _why_not_played(case: Case) -> str:
    if case.played:
        return f"The failure comes at a later request than the program makes: it made {len(case.played)}."
    if case.attempts:
        asked = case.attempts[0]
        return f"No request reached an endpoint of the API; the first was {asked.method} {asked.path}."
    return "No request reached the server, although the clean run made one."


def _judge_end(case: Case) -> Iterator[Verdict]:
    """Judge what the caller of the code sees in the end."""
    match case.reaction.outcome:
        case Outcome.RUNNING:
            yield from _judge_waiting(case)
        case Outcome.SUCCEEDED:
            yield from _judge_success(case)
        case Outcome.FAILED:
            yield from _judge_failure(case)


def _judge_waiting(case: Case) -> Iterator[Verdict]:
    """Judge code that had not ended at the deadline: it waits for the server, for nothing, or between two attempts."""
    last = case.played[-1]
    waits_for_server = last.failed and last.over is None
    if len(case.played) > 1:
        return  # it gave the first attempt up; storms are judged elsewhere
    if waits_for_server and case.scenario.timeout is not None:
        kind = "although data without content kept coming" if last.end is None else "in silence"
        yield Verdict(
            rules.NO_TIMEOUT,
            Level.ERROR,
            f"It waited for {case.deadline:g} s {kind}, and did not give up. A longer timeout of its own would need a "
            "longer --deadline.",
        )
    else:
        yield Verdict(
            rules.PROGRAM_HANGS,
            Level.ERROR,
            f"It had neither ended nor tried again {case.deadline:g} s after its first request, although the answer "
            "was over.",
        )


def _judge_success(case: Case) -> Iterator[Verdict]:
    """Judge code whose caller sees success."""
    scenario, reaction = case.scenario, case.reaction
    if case.is_recovered or scenario.text is Text.ALL or isinstance(scenario.ideal, Completes):
        return
    if not case.noticed:
        level = Level.WARNING if isinstance(scenario.ideal, RaisesSdk) else Level.ERROR
        yield Verdict(
            rules.ACCEPTED, level, f"It reported success ({reaction.said}) although the answer was not whole."
        )
    elif reaction.status and not reaction.is_stream:
        yield Verdict(
            rules.SUCCESS_STATUS,
            Level.ERROR,
            f"Its own answer has the status {reaction.status}, which says that all is well, and a body that tells of "
            "the failure.",
        )
    elif not reaction.status:
        yield Verdict(
            rules.EXIT_HIDES,
            Level.NOTE,
            f"It told its user of the failure and ended with {reaction.said}, so a script takes it for success. "
            "If its output shows success, name that with --expect-output.",
        )


def _judge_failure(case: Case) -> Iterator[Verdict]:
    """Judge code whose caller sees a failure."""
    scenario = case.scenario
    crash = find_crash(case.reaction.log) or find_crash(case.reaction.shown)
    if crash:
        yield Verdict(rules.PROGRAM_CRASHES, Level.ERROR, f"Its own code crashed when the stream failed: {crash}.")
    if not case.retries and _is_transient(scenario) and scenario.text is Text.NONE:
        yield Verdict(
            rules.NOT_RETRIED,
            Level.WARNING,
            "It gave up after one request, although nothing was shown yet and another attempt could succeed.",
        )


def _is_transient(scenario: Scenario) -> bool:
    """Return whether a failure has a cause that passes, and not a broken answer that may stay as it is."""
    return scenario.retry and isinstance(scenario.ideal, RaisesStatus | RaisesConnection | RaisesAnything | Recovers)


def _judge_retries(case: Case) -> Iterator[Verdict]:
    """Judge what the code sent after the failure."""
    scenario, retries = case.scenario, case.retries
    if not retries:
        return
    has_status = isinstance(scenario.ideal, RaisesStatus) and scenario.ideal.status is not None
    if not scenario.retry and (has_status or scenario.text is Text.ALL):
        why = "the answer was already complete" if scenario.text is Text.ALL else "no attempt can succeed"
        yield Verdict(
            rules.PERMANENT_RETRIED,
            Level.WARNING,
            f"It tried {counted(len(retries), 'more time')}, although {why}.",
        )
    if len(retries) >= MOST_ATTEMPTS:
        gaps = case.gaps
        pace = f", {min(gaps):.2f} s to {max(gaps):.2f} s apart" if gaps else ""
        yield Verdict(
            rules.STORM, Level.ERROR, f"It made {counted(len(retries) + 1, 'request')} for one failure{pace}."
        )
    asked = _retry_after(scenario)
    if asked is None and _has_no_backoff(case.gaps):
        yield Verdict(
            rules.NO_BACKOFF,
            Level.WARNING,
            f"It tried again at once, several times: {' and '.join(f'{gap:.2f} s' for gap in case.gaps[:2])} after "
            "the failures.",
        )
    if asked is not None and asked >= 1 and case.gaps and case.gaps[0] < asked - EARLY:
        yield Verdict(
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
        if isinstance(step, Respond):
            headers = {name.lower(): value for name, value in step.headers}
            if "retry-after-ms" in headers:
                return float(headers["retry-after-ms"]) / 1000
            if "retry-after" in headers:
                return float(headers["retry-after"])
    return None


def _judge_repeated_text(case: Case) -> Iterator[Verdict]:
    """Judge whether the user of the code saw the beginning of the answer again."""
    if not case.retries or case.scenario.text is Text.NONE:
        return
    times = case.reaction.shown.count(FIRST_TEXT) - case.control.reaction.shown.count(FIRST_TEXT)
    if times > 0:
        yield Verdict(
            rules.TEXT_REPEATED,
            Level.ERROR,
            "It showed the text before the failure, tried again, and showed the same text once more.",
        )


def _judge_connections(case: Case) -> Iterator[Verdict]:
    """Judge whether the connection of a failed stream stayed open after the code had gone on."""
    is_service = bool(case.reaction.status) and case.reaction.outcome is not Outcome.RUNNING
    for attempt in case.failed:
        later = [retry.at for retry in case.retries if retry.at > attempt.at]
        gone_on = later[0] if later else case.reaction.at
        open_until = case.reaction.at if attempt.closed is None else attempt.closed
        stays_open = is_service and attempt.closed is None  # its process lives on, and had time to close it
        if attempt.is_held and attempt.last_sent is not None and (stays_open or open_until - gone_on > LATE):
            yield Verdict(
                rules.CONNECTION_LEFT_OPEN,
                Level.WARNING,
                "It went on without closing the connection of the failed stream, which the server keeps open too.",
            )
            return


def _cannot_tell(message: str) -> Verdict:
    return Verdict(rules.CANNOT_TELL, Level.WARNING, message)


def _lines(text: str) -> list[str]:
    return [stripped for line in text.splitlines() if (stripped := line.strip())]
