"""The control of the target `ollama`: the patch, and that a run without its effect is refused."""

from typing import Any

import pytest

from matrix.errors import ControlFailure
from matrix.harness.controls import check_patched, control_calls
from matrix.model import Cell, Lane
from matrix.observation import Call, Delivery, Observation, Outcome, Raised, Result
from matrix.targets import OLLAMA
from tests.support.behaviours import PROVENANCE
from tests.targets.ollama.releases import make_error_class
from tests.targets.openai.releases import load

CELL = Cell("0.6.3", Lane.TODAY, "3.11")


def patched() -> Any:
    """Patch the class of errors of a made-up release with the source of the control, and return it."""
    names = {"ResponseError": make_error_class()}
    module = load(OLLAMA.patch)
    module.DOCUMENTED_STATUS.update(OLLAMA.statuses)
    module.patch(names)
    return names["ResponseError"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("model is overloaded",), 503),
        (("rate limit exceeded",), 429),
        (("something else",), -1),
        (("model is overloaded", 418), 418),
    ],
)
def test_the_patch_gives_an_error_in_a_stream_the_status_of_its_message(
    arguments: tuple[Any, ...], expected: int
) -> None:
    """The SDK gives it no status; that of a plain HTTP error stays."""
    error = patched()(*arguments)
    assert (arguments[0], expected) == (error.error, error.status_code)


def test_a_release_without_this_class_is_no_control() -> None:
    """The failure names it."""
    with pytest.raises(KeyError, match="ResponseError"):
        load(OLLAMA.patch).patch({})


def answer(call: Call, *, is_patched: bool) -> Observation:
    """Make the observation of a release with the documented statuses, or of one without them inside a stream."""
    scenario = OLLAMA.catalogue[call.scenario]
    if call.scenario == "clean":
        text = Delivery(events=(), text="Hello world", stop_reason="stop")
        return Observation(outcome=Outcome.COMPLETED, delivered=text, requests=1)
    if call.scenario == "unknown":
        return Observation(outcome=Outcome.UNSUPPORTED, requests=1)
    ideal: Any = scenario.ideal
    status = ideal.status if is_patched or not scenario.in_stream else -1
    raised = Raised(
        name="ollama._types.ResponseError",
        bases=(),
        exported=True,
        attributes={"status_code": status, "error": ideal.error_type},
        text=ideal.error_type,
    )
    return Observation(outcome=Outcome.RAISED, exception=raised, requests=1)


@pytest.mark.parametrize("is_patched", [True, False])
def test_a_run_whose_patched_sdk_gives_no_documented_status_is_refused(is_patched: bool) -> None:
    """So a harness that could not recognise a right answer would record nothing."""
    behaviour = {call: answer(call, is_patched=is_patched) for call in control_calls(OLLAMA)}
    result = Result(suite=OLLAMA.digest, outcome=Outcome.COMPLETED, provenance=PROVENANCE, behaviour=behaviour)
    if is_patched:
        check_patched(OLLAMA, CELL, result)
    else:
        with pytest.raises(ControlFailure, match="came out wrong"):
            check_patched(OLLAMA, CELL, result)
