"""The suite of the Ollama Python SDK. Pure.

The calls on a client with its own settings show that it retries nothing; it has no setting for that.
"""

from typing import Final

from matrix.catalogue.dialect import Dialect
from matrix.catalogue.headlines import BROKEN_STREAMS
from matrix.catalogue.ollama.scenarios import IN_STREAM, OLLAMA_CATALOGUE, UNKNOWN
from matrix.catalogue.steps import Family
from matrix.catalogue.suite import Suite
from matrix.catalogue.surfaces import PlayedScenarios, Surface, sync_and_async

_HEADLINES: Final = {
    "overloaded-mid": "mid-overloaded",
    "overloaded-first": "first-overloaded",
    "rate-limited-mid": "mid-rate-limited",
    "server-error-mid": "mid-runner-failed",
    "overloaded-http": "http-overloaded",
    "rate-limited-http": "http-rate-limited",
    **BROKEN_STREAMS,
}
"""The scenario that plays each headline. There is no `invalid-request-mid`: the server checks a request before it
begins to answer, and so answers an invalid one with a plain HTTP 400."""

_TELLING: Final = ("mid-overloaded", "mid-runner-failed", "first-overloaded", "http-overloaded", "eof-mid", "reset")

SUITE: Final = Suite(
    catalogue=OLLAMA_CATALOGUE,
    unknown=UNKNOWN,
    surfaces={
        **sync_and_async("chat", Surface("chat(stream=True)", PlayedScenarios.ALL, dialect=Dialect.OLLAMA_CHAT)),
        **sync_and_async(
            "own_retries.chat",
            Surface(
                "chat(stream=True) on a client with its own settings",
                PlayedScenarios.RETRIES,
                dialect=Dialect.OLLAMA_CHAT,
            ),
        ),
        **sync_and_async("generate", Surface("generate(stream=True)", dialect=Dialect.OLLAMA_GENERATE)),
    },
    main=("chat",),
    differing=frozenset({"clean", "unknown", *_HEADLINES.values()}),
    retried=frozenset({"clean", "unknown", *_HEADLINES.values()}),
    errors=frozenset(scenario.id for scenario in IN_STREAM),
    headline=_TELLING[0],
    cut="eof-mid",
    telling=_TELLING,
    confined={
        scenario.id: frozenset({"own_retries.chat", "own_retries.chat-async"})
        for scenario in OLLAMA_CATALOGUE.values()
        if scenario.family is Family.RETRY
    },
    headlines=_HEADLINES,
)
