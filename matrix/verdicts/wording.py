"""Describe observations, verdicts, ideals and wires in words, the same in a terminal and on a page. Pure."""

import re
from collections.abc import Collection
from typing import Final, assert_never

from matrix.catalogue import sources
from matrix.catalogue.dialect import FRAMED, OF_ANTHROPIC, OF_MESSAGES, OF_OPENAI, SERVER_SENT, Dialect
from matrix.catalogue.frames import DecodedFrame, FrameDecoder
from matrix.catalogue.steps import (
    Completes,
    Family,
    IsUnsupported,
    NoIdeal,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Scenario,
)
from matrix.catalogue.wire import Drain, End, Send, Wait, compile_scenario
from matrix.model import Lane
from matrix.observation import Call, Observation, Outcome, Raised
from matrix.system.text import counted, with_article
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.verdict import VerdictKind, control_for

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
            named = f"{raised.status_text} {raised.short_name}".lstrip()
            name, value = find_error_name(raised)
            return f"{named}, {name} {value}" if name else named
        case Outcome.CANNOT_CONSTRUCT if raised is not None:
            return f"cannot construct the client: {raised.short_name}"
        case Outcome.COMPLETED if observation.reporting:
            return f"an event {observation.reporting}, no exception"
        case Outcome.COMPLETED:
            return "completed, no exception"
        case Outcome.UNSUPPORTED:
            return "no such call"
        case Outcome.FLAKY:
            return "flaky: " + ", ".join(f"{count} x {name}" for name, count in sorted(observation.counts.items()))
    return str(observation.outcome) + (f": {observation.detail}" if observation.detail else "")


def find_error_name(raised: Raised) -> tuple[str, str]:
    """Find the attribute of an exception that names its error, and return it with its value; empty if there is none."""
    name = next((name for name in ("code", "type", "status") if raised.value(name)), "")
    return (name, str(raised.attributes[name])) if name else ("", "")


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
                f"Maintainers': {_intended(target, error_type)}."
            )
        case RaisesStatus(error_type, None):
            return (
                f"Documented: {with_article(target.classes.status)}; the type has no documented code. "
                f"Maintainers': {_intended(target, error_type)}."
            )
        case RaisesStatus(error_type, status):
            return f"Code {status}, {' or '.join(target.error_names)} {error_type}."
        case Completes():
            return "The complete text, and no exception."
        case RaisesSdk():
            return "An exception of the SDK that contains what the server sent."
        case Recovers(_, status):
            return f"Code {status}; a client that retries completes."
        case RaisesAnything():
            return "Any exception, since a silent end looks like success."
        case RaisesConnection() if not target.classes.connection:
            return "Any exception, since the package has no class for a connection that fails."
        case RaisesConnection():
            article, name = with_article(target.classes.connection).split(" ")
            return f"{article.capitalize()} {name}, which callers retry."
        case IsUnsupported():
            return "The harness reports that the scenario does not exist."
        case NoIdeal():
            return "The file of the scenario does not say."
        case _:
            assert_never(scenario.ideal)


def _intended(target: Target, error_type: str) -> str:
    """Describe the exception that the maintainers intend for an error inside a stream."""
    if target.maps_stream_errors:
        return "the same"
    code = "no code" if target.stream_status is None else f"code {target.stream_status}"
    return f"{code}, and {' or '.join(target.error_names)} {error_type}"


_SSE_STANDARD: Final = "https://html.spec.whatwg.org/multipage/server-sent-events.html"


def ideal_source(target: Target, scenario: Scenario) -> tuple[str, str]:
    """Return the source of an ideal in words, and its public page; the page is empty if the ideal is ours."""
    links, classes = target.links, target.classes
    match scenario.ideal:
        case RaisesStatus(_, None) if scenario.family is Family.EVENT_STREAM:
            return "Exceptions that a client does not know may appear", scenario.sources[0]
        case RaisesStatus() if scenario.family is Family.EVENT_STREAM:
            of_frames = scenario.sources[0] == sources.AWS_FRAMES
            return "The service's reference gives the status of each exception", (
                sources.AWS_STREAM if of_frames else scenario.sources[0]
            )
        case RaisesAnything() if scenario.family is Family.EVENT_STREAM:
            return "The frames' specification: the lengths and checksums of a frame must be right", scenario.sources[0]
        case RaisesStatus(_, None):
            return "The streaming page: error types that a client does not know may appear", links.streaming
        case RaisesStatus():
            return "The API's error page gives the status of each type", links.errors
        case Completes() if scenario.family is Family.FRAMING:
            return "The standard of server-sent events, which makes this a complete stream", _SSE_STANDARD
        case Completes() if scenario.family is Family.GATEWAY:
            return "Our choice: no part of the answer is missing, and a retry would not bring the rest", ""
        case Completes():
            return "The streaming page defines a complete stream", links.streaming
        case RaisesSdk():
            every = f"The SDK's README: every error is {with_article(classes.root)}"
            return links.ideals.get("error", (every, links.handling))
        case RaisesConnection():
            lost = f"The SDK's README: a connection failure is {with_article(classes.connection)}"
            return links.ideals.get("connection", (lost, links.handling))
        case RaisesAnything():
            return (
                f"The streaming page: a message ends with {target.last_event}, and this one does not",
                links.streaming,
            )
        case Recovers():
            retried = "The SDK's README: connection errors, 408, 409, 429 and 5xx are retried"
            return links.ideals.get("retry", (retried, links.handling))
        case IsUnsupported():
            return "A control of this harness", ""
        case NoIdeal():
            return "The file of the scenario does not say", ""
        case _:
            assert_never(scenario.ideal)


