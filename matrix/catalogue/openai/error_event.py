"""Scenarios with an error inside a stream of chunks: `data: {"error": {...}}` after an HTTP 200."""

import json
from typing import Any, Final

from matrix.catalogue.dialect import OF_OPENAI, Dialect
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.openai import sources
from matrix.catalogue.openai.errors import ERRORS, error_body, error_object
from matrix.catalogue.openai.events import DONE, chunk
from matrix.catalogue.steps import (
    AnyStep,
    Event,
    Family,
    Finish,
    Head,
    Lines,
    Prelude,
    RaisesSdk,
    RaisesStatus,
    Scenario,
    Text,
)

CHUNKS: Final = OF_OPENAI - {Dialect.RESPONSES}
"""The dialects whose streams consist of chunks."""

CHAT: Final = frozenset({Dialect.CHAT})

SERVER_ERROR: Final = "server_error"
"""The error in scenarios that test something else than its name. It is the one that people meet most."""

SERVER_ERROR_EVENT: Final = Event("", error_body(SERVER_ERROR))

_SOURCES: Final = (sources.IN_STREAM, sources.SAME_MESSAGE, sources.ERROR_PAGE)

_SOURCES_OF: Final = {
    "insufficient_quota": (sources.QUOTA_BODY, sources.ONLY_MESSAGE),
    "rate_limit_exceeded": (sources.RATE_LIMIT_BODY, sources.RATE_LIMIT_IN_STREAM),
    "server_is_overloaded": (sources.RATE_LIMITS,),
}
"""The name of an error to the pages that show its object."""


def in_stream(
    id_: str,
    title: str,
    *steps: AnyStep,
    name: str = SERVER_ERROR,
    text: Text = Text.SOME,
    family: Family = Family.ERROR_EVENT,
    only: frozenset[Dialect] = CHUNKS,
    found_in: tuple[str, ...] = _SOURCES,
) -> Scenario:
    """Make a scenario of a stream that reports an error with a documented status; `steps` follow the head."""
    error = ERRORS[name]
    return Scenario(
        id=id_,
        family=family,
        title=title,
        steps=(Head(), *steps, Finish()),
        ideal=RaisesStatus(name, error.status),
        text=text,
        retry=error.retry,
        only=only,
        sources=found_in,
    )


IN_STREAM: Final = (
    "invalid_request_error",
    "insufficient_quota",
    "rate_limit_exceeded",
    SERVER_ERROR,
    "server_is_overloaded",
)
"""The names of the errors that are sent inside a stream; a request without a valid key gets no stream."""

MID: Final = tuple(
    in_stream(
        f"mid-{name}",
        f"{title_error(name, ERRORS[name].status)} after some text.",
        Prelude(),
        Event("", error_body(name)),
        name=name,
        found_in=(*_SOURCES, *_SOURCES_OF.get(name, ())),
    )
    for name in IN_STREAM
)
FIRST: Final = tuple(
    in_stream(
        f"first-{name}",
        f"{title_error(name, ERRORS[name].status)} as the first event.",
        Event("", error_body(name)),
        name=name,
        text=Text.NONE,
        found_in=(*_SOURCES, *_SOURCES_OF.get(name, ())),
    )
    for name in ("rate_limit_exceeded", SERVER_ERROR)
)


def _undocumented(
    id_: str,
    title: str,
    error: dict[str, Any],
    event: Event,
    *after: AnyStep,
    family: Family = Family.ERROR_PAYLOAD,
    only: frozenset[Dialect] = CHUNKS,
    found_in: tuple[str, ...],
) -> Scenario:
    """Make a scenario of an error whose name has no documented status, so that no status is expected.

    Other servers send it, and say by no rule whether a retry may help; for a failure of a server it may.
    """
    return Scenario(
        id=id_,
        family=family,
        title=title,
        steps=(Head(), Prelude(), event, *after, Finish()),
        ideal=RaisesSdk(json.dumps(error)),
        text=Text.SOME,
        retry=True,
        only=only,
        sources=found_in,
    )


_UNKNOWN: Final = {"message": "Internal server error", "type": "internal_error"}
_NUMBERED: Final = {"message": "Out of memory", "type": "InternalServerError", "code": 500}
_UNTYPED: Final = {"message": "Compute error."}
_OF_PROVIDER: Final = {"code": 502, "message": "The provider disconnected"}

SHAPES: Final = (
    in_stream(
        "error-then-done",
        "An error after some text, followed by data: [DONE].",
        Prelude(),
        SERVER_ERROR_EVENT,
        DONE,
        found_in=(sources.ERROR_THEN_DONE, sources.IN_STREAM),
    ),
    in_stream(
        "named-error",
        "An error after some text in an event named error.",
        Prelude(),
        Event("error", error_body(SERVER_ERROR)),
        found_in=(sources.NAMED_EVENT,),
    ),
    _undocumented(
        "unknown-type",
        "An error of a gateway with a type that the API does not document, followed by data: [DONE].",
        _UNKNOWN,
        Event("", json.dumps({"error": _UNKNOWN})),
        DONE,
        family=Family.ERROR_EVENT,
        found_in=(sources.UNKNOWN_TYPE,),
    ),
)

PAYLOADS: Final = (
    _undocumented(
        "number-as-code",
        "An error whose code is a number, as other servers send it.",
        _NUMBERED,
        Event("", json.dumps({"error": _NUMBERED})),
        found_in=(sources.NUMBER_AS_CODE,),
    ),
    _undocumented(
        "no-type",
        "An error with a message, but neither type nor code.",
        _UNTYPED,
        Event("", json.dumps({"error": _UNTYPED, "message": "Compute error."})),
        found_in=(sources.NO_TYPE, sources.ONLY_MESSAGE),
    ),
    _undocumented(
        "error-in-chunk",
        "A chunk that has an error next to its choice, whose finish reason is error.",
        _OF_PROVIDER,
        chunk({"content": ""}, "error", error=_OF_PROVIDER),
        only=CHAT,
        found_in=(sources.OPENROUTER_STREAM, sources.OPENROUTER_ERRORS),
    ),
    in_stream(
        "error-field",
        "An error in a field named error: instead of data:, which readers of server-sent events must ignore.",
        Prelude(),
        Lines(f"error: {json.dumps(error_object(SERVER_ERROR))}\n\n".encode()),
        DONE,
        family=Family.ERROR_PAYLOAD,
        found_in=(sources.ERROR_FIELD, sources.EMPTY_EVENT),
    ),
)
