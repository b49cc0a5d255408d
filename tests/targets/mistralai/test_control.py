"""The control of the target `mistralai`: the patch, and that a run without its effect is refused."""

import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from matrix.catalogue.mistral.errors import error_object
from matrix.catalogue.steps import Scenario
from matrix.observation import Raised
from matrix.targets import MISTRALAI
from tests.support.controls import check_control
from tests.support.probe_modules import load
from tests.support.streams import Response


class SDKError(Exception):
    """The exception of a plain HTTP error."""

    def __init__(self, message: str, response: Any, body: str) -> None:
        super().__init__(message)
        self.status_code, self.body = response.status_code, body


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
        monkeypatch.setitem(sys.modules, name, module)
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
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(AttributeError, match="EventStreamAsync"):
        load(MISTRALAI.patch).patch({})


def fail(scenario: Scenario, is_right: bool) -> Raised:
    """Make the exception of a release with the documented statuses, or of one that can't read such an event."""
    name = "SDKError" if is_right else "ResponseValidationError"
    return Raised(
        name=f"mistralai.client.errors.{name}",
        bases=("mistralai.client.errors.MistralError",),
        exported=False,
        attributes={"status_code": getattr(scenario.ideal, "status", None) if is_right else 200},
        text="",
    )


@pytest.mark.parametrize("is_patched", [True, False])
def test_a_run_whose_patched_sdk_gives_no_documented_status_is_refused(is_patched: bool) -> None:
    """So a harness that could not recognise a right answer would record nothing."""
    check_control(MISTRALAI, fail, is_patched=is_patched)
