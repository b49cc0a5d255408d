"""Check the control of a target: a run of a patched SDK is accepted, and one without the patch's effect is refused."""

from collections.abc import Callable

import pytest

from matrix.catalogue.steps import WHOLE_TEXT, Scenario
from matrix.errors import ControlFailure
from matrix.harness.controls import check_patched, control_calls
from matrix.model import Cell, Lane
from matrix.observation import Call, Delivery, Observation, Outcome, Raised, Result
from matrix.targets.target import Target
from tests.support.behaviours import PROVENANCE


def check_control(
    target: Target,
    fail: Callable[[Scenario, bool], Raised | Delivery],
    *,
    is_patched: bool,
    stop_reason: str = "stop",
) -> None:
    """Check that a run in which each call ends as a target's SDK ends it is accepted if that SDK is patched.

    Args:
        target: The package under test.
        fail: Makes how a call of a scenario with an error ends, given whether the SDK says what it should.
        is_patched: Whether errors inside a stream come out right. Plain HTTP errors do in every release.
        stop_reason: The reason why the answer of a complete stream ends.
    """

    def observe(call: Call) -> Observation:
        scenario = target.catalogue[call.scenario]
        if scenario is target.suite.unknown:
            return Observation(outcome=Outcome.UNSUPPORTED, requests=1)
        if scenario.id == "clean":
            text = Delivery(events=(), text=WHOLE_TEXT, stop_reason=stop_reason)
            return Observation(outcome=Outcome.COMPLETED, delivered=text, requests=1)
        end = fail(scenario, is_patched or not scenario.in_stream)
        if isinstance(end, Delivery):
            return Observation(outcome=Outcome.COMPLETED, delivered=end, requests=1)
        return Observation(outcome=Outcome.RAISED, exception=end, requests=1)

    behaviour = {call: observe(call) for call in control_calls(target)}
    result = Result(suite=target.digest, outcome=Outcome.COMPLETED, provenance=PROVENANCE, behaviour=behaviour)
    cell = Cell("1.0.0", Lane.TODAY, "3.11")
    if is_patched:
        check_patched(target, cell, result)
    else:
        with pytest.raises(ControlFailure, match="came out wrong"):
            check_patched(target, cell, result)
