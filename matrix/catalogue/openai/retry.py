"""Scenarios whose second attempt succeeds: they show whether a client that may retry does so."""

from typing import Final

from matrix.catalogue.dialect import OF_OPENAI, Dialect
from matrix.catalogue.openai import sources
from matrix.catalogue.openai.control import CLEAN
from matrix.catalogue.openai.error_event import CHUNKS, SERVER_ERROR, SERVER_ERROR_EVENT
from matrix.catalogue.openai.errors import ERRORS, error_body
from matrix.catalogue.retry import SOON
from matrix.catalogue.steps import (
    AnyIdeal,
    AnyStep,
    Family,
    Finish,
    Head,
    Prelude,
    RaisesConnection,
    RaisesStatus,
    Recovers,
    Respond,
    Scenario,
    Text,
)
from matrix.catalogue.transport import RESETTING


def _then_ok(
    id_: str,
    title: str,
    *steps: AnyStep,
    ideal: AnyIdeal,
    text: Text = Text.NONE,
    retry: bool = True,
    only: frozenset[Dialect] = OF_OPENAI,
) -> Scenario:
    return Scenario(
        id=id_,
        family=Family.RETRY,
        title=title,
        steps=steps,
        then=CLEAN.steps,
        ideal=ideal,
        text=text,
        retry=retry,
        only=only,
        sources=(sources.SDK_RETRIES,),
    )


def _refused(name: str, headers: tuple[tuple[str, str], ...]) -> Respond:
    return Respond(ERRORS[name].status, error_body(name), headers=headers)


THEN_OK: Final = (
    *(
        _then_ok(
            f"http-{ERRORS[name].status}-then-ok",
            f"A plain HTTP {ERRORS[name].status}, then a complete stream for the next request.",
            _refused(name, SOON),
            ideal=Recovers(name, ERRORS[name].status),
        )
        for name in ("rate_limit_exceeded", SERVER_ERROR, "server_is_overloaded")
    ),
    _then_ok(
        "http-429-retry-after",
        "A plain HTTP 429 with Retry-After: 1, then a complete stream for the next request.",
        _refused("rate_limit_exceeded", (("Retry-After", "1"),)),
        ideal=Recovers("rate_limit_exceeded", 429),
    ),
    _then_ok(
        "http-500-no-retry",
        "A plain HTTP 500 with X-Should-Retry: false, then a complete stream for a client that retries anyway.",
        _refused(SERVER_ERROR, (("X-Should-Retry", "false"),)),
        ideal=RaisesStatus(SERVER_ERROR, 500),
        retry=False,
    ),
    _then_ok(
        "mid-then-ok",
        "An error after some text, then a complete stream for the next request.",
        Head(),
        Prelude(),
        SERVER_ERROR_EVENT,
        Finish(),
        ideal=RaisesStatus(SERVER_ERROR, 500),
        text=Text.SOME,
        only=CHUNKS,
    ),
    _then_ok(
        "reset-then-ok",
        "A connection reset after some text, then a complete stream for the next request.",
        Head(),
        Prelude(),
        *RESETTING,
        ideal=RaisesConnection(),
        text=Text.SOME,
    ),
)
