"""The scenarios of the Gemini API, in the order in which they are played: controls first. Pure data."""

from typing import Final

from matrix.catalogue.dialect import OF_GEMINI, Dialect
from matrix.catalogue.error_api import ErrorApi
from matrix.catalogue.gemini import sources
from matrix.catalogue.gemini.errors import (
    DENIED,
    EXHAUSTED,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    OVERLOADED,
    make_body,
    make_event,
)
from matrix.catalogue.gemini.events import GEMINI_PRELUDE, GEMINI_REST
from matrix.catalogue.sources import CHUNKED, INCOMPLETE, SSE_STANDARD
from matrix.catalogue.steps import Event, Family, Lines, Prelude, Rest, Scenario, Text

_API: Final = ErrorApi(
    dialects=OF_GEMINI,
    make_body=make_body,
    make_event=make_event,
    in_stream=(sources.IN_STREAM, sources.SWALLOWED, sources.ERROR_AFTER_200),
    cut=(sources.CUT, sources.CUT_AS_SUCCESS),
    connection=(sources.INCOMPLETE_READ, sources.STALL, INCOMPLETE),
    retries=(sources.IN_STREAM,),
)

UNKNOWN: Final = _API.unknown

IN_STREAM: Final = (
    *(_API.mid(error) for error in (INVALID, EXHAUSTED, INTERNAL, OVERLOADED)),
    *(_API.first(error) for error in (EXHAUSTED, OVERLOADED)),
)
"""The scenarios with an error in each position inside a stream."""

_LINE_BY_LINE: Final = (sources.NO_DATA_FIELD, sources.LINE_BY_LINE)

_SHAPES: Final = (
    _API.report(
        OVERLOADED,
        "line-by-line",
        "An error after some text in several lines without data:, as the body of a plain HTTP error.",
        Prelude(),
        Lines(f"{make_body(OVERLOADED)}\n".encode()),
        found_in=_LINE_BY_LINE,
    ),
    _API.report(
        EXHAUSTED,
        "first-line-by-line",
        "An error in several lines without data:, and nothing else.",
        Lines(f"{make_body(EXHAUSTED)}\n".encode()),
        text=Text.NONE,
        found_in=_LINE_BY_LINE,
    ),
)

_EVENTS: Final = (*GEMINI_PRELUDE[Dialect.GEMINI], *GEMINI_REST[Dialect.GEMINI])
"""The events of a complete stream."""

_ERROR: Final = make_event(OVERLOADED).data

_FRAMING: Final = (
    _API.report(
        OVERLOADED,
        "byte-at-a-time",
        "An error whose every byte is a separate chunk.",
        Prelude(),
        *(Lines(bytes([byte])) for byte in f"data: {_ERROR}\r\n\r\n".encode()),
        family=Family.FRAMING,
        found_in=(CHUNKED,),
    ),
    _API.report(
        OVERLOADED,
        "lf",
        "A stream whose lines end in LF.",
        Prelude(line_end="\n"),
        Lines(f"data: {_ERROR}\n\n".encode()),
        family=Family.FRAMING,
        found_in=(SSE_STANDARD, sources.CRLF),
    ),
    _API.tolerate(
        "no-space",
        "A complete stream without a space after the colons, as gateways send it.",
        *(Lines(f"data:{event.data}\n\n".encode()) for event in _EVENTS),
        family=Family.FRAMING,
        found_in=(SSE_STANDARD, sources.NO_SPACE),
    ),
    _API.tolerate(
        "comment",
        "A complete stream with a comment in it, which gateways send to keep a connection open.",
        *(Prelude(), Lines(b": keep-alive\n\n"), Rest()),
        family=Family.FRAMING,
        found_in=(SSE_STANDARD, sources.COMMENTS),
    ),
)

_ALL: Final = (
    _API.clean,
    *(_API.respond(error) for error in (INVALID, DENIED, NOT_FOUND, EXHAUSTED, INTERNAL, OVERLOADED)),
    UNKNOWN,
    *IN_STREAM,
    *_SHAPES,
    *_FRAMING,
    _API.end_early("eof-mid", "The response ends legally after some text.", Prelude(), text=Text.SOME),
    _API.end_early("eof-before-anything", "The response ends before the first event.", text=Text.NONE),
    *_API.fail_connection(),
    _API.damage(
        "bad-json",
        "A chunk whose JSON is cut short.",
        Event("", _EVENTS[0].data[:60]),
        sources.CUT_JSON,
    ),
    *_API.fail_once(EXHAUSTED, INTERNAL, OVERLOADED, error=OVERLOADED),
)

GEMINI_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""
