"""Observations and results: how a call ended, what its caller saw, and what is recorded for a cell. Pure.

The probe reports an observation and the store records it. Higher rooms judge, compare and show it.
"""

import datetime as dt
import functools
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from matrix.model import Frozen, Lock


class Outcome(StrEnum):
    """How a call, or the measurement of a cell, ended. Outcomes are never merged: a missing result is no success."""

    RAISED = "raised"
    COMPLETED = "completed"
    TIMED_OUT = "timed-out"
    UNSUPPORTED = "unsupported"
    """The release lacks the surface, or the backend lacks the scenario."""
    CANNOT_CONSTRUCT = "cannot-construct"
    """Creating the client failed."""
    CANNOT_IMPORT = "cannot-import"
    CANNOT_INSTALL = "cannot-install"
    HARNESS_FAILED = "harness-failed"
    """The probe ended without a report: the interpreter crashed, or the harness has a bug."""
    NOT_RUN = "not-run"
    FLAKY = "flaky"
    """Repeated attempts ended differently, and one of them was a hang or a harness failure. It is never judged."""


def not_played(outcome: Outcome, reason: str) -> str:
    """Say in a few words why the suite was not played in a cell; return an empty text if it was.

    Args:
        outcome: The outcome of the cell.
        reason: The message of the resolver or of the import.
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
        how: `cause` for `raise ... from`, or `context` for an exception that was being handled.
        name: The module and the qualified name of its class.
        text: The text that `str()` returns for it.
    """

    how: str
    name: str
    text: str


UNDEFINED: Final = {"$object": "undefined"}
"""How a probe writes JavaScript's undefined, which JSON can't hold."""


READ_OFF: Final = ("status_code", "http_status", "type", "code", "param", "request_id", "body", "message", "text")
"""The parts of an exception that callers read, in the order in which they are compared."""

_FIELDS: Final = frozenset({"body", "message", "text"})
"""Those that are recorded apart from its attributes."""


