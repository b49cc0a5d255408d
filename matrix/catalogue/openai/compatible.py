"""Scenarios of APIs that speak chat completions as OpenAI does, and that have errors of their own. Pure.

The chunks, the ends of a stream and the failures of a connection are those of the OpenAI API, since such an API
documents that clients of OpenAI can call it. Each API has its own errors, and its own form of reporting one.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from matrix.catalogue.openai import endings, sources
from matrix.catalogue.openai.control import CLEAN, UNKNOWN
from matrix.catalogue.openai.error_event import CHAT
from matrix.catalogue.openai.errors import ApiError
from matrix.catalogue.openai.events import CHAT_END
from matrix.catalogue.openai.retry import SOON, THEN_OK
from matrix.catalogue.steps import (
    AnyStep,
    Event,
    Family,
    Finish,
    Head,
    Prelude,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Respond,
    Rest,
    Scenario,
    Text,
)

_FAILURES: Final = frozenset({"reset", "reset-before-anything", "no-last-chunk", "cut-chunk", "stall"})
"""The failures of a connection that are played, by id."""


class CompatibleApi(msgspec.Struct, frozen=True, kw_only=True):
    """An API that speaks chat completions as OpenAI does.

    Attributes:
        errors: Its errors by name, each with its documented status.
        overloaded: The name of the error of an overloaded server, which is also sent once, before a complete stream.
        in_stream: The names of the errors that it sends inside a stream, after some text.
        first: The names of those that it sends before any text.
        retried: The names of the errors that a client should repeat a request for.
        write_body: Writes the body of a plain HTTP error.
        write_event: Makes the event that reports an error inside a stream.
        error_page: The public page with the statuses.
        retry_page: The public page that says which errors its SDK retries.
        shapes: Public pages that show its errors.
        in_stream_pages: Public pages that show an error inside a stream.
        compatible_page: The public page that says that its streams are those of the OpenAI API.
    """

    errors: Mapping[str, ApiError]
    overloaded: str
    in_stream: tuple[str, ...]
    first: tuple[str, ...]
    retried: tuple[str, ...]
    write_body: Callable[[ApiError], str]
    write_event: Callable[[ApiError], Event]
    error_page: str
    retry_page: str
    shapes: Mapping[str, str]
    in_stream_pages: tuple[str, ...]
    compatible_page: str

    def pages(self, name: str, *more: str) -> tuple[str, ...]:
        """List the public pages about an error."""
        shape = self.shapes.get(name)
        return (*more, self.error_page, *([shape] if shape else []))

    def plain(self, name: str) -> Scenario:
        """Make the control: the error as a plain HTTP response."""
        error = self.errors[name]
        return Scenario(
            id=f"http-{name}",
            family=Family.CONTROL,
            title=f"{name} as a plain HTTP {error.status} response, without a stream.",
            steps=(Respond(error.status, self.write_body(error)),),
            ideal=RaisesStatus(error.name, error.status),
            text=Text.NONE,
            retry=error.retry,
            only=CHAT,
            sources=self.pages(name),
        )

    def inside(
        self, id_: str, title: str, name: str, *steps: AnyStep, text: Text = Text.SOME, pages: tuple[str, ...] = ()
    ) -> Scenario:
        """Make a scenario of a stream that reports an error with a documented status; `steps` follow the head."""
        error = self.errors[name]
        return Scenario(
            id=id_,
            family=Family.ERROR_EVENT,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=RaisesStatus(error.name, error.status),
            text=text,
            retry=error.retry,
            only=CHAT,
            control=f"http-{name}",
            sources=self.pages(name, *(pages or self.in_stream_pages)),
        )

    def then_ok(self, name: str) -> Scenario:
        """Make a scenario in which the request is refused once."""
        error = self.errors[name]
        return Scenario(
            id=f"http-{error.status}-then-ok",
            family=Family.RETRY,
            title=f"A plain HTTP {error.status}, then a complete stream for the next request.",
            steps=(Respond(error.status, self.write_body(error), headers=SOON),),
            then=CLEAN.steps,
            ideal=Recovers(error.name, error.status),
            text=Text.NONE,
            retry=True,
            only=CHAT,
            sources=self.pages(name, self.retry_page),
        )

    def catalogue(self, own: Iterable[Scenario] = ()) -> dict[str, Scenario]:
        """Make all scenarios, by id, in the order in which they are played; `own` are those of this API alone."""
        report = self.write_event
        mid = (
            self.inside(f"mid-{name}", f"{name} after some text.", name, Prelude(), report(self.errors[name]))
            for name in self.in_stream
        )
        first = (
            self.inside(f"first-{name}", f"{name} as the first event.", name, report(self.errors[name]), text=Text.NONE)
            for name in self.first
        )
        cuts = (
            msgspec.structs.replace(each, only=CHAT, sources=(self.compatible_page, *each.sources))
            for each in (*endings.TRUNCATED, *endings.FAILURES)
            if each.family is Family.TRUNCATION or each.id in _FAILURES
        )
        scenarios = (
            *(msgspec.structs.replace(CLEAN, only=CHAT), *(self.plain(name) for name in self.errors)),
            msgspec.structs.replace(UNKNOWN, only=CHAT),
            *(*mid, *first, *own, *cuts, self._damaged()),
            *(self.then_ok(name) for name in self.retried),
            *self._broken_then_ok(),
        )
        return {scenario.id: scenario for scenario in scenarios}

    def _damaged(self) -> Scenario:
        return Scenario(
            id="bad-json",
            family=Family.PROTOCOL,
            title="A chunk whose JSON is cut short.",
            steps=(Head(), Prelude(), Event("", CHAT_END[0].data[:60]), Rest(), Finish()),
            ideal=RaisesSdk(),
            text=Text.SOME,
            retry=True,
            only=CHAT,
            sources=(self.compatible_page, sources.BAD_EVENTS),
        )

    def _broken_then_ok(self) -> tuple[Scenario, ...]:
        """Make the scenarios in which a stream that has begun breaks once."""
        event = self.write_event(self.errors[self.overloaded])
        broken = self.inside(
            "mid-then-ok", "An error after some text, then a complete stream for the next request.",
            self.overloaded, Prelude(), event, pages=(self.retry_page,),
        )  # fmt: skip
        return (
            msgspec.structs.replace(broken, family=Family.RETRY, then=CLEAN.steps),
            *(
                msgspec.structs.replace(each, only=CHAT, sources=(self.retry_page,))
                for each in THEN_OK
                if each.id == "reset-then-ok"
            ),
        )
