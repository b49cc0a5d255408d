"""Records: what one program did in one failure, as plain values without keys and bodies. Pure.

`matrix.audit.running` makes a record of a process. A test that calls its own code makes a `CallerView` of its
own. `matrix.audit.verdicts` judges both.
"""

import hashlib
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from matrix.backend.journal import RequestEnd
from matrix.backend.timed_journal import TimedExchange
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import Scenario
from matrix.model import Frozen

_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3})")

_CLOCKS: Final = 0.05
"""Seconds by which the backend may notice a closed connection after the request that followed it."""

_STREAM: Final = re.compile(rb'"stream"\s*:\s*true')


class AnsweredRequest(Frozen, frozen=True, kw_only=True):
    """One request of a program and its answer; times are in seconds since the program was started.

    Attributes:
        method: The HTTP method.
        path: The path without the query.
        dialect: The dialect of the request; None if its path is no endpoint of the API.
        played: Whether a scenario was played; False for a 404 or a refusal.
        failed: Whether the answer was the failure; False for the whole answer that some scenarios give later.
        asks_for_stream: Whether the body asks for a stream.
        body: The digest of the body; equal bodies have equal digests.
        connection: The number of the connection, from 1.
        at: When the request had arrived.
        status: The HTTP status of the answer; 0 if none was sent.
        writes: The number of writes of the answer.
        size: The number of bytes of the answer.
        last_sent: When the last bytes were sent; None if none were.
        ended: When the answer had ended; None if it had not.
        end: How it ended; None if it had not.
        closed: When the program closed the connection; None if it did not, or if the backend closed it first.
    """

    method: str
    path: str
    dialect: Dialect | None
    played: bool
    failed: bool
    asks_for_stream: bool
    body: str
    connection: int
    at: float
    status: int = 0
    writes: int = 0
    size: int = 0
    last_sent: float | None = None
    ended: float | None = None
    end: RequestEnd | None = None
    closed: float | None = None

    @property
    def stays_open(self) -> bool:
        """Whether the answer was left open in silence, or had not ended, so that only the program can end it."""
        return self.end in (None, RequestEnd.HOLD)

    @property
    def over(self) -> float | None:
        """When the answer was over for the program: it ended, or the program closed it; None if it was not."""
        ends = [time for time in (None if self.stays_open else self.ended, self.closed) if time is not None]
        return min(ends, default=None)

    def seconds_until(self, retry: float) -> float | None:
        """Return the seconds from the end of this answer to a retry; None if it had not ended by then.

        An answer that the program leaves open was over for it when its last bytes had come: nothing shows when it gave
        the answer up.
        """
        ends = [end for end in (self.over, self.last_sent) if end is not None and end <= retry + _CLOCKS]
        return max(0.0, retry - ends[0]) if ends else None


def record_attempts(
    exchanges: Iterable[TimedExchange], scenario: Scenario, clean: Scenario
) -> tuple[AnsweredRequest, ...]:
    """Describe the requests of a journal and their answers in a scenario.

    Args:
        exchanges: The exchanges of the journal.
        scenario: The scenario that was played.
        clean: The control of the same API: a scenario may give its whole answer to some requests.
    """
    return tuple(describe(exchange, failed=scenario.attempt(exchange.before) != clean.steps) for exchange in exchanges)


def describe(exchange: TimedExchange, *, failed: bool) -> AnsweredRequest:
    """Describe a request and its answer.

    Args:
        exchange: The exchange of a journal.
        failed: Whether the answer was the failure, if a scenario was played.
    """
    attempt = exchange.attempt
    received = attempt.received
    status = _STATUS.match(exchange.sent[0].data) if exchange.sent else None
    return AnsweredRequest(
        method=received.method if received else "",
        path=received.target.partition("?")[0] if received else attempt.base_path,
        dialect=attempt.dialect,
        played=attempt.known,
        failed=attempt.known and failed,
        asks_for_stream=attempt.dialect is Dialect.BEDROCK
        or bool(received and (_STREAM.search(received.body) or "stream" in received.target.lower())),
        body=hashlib.sha256(received.body).hexdigest()[:16] if received else "",
        connection=exchange.connection,
        at=exchange.arrived,
        status=int(status[1]) if status else 0,
        writes=len(exchange.sent),
        size=exchange.size,
        last_sent=exchange.sent[-1].at if exchange.sent else None,
        ended=exchange.ended,
        end=exchange.end,
        closed=exchange.closed,
    )


class Output(Frozen, frozen=True):
    """What a program wrote to one stream: its beginning and its end.

    Attributes:
        head: The beginning.
        tail: The end, if the whole is longer than the beginning.
        size: The number of bytes of the whole.
    """

    head: str = ""
    tail: str = ""
    size: int = 0

    @property
    def text(self) -> str:
        """The beginning and the end, with a line between them if a part is missing."""
        return f"{self.head}\n[...]\n{self.tail}" if self.tail else self.head