class Raised(Frozen, frozen=True, kw_only=True):
    """An exception, as the code that catches it sees it.

    Attributes:
        name: The module and the qualified name of its class.
        bases: The base classes of its class, nearest first, without `object`.
        exported: Whether the package under test exports the class under its own name.
        attributes: The attributes that handlers read, such as `status_code`, `type` and `request_id`, also where the
            users of a target write them otherwise. A missing key is an attribute that it lacks, which is not the same
            as None, nor as `UNDEFINED`.
        text: The text that `str()` returns for it.
        causes: The chain of exceptions behind it, nearest first.
        pickles: The result of pickling and unpickling it: `same`, `changed`, or the exception that this raised.
        copies: The result of copying it: `same`, `changed`, or the exception that this raised.
        message: Its attribute `message`; UNSET if it has none.
        body: Its attribute `body`; UNSET if it has none.
        escaped: Whether no code of the caller can catch it, so that it ends the program: it arrived in a promise of the
            package, for which nobody waits.
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
    escaped: bool = False

    def read(self, name: str) -> Any:
        """Return one of the parts that callers read; UNSET if it lacks that."""
        return getattr(self, name) if name in _FIELDS else self.attributes.get(name, msgspec.UNSET)

    @functools.cached_property
    def read_off(self) -> tuple[bytes, ...]:
        """All parts that callers read, as JSON, and empty if it lacks one; an exception is compared with many."""
        values = map(self.read, READ_OFF)
        return tuple(
            b"" if value is msgspec.UNSET else msgspec.json.encode(value, order="deterministic") for value in values
        )

    def value(self, attribute: str) -> Any:
        """Return the value of an attribute; None if the exception lacks it, or if it is undefined."""
        value = self.attributes.get(attribute)
        return None if value == UNDEFINED else value

    def find_names(self, attribute: str) -> tuple[Any, ...]:
        """List what an attribute calls the error; its body calls it by the code and the type of the object in it."""
        if attribute != "body":
            return (self.attributes[attribute],) if attribute in self.attributes else ()
        body = self.body.get("error", self.body) if isinstance(self.body, dict) else None
        return tuple(body[name] for name in ("code", "type") if body.get(name)) if isinstance(body, dict) else ()

    @property
    def short_name(self) -> str:
        """The name of its class, without the module."""
        return self.name.rpartition(".")[2]

    @property
    def status(self) -> Any:
        """Its status code: the value of the first attribute for it that it has; UNSET if it has none."""
        for name in _STATUS:
            if name in self.attributes:
                return self.attributes[name]
        return msgspec.UNSET

    @property
    def status_text(self) -> str:
        """Its status code as text; empty if it has none."""
        return "" if self.has_no_status else str(self.status)

    @property
    def has_no_status(self) -> bool:
        """Whether it has no attribute for a status code, or one without a value."""
        status = self.status
        return status is None or status is msgspec.UNSET or status == UNDEFINED


_STATUS: Final = ("status_code", "http_status")
"""The attributes that hold the status code of an exception; the second is that of the OpenAI SDK before 1.0."""


class Delivery(Frozen, frozen=True, kw_only=True):
    """The events and text that reached the caller before the call ended.

    Attributes:
        events: The type of each event, in order.
        text: The text of all events, joined.
        stop_reason: The last stop reason in an event; None if no event has one.
        reported: The fields of the event that reported an error in place of an exception, with its type as `event`;
            empty if there was none.
    """

    events: tuple[str, ...]
    text: str
    stop_reason: str | None = None
    reported: dict[str, Any] = msgspec.field(default_factory=dict)


class FinalMessage(Frozen, frozen=True, kw_only=True):
    """The final message of the streaming helper after its stream has ended, with or without an exception.

    Attributes:
        text: The text in the message.
        stop_reason: The stop reason of the message; None if it has none.
        raised: The class of the exception that `get_final_message()` raised; empty if it returned a message.
    """

    text: str = ""
    stop_reason: str | None = None
    raised: str = ""


class RemedyResult(Frozen, frozen=True, kw_only=True):
    """The remedy's answer for one call.

    Attributes:
        outcome: `failed` if it reported a failure, `passed` if it reported none, or `crashed: <class>`.
        status: The documented HTTP status of the error; None if it could not tell.
        error_type: The `error.type` of the error; None if it could not tell.
        retryable: Whether it says that the same call may succeed later.
        request_id: The id of the request that failed; None if it could not tell.
        text: How much text it says was delivered: `none`, `some` or `all`; None if the stream was not guarded.
    """

    outcome: str
    status: int | None = None
    error_type: str | None = None
    retryable: bool = False
    request_id: str | None = None
    text: str | None = None


class ProbeReport(Frozen, frozen=True, kw_only=True):
    """The probe's report about one call. Nothing in it is judged.

    Attributes:
        outcome: How the call ended.
        exception: The exception that the call raised; None if it raised none.
        delivered: What reached the caller before the call ended; None if it gives its caller nothing.
        final: The final message, for a call of the streaming helper.
        connection: The state of the connection while the caller has the exception: `open` (leaked), `idle`, `closed`
            or `released` (one of these two); empty if it is not known, or if the call made no request.
        handlers: Handler to decision: `retry`, `fail`, `accept` or `crashed: <class>`. Empty where the call gives its
            caller neither events nor an exception.
        remedy: The remedy's answer; None where `handlers` is empty.
    """

    outcome: Outcome
    exception: Raised | None = None
    delivered: Delivery | None = None
    final: FinalMessage | None = None
    connection: str = ""
    handlers: dict[str, str] = msgspec.field(default_factory=dict)
    remedy: RemedyResult | None = None


class Observation(ProbeReport, frozen=True, kw_only=True):
    """What the probe and the backend reported about one scenario on one surface.

    Attributes:
        requests: The number of requests that the backend received for the call.
        counts: For a flaky call, each outcome to the number of attempts that ended in it.
        detail: For a harness failure, how the probe's process ended.
    """

    requests: int = 0
    counts: dict[str, int] = msgspec.field(default_factory=dict)
    detail: str = ""

    @property
    def reporting(self) -> str:
        """The type of the event with which a call reported an error and then completed; empty if it did not."""
        if self.outcome is not Outcome.COMPLETED or self.delivered is None:
            return ""
        return str(self.delivered.reported.get("event", ""))


class Call(Frozen, frozen=True, order=True):
    """One scenario on one surface, each by its id."""

    surface: str
    scenario: str

    def __str__(self) -> str:
        return f"{self.scenario} on {self.surface}"


Behaviour = dict[Call, Observation]
"""All observations of a cell."""


def differences(before: Behaviour, after: Behaviour) -> list[Call]:
    """List the calls whose observations differ between two behaviours, sorted.

    Observations are compared by their JSON, since Python says that True, 1 and 1.0 are equal. Two cheaper comparisons
    come first: an object equals itself, which settles nearly all observations of one store, and observations that
    Python says are unequal differ in JSON too.
    """
    return sorted(_find_differences(before, after))


def are_equal(before: Behaviour, after: Behaviour) -> bool:
    """Return whether no observation differs between two behaviours; `differences` says how they are compared."""
    return next(_find_differences(before, after), None) is None


def _find_differences(before: Behaviour, after: Behaviour) -> Iterator[Call]:
    if before is after:
        return
    encode = functools.partial(msgspec.json.encode, order="deterministic")
    if before.keys() != after.keys():
        yield from before.keys() ^ after.keys()
    for call, old in before.items():
        new = after.get(call, old)
        if old is not new and (old != new or encode(old) != encode(new)):
            yield call


ENDED: Final = frozenset({Outcome.RAISED, Outcome.COMPLETED, Outcome.TIMED_OUT})
"""Outcomes of a call that was made and observed to its end."""

NO_CALL: Final = frozenset(
    {Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT, Outcome.CANNOT_IMPORT, Outcome.CANNOT_INSTALL}
)
"""Outcomes of a call that could not be made."""


class Provenance(Frozen, frozen=True, kw_only=True):
    """When, where and with which tools a result was first measured. A later result that agrees does not replace it.

    Attributes:
        measured: The day of the measurement, UTC.
        interpreter: The implementation and exact version of Python, or the exact version of Node.
        system: The operating system and the machine type.
        uv: The version of uv, if that resolved and installed the dependencies; empty otherwise.
        npm: The version of npm, if that did; empty otherwise.
    """

    measured: dt.date
    interpreter: str
    system: str
    uv: str = ""
    npm: str = ""

    def __str__(self) -> str:
        installer = f"uv {self.uv}" if self.uv else f"npm {self.npm}"
        return f"{self.measured} on {self.interpreter}, {self.system}, {installer}"


class Result(Frozen, frozen=True, kw_only=True):
    """The result of measuring one cell.

    Attributes:
        suite: The digest of the suite.
        outcome: COMPLETED if the suite was played; otherwise the outcome that prevented it.
        provenance: When, where and with which tools it was first measured.
        lock: The packages that were installed; None if the dependencies could not be resolved.
        behaviour: Every observation; empty unless the suite was played.
        extras: The extras that the release offers and the suite has calls for; empty unless the suite was played.
        reason: Why the suite was not played: the message of the resolver or of the import. Empty if it was.
    """

    suite: str
    outcome: Outcome
    provenance: Provenance
    lock: Lock | None = None
    behaviour: Behaviour = msgspec.field(default_factory=dict)
    extras: tuple[str, ...] = ()
    reason: str = ""

    def agrees_with(self, other: "Result") -> bool:
        """Whether two results are equal apart from their provenance and from the hashes in their locks."""
        mine = (self.suite, self.outcome, self.reason, self.extras, self.lock.pins if self.lock else ())
        theirs = (other.suite, other.outcome, other.reason, other.extras, other.lock.pins if other.lock else ())
        return mine == theirs and are_equal(self.behaviour, other.behaviour)


NO_SUCH_CLIENT: Final = "the release has no such client with the Messages API"
"""Why a client of another service can't be used where every call of it is unsupported."""


class Judgement(Frozen, frozen=True, kw_only=True):
    """A short summary of a behaviour on the main calls of one client. Advice needs nothing else.

    Attributes:
        surface: The main surface of the release, by id; its sync and async variants are judged together.
        unusable: Why no call can be made; empty if calls can be made.
        error: How a stream ends when the server is overloaded, in a few words.
        documented: Whether every error inside a stream has its documented status and class.
        typed: Whether every error inside a stream has the status of its HTTP response and names its type.
        silent: The scenarios in which a failure looks like success, by id.
        hangs: The scenarios in which a call does not end, by id.
        scenarios: The scenarios on which handlers were judged, by id, in the order of the catalogue.
        handlers: Handler to one letter for each of `scenarios`: the first letter of the handler's outcome, the worst
            on any main call.
        crashes: Handler to the class of the exception that it raises itself; only handlers that crash.
        clients: The judgements of the other clients whose calls the same behaviour has, by the client's id.
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
    clients: "dict[str, Judgement]" = msgspec.field(default_factory=dict)
