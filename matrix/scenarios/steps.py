"""What a backend does on the wire, step by step, and what a caller ought to see of it.

A scenario is plain data: no code, no socket, no bytes yet. `matrix.backend.wire` turns its steps into bytes for
the dialect that a request speaks, and `matrix.verdict` holds an observation against its ideal.
"""

from enum import StrEnum

import msgspec


class Step(msgspec.Struct, frozen=True, tag=True):
    """One thing that the backend does. The union of all of them is `AnyStep`."""


class Respond(Step, frozen=True):
    """Answer with a whole plain HTTP response: a status and a JSON body of known length."""

    status: int
    body: str


class Head(Step, frozen=True):
    """Open a stream: `200`, `text/event-stream`, chunked."""


class Prelude(Step, frozen=True):
    """The beginning of an ordinary stream, up to and including one text delta."""


class Rest(Step, frozen=True):
    """What completes the stream that `Prelude` began: more text, a stop reason, the end."""


class Event(Step, frozen=True):
    """One server-sent event: its name, and its data on one line."""

    name: str
    data: str


class Pause(Step, frozen=True):
    """Send nothing for this many seconds."""

    seconds: float


class Barrier(Step, frozen=True):
    """Wait until the kernel's send queue is empty: until the peer's kernel has everything that was sent."""


class Finish(Step, frozen=True):
    """End the chunked response as HTTP wants it ended; the connection stays usable."""


class Reset(Step, frozen=True):
    """Reset the connection: the peer sees RST, not an end."""


AnyStep = Respond | Head | Prelude | Rest | Event | Pause | Barrier | Finish | Reset


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


class RaisesConnection(Ideal, frozen=True):
    """An `APIConnectionError`, `APITimeoutError` among them."""


class RaisesAnything(Ideal, frozen=True):
    """Any exception: what must not happen is a silent end that looks like success."""


class IsUnsupported(Ideal, frozen=True):
    """The harness itself says that it knows no such scenario."""


AnyIdeal = Completes | RaisesStatus | RaisesConnection | RaisesAnything | IsUnsupported


class Family(StrEnum):
    """A group of scenarios with one kind of fault, in the order in which they are shown."""

    CONTROL = "control"
    ERROR_EVENT = "error event"
    TRUNCATION = "truncation"
    TRANSPORT = "transport"


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """An ordered list of wire steps, with what a caller ought to see.

    Attributes:
        id: Never changes once it is published; addresses and data are named by it.
        title: One sentence.
        steps: What the backend does.
        ideal: What a caller ought to see.
        text_delivered: Whether text reached the caller before the fault.
        retry: Whether the same call, made again, may succeed.
        sources: Public pages that describe this fault.
    """

    id: str
    family: Family
    title: str
    steps: tuple[AnyStep, ...]
    ideal: AnyIdeal
    text_delivered: bool
    retry: bool
    sources: tuple[str, ...] = ()
