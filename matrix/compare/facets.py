"""Compare two observations of one call from the caller's point of view. Pure.

The comparison looks at the end of the call first. If both calls raise, it looks at the classes that catch the
exception and at its attributes, and then at the delivered text and events. Each difference is a *facet change*, with
its severity for the caller.
"""

import functools
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

import msgspec

from matrix.model import Frozen
from matrix.observation import ENDED, NO_CALL, READ_OFF, UNDEFINED, Observation, Outcome, Raised
from matrix.targets.target import Target
from matrix.verdicts.verdict import ABSENT, NOTHING, VerdictKind, Yardstick, judge
from matrix.verdicts.wording import describe_end


class Severity(StrEnum):
    """The effect of a change on a caller, worst first; `MEANINGS` describes each."""

    SILENCED = "silenced"
    HANGS = "hangs"
    GONE = "gone"
    RAISES = "raises"
    UNCAUGHT = "uncaught"
    LOST = "lost"
    ALTERED = "altered"
    HEARD = "heard"
    GAINED = "gained"
    MESSAGE = "message"
    DETAIL = "detail"


MEANINGS: Final[dict[Severity, str]] = {
    Severity.SILENCED: "an error becomes silent",
    Severity.HANGS: "a call that ended before now hangs",
    Severity.GONE: "a call is no longer possible",
    Severity.RAISES: "a call that completed before now raises",
    Severity.UNCAUGHT: "a class is no longer caught by its former base",
    Severity.LOST: "an attribute disappears, less text is delivered, text is repeated, or a connection leaks",
    Severity.ALTERED: "an attribute has another value, or different text is delivered",
    Severity.HEARD: "a failure that was silent or hung is now raised",
    Severity.GAINED: "an attribute, a base or a call appears, more text is delivered, or a repetition ends",
    Severity.MESSAGE: "a message differs",
    Severity.DETAIL: "a difference that most code does not see: causes, or events without text",
}

SEVERITIES: Final = tuple(Severity)
WORSE: Final = frozenset(SEVERITIES[: SEVERITIES.index(Severity.ALTERED) + 1])
"""Severities of changes that can break working code."""
BETTER: Final = frozenset({Severity.HEARD, Severity.GAINED})
"""Severities of changes that help."""


class FacetChange(Frozen, frozen=True, kw_only=True):
    """The change of one facet of one call.

    Attributes:
        severity: The effect on a caller.
        facet: The name of the facet: `outcome`, `class`, `status_code`, `body`, `text`, ...
        what: The change in a few words, without values, so that equal changes can be grouped.
        before: The old value, as text; `absent` if there is none.
        after: The new value, as text; `absent` if there is none.
    """

    severity: Severity
    facet: str
    what: str
    before: str
    after: str


def facet_changes(target: Target, scenario: str, before: Observation, after: Observation) -> Iterator[FacetChange]:
    """Yield the facets that differ between two observations of a call that ended or that is not possible.

    Args:
        target: The package under test.
        scenario: The id of the scenario that was played.
        before: The earlier observation.
        after: The later one.
    """
    if before.outcome not in ENDED and after.outcome not in ENDED:
        return  # the page of the release gives the reason
    if before.outcome is not after.outcome:
        severity, what = _outcome(target, scenario, before, after)
        yield FacetChange(
            severity=severity, facet="outcome", what=what, before=describe_end(before), after=describe_end(after)
        )
        return
    if before.exception is not None and after.exception is not None:
        yield from _raised(target, before.exception, after.exception)
    yield from _around(before, after)


def _outcome(target: Target, scenario: str, before: Observation, after: Observation) -> tuple[Severity, str]:
    if after.outcome in NO_CALL:
        return Severity.GONE, "the call is no longer possible"
    if before.outcome in NO_CALL:
        return Severity.GAINED, "the call is possible now"
    if after.outcome is Outcome.TIMED_OUT:
        return Severity.HANGS, "the call hangs now"
    if after.reporting:
        return Severity.SILENCED, f"an event {after.reporting} now reports the failure, and no exception"
    if after.outcome is Outcome.COMPLETED:
        if _is_silent(target, scenario, after):
            return Severity.SILENCED, "a failure now ends without an exception"
        how = "hung" if before.outcome is Outcome.TIMED_OUT else "failed"
        return Severity.GAINED, f"a call that {how} completes now"
    if before.outcome is Outcome.TIMED_OUT:
        return Severity.HEARD, "a call that hung raises now"
    if before.reporting:
        return Severity.HEARD, f"a failure that an event {before.reporting} reported is raised now"
    if _is_silent(target, scenario, before):
        return Severity.HEARD, "a failure that was silent is raised now"
    return Severity.RAISES, "a call that completed raises now"


