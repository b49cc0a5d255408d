"""The scenarios of the Cohere API, in the order in which they are played: controls first. Pure data.

A stream of this API names no error. Its last event has the finish reason ERROR, which the reference calls an internal
error, or TIMEOUT, and may have a message. So an overloaded server, a rate limit and an invalid request have no form of
their own after HTTP 200, and no scenario plays one.
"""

from typing import Final

from matrix.catalogue.api import Api, PlayedError
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
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.retry import SOON
from matrix.catalogue.sources import SSE_STANDARD
from matrix.catalogue.steps import AnyStep, Event, Family, Lines, Prelude, Rest, Scenario, Text

COHERE: Final = Api(
    dialects=frozenset({Dialect.COHERE}),
    retries=(sources.API,),
    lost=(sources.LOST,),
    ends=(sources.STREAMING, sources.CUT),
    soon=SOON,
)

_ERRORS: Final = {
    name: PlayedError(
        id=name,
        type=name,
        title=title_error(name, error.status),
        status=error.status,
        retry=error.retry,
        body=error_body(name),
        sources=(sources.ERROR_PAGE, sources.API, sources.FLAT_BODY),
    )
    for name, error in ERRORS.items()
}
"""Name to error."""

_REPORTED: Final = (sources.STREAM, sources.API, sources.ERROR_FIELD, sources.ERROR_AS_STOP, sources.ERROR_IGNORED)


def _reported(id_: str, title: str, name: str, *steps: AnyStep, text: Text = Text.SOME) -> Scenario:
    return COHERE.report(_ERRORS[name], id_, title, *steps, DONE, text=text, found_in=_REPORTED)


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

_DAMAGED: Final = (
    COHERE.damage(
        "bad-json",
        "An event whose JSON is cut short.",
        Event("content-delta", _MID_TEXT[:60]),
        *(sources.BAD_EVENTS, sources.DONE),
    ),
    COHERE.damage(
        "bad-utf8",
        "A stream whose text contains invalid UTF-8.",
        Event("content-delta", _MID_TEXT.replace("world", "\udcff\udcfe")),
        *(sources.BAD_EVENTS, sources.DONE),
    ),
)

_TOLERATED: Final = (
    COHERE.tolerate(
        "comment",
        "A complete stream with a comment in it, which keeps a connection open.",
        *(Prelude(), Lines(b": ping\n\n"), Rest()),
        found_in=(SSE_STANDARD, sources.KEEP_ALIVE),
    ),
    COHERE.tolerate(
        "empty-data",
        "A complete stream with an event in it whose data is empty.",
        *(Prelude(), Lines(b"data:\n\n"), Rest()),
        found_in=(SSE_STANDARD, sources.KEEP_ALIVE),
    ),
)

_WITHOUT_DONE: Final = COHERE.tolerate(
    "no-done",
    "A complete answer with its message-end, but without data: [DONE].",
    *(Prelude(), *COHERE_REST[:-1]),
    family=Family.GATEWAY,
    found_in=(sources.STREAM, sources.DONE),
)

_WITHOUT_END: Final = COHERE.end_early(
    "done-without-end",
    "A stream that ends with data: [DONE] after some text, without a message-end.",
    *(Prelude(), DONE),
)

THEN_OK: Final = COHERE.fail_once((_ERRORS[name] for name in (RATE_LIMITED, SERVER_ERROR, OVERLOADED)), MID[0])

*_CONTROLS, UNKNOWN = COHERE.controls(_ERRORS.values())

_ALL: Final = (
    *(*_CONTROLS, UNKNOWN),
    *(*MID, *FIRST, _WITHOUT_MESSAGE),
    *_TOLERATED,
    *(*COHERE.truncated(), _WITHOUT_END),
    *COHERE.fail_connection(),
    *(*_DAMAGED, _WITHOUT_DONE),
    *THEN_OK,
)

COHERE_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""

IN_STREAM: Final = frozenset(scenario.id for scenario in (*MID, *FIRST, _WITHOUT_MESSAGE))
"""The scenarios with an error inside a stream, by id."""
