"""The scenarios of the Mistral API, in the order in which they are played: controls first. Pure data.

No page defines how a chat of the API reports an error with a name after HTTP 200. Two forms are public, and both are
played: a chunk whose finish reason is `error`, which names nothing, and the form of OpenAI, `data: {"error": {...}}`.
The latter is what vLLM sends, on which Mistral's models are hosted, and what other clients of the API assume. A
conversation has an event of its own.
"""

import json
from typing import Final

from matrix.catalogue.api import Api
from matrix.catalogue.dialect import Dialect
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
    RaisesSdk,
    Rest,
    Scenario,
    Text,
)

_CHAT: Final = frozenset({Dialect.CHAT})
_CONVERSATION: Final = frozenset({Dialect.CONVERSATIONS})

MISTRAL: Final = Api(
    errors=ERRORS,
    body=error_body,
    dialects=_CHAT | _CONVERSATION,
    pages=(
        sources.ERROR_PAGE,
        sources.INVALID_BODY,
        sources.RATE_LIMIT_BODY,
        sources.CAPACITY_BODY,
        sources.CAPACITY_STATUS,
        sources.VALIDATION_BODY,
    ),
    retries=(sources.SDK_RETRIES,),
    lost=(sources.LOST, sources.SDK_ERRORS),
    ends=(sources.CUT, sources.CHUNKS),
)

_IN_STREAM: Final = (sources.UNDEFINED, sources.VLLM, sources.VLLM_IN_STREAM, sources.VLLM_FORM, sources.ERROR_PAGE)


def _error_event(name: str) -> Event:
    return Event("", json.dumps({"error": error_object(name)}))


MID: Final = tuple(
    MISTRAL.report(
        f"mid-{name}",
        f"{name} after some text.",
        name,
        Prelude(),
        _error_event(name),
        only=_CHAT,
        found_in=_IN_STREAM,
    )
    for name in (INVALID, RATE_LIMITED, SERVER_ERROR, OVERLOADED)
)

FIRST: Final = tuple(
    MISTRAL.report(
        f"first-{name}",
        f"{name} as the first event.",
        name,
        _error_event(name),
        text=Text.NONE,
        only=_CHAT,
        found_in=_IN_STREAM,
    )
    for name in (RATE_LIMITED, OVERLOADED)
)

_THEN_DONE: Final = MISTRAL.report(
    "error-then-done",
    "An error after some text, followed by data: [DONE], as vLLM sends it.",
    SERVER_ERROR,
    Prelude(),
    _error_event(SERVER_ERROR),
    DONE,
    only=_CHAT,
    found_in=(sources.VLLM, sources.VLLM_DONE, sources.VLLM_FORM),
)


def _nameless(
    id_: str, title: str, *steps: AnyStep, sent: str = "", only: frozenset[Dialect] = _CHAT, found_in: tuple[str, ...]
) -> Scenario:
    """Make a scenario of an error that has no name with a documented status; a failure of a server may pass."""
    return Scenario(
        id=id_,
        family=Family.ERROR_EVENT,
        title=title,
        steps=(Head(), Prelude(), *steps, Finish()),
        ideal=RaisesSdk(sent),
        text=Text.SOME,
        retry=True,
        only=only,
        sources=found_in,
    )


_NUMBERED: Final = {"message": "Internal server error", "type": "InternalServerError", "param": None, "code": 500}

NAMELESS: Final = (
    _nameless(
        "finish-error",
        "A last chunk whose finish reason is error, followed by data: [DONE].",
        chunk({"content": ""}, "error"),
        DONE,
        found_in=(sources.FINISHED_BY_ERROR, sources.API),
    ),
    _nameless(
        "number-as-code",
        "An error of vLLM, whose type the API does not document and whose code is a number.",
        Event("", json.dumps({"error": _NUMBERED})),
        DONE,
        sent="Internal server error",
        found_in=(sources.VLLM, sources.VLLM_FORM, sources.VLLM_IN_STREAM),
    ),
    _nameless(
        "conversation-error",
        "The event conversation.response.error after some text.",
        conversation_event("conversation.response.error", message="Internal server error", code=3000),
        sent="Internal server error",
        only=_CONVERSATION,
        found_in=(sources.API,),
    ),
)


def _tolerated(id_: str, title: str, lines: bytes, found_in: str) -> Scenario:
    """Make a scenario of a complete stream with something in it that a reader must ignore."""
    return Scenario(
        id=id_,
        family=Family.FRAMING,
        title=title,
        steps=(Head(), Prelude(), Lines(lines), Rest(), Finish()),
        ideal=Completes(),
        text=Text.ALL,
        retry=False,
        only=_CHAT,
        sources=(SSE_STANDARD, found_in),
    )


_TOLERATED: Final = (
    _tolerated(
        "comment",
        "A complete stream with an empty comment in it, which servers send to keep a connection open.",
        b":\n\n",
        sources.KEEP_ALIVE,
    ),
)

_WITHOUT_DONE: Final = Scenario(
    id="no-done",
    family=Family.GATEWAY,
    title="A complete answer with its finish reason, but without data: [DONE], as other servers send it.",
    steps=(Head(), Prelude(), *CHAT_END, Finish()),
    ideal=Completes(),
    text=Text.ALL,
    retry=False,
    only=_CHAT,
    sources=(sources.NO_DONE, sources.CHUNKS),
)

_WITHOUT_FINISH: Final = MISTRAL.break_off(
    "done-without-finish",
    "A stream that ends with data: [DONE] after some text, without a finish reason.",
    Prelude(),
    DONE,
    text=Text.SOME,
    only=_CHAT,
)

_DAMAGED: Final = (
    MISTRAL.damage(
        "bad-json",
        "A chunk whose JSON is cut short.",
        Prelude(),
        Event("", CHAT_END[0].data[:60]),
        Rest(),
        only=_CHAT,
        found_in=(sources.BAD_EVENTS,),
    ),
    MISTRAL.damage(
        "bad-utf8",
        "A stream whose text contains invalid UTF-8.",
        Prelude(),
        Event("", CHAT_END[0].data.replace("world", "\udcff\udcfe")),
        Rest(),
        only=_CHAT,
        found_in=(sources.BAD_EVENTS,),
    ),
)

THEN_OK: Final = MISTRAL.recovering((RATE_LIMITED, SERVER_ERROR, OVERLOADED), MID[-1])

_CLEAN, *_HTTP, UNKNOWN = MISTRAL.controls()

_ALL: Final = (
    *(_CLEAN, *_HTTP, UNKNOWN),
    *(*MID, *FIRST, _THEN_DONE, *NAMELESS),
    *_TOLERATED,
    *(*MISTRAL.truncated(), _WITHOUT_FINISH),
    *MISTRAL.failures({"reset", "reset-before-anything", "no-last-chunk", "stall"}),
    *(*_DAMAGED, _WITHOUT_DONE),
    *THEN_OK,
)

MISTRAL_CATALOGUE: Final[dict[str, Scenario]] = {scenario.id: scenario for scenario in _ALL}
"""Every scenario, by id."""

IN_STREAM: Final = frozenset(scenario.id for scenario in (*MID, *FIRST))
"""The scenarios with a named error inside a stream, by id."""