def _is_silent(target: Target, scenario: str, observation: Observation) -> bool:
    """Return whether the call reports a failure as success."""
    verdict = judge(target, target.catalogue[scenario], observation, None, Yardstick.DOCUMENTED)
    return verdict.kind is VerdictKind.SILENT


def _raised(target: Target, before: Raised, after: Raised) -> Iterator[FacetChange]:
    old, new = _caught_by(target, before), _caught_by(target, after)
    root = f"{target.module}.{target.classes.root}"
    was, now = _written_path(before.name), _written_path(after.name)
    make = functools.partial(FacetChange, facet="class", before=was, after=now)
    if old is new:  # the same class and bases, as mostly
        pass
    elif lost := [name for name in old if name not in new]:
        if root in new and root not in old and "." not in lost[0]:  # an accident that nobody catches by its name
            yield make(severity=Severity.ALTERED, what=f"the error is now an SDK error, not {lost[0]}")
            return  # so nobody read anything off it either
        subclasses = " or a subclass of it" if len(lost) > 1 else ""
        yield make(severity=Severity.UNCAUGHT, what=f"the error is no longer caught as {old[lost[-1]]}{subclasses}")
    elif gained := [name for name in new if name not in old]:
        yield make(severity=Severity.GAINED, what=f"the error is also caught as {new[gained[-1]]}")
    if before.exported is not after.exported and before.short_name == after.short_name:
        if after.exported:
            severity, what = Severity.GAINED, f"{target.module}.{after.short_name} is exported now"
        else:
            severity, what = Severity.LOST, f"{target.module}.{before.short_name} is no longer exported"
        yield FacetChange(severity=severity, facet="exported", what=what, before=before.name, after=after.name)
    for name, value, new_value in zip(READ_OFF, before.read_off, after.read_off, strict=True):
        if value != new_value:
            yield _attribute(target, name, before.read(name), after.read(name))
    yield from _survives("pickles", "pickling", before.pickles, after.pickles)
    yield from _survives("copies", "copying", before.copies, after.copies)
    if before.causes != after.causes:
        yield FacetChange(
            severity=Severity.DETAIL, facet="causes", what="the chain of causes differs",
            before=_chain(before), after=_chain(after),
        )  # fmt: skip


def _caught_by(target: Target, raised: Raised) -> dict[str, str]:
    """Return the classes that catch an exception, nearest first: its class and its bases.

    A class of the SDK counts as the same class in every module; `exported` records whether code can name it.

    Returns:
        The name by which two releases are compared, to the path of the class in this release.
    """
    return _caught_as(target.module, (raised.name, *raised.bases))


@functools.cache
def _caught_as(module: str, names: tuple[str, ...]) -> dict[str, str]:
    paths = {name: _written_path(name) for name in names}
    return {
        f"{module}.{name.rpartition('.')[2]}" if name.startswith(f"{module}.") else path: path
        for name, path in paths.items()
    }


def gains_sdk_class(target: Target, before: Observation, after: Observation) -> bool:
    """Return whether a class of the SDK catches the exception of a call now, and did not before."""
    if before.exception is None or after.exception is None:
        return False
    old, new = _caught_by(target, before.exception), _caught_by(target, after.exception)
    return old is not new and any(name.startswith(f"{target.module}.") for name in new.keys() - old.keys())


def _written_path(name: str) -> str:
    """Return the path of a class as code writes it."""
    return name.removeprefix("builtins.")


def _attribute(target: Target, name: str, before: Any, after: Any) -> FacetChange:
    old, new = _shown(before, after)
    make = functools.partial(FacetChange, facet=name, before=old, after=new)
    label = f"{target.spell('str')}() of the error" if name == "text" else f"error.{target.spell(name)}"
    if before is msgspec.UNSET:
        return make(severity=Severity.GAINED, what=f"{label} appears")
    if after is msgspec.UNSET:
        return make(severity=Severity.LOST, what=f"{label} is gone")
    if name in ("message", "text"):
        return make(severity=Severity.MESSAGE, what=f"{label} differs")
    if before in _NOTHING and after not in _NOTHING:
        return make(severity=Severity.GAINED, what=f"{label} has a value now, it was {_name_nothing(target, before)}")
    if after in _NOTHING and before not in _NOTHING:
        return make(severity=Severity.LOST, what=f"{label} is {_name_nothing(target, after)} now")
    return make(severity=Severity.ALTERED, what=f"{label} has another value")


def _name_nothing(target: Target, value: Any) -> str:
    return target.spell("None") if value is None else _encoded(value)


