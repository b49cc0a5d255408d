"""The surfaces of the Anthropic Python SDK, and which scenarios are played on each. Pure."""

from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.gateway import CLOSED_BETWEEN_CALLS
from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent, Surface, sync_and_async

SURFACES: Final[dict[str, Surface]] = {
    **sync_and_async("messages.create", Surface("messages.create(stream=True)", PlayedScenarios.ALL)),
    **sync_and_async("messages.stream", Surface("messages.stream()", PlayedScenarios.ALL)),
    **sync_and_async(
        "with_options.messages.create",
        Surface("with_options(max_retries=2).messages.create(stream=True)", PlayedScenarios.RETRIES),
    ),
    **sync_and_async(
        "messages.with_raw_response.create", Surface("messages.with_raw_response.create(stream=True).parse()")
    ),
    **sync_and_async(
        "messages.with_streaming_response.create",
        Surface("messages.with_streaming_response.create(stream=True), .parse()"),
    ),
    **sync_and_async(
        "messages.stream.get_final_message",
        Surface("messages.stream(), get_final_message()", shows=ReturnedContent.MESSAGE),
    ),
    **sync_and_async(
        "messages.stream.get_final_text", Surface("messages.stream(), get_final_text()", shows=ReturnedContent.TEXT)
    ),
    **sync_and_async(
        "messages.stream.text_stream", Surface("messages.stream(), text_stream", shows=ReturnedContent.TEXT)
    ),
    **sync_and_async(
        "messages.stream.until_done", Surface("messages.stream(), until_done()", shows=ReturnedContent.NOTHING)
    ),
    **sync_and_async("beta.messages.create", Surface("beta.messages.create(stream=True)")),
    **sync_and_async("beta.messages.stream", Surface("beta.messages.stream()")),
    **sync_and_async("beta.messages.tool_runner", Surface("beta.messages.tool_runner(stream=True)")),
    **sync_and_async(
        "completions.create",
        Surface("completions.create(stream=True)", PlayedScenarios.ALL, dialect=Dialect.COMPLETIONS),
    ),
    **sync_and_async(
        "completion_stream",
        Surface("Client.completion_stream() of releases before 0.3", PlayedScenarios.ALL, dialect=Dialect.LEGACY),
    ),
    "aiohttp.messages.create-async": Surface(
        "messages.create(stream=True), async, over DefaultAioHttpClient", extra="aiohttp"
    ),
    "aiohttp.messages.stream-async": Surface("messages.stream(), async, over DefaultAioHttpClient", extra="aiohttp"),
}
"""Every surface, by id. The probe knows how to call each of them."""

MAIN: Final = ("messages.create", "completions.create", "completion_stream")
"""The main surface of each dialect, by id, newest first."""

DIFFERING: Final = frozenset(
    {
        "clean",
        "http-rate_limit_error",
        "http-overloaded_error",
        "unknown",
        "mid-rate_limit_error",
        "mid-overloaded_error",
        "first-overloaded_error",
        "tool-block",
        "after-delta",
        "after-stop",
        "error-held",
        "data-only",
        "no-final-blank",
        "empty-named-event",
        "eof-mid",
        "eof-after-delta",
        "eof-before-anything",
        "eof-in-tool",
        "reset",
        "no-last-chunk",
    }
)
"""The scenarios in which surfaces that read the same stream can differ, by id: one of each kind of error, end and
framing, and the controls that judging them needs."""

RETRIED: Final = frozenset({"clean", "unknown", "mid-overloaded_error"})
"""The scenarios outside the retry family that are played on a client that may retry, by id."""

_CREATE: Final = frozenset({"messages.create", "messages.create-async"})
_RETRIES: Final = frozenset({"with_options.messages.create", "with_options.messages.create-async"})
_SECOND_CALL: Final = frozenset({"messages.create.second-call", "messages.create.second-call-async"})

CONFINED: Final[dict[str, frozenset[str]]] = {
    "close-after-head": _CREATE,
    "http-529-retry-after": _CREATE | _RETRIES,
    "http-529-no-retry": _CREATE | _RETRIES,
    CLOSED_BETWEEN_CALLS: _SECOND_CALL,
}
"""Scenarios that only some surfaces play, by id. In the first three, the fault precedes the first event, so every other
surface that opens a stream sees the same. The last one takes two calls on one client."""

TELLING: Final = (
    "mid-overloaded_error",
    "first-overloaded_error",
    "mid-rate_limit_error",
    "mid-invalid_request_error",
    "http-overloaded_error",
    "eof-mid",
    "reset",
    "stall",
)
"""The scenarios that distinguish releases best, by id."""
