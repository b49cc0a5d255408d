"""`event: error` inside a stream that has begun with HTTP 200: what this project exists for."""

from matrix.scenarios.control import ERROR_PAGE, error_body
from matrix.scenarios.error_types import DOCUMENTED_STATUS, RETRYABLE, UNHEARD_OF
from matrix.scenarios.steps import Event, Family, Finish, Head, Prelude, RaisesStatus, Scenario

_SOURCES = (
    "https://docs.claude.com/en/docs/build-with-claude/streaming#error-events",
    ERROR_PAGE,
    "https://github.com/anthropics/anthropic-sdk-python/issues/1258",
)


def _scenario(error_type: str, *, after_text: bool) -> Scenario:
    """`error_type` after some text, or as the first event. The server then ends the response as HTTP wants it."""
    position, where = ("mid", "after some text") if after_text else ("first", "as the first event")
    before = (Prelude(),) if after_text else ()
    return Scenario(
        id=f"{position}-{error_type}",
        family=Family.ERROR_EVENT,
        title=f"{error_type} {where}.",
        steps=(Head(), *before, Event("error", error_body(error_type)), Finish()),
        ideal=RaisesStatus(error_type, DOCUMENTED_STATUS.get(error_type)),
        text_delivered=after_text,
        retry=error_type in RETRYABLE,
        sources=_SOURCES,
    )


_TYPES = (*DOCUMENTED_STATUS, UNHEARD_OF)

MID = tuple(_scenario(error_type, after_text=True) for error_type in _TYPES)
FIRST = tuple(_scenario(error_type, after_text=False) for error_type in _TYPES)
