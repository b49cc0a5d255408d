"""Scenarios whose second attempt succeeds: they show whether a client that may retry does so."""

from matrix.catalogue import sources
from matrix.catalogue.control import CLEAN, error_body
from matrix.catalogue.error_event import OVERLOADED, OVERLOADED_EVENT
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

_STATUS = 529
SOON = (("Retry-After-Ms", "10"),)
"""Ask a client to retry after 10 ms; its own default is half a second or more."""


def _then_ok(id_: str, title: str, *steps: AnyStep, ideal: AnyIdeal, text: Text) -> Scenario:
    return Scenario(
        id=id_,
        family=Family.RETRY,
        title=title,
        steps=steps,
        then=CLEAN.steps,
        ideal=ideal,
        text=text,
        retry=True,
        sources=(sources.STREAMING_PAGE, sources.PIPE),
    )


THEN_OK = (
    _then_ok(
        "http-529-then-ok",
        "A plain HTTP 529, then a complete stream for the next request.",
        Respond(_STATUS, error_body(OVERLOADED), headers=SOON),
        ideal=Recovers(OVERLOADED, _STATUS),
        text=Text.NONE,
    ),
    _then_ok(
        "mid-then-ok",
        "An error after some text, then a complete stream for the next request.",
        Head(),
        Prelude(),
        OVERLOADED_EVENT,
        Finish(),
        ideal=RaisesStatus(OVERLOADED, _STATUS),
        text=Text.SOME,
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
