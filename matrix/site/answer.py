"""The answer in numbers, and what it is based on: which releases were measured, and which were not and why. Pure.

Nothing is rounded into a percentage, and what was not measured is counted as that.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from matrix.catalogue.steps import RaisesStatus, Scenario
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Behaviour, Outcome, Result, not_played
from matrix.site.epoch_views import Told
from matrix.site.source import Source
from matrix.targets.target import Target
from matrix.verdicts.summary import unusable_reason
from matrix.verdicts.verdict import STREAM_STATUS, VerdictKind, Yardstick, judge_call

"""The scenario that stands for every stream that is cut short."""


class Reason(Frozen, frozen=True):
    """Why releases are not tested, or can't be used: a sentence and who it is true of."""

    text: str
    versions: tuple[str, ...]


class Coverage(Frozen, frozen=True, kw_only=True):
    """What of a lane was tested, and what was not and why."""

    lane: Lane
    tested: int
    usable: int
    observations: int
    not_tested: tuple[Reason, ...]
    not_usable: tuple[Reason, ...]


class Answer(Frozen, frozen=True, kw_only=True):
    """The answer, in numbers.

    Attributes:
        listed: Releases on the index.
        seen: Releases of which at least one error inside a stream was observed.
        documented: Of those, the ones that raised the documented code at least once.
        code_200: Of those, the ones in which every exception that has a status code says 200.
        no_code: Of those, the ones whose exceptions have no status code at all, newest first.
        typed_since: The first release from which on `error.type` names the error everywhere; None if there is none.
        typed: How many releases that are.
        newest: The newest release that is no pre-release.
        recommended: What to pin: the newest usable one that names the error.
        silent: Releases in which a stream that is cut short ends without an exception on every surface they have.
        eof_seen: Releases of which a cut stream was observed.
        flaky: How many observations were not the same each time.
        in_stream: How many observations of an error inside a stream there are.
        control: Whether the patched SDK came out right; None if it was not measured.
        control_cell: The cell that was patched.
        control_checked: How many observations of errors inside a stream that control made.
        since: The day of the oldest result, and `until` of the newest.
    """

    listed: int
    seen: int
    documented: int
    code_200: int
    no_code: tuple[str, ...]
    typed_since: str | None
    typed: int
    newest: str
    recommended: str | None
    silent: int
    eof_seen: int
    flaky: int
    in_stream: int
    control: bool | None
    control_cell: Cell | None
    control_checked: int
    since: dt.date | None
    until: dt.date | None


_NO_CODE: Final[frozenset[Any]] = frozenset({None})


class _Errors(Frozen, frozen=True, kw_only=True):
    """What an epoch raises for errors inside a stream.

    Attributes:
        seen: How many observations of one there are; 0 says nothing below.
        documented: Whether one has its documented code.
        typed: Whether every one names the error.
        codes: All codes that were seen; None where there is none.
        cut: How a stream that is cut short ended, on every call that it has.
        flaky: How many observations were not the same each time.
    """

    seen: int
    documented: bool
    typed: bool
    codes: frozenset[Any]
    cut: frozenset[Outcome]
    flaky: int


def answer(releases: Sequence[Release], source: Source, told: Mapping[Lane, Sequence[Told]]) -> Answer:
    """The answer, from everything that is known of these releases, newest first."""
    by_release: defaultdict[str, list[_Errors]] = defaultdict(list)
    for one in (one for lane in told.values() for one in lane):
        errors = _errors(source.target, one.behaviour)
        for version in one.epoch.versions:
            by_release[version].append(errors)
    seen = {version: [one for one in both if one.seen] for version, both in by_release.items()}
    seen = {version: both for version, both in seen.items() if both}
    codes = {version: frozenset[Any]().union(*(one.codes for one in both)) for version, both in seen.items()}
    cut = [cut for both in by_release.values() if (cut := frozenset[Outcome]().union(*(one.cut for one in both)))]
    typed = _typed_since(releases, seen)
    usable = {version for one in told.get(Lane.TODAY, ()) if not one.unusable for version in one.epoch.versions}
    typed_today = usable.intersection(typed)
    final = [release for release in releases if not release.is_prerelease and release.yanked is None]
    control_kinds = _control_kinds(source.target, source.control)
    days = [result.provenance.measured for result in source.results.values()]
    return Answer(
        listed=len(releases),
        seen=len(seen),
        documented=sum(any(one.documented for one in both) for both in seen.values()),
        code_200=sum(found == {STREAM_STATUS} for found in codes.values()),
        no_code=tuple(r.version for r in releases if codes.get(r.version) == _NO_CODE),
        typed_since=typed[-1] if typed else None,
        typed=len(typed),
        newest=final[0].version if final else "",
        recommended=next((release.version for release in final if release.version in typed_today), None),
        silent=sum(outcomes == {Outcome.COMPLETED} for outcomes in cut),
        eof_seen=len(cut),
        flaky=sum(one.flaky for both in by_release.values() for one in both),
        in_stream=sum(one.seen for both in by_release.values() for one in both),
        control=all(kind is VerdictKind.RIGHT for kind in control_kinds) if control_kinds else None,
        control_cell=source.control[0] if source.control else None,
        control_checked=len(control_kinds),
        since=min(days, default=None),
        until=max(days, default=None),
    )


