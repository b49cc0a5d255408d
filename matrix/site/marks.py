"""Marks: both verdicts on a call in one sign and one word. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from matrix.catalogue.steps import RaisesStatus, Scenario
from matrix.catalogue.suite import Suite
from matrix.observation import Observation, Outcome
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.verdict import VerdictKind, Yardstick


class Mark(StrEnum):
    """Both verdicts on a call in one mark."""

    RIGHT = "right"
    TYPED = "typed"
    """Right by the maintainers' rule only."""
    CODED = "coded"
    """Right by the documented rule only."""
    WRONG = "wrong"
    SILENT = "silent"
    HANGS = "hangs"
    FLAKY = "flaky"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class MarkText(NamedTuple):
    """How a page names a mark.

    Attributes:
        sign: A character, which never stands without a word.
        meaning: What the mark means, in a sentence.
        title: The verdict in a few words.
    """

    sign: str
    meaning: str
    title: str


MARKS: Final = {
    Mark.HANGS: MarkText("∞", "no answer within the deadline, three times", "hangs"),
    Mark.SILENT: MarkText("!", "a failure that looks like success: no exception", "looks like success"),
    Mark.WRONG: MarkText("✗", "an outcome that neither rule expects", "wrong error"),
    Mark.FLAKY: MarkText("≈", "different outcomes in repeated runs", "varies"),
    Mark.TYPED: MarkText(
        "◐", "right by the maintainers’ rule only: the error is named, but has no documented code", "type only"
    ),
    Mark.CODED: MarkText(
        "§", "right by the documented rule only: code and class of a plain HTTP error", "works, as documented"
    ),
    Mark.RIGHT: MarkText("✓", "the expected outcome, by both rules", "works"),
    Mark.UNAVAILABLE: MarkText(
        "–", "the release has no such call or cannot be used, or the scenario is not applicable", "cannot run"
    ),
    Mark.UNKNOWN: MarkText("?", "not measured", "not measured"),
}
"""Mark to its text; the most harmful first."""

MARK_NAMES: Final = {mark: (text.sign, text.title) for mark, text in MARKS.items()}
"""Mark to its sign and its title, for the scripts of the pages."""

MARK_OF_OUTCOME: Final = {
    HandlerOutcome.RIGHT: Mark.RIGHT,
    HandlerOutcome.NEEDLESS: Mark.TYPED,
    HandlerOutcome.MISSED: Mark.WRONG,
    HandlerOutcome.SILENT: Mark.SILENT,
    HandlerOutcome.CRASHED: Mark.HANGS,
    HandlerOutcome.UNKNOWN: Mark.UNKNOWN,
}
"""Outcome of a handler to the mark whose colour it has, the least harm first."""

BADGE_COLOURS: Final = {
    Mark.RIGHT: "brightgreen",
    Mark.CODED: "brightgreen",
    Mark.TYPED: "yellow",
    Mark.WRONG: "orange",
    Mark.FLAKY: "orange",
    Mark.SILENT: "b3203a",
    Mark.HANGS: "3d0a26",
    Mark.UNAVAILABLE: "lightgrey",
    Mark.UNKNOWN: "lightgrey",
}
"""Mark to the colour of a badge, as shields.io reads it: the tones of the pages, or their names there."""

NO_CALL: Final = "no call"
"""The word of a call that the release does not have: there is nothing to be shown of it."""

NOT_APPLICABLE: Final = "not applicable"
"""The words of a scenario that does not exist in the dialect of a call: there is nothing to measure."""


def why_absent(suite: Suite, scenario: str, surface: str) -> str:
    """Say in words why a call has no observation on a release that can be used."""
    return "not played on this call" if suite.is_applicable(scenario, surface) else f"{NOT_APPLICABLE} to this call"


def has_code(target: Target, scenario: Scenario) -> bool:
    """Return whether the documented rule knows the code of a scenario's error: an unheard-of type has none."""
    match scenario.ideal:
        case RaisesStatus(_, None) if scenario.in_stream:
            return target.maps_stream_errors
    return True


def mark(kinds: Mapping[Yardstick, VerdictKind], *, has_code: bool = True) -> Mark:
    """Combine the verdicts of both rules.

    Args:
        kinds: Rule to verdict.
        has_code: Whether the documented rule knows a code. Else its verdict says nothing of the code that is shown, and
            the same code has the mark that it has for the other types.
    """
    documented, maintainers = (kinds[yardstick] for yardstick in Yardstick)
    if not has_code and documented is VerdictKind.RIGHT:
        documented = VerdictKind.WRONG
    if documented is maintainers:
        return Mark(documented)
    if maintainers is VerdictKind.RIGHT:
        return Mark.TYPED
    return Mark.CODED if documented is VerdictKind.RIGHT else Mark(documented)


def word(observation: Observation, of: Mark) -> str:
    """Return the word of a cell: the code or class of the exception, or what happened instead."""
    raised = observation.exception
    match observation.outcome:
        case Outcome.RAISED if raised is not None:
            named = raised.status_text or raised.short_name
            return f"{named} + type" if of is Mark.TYPED else named
        case Outcome.COMPLETED if observation.reporting:
            return "event"
        case Outcome.COMPLETED:
            return "silent" if of is Mark.SILENT else "completes"
        case Outcome.TIMED_OUT:
            return "hangs"
        case Outcome.UNSUPPORTED:
            return NO_CALL if of is Mark.UNAVAILABLE else "unsupported"
        case Outcome.CANNOT_CONSTRUCT:
            return "no client"
    return str(observation.outcome).replace("-", " ")
