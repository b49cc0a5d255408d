"""What a handler's decision, and what the remedy says, are worth: pure functions of scenario and observation.

The probe has run the handlers on the live exception; here their decisions are held against what the scenario asks for:
`retry` where the same call may succeed and is not wasted, `fail` where it can't, `accept` where nothing went wrong.
"""

import ast
from enum import StrEnum
from functools import cache
from typing import Final

from matrix.catalogue import CATALOGUE
from matrix.catalogue.steps import AnyIdeal, Completes, Family, IsUnsupported, RaisesStatus, Recovers, Scenario
from matrix.catalogue.suite import PROBE, SURFACES
from matrix.catalogue.surfaces import Shows
from matrix.model import Frozen
from matrix.observation import Call, Observation, Outcome
from matrix.verdicts.verdict import Check, Kind, Verdict, unplayed

CRASHED: Final = "crashed: "
"""How a decision begins that is none: the class of what the handler raised follows."""


class Handler(Frozen, frozen=True):
    """An idiom by which people catch stream errors.

    Attributes:
        id: Never changes once it is published.
        title: What it does, in one sentence.
        seen_in: Where it was seen; empty if it is ours.
        source: Its code, which the probe runs.
    """

    id: str
    title: str
    seen_in: str
    source: str


@cache
def handlers() -> dict[str, Handler]:
    """Every handler, by id, in the order of their ids. Reads their sources, which lie beside this program."""
    found = {}
    for path in sorted((PROBE / "handlers").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(source)) or ""
        title, _, seen_in = docstring.partition(" Ours: ")[0].partition(" Seen in ")
        found[path.stem] = Handler(path.stem, title, seen_in.rstrip("."), source.partition("\n\n")[2])
    return found


class Worth(StrEnum):
    """What a decision comes to for whoever made the call."""

    RIGHT = "right"
    MISSED = "missed"
    """It gave up, though another attempt would have helped."""
    NEEDLESS = "needless"
    """It would try again, though that can't help or is a waste."""
    SILENT = "silent"
    """It took a failure for an answer."""
    CRASHED = "crashed"
    """It raised an error of its own, and the one that mattered was lost."""
    UNKNOWN = "unknown"
    """Nothing was decided."""


LETTERS: Final = {worth[0]: worth for worth in Worth}
"""How a judgement writes what a decision is worth: its first letter."""


def expected(scenario: Scenario, observation: Observation) -> str:
    """What ought to be decided: `retry`, `fail` or `accept`."""
    match scenario.ideal:
        case Completes():
            return "accept"
        case Recovers() if observation.outcome is Outcome.COMPLETED:
            return "accept"
    return "retry" if scenario.retry else "fail"


def judge_decision(scenario: Scenario, observation: Observation, decision: str | None) -> Worth:
    """What the decision of a handler is worth; None if it made none."""
    if decision is None or isinstance(scenario.ideal, IsUnsupported):
        return Worth.UNKNOWN
    if decision.startswith(CRASHED):
        return Worth.CRASHED
    wanted = expected(scenario, observation)
    if decision == wanted or (decision == "accept" and _is_whole(scenario)):
        return Worth.RIGHT
    if decision == "retry":
        return Worth.NEEDLESS
    return Worth.SILENT if decision == "accept" else Worth.MISSED


def judge_remedy(scenario: Scenario, observation: Observation) -> Verdict:
    """Whether the remedy says what is true of the error that was played."""
    said = observation.remedy
    if isinstance(scenario.ideal, IsUnsupported):
        return Verdict(Kind.UNAVAILABLE)
    if observation.outcome not in (Outcome.RAISED, Outcome.COMPLETED):
        return Verdict(unplayed(observation.outcome))
    legal = expected(scenario, observation) == "accept"
    if said is None or said.outcome == "passed":  # None: a call that gives its caller no events, and no exception
        return Verdict(Kind.RIGHT if legal or _is_whole(scenario) else Kind.SILENT)
    if said.outcome.startswith(CRASHED):
        return Verdict(Kind.WRONG, (Check("outcome", "failed", said.outcome),))
    if legal:
        return Verdict(Kind.WRONG, (Check("outcome", "passed", said.outcome),))
    checks = [
        Check("retryable", str(scenario.retry), str(said.retryable)),
        *_named(scenario.ideal, said.status, said.error_type),
    ]
    if said.text is not None and scenario.family is not Family.PROTOCOL:  # where order is the fault, it has no moment
        checks.append(Check("text", scenario.text, said.text))
    return Verdict(Kind.RIGHT if all(check.right for check in checks) else Kind.WRONG, tuple(checks))


