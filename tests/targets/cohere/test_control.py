"""The control of the target `cohere`: the patch, and that a run without its effect is refused."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from matrix.catalogue.steps import Scenario
from matrix.observation import Delivery, Raised
from matrix.targets import COHERE
from tests.support.controls import check_control
from tests.support.probe_modules import load


class ApiError(Exception):
    """The base class of all errors."""

    def __init__(self, body: object, headers: object) -> None:
        super().__init__(body)
        self.body, self.headers = body, headers


class InternalServerError(ApiError):
    """The class of a 500."""


class GatewayTimeoutError(ApiError):
    """The class of a 504."""


def modules(data: list[str]) -> dict[str, ModuleType]:
    """Make the modules of an SDK whose reader gives events with these data."""

    class EventSource:
        response = SimpleNamespace(headers={"content-type": "text/event-stream"})

        def iter_sse(self) -> Iterator[Any]:
            yield from (SimpleNamespace(data=each) for each in data)

        async def aiter_sse(self) -> AsyncIterator[Any]:
            for each in data:
                yield SimpleNamespace(data=each)

    made = {name: ModuleType(name) for name in ("cohere", "cohere.errors", "cohere.core", "cohere.core.http_sse")}
    made["cohere.core.http_sse"].EventSource = EventSource  # type: ignore[attr-defined]
    errors = made["cohere"].errors = made["cohere.errors"]  # type: ignore[attr-defined]
    errors.InternalServerError, errors.GatewayTimeoutError = (  # type: ignore[attr-defined]
        InternalServerError,
        GatewayTimeoutError,
    )
    return made


def patched(monkeypatch: pytest.MonkeyPatch, *data: str) -> Any:
    """Patch a made-up SDK with the source of the control, and return a reader of its streams."""
    made = modules(list(data))
    for name, module in made.items():
        monkeypatch.setitem(sys.modules, name, module)
    patch = load(COHERE.patch)
    patch.DOCUMENTED_STATUS.update(COHERE.statuses)
    patch.patch({})
    return made["cohere.core.http_sse"].EventSource()


async def exhaust(source: Any) -> list[str]:
    """Read the events of an async stream to the end."""
    return [sse.data async for sse in source.aiter_sse()]


@pytest.mark.parametrize(("finish_reason", "kind"), [("ERROR", InternalServerError), ("TIMEOUT", GatewayTimeoutError)])
def test_the_patch_raises_what_a_plain_error_raises(
    monkeypatch: pytest.MonkeyPatch, finish_reason: str, kind: type[ApiError]
) -> None:
    """Sync and async streams raise the class of the status that the finish reason means."""
    data = json.dumps({"type": "message-end", "delta": {"finish_reason": finish_reason, "error": "Sorry"}})
    source = patched(monkeypatch, data)
    with pytest.raises(kind) as raised:
        list(source.iter_sse())
    assert {"message": "Sorry"} == raised.value.body
    with pytest.raises(kind):
        asyncio.run(exhaust(source))


@pytest.mark.parametrize(
    "data",
    ["[DONE]", "", "{", '"ERROR"', "{}", '{"delta": null}', '{"delta": {"finish_reason": null}}',
     '{"delta": {"finish_reason": "COMPLETE"}}', '{"delta": {"finish_reason": ["ERROR"]}}'],
)  # fmt: skip
def test_the_patch_passes_everything_else_on(monkeypatch: pytest.MonkeyPatch, data: str) -> None:
    """A message that ended otherwise is left to the release."""
    source = patched(monkeypatch, data)
    assert [data] == [sse.data for sse in source.iter_sse()]
    assert [data] == asyncio.run(exhaust(source))


def test_a_release_without_this_reader_is_no_control(monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure names the class."""
    made = modules([])
    del made["cohere.core.http_sse"].EventSource
    for name, module in made.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(ImportError, match="EventSource"):
        load(COHERE.patch).patch({})


def fail(scenario: Scenario, is_right: bool) -> Raised | Delivery:
    """Make the exception of a release with the documented statuses, or the events of one that raises nothing."""
    if not is_right:
        reported = {"event": "message-end with finish_reason ERROR"}
        return Delivery(events=(), text="Hello world", stop_reason="COMPLETE", reported=reported)
    status = getattr(scenario.ideal, "status", None)
    return Raised(
        name=f"cohere.errors.Error{status}",
        bases=("cohere.core.api_error.ApiError",),
        exported=True,
        attributes={"status_code": status},
        text="",
    )


@pytest.mark.parametrize("is_patched", [True, False])
def test_a_run_whose_patched_sdk_raises_nothing_is_refused(is_patched: bool) -> None:
    """So a harness that could not recognise a right answer would record nothing."""
    check_control(COHERE, fail, is_patched=is_patched, stop_reason="COMPLETE")