def _survives(facet: str, verb: str, before: str, after: str) -> Iterator[FacetChange]:
    if before == after:
        return
    make = functools.partial(FacetChange, facet=facet, before=before or ABSENT, after=after or ABSENT)
    if before == _SAME:
        yield make(severity=Severity.LOST, what=f"the exception no longer survives {verb}")
    elif after == _SAME:
        yield make(severity=Severity.GAINED, what=f"the exception survives {verb} now")
    else:
        yield make(severity=Severity.DETAIL, what=f"{verb} fails differently")


def _around(before: Observation, after: Observation) -> Iterator[FacetChange]:
    """Compare what two calls delivered and left behind, apart from their ends."""
    was, now = before.delivered, after.delivered
    yield from _reported(before, after)
    if was is not None and now is not None:
        if was.text != now.text:
            if _is_repeated(now.text, was.text):
                severity, what = Severity.GAINED, "text is no longer delivered several times"
            elif _is_repeated(was.text, now.text):
                severity, what = Severity.LOST, "text is delivered several times"
            elif was.text.startswith(now.text):
                severity, what = Severity.LOST, "less text is delivered"
            elif now.text.startswith(was.text):
                severity, what = Severity.GAINED, "more text is delivered"
            else:
                severity, what = Severity.ALTERED, "different text is delivered"
            yield FacetChange(
                severity=severity, facet="delivered", what=what, before=repr(was.text), after=repr(now.text)
            )
        if was.events != now.events:
            yield FacetChange(
                severity=Severity.DETAIL, facet="events", what="different events are delivered",
                before=", ".join(was.events), after=", ".join(now.events),
            )  # fmt: skip
        yield from _other("stop_reason", "the stop reason differs", was.stop_reason, now.stop_reason)
    yield from _other("final", "the helper's final message differs", before.final, after.final)
    yield from _other("requests", "the number of requests differs", before.requests, after.requests)
    if before.connection != after.connection:
        make = functools.partial(FacetChange, facet="connection", before=before.connection, after=after.connection)
        if after.connection == _LEAKS:
            yield make(severity=Severity.LOST, what="the connection leaks")
        elif before.connection == _LEAKS and after.connection:
            yield make(severity=Severity.GAINED, what="the connection no longer leaks")
        else:
            yield make(severity=Severity.DETAIL, what="the connection ends in a different state")


def _reported(before: Observation, after: Observation) -> Iterator[FacetChange]:
    """Compare the events with which two calls that completed reported an error."""
    if bool(before.reporting) is not bool(after.reporting):
        if before.reporting:
            severity, what = Severity.SILENCED, f"no event {before.reporting} reports the failure any more"
        else:
            severity, what = Severity.HEARD, f"an event {after.reporting} reports a failure that was silent"
        old, new = describe_end(before), describe_end(after)
        yield FacetChange(severity=severity, facet="reported", what=what, before=old, after=new)
    elif before.delivered is not None and after.delivered is not None:
        was, now = before.delivered.reported, after.delivered.reported
        for name in sorted({*was, *now}):
            old, new = (_written(fields[name]) if name in fields else ABSENT for fields in (was, now))
            if name not in now:
                severity, what = Severity.LOST, f"{name} is no longer reported"
            elif name not in was:
                severity, what = Severity.GAINED, f"{name} is reported now"
            else:
                severity, what = Severity.ALTERED, f"the reported {name} differs"
            if old != new:
                yield FacetChange(severity=severity, facet="reported", what=what, before=old, after=new)


def _is_repeated(once: str, text: str) -> bool:
    """Return whether `text` is `once` written two or more times."""
    return once != "" and len(text) > len(once) and text == once * (len(text) // len(once))


def _other(facet: str, what: str, before: Any, after: Any) -> Iterator[FacetChange]:
    if not _are_same(before, after) and _written(before) != _written(after):
        yield FacetChange(
            severity=Severity.ALTERED, facet=facet, what=what, before=_written(before), after=_written(after)
        )  # fmt: skip


_NOTHING: Final = (None, UNDEFINED)
_SAME: Final = "same"
_LEAKS: Final = "open"


def _are_same(before: Any, after: Any) -> bool:
    """Return whether two values are one object or one text: most are, and then need not be written to be compared."""
    return before is after or (type(before) is str and type(after) is str and before == after)


def _shown(before: Any, after: Any) -> tuple[str, str]:
    """Return two values as text that is equal only if they are: the text "529" is quoted if the number 529 is there."""
    old, new = _written(before), _written(after)
    return (old, new) if old != new else (_encoded(before), _encoded(after))


def _written(value: Any) -> str:
    return value if isinstance(value, str) else _encoded(value)


def _encoded(value: Any) -> str:
    if value == UNDEFINED:
        return NOTHING
    return ABSENT if value is msgspec.UNSET else msgspec.json.encode(value, order="deterministic").decode()


def _chain(raised: Raised) -> str:
    return " <- ".join(f"{cause.name}: {cause.text}" for cause in raised.causes) or "none"
