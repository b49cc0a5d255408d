"""An observation and a verdict in words, the same ones in a terminal and on a page. Pure."""

from typing import Final

from matrix.decisions import Worth
from matrix.model import Observation, Outcome
from matrix.verdict import Kind

SYMBOLS: Final[dict[Kind, str]] = {
    Kind.RIGHT: "✓",
    Kind.WRONG: "✗",
    Kind.SILENT: "!",
    Kind.HANGS: "∞",
    Kind.UNAVAILABLE: "-",
    Kind.FLAKY: "≈",
    Kind.UNKNOWN: "?",
}
"""Kind of verdict to its symbol, which never stands without the word."""

MEANINGS: Final[dict[Kind, str]] = {
    Kind.RIGHT: "what it ought to be",
    Kind.WRONG: "something else",
    Kind.SILENT: "a failure that looks like success",
    Kind.HANGS: "no answer within the deadline, three times",
    Kind.UNAVAILABLE: "the release has no such call, or can't be installed, imported or constructed",
    Kind.FLAKY: "not the same each time",
    Kind.UNKNOWN: "not measured",
}
"""Kind of verdict to what it means, for legends."""


WORTHS: Final[dict[Worth, tuple[str, str]]] = {
    Worth.RIGHT: ("✓", "what is asked for"),
    Worth.MISSED: ("✗", "gives up, where another attempt would help"),
    Worth.NEEDLESS: ("↻", "tries again, where that can't help or is a waste"),
    Worth.SILENT: ("!", "takes a failure for an answer"),
    Worth.CRASHED: ("#", "raises an error of its own, and loses the one that matters"),
    Worth.UNKNOWN: ("?", "decides nothing"),
}
"""What a decision is worth to its symbol, which never stands without a word, and what that means."""


def words(observation: Observation) -> str:
    """What was seen, in a few words: `200 APIStatusError, type overloaded_error`."""
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
