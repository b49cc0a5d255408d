"""Make the scenarios that the streaming APIs of all providers share, from the errors of one of them. Pure.

In: the errors of an API as it sends them, the dialects in which it streams, and the public pages that describe its
faults. Out: its controls, its streams that report an error, end too early or are damaged, the failures of its
connections, and the scenarios whose second attempt succeeds. What only one API sends stays in its own catalogue.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from matrix.catalogue import control, transport
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.steps import (
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

_FAILURES: Final = frozenset({"reset", "reset-before-anything", "no-last-chunk", "stall"})
"""The failures of a connection that do not depend on the form of a stream, by id."""


class PlayedError(msgspec.Struct, frozen=True, kw_only=True):
    """An error of an API that has a documented HTTP status, as the backend sends it.

    Attributes:
        id: Its part in the ids of scenarios.
        type: The text by which an exception names it.
        title: The error in a few words, at the beginning of a sentence.
        status: The documented HTTP status.
        retry: Whether the same request may succeed later.
        body: The body of a plain HTTP response with it.
        events: The events that report it inside a stream; empty if no stream reports it.
        sources: The public pages that give its status.
    """

    id: str
    type: str
    title: str
    status: int
    retry: bool
    body: str
    events: tuple[Event, ...] = ()
    sources: tuple[str, ...]


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about an API from which its scenarios are made.

    Attributes:
        dialects: The dialects in which it streams. A scenario exists in all of them unless `only` names some.
        in_stream: The public pages that show an error inside a stream.
        ends: The public pages that say how a complete stream ends, or that show one that ends too early.
        lost: The public pages of people whose connection was lost inside a stream.
        retries: The public pages that say what its client retries.
        soon: The headers of a plain HTTP error that ask a client to retry soon; empty if none are sent.
    """

    dialects: frozenset[Dialect]
    in_stream: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    retries: tuple[str, ...]
    soon: tuple[tuple[str, str], ...] = ()

    def controls(self, errors: Iterable[PlayedError]) -> tuple[Scenario, ...]:
        """Make a clean stream, each error as a plain HTTP response, and the scenario that the backend lacks."""
        plain = (
            Scenario(
                id=f"http-{error.id}",
                family=Family.CONTROL,
                title=f"{error.title} as a plain HTTP {error.status} response, without a stream.",
                steps=(Respond(error.status, error.body),),
                ideal=RaisesStatus(error.type, error.status),
                text=Text.NONE,
                retry=error.retry,
                only=self.dialects,
                sources=error.sources,
            )
            for error in errors
        )
        clean, unknown = (
            msgspec.structs.replace(scenario, only=self.dialects) for scenario in (control.CLEAN, control.UNKNOWN)
        )
        return (clean, *plain, unknown)

    def mid(
        self, error: PlayedError, only: frozenset[Dialect] = frozenset(), found_in: tuple[str, ...] = ()
    ) -> Scenario:
        """Make the scenario of an error after some text."""
        title = f"{error.title} after some text."
        return self.report(error, f"mid-{error.id}", title, Prelude(), *error.events, only=only, found_in=found_in)

    def first(
        self, error: PlayedError, only: frozenset[Dialect] = frozenset(), found_in: tuple[str, ...] = ()
    ) -> Scenario:
        """Make the scenario of an error as the first event."""
        title = f"{error.title} as the first event."
        return self.report(
            error, f"first-{error.id}", title, *error.events, text=Text.NONE, only=only, found_in=found_in
        )

    def report(
        self,
        error: PlayedError,
        id_: str,
        title: str,
        *steps: AnyStep,
        family: Family = Family.ERROR_EVENT,
        text: Text = Text.SOME,
        only: frozenset[Dialect] = frozenset(),
        found_in: tuple[str, ...] = (),
    ) -> Scenario:
        """Make a scenario of a stream that reports an error with a documented status; `steps` follow the head."""
        return Scenario(
            id=id_,
            family=family,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=RaisesStatus(error.type, error.status),
            text=text,
            retry=error.retry,
            only=only or self.dialects,
            control=f"http-{error.id}",
            sources=found_in or (*self.in_stream, *error.sources),
        )

    def report_nameless(
        self,
        id_: str,
        title: str,
        *steps: AnyStep,
        family: Family = Family.ERROR_EVENT,
        sent: str = "",
        only: frozenset[Dialect] = frozenset(),
        found_in: tuple[str, ...],
    ) -> Scenario:
        """Make a scenario of an error after some text whose name has no documented status, so a retry may help.

        `steps` follow the first text, and `sent` is what an exception should keep of them.
        """
        return Scenario(
            id=id_,
            family=family,
            title=title,
            steps=(Head(), Prelude(), *steps, Finish()),
            ideal=RaisesSdk(sent),
            text=Text.SOME,
            retry=True,
            only=only or self.dialects,
            sources=found_in,
        )

    def truncated(self, unit: str = "event") -> tuple[Scenario, ...]:
        """Make the streams that end before the answer does; `unit` is what a stream consists of."""
        return (
            self.end_early("eof-mid", "The response ends legally after some text.", Prelude()),
            self.end_early("eof-before-anything", f"The response ends before the first {unit}.", text=Text.NONE),
        )

    def end_early(
        self, id_: str, title: str, *steps: AnyStep, text: Text = Text.SOME, only: frozenset[Dialect] = frozenset()
    ) -> Scenario:
        """Make a scenario of a response that ends legally before the answer does; `steps` follow the head."""
        return Scenario(
            id=id_,
            family=Family.TRUNCATION,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=RaisesAnything(),
            text=text,
            retry=True,
            only=only or self.dialects,
            sources=self.ends,
        )

    def fail_connection(self) -> tuple[Scenario, ...]:
        """Make the failures of a connection, which do not depend on the API."""
        return tuple(
            msgspec.structs.replace(failure, only=self.dialects, sources=self.lost)
            for failure in transport.FAILURES
            if failure.id in _FAILURES
        )

    def damage(
        self, id_: str, title: str, step: AnyStep, *found_in: str, only: frozenset[Dialect] = frozenset()
    ) -> Scenario:
        """Make a scenario of a stream that only a broken server sends; `step` follows the first text."""
        return Scenario(
            id=id_,
            family=Family.PROTOCOL,
            title=title,
            steps=(Head(), Prelude(), step, Rest(), Finish()),
            ideal=RaisesSdk(),
            text=Text.SOME,
            retry=True,
            only=only or self.dialects,
            sources=found_in,
        )

    def tolerate(
        self,
        id_: str,
        title: str,
        *steps: AnyStep,
        family: Family = Family.FRAMING,
        only: frozenset[Dialect] = frozenset(),
        found_in: tuple[str, ...],
    ) -> Scenario:
        """Make a scenario of a complete stream in a form that a client should read; `steps` follow the head."""
        return Scenario(
            id=id_,
            family=family,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=Completes(),
            text=Text.ALL,
            retry=False,
            only=only or self.dialects,
            sources=found_in,
        )

    def fail_once(self, refused: Iterable[PlayedError], mid: Scenario) -> tuple[Scenario, ...]:
        """Make the scenarios whose second attempt succeeds, which show whether a client retries.

        Args:
            refused: The errors that are sent first as plain HTTP responses.
            mid: The scenario whose error is sent first inside a stream.
        """
        return (*(self.refuse_once(error) for error in refused), self.break_once(mid), self.reset_once())

    def refuse_once(self, error: PlayedError, *found_in: str) -> Scenario:
        """Make the scenario of a plain HTTP error before a complete stream; `found_in` are further pages."""
        return Scenario(
            id=f"http-{error.status}-then-ok",
            family=Family.RETRY,
            title=f"A plain HTTP {error.status}, then a complete stream for the next request.",
            steps=(Respond(error.status, error.body, headers=self.soon),),
            then=control.CLEAN.steps,
            ideal=Recovers(error.type, error.status),
            text=Text.NONE,
            retry=True,
            only=self.dialects,
            sources=(*self.retries, *found_in),
        )

    def break_once(self, mid: Scenario, *found_in: str) -> Scenario:
        """Make the scenario of an error inside a stream before a complete one; `found_in` are further pages."""
        return msgspec.structs.replace(
            mid,
            id="mid-then-ok",
            family=Family.RETRY,
            title="An error after some text, then a complete stream for the next request.",
            then=control.CLEAN.steps,
            sources=(*self.retries, *found_in),
        )

    def reset_once(self) -> Scenario:
        """Make the scenario of a connection that is reset before a complete stream."""
        return Scenario(
            id="reset-then-ok",
            family=Family.RETRY,
            title="A connection reset after some text, then a complete stream for the next request.",
            steps=(Head(), Prelude(), *RESETTING),
            then=control.CLEAN.steps,
            ideal=RaisesConnection(),
            text=Text.SOME,
            retry=True,
            only=self.dialects,
            sources=self.retries,
        )
