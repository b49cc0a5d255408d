"""The page of each transition, and the list of all of them: what callers and handlers notice, in a sentence. Pure."""

import datetime as dt
from collections import Counter
from enum import StrEnum
from typing import Final

import msgspec

from matrix.compare.diff import Change, Comparison, describe_surfaces, describe_unknown, example
from matrix.compare.facets import BETTER, Severity
from matrix.compare.history import Transition, transition_path
from matrix.model import TODAY_FIRST, Frozen, Lane
from matrix.observation import NO_CALL, UNDEFINED, Call, Observation, Outcome, Raised
from matrix.site.changes.transitions import TransitionRow, transition_row
from matrix.site.charts.chart import Chart, narrow
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.system.text import counted, one_line
from matrix.targets.target import Registry, Target

_LONGEST: Final = 60
"""The largest number of characters that are shown of a value in code."""

_READ: Final = 10_000
"""The largest number of characters that are read of a value."""

_CONTEXT: Final = 15
"""The number of characters that are shown before the place where two values differ."""

_WIDEST: Final = 104
"""The largest number of characters of several changes in one sentence, so that each has one line in the list."""

_IMPOSSIBLE: Final = {Outcome.CANNOT_INSTALL: "be installed", Outcome.CANNOT_IMPORT: "be imported"}
"""Outcome of a cell to what its user cannot do with the release."""


class Impact(StrEnum):
    """What a transition does to code that worked."""

    BREAKS = "breaks"
    IMPROVES = "improves"
    DETAILS = "details"


IMPACTS: Final = {
    Impact.BREAKS: "can break code",
    Impact.IMPROVES: "only improves",
    Impact.DETAILS: "details",
}
"""Impact to its words."""


class CodeLine(Frozen, frozen=True):
    """A line of code, and whether it differs from its counterpart."""

    text: str
    differs: bool


class CodeExample(Frozen, frozen=True, kw_only=True):
    """What code sees of one call before and after a transition.

    Attributes:
        call: The call.
        title: The title of its scenario.
        before: The lines before.
        after: The lines after.
    """

    call: Call
    title: str
    before: tuple[CodeLine, ...]
    after: tuple[CodeLine, ...]


class HandlerEffect(Frozen, frozen=True, kw_only=True):
    """The effect of a transition on one handler.

    Attributes:
        handler: Its id.
        better: The number of calls on which its outcome is better now.
        worse: The number of calls on which its outcome is worse now.
        says: Direction and sentence of each change, the worst first.
    """

    handler: str
    better: int
    worse: int
    says: tuple[tuple[str, str], ...]


class TransitionPage(Frozen, frozen=True, kw_only=True):
    """One transition.

    Attributes:
        lane: The lane.
        path: The path of its page in the site.
        row: All that changes.
        day: The upload day of the later release.
        until: The last release that behaves like it.
        impact: What it does to code that worked.
        sentence: What changes for callers, in a few words.
        reasons: Each of the two releases that cannot be used to the reason.
        calls: The number of calls that changed.
        compared: The number of calls that were compared and that at least one of the two releases can make.
        code: What code sees before and after, on the most telling call; None if no call changed.
        handlers: The handlers with other outcomes, the worst first.
        handled: The number of calls on which the handlers ran on both releases: the denominator of their counts.
        chart: The rows of the chart that change here.
        older: Version and path of the transition before it in its lane; None if there is none.
        newer: Those of the transition after it.
    """

    lane: Lane
    path: str
    row: TransitionRow
    day: dt.date
    until: str
    impact: Impact
    sentence: str
    reasons: dict[str, str]
    calls: int
    compared: int
    code: CodeExample | None
    handlers: tuple[HandlerEffect, ...]
    handled: int
    chart: Chart
    older: tuple[str, str] | None = None
    newer: tuple[str, str] | None = None

    @property
    def better(self) -> int:
        """The number of handlers that do better on some call."""
        return sum(bool(effect.better) for effect in self.handlers)

    @property
    def worse(self) -> int:
        """The number of handlers that do worse on some call."""
        return sum(bool(effect.worse) for effect in self.handlers)


