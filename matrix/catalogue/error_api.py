"""Scenarios of an API that reports each error in a stream by one kind of event. Pure.

The Gemini and the Ollama API are of this kind: each error has one documented HTTP status, a plain HTTP response has the
object of the error as its body, and a stream has it as an event. The scenarios are those of every API, so what differs
is passed: the dialects, the errors, how they are written, and the public pages that describe them.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from matrix.catalogue import control, transport
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import (
    AnyIdeal,
    AnyStep,
    Completes,
    Event,
    Family,
    Finish,
    Head,
    Prelude,
    RaisesAnything,
    RaisesConnection,
    RaisesSdk,
    RaisesStatus,
    Recovers,
    Respond,
    Rest,
    Scenario,
    Text,
)
from matrix.catalogue.transport import RESETTING

_CLOSING: Final = frozenset({"reset", "reset-before-anything", "no-last-chunk", "stall"})
"""The failures of a connection that do not depend on the form of a stream, by id."""


class StreamError(msgspec.Struct, frozen=True, kw_only=True):
    """An error of an API that has a documented HTTP status.

    Attributes:
        id: Its part in the ids of scenarios.
        type: The text by which an exception names it.
        title: The error in a few words, at the beginning of a sentence.
        status: The documented HTTP status.
        message: The message that the backend sends.
        retry: Whether the same request may succeed later.
        sources: Public pages that give its status.
    """

    id: str
    type: str
    title: str
    status: int
    message: str
    retry: bool
    sources: tuple[str, ...]


class ErrorApi(msgspec.Struct, frozen=True, kw_only=True):
    """An API that reports each error in a stream by one kind of event.

    Attributes:
        dialects: The dialects of its streams.
        make_body: Makes the body of a plain HTTP error.
        make_event: Makes the event of an error in a stream.
        in_stream: Public pages that show an error in a stream.
        cut: Public pages about streams that end too early.
        connection: Public pages about failures of its connections.
        retries: Public pages that say what its client retries.
    """

    dialects: frozenset[Dialect]
    make_body: Callable[[StreamError], str]
    make_event: Callable[[StreamError], Event]
    in_stream: tuple[str, ...]
    cut: tuple[str, ...]
    connection: tuple[str, ...]
    retries: tuple[str, ...]

    @property
    def clean(self) -> Scenario:
        """The control with a complete stream."""
        return msgspec.structs.replace(control.CLEAN, only=self.dialects)

    @property
    def unknown(self) -> Scenario:
        """The control that the backend does not know."""
        return msgspec.structs.replace(control.UNKNOWN, only=self.dialects)

    def respond(self, error: StreamError) -> Scenario:
        """Make the control that sends an error as a plain HTTP response."""
        return Scenario(
            id=f"http-{error.id}",
            family=Family.CONTROL,
            title=f"{error.title} as a plain HTTP {error.status} response, without a stream.",
            steps=(Respond(error.status, self.make_body(error)),),
            ideal=RaisesStatus(error.type, error.status),
            text=Text.NONE,
            retry=error.retry,
            only=self.dialects,
            sources=error.sources,
        )

    def mid(self, error: StreamError) -> Scenario:
        """Make the scenario of an error after some text."""
        title = f"{error.title} after some text."
        return self.report(error, f"mid-{error.id}", title, Prelude(), self.make_event(error))

    def first(self, error: StreamError) -> Scenario:
        """Make the scenario of an error as the first event."""
        title = f"{error.title} as the first event."
        return self.report(error, f"first-{error.id}", title, self.make_event(error), text=Text.NONE)

    def report(
        self,
        error: StreamError,
        id_: str,
        title: str,
        *steps: AnyStep,
        text: Text = Text.SOME,
        family: Family = Family.ERROR_EVENT,
        found_in: tuple[str, ...] = (),
    ) -> Scenario:
        """Make a scenario of a stream that reports an error; `steps` follow the head."""
        return Scenario(
            id=id_,
            family=family,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=RaisesStatus(error.type, error.status),
            text=text,
            retry=error.retry,
            only=self.dialects,
            control=f"http-{error.id}",
            sources=found_in or (*self.in_stream, *error.sources),
        )

    def end_early(self, id_: str, title: str, *steps: AnyStep, text: Text, found_in: tuple[str, ...] = ()) -> Scenario:
        """Make a scenario of a response that ends legally before its answer does; `steps` follow the head."""
        return Scenario(
            id=id_,
            family=Family.TRUNCATION,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=RaisesAnything(),
            text=text,
            retry=True,
            only=self.dialects,
            sources=found_in or self.cut,
        )

    def damage(self, id_: str, title: str, step: AnyStep, *found_in: str) -> Scenario:
        """Make a scenario of a stream with something after its first text that no client can read."""
        return Scenario(
            id=id_,
            family=Family.PROTOCOL,
            title=title,
            steps=(Head(), Prelude(), step, Rest(), Finish()),
            ideal=RaisesSdk(),
            text=Text.SOME,
            retry=True,
            only=self.dialects,
            sources=found_in,
        )

    def tolerate(self, id_: str, title: str, *steps: AnyStep, family: Family, found_in: tuple[str, ...]) -> Scenario:
        """Make a scenario of a complete stream in a form that a client should read; `steps` follow the head."""
        return Scenario(
            id=id_,
            family=family,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=Completes(),
            text=Text.ALL,
            retry=False,
            only=self.dialects,
            sources=found_in,
        )

    def fail_connection(self) -> tuple[Scenario, ...]:
        """List the scenarios in which the connection fails."""
        return tuple(
            msgspec.structs.replace(failure, only=self.dialects, sources=self.connection)
            for failure in transport.FAILURES
            if failure.id in _CLOSING
        )

    def fail_once(self, *refused: StreamError, error: StreamError) -> tuple[Scenario, ...]:
        """List the scenarios whose second request succeeds, so that they show whether a client retries.

        Args:
            refused: The errors that are sent as plain HTTP responses.
            error: The error that is sent in a stream.
        """
        return (
            *(
                self._then_clean(
                    f"http-{each.status}-then-ok",
                    f"A plain HTTP {each.status}, then a complete stream for the next request.",
                    Respond(each.status, self.make_body(each)),
                    ideal=Recovers(each.type, each.status),
                    text=Text.NONE,
                )
                for each in refused
            ),
            self._then_clean(
                "mid-then-ok",
                "An error after some text, then a complete stream for the next request.",
                *(Head(), Prelude(), self.make_event(error), Finish()),
                ideal=RaisesStatus(error.type, error.status),
                text=Text.SOME,
                shown_by=f"http-{error.id}",
            ),
            self._then_clean(
                "reset-then-ok",
                "A connection reset after some text, then a complete stream for the next request.",
                *(Head(), Prelude(), *RESETTING),
                ideal=RaisesConnection(),
                text=Text.SOME,
            ),
        )

    def _then_clean(
        self, id_: str, title: str, *steps: AnyStep, ideal: AnyIdeal, text: Text, shown_by: str = ""
    ) -> Scenario:
        return Scenario(
            id=id_,
            family=Family.RETRY,
            title=title,
            steps=steps,
            then=control.CLEAN.steps,
            ideal=ideal,
            text=text,
            retry=True,
            only=self.dialects,
            control=shown_by,
            sources=self.retries,
        )
