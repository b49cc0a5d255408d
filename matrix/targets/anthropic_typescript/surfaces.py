"""The surfaces of the Anthropic TypeScript SDK, and which scenarios are played on each. Pure."""

from typing import Final

from matrix.catalogue.control import HTTP_ERRORS
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.error_event import MID, SHAPES
from matrix.catalogue.gateway import CLOSED_BETWEEN_CALLS
from matrix.catalogue.payload import PAYLOADS
from matrix.catalogue.surfaces import PlayedScenarios, ReturnedContent, Surface

DIFFERING: Final = frozenset(
    {
        "clean",
        "http-overloaded_error",
        "unknown",
        "mid-overloaded_error",
        "first-overloaded_error",
        "after-delta",
        "after-stop",
        "eof-mid",
        "eof-before-anything",
        "reset",
    }
)
"""The scenarios in which surfaces that read the same stream can differ, by id: an error, an end and a failed connection
in each position, and the controls that judging them needs."""

_ALIKE: Final = frozenset({"clean", "http-overloaded_error", "unknown", "mid-overloaded_error", "eof-mid", "reset"})
"""The scenarios of a call that reads its stream as another call does."""

_HELPER: Final = DIFFERING | {
    "mid-rate_limit_error",
    "http-rate_limit_error",
    "stall",
    "tool-block",
    "thinking-block",
    "eof-after-delta",
    "eof-in-tool",
    "bad-json-delta",
    "bad-tool-json",
    "block-before-start",
    "duplicate-start",
    "delta-without-start",
    "index-out-of-range",
    "null-usage",
    "null-content",
    "no-content",
    "unknown-event",
    "empty-200",
}
"""The scenarios of the streaming helper: it also assembles a message from the events, and can fail over them."""

_OLD: Final = DIFFERING | {scenario.id for scenario in (*HTTP_ERRORS, *MID, *SHAPES, *PAYLOADS)} | {"stall"}
"""The scenarios of a call of an older API: each error, and each form of it."""

SURFACES: Final[dict[str, Surface]] = {
    "messages.create": Surface("messages.create({stream: true})", PlayedScenarios.ALL),
    "messages.stream": Surface("messages.stream(), for await", _HELPER),
    "messages.create.maxRetries": Surface("messages.create({stream: true}, {maxRetries: 2})", PlayedScenarios.RETRIES),
    "messages.create.second-call": Surface(
        "messages.create({stream: true}), the second call on one client",
        frozenset({"clean", "unknown", CLOSED_BETWEEN_CALLS}),
    ),
    "messages.create.withResponse": Surface("messages.create({stream: true}).withResponse()", _ALIKE),
    "messages.stream.on": Surface("messages.stream().on('text').on('error')", shows=ReturnedContent.TEXT),
    "messages.stream.on-text": Surface(
        "messages.stream().on('text'), without a listener for errors", _ALIKE, shows=ReturnedContent.TEXT
    ),
    "messages.stream.finalMessage": Surface("messages.stream().finalMessage()", shows=ReturnedContent.MESSAGE),
    "messages.stream.finalText": Surface("messages.stream().finalText()", _ALIKE, shows=ReturnedContent.TEXT),
    "messages.stream.done": Surface("messages.stream().done()", _ALIKE, shows=ReturnedContent.NOTHING),
    "beta.messages.create": Surface("beta.messages.create({stream: true})", _ALIKE),
    "beta.messages.stream": Surface("beta.messages.stream(), for await", DIFFERING),
    "beta.messages.toolRunner": Surface("beta.messages.toolRunner({stream: true})", DIFFERING),
    "completions.create": Surface("completions.create({stream: true})", _OLD, dialect=Dialect.COMPLETIONS),
    "completeStream": Surface("Client.completeStream() of releases before 0.5", _OLD, dialect=Dialect.LEGACY),
}
"""Every surface, by id. The probe knows how to call each of them."""

MAIN: Final = ("messages.create", "completions.create", "completeStream")
"""The main surface of each dialect, by id, newest first."""

CONFINED: Final[dict[str, frozenset[str]]] = {CLOSED_BETWEEN_CALLS: frozenset({"messages.create.second-call"})}
"""Scenarios that only some surfaces play, by id: the one that takes two calls."""