def transition_pages(known: EpochViews, chart: Chart) -> list[TransitionPage]:
    """Lay out the page of every transition, today's lane first, newest first.

    Args:
        known: The views of the first-party client.
        chart: The chart of the headline failures.
    """
    pages: list[TransitionPage] = []
    for lane in TODAY_FIRST:
        of_lane = [
            _page(known, lane, transition, narrow(chart, lane, transition.after))
            for transition in known.histories[lane].transitions
        ]
        names = [None, *((page.row.after, page.path) for page in of_lane), None]
        pages += [
            msgspec.structs.replace(page, older=names[number], newer=names[number + 2])
            for number, page in reversed(list(enumerate(of_lane)))
        ]
    return pages


def _page(known: EpochViews, lane: Lane, transition: Transition, chart: Chart) -> TransitionPage:
    comparison = transition.comparison
    before, after = (known.by_release[version, lane] for version in (transition.before, transition.after))
    moved = {call.call for change in comparison.changes for call in change.moved}
    moved |= {call.call for handled in comparison.handled for call in handled.moved}
    both = before.behaviour.keys() & after.behaviour.keys()
    row = transition_row(lane, transition)
    return TransitionPage(
        lane=lane,
        path=transition_path(lane, transition),
        row=row,
        day=known.source.releases[transition.after].uploaded.date(),
        until=after.epoch.versions[-1],
        impact=_impact(transition),
        sentence=_sentence(transition),
        reasons={
            view.epoch.versions[number]: view.unusable for number, view in ((-1, before), (0, after)) if view.unusable
        },
        calls=len(moved),
        compared=comparison.compared - comparison.impossible,
        code=_code(known.source.target, transition, before, after),
        handlers=_effects(row, comparison),
        handled=sum(
            not before.behaviour[call].handlers.keys().isdisjoint(after.behaviour[call].handlers) for call in both
        ),
        chart=chart,
    )


def _impact(transition: Transition) -> Impact:
    before, after = transition.outcomes
    comparison = transition.comparison
    if after is not before:
        return Impact.IMPROVES if after is Outcome.COMPLETED else Impact.BREAKS
    if comparison.worse or any(handled.is_worse for handled in comparison.handled):
        return Impact.BREAKS
    improves = comparison.handled or any(change.severity in BETTER for change in comparison.changes)
    return Impact.IMPROVES if improves else Impact.DETAILS


def _sentence(transition: Transition) -> str:
    """Say what changes for callers: the worst change, then others as far as there is room, by their number of calls."""
    before, after = transition.outcomes
    if before is not after:
        return _outcome_sentence(transition.before, before, after)
    comparison = transition.comparison
    changes = _telling(comparison)
    if not changes and not comparison.changes and not comparison.handled:
        return describe_unknown(comparison.unknown) if comparison.unknown else "nothing that callers notice"
    if not changes:
        return "only details change" if comparison.changes else "only the outcomes of some handlers change"
    worst, *others = changes
    said = [_describe(worst)]
    for change in sorted(others, key=lambda change: -len(change.moved)):
        if len("; ".join([*said, _describe(change)])) > _WIDEST:
            break
        said.append(_describe(change))
    return "; ".join([*said, *([f"{len(changes) - len(said)} more"] if len(changes) > len(said) else [])])


def _describe(change: Change) -> str:
    """Describe a change in a few words: the calls by name if they appear or disappear, else their number."""
    if change.what.startswith(_CALL):
        return f"{change.what.removeprefix(_CALL)}: {describe_surfaces(change.moved)}"
    what = change.what.removeprefix(_ERROR).removesuffix(_SUBCLASS)
    return f"{what} ({counted(len(change.moved), 'call')})"


_CALL: Final = "the call is "
_ERROR: Final = "the error is "
_SUBCLASS: Final = " or a subclass of it"
"""Parts of descriptions that the list of changes has no room for."""


def _outcome_sentence(version: str, before: Outcome, after: Outcome) -> str:
    """Say what can be done with a release that could not be done with the one before it, or the other way round."""
    old, new = (_IMPOSSIBLE.get(outcome, "be tested") for outcome in (before, after))
    if after is Outcome.COMPLETED:
        return f"the release can {old}; {version} cannot"
    return f"the release cannot {new}; {version} can{'' if before is Outcome.COMPLETED else f'not {old}'}"


def _telling(comparison: Comparison) -> list[Change]:
    return [change for change in comparison.changes if change.severity is not Severity.DETAIL]


