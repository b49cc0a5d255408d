"""Scenarios in which a stream ends too early, the connection fails, or the answer is no stream."""

from typing import Final

import msgspec

from matrix.catalogue import transport
from matrix.catalogue.dialect import OF_OPENAI, Dialect
from matrix.catalogue.openai import sources
from matrix.catalogue.openai.error_event import CHAT, CHUNKS, SERVER_ERROR
from matrix.catalogue.openai.errors import ERRORS, error_body
from matrix.catalogue.openai.events import CHAT_END, DONE
from matrix.catalogue.steps import (
    TAKEN,
    AnyStep,
    Close,
    Completes,
    Event,
    Family,
    Finish,
    Head,
    Prelude,
    RaisesAnything,
    RaisesSdk,
    RaisesStatus,
    Raw,
    Respond,
    Rest,
    Scenario,
    Text,
)


def _cut(
    id_: str, title: str, *steps: AnyStep, text: Text, only: frozenset[Dialect] = OF_OPENAI, found_in: str = sources.CUT
) -> Scenario:
    return Scenario(
        id=id_,
        family=Family.TRUNCATION,
        title=title,
        steps=(Head(), *steps, Finish()),
        ideal=RaisesAnything(),
        text=text,
        retry=True,
        only=only,
        sources=(found_in, sources.CUT_AS_SUCCESS),
    )


TRUNCATED: Final = (
    _cut("eof-mid", "The response ends legally after some text.", Prelude(), text=Text.SOME),
    _cut("eof-before-anything", "The response ends before the first event.", text=Text.NONE),
    _cut(
        "done-without-finish",
        "A stream that ends with data: [DONE] after some text, without a finish reason.",
        Prelude(),
        DONE,
        text=Text.SOME,
        only=CHUNKS,
        found_in=sources.NO_FINISH,
    ),
)

WITHOUT_DONE: Final = Scenario(
    id="no-done",
    family=Family.GATEWAY,
    title="A complete answer with its finish reason, but without data: [DONE], as other servers send it.",
    steps=(Head(), Prelude(), *CHAT_END, Finish()),
    ideal=Completes(),
    text=Text.ALL,
    retry=False,
    only=CHAT,
    sources=(sources.NO_DONE, sources.CHAT_STREAM),
)

_CUT_CHUNK: Final = "cut-chunk"

FAILURES: Final = tuple(
    msgspec.structs.replace(
        failure,
        only=OF_OPENAI,
        sources=(sources.INCOMPLETE_READ, sources.CLOSED),
        steps=(Head(), Prelude(), *TAKEN, Raw(b"40\r\ndata: {\n"), Close())
        if failure.id == _CUT_CHUNK
        else failure.steps,
    )
    for failure in transport.FAILURES
    if failure.id not in {"bad-chunk-size", "slow-drip"}
)
"""The failures of a connection, which do not depend on the API; not those that no client tells from another."""


def _broken(id_: str, title: str, *steps: AnyStep, text: Text, found_in: str) -> Scenario:
    """Make a scenario that only a broken server sends, so a retry may help."""
    return Scenario(
        id=id_,
        family=Family.PROTOCOL,
        title=title,
        steps=steps,
        ideal=RaisesSdk(),
        text=text,
        retry=True,
        only=CHAT,
        sources=(found_in,),
    )


NO_STREAM: Final = (
    Scenario(
        id="json-error-200",
        family=Family.PROTOCOL,
        title="An error object as plain JSON with HTTP 200.",
        steps=(Respond(200, error_body(SERVER_ERROR)),),
        ideal=RaisesStatus(SERVER_ERROR, ERRORS[SERVER_ERROR].status),
        text=Text.NONE,
        retry=True,
        only=CHAT,
        sources=(sources.OPENROUTER_ERRORS,),
    ),
    _broken(
        "bad-utf8",
        "A stream whose text contains invalid UTF-8.",
        Head(),
        Prelude(),
        Event("", CHAT_END[0].data.replace("world", "\udcff\udcfe")),
        Rest(),
        Finish(),
        text=Text.SOME,
        found_in=sources.BAD_EVENTS,
    ),
    _broken(
        "bad-json",
        "A chunk whose JSON is cut short.",
        Head(),
        Prelude(),
        Event("", CHAT_END[0].data[:60]),
        Rest(),
        Finish(),
        text=Text.SOME,
        found_in=sources.BAD_EVENTS,
    ),
)
