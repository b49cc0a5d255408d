"""Make the scenarios that the APIs of several providers share, from the errors of one of them. Pure.

In: the documented errors of an API, the body of each, and the dialects in which it streams. Out: its controls, the ends
and failures of its streams, and the scenarios whose second attempt succeeds. Errors inside a stream differ from API to
API, so a catalogue passes their steps.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import msgspec

from matrix.catalogue import control, transport
from matrix.catalogue.dialect import Dialect
from matrix.catalogue.openai.errors import ApiError
from matrix.catalogue.steps import (
    AnyStep,
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
    Scenario,
    Text,
)
from matrix.catalogue.transport import RESETTING

_SOON: Final = (("Retry-After-Ms", "10"),)
"""Ask a client to retry after 10 ms; its own default may be seconds."""


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about an API from which its scenarios are made.

    Attributes:
        errors: Each error that has a documented HTTP status, by name.
        body: The function that encodes the body of a plain HTTP error, given its name.
        dialects: The dialects in which it streams.
        pages: The public pages with its errors and the status of each.
        retries: The public pages that say what its client retries.
        lost: The public pages of people whose connection was lost inside a stream.
        ends: The public pages that say how a complete stream ends.
    """

    errors: Mapping[str, ApiError]
    body: Callable[[str], str]
    dialects: frozenset[Dialect]
    pages: tuple[str, ...]
    retries: tuple[str, ...]
    lost: tuple[str, ...]
    ends: tuple[str, ...]

    def controls(self) -> tuple[Scenario, ...]:
        """Make a clean stream, each error as a plain HTTP response, and the scenario that the backend lacks."""
        plain = (
            Scenario(
                id=f"http-{name}",
                family=Family.CONTROL,
                title=f"{name} as a plain HTTP {error.status} response, without a stream.",
                steps=(self._refuse(name),),
                ideal=RaisesStatus(name, error.status),
                text=Text.NONE,
                retry=error.retry,
                only=self.dialects,
                sources=self.pages,
            )
            for name, error in self.errors.items()
        )
        return (self._adopt(control.CLEAN), *plain, self._adopt(control.UNKNOWN))

    def report(
        self,
        id_: str,
        title: str,
        name: str,
        *steps: AnyStep,
        text: Text = Text.SOME,
        only: frozenset[Dialect] = frozenset(),
        found_in: tuple[str, ...],
    ) -> Scenario:
        """Make a scenario of a stream that reports an error with a documented status; `steps` follow the head."""
        error = self.errors[name]
        return Scenario(
            id=id_,
            family=Family.ERROR_EVENT,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=RaisesStatus(name, error.status),
            text=text,
            retry=error.retry,
            only=only or self.dialects,
            sources=found_in,
        )

    def break_off(self, id_: str, title: str, *steps: AnyStep, text: Text, only: frozenset[Dialect]) -> Scenario:
        """Make a scenario of a response that ends legally before the answer does; `steps` follow the head."""
        return Scenario(
            id=id_,
            family=Family.TRUNCATION,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=RaisesAnything(),
            text=text,
            retry=True,
            only=only,
            sources=self.ends,
        )

    def truncated(self) -> tuple[Scenario, ...]:
        """Make the streams that end before the answer does."""
        return (
            self.break_off(
                "eof-mid",
                "The response ends legally after some text.",
                Prelude(),
                text=Text.SOME,
                only=self.dialects,
            ),
            self.break_off(
                "eof-before-anything",
                "The response ends before the first event.",
                text=Text.NONE,
                only=self.dialects,
            ),
        )

    def failures(self, ids: Collection[str]) -> tuple[Scenario, ...]:
        """Make the failures of a connection with these ids, which do not depend on the API."""
        return tuple(
            msgspec.structs.replace(failure, only=self.dialects, sources=self.lost)
            for failure in transport.FAILURES
            if failure.id in ids
        )

    def damage(
        self,
        id_: str,
        title: str,
        *steps: AnyStep,
        only: frozenset[Dialect],
        found_in: tuple[str, ...],
    ) -> Scenario:
        """Make a scenario of a stream that only a broken server sends, so a retry may help; `steps` follow the head."""
        return Scenario(
            id=id_,
            family=Family.PROTOCOL,
            title=title,
            steps=(Head(), *steps, Finish()),
            ideal=RaisesSdk(),
            text=Text.SOME,
            retry=True,
            only=only,
            sources=found_in,
        )

    def recovering(self, names: Collection[str], mid: Scenario) -> tuple[Scenario, ...]:
        """Make the scenarios whose second attempt succeeds, which show whether a client retries.

        Args:
            names: The errors that are sent first as plain HTTP responses.
            mid: The scenario whose error is sent first inside a stream.
        """
        clean = control.CLEAN.steps
        reset = Scenario(
            id="reset-then-ok",
            family=Family.RETRY,
            title="A connection reset after some text, then a complete stream for the next request.",
            steps=(Head(), Prelude(), *RESETTING),
            then=clean,
            ideal=RaisesConnection(),
            text=Text.SOME,
            retry=True,
            only=self.dialects,
            sources=self.retries,
        )
        return (
            *(
                Scenario(
                    id=f"http-{self.errors[name].status}-then-ok",
                    family=Family.RETRY,
                    title=f"A plain HTTP {self.errors[name].status}, then a complete stream for the next request.",
                    steps=(self._refuse(name, _SOON),),
                    then=clean,
                    ideal=Recovers(name, self.errors[name].status),
                    text=Text.NONE,
                    retry=True,
                    only=self.dialects,
                    sources=self.retries,
                )
                for name in names
            ),
            msgspec.structs.replace(
                mid,
                id="mid-then-ok",
                family=Family.RETRY,
                title="An error after some text, then a complete stream for the next request.",
                then=clean,
                sources=self.retries,
            ),
            reset,
        )

    def _adopt(self, scenario: Scenario) -> Scenario:
        return msgspec.structs.replace(scenario, only=self.dialects)

    def _refuse(self, name: str, headers: tuple[tuple[str, str], ...] = ()) -> Respond:
        return Respond(self.errors[name].status, self.body(name), headers=headers)
