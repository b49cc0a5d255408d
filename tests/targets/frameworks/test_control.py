"""The patched controls of the frameworks: which answers are refused, and which prove nothing."""

import pytest

from matrix.catalogue.steps import WHOLE_TEXT
from matrix.errors import ControlFailure
from matrix.harness.controls import check_patched, control_calls, explain_missing_answer
from matrix.model import Cell, Lane
from matrix.observation import Behaviour, Call, Delivery, Observation, Outcome, Raised, Result
from matrix.targets import ANTHROPIC, Target
from tests.support.behaviours import PROVENANCE
from tests.targets.frameworks.test_targets import FRAMEWORKS, each_framework

CELL = Cell("9.0.0", Lane.TODAY, "3.11")

_REPORTED = {"event": "RunError"}


def observe(target: Target, call: Call, fault: str) -> Observation:
    """Make the observation of a patched framework; `fault` is what is wrong with errors inside a stream."""
    scenario = target.catalogue[call.scenario]
    if call.scenario == "unknown":
        return Observation(outcome=Outcome.UNSUPPORTED, requests=1)
    if call.scenario == "clean":
        text = Delivery(events=(), text=WHOLE_TEXT, stop_reason="end_turn")
        return Observation(outcome=Outcome.COMPLETED, delivered=text, requests=1)
    if fault == "event" and scenario.in_stream:
        text = Delivery(events=("RunError",), text="", reported=_REPORTED)
        return Observation(outcome=Outcome.COMPLETED, delivered=text, requests=1)
    status = 200 if fault == "status" and scenario.in_stream else getattr(scenario.ideal, "status", 0)
    name = "StreamError" if fault == "class" and scenario.in_stream else f"Error{status}"
    raised = Raised(name=f"a.{name}", bases=(), exported=True, attributes={"status_code": status}, text="")
    return Observation(outcome=Outcome.RAISED, exception=raised, requests=1)


def result(target: Target, behaviour: Behaviour) -> Result:
    """Make the result of a control."""
    return Result(suite=target.digest, outcome=Outcome.COMPLETED, provenance=PROVENANCE, behaviour=behaviour)


@each_framework
def test_a_control_that_comes_out_right_is_accepted(target: Target) -> None:
    """Its errors have the documented status and the class of the plain HTTP error."""
    measured = result(target, {call: observe(target, call, "") for call in control_calls(target)})
    assert "" == explain_missing_answer(target, measured)
    check_patched(target, CELL, measured)


@each_framework
@pytest.mark.parametrize("fault", ["status", "class", "event"])
def test_a_control_without_the_effect_of_its_patch_is_refused(target: Target, fault: str) -> None:
    """A harness that could not recognise a right answer would otherwise record results."""
    measured = result(target, {call: observe(target, call, fault) for call in control_calls(target)})
    assert "" == explain_missing_answer(target, measured)
    with pytest.raises(ControlFailure, match="came out wrong"):
        check_patched(target, CELL, measured)


@each_framework
def test_a_framework_that_does_not_run_with_its_sdk_is_no_control(target: Target) -> None:
    """Every call raises before a request, so an older release is tried: this pair must not stop the others."""
    broken = Raised(name="builtins.TypeError", bases=(), exported=False, attributes={}, text="")
    crashed = Observation(outcome=Outcome.RAISED, exception=broken)
    measured = result(target, dict.fromkeys(control_calls(target), crashed))
    assert "none of its calls sends a request" == explain_missing_answer(target, measured)


def test_a_framework_without_a_patch_of_its_own_has_that_of_its_sdk() -> None:
    """The patch is that of the target `anthropic`, in the package that it patches there."""
    patched = {target.id: (target.patched, target.patch.parent.parent.name) for target in FRAMEWORKS}
    assert {
        "agno": ("", "agno"),
        "instructor": ("", "instructor"),
        "langchain-anthropic": (ANTHROPIC.module, "anthropic"),
        "litellm": ("", "litellm"),
        "pydantic-ai": (ANTHROPIC.module, "anthropic"),
    } == patched