class ProgramEnd(StrEnum):
    """How a program ended."""

    EXITED = "exited"
    SIGNALLED = "ended by a signal"
    STOPPED = "stopped at the deadline"
    FLOODED = "stopped after too many requests"
    NOT_READY = "accepted no connection"
    """Only a service: it was stopped, or it ended, before it accepted a connection."""


class ServiceAnswer(Frozen, frozen=True, kw_only=True):
    """The answer of a service to the request of the audit.

    Attributes:
        status: Its HTTP status; 0 if there was none.
        content_type: Its content type.
        body: Its body.
        is_whole: Whether it ended as HTTP requires.
        at: When it ended, in seconds since the service was started; None if it had not at the deadline.
    """

    status: int = 0
    content_type: str = ""
    body: Output = Output()
    is_whole: bool = False
    at: float | None = None


class RunRecord(Frozen, frozen=True, kw_only=True):
    """What one program did in one failure.

    Attributes:
        attempts: Its requests to the backend, in their order, with the answers.
        end: How it ended.
        code: Its exit code, or the number of the signal that ended it.
        seconds: The seconds from its start to its end.
        out: Its standard output.
        err: Its standard error.
        answer: The answer of a service; None for any other program.
        requests: The number of its requests, also of those that are not described.
    """

    attempts: tuple[AnsweredRequest, ...] = ()
    end: ProgramEnd = ProgramEnd.EXITED
    code: int = 0
    seconds: float = 0.0
    out: Output = Output()
    err: Output = Output()
    answer: ServiceAnswer | None = None
    requests: int = 0


class ProgramOutcome(StrEnum):
    """What the caller of a program sees."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RUNNING = "still running"
    """It was stopped at the deadline."""
    UNOBSERVED = "not observed"
    """A test did not observe the call of its code, so only its requests are judged."""


NOT_OBSERVED: Final = "not observed"
"""The end in words of code whose call no test observed."""


class CallerView(Frozen, frozen=True, kw_only=True):
    """What the caller of audited code sees, whatever that code is: a program, a service, or a function of a test.

    Attributes:
        at: When it was over, in seconds since it was started.
        outcome: What its caller sees.
        said: The end in words, such as `exit 0`.
        shown: The text that its user sees.
        log: Other text that it wrote, such as a traceback.
        status: The HTTP status of the answer of a service; 0 for what is no service.
        is_stream: Whether the answer of a service is a stream of events, which can report a failure after its status.
        is_certain: Whether a pattern or a test decided what success is, and not only an exit code or a status.
    """

    at: float
    outcome: ProgramOutcome = ProgramOutcome.UNOBSERVED
    said: str = NOT_OBSERVED
    shown: str = ""
    log: str = ""
    status: int = 0
    is_stream: bool = False
    is_certain: bool = False


def view_of(record: RunRecord, expected: re.Pattern[str] | None = None) -> CallerView:
    """Say what the caller of a program sees.

    Args:
        record: The record of the program.
        expected: What its output, or the answer of a service, must contain if it succeeded; None to go by its exit
            code, or by the status of the answer.
    """
    if record.answer is not None:
        return _view_of_answer(record, record.answer, expected)
    shown = record.out.text
    if record.end in (ProgramEnd.STOPPED, ProgramEnd.FLOODED):
        outcome = ProgramOutcome.RUNNING
    elif expected is not None:
        outcome = ProgramOutcome.SUCCEEDED if expected.search(shown) else ProgramOutcome.FAILED
    else:
        outcome = (
            ProgramOutcome.SUCCEEDED if record.end is ProgramEnd.EXITED and record.code == 0 else ProgramOutcome.FAILED
        )
    said = f"signal {record.code}" if record.end is ProgramEnd.SIGNALLED else f"exit {record.code}"
    return CallerView(
        outcome=outcome,
        said=str(record.end) if outcome is ProgramOutcome.RUNNING else said,
        at=record.seconds,
        shown=shown,
        log=record.err.text,
        is_certain=expected is not None,
    )


_FIRST_ERROR: Final = 400
"""The first HTTP status that says that a request failed."""


def _view_of_answer(record: RunRecord, answer: ServiceAnswer, expected: re.Pattern[str] | None) -> CallerView:
    """Say what the caller of a service sees."""
    shown = answer.body.text
    if answer.at is None and record.end in (ProgramEnd.STOPPED, ProgramEnd.FLOODED):
        outcome, said = ProgramOutcome.RUNNING, "no answer at the deadline"
    else:
        is_fine = answer.is_whole and answer.status and (expected is None or expected.search(shown))
        outcome = ProgramOutcome.SUCCEEDED if is_fine and answer.status < _FIRST_ERROR else ProgramOutcome.FAILED
        said = f"answered {answer.status}" if answer.status else "closed the connection without an answer"
        if answer.status and not answer.is_whole:
            said += ", which was cut"
    return CallerView(
        outcome=outcome,
        said=said,
        at=record.seconds if answer.at is None else answer.at,
        shown=shown,
        log=f"{record.out.text}\n{record.err.text}",
        status=answer.status,
        is_stream=answer.content_type.startswith("text/event-stream"),
        is_certain=expected is not None,
    )
