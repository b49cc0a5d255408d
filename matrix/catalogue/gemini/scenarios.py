"""The scenarios of the Gemini API, in the order in which they are played: controls first. Pure data."""

import json
from typing import Final

from matrix.catalogue.api import Api, PlayedError
from matrix.catalogue.dialect import OF_GEMINI, Dialect
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.gemini import sources
from matrix.catalogue.gemini.errors import ERRORS, EXHAUSTED, INTERNAL, INVALID, OVERLOADED, error_object
from matrix.catalogue.gemini.events import GEMINI_PRELUDE, GEMINI_REST
from matrix.catalogue.sources import CHUNKED, INCOMPLETE, SSE_STANDARD
from matrix.catalogue.steps import Event, Family, Lines, Prelude, Rest, Scenario, Text

_API: Final = Api(
    dialects=OF_GEMINI,
    in_stream=(sources.IN_STREAM, sources.SWALLOWED, sources.ERROR_AFTER_200),
    ends=(sources.CUT, sources.CUT_AS_SUCCESS),
    lost=(sources.INCOMPLETE_READ, sources.STALL, INCOMPLETE),
    retries=(sources.IN_STREAM,),
)


def _data(name: str, indent: int | None = None) -> str:
    return json.dumps({"error": error_object(name)}, indent=indent)


_ERRORS: Final = {
    name: PlayedError(
        id=name.lower().replace("_", "-"),
        type=name,
        title=title_error(name, error.status),
        status=error.status,
        retry=error.retry,
        body=_data(name, indent=2),
        events=(Event("", _data(name)),),
        sources=(sources.ERROR_PAGE,),
    )
    for name, error in ERRORS.items()
}
"""Name to error. The body of a plain HTTP error has several lines."""

IN_STREAM: Final = (
    *(_API.mid(_ERRORS[name]) for name in (INVALID, EXHAUSTED, INTERNAL, OVERLOADED)),
    *(_API.first(_ERRORS[name]) for name in (EXHAUSTED, OVERLOADED)),
)
"""The scenarios with an error in each position inside a stream."""

_LINE_BY_LINE: Final = (sources.NO_DATA_FIELD, sources.LINE_BY_LINE)

_SHAPES: Final = (
    _API.report(
        _ERRORS[OVERLOADED],
        "line-by-line",
        "An error after some text in several lines without data:, as the body of a plain HTTP error.",
        Prelude(),
        Lines(f"{_ERRORS[OVERLOADED].body}\n".encode()),
        found_in=_LINE_BY_LINE,
    ),
    _API.report(
        _ERRORS[EXHAUSTED],
        "first-line-by-line",
        "An error in several lines without data:, and nothing else.",
        Lines(f"{_ERRORS[EXHAUSTED].body}\n".encode()),
        text=Text.NONE,
        found_in=_LINE_BY_LINE,
    ),
)

_EVENTS: Final = (*GEMINI_PRELUDE[Dialect.GEMINI], *GEMINI_REST[Dialect.GEMINI])
"""The events of a complete stream."""

_ERROR: Final = _data(OVERLOADED)

_FRAMING: Final = (
    _API.report(
        _ERRORS[OVERLOADED],
        "byte-at-a-time",
        "An error whose every byte is a separate chunk.",
        Prelude(),
        *(Lines(bytes([byte])) for byte in f"data: {_ERROR}\r\n\r\n".encode()),
        family=Family.FRAMING,
        found_in=(CHUNKED,),
    ),
    _API.report(
        _ERRORS[OVERLOADED],
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
        found_in=(SSE_STANDARD, sources.NO_SPACE),
    ),
    _API.tolerate(
        "comment",
        "A complete stream with a comment in it, which gateways send to keep a connection open.",
        *(Prelude(), Lines(b": keep-alive\n\n"), Rest()),
        found_in=(SSE_STANDARD, sources.COMMENTS),
    ),
)

*_CONTROLS, UNKNOWN = _API.controls(_ERRORS.values())

_ALL: Final = (
    *(*_CONTROLS, UNKNOWN),
    *IN_STREAM,
    *_SHAPES,
    *_FRAMING,
    *_API.truncated(),
    *_API.fail_connection(),
    _API.damage("bad-json", "A chunk whose JSON is cut short.", Event("", _EVENTS[0].data[:60]), sources.CUT_JSON),
    *_API.fail_once(
        (_ERRORS[name] for name in (EXHAUSTED, INTERNAL, OVERLOADED)),
        _API.mid(_ERRORS[OVERLOADED]),
    ),
)

GEMINI_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""
