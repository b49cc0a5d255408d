"""Scenarios as plain data: the steps that the backend plays, and what a caller should see. Pure.

`matrix.catalogue.wire` compiles the steps to bytes in the dialect of a request, and `matrix.verdicts.verdict`
compares an observation with the ideal.
"""

from collections.abc import Iterable
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from matrix.catalogue.dialect import FRAMED, OF_ANTHROPIC, OF_MESSAGES, SERVER_SENT, Dialect

Seconds = Annotated[float, Meta(ge=0)]
Status = Annotated[int, Meta(ge=200, le=599)]
Size = Annotated[int, Meta(ge=0)]


class Step(msgspec.Struct, frozen=True, tag=True, omit_defaults=True, forbid_unknown_fields=True):
    """One action of the backend. `AnyStep` is the union of all steps."""


class Respond(Step, frozen=True):
    """Answer with a complete HTTP response that has a `Content-Length` and is no stream.

    Attributes:
        status: The HTTP status.
        body: The text of the body.
        content_type: The value of its `Content-Type` header.
        headers: Additional headers, each a name and a value.
    """

    status: Status
    body: str
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Head(Step, frozen=True):
    """Open a response whose body follows in further steps: a stream with an HTTP 200, unless it says otherwise.

    Attributes:
        length: The value of the `Content-Length` header, in bytes; None for a chunked response.
        encoding: The value of the `Content-Encoding` header; empty for no header. The body is never encoded.
        status: The HTTP status.
        content_type: The value of the `Content-Type` header; empty for that of the dialect.
        headers: Additional headers, each a name and a value.
    """

    length: Size | None = None
    encoding: str = ""
    status: Status = 200
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()


class Prelude(Step, frozen=True):
    """Send the beginning of an ordinary stream, up to and including one text delta.

    Attributes:
        line_end: The characters that end a line; empty for those of the dialect.
        named: Whether events have the `event:` lines of the dialect.
    """

    line_end: str = ""
    named: bool = True


class Rest(Step, frozen=True):
    """Send the remainder of the stream that `Prelude` began: more text, a stop reason and the end."""


class Event(Step, frozen=True):
    """Send one event in the form of the dialect.

    Attributes:
        name: The name of the event; empty in the dialects whose events have none.
        data: Its data, on one line. A lone surrogate stands for a byte that is no UTF-8, as in `surrogateescape`.
    """

    name: str
    data: str


class Together(Step, frozen=True):
    """Send several events in one write.

    Attributes:
        events: The events, in their order.
    """

    events: tuple[Event, ...]


class Lines(Step, frozen=True):
    """Send bytes of events unchanged, in one write; they may end in the middle of an event."""

    data: bytes


class Frame(Step, frozen=True):
    """Send one frame of an AWS event stream, or a part of it.

    Attributes:
        headers: Its headers, each a name and a text.
        payload: Its payload.
        first: The first byte to send.
        end: The byte before which to stop; None to send the rest of the frame.
        bad_prelude: Whether the checksum of its lengths is wrong.
        bad_message: Whether the checksum of the whole frame is wrong.
    """

    headers: tuple[tuple[str, str], ...]
    payload: str
    first: Size = 0
    end: Size | None = None
    bad_prelude: bool = False
    bad_message: bool = False


class Body(Step, frozen=True):
    """Send bytes of the body unchanged, in one write; they belong to no dialect."""

    data: bytes


class Raw(Step, frozen=True):
    """Send bytes on the connection without any HTTP framing, to break HTTP itself."""

    data: bytes


class Pause(Step, frozen=True):
    """Send nothing for a while.

    Attributes:
        seconds: How long, in seconds.
    """

    seconds: Seconds


class Barrier(Step, frozen=True):
    """Wait until the kernel's send queue is empty: the peer's kernel then has all bytes that were sent."""


class Finish(Step, frozen=True):
    """End the response as HTTP requires; the connection stays usable."""


class Close(Step, frozen=True):
    """Close the connection, even in the middle of the response: the peer receives FIN."""


class Reset(Step, frozen=True):
    """Reset the connection: the peer receives RST."""


class Hold(Step, frozen=True):
    """Send nothing more, and keep the connection open until the peer closes it."""


TAKEN: Final = (Barrier(), Pause(0.02))
"""Wait until the peer's program has read all bytes so far. The next bytes then come in a separate read, and a reset
discards nothing. The barrier waits for the peer's kernel and the pause for its program. On two loaded cores, the
slowest read was 4 ms late; of 1,000 pairs of writes, 100 came in one read with a pause of 2 ms, and none with 20 ms."""

AnyStep = (
    Respond
    | Head
    | Prelude
    | Rest
    | Event
    | Together
    | Lines
    | Frame
    | Body
    | Raw
    | Pause
    | Barrier
    | Finish
    | Close
    | Reset
    | Hold
)

_MESSAGE_EVENTS: Final = frozenset(
    {
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    }
)
"""The names of events that only the Messages API has."""


def dialects_of(steps: Iterable[AnyStep]) -> frozenset[Dialect]:
    """Return the dialects of the Anthropic API that can carry steps; scenarios of other APIs name theirs."""
    dialects = OF_ANTHROPIC
    for step in steps:
        match step:
            case Event(name=name) if name in _MESSAGE_EVENTS:
                dialects &= OF_MESSAGES
            case Together(events=events):
                dialects &= dialects_of(events)
            case Lines():
                dialects &= SERVER_SENT
            case Prelude(line_end=line_end, named=named) if line_end or not named:
                dialects &= SERVER_SENT
            case Frame():
                dialects &= FRAMED
    return dialects


