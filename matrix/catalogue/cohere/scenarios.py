"""The scenarios of the Cohere API, in the order in which they are played: controls first. Pure data.

A stream of this API names no error. Its last event has the finish reason ERROR, which the reference calls an internal
error, or TIMEOUT, and may have a message. So an overloaded server, a rate limit and an invalid request have no form of
their own after HTTP 200, and no scenario plays one.
"""

from typing import Final

from matrix.catalogue.api import Api
from matrix.catalogue.cohere import sources
from matrix.catalogue.cohere.errors import (
    ERRORS,
    FINISH_REASONS,
    OVERLOADED,
    RATE_LIMITED,
    SERVER_ERROR,
    error_body,
)
from matrix.catalogue.cohere.events import COHERE_REST, DONE, START, message_end
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.sources import SSE_STANDARD
from matrix.catalogue.steps import (
    AnyStep,
    Completes,
    Event,
    Family,
    Finish,
    Head,
    Lines,
    Prelude,
    Rest,
    Scenario,
    Text,
)

_STREAM: Final = frozenset({Dialect.COHERE})

COHERE: Final = Api(
    errors=ERRORS,
    body=error_body,
    dialects=_STREAM,
    pages=(sources.ERROR_PAGE, sources.API, sources.FLAT_BODY),
    retries=(sources.API,),
    lost=(sources.LOST,),
    ends=(sources.STREAMING, sources.CUT),
)

_REPORTED: Final = (sources.STREAM, sources.API, sources.ERROR_FIELD, sources.ERROR_AS_STOP, sources.ERROR_IGNORED)


def _reported(id_: str, title: str, name: str, *steps: AnyStep, text: Text = Text.SOME) -> Scenario:
    return COHERE.report(id_, title, name, *steps, DONE, text=text, found_in=_REPORTED)


def _end(name: str) -> Event:
    """Make the last event of a message that an error ended, with its message."""
    return message_end(FINISH_REASONS[name], error=ERRORS[name].message)


MID: Final = tuple(
    _reported(
        f"mid-{name}",
        f"A message-end with the finish reason {FINISH_REASONS[name]} and a message, after some text.",
        name,
        Prelude(),
        _end(name),
    )
    for name in FINISH_REASONS
)

FIRST: Final = (
    _reported(
        f"first-{SERVER_ERROR}",
        "A message-end with the finish reason ERROR and a message, before any text.",
        SERVER_ERROR,
        START,
        _end(SERVER_ERROR),
        text=Text.NONE,
    ),
)

_WITHOUT_MESSAGE: Final = _reported(
    "error-without-message",
    "A message-end with the finish reason ERROR and no message, after some text.",
    SERVER_ERROR,
    Prelude(),
    message_end(FINISH_REASONS[SERVER_ERROR]),
)

_MID_TEXT: Final = COHERE_REST[0].data


def _damaged(id_: str, title: str, *steps: AnyStep) -> Scenario:
    return COHERE.damage(
        id_, title, Prelude(), *steps, Rest(), only=_STREAM, found_in=(sources.BAD_EVENTS, sources.DONE)
    )


_DAMAGED: Final = (
    _damaged("bad-json", "An event whose JSON is cut short.", Event("content-delta", _MID_TEXT[:60])),
    _damaged(
        "bad-utf8",
        "A stream whose text contains invalid UTF-8.",
        Event("content-delta", _MID_TEXT.replace("world", "\udcff\udcfe")),
    ),
)


def _tolerated(id_: str, title: str, lines: bytes) -> Scenario:
    """Make a scenario of a complete stream with something in it that a reader must ignore."""
    return Scenario(
        id=id_,
        family=Family.FRAMING,
        title=title,
        steps=(Head(), Prelude(), Lines(lines), Rest(), Finish()),
        ideal=Completes(),
        text=Text.ALL,
        retry=False,
        only=_STREAM,
        sources=(SSE_STANDARD, sources.KEEP_ALIVE),
    )


_TOLERATED: Final = (
    _tolerated("comment", "A complete stream with a comment in it, which keeps a connection open.", b": ping\n\n"),
    _tolerated("empty-data", "A complete stream with an event in it whose data is empty.", b"data:\n\n"),
)

_WITHOUT_DONE: Final = Scenario(
    id="no-done",
    family=Family.GATEWAY,
    title="A complete answer with its message-end, but without data: [DONE].",
    steps=(Head(), Prelude(), *COHERE_REST[:-1], Finish()),
    ideal=Completes(),
    text=Text.ALL,
    retry=False,
    only=_STREAM,
    sources=(sources.STREAM, sources.DONE),
)

_WITHOUT_END: Final = COHERE.break_off(
    "done-without-end",
    "A stream that ends with data: [DONE] after some text, without a message-end.",
    Prelude(),
    DONE,
    text=Text.SOME,
    only=_STREAM,
)

THEN_OK: Final = COHERE.recovering((RATE_LIMITED, SERVER_ERROR, OVERLOADED), MID[0])

_CLEAN, *_HTTP, UNKNOWN = COHERE.controls()

_ALL: Final = (
    *(_CLEAN, *_HTTP, UNKNOWN),
    *(*MID, *FIRST, _WITHOUT_MESSAGE),
    *_TOLERATED,
    *(*COHERE.truncated(), _WITHOUT_END),
    *COHERE.failures({"reset", "reset-before-anything", "no-last-chunk", "stall"}),
    *(*_DAMAGED, _WITHOUT_DONE),
    *THEN_OK,
)

COHERE_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""

IN_STREAM: Final = frozenset(scenario.id for scenario in (*MID, *FIRST, _WITHOUT_MESSAGE))
"""The scenarios with an error inside a stream, by id."""
