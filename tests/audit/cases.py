"""Cases made by hand: requests, answers and reactions without a program."""

from typing import Any

import msgspec

from matrix.audit.record import AnsweredRequest, CallerView, ProgramOutcome
from matrix.audit.verdicts import AuditCase, CleanRun
from matrix.backend.journal import RequestEnd
from matrix.catalogue.dialect import Dialect
from matrix.targets import ANTHROPIC

DEADLINE = 8.0


def request(at: float, *, failed: bool = True, took: float = 0.1, **changes: Any) -> AnsweredRequest:
    """Make a request that is answered `took` seconds later, by default with the failure."""
    made = AnsweredRequest(
        method="POST",
        path="/v1/messages",
        dialect=Dialect.MESSAGES,
        played=True,
        failed=failed,
        asks_for_stream=True,
        body="a body",
        connection=1,
        at=at,
        status=200,
        writes=3,
        size=500,
        last_sent=at + took,
        ended=at + took,
        end=RequestEnd.KEEP_ALIVE,
    )
    return msgspec.structs.replace(made, **changes)


def silent(at: float, **changes: Any) -> AnsweredRequest:
    """Make a request whose answer stays open in silence."""
    return request(at, end=RequestEnd.HOLD, **changes)


CLEAN = CleanRun(
    attempts=(request(0.1, failed=False),),
    view=CallerView(outcome=ProgramOutcome.SUCCEEDED, said="exit 0", at=0.3, shown="Hello world\n"),
)


def case(
    scenario: str,
    *attempts: AnsweredRequest,
    outcome: ProgramOutcome = ProgramOutcome.FAILED,
    shown: str = "",
    log: str = "",
    at: float = 1.0,
    control: CleanRun = CLEAN,
    **view: Any,
) -> AuditCase:
    """Make a case of a scenario."""
    said = {
        ProgramOutcome.SUCCEEDED: "exit 0",
        ProgramOutcome.FAILED: "exit 1",
        ProgramOutcome.RUNNING: "stopped at the deadline",
    }
    return AuditCase(
        scenario=ANTHROPIC.suite.playable[scenario],
        attempts=attempts,
        view=CallerView(outcome=outcome, said=said[outcome], at=at, shown=shown, log=log, **view),
        control=control,
        deadline=DEADLINE,
    )
