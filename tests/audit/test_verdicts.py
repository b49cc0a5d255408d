"""Verdicts of cases made by hand, one table for each kind of fault, and laws that hold for all cases."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matrix.audit.record import AnsweredRequest, CallerView, ProgramOutcome
from matrix.audit.verdicts import MOST_ATTEMPTS, AuditCase, CleanRun, judge
from matrix.backend.journal import RequestEnd
from matrix.catalogue.events import PRELUDE, REST
from matrix.catalogue.steps import FIRST_TEXT, WHOLE_TEXT, Finish, Head, NoIdeal, Scenario, Text
from matrix.findings.model import Level
from matrix.findings.rules import (
    ACCEPTED,
    CANNOT_TELL,
    CONNECTION_LEFT_OPEN,
    EXIT_HIDES,
    NO_BACKOFF,
    NO_TIMEOUT,
    NOT_RETRIED,
    PERMANENT_RETRIED,
    PROGRAM_CRASHES,
    PROGRAM_HANGS,
    RETRY_AFTER_IGNORED,
    RULES,
    STORM,
    SUCCESS_STATUS,
    TEXT_REPEATED,
)
from matrix.targets import ANTHROPIC, OPENAI
from tests.audit.cases import CLEAN, case, request, silent

DONE, FAILED, RUNNING = ProgramOutcome.SUCCEEDED, ProgramOutcome.FAILED, ProgramOutcome.RUNNING
FIRST, MID, STALL, PINGS = "first-overloaded_error", "mid-overloaded_error", "stall", "pings-only"

CRASH = """Traceback (most recent call last):
  File "/app/ask.py", line 3, in ask
