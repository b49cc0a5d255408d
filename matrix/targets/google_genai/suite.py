"""The suite of the Google Gen AI Python SDK. Pure.

The calls on a client with its own settings show what it retries by itself, and those with `HttpRetryOptions` what is
retried for people who ask for it.
"""

from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.gemini.scenarios import GEMINI_CATALOGUE, IN_STREAM, UNKNOWN
from matrix.catalogue.headlines import BROKEN_STREAMS
from matrix.catalogue.steps import Family
from matrix.catalogue.suite import Suite
from matrix.catalogue.surfaces import PlayedScenarios, Surface, sync_and_async

_HEADLINES: Final = {
    "overloaded-mid": "mid-unavailable",
    "overloaded-first": "first-unavailable",
    "rate-limited-mid": "mid-resource-exhausted",
    "server-error-mid": "mid-internal",
    "invalid-request-mid": "mid-invalid-argument",
    "overloaded-http": "http-unavailable",
    "rate-limited-http": "http-resource-exhausted",
    **BROKEN_STREAMS,
}
"""The scenario that plays each headline."""

_TELLING: Final = ("mid-unavailable", "mid-internal", "line-by-line", "http-unavailable", "eof-mid", "reset")

_RETRYING: Final = frozenset(
    f"{client}.models.generate_content_stream{kind}"
    for client in ("own_retries", "retry_options")
    for kind in ("", "-async")
)
"""The calls that may retry, by id: only these play the scenarios of retries."""

SUITE: Final = Suite(
    catalogue=GEMINI_CATALOGUE,
    unknown=UNKNOWN,
    surfaces={
        **sync_and_async(
            "models.generate_content_stream",
            Surface("models.generate_content_stream()", PlayedScenarios.ALL, dialect=Dialect.GEMINI),
        ),
        **sync_and_async(
            "chats.send_message_stream", Surface("chats.create().send_message_stream()", dialect=Dialect.GEMINI)
        ),
        **sync_and_async(
            "own_retries.models.generate_content_stream",
            Surface(
                "models.generate_content_stream() on a client with its own settings",
                PlayedScenarios.RETRIES,
                dialect=Dialect.GEMINI,
            ),
        ),
        **sync_and_async(
            "retry_options.models.generate_content_stream",
            Surface(
                "models.generate_content_stream() with HttpRetryOptions(attempts=3)",
                PlayedScenarios.RETRIES,
                dialect=Dialect.GEMINI,
            ),
        ),
    },
    main=("models.generate_content_stream",),
    differing=frozenset({"clean", "unknown", "line-by-line", *_HEADLINES.values()}),
    retried=frozenset({"clean", "unknown", *_HEADLINES.values()}),
    errors=frozenset(scenario.id for scenario in IN_STREAM),
    headline=_TELLING[0],
    cut="eof-mid",
    telling=_TELLING,
    confined={scenario.id: _RETRYING for scenario in GEMINI_CATALOGUE.values() if scenario.family is Family.RETRY},
    headlines=_HEADLINES,
)
