"""Scenarios that gateways and proxies between a client and the API were seen to send. Each names a public source.

A scenario stands in the family of its fault; those that fit no other are the family `gateway`.
"""

import json
from typing import Final

from matrix.catalogue import sources
from matrix.catalogue.control import CLEAN, error_body
from matrix.catalogue.error_event import OVERLOADED, OVERLOADED_EVENT, READ_TIMEOUT, mid_overloaded
from matrix.catalogue.error_types import DOCUMENTED_STATUS
from matrix.catalogue.events import (
    MESSAGE_DELTA,
    MESSAGE_START,
    MESSAGE_STOP,
    TEXT_START,
    block_delta,
    block_start,
    block_stop,
    message_delta,
    message_event,
    message_start,
    text_delta,
)
from matrix.catalogue.protocol import broken
from matrix.catalogue.steps import (
    Close,
    Completes,
    Event,
    Family,
    Finish,
    Head,
    Lines,
    Pause,
    Prelude,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Respond,
    Rest,
    Scenario,
    Text,
    Together,
)

_PINGS: Final = 8
_BETWEEN_PINGS: Final = 0.1
"""Seconds between two pings: one pause is far below the client's timeout, all pauses together far above."""

_PINGING: Final = (Pause(_BETWEEN_PINGS), message_event({"type": "ping"})) * _PINGS


def _lacking(id_: str, title: str, start: Event, delta: Event, *found_in: str) -> Scenario:
    """Make a scenario of a stream that lacks a field, but no part of the answer.

    A client that raises here throws away a complete answer that was paid for, and another attempt would bring the same
    gap: the gateway puts it into each answer. So the call should complete.
    """
    return Scenario(
        id=id_,
        family=Family.GATEWAY,
        title=title,
        steps=(
            Head(),
            start,
            Together((TEXT_START, text_delta("Hello"), text_delta(" world"), block_stop(0))),
            Together((delta, MESSAGE_STOP)),
            Finish(),
        ),
        ideal=Completes(),
        text=Text.ALL,
        retry=False,
        sources=found_in,
    )


_OPENAI_ERROR: Final = json.dumps({"error": {"message": "Stream error: connection closed", "type": "stream_error"}})

GATEWAY: Final = (
    Scenario(
        id="pings-only",
        family=Family.GATEWAY,
        title="Pings and no content for longer than the client's timeout, which never fires, then a legal end.",
        steps=(Head(), MESSAGE_START, *_PINGING, Finish()),
        ideal=RaisesConnection(),
        text=Text.NONE,
        retry=True,
        timeout=READ_TIMEOUT,
        sources=(sources.PINGS, sources.PINGS_AT_THE_END),
    ),
    _lacking(
        "null-usage",
        "A complete stream in which the usage is null.",
        message_start(usage=None),
        message_delta("end_turn", usage=None),
        sources.NULL_USAGE,
        sources.NO_USAGE,
    ),
    _lacking(
        "null-content",
        "A complete stream whose message_start has null in place of its empty content.",
        message_start(content=None),
        MESSAGE_DELTA,
        sources.NULL_CONTENT,
        sources.NULL_FIELDS,
    ),
    _lacking(
        "no-content",
        "A complete stream whose message_start has no content field.",
        Event("message_start", MESSAGE_START.data.replace('"content": [], ', "")),
        MESSAGE_DELTA,
        sources.NO_CONTENT,
    ),
    Scenario(
        id="openai-error",
        family=Family.GATEWAY,
        title="An error object of the OpenAI API after some text, in an event without a name.",
        steps=(Head(), Prelude(), Lines(f"data: {_OPENAI_ERROR}\n\n".encode()), Finish()),
        ideal=RaisesSdk(_OPENAI_ERROR),
        text=Text.SOME,
        retry=True,
        sources=(sources.OPENAI_ERROR, sources.LITELLM_ERROR),
    ),
    mid_overloaded(
        "error-then-done",
        "An error after some text, followed by data: [DONE].",
        Prelude(),
        OVERLOADED_EVENT,
        Lines(b"data: [DONE]\n\n"),
        Finish(),
        family=Family.GATEWAY,
        found_in=(sources.ERROR_THEN_DONE,),
    ),
    mid_overloaded(
        "error-after-pause-turn",
        "An error after a message_delta with the stop reason pause_turn, which asks the client to continue the turn.",
        Prelude(),
        Together((text_delta(" world"), block_stop(0), message_delta("pause_turn"))),
        OVERLOADED_EVENT,
        Finish(),
        text=Text.ALL,
        retry=False,
        found_in=(sources.STOP_REASONS, sources.STREAMING_PAGE),
    ),
)

