"""Describe observations, verdicts, ideals and wires in words, the same in a terminal and on a page. Pure."""

import re
from collections.abc import Collection
from typing import Final, assert_never

from matrix.catalogue.dialect import FRAMED, Dialect
from matrix.catalogue.steps import (
    Completes,
    Family,
    IsUnsupported,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Scenario,
)
from matrix.catalogue.wire import Drain, End, Send, Wait, compile_scenario
from matrix.model import Lane
from matrix.observation import Call, Observation, Outcome
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.verdict import STREAM_STATUS, VerdictKind, control_for

SYMBOLS: Final[dict[VerdictKind, str]] = {
    VerdictKind.RIGHT: "✓",
    VerdictKind.WRONG: "✗",
    VerdictKind.SILENT: "!",
    VerdictKind.HANGS: "∞",
    VerdictKind.UNAVAILABLE: "-",
    VerdictKind.FLAKY: "≈",
    VerdictKind.UNKNOWN: "?",
}
"""Kind of verdict to its symbol, which is always printed with the word."""

HANDLER_OUTCOMES: Final[dict[HandlerOutcome, tuple[str, str]]] = {
    HandlerOutcome.RIGHT: ("✓", "decides correctly"),
    HandlerOutcome.MISSED: ("✗", "does not retry a failure that a retry could fix"),
    HandlerOutcome.NEEDLESS: ("↻", "retries without need"),
    HandlerOutcome.SILENT: ("!", "treats a failure as success"),
    HandlerOutcome.CRASHED: ("#", "raises its own error, and the original is lost"),
    HandlerOutcome.UNKNOWN: ("?", "makes no decision"),
}
"""Handler outcome to its symbol, which is always printed with the word, and its meaning."""


def describe_observation(observation: Observation) -> str:
    """Describe an observation in a few words: `200 APIStatusError, type overloaded_error`."""
    raised = observation.exception
    match observation.outcome:
        case Outcome.RAISED if raised is not None:
            status = raised.attributes.get("status_code")
            error_type = raised.attributes.get("type")
            named = raised.short_name if status is None else f"{status} {raised.short_name}"
            return f"{named}, type {error_type}" if error_type else named
        case Outcome.CANNOT_CONSTRUCT if raised is not None:
            return f"cannot construct the client: {raised.short_name}"
        case Outcome.COMPLETED:
            return "completed, no exception"
        case Outcome.UNSUPPORTED:
            return "no such call"
        case Outcome.FLAKY:
            return "flaky: " + ", ".join(f"{count} x {name}" for name, count in sorted(observation.counts.items()))
    return str(observation.outcome) + (f": {observation.detail}" if observation.detail else "")


def describe_end(observation: Observation) -> str:
    """Describe how a call ended in a few words, with the reason if its client can't be constructed."""
    raised = observation.exception
    why = f": {raised.text}" if observation.outcome is Outcome.CANNOT_CONSTRUCT and raised is not None else ""
    return describe_observation(observation) + why


def describe_ideal(target: Target, scenario: Scenario) -> str:
    """Describe in words what a caller should see."""
    match scenario.ideal:
        case RaisesStatus(error_type, status) if control_for(scenario):
            return (
                f"Documented: code {status}, and the class that a plain HTTP {status} raises. "
                f"Maintainers': code {STREAM_STATUS}, and type {error_type}."
            )
        case RaisesStatus(error_type, status):
            return f"Code {status}, type {error_type}."
        case Completes():
            return "The complete text, and no exception."
        case RaisesSdk():
            return "An exception of the SDK that contains what the server sent."
        case Recovers(_, status):
            return f"Code {status}; a client that retries completes."
        case RaisesAnything():
            return "Any exception, since a silent end looks like success."
        case RaisesConnection():
            return f"An {target.classes.connection}, which callers retry."
        case IsUnsupported():
            return "The harness reports that the scenario does not exist."
        case _:
            assert_never(scenario.ideal)


_SSE_STANDARD: Final = "https://html.spec.whatwg.org/multipage/server-sent-events.html"


def ideal_source(target: Target, scenario: Scenario) -> tuple[str, str]:
    """Return the source of an ideal in words, and its public page; the page is empty if the ideal is ours."""
    links, classes = target.links, target.classes
    match scenario.ideal:
        case RaisesStatus(_, None):
            return "The streaming page: error types that a client does not know may appear", links.streaming
        case RaisesStatus():
            return "The API's error page gives the status of each type", links.errors
        case Completes() if scenario.family is Family.FRAMING:
            return "The standard of server-sent events, which makes this a complete stream", _SSE_STANDARD
        case Completes():
            return "The streaming page defines a complete stream", links.streaming
        case RaisesSdk():
            return f"The SDK's README: every error is an {classes.root}", links.handling
        case RaisesConnection():
            return f"The SDK's README: a connection failure is an {classes.connection}", links.handling
        case RaisesAnything():
            return "The streaming page: a message ends with message_stop, and this one does not", links.streaming
        case Recovers():
            return "The SDK's README: connection errors, 408, 409, 429 and 5xx are retried", links.handling
        case IsUnsupported():
            return "A control of this harness", ""
        case _:
            assert_never(scenario.ideal)


def describe_wire(scenario: Scenario, dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """List the server's actions in order: `send` and the bytes, `wait` and its length or reason, `end` and its kind."""
    actions: list[tuple[str, str]] = []
    for action in compile_scenario(scenario, dialect):
        match action:
            case Send(data):
                actions.append(("send", _shown(_as_text(data, dialect))))
            case Wait(seconds):
                actions.append(("wait", f"{seconds:g} s"))
            case Drain():
                actions.append(("wait", "until the client has received everything"))
            case End(how):
                actions.append(("end", how))
    return tuple(actions)


_LONGEST: Final = 4_000
"""The number of characters that are shown of one write; one scenario sends 250,000."""


_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
"""The characters that no page may contain, and no terminal may obey; a line feed is shown as one."""


def _as_text(data: bytes, dialect: Dialect) -> str:
    """Write bytes for people. Frames are binary, so each of their bytes that is no ASCII character is escaped."""
    text = data.decode("ascii" if dialect in FRAMED else "utf-8", "backslashreplace").replace("\r", "\\r")
    return _CONTROL.sub(lambda control: f"\\x{ord(control[0]):02x}", text)


def _shown(text: str) -> str:
    end = f"... ({len(text):,} characters)"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + end


def replay_command(target: Target, version: str, call: Call, lanes: Collection[Lane]) -> str:
    """Return the command that plays one call of one release again; both lanes are its default."""
    lane = "" if len(lanes) == len(Lane) else "".join(f" --lane {lane}" for lane in lanes)
    return f"{target.command} run --versions {version}{lane} --scenario {call.scenario} --surface {call.surface}"
