"""The scenarios of the Mistral API, in the order in which they are played: controls first. Pure data.

No page defines how a chat of the API reports an error with a name after HTTP 200. Two forms are public, and both are
played: a chunk whose finish reason is `error`, which names nothing, and the form of OpenAI, `data: {"error": {...}}`.
The latter is what vLLM sends, on which Mistral's models are hosted, and what other clients of the API assume. A
conversation has an event of its own.
"""

import json
from typing import Final

from matrix.catalogue.api import Api, PlayedError
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.error_titles import title_error
from matrix.catalogue.mistral import sources
from matrix.catalogue.mistral.errors import (
    ERRORS,
    INVALID,
    OVERLOADED,
    RATE_LIMITED,
    SERVER_ERROR,
    error_body,
    error_object,
)
from matrix.catalogue.mistral.events import conversation_event
from matrix.catalogue.openai.events import CHAT_END, DONE, chunk
from matrix.catalogue.retry import SOON
from matrix.catalogue.sources import SSE_STANDARD
from matrix.catalogue.steps import Event, Family, Lines, Prelude, Rest, Scenario

_CHAT: Final = frozenset({Dialect.CHAT})
_CONVERSATION: Final = frozenset({Dialect.CONVERSATIONS})

MISTRAL: Final = Api(
    dialects=_CHAT | _CONVERSATION,
    retries=(sources.SDK_RETRIES,),
    lost=(sources.LOST, sources.SDK_ERRORS),
    ends=(sources.CUT, sources.CHUNKS),
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
        events=(Event("", json.dumps({"error": error_object(name)})),),
        sources=(
            sources.ERROR_PAGE,
            sources.INVALID_BODY,
            sources.RATE_LIMIT_BODY,
            sources.CAPACITY_BODY,
            sources.CAPACITY_STATUS,
            sources.VALIDATION_BODY,
        ),
    )
    for name, error in ERRORS.items()
}
"""Name to error."""

_IN_STREAM: Final = (sources.UNDEFINED, sources.VLLM, sources.VLLM_IN_STREAM, sources.VLLM_FORM, sources.ERROR_PAGE)

MID: Final = tuple(
    MISTRAL.mid(_ERRORS[name], only=_CHAT, found_in=_IN_STREAM)
    for name in (INVALID, RATE_LIMITED, SERVER_ERROR, OVERLOADED)
)

FIRST: Final = tuple(
    MISTRAL.first(_ERRORS[name], only=_CHAT, found_in=_IN_STREAM) for name in (RATE_LIMITED, OVERLOADED)
)

_THEN_DONE: Final = MISTRAL.report(
    _ERRORS[SERVER_ERROR],
    "error-then-done",
    "An error after some text, followed by data: [DONE], as vLLM sends it.",
    Prelude(),
    *_ERRORS[SERVER_ERROR].events,
    DONE,
    only=_CHAT,
    found_in=(sources.VLLM, sources.VLLM_DONE, sources.VLLM_FORM),
)

_NUMBERED: Final = {"message": "Internal server error", "type": "InternalServerError", "param": None, "code": 500}

NAMELESS: Final = (
    MISTRAL.report_nameless(
        "finish-error",
        "A last chunk whose finish reason is error, followed by data: [DONE].",
        chunk({"content": ""}, "error"),
        DONE,
        only=_CHAT,
        found_in=(sources.FINISHED_BY_ERROR, sources.API),
    ),
    MISTRAL.report_nameless(
        "number-as-code",
        "An error of vLLM, whose type the API does not document and whose code is a number.",
        Event("", json.dumps({"error": _NUMBERED})),
        DONE,
        sent="Internal server error",
        only=_CHAT,
        found_in=(sources.VLLM, sources.VLLM_FORM, sources.VLLM_IN_STREAM),
    ),
    MISTRAL.report_nameless(
        "conversation-error",
        "The event conversation.response.error after some text.",
        conversation_event("conversation.response.error", message="Internal server error", code=3000),
        sent="Internal server error",
        only=_CONVERSATION,
        found_in=(sources.API,),
    ),
)

_COMMENT: Final = MISTRAL.tolerate(
    "comment",
    "A complete stream with an empty comment in it, which servers send to keep a connection open.",
    *(Prelude(), Lines(b":\n\n"), Rest()),
    only=_CHAT,
    found_in=(SSE_STANDARD, sources.KEEP_ALIVE),
)

_WITHOUT_DONE: Final = MISTRAL.tolerate(
    "no-done",
    "A complete answer with its finish reason, but without data: [DONE], as other servers send it.",
    *(Prelude(), *CHAT_END),
    family=Family.GATEWAY,
    only=_CHAT,
    found_in=(sources.NO_DONE, sources.CHUNKS),
)

_WITHOUT_FINISH: Final = MISTRAL.end_early(
    "done-without-finish",
    "A stream that ends with data: [DONE] after some text, without a finish reason.",
    *(Prelude(), DONE),
    only=_CHAT,
)

_MID_TEXT: Final = CHAT_END[0].data

_DAMAGED: Final = (
    MISTRAL.damage(
        "bad-json",
        "A chunk whose JSON is cut short.",
        Event("", _MID_TEXT[:60]),
        sources.BAD_EVENTS,
        only=_CHAT,
    ),
    MISTRAL.damage(
        "bad-utf8",
        "A stream whose text contains invalid UTF-8.",
        Event("", _MID_TEXT.replace("world", "\udcff\udcfe")),
        sources.BAD_EVENTS,
        only=_CHAT,
    ),
)

THEN_OK: Final = MISTRAL.fail_once((_ERRORS[name] for name in (RATE_LIMITED, SERVER_ERROR, OVERLOADED)), MID[-1])

*_CONTROLS, UNKNOWN = MISTRAL.controls(_ERRORS.values())

_ALL: Final = (
    *(*_CONTROLS, UNKNOWN),
    *(*MID, *FIRST, _THEN_DONE, *NAMELESS),
    _COMMENT,
    *(*MISTRAL.truncated(), _WITHOUT_FINISH),
    *MISTRAL.fail_connection(),
    *(*_DAMAGED, _WITHOUT_DONE),
    *THEN_OK,
)

MISTRAL_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""

IN_STREAM: Final = frozenset(scenario.id for scenario in (*MID, *FIRST))
"""The scenarios with a named error inside a stream, by id."""