def describe_dialects(target: Target, dialects: Collection[Dialect]) -> str:
    """Name the only streams in which a scenario exists, to follow `only in`; empty if it exists in all of a target."""
    exists = frozenset(dialects)
    return "" if exists == target.dialects else _STREAMS.get(exists, f"the dialects {', '.join(sorted(exists))}")


_STREAMS: Final = {
    OF_ANTHROPIC: "",
    OF_OPENAI: "",
    FRAMED: "an AWS event stream",
    SERVER_SENT: "server-sent events",
    OF_MESSAGES: "the Messages API",
    OF_OPENAI - {Dialect.RESPONSES}: "the streams of completions",
    frozenset({Dialect.CHAT}): "the streams of chat completions",
    frozenset({Dialect.RESPONSES}): "the Responses API",
    frozenset({Dialect.CONVERSATIONS}): "the Conversations API",
}
"""Dialects to the name of their streams; empty for all dialects of an API."""


def describe_wire(scenario: Scenario, dialect: Dialect) -> tuple[tuple[str, str], ...]:
    """List the server's actions in order: `send` and the bytes, `wait` and its length or reason, `end` and its kind.

    Where a stream consists of frames, `frame` and the decoded frame follow the `send` whose bytes complete it.
    """
    actions: list[tuple[str, str]] = []
    frames = FrameDecoder()
    for action in compile_scenario(scenario, dialect):
        match action:
            case Send(data) if dialect in FRAMED and (body := _find_body(data)):
                actions.append(("send", _dump(data)))
                actions += [("frame", _describe_frame(frame)) for frame in frames.feed(body)]
            case Send(data):
                actions.append(("send", _shown(data.decode("utf-8", "backslashreplace"))))
            case Wait(seconds):
                actions.append(("wait", f"{seconds:g} s"))
            case Drain():
                actions.append(("wait", "until the client has received everything"))
            case End(how):
                if (cut := frames.end()) is not None:
                    actions.append(("frame", _describe_frame(cut)))
                actions.append(("end", how))
    return tuple(actions)


def _find_body(data: bytes) -> bytes:
    """Return the part of a body in one write; empty for the head of a response, a whole one and the last chunk."""
    if data.startswith(b"HTTP/"):
        return b""
    size, end, rest = data.partition(b"\r\n")
    is_chunk = end and rest.endswith(b"\r\n") and size == f"{len(rest) - 2:x}".encode()
    return rest[:-2] if is_chunk else b"" if data == b"0\r\n\r\n" else data


def _describe_frame(frame: DecodedFrame) -> str:
    """Describe a decoded frame, or what is missing of one, a line for each part."""
    if not frame.length:
        return "no frame: its first 12 bytes, which hold its length, are incomplete"
    if frame.missing and frame.wrong:
        return "no frame: the checksum of its lengths is wrong"
    if frame.missing:
        return f"cut: {counted(frame.missing, 'byte')} of {frame.length:,} were not sent, so there is no frame to read"
    lines = [counted(frame.length, "byte")]
    lines += [f"the checksum of the {part} is wrong" for part in frame.wrong]
    lines += [_shown(f"{name}: {value}") for name, value in frame.headers]
    lines.append(f"payload: {_shown(frame.payload)}" if frame.payload else "no payload")
    if frame.event:
        lines.append(f"event in it: {_shown(frame.event)}")
    return "\n".join(lines)


_ROW: Final = 16
"""The number of bytes in a line of a dump."""

_DUMPED: Final = 512
"""The number of bytes that are shown of one write of frames, in which most bytes repeat in the decoded frame."""


def _dump(data: bytes) -> str:
    """Show bytes in hexadecimal, with their ASCII; say how many there are if not all are shown."""
    lines = []
    for start in range(0, min(len(data), _DUMPED), _ROW):
        row = data[start : start + _ROW]
        ascii_ = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{start:04x}  {row.hex(' '):<{_ROW * 3}} {ascii_}")
    return "\n".join(lines + [f"... ({len(data):,} bytes)"] * (len(data) > _DUMPED))


_LONGEST: Final = 4_000
"""The number of characters that are shown of one write; one scenario sends 250,000."""


_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
"""The characters that no page may contain, and no terminal may obey; a line feed is shown as one."""


def _shown(text: str) -> str:
    r"""Escape the control characters of a text, a carriage return as `\r`, and shorten it."""
    text = _CONTROL.sub(lambda control: f"\\x{ord(control[0]):02x}", text.replace("\r", "\\r"))
    end = f"... ({len(text):,} characters)"
    return text if len(text) <= _LONGEST else text[:_LONGEST] + end


def replay_command(target: Target, version: str, call: Call, lanes: Collection[Lane]) -> str:
    """Return the command that plays one call of one release again; both lanes are its default."""
    lane = "" if len(lanes) == len(Lane) else "".join(f" --lane {lane}" for lane in lanes)
    return f"{target.command} run --versions {version}{lane} --scenario {call.scenario} --surface {call.surface}"
