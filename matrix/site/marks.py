"""What a cell of the matrix says in one sign and one word, by both yardsticks at once. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from matrix.observation import Observation, Outcome
from matrix.verdicts.verdict import Verdict, VerdictKind, Yardstick


class Mark(StrEnum):
    """What both yardsticks come to."""

    RIGHT = "right"
    TYPED = "typed"
    """Right by the maintainers' yardstick only."""
    CODED = "coded"
    """Right by the documented one only."""
    WRONG = "wrong"
    SILENT = "silent"
    HANGS = "hangs"
    FLAKY = "flaky"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


MARKS: Final[dict[Mark, tuple[str, str]]] = {
    Mark.SILENT: ("!", "a failure that looks like success: no exception"),
    Mark.HANGS: ("∞", "no answer within the deadline, three times"),
    Mark.WRONG: ("✗", "something else than either yardstick asks for"),
    Mark.TYPED: ("◐", "right by the maintainers’ yardstick only: the code says 200, error.type names the error"),
    Mark.CODED: ("◑", "right by the documented yardstick only: code and class, as of a plain HTTP error"),
    Mark.RIGHT: ("✓", "what it ought to be, by both yardsticks"),
    Mark.FLAKY: ("≈", "not the same each time"),
    Mark.UNAVAILABLE: ("–", "no such call, or the release can’t be used"),
    Mark.UNKNOWN: ("?", "not measured"),
}
"""Mark to its sign, which never stands without a word, and to what it means; the loudest first."""


NO_CALL: Final = "no call"
"""The word of a call that the release does not have: there is nothing to be shown of it."""


def mark(verdicts: Mapping[Yardstick, Verdict]) -> Mark:
    """What verdicts by both yardsticks come to."""
    documented, maintainers = (verdicts[yardstick].kind for yardstick in Yardstick)
    if documented is maintainers:
        return Mark(documented)
    if maintainers is VerdictKind.RIGHT:
        return Mark.TYPED
    return Mark.CODED if documented is VerdictKind.RIGHT else Mark(documented)


def word(observation: Observation, of: Mark) -> str:
    """The one word of a cell: the code or the class that was raised, or what happened instead."""
    raised = observation.exception
    match observation.outcome:
        case Outcome.RAISED if raised is not None:
            status = raised.attributes.get("status_code")
            named = raised.short_name if status is None else str(status)
            return f"{named} typed" if of is Mark.TYPED else named
        case Outcome.COMPLETED:
            return "silent" if of is Mark.SILENT else "completes"
        case Outcome.TIMED_OUT:
            return "hangs"
        case Outcome.UNSUPPORTED:
            return NO_CALL if of is Mark.UNAVAILABLE else "unsupported"
        case Outcome.CANNOT_CONSTRUCT:
            return "no client"
    return str(observation.outcome).replace("-", " ")
