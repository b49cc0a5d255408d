"""The control of the target `openai`: the patch, and that a run without its effect is refused."""

import json
from typing import Any

import pytest

from matrix.catalogue.openai.errors import error_object
from matrix.catalogue.steps import Scenario
from matrix.harness.controls import control_calls
from matrix.observation import Raised
from matrix.targets import OPENAI
from tests.support.controls import check_control
from tests.support.streams import check_needs, check_passes_on, check_raises

QUOTA = error_object("insufficient_quota")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"error": QUOTA}, id="a chunk"),
        pytest.param({"type": "error", "error": QUOTA, "sequence_number": 1}, id="nested"),
        pytest.param({"type": "error", "code": QUOTA["code"], "message": QUOTA["message"]}, id="flat"),
        pytest.param({"type": "response.failed", "response": {"error": QUOTA}}, id="failed"),
    ],
)
def test_the_patch_maps_every_shape_of_an_error(data: object) -> None:
    """Sync and async streams raise what the client raises for a plain HTTP error of that status."""
    check_raises(OPENAI, json.dumps(data), 429, QUOTA["message"])


@pytest.mark.parametrize(
    "data",
    [
        "[DONE]",
        "",
        "{",
        '"error"',
        '{"choices": []}',
        '{"error": null}',
        '{"error": "text"}',
        '{"error": {"type": "internal_error"}}',
        '{"error": {"code": 500}}',
        '{"type": "response.failed", "response": null}',
        '{"type": "response.completed"}',
    ],
)
def test_the_patch_passes_everything_else_on(data: str) -> None:
    """An error without a documented status is left to the release."""
    check_passes_on(OPENAI, data)


@pytest.mark.parametrize("missing", ["Stream", "AsyncStream"])
def test_a_release_without_these_streams_is_no_control(missing: str) -> None:
    """The failure names the class."""
    check_needs(OPENAI, missing)


def fail(scenario: Scenario, is_right: bool) -> Raised:
    """Make the exception of a release with the documented statuses, or of one with none inside a stream."""
    ideal: Any = scenario.ideal
    status = getattr(ideal, "status", None) if is_right else None
    return Raised(
        name=f"openai.Error{status}" if status else "openai.APIError",
        bases=("openai.APIError",),
        exported=True,
        attributes={} if status is None else {"status_code": status},
        text="",
        body=json.loads(getattr(ideal, "sent", "") or "null"),
    )


def test_the_control_plays_every_shape_of_an_error() -> None:
    """Those of the Responses API on its own call."""
    played = {call.scenario for call in control_calls(OPENAI) if call.surface == "responses.create"}
    shapes = {"response-mid-server_error", "response-flat-server_error", "response-failed-server_error"}
    assert shapes <= played


@pytest.mark.parametrize("is_patched", [True, False])
def test_a_run_whose_patched_sdk_gives_no_documented_status_is_refused(is_patched: bool) -> None:
    """So a harness that could not recognise a right answer would record nothing."""
    check_control(OPENAI, fail, is_patched=is_patched)
