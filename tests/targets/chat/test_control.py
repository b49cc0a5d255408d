"""The control of each SDK for chat completions: the patch, and that a run without its effect is refused."""

import json

import pytest

from matrix.catalogue.steps import Scenario
from matrix.harness.controls import control_calls
from matrix.observation import Raised
from matrix.targets import GROQ
from matrix.targets.target import Target
from tests.support.controls import check_control
from tests.support.streams import check_needs, check_passes_on, check_raises
from tests.targets.chat.sdk import each_sdk


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ({"code": "rate_limit_exceeded", "type": "tokens"}, 429),
        ({"type": "capacity_exceeded", "status_code": 498}, 498),
        ({"type": "internal_server_error", "status_code": 500}, 500),
        ({"type": "internal_server_error", "status_code": 503}, 503),
    ],
)
def test_the_patch_maps_an_error_to_its_own_status_or_to_that_of_its_name(
    error: dict[str, object], status: int
) -> None:
    """Sync and async streams raise what the client raises for a plain HTTP error of that status."""
    check_raises(GROQ, json.dumps({"error": {**error, "message": "Sorry"}}), status, "Sorry")


@pytest.mark.parametrize(
    "data", ["[DONE]", "", "{", '"error"', '{"choices": []}', '{"error": null}', '{"error": "text"}', '{"error": {}}']
)
def test_the_patch_passes_everything_else_on(data: str) -> None:
    """An error without a documented status is left to the release."""
    check_passes_on(GROQ, data)


@pytest.mark.parametrize("missing", ["Stream", "AsyncStream"])
def test_a_release_without_these_streams_is_no_control(missing: str) -> None:
    """The failure names the class."""
    check_needs(GROQ, missing)


@each_sdk
def test_the_control_plays_every_error_of_the_api(target: Target) -> None:
    """On the sync and on the async client."""
    played = control_calls(target)
    for surface in ("chat.completions.create", "chat.completions.create-async"):
        assert target.suite.errors <= {call.scenario for call in played if call.surface == surface}


@each_sdk
@pytest.mark.parametrize("is_patched", [True, False])
def test_a_run_whose_patched_sdk_gives_no_documented_status_is_refused(target: Target, is_patched: bool) -> None:
    """So a harness that could not recognise a right answer would record nothing."""

    def fail(scenario: Scenario, is_right: bool) -> Raised:
        """Raise an error with the documented status, or with none."""
        status = getattr(scenario.ideal, "status", None) if is_right else None
        return Raised(
            name=f"{target.module}.Error{status or ''}",
            bases=(f"{target.module}.APIError",),
            exported=True,
            attributes={} if status is None else {"status_code": status},
            text="",
        )

    check_control(target, fail, is_patched=is_patched)
