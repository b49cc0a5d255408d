"""What a handler's decision, and what the remedy says, are worth: pure functions of scenario and observation.

The probe has run the handlers on the live exception; here their decisions are held against what the scenario asks for:
`retry` where the same call may succeed and is not wasted, `fail` where it can't, `accept` where nothing went wrong.
"""

from enum import StrEnum
from typing import Final

from matrix.catalogue.steps import AnyIdeal, Completes, Family, IsUnsupported, RaisesStatus, Recovers, Scenario
from matrix.observation import Observation, Outcome
from matrix.verdicts.verdict import Check, Verdict, VerdictKind, classify_outcome

CRASHED: Final = "crashed: "
"""How a decision begins that is none: the class of what the handler raised follows."""


class HandlerOutcome(StrEnum):
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


OUTCOME_LETTERS: Final = {worth[0]: worth for worth in HandlerOutcome}
"""How a judgement writes what a decision is worth: its first letter."""


def expected_decision(scenario: Scenario, observation: Observation) -> str:
    """What ought to be decided: `retry`, `fail` or `accept`."""
    match scenario.ideal:
        case Completes():
            return "accept"
        case Recovers() if observation.outcome is Outcome.COMPLETED:
            return "accept"
    return "retry" if scenario.retry else "fail"


def judge_decision(scenario: Scenario, observation: Observation, decision: str | None) -> HandlerOutcome:
    """What the decision of a handler is worth; None if it made none."""
    if decision is None or isinstance(scenario.ideal, IsUnsupported):
        return HandlerOutcome.UNKNOWN
    if decision.startswith(CRASHED):
        return HandlerOutcome.CRASHED
    wanted = expected_decision(scenario, observation)
    if decision == wanted or (decision == "accept" and _is_whole(scenario)):
        return HandlerOutcome.RIGHT
    if decision == "retry":
        return HandlerOutcome.NEEDLESS
    return HandlerOutcome.SILENT if decision == "accept" else HandlerOutcome.MISSED


def judge_remedy(scenario: Scenario, observation: Observation) -> Verdict:
    """Whether the remedy says what is true of the error that was played."""
    said = observation.remedy
    if isinstance(scenario.ideal, IsUnsupported):
        return Verdict(VerdictKind.UNAVAILABLE)
    if observation.outcome not in (Outcome.RAISED, Outcome.COMPLETED):
        return Verdict(classify_outcome(observation.outcome))
    legal = expected_decision(scenario, observation) == "accept"
    if said is None or said.outcome == "passed":  # None: a call that gives its caller no events, and no exception
        return Verdict(VerdictKind.RIGHT if legal or _is_whole(scenario) else VerdictKind.SILENT)
    if said.outcome.startswith(CRASHED):
        return Verdict(VerdictKind.WRONG, (Check("outcome", "failed", said.outcome),))
    if legal:
        return Verdict(VerdictKind.WRONG, (Check("outcome", "passed", said.outcome),))
    checks = [
        Check("retryable", str(scenario.retry), str(said.retryable)),
        *_named(scenario.ideal, said.status, said.error_type),
    ]
    if said.text is not None and scenario.family is not Family.PROTOCOL:  # where order is the fault, it has no moment
        checks.append(Check("text", scenario.text, said.text))
    return Verdict(VerdictKind.RIGHT if all(check.right for check in checks) else VerdictKind.WRONG, tuple(checks))


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