_GOOGLE_ERROR: Final = json.dumps(
    [{"error": {"code": 503, "message": "The service is unavailable.", "status": "UNAVAILABLE"}}]
)


BROKEN: Final = (
    broken(
        "delta-without-start",
        "A stream whose only content block has deltas and an end, but no content_block_start.",
        Head(),
        MESSAGE_START,
        text_delta("Hello"),
        Rest(),
        Finish(),
        text=Text.NONE,
        found_in=(sources.INDEX_ERROR, sources.NO_BLOCK_START),
    ),
    broken(
        "index-out-of-range",
        "A stream whose content blocks skip an index, so that a delta's index is beyond the message's blocks.",
        Head(),
        Prelude(),
        Together(
            (
                block_stop(0),
                block_start(2, {"type": "text", "text": ""}),
                block_delta(2, {"type": "text_delta", "text": " world"}),
                block_stop(2),
            )
        ),
        Together((MESSAGE_DELTA, MESSAGE_STOP)),
        Finish(),
        text=Text.SOME,
        found_in=(sources.SKIPPED_INDEX, sources.INDEX_ERROR),
    ),
    broken(
        "json-array-200",
        "A JSON array of one error object with HTTP 200, as Google's services send their errors.",
        Respond(200, _GOOGLE_ERROR),
        text=Text.NONE,
        found_in=(sources.GOOGLE_ERROR_200, sources.GOOGLE_ARRAY),
        sent=_GOOGLE_ERROR,
    ),
)
"""No client can take these answers for complete. The index of a block is its place in the message, so a block without
its start, or a gap between two, means that events were lost or miscounted."""

CLOSED_BETWEEN_CALLS: Final = "closed-between-calls"
"""The id of the scenario that takes two calls on one client. The second call shows the fault."""

CLOSED: Final = (
    Scenario(
        id="close-after-head",
        family=Family.TRANSPORT,
        title="The connection is closed after the headers of the response.",
        steps=(Head(), Close()),
        ideal=RaisesConnection(),
        text=Text.NONE,
        retry=True,
        sources=(sources.GOAWAY, sources.INCOMPLETE),
    ),
    Scenario(
        id=CLOSED_BETWEEN_CALLS,
        family=Family.TRANSPORT,
        title="A kept-alive connection that is closed without an answer when the next call uses it.",
        steps=CLEAN.steps,
        then=(Close(),),
        ideal=RaisesConnection(),
        text=Text.NONE,
        retry=True,
        sources=(sources.STALE_CONNECTION, sources.DISCONNECTED),
    ),
)

_STATUS: Final = DOCUMENTED_STATUS[OVERLOADED]

ADVISED: Final = (
    Scenario(
        id="http-529-retry-after",
        family=Family.RETRY,
        title="A plain HTTP 529 with Retry-After: 1, then a complete stream for the next request.",
        steps=(Respond(_STATUS, error_body(OVERLOADED), headers=(("Retry-After", "1"),)),),
        then=CLEAN.steps,
        ideal=Recovers(OVERLOADED, _STATUS),
        text=Text.NONE,
        retry=True,
        sources=(sources.RETRY_AFTER, sources.SDK_RETRIES),
    ),
    Scenario(
        id="http-529-no-retry",
        family=Family.RETRY,
        title="A plain HTTP 529 with X-Should-Retry: false, then a complete stream for a client that retries anyway.",
        steps=(Respond(_STATUS, error_body(OVERLOADED), headers=(("X-Should-Retry", "false"),)),),
        then=CLEAN.steps,
        ideal=RaisesStatus(OVERLOADED, _STATUS),
        text=Text.NONE,
        retry=False,
        sources=(sources.SHOULD_RETRY, sources.SDK_RETRIES),
    ),
)
