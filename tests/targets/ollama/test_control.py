"""The control of the target `ollama`: the patch, and that a run without its effect is refused."""

from typing import Any

import pytest

from matrix.catalogue.steps import Scenario
from matrix.observation import Raised
from matrix.targets import OLLAMA
from tests.support.controls import check_control
from tests.support.probe_modules import load
from tests.targets.ollama.releases import make_error_class


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


def fail(scenario: Scenario, is_right: bool) -> Raised:
    """Make the exception of a release with the documented statuses, or of one without them inside a stream."""
    ideal: Any = scenario.ideal
    return Raised(
        name="ollama._types.ResponseError",
        bases=(),
        exported=True,
        attributes={"status_code": ideal.status if is_right else -1, "error": ideal.error_type},
        text=ideal.error_type,
    )


@pytest.mark.parametrize("is_patched", [True, False])
def test_a_run_whose_patched_sdk_gives_no_documented_status_is_refused(is_patched: bool) -> None:
    """So a harness that could not recognise a right answer would record nothing."""
    check_control(OLLAMA, fail, is_patched=is_patched)