class Limit(Frozen, frozen=True):
    """Where the remedy can't be right, and why.

    Attributes:
        reason: In one sentence.
        scenarios: In which scenarios; empty for all.
        unwatched: Only of calls that give their caller no events.
        legal: Only of streams that are legal and complete, on which the release itself fails.
        bodiless: Only of exceptions of the SDK that have no body.
    """

    reason: str
    scenarios: tuple[str, ...] = ()
    unwatched: bool = False
    legal: bool = False
    bodiless: bool = False

    def covers(self, call: Call, scenario: Scenario, observation: Observation) -> bool:
        """Whether this is why the remedy is not right about a call."""
        raised = observation.exception
        return (
            (not self.scenarios or scenario.id in self.scenarios)
            and (not self.unwatched or SURFACES[call.surface].shows is not Shows.EVENTS)
            and (not self.legal or isinstance(scenario.ideal, Completes))
            and (not self.bodiless or (raised is not None and raised.is_bodiless))
        )


LIMITS: Final = (
    Limit(
        "The call gives its caller no events, so nobody sees how far they came: iterate guard(stream) first, and ask "
        "for the message or the text afterwards.",
        unwatched=True,
    ),
    Limit(
        "The release drops the error. That the stream did not come to its end is all that is left to see: it is "
        "retried, and the type is not known.",
        ("data-only", "no-event-names", "no-final-blank", "json-error-200"),
    ),
    Limit(
        "The release takes the byte order mark for a part of the first event and loses that event; the rest has no "
        "beginning.",
        ("bom",),
    ),
    Limit(
        "The release ends the line at U+2028, and what it has of the error is half a line of JSON: it is retried, "
        "and the type is not known.",
        ("line-separator",),
    ),
    Limit("The stream is complete; whether the tool call is JSON is seen by whoever reads it.", ("bad-tool-json",)),
    Limit("The release puts a replacement character for bytes that are no UTF-8, and says nothing.", ("bad-utf8",)),
    Limit(
        "The release is older than this kind of block, and fails on it before the error comes.",
        ("tool-block", "thinking-block", "eof-in-tool"),
    ),
    Limit("The release itself fails on a stream that is legal and complete.", legal=True),
    Limit(
        "The exceptions of this release have no body. Only their text says which error it was, and the remedy does not "
        "read texts: it is retried, and the type is not known.",
        bodiless=True,
    ),
)
"""Every way in which the remedy is not right on some release from 0.3 on; a test holds the data to it."""


def limit(call: Call, observation: Observation) -> Limit | None:
    """Why the remedy can't be right about what was seen of a call; None if it can."""
    return next((one for one in LIMITS if one.covers(call, CATALOGUE[call.scenario], observation)), None)


def _named(ideal: AnyIdeal, status: int | None, error_type: str | None) -> list[Check]:
    match ideal:
        case RaisesStatus(wanted_type, wanted_status) | Recovers(wanted_type, wanted_status):
            return [
                Check("error_type", wanted_type, str(error_type)),
                Check("status", str(wanted_status), str(status)),
            ]
    return []


def _is_whole(scenario: Scenario) -> bool:
    """Whether the message had ended before the fault, so that nothing of the answer is missing."""
    return scenario.id in _AFTER_THE_END


_AFTER_THE_END: Final = frozenset({"after-stop", "done-data", "done-event"})