overloaded
During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/ask.py", line 9, in <module>
AttributeError: module 'anthropic' has no attribute 'OverloadedError'
"""


def every(interval: float, times: int) -> list[AnsweredRequest]:
    """Make requests that begin so long after the answer before."""
    return [request(number * (interval + 0.1)) for number in range(times)]


STREAMS = CleanRun(attempts=(request(0.1, failed=False), request(0.3, failed=False, body="another")), view=CLEAN.view)
"""A clean run of a program that makes two requests."""


def logged(log: str) -> CleanRun:
    """Make a clean run with a log."""
    view = CallerView(outcome=DONE, said="exit 0", at=1, shown="Hello world", log=log)
    return CleanRun(attempts=CLEAN.attempts, view=view)


TABLE = {
    # A partial answer.
    "a cut stream is taken for whole": (case("eof-mid", request(0), outcome=DONE, shown="Hello\n"), {ACCEPTED}),
    "an error is swallowed": (case(MID, request(0), outcome=DONE, shown="Hello\n"), {ACCEPTED}),
    "a refusal is swallowed": (case("http-authentication_error", request(0), outcome=DONE), {ACCEPTED}),
    "an error is swallowed after retries": (
        case(MID, request(0), request(1), outcome=DONE, shown="Hello\n"),
        {ACCEPTED},
    ),
    "a pattern is found in a partial answer": (
        case(MID, request(0), outcome=DONE, shown="Error: Hello", is_certain=True),
        {ACCEPTED},
    ),
    "the answer was complete": (case("after-stop", request(0), outcome=DONE, shown="Hello world\n"), set()),
    "a gap of a gateway does no harm": (case("null-usage", request(0), outcome=DONE, shown="Hello world\n"), set()),
    "a retry brought the whole answer": (
        case("mid-then-ok", request(0), request(1, failed=False), outcome=DONE, shown="Hello world\n"),
        set(),
    ),
    "the failure is named in the output": (
        case(MID, request(0), outcome=DONE, shown="Sorry, the server is overloaded.\n"),
        {EXIT_HIDES},
    ),
    "it says that it has nothing": (
        case("eof-before-anything", request(0), outcome=DONE, shown="Empty response received from LLM.\n"),
        {EXIT_HIDES},
    ),
    "the log names the failure in the clean run too": (
        case(MID, request(0), outcome=DONE, log="cannot read the cache", control=logged("cannot read the cache")),
        {ACCEPTED},
    ),
    "the log of the clean run has another address, time and port": (
        case(
            MID,
            request(0),
            outcome=DONE,
            log="12:03:44 error <Pool at 0x7f21a9>: no proxy on 40112 (5.68 s)",
            control=logged("12:03:51 error <Pool at 0x7fae00>: no proxy on 38113 (6.07 s)"),
        ),
        {ACCEPTED},
    ),
    "the log has a count that the clean run has not": (
        case(MID, request(0), outcome=DONE, log="1 failed", control=logged("0 failed")),
        {EXIT_HIDES},
    ),
    "a file has the name of the scenario": (
        case(
            "error-held",
            silent(0),
            outcome=DONE,
            log="Writing logs/error-held.txt",
            control=logged("Writing logs/clean.txt"),
        ),
        {ACCEPTED},
    ),
    # A service.
    "a service answers 502": (case(MID, request(0), status=502), set()),
    "a service passes 200 on": (
        case(MID, request(0), outcome=DONE, status=200, shown='{"error": "overloaded"}'),
        {SUCCESS_STATUS},
    ),
    "a service answers with what it has": (
        case(MID, request(0), outcome=DONE, status=200, shown='{"text": "Hello"}'),
        {ACCEPTED},
    ),
    "a stream of a service reports the failure in an event": (
        case(MID, request(0), outcome=DONE, status=200, shown="event: error", is_stream=True),
        set(),
    ),
    # Too few attempts.
    "it gives up before any text": (case(FIRST, request(0)), {NOT_RETRIED}),
    "it gives up on a closed connection": (case("close-after-head", request(0)), {NOT_RETRIED}),
    "it gives up on an empty stream": (case("eof-before-anything", request(0)), {NOT_RETRIED}),
    "it gives up after it tried again": (case(FIRST, request(0), request(1)), set()),
    "it gives up after text was shown": (case(MID, request(0), shown="Hello"), set()),
    "it gives up on what can't succeed": (case("http-invalid_request_error", request(0)), set()),
    "it gives up on a page that is no stream": (case("html-200", request(0)), set()),
    # Attempts that can't help.
    "it tries a wrong key again": (case("http-authentication_error", request(0), request(1)), {PERMANENT_RETRIED}),
    "it tries a bad request in a stream again": (
        case("mid-invalid_request_error", request(0), request(1)),
        {PERMANENT_RETRIED},
    ),
    "it tries a reached limit again": (case("spend-cap", request(0), request(1)), {PERMANENT_RETRIED}),
    "it tries although the header forbids it": (
        case("http-529-no-retry", request(0), request(1, failed=False), outcome=DONE),
        {PERMANENT_RETRIED},
    ),
    "it tries a complete answer again": (
        case("after-stop", request(0), request(1), shown="Hello world"),
        {PERMANENT_RETRIED},
    ),
    "it tries an unknown error again": (case("first-unheard_of_error", request(0), request(1)), set()),
    "another body of a program with two requests is no retry": (
        case("http-authentication_error", request(0), request(1, body="another"), control=STREAMS),
        set(),
    ),
    "another body of a program with one request is a retry": (
        case("http-authentication_error", request(0), request(1, body="another")),
        {PERMANENT_RETRIED},
    ),
    # Text.
    "it shows the beginning again": (
        case("mid-then-ok", request(0), request(1, failed=False), outcome=DONE, shown="HelloHello world\n"),
        {TEXT_REPEATED},
    ),
    "it shows the beginning once, and tries again": (
        case(MID, request(0), request(1), shown="Hello"),
        set(),
    ),
    # Time between attempts.
    "it makes a storm": (case(FIRST, *every(0.5, 11)), {STORM}),
    "it makes ten attempts": (case(FIRST, *every(0.5, 10)), set()),
    "it makes a storm without a wait": (case(FIRST, *every(0.01, 20)), {STORM, NO_BACKOFF}),
    "it makes a storm until the deadline": (case(FIRST, *every(0.5, 20), outcome=RUNNING), {STORM}),
    "it waits, and closes the connections when its memory is cleaned": (
        case("error-held", *(silent(at, closed=4.0) for at in (0.0, 0.6, 1.2, 2.3)), at=4.0),
        {CONNECTION_LEFT_OPEN},
    ),
    "it closes the connections, and does not wait": (
        case("error-held", *(silent(at, closed=at + 0.2) for at in (0.0, 0.21, 0.42)), at=1.0),
        {NO_BACKOFF},
    ),
    "it waits while the server goes on": (
        case("error-held", *(request(at, took=9.0, end=None, ended=None) for at in (0.0, 0.6, 1.2)), at=1.5),
        set(),
    ),
    "it does not wait twice": (case(FIRST, *every(0.01, 3)), {NO_BACKOFF}),
    "it does not wait once": (case(FIRST, *every(0.01, 2)), set()),
    "it comes early": (
        case("http-529-retry-after", request(0), request(0.6, failed=False), outcome=DONE, shown="Hello world"),
        {RETRY_AFTER_IGNORED},
    ),
    "it waits as asked": (
        case("http-529-retry-after", request(0), request(1.11, failed=False), outcome=DONE, shown="Hello world"),
        set(),
    ),
    "it comes soon where the server asks for it": (
        case("http-529-then-ok", request(0), request(0.11, failed=False), outcome=DONE, shown="Hello world"),
        set(),
    ),
    # Waiting.
    "it waits in silence": (case(STALL, silent(0), outcome=RUNNING), {NO_TIMEOUT}),
    "it waits through pings": (case(PINGS, request(0, end=None, ended=None), outcome=RUNNING), {NO_TIMEOUT}),
    "it waits after an error": (case("error-held", silent(0), outcome=RUNNING), {NO_TIMEOUT}),
    "it waits for nothing": (case(MID, request(0), outcome=RUNNING), {PROGRAM_HANGS}),
    "it gave a stall up, and waits for nothing": (
        case(STALL, silent(0, closed=2.0), outcome=RUNNING),
        {PROGRAM_HANGS},
    ),
    "it is still trying": (case(FIRST, request(0), request(4), outcome=RUNNING), {CANNOT_TELL}),
    "it is in a later stall": (case(STALL, silent(0, closed=3.0), silent(4), outcome=RUNNING), {CANNOT_TELL}),
    "it gave up on pings in time, which used its time up": (
        case(PINGS, request(0, end=RequestEnd.PEER, closed=3.0)),
        set(),
    ),
    "it gave up in time": (case(STALL, silent(0, closed=2.0)), set()),
    # Connections.
    "it keeps a failed connection, and goes on": (
        case("error-held", silent(0), silent(1, closed=5.0), at=5.0),
        {CONNECTION_LEFT_OPEN},
    ),
    "it closes a failed connection before it goes on": (
        case("error-held", silent(0, closed=0.2), silent(1, closed=1.2), at=5.0),
        set(),
    ),
    "a program that ends closes what it has": (case("error-held", silent(0)), set()),
    "a service keeps a failed connection": (case("error-held", silent(0), status=502), {CONNECTION_LEFT_OPEN}),
    # The program itself.
    "its own code crashes": (case(MID, request(0), log=CRASH), {PROGRAM_CRASHES}),
    "a crash that was handled is none": (
        case("mid-then-ok", request(0), request(1, failed=False), outcome=DONE, log=CRASH, shown="Hello world"),
        set(),
    ),
    # No answer.
    "it made no request": (case(MID), {CANNOT_TELL}),
    "it asked for something else": (case(MID, request(0, played=False, failed=False)), {CANNOT_TELL}),
    "the failure comes later": (
        case("closed-between-calls", request(0, failed=False), outcome=DONE, shown="Hello world"),
        {CANNOT_TELL},
    ),
}
"""Title to a case and the rules of its verdicts."""


OWN = msgspec.structs.replace(
    ANTHROPIC.suite.playable[MID], id="own", ideal=NoIdeal(), text=Text.NONE, retry=False, timeout=None
)
"""A scenario of a user's file that does not say what a caller should see."""


