"""The streams of an SDK that is made up, as the generator of the SDKs for chat completions writes them; patched."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from matrix.harness.patching import documented_statuses
from matrix.targets.target import Target
from tests.support.probe_modules import load


class Answered(Exception):
    """The exception of a plain HTTP error."""


class Response:
    """A response with a status, headers and a request."""

    def __init__(self, status_code: int, headers: object = None, request: object = None) -> None:
        self.status_code, self.headers, self.request = status_code, headers, request


def make_streams(*data: str) -> dict[str, Any]:
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


def _patched(target: Target, data: str) -> dict[str, Any]:
    """Make an SDK, and patch it with the source of a target's control."""
    names = make_streams(data)
    module = load(target.patch)
    module.DOCUMENTED_STATUS.update(documented_statuses(target))
    module.patch(names)
    return names


async def _exhaust(stream: Any) -> list[str]:
    """Read the events of an async stream to the end."""
    return [event.data async for event in stream._iter_events()]


def check_raises(target: Target, data: str, status: int, message: str) -> None:
    """Check that patched streams, sync and async, raise what a plain HTTP error with this status raises."""
    names = _patched(target, data)
    with pytest.raises(Answered) as raised:
        list(names["Stream"]()._iter_events())
    assert (status, message) == raised.value.args
    with pytest.raises(Answered) as raised:
        asyncio.run(_exhaust(names["AsyncStream"]()))
    assert (status, message) == raised.value.args


def check_passes_on(target: Target, data: str) -> None:
    """Check that patched streams, sync and async, give an event as it is."""
    names = _patched(target, data)
    assert [data] == [event.data for event in names["Stream"]()._iter_events()]
    assert [data] == asyncio.run(_exhaust(names["AsyncStream"]()))


def check_needs(target: Target, missing: str) -> None:
    """Check that a release without this class is no control; the failure names the class."""
    names = make_streams()
    del names[missing]
    with pytest.raises(KeyError, match=missing):
        load(target.patch).patch(names)