def _effects(transition: TransitionRow, comparison: Comparison) -> tuple[HandlerEffect, ...]:
    better: Counter[str] = Counter()
    worse: Counter[str] = Counter()
    says: dict[str, list[tuple[str, str]]] = {}
    for row, handled in zip(transition.handled, comparison.handled, strict=True):
        (worse if handled.is_worse else better)[handled.handler] += len(handled.moved)
        says.setdefault(handled.handler, []).append((handled.direction, f"{row.says} ({row.where})"))
    return tuple(
        HandlerEffect(handler=handler, better=better[handler], worse=worse[handler], says=tuple(says[handler]))
        for handler in sorted(says, key=lambda handler: (-worse[handler], -better[handler], handler))
    )


def _code(target: Target, transition: Transition, before: EpochView, after: EpochView) -> CodeExample | None:
    """Show what code sees of the most telling call of the worst change."""
    changes = _telling(transition.comparison) or list(transition.comparison.changes)
    if not changes:
        return None
    moved = example(target, changes[0].moved)
    call, facet = moved.call, changes[0].facet
    old, new = (view.behaviour[call] for view in (before, after))
    was = _lines(target, old, new, facet, (moved.before, moved.after))
    now = _lines(target, new, old, facet, (moved.after, moved.before))
    return CodeExample(
        call=call,
        title=target.catalogue[call.scenario].title,
        before=tuple(CodeLine(line, line not in now) for line in was),
        after=tuple(CodeLine(line, line not in was) for line in now),
    )


def _lines(
    target: Target, observation: Observation, other: Observation, facet: str, values: tuple[str, str]
) -> list[str]:
    """Write what code sees of a call as code.

    Args:
        target: The package.
        observation: What was seen.
        other: What was seen on the other release.
        facet: The facet that changed, which is written out if no line has it.
        values: Its value, and that on the other release.
    """
    is_python = target.registry is Registry.PYPI
    comment = "#" if is_python else "//"
    raised = observation.exception
    if observation.outcome in NO_CALL:
        lines = [f"{comment} The release has no such call."]
    elif observation.outcome is Outcome.TIMED_OUT:
        lines = [f"{comment} The call does not end."]
    elif observation.outcome is not Outcome.RAISED or raised is None:
        reporting = f" An event {observation.reporting} reports the error." if observation.reporting else ""
        lines = [f"{comment} The call ends without an exception.{reporting}"]
    else:
        opening = f"except {_class(target, raised)} as error:" if is_python else "} catch (error) {"
        lines = [opening, *([] if is_python else [f"  error instanceof {_class(target, raised)}"])]
        lines += _attributes(target, raised, other.exception, comment, "    " if is_python else "  ")
    if facet not in _SHOWN and facet not in target.error_names:
        lines.append(f"{comment} {facet.replace('_', ' ')}: {_short(*values)}")
    return lines


_SHOWN: Final = frozenset({"outcome", "class", "exported", "status_code", "text", "reported"})
"""Facets that the code shows in any case."""


def _class(target: Target, raised: Raised) -> str:
    if target.registry is Registry.NPM:
        return raised.short_name
    if raised.exported:
        return f"{target.classes.module or target.module}.{raised.short_name}"
    return raised.name.removeprefix("builtins.")


def _attributes(target: Target, raised: Raised, other: Raised | None, comment: str, indent: str) -> list[str]:
    names = [name for name in ("status_code", *target.error_names) if name != "body"]
    read = [(f"error.{target.spell(name)}", _written(target, raised, name)) for name in names]
    read.append((f"{target.spell('str')}(error)", _short(raised.text, other.text if other else "")))
    longest = max(len(code) for code, _ in read)
    return [f"{indent}{code:<{longest}}  {comment} {value}" for code, value in read]


def _written(target: Target, raised: Raised, name: str) -> str:
    if name not in raised.attributes:
        return "no such attribute" if target.registry is Registry.PYPI else "undefined"
    value = raised.attributes[name]
    if value == UNDEFINED:
        return "undefined"
    if value is None:
        return target.spell("None")
    return _short(str(value))


def _short(text: str, other: str = "") -> str:
    """Shorten a text to one line; keep the place where it differs from another."""
    line, theirs = one_line(text, _READ), one_line(other, _READ)
    same = next((place for place, pair in enumerate(zip(line, theirs, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, same - _CONTEXT) if len(line) > _LONGEST else 0
    shown = line[start : start + _LONGEST]
    return f"{'…' if start else ''}{shown}{'…' if start + _LONGEST < len(line) else ''}"
