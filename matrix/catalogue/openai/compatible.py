"""Scenarios of APIs that speak chat completions as OpenAI does, and that have errors of their own. Pure.

The chunks, the ends of a stream and the failures of a connection are those of the OpenAI API, since such an API
documents that clients of OpenAI can call it. Each API has its own errors, and its own form of reporting one.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from matrix.catalogue.api import Api, PlayedError
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.openai import endings, sources
from matrix.catalogue.openai.error_event import CHAT
from matrix.catalogue.openai.events import CHAT_END
from matrix.catalogue.retry import SOON
from matrix.catalogue.steps import Event, Family, Scenario

_FAILURES: Final = frozenset({"reset", "reset-before-anything", "no-last-chunk", "cut-chunk", "stall"})
"""The failures of a connection that are played, by id."""


class CompatibleApi(Api, frozen=True, kw_only=True):
    """An API that speaks chat completions as OpenAI does.

    Attributes:
        errors: Its errors, by name.
        overloaded: The name of the error of an overloaded server, which is also sent once, before a complete stream.
        played_mid: The names of the errors that it sends inside a stream, after some text.
        played_first: The names of those that it sends before any text.
        retried: The names of the errors that a client should repeat a request for.
        compatible_page: The public page that says that its streams are those of the OpenAI API.
    """

    dialects: frozenset[Dialect] = CHAT
    soon: tuple[tuple[str, str], ...] = SOON
    errors: Mapping[str, PlayedError]
    overloaded: str
    played_mid: tuple[str, ...]
    played_first: tuple[str, ...]
    retried: tuple[str, ...]
    compatible_page: str

    def catalogue(self, own: Iterable[Scenario] = ()) -> dict[str, Scenario]:
        """Make all scenarios, by id, in the order in which they are played; `own` are those of this API alone."""
        cuts = (
            msgspec.structs.replace(each, only=CHAT, sources=(self.compatible_page, *each.sources))
            for each in (*endings.TRUNCATED, *endings.FAILURES)
            if each.family is Family.TRUNCATION or each.id in _FAILURES
        )
        damaged = Event("", CHAT_END[0].data[:60])
        pages = (self.compatible_page, sources.BAD_EVENTS)
        overloaded = self.errors[self.overloaded]
        scenarios = (
            *self.controls(self.errors.values()),
            *(self.mid(self.errors[name]) for name in self.played_mid),
            *(self.first(self.errors[name]) for name in self.played_first),
            *own,
            *cuts,
            self.damage("bad-json", "A chunk whose JSON is cut short.", damaged, *pages),
            *(self.refuse_once(self.errors[name], *self.errors[name].sources) for name in self.retried),
            self.break_once(self.mid(overloaded), *overloaded.sources),
            self.reset_once(),
        )
        return {scenario.id: scenario for scenario in scenarios}
