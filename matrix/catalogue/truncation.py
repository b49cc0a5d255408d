"""Scenarios in which the response ends legally before the message has ended, so the transport sees no error."""

from matrix.catalogue import sources
from matrix.catalogue.error_event import OPEN_TOOL, TEXT_AND_REASON
from matrix.catalogue.steps import AnyStep, Family, Finish, Head, Prelude, RaisesAnything, Scenario, Text


def _cut(id_: str, title: str, *steps: AnyStep, text: Text, retry: bool = True) -> Scenario:
    return Scenario(
        id=id_,
        family=Family.TRUNCATION,
        title=title,
        steps=(Head(), *steps, Finish()),
        ideal=RaisesAnything(),
        text=text,
        retry=retry,
        sources=(sources.ENDS_EARLY,),
    )


TRUNCATED = (
    _cut(
        "eof-mid",
        "The response ends legally after some text, without message_stop.",
        Prelude(),
        text=Text.SOME,
    ),
    _cut(
        "eof-after-delta",
        "The response ends after message_delta, when all text and the stop reason were sent.",
        Prelude(),
        TEXT_AND_REASON,
        text=Text.ALL,
        retry=False,
    ),
    _cut("eof-before-anything", "The response ends before the first event.", text=Text.NONE),
    _cut(
        "eof-in-tool",
        "The response ends inside an open tool-use block.",
        Prelude(),
        OPEN_TOOL,
        text=Text.SOME,
    ),
)
