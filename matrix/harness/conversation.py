"""The conversation with a probe, as a state machine without I/O.

Takes the state and what the probe did, a line or its end, and gives the next state and the effects that the player has
to carry out. A release can write lines too, since it runs in the probe's process. So no line is trusted: each must be
one that a probe may write at this point, and each moves the conversation forward, so that it ends after as many lines
as there are calls and three more. A line that can't be read costs the current call, since an honest probe may write
one for a strange exception. A line that can be read but comes at the wrong point costs the cell: no probe writes it, so
the release did, and it may have written others.
"""

from enum import Enum, auto
from typing import Final

import msgspec

from matrix.observation import Outcome, ProbeReport, Raised

STILL_RUNNING: Final = "did not answer in time"
"""How a probe ended that was still running when its time was over."""

NO_OBSERVATION: Final = "wrote a line that is no observation"
"""How a probe ended that wrote a line that can't be read."""

LONGEST_REASON: Final = 20_000
"""Limit for the recorded reason of a failed import, in characters. The longest so far has some hundreds."""

CELL_SIZE: Final = 16 << 20
"""Limit for all observations of a cell, in bytes. The largest cell so far has one million; a hundred times that would
fill the data, and the artifact of its shard would be refused together with the results of other releases."""

_DEEPEST: Final = 100
"""Limit for the nesting of what a release puts into an exception; to write a deeper value can exhaust the stack."""

_REPORTED: Final = frozenset(
    {Outcome.RAISED, Outcome.COMPLETED, Outcome.TIMED_OUT, Outcome.UNSUPPORTED, Outcome.CANNOT_CONSTRUCT}
)
"""The outcomes that a probe reports; the harness alone gives the others."""


class Hello(msgspec.Struct, frozen=True):
    """The probe's report on its interpreter.

    Attributes:
        implementation: The implementation, such as `CPython` or `Node`.
        python: Its version.
        platform: The operating system.
        machine: The processor architecture.
        distributions: The version of each installed distribution, by normalised name.
        extras: The extras in the SDK's metadata.
    """

    implementation: str
    python: str
    platform: str
    machine: str
    distributions: dict[str, str]
    extras: tuple[str, ...] = ()


class ProbeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the probe's output; one of the fields is set, or `call` and `seen` together.

    Attributes:
        size: Its length in bytes, which `parse_line` sets.
    """

    hello: Hello | None = None
    cannot_import: Raised | None = None
    imported: bool = False
    call: int | None = None
    seen: ProbeReport | None = None
    bye: bool = False
    size: int = 0


class ProbeEnd(msgspec.Struct, frozen=True):
    """The end of a probe that wrote no further line.

    Attributes:
        how: How it ended, as the end of a sentence, such as `was ended by signal 9`.
    """

    how: str


class Greeted(msgspec.Struct, frozen=True):
    """The probe described its interpreter."""

    hello: Hello


class Observed(msgspec.Struct, frozen=True):
    """A call ended, and the probe reported on it."""

    call: int
    report: ProbeReport


class Lost(msgspec.Struct, frozen=True):
    """A call hung or crashed the probe, or its report can't be read; `detail` says how."""

    call: int
    outcome: Outcome
    detail: str


class CannotImport(msgspec.Struct, frozen=True):
    """The SDK can't be imported."""

    reason: str


class DiedImporting(msgspec.Struct, frozen=True):
    """The probe ended before its first call."""

    reason: str


class Forged(msgspec.Struct, frozen=True):
    """A line came at a point at which no probe writes it, or lines had too many bytes, so a release wrote them."""

    reason: str


class Finished(msgspec.Struct, frozen=True):
    """The probe has played every call, and leaves."""


Effect = Greeted | Observed | Lost | CannotImport | DiedImporting | Forged | Finished


class Stage(Enum):
    """How far a conversation has come."""

    STARTING = auto()
    GREETED = auto()
    CALLING = auto()
    ENDED = auto()