class Ideal(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """What a caller should see. `AnyIdeal` is the union of all ideals."""


class Completes(Ideal, frozen=True):
    """The call ends without an exception, with the complete text and a stop reason."""


class RaisesStatus(Ideal, frozen=True):
    """An `APIStatusError` that names the error.

    Attributes:
        error_type: The `error.type` that was sent.
        status: The documented HTTP status of that type; None where none is documented.
    """

    error_type: str
    status: int | None


class RaisesSdk(Ideal, frozen=True):
    """An `APIError` of the SDK, or a class derived from it, that keeps the data that the server sent.

    Attributes:
        sent: The data that the exception should keep in its body or in its text; empty if there is none.
    """

    sent: str = ""


class RaisesConnection(Ideal, frozen=True):
    """An `APIConnectionError`, which includes `APITimeoutError`."""


class RaisesAnything(Ideal, frozen=True):
    """Any exception: the call must not end silently, as if it had succeeded."""


class Recovers(Ideal, frozen=True):
    """A client that retries completes the call; any other raises the `APIStatusError` of the first response.

    Attributes:
        error_type: The `error.type` that was sent first.
        status: Its HTTP status.
    """

    error_type: str
    status: int


class IsUnsupported(Ideal, frozen=True):
    """The harness reports that the scenario does not exist."""


class NoIdeal(Ideal, frozen=True):
    """Not stated: a scenario of a user's file need not say what a caller should see. No verdict judges it."""


AnyIdeal = Completes | RaisesStatus | RaisesSdk | RaisesConnection | RaisesAnything | Recovers | IsUnsupported | NoIdeal


class Family(StrEnum):
    """A group of scenarios with the same kind of fault, in the order in which pages show them."""

    CONTROL = "control"
    ERROR_EVENT = "error event"
    ERROR_PAYLOAD = "error payload"
    FRAMING = "framing"
    TRUNCATION = "truncation"
    TRANSPORT = "transport"
    PROTOCOL = "protocol"
    GATEWAY = "gateway"
    RETRY = "retry"
    EVENT_STREAM = "AWS event stream"
    CUSTOM = "custom"
    """The scenarios of users' files."""


_PLACES: Final = {family: number for number, family in enumerate(Family)}


def sort_by_family(scenarios: "Iterable[Scenario]") -> "list[Scenario]":
    """Sort scenarios by family, in the order of pages; within one, the order stays.

    They are played in another order, which is part of a suite's digest: a new scenario may stand with others of its
    origin, away from its family.
    """
    return sorted(scenarios, key=lambda scenario: _PLACES[scenario.family])


class Text(StrEnum):
    """How much text the caller had received before the fault."""

    NONE = "none"
    SOME = "some"
    ALL = "all"
    """All of the text, and the stop reason."""


FIRST_TEXT: Final = "Hello"
"""The text that a caller has received after the first steps of a stream, `Head` and `Prelude`, in every dialect."""

WHOLE_TEXT: Final = "Hello world"
"""The text of a complete stream, in every dialect."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """An ordered list of wire steps, and what a caller should see.

    Attributes:
        id: The name in addresses and data; it never changes after it was published.
        family: The kind of fault.
        title: One sentence that describes the fault.
        steps: The steps for the first request of a call. After the last answer, the first one follows again.
        then: The steps for the second request of a call; empty for the same steps.
        more: The steps for the third and each further request of a call, if these have others again.
        ideal: What a caller should see.
        text: How much text the caller receives before the fault.
        retry: Whether repeating the call may succeed and is useful. Only the caller can know whether a retry is safe
            after text was shown.
        only: The dialects in which it exists, if these are not the ones of the Anthropic API that can carry its steps;
            empty for those.
        timeout: Seconds without a byte after which the client should give up; None for no limit.
        control: The scenario that sends the same error as a plain HTTP response; empty for `http-` and its type.
        sources: Public pages that describe this fault.
    """

    id: str
    family: Family
    title: str
    steps: tuple[AnyStep, ...]
    ideal: AnyIdeal
    text: Text
    retry: bool
    then: tuple[AnyStep, ...] = ()
    more: tuple[tuple[AnyStep, ...], ...] = ()
    only: frozenset[Dialect] = frozenset()
    timeout: float | None = None
    control: str = ""
    sources: tuple[str, ...] = ()

    @cached_property
    def dialects(self) -> frozenset[Dialect]:
        """The dialects in which it exists: a framing of server-sent events has no meaning in another."""
        return self.only or dialects_of(step for steps in self.attempts for step in steps)

    @property
    def attempts(self) -> tuple[tuple[AnyStep, ...], ...]:
        """The steps for each request of a call, in order; after the last, the first follows again."""
        return (self.steps, self.then, *self.more) if self.then else (self.steps,)

    @property
    def messages_only(self) -> bool:
        """Whether its events exist only in the Messages API, and not in the older APIs for text completions."""
        return Dialect.MESSAGES in self.dialects and Dialect.COMPLETIONS not in self.dialects

    @cached_property
    def in_stream(self) -> bool:
        """Whether the fault follows an HTTP 200, so that the status cannot name it."""
        match self.steps, self.then:
            case _, (Close(),):  # the second request of a call gets no answer at all
                return False
            case (((Head(status=200), *_) | (Respond(status=200), *_)), _):
                return True
        return False

    def attempt(self, number: int) -> tuple[AnyStep, ...]:
        """Return the steps for request `number` of one call, counted from 0."""
        return self.attempts[number % len(self.attempts)]
