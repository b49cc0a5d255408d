"""Evidence: what happened in one run as lines with times, and the end of what the program wrote. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from matrix.audit.record import AnsweredRequest, CallerView
from matrix.audit.verdicts import AuditCase
from matrix.backend.journal import RequestEnd
from matrix.catalogue.wire import Ending
from matrix.system.text import counted, cut, one_line, visible

_FIRST: Final = 3
"""Requests that are shown before others are left out."""

_TAIL: Final = 3
"""Lines of each output that are shown."""

_WIDE: Final = 200
"""Characters of a line of output that are shown."""

_ENDS: Final = {
    RequestEnd(Ending.KEEP_ALIVE.value): "then the answer ended",
    RequestEnd(Ending.FIN.value): "then the connection was closed",
    RequestEnd(Ending.RESET.value): "then the connection was reset",
    RequestEnd(Ending.HOLD.value): "then silence",
    RequestEnd.PEER: "then the program closed the connection",
    RequestEnd.NOT_FOUND: "no endpoint of the API",
    RequestEnd.REFUSED: "refused",
    RequestEnd.PAGE: "a page for people",
    None: "and it was still being sent",
}


def collect_evidence(case: AuditCase) -> tuple[str, ...]:
    """Return the evidence of a verdict: requests and answers on a time line, the end, and the last output."""
    return (*_requests(case.attempts), _end(case.view), *_output(case.view))


def _requests(attempts: Sequence[AnsweredRequest]) -> Iterator[str]:
    bodies: dict[str, int] = {}
    shown = attempts if len(attempts) <= _FIRST + 1 else (*attempts[:_FIRST], attempts[-1])
    before: AnsweredRequest | None = None
    for number, attempt in enumerate(attempts, start=1):
        same = bodies.setdefault(attempt.body, number)
        if attempt in shown:
            if number > _FIRST + 1:
                yield f"        ({counted(number - _FIRST - 1, 'more request')})"
            yield from _request(number, attempt, same, before)
        before = attempt


def _request(number: int, attempt: AnsweredRequest, same: int, before: AnsweredRequest | None) -> Iterator[str]:
    notes = []
    if before is not None:
        notes.append("same body" if same != number else "another body")
        gap = before.seconds_until(attempt.at)
        if gap is not None:
            notes.append(f"{gap:.2f} s after answer {number - 1}")
    note = f" ({', '.join(notes)})" if notes else ""
    yield _at(attempt.at, f"request {number}: {attempt.method} {one_line(attempt.path, _WIDE)}{note}")
    if attempt.last_sent is not None:
        status = f"{attempt.status}, " if attempt.status else ""
        sent = f"{status}{attempt.size:,} bytes in {counted(attempt.writes, 'write')}"
        yield _at(attempt.last_sent, f"answer {number}: {sent}, {_ENDS[attempt.end]}")
    elif attempt.end is not None:
        yield _at(attempt.ended or attempt.at, f"answer {number}: nothing, {_ENDS[attempt.end]}")
    if attempt.stays_open and attempt.closed is not None:
        yield _at(attempt.closed, "the program closed that connection")
    elif attempt.stays_open:
        yield "        the program left that connection open"


def _end(view: CallerView) -> str:
    return _at(view.at, f"end: {view.said}")


def _output(view: CallerView) -> Iterator[str]:
    for name, text in (("shown", view.shown), ("log", view.log)):
        lines = [line for line in text.splitlines() if line.strip(" \t^~")]  # not the marks below code in a traceback
        if len(lines) > _TAIL:
            yield f"{name}: ({counted(len(lines) - _TAIL, 'earlier line')})"
        yield from (f"{name}: {cut(visible(line.rstrip()), _WIDE, len(line))}" for line in lines[-_TAIL:])
    if not view.shown.strip():
        yield "shown: nothing"


def _at(seconds: float, what: str) -> str:
    return f"{seconds:6.2f} s  {what}"
