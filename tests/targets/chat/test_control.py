"""The control of each SDK for chat completions: the patch, and that a run without its effect is refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from matrix.errors import ControlFailure
from matrix.harness.controls import check_patched, control_calls
from matrix.harness.patching import documented_statuses
from matrix.model import Cell, Lane
from matrix.observation import Call, Delivery, Observation, Outcome, Raised, Result
from matrix.targets import GROQ
from matrix.targets.target import Target
from tests.support.behaviours import PROVENANCE
from tests.targets.chat.sdk import each_sdk
from tests.targets.openai.releases import load

CELL = Cell("1.7.0", Lane.TODAY, "3.11")


class Answered(Exception):
    """The exception of a plain HTTP error."""


class Response:
    """A response with a status, headers and a request."""

    def __init__(self, status_code: int, headers: object = None, request: object = None) -> None:
        self.status_code, self.headers, self.request = status_code, headers, request


def sdk(data: list[str]) -> dict[str, Any]:
    """Make the names of an SDK whose streams give events with these data."""

    def make_status_error(message: str, *, body: Any, response: Response) -> Exception:
        return Answered(response.status_code, body["error"]["message"])

    class Stream:
        response = Response(200)
        _client = SimpleNamespace(_make_status_error=make_status_error)

        def _iter_events(self) -> Iterator[SimpleNamespace]:
            yield from (SimpleNamespace(data=each) for each in data)

    class AsyncStream(Stream):
        async def _iter_events(self) -> AsyncIterator[SimpleNamespace]:  # type: ignore[override]
            for each in data:
                yield SimpleNamespace(data=each)

    return {"Stream": Stream, "AsyncStream": AsyncStream}


def patched(data: str) -> dict[str, Any]:
    """Make an SDK, and patch it with the source of the control."""
    names = sdk([data])
    module = load(GROQ.patch)
    module.DOCUMENTED_STATUS.update(documented_statuses(GROQ))
    module.patch(names)
    return names


async def exhaust(stream: Any) -> list[str]:
    """Read the events of an async stream to the end."""
    return [event.data async for event in stream._iter_events()]


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
    names = patched(json.dumps({"error": {**error, "message": "Sorry"}}))
    with pytest.raises(Answered) as raised:
        list(names["Stream"]()._iter_events())
    assert (status, "Sorry") == raised.value.args
    with pytest.raises(Answered):
        asyncio.run(exhaust(names["AsyncStream"]()))


@pytest.mark.parametrize(
    "data", ["[DONE]", "", "{", '"error"', '{"choices": []}', '{"error": null}', '{"error": "text"}', '{"error": {}}']
)
def test_the_patch_passes_everything_else_on(data: str) -> None:
    """An error without a documented status is left to the release."""
    names = patched(data)
    assert [data] == [event.data for event in names["Stream"]()._iter_events()]
    assert [data] == asyncio.run(exhaust(names["AsyncStream"]()))


@pytest.mark.parametrize("missing", ["Stream", "AsyncStream"])
def test_a_release_without_these_streams_is_no_control(missing: str) -> None:
    """The failure names the class."""
    names = sdk([])
    del names[missing]
    with pytest.raises(KeyError, match=missing):
        load(GROQ.patch).patch(names)


def answer(target: Target, call: Call, *, is_patched: bool) -> Observation:
    """Make the observation of a release with the documented statuses, or of one with none inside a stream."""
    scenario = target.catalogue[call.scenario]
    if call.scenario == "clean":
        text = Delivery(events=(), text="Hello world", stop_reason="stop")
        return Observation(outcome=Outcome.COMPLETED, delivered=text, requests=1)
    if call.scenario == "unknown":
        return Observation(outcome=Outcome.UNSUPPORTED, requests=1)
    status = getattr(scenario.ideal, "status", None) if is_patched or not scenario.in_stream else None
    raised = Raised(
        name=f"{target.module}.Error{status or ''}",
        bases=(f"{target.module}.APIError",),
        exported=True,
        attributes={} if status is None else {"status_code": status},
        text="",
    )
    return Observation(outcome=Outcome.RAISED, exception=raised, requests=1)


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
    behaviour = {call: answer(target, call, is_patched=is_patched) for call in control_calls(target)}
    result = Result(suite=target.digest, outcome=Outcome.COMPLETED, provenance=PROVENANCE, behaviour=behaviour)
    if is_patched:
        check_patched(target, CELL, result)
    else:
        with pytest.raises(ControlFailure, match="came out wrong"):
            check_patched(target, CELL, result)
