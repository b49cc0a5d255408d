"""The suite of the Mistral Python SDK. Pure."""

from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.headlines import BROKEN_STREAMS
from matrix.catalogue.mistral.errors import INVALID, OVERLOADED, RATE_LIMITED, SERVER_ERROR
from matrix.catalogue.mistral.scenarios import IN_STREAM, MISTRAL_CATALOGUE, THEN_OK, UNKNOWN
from matrix.catalogue.suite import Suite
from matrix.catalogue.surfaces import PlayedScenarios, Surface, sync_and_async

_HEADLINES: Final = {
    "overloaded-mid": f"mid-{OVERLOADED}",
    "overloaded-first": f"first-{OVERLOADED}",
    "rate-limited-mid": f"mid-{RATE_LIMITED}",
    "server-error-mid": f"mid-{SERVER_ERROR}",
    "invalid-request-mid": f"mid-{INVALID}",
    "overloaded-http": f"http-{OVERLOADED}",
    "rate-limited-http": f"http-{RATE_LIMITED}",
    **BROKEN_STREAMS,
}

_RETRIES: Final = frozenset(scenario.id for scenario in THEN_OK)

_RETRYING: Final = frozenset({"chat.stream.own-retries", "chat.stream.retry-config", "chat.stream.retry-config-async"})
"""The calls that play the scenarios whose second attempt succeeds, by id."""

_SURFACES: Final[dict[str, Surface]] = {
    **sync_and_async("chat.stream", Surface("chat.stream()", PlayedScenarios.ALL, dialect=Dialect.CHAT)),
    "chat.stream.own-retries": Surface(
        "chat.stream() with the SDK's own number of retries, sync",
        frozenset(_HEADLINES.values()) | _RETRIES | {"clean", "unknown"},
        dialect=Dialect.CHAT,
    ),
    **sync_and_async(
        "chat.stream.retry-config",
        Surface("chat.stream() with a RetryConfig", PlayedScenarios.RETRIES, dialect=Dialect.CHAT),
    ),
    **sync_and_async(
        "beta.conversations.start_stream",
        Surface(
            "beta.conversations.start_stream()",
            frozenset(
                {
                    "clean",
                    "unknown",
                    "conversation-error",
                    f"http-{OVERLOADED}",
                    "eof-mid",
                    "eof-before-anything",
                    "reset",
                    "stall",
                }
            ),
            dialect=Dialect.CONVERSATIONS,
        ),
    ),
}

SUITE: Final = Suite(
    catalogue=MISTRAL_CATALOGUE,
    unknown=UNKNOWN,
    surfaces=_SURFACES,
    main=("chat.stream",),
    differing=frozenset(),  # every surface that reads the same stream names its scenarios
    retried=frozenset({"clean", "unknown", f"mid-{OVERLOADED}"}),
    errors=IN_STREAM,
    headline=f"mid-{OVERLOADED}",
    cut="eof-mid",
    telling=(
        f"mid-{OVERLOADED}",
        f"mid-{RATE_LIMITED}",
        "finish-error",
        f"http-{OVERLOADED}",
        "eof-mid",
        "reset",
    ),
    confined=dict.fromkeys(_RETRIES, _RETRYING),
    headlines=_HEADLINES,
)
