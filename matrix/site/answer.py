"""The answer in numbers, and its basis: which releases were measured, and why others were not. Pure.

Nothing is rounded into a percentage, and what was not measured is counted as that.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from matrix.catalogue.steps import RaisesStatus, Scenario
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Behaviour, Call, Outcome, Raised, Result, not_played
from matrix.site.epoch_views import EpochView
from matrix.site.source import SiteSource
from matrix.targets.target import Target
from matrix.verdicts.summary import unusable_reason
from matrix.verdicts.verdict import STREAM_STATUS, VerdictKind, Yardstick, judge_call


class Reason(Frozen, frozen=True):
    """Why releases were not tested or cannot be used: a sentence, and the releases."""

    text: str
    versions: tuple[str, ...]


class Coverage(Frozen, frozen=True, kw_only=True):
    """What was tested in a lane, and why the rest was not."""

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
        all_documented: Of those, the ones that raised it for each error.
        code_200: Of those, the ones in which every exception that has a status code has that of the stream.
        no_code: Of those, the ones whose exceptions have no status code at all, newest first.
        typed_since: The first release from which on each exception tells which error it is, as its maintainers intend:
            by its type, or by the documented status; None if there is none.
        typed: How many releases that are.
        newest: The newest release that is no pre-release.
        recommended: The release to pin: the newest usable release of these.
        silent: Releases in which a stream that is cut short ends without an exception on their main call.
        eof_seen: Releases of which a cut stream was observed.
        flaky: The number of observations that differed between repetitions.
        in_stream: How many observations of an error inside a stream there are.
        control: Whether the patched SDK came out right; None if it was not measured.
        control_cell: The cell that was patched.
        control_checked: How many observations of errors inside a stream that control made.
        since: The day of the oldest result, and `until` of the newest.
    """

    listed: int
    seen: int
    documented: int
    all_documented: int
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

    @property
    def count(self) -> str:
        """How many releases raise the documented code, and for what: each error, or any error if none does for any."""
        if self.eof_seen and not self.seen:
            return "No measured release raises an exception for an error inside a stream"
        what = "each error" if self.documented else "an error"
        return f"{self.all_documented} of {self.seen} releases raise the documented code for {what} inside a stream"


_NO_CODE: Final[frozenset[Any]] = frozenset({None})


class _Errors(Frozen, frozen=True, kw_only=True):
    """What an epoch raises for errors inside a stream.

    Attributes:
        seen: The number of observations; if it is 0, the other fields mean nothing.
        documented: Whether any of them has its documented code.
        all_documented: Whether all of them have it.
        typed: Whether all of them tell which error it is, as the maintainers intend.
        codes: All status codes that were observed; None stands for a missing code.
        cut: How a stream that is cut short ended, on the main call.
        flaky: The number of observations that differed between repetitions.
    """

    seen: int
    documented: bool
    all_documented: bool
    typed: bool
    codes: frozenset[Any]
    cut: frozenset[Outcome]
    flaky: int


