"""`event: error` inside a stream that has begun with HTTP 200: what this project exists for."""

import json
from typing import Final

from matrix.catalogue import sources
from matrix.catalogue.control import HTTP_SPEND_CAP, SPEND_CAP, error_body
from matrix.catalogue.error_types import DOCUMENTED_STATUS, MESSAGES, RETRYABLE, UNHEARD_OF
from matrix.catalogue.sse import MESSAGE_DELTA, MESSAGE_START, block_delta, block_start, block_stop, text_delta
from matrix.catalogue.steps import (
    AnyStep,
    Body,
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
)

OVERLOADED: Final = "overloaded_error"
"""The type of every error that stands for all: the one that people meet."""

OVERLOADED_EVENT: Final = Event("error", error_body(OVERLOADED))

READ_TIMEOUT: Final = 0.5
"""Seconds without a byte that a client waits in scenarios in which nothing comes. What does come takes hundredths; of
200,000 calls beside other work on two loaded cores, one took a quarter of a second."""

_SOURCES = (sources.STREAMING_PAGE, sources.ERROR_PAGE, sources.STATUS_200, sources.VERCEL, sources.PYDANTIC_AI)


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
    messages_only: bool = False,
    timeout: float | None = None,
    control: str = "",
    found_in: tuple[str, ...] = (),
) -> Scenario:
    """A stream in which an error is sent in some other way than in `mid-overloaded_error`, and ought to raise the same.

    `steps` follow the head.
    """
    return Scenario(
        id=id_,
        family=family,
        title=title,
        steps=(Head(), *steps),
        ideal=RaisesStatus(error_type, DOCUMENTED_STATUS[error_type]),
        text=text,
        retry=retry,
        messages_only=messages_only,
        timeout=timeout,
        control=control,
        sources=found_in or (sources.STREAMING_PAGE,),
    )


_TOOL = {"type": "tool_use", "id": "toolu_midstream", "name": "get_weather", "input": {}}
OPEN_TOOL: Final = Body(
    block_stop(0)
    + block_start(1, _TOOL)
    + block_delta(1, {"type": "input_json_delta", "partial_json": '{"city": "Par'})
)
"""After the prelude: the text ends, and a tool call begins."""

TEXT_AND_REASON: Final = Body(text_delta(" world") + block_stop(0) + MESSAGE_DELTA)
"""After the prelude: the rest of the text, and why it ended; `message_stop` is not in it."""

_THINKING = Body(
    MESSAGE_START
    + block_start(0, {"type": "thinking", "thinking": "", "signature": ""})
    + block_delta(0, {"type": "thinking_delta", "thinking": "Hm"})
)

IN_BLOCK = (
    mid_overloaded(
        "tool-block",
        "An error inside an open tool-use block.",
        Prelude(),
        OPEN_TOOL,
        OVERLOADED_EVENT,
        Finish(),
        messages_only=True,
    ),
    mid_overloaded(
        "thinking-block",
        "An error inside an open thinking block, before any text.",
        _THINKING,
        OVERLOADED_EVENT,
        Finish(),
        text=Text.NONE,
        messages_only=True,
    ),
)

LATE = (
    mid_overloaded(
        "after-delta",
        "An error after message_delta: all text was there, and why it ended.",
        Prelude(),
        TEXT_AND_REASON,
        OVERLOADED_EVENT,
        Finish(),
        text=Text.ALL,
        retry=False,
        messages_only=True,
    ),
    mid_overloaded(
        "after-stop",
        "An error after the end of the message: nothing is missing.",
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
        "A rate_limit_error that says the spend limit is reached: no retry will help.",
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
        "An error with details: null, as real ones have it.",
        Prelude(),
        Event("error", error_body(OVERLOADED, details=None)),
        Finish(),
        found_in=(sources.CONFUSION, sources.LITELLM, sources.HELICONE),
    ),
    mid_overloaded(
        "trailing-space",
        "An error with spaces after its JSON, as real ones have it.",
        Prelude(),
        Event("error", error_body(OVERLOADED) + " " * 14),
        Finish(),
        found_in=(sources.LITELLM, sources.HELICONE),
    ),
    mid_overloaded(
        "request-id",
        "An error with a request_id of its own beside it, as real ones have it.",
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
        "An error, after which the server leaves the connection open and silent.",
        Prelude(),
        OVERLOADED_EVENT,
        Hold(),
        timeout=READ_TIMEOUT,
        found_in=(sources.PIPE_STALLS,),
    ),
)
