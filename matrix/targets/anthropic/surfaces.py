"""The surfaces of the Anthropic Python SDK, and which scenarios are played on each. Pure."""

from typing import Final

from matrix.catalogue.bedrock import BEDROCK
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.gateway import CLOSED_BETWEEN_CALLS
from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent, Surface, sync_and_async

_CLIENT: Final = frozenset({"clean", "unknown", "mid-overloaded_error", "eof-mid"})
"""The scenarios of a call that reads its stream as another call of the same client does."""

_CLIENT_MAIN: Final = _CLIENT | {"http-rate_limit_error", "http-overloaded_error", "mid-rate_limit_error", "reset"}
"""The scenarios of the main call of a client that reads server-sent events as the first-party client does: what the
client itself does is to choose a class for a status."""


def _client(id_: str, class_name: str) -> dict[str, Surface]:
    """Make the surfaces of a client that reads server-sent events."""
    create = Surface(f"{class_name}.messages.create(stream=True)", _CLIENT_MAIN, client=id_)
    stream = Surface(f"{class_name}.messages.stream()", _CLIENT, client=id_)
    return {
        **sync_and_async(f"{id_}.messages.create", create),
        **sync_and_async(f"{id_}.messages.stream", stream),
    }


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

_BEDROCK_STREAM: Final = DIFFERING | {scenario.id for scenario in BEDROCK}
"""The scenarios of the streaming helper on Bedrock."""

_SECOND_CALL: Final = frozenset({"clean", "unknown", CLOSED_BETWEEN_CALLS})
"""The scenarios of the second call on one client."""

SURFACES: Final[dict[str, Surface]] = {
    **sync_and_async("messages.create", Surface("messages.create(stream=True)", PlayedScenarios.ALL)),
    **sync_and_async("messages.stream", Surface("messages.stream()", PlayedScenarios.ALL)),
    **sync_and_async(
        "with_options.messages.create",
        Surface("with_options(max_retries=2).messages.create(stream=True)", PlayedScenarios.RETRIES),
    ),
    **sync_and_async(
        "messages.create.second-call",
        Surface("messages.create(stream=True), the second call on one client", _SECOND_CALL),
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
    **_client("vertex", "AnthropicVertex"),
    **_client("foundry", "AnthropicFoundry"),
    **_client("aws", "AnthropicAWS"),
    **_client("mantle", "AnthropicBedrockMantle"),
    **_client("google-cloud", "AnthropicGoogleCloud"),
    "aiohttp.messages.create-async": Surface(
        "messages.create(stream=True), async, over DefaultAioHttpClient", extra="aiohttp"
    ),
    "aiohttp.messages.stream-async": Surface("messages.stream(), async, over DefaultAioHttpClient", extra="aiohttp"),
    **sync_and_async(
        "bedrock.messages.create",
        Surface(
            "AnthropicBedrock.messages.create(stream=True)",
            PlayedScenarios.ALL,
            dialect=Dialect.BEDROCK,
            extra="bedrock",
            client="bedrock",
        ),
    ),
    **sync_and_async(
        "bedrock.messages.stream",
        Surface(
            "AnthropicBedrock.messages.stream()",
            _BEDROCK_STREAM,
            dialect=Dialect.BEDROCK,
            extra="bedrock",
            client="bedrock",
        ),
    ),
}
"""Every surface, by id. The probe knows how to call each of them."""

MAIN: Final = ("messages.create", "completions.create", "completion_stream")
"""The main surface of each dialect, by id, newest first."""

RETRIED: Final = frozenset({"clean", "unknown", "mid-overloaded_error"})
"""The scenarios outside the retry family that are played on a client that may retry, by id."""

_CREATE: Final = frozenset({"messages.create", "messages.create-async"})
_RETRIES: Final = frozenset({"with_options.messages.create", "with_options.messages.create-async"})

CONFINED: Final[dict[str, frozenset[str]]] = {
    "json-array-200": _CREATE,
    "openai-error": _CREATE,
    "error-then-done": _CREATE,
    "error-after-pause-turn": _CREATE,
    "close-after-head": _CREATE,
    "http-529-retry-after": _CREATE | _RETRIES,
    "http-529-no-retry": _CREATE | _RETRIES,
    CLOSED_BETWEEN_CALLS: frozenset({"messages.create.second-call", "messages.create.second-call-async"}),
}
"""Scenarios that only some surfaces play, by id: those of which every other surface that opens a stream sees what
`messages.create` sees, those that show how a client retries, and the one that takes two calls on one client."""

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
