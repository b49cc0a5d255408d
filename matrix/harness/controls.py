"""Checks the controls: a run whose controls fail is not recorded.

The harness could miss a right answer, report an answer that the backend did not give, or misjudge a plain response.
Each fault has a control:

- a cell whose SDK is *patched* in place to map in-stream errors to their documented status must come out right, for
  each Python and for each extra that puts another client or another transport into a cell of its own;
- an *unknown* scenario must be reported as unsupported, in every cell;
- in the patched cell, a clean stream must complete, and plain HTTP errors must have their documented status.

A sweep records no cell before the patched cell of its kind came out right. That is the cell of the newest release whose
patched SDK gives an answer: a release that can't be imported proves nothing, and must not stop the others. When a
control fails, the sweep ends and records no more. What a single release does, such as a request that belongs to no
call, is a result of that release.
"""

from typing import Final

from matrix.catalogue.steps import Family, RaisesStatus, Scenario
from matrix.catalogue.surfaces import PlayedScenarios
from matrix.errors import ControlFailure
from matrix.harness.player import ProbeRun
from matrix.model import Cell
from matrix.observation import ENDED, Behaviour, Call, Outcome, Result
from matrix.targets.target import Target
from matrix.verdicts.verdict import VerdictKind, Yardstick, control_for, judge_all

CANDIDATES: Final = 5
"""The number of the newest releases, one of which must give an answer when it is patched."""

_LOST = frozenset({Outcome.TIMED_OUT, Outcome.HARNESS_FAILED, Outcome.NOT_RUN, Outcome.FLAKY})
"""Outcomes of a call that crashed or hung."""

_NOT_PLAYED = _LOST | {Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT}
"""Outcomes that claim no result of a scenario."""

_LONGEST_PATH: Final = 200
"""Limit for the path of a request in a reason, in characters."""


def control_calls(target: Target, extra: str = "") -> tuple[Call, ...]:
    """List the calls to play to a patched SDK in a cell with an extra.

    These are every judged call on the surfaces that play all scenarios, and one pair on the others.
    """
    headline = target.suite.headline
    everywhere = {headline, control_for(target.catalogue[headline])}
    return tuple(
        call
        for call in target.suite.calls(extra=extra)
        if _is_judged(target.catalogue[call.scenario])
        and (call.scenario in everywhere or target.surfaces[call.surface].plays is PlayedScenarios.ALL)
    )


def _is_judged(scenario: Scenario) -> bool:
    """Return whether a patched SDK has to come out right: in a control, and where an error names its type.

    The patch gives an error the status of its type. It mends nothing else, such as a frame that is cut off.
    """
    if scenario.family is Family.CONTROL:
        return True
    return scenario.family in (Family.ERROR_EVENT, Family.EVENT_STREAM) and isinstance(scenario.ideal, RaisesStatus)


def explain_missing_answer(target: Target, result: Result) -> str:
    """Return the reason why a patched SDK can't serve as a control; empty if it can.

    A release that can't be installed or imported, or whose calls crash, hang or send no request, proves nothing about
    the harness. A wrong answer does, and is left to `check_patched`.
    """
    if result.outcome is not Outcome.COMPLETED:
        return result.reason or f"its measurement ended as {result.outcome}"
    judged = {
        call: seen.outcome for call, seen in result.behaviour.items() if _is_judged(target.catalogue[call.scenario])
    }
    lost = [call for call, outcome in judged.items() if outcome in _LOST]
    if lost:
        return f"{lost[0]} ended as {judged[lost[0]]}"
    if not any(outcome in ENDED for outcome in judged.values()):
        return "none of its calls can be made"
    return "" if any(seen.requests for seen in result.behaviour.values()) else "none of its calls sends a request"


def check_patched(target: Target, cell: Cell, result: Result) -> None:
    """Check that the patched SDK comes out right for every control and every error inside a stream.

    Raises:
        ControlFailure: A call came out wrong, or none came out right.
    """
    judged = {
        call: verdict.kind
        for call, verdict in judge_all(target, result.behaviour, Yardstick.DOCUMENTED).items()
        if _is_judged(target.catalogue[call.scenario])
    }
    wrong = [call for call, kind in judged.items() if kind not in (VerdictKind.RIGHT, VerdictKind.UNAVAILABLE)]
    if wrong or not any(kind is VerdictKind.RIGHT for kind in judged.values()):
        what = f"{wrong[0]} came out {judged[wrong[0]]}" if wrong else result.reason or "nothing was measured"
        raise ControlFailure(
            f"A control does not hold: with the SDK of {cell} patched to map in-stream errors to their documented "
            f"status, {what}.",
            "No cell of this kind was recorded. Run the command again; if the control fails again, please report it.",
        )


def judge_run(played: ProbeRun) -> tuple[Outcome, str]:
    """Return the outcome of a cell, and the reason why its suite was not played; empty if it was.

    A request that belongs to no call costs the cell its observations: its path tells the backend which scenario to
    play. The sandbox lets no other program reach the backend, so the release is the cause.
    """
    if played.strays:
        path = played.strays[0][:_LONGEST_PATH] or "an unknown address"
        return Outcome.HARNESS_FAILED, f"The backend got a request for {path!r}, which belongs to no call."
    if played.cannot_import:
        return Outcome.CANNOT_IMPORT, played.cannot_import
    if played.failure:
        return played.failure.outcome, played.failure.reason
    return Outcome.COMPLETED, ""


def check_unknown(target: Target, cell: Cell, behaviour: Behaviour) -> None:
    """Check that a scenario that the backend lacks is reported as unsupported.

    A call that failed before its first request is skipped, since the backend played nothing to it.

    Raises:
        ControlFailure: The scenario has another outcome.
    """
    unknown = target.suite.unknown.id
    for call, observation in behaviour.items():
        if call.scenario == unknown and observation.requests and observation.outcome not in _NOT_PLAYED:
            raise ControlFailure(
                f"Control {unknown!r}: {cell} reports {observation.outcome} for a scenario that does not exist.",
                "The harness reports a result for a scenario that was never played. Please report it.",
            )