@pytest.mark.parametrize(
    ("made", "rules"),
    [
        (case(MID, request(0), outcome=DONE, shown="Hello\n"), {CANNOT_TELL}),
        (case(MID, request(0)), {CANNOT_TELL}),
        (case(MID, request(0), log=CRASH), {PROGRAM_CRASHES}),
        (case(MID, *every(0.01, 5)), {NO_BACKOFF}),
        (case(MID, request(0), outcome=RUNNING), {PROGRAM_HANGS}),
        (case(MID, silent(0), outcome=RUNNING), {NO_TIMEOUT}),
    ],
)
def test_without_an_ideal_only_faults_that_need_none_are_told(made: AuditCase, rules: set[str]) -> None:
    """Whatever else the program did may be right."""
    verdicts = judge(msgspec.structs.replace(made, scenario=OWN))
    assert rules == {verdict.rule for verdict in verdicts}


@pytest.mark.parametrize(
    ("value", "rules"), [("4", {RETRY_AFTER_IGNORED}), ("Mon, 30 Nov 2026 10:00:00 GMT", {CANNOT_TELL})]
)
def test_the_head_of_a_stream_may_ask_for_a_wait(value: str, rules: set[str]) -> None:
    """A recorded header may also name a day, which says nothing about a replay."""
    steps = (Head(status=503, headers=(("Retry-After", value),)), Finish())
    made = case(MID, request(0), request(1))
    verdicts = judge(msgspec.structs.replace(made, scenario=msgspec.structs.replace(OWN, steps=steps)))
    assert rules == {verdict.rule for verdict in verdicts}


