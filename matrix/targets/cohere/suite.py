"""The suite of the Cohere Python SDK. Pure.

Four headlines are left out, since a stream of this API names no error: see `matrix.catalogue.cohere.scenarios`.
"""

from typing import Final

from matrix.catalogue.cohere.errors import OVERLOADED, RATE_LIMITED, SERVER_ERROR
from matrix.catalogue.cohere.scenarios import COHERE_CATALOGUE, IN_STREAM, THEN_OK, UNKNOWN
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.headlines import BROKEN_STREAMS
from matrix.catalogue.suite import Suite
from matrix.catalogue.surfaces import PlayedScenarios, Surface, sync_and_async

_MID: Final = f"mid-{SERVER_ERROR}"

_HEADLINES: Final = {
    "server-error-mid": _MID,
    "overloaded-http": f"http-{OVERLOADED}",
    "rate-limited-http": f"http-{RATE_LIMITED}",
    **BROKEN_STREAMS,
}

_RETRIES: Final = frozenset(scenario.id for scenario in THEN_OK)

_RETRYING: Final = frozenset({"chat_stream.own-retries", "chat_stream.own-retries-async"})
"""The calls with the SDK's own number of retries, by id."""

_SURFACES: Final[dict[str, Surface]] = {
    **sync_and_async("chat_stream", Surface("chat_stream()", PlayedScenarios.ALL, dialect=Dialect.COHERE)),
    **sync_and_async(
        "chat_stream.own-retries",
        Surface(
            "chat_stream() with the SDK's own number of retries",
            frozenset(_HEADLINES.values()) | _RETRIES | {"clean", "unknown"},
            dialect=Dialect.COHERE,
        ),
    ),
}

SUITE: Final = Suite(
    catalogue=COHERE_CATALOGUE,
    unknown=UNKNOWN,
    surfaces=_SURFACES,
    main=("chat_stream",),
    differing=frozenset(),  # every surface names its scenarios
    retried=frozenset({"clean", "unknown", _MID}),
    errors=IN_STREAM,
    headline=_MID,
    cut="eof-mid",
    telling=(_MID, f"first-{SERVER_ERROR}", f"http-{OVERLOADED}", "bad-json", "eof-mid", "reset"),
    confined=dict.fromkeys(_RETRIES, _RETRYING),
    headlines=_HEADLINES,
)
