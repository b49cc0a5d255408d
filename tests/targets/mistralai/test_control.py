"""The control of the target `mistralai`: the patch, and that a run without its effect is refused."""

import json
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from matrix.catalogue.mistral.errors import error_object
from matrix.errors import ControlFailure
from matrix.harness.controls import check_patched, control_calls
from matrix.model import Cell, Lane
from matrix.observation import Call, Delivery, Observation, Outcome, Raised, Result
from matrix.targets import MISTRALAI
from tests.support.behaviours import PROVENANCE
from tests.targets.openai.releases import load

CELL: Final = Cell("3.7.0", Lane.TODAY, "3.11")


class SDKError(Exception):
    """The exception of a plain HTTP error."""

    def __init__(self, message: str, response: Any, body: str) -> None:
        super().__init__(message)
        self.status_code, self.body = response.status_code, body


class Response:
    """A response with a status, headers and a request."""

    def __init__(self, status_code: int, headers: object = None, request: object = None) -> None:
        self.status_code, self.headers, self.request = status_code, headers, request


def modules(*, has_async: bool = True) -> dict[str, ModuleType]:
    """Make the modules of an SDK whose streams decode an event with the decoder that they were given."""

    class EventStream:
        def __init__(self, response: Response, decoder: Any, sentinel: str = "") -> None:
            self.decode = decoder

    streaming = SimpleNamespace(EventStream=EventStream)
    if has_async:
        streaming.EventStreamAsync = type("EventStreamAsync", (), {"__init__": EventStream.__init__})
    utils, errors = ModuleType("mistralai.client.utils"), ModuleType("mistralai.client.errors")
    utils.eventstreaming = streaming  # type: ignore[attr-defined]
    errors.SDKError = SDKError  # type: ignore[attr-defined]
    return {
        "mistralai": ModuleType("mistralai"),
        "mistralai.client": ModuleType("mistralai.client"),
        "mistralai.client.utils": utils,
        "mistralai.client.errors": errors,
    }


@pytest.fixture
def patched(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Patch a made-up SDK with the source of the control, and return its streams."""
    for name, module in (made := modules()).items():
        monkeypatch.setitem(__import__("sys").modules, name, module)
    patch = load(MISTRALAI.patch)
    patch.DOCUMENTED_STATUS.update(MISTRALAI.statuses)
    patch.patch({})
    return made["mistralai.client.utils"].eventstreaming


@pytest.mark.parametrize("kind", ["EventStream", "EventStreamAsync"])
def test_the_patch_raises_what_a_plain_error_raises(patched: Any, kind: str) -> None:
    """Sync and async streams raise the class of HTTP errors with the documented status."""
    stream = getattr(patched, kind)(Response(200), lambda raw: raw)
    with pytest.raises(SDKError) as raised:
        stream.decode(json.dumps({"data": {"error": error_object("rate_limited")}}))
    assert (429, error_object("rate_limited")) == (raised.value.status_code, json.loads(raised.value.body))


@pytest.mark.parametrize(
    "data",
    ['{"data": {"choices": []}}', '{"data": "text"}', '{"event": "x"}', '{"data": {"error": {"type": "Internal"}}}',
     '{"data": {"error": {"type": ["rate_limited"]}}}', '{"data": {"error": "rate_limited"}}'],
)  # fmt: skip
def test_the_patch_passes_everything_else_on(patched: Any, data: str) -> None:
    """An error without a documented status is left to the release."""
    assert data == patched.EventStream(Response(200), lambda raw: raw).decode(data)


def test_a_release_without_these_streams_is_no_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure names the class."""
    for name, module in modules(has_async=False).items():
        monkeypatch.setitem(__import__("sys").modules, name, module)
    with pytest.raises(AttributeError, match="EventStreamAsync"):
        load(MISTRALAI.patch).patch({})


def answer(call: Call, *, is_patched: bool) -> Observation:
    """Make the observation of a release with the documented statuses, or of one that can't read such an event."""
    scenario = MISTRALAI.catalogue[call.scenario]
    if call.scenario == "clean":
        text = Delivery(events=(), text="Hello world", stop_reason="stop")
        return Observation(outcome=Outcome.COMPLETED, delivered=text, requests=1)
    if call.scenario == "unknown":
        return Observation(outcome=Outcome.UNSUPPORTED, requests=1)
    is_right = is_patched or not scenario.in_stream
    status = getattr(scenario.ideal, "status", None) if is_right else 200
    name = "SDKError" if is_right else "ResponseValidationError"
    raised = Raised(
        name=f"mistralai.client.errors.{name}",
        bases=("mistralai.client.errors.MistralError",),
        exported=False,
        attributes={"status_code": status},
        text="",
    )
    return Observation(outcome=Outcome.RAISED, exception=raised, requests=1)


@pytest.mark.parametrize("is_patched", [True, False])
def test_a_run_whose_patched_sdk_gives_no_documented_status_is_refused(is_patched: bool) -> None:
    """So a harness that could not recognise a right answer would record nothing."""
    behaviour = {call: answer(call, is_patched=is_patched) for call in control_calls(MISTRALAI)}
    result = Result(suite=MISTRALAI.digest, outcome=Outcome.COMPLETED, provenance=PROVENANCE, behaviour=behaviour)
    if is_patched:
        check_patched(MISTRALAI, CELL, result)
    else:
        with pytest.raises(ControlFailure, match="came out wrong"):
            check_patched(MISTRALAI, CELL, result)