def answer(releases: Sequence[Release], source: SiteSource, views: Mapping[Lane, Sequence[EpochView]]) -> Answer:
    """Compute the answer from all views of these releases, newest first."""
    by_release: defaultdict[str, list[_Errors]] = defaultdict(list)
    for view in (view for lane in views.values() for view in lane):
        errors = _errors(source.target, view.behaviour)
        for version in view.epoch.versions:
            by_release[version].append(errors)
    observed = {version: [errors for errors in both if errors.seen] for version, both in by_release.items()}
    observed = {version: both for version, both in observed.items() if both}
    codes = {version: frozenset[Any]().union(*(errors.codes for errors in both)) for version, both in observed.items()}
    cut = [cut for both in by_release.values() if (cut := frozenset[Outcome]().union(*(errors.cut for errors in both)))]
    typed = _typed_since(releases, observed)
    usable = {version for view in views.get(Lane.TODAY, ()) if not view.unusable for version in view.epoch.versions}
    typed_today = usable.intersection(typed)
    final = [release for release in releases if not release.is_prerelease and release.yanked is None]
    control_kinds = _control_kinds(source.target, source.control)
    days = [result.provenance.measured for result in source.results.values()]
    return Answer(
        listed=len(releases),
        seen=len(observed),
        documented=sum(any(errors.documented for errors in both) for both in observed.values()),
        all_documented=sum(all(errors.all_documented for errors in both) for both in observed.values()),
        code_200=sum(statuses == {STREAM_STATUS} for statuses in codes.values()),
        no_code=tuple(r.version for r in releases if codes.get(r.version) == _NO_CODE),
        typed_since=typed[-1] if typed else None,
        typed=len(typed),
        newest=final[0].version if final else "",
        recommended=next((release.version for release in final if release.version in typed_today), None),
        silent=sum(outcomes == {Outcome.COMPLETED} for outcomes in cut),
        eof_seen=len(cut),
        flaky=sum(errors.flaky for both in by_release.values() for errors in both),
        in_stream=sum(errors.seen for both in by_release.values() for errors in both),
        control=all(kind is VerdictKind.RIGHT for kind in control_kinds) if control_kinds else None,
        control_cell=source.control[0] if source.control else None,
        control_checked=len(control_kinds),
        since=min(days, default=None),
        until=max(days, default=None),
    )


def _errors(target: Target, behaviour: Behaviour) -> _Errors:
    raised = [
        (ideal, observation.exception)
        for call, observation in behaviour.items()
        if observation.outcome is Outcome.RAISED
        and observation.exception
        and (ideal := _ideal(target, target.catalogue[call.scenario]))
    ]
    documented = [exception.status == ideal.status for ideal, exception in raised]
    named = [target.is_named(exception, ideal.error_type) for ideal, exception in raised]
    ends = (Outcome.RAISED, Outcome.COMPLETED)
    return _Errors(
        seen=len(raised),
        documented=any(documented),
        all_documented=all(documented),
        typed=all(documented if target.maps_stream_errors else named),
        codes=frozenset(_as_code(exception) for _, exception in raised),
        cut=frozenset(
            observation.outcome
            for surface in target.suite.main
            if (observation := behaviour.get(Call(surface, target.suite.cut))) is not None
            and observation.outcome in ends
        ),
        flaky=sum(observation.outcome is Outcome.FLAKY for observation in behaviour.values()),
    )


def _ideal(target: Target, scenario: Scenario) -> RaisesStatus | None:
    """Return the expected exception of an error inside a stream; None for other scenarios and undocumented statuses.

    Of each type in each position, and of nothing else: an old helper that fails on a kind of block which it does not
    know says nothing of the error that comes after it.
    """
    match scenario:
        case Scenario(ideal=RaisesStatus(status=int()) as ideal) if scenario.id in target.suite.errors:
            return ideal
    return None


def _typed_since(releases: Sequence[Release], observed: Mapping[str, Sequence[_Errors]]) -> list[str]:
    """List the releases, newest first, that name every error, up to the first that does not."""
    typed = []
    for release in releases:
        if release.version not in observed:
            continue
        if not all(errors.typed for errors in observed[release.version]):
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


def _as_code(exception: Raised) -> object:
    """Return the status code, None for a missing one, and the text of a list or an object that is in its place."""
    if exception.has_no_status:
        return None
    value = exception.status
    return str(value) if isinstance(value, list | dict) else value


def coverage(lane: Lane, releases: Sequence[Release], source: SiteSource) -> Coverage:
    """Count the releases that were tested in a lane, and why others were not."""
    not_tested: defaultdict[str, list[str]] = defaultdict(list)
    not_usable: defaultdict[str, list[str]] = defaultdict(list)
    tested = usable = observations = 0
    for release in releases:
        result = source.results.get(Cell(release.version, lane, source.python))
        if result is None:
            held = "held back by the publish gate" if release.version in source.held else ""
            not_tested[held or ("pre-release" if release.is_prerelease else "not measured yet")].append(release.version)
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


def _reasons(versions_by_reason: Mapping[str, list[str]]) -> tuple[Reason, ...]:
    return tuple(
        Reason(text, tuple(versions))
        for text, versions in sorted(versions_by_reason.items(), key=lambda item: -len(item[1]))
    )
