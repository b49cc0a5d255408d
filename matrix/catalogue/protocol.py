"""Scenarios with an HTTP 200 that is no stream, or with a stream that breaks the rules of the API."""

from matrix.catalogue import sources
from matrix.catalogue.control import error_body
from matrix.catalogue.error_event import OVERLOADED, TEXT_AND_REASON
from matrix.catalogue.events import (
    MESSAGE_START,
    MESSAGE_STOP,
    TEXT_START,
    block_delta,
    block_start,
    block_stop,
    message_delta,
    text_delta,
)
from matrix.catalogue.steps import (
    AnyStep,
    Event,
    Family,
    Finish,
    Head,
    Prelude,
    RaisesSdk,
    RaisesStatus,
    Respond,
    Rest,
    Scenario,
    Text,
    Together,
)

_HTML = "<html><body><h1>Sign in</h1></body></html>"
_TOOL = block_start(0, {"type": "tool_use", "id": "toolu_midstream", "name": "get_weather", "input": {}})


def broken(
    id_: str,
    title: str,
    *steps: AnyStep,
    text: Text,
    sent: str = "",
    found_in: tuple[str, ...] = (sources.STREAMING_PAGE,),
) -> Scenario:
    """Make a scenario that only a broken server sends, so a retry may help.

    The ideal is an exception of the SDK, even if every event of the stream reaches the caller (`bad-tool-json`,
    `block-before-start`, `duplicate-start`): most callers read only the text or the final message, so only an exception
    tells them that the answer is not the one that the API meant. No class is expected, as the API documents none.
    """
    return Scenario(
        id=id_,
        family=Family.PROTOCOL,
        title=title,
        steps=steps,
        ideal=RaisesSdk(sent),
        text=text,
        retry=True,
        sources=found_in,
    )


NO_STREAM = (
    broken(
        "html-200",
        "An HTML page with HTTP 200, such as the login page of a gateway.",
        Respond(200, _HTML, "text/html; charset=utf-8"),
        text=Text.NONE,
        sent=_HTML,
    ),
    Scenario(
        id="json-error-200",
        family=Family.PROTOCOL,
        title="The API's error object as plain JSON with HTTP 200.",
        steps=(Respond(200, error_body(OVERLOADED)),),
        ideal=RaisesStatus(OVERLOADED, 529),
        text=Text.NONE,
        retry=True,
        sources=(sources.ERROR_PAGE,),
    ),
    broken("empty-200", "An HTTP 200 with an empty body.", Respond(200, "", "text/event-stream"), text=Text.NONE),
)

BROKEN_STREAMS = (
    broken(
        "bad-utf8",
        "A stream whose text contains invalid UTF-8.",
        Head(),
        Prelude(),
        Event("content_block_delta", text_delta("?").data.replace("?", "\udcff\udcfe")),
        Rest(),
        Finish(),
        text=Text.SOME,
    ),
    broken(
        "bad-json-delta",
        "An event whose JSON is cut short.",
        Head(),
        Prelude(),
        Event("content_block_delta", '{"type": "content_block_delta", "ind'),
        Rest(),
        Finish(),
        text=Text.SOME,
    ),
    broken(
        "bad-tool-json",
        "A complete stream whose tool call has invalid JSON.",
        Head(),
        Together(
            (
                MESSAGE_START,
                _TOOL,
                block_delta(0, {"type": "input_json_delta", "partial_json": '{"city": Paris]'}),
                block_stop(0),
            )
        ),
        Together((message_delta("tool_use"), MESSAGE_STOP)),
        Finish(),
        text=Text.NONE,
    ),
    broken(
        "block-before-start",
        "A stream whose first content block precedes message_start.",
        Head(),
        Together((TEXT_START, text_delta("Hello"), MESSAGE_START)),
        TEXT_AND_REASON,
        MESSAGE_STOP,
        Finish(),
        text=Text.NONE,
    ),
    broken(
        "duplicate-start",
        "A stream with a second message_start inside the first message.",
        Head(),
        Prelude(),
        MESSAGE_START,
        Rest(),
        Finish(),
        text=Text.SOME,
    ),
)
