"""Faults that are gone at the second attempt: does a client that may retry get there?"""

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
_SOON = (("Retry-After-Ms", "10"),)
"""When the SDK may retry: it would wait half a second otherwise."""


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
        "A plain HTTP 529; the next request gets a complete stream.",
        Respond(_STATUS, error_body(OVERLOADED), headers=_SOON),
        ideal=Recovers(OVERLOADED, _STATUS),
        text=Text.NONE,
    ),
    _then_ok(
        "mid-then-ok",
        "An error after some text; the next request gets a complete stream.",
        Head(),
        Prelude(),
        OVERLOADED_EVENT,
        Finish(),
        ideal=RaisesStatus(OVERLOADED, _STATUS),
        text=Text.SOME,
    ),
    _then_ok(
        "reset-then-ok",
        "A reset after some text; the next request gets a complete stream.",
        Head(),
        Prelude(),
        *RESETTING,
        ideal=RaisesConnection(),
        text=Text.SOME,
    ),
)
