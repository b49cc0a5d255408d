"""The answer in numbers, and what it is based on: which releases were measured, and which were not and why. Pure.

Nothing is rounded into a percentage, and what was not measured is counted as that.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from matrix.judgement import ERRORS, unusable
from matrix.model import Cell, Frozen, Lane, Observation, Outcome, Raised, Release, Result, not_played
from matrix.report.source import Source
from matrix.scenarios import CATALOGUE
from matrix.scenarios.steps import RaisesStatus, Scenario
from matrix.verdict import STREAM_STATUS, Kind, Yardstick, judge_call

EOF_MID: Final = "eof-mid"
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


_Seen = tuple[RaisesStatus, Raised]
"""What an error inside a stream ought to raise, and what it raised."""


def answer(releases: Sequence[Release], source: Source) -> Answer:
    """The answer, from everything that is known of these releases, newest first."""
    by_release: defaultdict[str, list[_Seen]] = defaultdict(list)
    cut: defaultdict[str, list[Observation]] = defaultdict(list)
    flaky = 0
    for cell, result in source.results.items():
        for call, observation in result.behaviour.items():
            scenario = CATALOGUE[call.scenario]
            flaky += observation.outcome is Outcome.FLAKY
            ideal, raised = _ideal(scenario), observation.exception
            if ideal is not None and raised is not None and observation.outcome is Outcome.RAISED:
                by_release[cell.version].append((ideal, raised))
            if call.scenario == EOF_MID and observation.outcome in (Outcome.RAISED, Outcome.COMPLETED):
                cut[cell.version].append(observation)
    typed = _typed_since(releases, by_release)
    final = [release for release in releases if not release.is_prerelease and release.yanked is None]
    control_kinds = _control_kinds(source.control)
    days = [result.provenance.measured for result in source.results.values()]
    return Answer(
        listed=len(releases),
        seen=len(by_release),
        documented=sum(any(map(_has_documented_code, seen)) for seen in by_release.values()),
        code_200=sum(_codes(seen) == {STREAM_STATUS} for seen in by_release.values()),
        no_code=tuple(r.version for r in releases if _codes(by_release.get(r.version, ())) == {None}),
        typed_since=typed[-1] if typed else None,
        typed=len(typed),
        newest=final[0].version if final else "",
        recommended=next((release.version for release in final if release.version in typed), None),
        silent=sum(all(o.outcome is Outcome.COMPLETED for o in seen) for seen in cut.values()),
        eof_seen=len(cut),
        flaky=flaky,
        in_stream=sum(map(len, by_release.values())),
        control=all(kind is Kind.RIGHT for kind in control_kinds) if control_kinds else None,
        control_cell=source.control[0] if source.control else None,
        control_checked=len(control_kinds),
        since=min(days, default=None),
        until=max(days, default=None),
    )


def _ideal(scenario: Scenario) -> RaisesStatus | None:
    """What an error inside a stream ought to raise; None if it is none, or of no documented status.

    Of each type in each position, and of nothing else: an old helper that fails on a kind of block which it does not
    know says nothing of the error that comes after it.
    """
    match scenario:
        case Scenario(ideal=RaisesStatus(status=int()) as ideal) if scenario in ERRORS:
            return ideal
    return None


def _has_documented_code(seen: _Seen) -> bool:
    ideal, raised = seen
    return raised.attributes.get("status_code") == ideal.status


def _has_type(seen: _Seen) -> bool:
    ideal, raised = seen
    return raised.attributes.get("type") == ideal.error_type


def _codes(seen: Iterable[_Seen]) -> set[Any]:
    return {raised.attributes.get("status_code") for _, raised in seen}


def _typed_since(releases: Sequence[Release], by_release: Mapping[str, list[_Seen]]) -> list[str]:
    """The releases, newest first, that name every error, up to the first that does not."""
    typed = []
    for release in releases:
        seen = by_release.get(release.version)
        if not seen:
            continue
        if not all(map(_has_type, seen)):
            break
        typed.append(release.version)
    return typed


def _control_kinds(control: tuple[Cell, Result] | None) -> list[Kind]:
    if control is None:
        return []
    behaviour = control[1].behaviour
    kinds = [
        judge_call(behaviour, call, Yardstick.DOCUMENTED).kind
        for call in behaviour
        if CATALOGUE[call.scenario] in ERRORS
    ]
    return [kind for kind in kinds if kind is not Kind.UNAVAILABLE]


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
            why = unusable(result)
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