class Conversation(msgspec.Struct, frozen=True):
    """The state of a conversation.

    Attributes:
        calls: The number of calls in the probe's plan.
        stage: How far the conversation has come.
        current: The number of the call that the probe plays, or `calls` after the last one.
        room: The bytes that further observations of this cell may have.
    """

    calls: int
    stage: Stage = Stage.STARTING
    current: int = 0
    room: int = CELL_SIZE

    @property
    def has_ended(self) -> bool:
        """Whether no further line is read."""
        return self.stage is Stage.ENDED

    @property
    def is_calling(self) -> bool:
        """Whether the probe has imported the SDK."""
        return self.stage is Stage.CALLING

    def advance(self, event: ProbeLine | ProbeEnd) -> tuple["Conversation", tuple[Effect, ...]]:
        """Return the next state, and the effects of an event. An event after the end has none."""
        if self.has_ended:
            return self, ()
        if isinstance(event, ProbeEnd):
            return self._end(*self._describe_end(event.how))
        if event.hello is not None:
            if self.stage is not Stage.STARTING:
                return self._forged("a second greeting")
            return msgspec.structs.replace(self, stage=Stage.GREETED), (Greeted(event.hello),)
        if event.cannot_import is not None:
            if self.is_calling:
                return self._forged("a failure of an import that succeeded")
            reason = f"{event.cannot_import.name}: {event.cannot_import.text}"
            return self._end(CannotImport(reason[:LONGEST_REASON]))
        if event.imported:
            if self.is_calling:
                return self._forged("a second import")
            return msgspec.structs.replace(self, stage=Stage.CALLING), ()
        if event.bye:
            if not self.is_calling or self.current < self.calls:
                return self._forged("a farewell before the last observation")
            return self._end(Finished())
        return self._observe(event)

    def _observe(self, line: ProbeLine) -> tuple["Conversation", tuple[Effect, ...]]:
        if not self.is_calling:
            return self._forged("an observation before the import")
        if self.current == self.calls:
            return self._forged("an observation after the last call")
        if line.call != self.current or line.seen is None:
            return self._forged("an observation of another call")
        if line.size > self.room:
            return self._end(Forged(f"The observations of this cell have more than {CELL_SIZE:,} bytes."))
        observed = Observed(self.current, line.seen)
        if line.seen.outcome is Outcome.TIMED_OUT:  # the probe leaves, whatever the call does
            return self._end(observed)
        return msgspec.structs.replace(self, current=self.current + 1, room=self.room - line.size), (observed,)

    def _describe_end(self, how: str) -> tuple[Effect, ...]:
        """Return the effects of an end without a farewell; none if every call was observed."""
        if not self.is_calling:
            return (DiedImporting(f"The interpreter {how} while it imported the SDK."),)
        if self.current == self.calls:
            return ()
        if how == STILL_RUNNING:
            return (Lost(self.current, Outcome.TIMED_OUT, ""),)
        return (Lost(self.current, Outcome.HARNESS_FAILED, f"The interpreter {how}."),)

    def _forged(self, what: str) -> tuple["Conversation", tuple[Effect, ...]]:
        return self._end(Forged(f"The interpreter wrote {what}, which no probe writes at that point."))

    def _end(self, *effects: Effect) -> tuple["Conversation", tuple[Effect, ...]]:
        return msgspec.structs.replace(self, stage=Stage.ENDED), effects


_decoder = msgspec.json.Decoder(ProbeLine)


def parse_line(data: bytes) -> ProbeLine | None:
    """Parse a line; return None if no probe writes such a line at any point."""
    try:
        line = _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    kinds = (line.hello is not None, line.cannot_import is not None, line.imported, line.seen is not None, line.bye)
    if sum(kinds) != 1 or (line.call is None) != (line.seen is None):
        return None
    if line.seen is not None and (line.seen.outcome not in _REPORTED or _is_too_deep(line.seen.exception)):
        return None
    return msgspec.structs.replace(line, size=len(data))


def _is_too_deep(exception: Raised | None) -> bool:
    """Whether what a release put into an exception is nested too deeply."""
    values = [] if exception is None else [exception.attributes, exception.message, exception.body]
    for _ in range(_DEEPEST):
        values = [
            inner
            for value in values
            for inner in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
        ]
        if not values:
            return False
    return True
