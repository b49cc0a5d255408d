"""Observations and results: how a call ended, what its caller saw, and what is recorded of a cell. Pure.

The probe reports an observation, the store keeps it, and everything above judges, compares or shows it.
"""

import datetime as dt
import functools
from enum import StrEnum
from typing import Any, Final

import msgspec

from matrix.model import Frozen, Lock


class Outcome(StrEnum):
    """How a call, or a whole cell, ended. These are never merged: missing is not passing."""

    RAISED = "raised"
    COMPLETED = "completed"
    TIMED_OUT = "timed-out"
    UNSUPPORTED = "unsupported"
    """The release has no such surface, or the backend no such scenario."""
    CANNOT_CONSTRUCT = "cannot-construct"
    """The client can't be made."""
    CANNOT_IMPORT = "cannot-import"
    CANNOT_INSTALL = "cannot-install"
    HARNESS_FAILED = "harness-failed"
    """The probe ended without a word: a crash of the interpreter, or a fault of ours."""
    NOT_RUN = "not-run"
    FLAKY = "flaky"
    """A hang or a harness failure that did not happen again each time. Never a verdict."""


def not_played(outcome: Outcome, reason: str) -> str:
    """Why the suite could not be played in a cell, in a few words; empty if it was.

    Args:
        outcome: Of the cell.
        reason: In the words of the resolver or of the import.
    """
    match outcome:
        case Outcome.COMPLETED:
            return ""
        case Outcome.CANNOT_INSTALL:
            return "no set of wheels can be installed together"
        case Outcome.CANNOT_IMPORT:
            return f"the import fails with {reason.partition(':')[0].rpartition('.')[2]}"
    return f"its measurement ended as {outcome}"


class Cause(Frozen, frozen=True, kw_only=True):
    """One link of the chain behind an exception.

    Attributes:
        how: `cause` (raised from it) or `context` (raised during it).
        name: Module and qualified name of its class.
        text: `str()` of it.
    """

    how: str
    name: str
    text: str


class Raised(Frozen, frozen=True, kw_only=True):
    """An exception, as its catcher sees it.

    Attributes:
        name: Module and qualified name of its class.
        bases: The classes behind it, nearest first, without `object`.
        exported: Whether the class is an attribute of `anthropic` under its own name.
        attributes: `status_code`, `type` and `request_id`, as far as the exception has them. One that it lacks is
            not in here, which is not the same as None.
        text: `str()` of it.
        causes: The chain behind it, nearest first.
        pickles: What becomes of it when it is pickled and read again: `same`, `changed`, or what that raised.
        copies: What becomes of it when it is copied, likewise.
        message: Its `message`; UNSET if it has none.
        body: Its `body`; UNSET if it has none.
    """

    name: str
    bases: tuple[str, ...]
    exported: bool
    attributes: dict[str, Any]
    text: str
    causes: tuple[Cause, ...] = ()
    pickles: str = ""
    copies: str = ""
    message: Any = msgspec.UNSET
    body: Any = msgspec.UNSET

    @property
    def is_bodiless(self) -> bool:
        """Whether it is of the SDK, answers an HTTP response, and has no body all the same."""
        return "status_code" in self.attributes and self.body is msgspec.UNSET

    @property
    def short_name(self) -> str:
        """The name of its class, without a module."""
        return self.name.rpartition(".")[2]


class Delivery(Frozen, frozen=True, kw_only=True):
    """What reached the caller before the call ended.

    Attributes:
        events: The type of each event, in order.
        text: All text, joined.
        stop_reason: The last one that an event bore.
    """

    events: tuple[str, ...]
    text: str
    stop_reason: str | None = None


class FinalMessage(Frozen, frozen=True, kw_only=True):
    """What the streaming helper had for a final message once its stream had ended, however it did.

    Attributes:
        text: All text in it.
        stop_reason: Its stop reason.
        raised: The class of what `get_final_message()` raised instead; empty if it did not.
    """

    text: str = ""
    stop_reason: str | None = None
    raised: str = ""


class RemedyResult(Frozen, frozen=True, kw_only=True):
    """What the remedy made of a call.

    Attributes:
        outcome: `failed`; `passed` if it saw nothing wrong; or `crashed: <class>`.
        status: The documented status of the error.
        error_type: Its type.
        retryable: Whether the same call may succeed later.
        request_id: Which request it was.
        text: How much of the text was delivered; None if the stream was not guarded.
    """

    outcome: str
    status: int | None = None
    error_type: str | None = None
    retryable: bool = False
    request_id: str | None = None
    text: str | None = None


