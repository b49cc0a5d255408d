"""Judge the decisions of handlers and the answer of the remedy: pure functions of scenario and observation.

The probe runs each handler on the live exception and records its decision. This module compares the decision with the
one that the scenario asks for: `retry` if the same call may succeed later, `fail` if it can't, and `accept` if nothing
went wrong.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from matrix.catalogue.steps import AnyIdeal, Completes, Family, IsUnsupported, NoIdeal, RaisesStatus, Recovers, Scenario
from matrix.observation import Observation, Outcome
from matrix.verdicts.verdict import Check, Verdict, VerdictKind, classify_outcome

CRASHED: Final = "crashed: "
"""Prefix of a decision that is a crash; the class of the exception that the handler raised follows."""


class HandlerOutcome(StrEnum):
    """The effect of a handler's decision on the caller."""

    RIGHT = "right"
    MISSED = "missed"
    """The handler does not retry a failure that a retry could fix."""
    NEEDLESS = "needless"
    """The handler retries where a retry can't help, or where the answer is already complete."""
    SILENT = "silent"
    """The handler treats a failure as success."""
    CRASHED = "crashed"
    """The handler raises an error of its own, and the original error is lost."""
    UNKNOWN = "unknown"
    """The handler made no decision."""


OUTCOME_LETTERS: Final = {outcome[0]: outcome for outcome in HandlerOutcome}
"""First letter to outcome: a judgement writes the outcomes of a handler as letters."""


def tally_outcomes(letters: str) -> dict[HandlerOutcome, int]:
    """Count the outcomes that a judgement writes as letters; one that does not occur is left out."""
    return {outcome: letters.count(letter) for letter, outcome in OUTCOME_LETTERS.items() if letter in letters}


def expected_decision(scenario: Scenario, observation: Observation) -> str:
    """Return the decision that a scenario asks for: `retry`, `fail` or `accept`."""
    match scenario.ideal:
        case Completes():
            return "accept"
        case Recovers() if observation.outcome is Outcome.COMPLETED:
            return "accept"
    return "retry" if scenario.retry else "fail"


def judge_decision(scenario: Scenario, observation: Observation, decision: str | None) -> HandlerOutcome:
    """Judge the decision of a handler; None is no decision."""
    if decision is None or isinstance(scenario.ideal, IsUnsupported | NoIdeal):
        return HandlerOutcome.UNKNOWN
    if decision.startswith(CRASHED):
        return HandlerOutcome.CRASHED
    if decision == expected_decision(scenario, observation) or (decision == "accept" and _is_complete(scenario)):
        return HandlerOutcome.RIGHT
    if decision == "retry":
        return HandlerOutcome.NEEDLESS
    return HandlerOutcome.SILENT if decision == "accept" else HandlerOutcome.MISSED


def outcome_letters(scenario: Scenario, observation: Observation, handlers: Iterable[str]) -> str:
    """Return the letter of the outcome of each handler, in their order; a dash where it was not run."""
    decided = observation.handlers
    letters = {decision: judge_decision(scenario, observation, decision)[0] for decision in set(decided.values())}
    return "".join(letters[decided[handler]] if handler in decided else "-" for handler in handlers)


def judge_remedy(scenario: Scenario, observation: Observation) -> Verdict:
    """Judge whether the remedy describes the played error correctly."""
    answer = observation.remedy
    if isinstance(scenario.ideal, IsUnsupported):
        return Verdict(VerdictKind.UNAVAILABLE)
    if isinstance(scenario.ideal, NoIdeal):
        return Verdict(VerdictKind.UNKNOWN)
    if observation.outcome not in (Outcome.RAISED, Outcome.COMPLETED):
        return Verdict(classify_outcome(observation.outcome))
    legal = expected_decision(scenario, observation) == "accept"
    # None: the call gave its caller neither events nor an exception, so the remedy never ran.
    if answer is None or answer.outcome == "passed":
        return Verdict(VerdictKind.RIGHT if legal or _is_complete(scenario) else VerdictKind.SILENT)
    if answer.outcome.startswith(CRASHED):
        return Verdict(VerdictKind.WRONG, (Check("outcome", "failed", answer.outcome),))
    if legal:
        return Verdict(VerdictKind.WRONG, (Check("outcome", "passed", answer.outcome),))
    checks = [
        Check("retryable", str(scenario.retry), str(answer.retryable)),
        *_name_checks(scenario.ideal, answer.status, answer.error_type),
    ]
    # A fault in the order of events has no moment, so no text is the right one.
    if answer.text is not None and scenario.family is not Family.PROTOCOL:
        checks.append(Check("text", scenario.text, answer.text))
    return Verdict(VerdictKind.RIGHT if all(check.right for check in checks) else VerdictKind.WRONG, tuple(checks))


def _name_checks(ideal: AnyIdeal, status: int | None, error_type: str | None) -> list[Check]:
    """Check the type and the status that the remedy gives an error."""
    match ideal:
        case RaisesStatus(ideal_type, ideal_status) | Recovers(ideal_type, ideal_status):
            return [Check("error_type", ideal_type, str(error_type)), Check("status", str(ideal_status), str(status))]
    return []


def _is_complete(scenario: Scenario) -> bool:
    """Return whether the message ended before the fault, so that no part of the answer is missing."""
    return scenario.id in _AFTER_THE_END


_AFTER_THE_END: Final = frozenset({"after-stop", "done-data", "done-event", "exception-after-stop"})