@pytest.mark.parametrize(("judged", "rules"), TABLE.values(), ids=TABLE)
def test_a_case_has_its_verdicts_and_no_other(judged: AuditCase, rules: set[str]) -> None:
    """Check one row of the table."""
    assert rules == {verdict.rule for verdict in judge(judged)}


def test_the_table_has_every_rule_of_the_audit() -> None:
    """A rule without a row could be impossible to reach."""
    of_audit = [*RULES][[*RULES].index(ACCEPTED) :]
    assert set(of_audit) == {rule for _, rules in TABLE.values() for rule in rules}


def test_a_broken_answer_that_is_accepted_is_a_warning() -> None:
    """The API documents no exception for it, so a program may have reasons."""
    (verdict,) = judge(case("duplicate-start", request(0), outcome=DONE, shown="Hello world"))
    assert (ACCEPTED, Level.WARNING) == (verdict.rule, verdict.level)


def test_the_texts_of_streams_are_those_that_are_counted() -> None:
    """Every dialect begins and ends with them."""
    for dialect, events in PRELUDE.items():
        first = "".join(event.data for event in events)
        assert f'"{FIRST_TEXT}"' in first, dialect
        assert WHOLE_TEXT not in first, dialect
        assert f'"{WHOLE_TEXT.removeprefix(FIRST_TEXT)}"' in "".join(event.data for event in REST[dialect]) or (
            f'"{WHOLE_TEXT}"' in "".join(event.data for event in REST[dialect])
        ), dialect


SCENARIOS = [
    scenario for target in (ANTHROPIC, OPENAI) for scenario in target.suite.playable.values() if scenario.id != "clean"
]


RELAXED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def any_case(draw: st.DrawFn) -> AuditCase:
    """Make any case whose requests are in their order."""
    scenario = draw(st.sampled_from(SCENARIOS))
    begins = sorted(draw(st.lists(st.floats(0, 8), max_size=6)))
    attempts = tuple(
        request(
            at,
            took=draw(st.floats(0, 2)),
            failed=draw(st.booleans()),
            played=draw(st.booleans()),
            body=draw(st.sampled_from(["a", "b"])),
            end=draw(st.sampled_from([None, *RequestEnd])),
            closed=draw(st.none() | st.floats(0, 10)),
        )
        for at in begins
    )
    view = CallerView(
        outcome=draw(st.sampled_from(ProgramOutcome)),
        said="exit 0",
        at=draw(st.floats(0, 10)),
        shown=draw(st.sampled_from(["", "Hello", "Hello world", "HelloHello", "failed"])),
        log=draw(st.sampled_from(["", CRASH])),
        status=draw(st.sampled_from([0, 200, 502])),
        is_certain=draw(st.booleans()),
    )
    return AuditCase(scenario=scenario, attempts=attempts, view=view, control=CLEAN, deadline=8.0)


@RELAXED
@given(any_case())
def test_every_case_has_verdicts_of_known_rules(judged: AuditCase) -> None:
    """Each rule appears once, its message is a sentence, and a program that did not end is never fine."""
    verdicts = judge(judged)
    rules = [verdict.rule for verdict in verdicts]
    assert len(set(rules)) == len(rules)
    assert all(rule in RULES for rule in rules)
    assert all(verdict.message.endswith((".", "end.")) for verdict in verdicts)
    if judged.view.outcome is RUNNING:
        assert verdicts


@RELAXED
@given(st.sampled_from(SCENARIOS), st.floats(1.1, 3), st.floats(1.1, 3))
def test_a_program_that_recovers_after_a_wait_is_fine(scenario: Scenario, first: float, second: float) -> None:
    """Whatever the failure, if another attempt may help and no text was shown."""
    if not scenario.retry:
        return
    attempts = (request(0), request(first), request(first + second, failed=False))
    judged = case(MID, *attempts, outcome=DONE, shown="Hello world\n")
    assert () == judge(msgspec.structs.replace(judged, scenario=scenario))


@RELAXED
@given(any_case(), st.integers(MOST_ATTEMPTS + 1, 30))
def test_a_storm_stays_a_storm_whatever_else_happens(judged: AuditCase, number: int) -> None:
    """Every failure has a limit of attempts."""
    storming = msgspec.structs.replace(judged, attempts=tuple(every(0.2, number)))
    assert STORM in {verdict.rule for verdict in judge(storming)}


@RELAXED
@given(any_case())
def test_text_that_was_never_sent_is_never_repeated(judged: AuditCase) -> None:
    """A scenario that fails before any text has none to repeat."""
    if judged.scenario.text is Text.NONE:
        assert TEXT_REPEATED not in {verdict.rule for verdict in judge(judged)}
