"""Scenarios with `event: error` inside a stream that began with HTTP 200: the main subject of this project."""

import json
from typing import Final

from matrix.catalogue import sources
from matrix.catalogue.control import HTTP_SPEND_CAP, SPEND_CAP, error_body
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.error_types import DOCUMENTED_STATUS, MESSAGES, RETRYABLE, UNHEARD_OF
from matrix.catalogue.events import MESSAGE_DELTA, MESSAGE_START, block_delta, block_start, block_stop, text_delta
from matrix.catalogue.steps import (
    AnyStep,
    Event,
    Family,
    Finish,
    Head,
    Hold,
    Prelude,
    RaisesStatus,
    Rest,
    Scenario,
    Text,
    Together,
)

OVERLOADED: Final = "overloaded_error"
"""The error type in scenarios that test something else than the type. It is the one that people meet most."""

OVERLOADED_EVENT: Final = Event("error", error_body(OVERLOADED))

READ_TIMEOUT: Final = 0.5
"""The client's read timeout, in seconds, in scenarios in which the server sends nothing more. A byte that is sent takes
hundredths of a second to arrive; of 200,000 calls on two loaded cores, one took a quarter of a second."""

_SOURCES = (sources.STREAMING_PAGE, sources.ERROR_PAGE, sources.STATUS_200, sources.VERCEL, sources.PYDANTIC_AI)


def _scenario(error_type: str, *, after_text: bool) -> Scenario:
    """Make a scenario with an error after some text, or as the first event. The response then ends legally."""
    position, where = ("mid", "after some text") if after_text else ("first", "as the first event")
    before = (Prelude(),) if after_text else ()
    return Scenario(
        id=f"{position}-{error_type}",
        family=Family.ERROR_EVENT,
        title=f"{title_error(error_type, DOCUMENTED_STATUS.get(error_type))} {where}.",
        steps=(Head(), *before, Event("error", error_body(error_type)), Finish()),
        ideal=RaisesStatus(error_type, DOCUMENTED_STATUS.get(error_type)),
        text=Text.SOME if after_text else Text.NONE,
        retry=error_type in RETRYABLE,
        sources=_SOURCES,
    )


_TYPES = (*DOCUMENTED_STATUS, UNHEARD_OF)

MID = tuple(_scenario(error_type, after_text=True) for error_type in _TYPES)
FIRST = tuple(_scenario(error_type, after_text=False) for error_type in _TYPES)


def mid_overloaded(
    id_: str,
    title: str,
    *steps: AnyStep,
    family: Family = Family.ERROR_EVENT,
    error_type: str = OVERLOADED,
    text: Text = Text.SOME,
    retry: bool = True,
    timeout: float | None = None,
    control: str = "",
    found_in: tuple[str, ...] = (),
) -> Scenario:
    """Make a variant of `mid-overloaded_error`, which should raise the same exception; `steps` follow the head."""
    return Scenario(
        id=id_,
        family=family,
        title=title,
        steps=(Head(), *steps),
        ideal=RaisesStatus(error_type, DOCUMENTED_STATUS[error_type]),
        text=text,
        retry=retry,
        timeout=timeout,
        control=control,
        sources=found_in or (sources.STREAMING_PAGE,),
    )


_TOOL = {"type": "tool_use", "id": "toolu_midstream", "name": "get_weather", "input": {}}
OPEN_TOOL: Final = Together(
    (
        block_stop(0),
        block_start(1, _TOOL),
        block_delta(1, {"type": "input_json_delta", "partial_json": '{"city": "Par'}),
    )
)
"""Events for after the prelude: the text block ends, and a tool call begins."""

TEXT_AND_REASON: Final = Together((text_delta(" world"), block_stop(0), MESSAGE_DELTA))
"""Events for after the prelude: the rest of the text and the stop reason, without `message_stop`."""

_THINKING = Together(
    (
        MESSAGE_START,
        block_start(0, {"type": "thinking", "thinking": "", "signature": ""}),
        block_delta(0, {"type": "thinking_delta", "thinking": "Hm"}),
    )
)

IN_BLOCK = (
    mid_overloaded(
        "tool-block",
        "An error inside an open tool-use block.",
        Prelude(),
        OPEN_TOOL,
        OVERLOADED_EVENT,
        Finish(),
    ),
    mid_overloaded(
        "thinking-block",
        "An error inside an open thinking block, before any text.",
        _THINKING,
        OVERLOADED_EVENT,
        Finish(),
        text=Text.NONE,
    ),
)

LATE = (
    mid_overloaded(
        "after-delta",
        "An error after message_delta, when all text and the stop reason were sent.",
        Prelude(),
        TEXT_AND_REASON,
        OVERLOADED_EVENT,
        Finish(),
        text=Text.ALL,
        retry=False,
    ),
    mid_overloaded(
        "after-stop",
        "An error after message_stop, when the message is complete.",
        Prelude(),
        Rest(),
        OVERLOADED_EVENT,
        Finish(),
        text=Text.ALL,
        retry=False,
    ),
)

SHAPES = (
    mid_overloaded(
        "spend-cap",
        "A rate_limit_error for a reached spend limit, which no retry can fix.",
        Prelude(),
        Event("error", SPEND_CAP),
        Finish(),
        error_type="rate_limit_error",
        retry=False,
        control=HTTP_SPEND_CAP.id,
        found_in=(sources.ERROR_PAGE,),
    ),
    mid_overloaded(
        "details-null",
        "An error with details: null, as the real API sends it.",
        Prelude(),
        Event("error", error_body(OVERLOADED, details=None)),
        Finish(),
        found_in=(sources.CONFUSION, sources.LITELLM, sources.HELICONE),
    ),
    mid_overloaded(
        "trailing-space",
        "An error with spaces after its JSON, as the real API sends it.",
        Prelude(),
        Event("error", error_body(OVERLOADED) + " " * 14),
        Finish(),
        found_in=(sources.LITELLM, sources.HELICONE),
    ),
    mid_overloaded(
        "request-id",
        "An error event with its own request_id, as the real API sends it.",
        Prelude(),
        Event(
            "error",
            json.dumps(
                {
                    "type": "error",
                    "error": {"details": None, "type": OVERLOADED, "message": MESSAGES[OVERLOADED]},
                    "request_id": "req_of_the_event",
                }
            ),
        ),
        Finish(),
        found_in=(sources.ERROR_PAGE, sources.CLASS),
    ),
    mid_overloaded(
        "error-held",
        "An error, after which the server keeps the connection open and sends nothing.",
        Prelude(),
        OVERLOADED_EVENT,
        Hold(),
        timeout=READ_TIMEOUT,
        found_in=(sources.PIPE_STALLS,),
    ),
)