def _errors(target: Target, behaviour: Behaviour) -> _Errors:
    raised = [
        (ideal, one.exception.attributes)
        for call, one in behaviour.items()
        if one.outcome is Outcome.RAISED
        and one.exception
        and (ideal := _ideal(target, target.catalogue[call.scenario]))
    ]
    ends = (Outcome.RAISED, Outcome.COMPLETED)
    return _Errors(
        seen=len(raised),
        documented=any(attributes.get("status_code") == ideal.status for ideal, attributes in raised),
        typed=all(attributes.get("type") == ideal.error_type for ideal, attributes in raised),
        codes=frozenset(attributes.get("status_code") for _, attributes in raised),
        cut=frozenset(
            o.outcome for call, o in behaviour.items() if call.scenario == target.suite.cut and o.outcome in ends
        ),
        flaky=sum(one.outcome is Outcome.FLAKY for one in behaviour.values()),
    )


def _ideal(target: Target, scenario: Scenario) -> RaisesStatus | None:
    """What an error inside a stream ought to raise; None if it is none, or of no documented status.

    Of each type in each position, and of nothing else: an old helper that fails on a kind of block which it does not
    know says nothing of the error that comes after it.
    """
    match scenario:
        case Scenario(ideal=RaisesStatus(status=int()) as ideal) if scenario.id in target.suite.errors:
            return ideal
    return None


def _typed_since(releases: Sequence[Release], seen: Mapping[str, Sequence[_Errors]]) -> list[str]:
    """The releases, newest first, that name every error, up to the first that does not."""
    typed = []
    for release in releases:
        if release.version not in seen:
            continue
        if not all(one.typed for one in seen[release.version]):
            break
        typed.append(release.version)
    return typed


def _control_kinds(target: Target, control: tuple[Cell, Result] | None) -> list[VerdictKind]:
    if control is None:
        return []
    behaviour = control[1].behaviour
    kinds = [
        judge_call(target, behaviour, call, Yardstick.DOCUMENTED).kind
        for call in behaviour
        if call.scenario in target.suite.errors
    ]
    return [kind for kind in kinds if kind is not VerdictKind.UNAVAILABLE]


def coverage(lane: Lane, releases: Sequence[Release], source: Source) -> Coverage:
    """What of these releases was tested in a lane."""
    not_tested: defaultdict[str, list[str]] = defaultdict(list)
    not_usable: defaultdict[str, list[str]] = defaultdict(list)
    tested = usable = observations = 0
    for release in releases:
        result = source.results.get(Cell(release.version, lane, source.python))
        if result is None:
            not_tested["pre-release" if release.is_prerelease else "not measured yet"].append(release.version)
        elif result.outcome is Outcome.CANNOT_INSTALL:
            not_tested[not_played(result.outcome, result.reason)].append(release.version)
        else:
            tested += 1
            observations += len(result.behaviour)
            why = unusable_reason(result)
            usable += not why
            if why:
                not_usable[why].append(release.version)
    return Coverage(
        lane=lane,
        tested=tested,
        usable=usable,
        observations=observations,
        not_tested=_reasons(not_tested),
        not_usable=_reasons(not_usable),
    )


def _reasons(found: Mapping[str, list[str]]) -> tuple[Reason, ...]:
    return tuple(
        Reason(text, tuple(versions)) for text, versions in sorted(found.items(), key=lambda item: -len(item[1]))
    )
