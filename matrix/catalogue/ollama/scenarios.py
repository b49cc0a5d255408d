"""The scenarios of the Ollama API, in the order in which they are played: controls first. Pure data."""

from typing import Final

from matrix.catalogue.dialect import OF_OLLAMA, Dialect
from matrix.catalogue.error_api import ErrorApi
from matrix.catalogue.ollama import sources
from matrix.catalogue.ollama.errors import FAILED, INVALID, NOT_FOUND, OVERLOADED, RATE_LIMITED, make_body, make_event
from matrix.catalogue.ollama.events import OLLAMA_PRELUDE
from matrix.catalogue.sources import CHUNKED, INCOMPLETE
from matrix.catalogue.steps import Event, Family, Lines, Prelude, Rest, Scenario, Text

_API: Final = ErrorApi(
    dialects=OF_OLLAMA,
    make_body=make_body,
    make_event=make_event,
    in_stream=(sources.SERVER_CODE, sources.MINUS_ONE),
    cut=(sources.CUT_AS_SUCCESS, sources.NO_DONE),
    connection=(sources.DISCONNECTED, sources.RAW_ERRORS, INCOMPLETE),
    retries=(sources.SDK_ERRORS,),
)

UNKNOWN: Final = _API.unknown

_BEFORE_TEXT: Final = (sources.ANY_ERROR_IN_STREAM, sources.STATUS_BEFORE_TEXT)

IN_STREAM: Final = (
    *(_API.mid(error) for error in (RATE_LIMITED, FAILED, OVERLOADED)),
    _API.report(
        OVERLOADED,
        "first-overloaded",
        "An overloaded model as the first line, as servers before 0.12.6 send it.",
        make_event(OVERLOADED),
        text=Text.NONE,
        found_in=_BEFORE_TEXT,
    ),
)
"""The scenarios with an error in each position inside a stream."""

_FRAMING: Final = (
    _API.report(
        OVERLOADED,
        "byte-at-a-time",
        "An error whose every byte is a separate chunk.",
        Prelude(),
        *(Lines(bytes([byte])) for byte in f"{make_body(OVERLOADED)}\n".encode()),
        family=Family.FRAMING,
        found_in=(CHUNKED, sources.JSON_LINES),
    ),
    _API.report(
        OVERLOADED,
        "no-final-newline",
        "An error whose line does not end, since the response ends before.",
        Prelude(),
        Lines(make_body(OVERLOADED).encode()),
        family=Family.FRAMING,
        found_in=(sources.JSON_LINES,),
    ),
)

_ALL: Final = (
    _API.clean,
    *(_API.respond(error) for error in (INVALID, NOT_FOUND, RATE_LIMITED, FAILED, OVERLOADED)),
    UNKNOWN,
    *IN_STREAM,
    *_FRAMING,
    _API.end_early("eof-mid", "The response ends legally after some text.", Prelude(), text=Text.SOME),
    _API.end_early("eof-before-anything", "The response ends before the first line.", text=Text.NONE),
    *_API.fail_connection(),
    _API.damage(
        "bad-json",
        "A line whose JSON is cut short.",
        Event("", OLLAMA_PRELUDE[Dialect.OLLAMA_CHAT][0].data[:60]),
        sources.CUT_JSON,
    ),
    _API.tolerate(
        "empty-line",
        "A complete stream with an empty line in it, which readers of lines of JSON may ignore.",
        *(Prelude(), Lines(b"\n"), Rest()),
        family=Family.GATEWAY,
        found_in=(sources.EMPTY_LINE, sources.JSON_LINES),
    ),
    *_API.fail_once(RATE_LIMITED, FAILED, OVERLOADED, error=OVERLOADED),
)

OLLAMA_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""