class ProbeReport(Frozen, frozen=True, kw_only=True):
    """What the probe reports of one call: facets, nothing judged.

    Attributes:
        outcome: How the call ended.
        exception: What it raised.
        delivered: What it gave before that.
        final: For the streaming helper, its final message.
        connection: `open` (leaked), `idle` or `closed`, while the caller holds the exception; empty if unknown.
        handlers: Handler to decision: `retry`, `fail`, `accept` or `crashed: <class>`; empty where the call gives its
            caller neither events nor an exception.
        remedy: What the remedy made of it, likewise.
    """

    outcome: Outcome
    exception: Raised | None = None
    delivered: Delivery | None = None
    final: FinalMessage | None = None
    connection: str = ""
    handlers: dict[str, str] = msgspec.field(default_factory=dict)
    remedy: RemedyResult | None = None


class Observation(ProbeReport, frozen=True, kw_only=True):
    """What was seen of one scenario on one surface, by the probe and by the backend.

    Attributes:
        requests: How many requests the backend got for it.
        counts: For a flaky one, how often each outcome was seen.
        detail: For a harness failure, how the probe ended.
    """

    requests: int = 0
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    detail: str = ""


class Call(Frozen, frozen=True, order=True):
    """One scenario on one surface, by their ids."""

    surface: str
    scenario: str

    def __str__(self) -> str:
        return f"{self.scenario} on {self.surface}"


Behaviour = dict[Call, Observation]
"""All observations of a cell."""


def differences(one: Behaviour, other: Behaviour) -> list[Call]:
    """The calls of which two behaviours say something else, in order.

    Observations are compared as they are written, since Python takes True, 1 and 1.0 for the same. What it takes for
    another is another; and an object is the same as itself, which nearly all observations of two cells from one store
    are.
    """
    encode = functools.partial(msgspec.json.encode, order="deterministic")
    return sorted(
        call
        for call in one.keys() | other.keys()
        if (mine := one.get(call)) is not (theirs := other.get(call))
        and (mine != theirs or encode(mine) != encode(theirs))
    )


ENDED: Final = frozenset({Outcome.RAISED, Outcome.COMPLETED, Outcome.TIMED_OUT})


NO_CALL: Final = frozenset(
    {Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL}
)


class Provenance(Frozen, frozen=True, kw_only=True):
    """Who measured a result first. Nothing in it is behaviour: equal behaviour keeps the older provenance.

    Attributes:
        measured: The day, UTC.
        interpreter: Implementation and exact version.
        system: Operating system and machine.
        uv: The version that resolved and installed.
    """

    measured: dt.date
    interpreter: str
    system: str
    uv: str


class Result(Frozen, frozen=True, kw_only=True):
    """What is known of one cell.

    Attributes:
        suite: The digest of the suite that was played.
        outcome: COMPLETED if the suite was played, or why it could not be.
        provenance: Who measured it first.
        lock: What was installed; None if nothing could be resolved.
        behaviour: Every observation; empty unless the suite was played.
        extras: The extras that the release offers and the suite has calls for; empty unless the suite was played.
        reason: Why it could not be played, in the words of the resolver or of the import.
    """

    suite: str
    outcome: Outcome
    provenance: Provenance
    lock: Lock | None = None
    behaviour: Behaviour = msgspec.field(default_factory=dict)
    extras: tuple[str, ...] = ()
    reason: str = ""

    def agrees_with(self, other: "Result") -> bool:
        """Whether both say the same: whoever measured it, and however many wheels the index had for a lock."""
        mine = (self.suite, self.outcome, self.reason, self.extras, self.lock.pins if self.lock else ())
        theirs = (other.suite, other.outcome, other.reason, other.extras, other.lock.pins if other.lock else ())
        return mine == theirs and not differences(self.behaviour, other.behaviour)


class Judgement(Frozen, frozen=True, kw_only=True):
    """What a behaviour comes to on its main calls, in short: all that advice needs to know of it.

    Attributes:
        surface: The call by which the release is shown; its sync and async siblings are judged with it.
        unusable: Why no call can be made; empty if one can.
        error: How a stream that fails with an overloaded server ends, in a few words.
        documented: Whether every error inside a stream has its documented code and class.
        typed: Whether every one has the HTTP status and names its type.
        silent: The scenarios in which a failure looks like success.
        hangs: The scenarios in which a call does not end.
        scenarios: Those that were judged by handlers, in the order of the catalogue.
        handlers: Handler to a letter for each of `scenarios`: the first one of what its decision is worth, the worst
            of all main calls.
        crashes: Handler to the class of what it raises itself, where it does.
    """

    surface: str
    unusable: str = ""
    error: str = ""
    documented: bool = False
    typed: bool = False
    silent: tuple[str, ...] = ()
    hangs: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    handlers: dict[str, str] = msgspec.field(default_factory=dict)
    crashes: dict[str, str] = msgspec.field(default_factory=dict)
