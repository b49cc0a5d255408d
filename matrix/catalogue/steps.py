"""What a backend does on the wire, step by step, and what a caller ought to see of it.

A scenario is plain data: no code, no socket, no bytes yet. `matrix.catalogue.wire` turns its steps into bytes for
the dialect that a request speaks, and `matrix.verdicts.verdict` holds an observation against its ideal.
"""

from enum import StrEnum
from typing import Final

import msgspec


class Step(msgspec.Struct, frozen=True, tag=True):
    """One thing that the backend does. The union of all of them is `AnyStep`."""


EVENT_STREAM = "text/event-stream; charset=utf-8"


class Respond(Step, frozen=True):
    """Answer with a whole plain HTTP response, its body of known length.

    Attributes:
        headers: Further ones, name and value.
    """

    status: int
    body: str
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


class Head(Step, frozen=True):
    """Open a stream with a 200.

    Attributes:
        length: The `Content-Length` that is promised, in bytes; None for a chunked response.
        encoding: The `Content-Encoding` that is claimed; empty for none.
    """

    length: int | None = None
    encoding: str = ""


class Prelude(Step, frozen=True):
    """The beginning of an ordinary stream, up to and including one text delta.

    Attributes:
        line_end: What ends a line; empty for what the dialect has.
        named: Whether events bear the names that the dialect has.
    """

    line_end: str = ""
    named: bool = True


class Rest(Step, frozen=True):
    """What completes the stream that `Prelude` began: more text, a stop reason, the end."""


class Event(Step, frozen=True):
    """One server-sent event: its name, and its data on one line."""

    name: str
    data: str


class Body(Step, frozen=True):
    """Bytes of the response's body as they stand: one chunk, where it is chunked, in one write."""

    data: bytes


class Raw(Step, frozen=True):
    """Bytes on the connection as they stand, framed by nothing: how HTTP itself is broken."""

    data: bytes


class Pause(Step, frozen=True):
    """Send nothing for this many seconds."""

    seconds: float


class Barrier(Step, frozen=True):
    """Wait until the kernel's send queue is empty: until the peer's kernel has everything that was sent."""


class Finish(Step, frozen=True):
    """End the chunked response as HTTP wants it ended; the connection stays usable."""


class Close(Step, frozen=True):
    """Close the connection, whatever of the response is still owed: the peer sees FIN."""


class Reset(Step, frozen=True):
    """Reset the connection: the peer sees RST, not an end."""


class Hold(Step, frozen=True):
    """Say nothing more and keep the connection open until the peer leaves."""


TAKEN: Final = (Barrier(), Pause(0.02))
"""Until the peer's program has what was sent, so that what follows comes in a read of its own, and so that a reset
throws nothing away. The barrier holds until its kernel has it; the slowest read seen on two loaded cores was 4 ms late,
and of a thousand pairs of writes with 2 ms between them a hundred came in one read there, with 20 ms none."""

AnyStep = Respond | Head | Prelude | Rest | Event | Body | Raw | Pause | Barrier | Finish | Close | Reset | Hold


class Ideal(msgspec.Struct, frozen=True, tag=True):
    """What a caller ought to see. The union of all of them is `AnyIdeal`."""


class Completes(Ideal, frozen=True):
    """The call ends without an exception, with the whole text and a stop reason."""


class RaisesStatus(Ideal, frozen=True):
    """An `APIStatusError` that names the error.

    Attributes:
        error_type: The `error.type` that was sent.
        status: The documented HTTP status of that type; None where none is documented.
    """

    error_type: str
    status: int | None


class RaisesSdk(Ideal, frozen=True):
    """An exception of the SDK, `APIError` or one derived from it, whose catcher can find out what was sent.

    Attributes:
        sent: What the exception ought to keep, in its body or in its text; empty if there is nothing to keep.
    """

    sent: str = ""


class RaisesConnection(Ideal, frozen=True):
    """An `APIConnectionError`, `APITimeoutError` among them."""


class RaisesAnything(Ideal, frozen=True):
    """Any exception: what must not happen is a silent end that looks like success."""


class Recovers(Ideal, frozen=True):
    """A client that retries completes; one that does not raises the `APIStatusError` of the first answer.

    Attributes:
        error_type: The `error.type` that was sent first.
        status: Its HTTP status.
    """

    error_type: str
    status: int


class IsUnsupported(Ideal, frozen=True):
    """The harness itself says that it knows no such scenario."""


AnyIdeal = Completes | RaisesStatus | RaisesSdk | RaisesConnection | RaisesAnything | Recovers | IsUnsupported


class Family(StrEnum):
    """A group of scenarios with one kind of fault, in the order in which they are shown."""

    CONTROL = "control"
    ERROR_EVENT = "error event"
    ERROR_PAYLOAD = "error payload"
    FRAMING = "framing"
    TRUNCATION = "truncation"
    TRANSPORT = "transport"
    PROTOCOL = "protocol"
    RETRY = "retry"


class Text(StrEnum):
    """How much of the answer's text the caller had when the fault came."""

    NONE = "none"
    SOME = "some"
    ALL = "all"
    """All of it, and why it ended."""


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """An ordered list of wire steps, with what a caller ought to see.

    Attributes:
        id: Never changes once it is published; addresses and data are named by it.
        title: One sentence.
        steps: What the backend does with the first request.
        then: What it does with the next one of the same call; empty if the same again. A third is the first again.
        ideal: What a caller ought to see.
        text: What reached the caller before the fault.
        retry: Whether the same call, made again, may succeed, and is not wasted. Whether that is safe, when text was
            shown already, is for the caller to say.
        messages_only: Whether its events exist in the Messages API alone.
        timeout: Seconds without a byte after which the client ought to give up; None for as long as it takes.
        control: The scenario that sends the same error as a plain HTTP response, if it is not that of its type.
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
    messages_only: bool = False
    timeout: float | None = None
    control: str = ""
    sources: tuple[str, ...] = ()

    @property
    def in_stream(self) -> bool:
        """Whether the fault comes behind an HTTP 200, where no status can say what it is."""
        match self.steps:
            case (Head(), *_) | (Respond(status=200), *_):
                return True
        return False

    def attempt(self, number: int) -> tuple[AnyStep, ...]:
        """The steps for request `number` of one call, from 0."""
        return self.then if self.then and number % 2 else self.steps
