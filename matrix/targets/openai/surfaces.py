"""The surfaces of the OpenAI Python SDK, and which scenarios are played on each. Pure."""

from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.openai.retry import THEN_OK
from matrix.catalogue.surfaces import PlayedScenarios, Surface, sync_and_async

_ENDS: Final = frozenset({"eof-mid", "eof-before-anything", "reset", "no-last-chunk", "stall"})

DIFFERING: Final = _ENDS | {
    "clean",
    "unknown",
    "http-server_is_overloaded",
    "mid-server_is_overloaded",
    "http-rate_limit_exceeded",
    "http-server_error",
    "mid-rate_limit_exceeded",
    "first-server_error",
    "named-error",
    "done-without-finish",
    "no-done",
    "response-mid-server_error",
    "response-flat-server_error",
    "response-failed-server_error",
    "response-incomplete",
}
"""The scenarios in which surfaces that read the same stream can differ, by id: one of each kind of error and end, and
the controls that judging them needs."""

_WRAPPED: Final = frozenset(
    {"clean", "unknown", "http-server_is_overloaded", "mid-server_is_overloaded", "eof-mid", "reset"}
)
"""The scenarios of a call that gives its caller the stream of another call."""

SURFACES: Final[dict[str, Surface]] = {
    **sync_and_async(
        "chat.completions.create",
        Surface("chat.completions.create(stream=True)", PlayedScenarios.ALL, dialect=Dialect.CHAT),
    ),
    **sync_and_async(
        "responses.create", Surface("responses.create(stream=True)", PlayedScenarios.ALL, dialect=Dialect.RESPONSES)
    ),
    **sync_and_async(
        "with_options.chat.completions.create",
        Surface(
            "with_options(max_retries=2).chat.completions.create(stream=True)",
            PlayedScenarios.RETRIES,
            dialect=Dialect.CHAT,
        ),
    ),
    **sync_and_async(
        "with_options.responses.create",
        Surface(
            "with_options(max_retries=2).responses.create(stream=True)",
            frozenset({"clean", "unknown", "http-503-then-ok", "response-first-rate_limit_exceeded"}),
            dialect=Dialect.RESPONSES,
        ),
    ),
    **sync_and_async(
        "chat.completions.with_raw_response.create",
        Surface("chat.completions.with_raw_response.create(stream=True).parse()", _WRAPPED, dialect=Dialect.CHAT),
    ),
    **sync_and_async(
        "chat.completions.with_streaming_response.create",
        Surface(
            "chat.completions.with_streaming_response.create(stream=True), .parse()", _WRAPPED, dialect=Dialect.CHAT
        ),
    ),
    **sync_and_async("chat.completions.stream", Surface("chat.completions.stream()", dialect=Dialect.CHAT)),
    **sync_and_async(
        "beta.chat.completions.stream", Surface("beta.chat.completions.stream()", _WRAPPED, dialect=Dialect.CHAT)
    ),
    **sync_and_async("responses.stream", Surface("responses.stream()", dialect=Dialect.RESPONSES)),
    **sync_and_async(
        "completions.create", Surface("completions.create(stream=True)", _WRAPPED, dialect=Dialect.PROMPTS)
    ),
    **sync_and_async(
        "ChatCompletion.create",
        Surface("ChatCompletion.create(stream=True) before 1.0", PlayedScenarios.ALL, dialect=Dialect.CHAT),
    ),
    **sync_and_async(
        "Completion.create", Surface("Completion.create(stream=True) before 1.0", _WRAPPED, dialect=Dialect.PROMPTS)
    ),
}
"""Every surface, by id. The probe knows how to call each of them."""

MAIN: Final = ("chat.completions.create", "responses.create", "ChatCompletion.create")
"""The main surfaces, by id; a release is shown by the first that it has."""

_RETRIES: Final = frozenset({"with_options.chat.completions.create", "with_options.chat.completions.create-async"})

CONFINED: Final = {scenario.id: _RETRIES for scenario in THEN_OK} | {
    "http-503-then-ok": _RETRIES | {"with_options.responses.create", "with_options.responses.create-async"}
}
"""The scenarios that show how a client retries, by id, and the calls that may retry."""

RETRIED: Final = frozenset({"clean", "unknown", "mid-server_is_overloaded"})
"""The scenarios outside the retry family that are played on a client that may retry, by id."""

TELLING: Final = (
    "mid-server_is_overloaded",
    "mid-server_error",
    "first-rate_limit_exceeded",
    "mid-insufficient_quota",
    "named-error",
    "http-server_is_overloaded",
    "eof-mid",
    "reset",
)
"""The scenarios that distinguish releases best, by id, the headline first."""
