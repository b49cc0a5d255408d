"""The summary of a release: its worst fact in a sentence, headline failures, handlers, and scenarios by group. Pure.

Releases that behave alike share a summary. It speaks of the first lane in which they can be used, and says where the
other lane differs.
"""

from collections import Counter
from collections.abc import Collection
from typing import Final

from matrix.catalogue.groups import ScenarioGroup, group_scenarios
from matrix.catalogue.steps import Family, Scenario
from matrix.model import Frozen, Lane
from matrix.observation import Call, Observation, Outcome, Raised
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.site.evidence.facts import cut
from matrix.site.marks import MARKS, Mark, why_absent
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome, judge_decision, tally_outcomes
from matrix.verdicts.verdict import control_for
from matrix.verdicts.wording import describe_observation, find_error_name

_FEW: Final = 3
"""The number of handlers that are named as the best, and as the worst."""


class ShownOutcome(Frozen, frozen=True):
    """An outcome in a mark, in words and in one word, and the lanes that have it."""

    mark: Mark
    words: str
    word: str
    lanes: tuple[Lane, ...]


Outcomes = tuple[ShownOutcome, ...]
"""The outcome of one scenario; more than one where the lanes differ."""


class HeadlineRow(Frozen, frozen=True, kw_only=True):
    """One headline failure: what happens, the scenario that plays it, and its outcome."""

    title: str
    scenario: Scenario
    outcomes: Outcomes


class OutcomePart(Frozen, frozen=True, kw_only=True):
    """The scenarios of a group with one outcome."""

    outcomes: Outcomes
    scenarios: tuple[Scenario, ...]


class GroupRow(Frozen, frozen=True, kw_only=True):
    """One group of scenarios.

    Attributes:
        group: The group.
        parts: Its scenarios by outcome, the worst first.
        tally: Mark to the number of its scenarios with it, the worst first.
    """

    group: ScenarioGroup
    parts: tuple[OutcomePart, ...]
    tally: dict[Mark, int]

    @property
    def agrees(self) -> bool:
        """Whether all of its scenarios end alike."""
        return len(self.parts) == 1


class HandlerRow(Frozen, frozen=True, kw_only=True):
    """One handler: its outcomes over all scenarios, by number, and its outcome on an overload; None if not run."""

    id: str
    title: str
    tally: dict[HandlerOutcome, int]
    overloaded: HandlerOutcome | None


class HandlerSummary(Frozen, frozen=True, kw_only=True):
    """What a release means for handlers.

    Attributes:
        handlers: The number of handlers.
        scenarios: The number of scenarios in which they were run.
        overloaded: Outcome to the number of handlers with it when the server is overloaded inside a stream.
        best: The handlers that are right most often.
        worst: Those that are right least often.
    """

    handlers: int
    scenarios: int
    overloaded: dict[HandlerOutcome, int]
    best: tuple[HandlerRow, ...]
    worst: tuple[HandlerRow, ...]


class ReleaseSummary(Frozen, frozen=True, kw_only=True):
    """What all releases that behave alike have in common.

    Attributes:
        fact: The worst fact, in sentences; backticks surround code.
        mark: The mark of that fact.
        lane: The lane of the outcomes; None if no lane can be used.
        headlines: The headline failures that are played on the client; empty if it can't be used.
        handlers: What it means for handlers; None if none were run.
        groups: All scenarios.
    """

    fact: str
    mark: Mark
    lane: Lane | None
    headlines: tuple[HeadlineRow, ...]
    handlers: HandlerSummary | None
    groups: tuple[GroupRow, ...]


def summarise_release(known: EpochViews, version: str) -> ReleaseSummary:
    """Summarise a release."""
    target, main = known.source.target, known.surface(version)
    views = known.measured(version)
    usable = [view for view in views if not view.unusable]
    shown = usable[0] if usable else None
    return ReleaseSummary(
        fact=fatal_fact(target, views, main),
        mark=_fatal_mark(target, shown, main),
        lane=shown.lane if shown else None,
        headlines=tuple(
            HeadlineRow(
                title=headline.title,
                scenario=target.catalogue[id_],
                outcomes=_outcomes(usable, main, target.catalogue[id_]),
            )
            for id_, headline in target.suite.played_headlines.items()
            if any(Call(main, id_) in view.calls for view in usable)
        ),
        handlers=summarise_handlers(target, shown, main) if shown else None,
        groups=tuple(roll_up(group, main, usable or list(views)) for group in groups_of(target, known.client)),
    )


# The worst fact.


def fatal_fact(target: Target, views: Collection[EpochView], main: str) -> str:
    """Say in a sentence or two what is worst: no client, or what an overload inside a stream raises."""
    unusable = {view.lane: view.unusable for view in views if view.unusable}
    shown = next((view for view in views if not view.unusable), None)
    if not views:
        return "It was not measured."
    if shown is None:
        reasons = list(dict.fromkeys(unusable.values()))
        if len(reasons) == 1:
            return f"It cannot be used: {reasons[0]}."
        return f"It cannot be used. With today’s dependencies: {reasons[0]}. With those of its day: {reasons[1]}."
    call = shown.calls.get(Call(main, target.suite.headline))
    plain = shown.calls.get(Call(main, control_for(target.catalogue[target.suite.headline]) or ""))
    fact = describe_overload(target, call.observation if call else None, plain.observation if plain else None)
    if not unusable:
        return fact
    other, day = next(iter(unusable.items())), "those of its day" if shown.lane is Lane.AS_RELEASED else "today’s"
    named = "today’s dependencies" if other[0] is Lane.TODAY else "the dependencies of its day"
    return f"With {named} it cannot be used: {other[1]}. With {day}: {fact[0].lower()}{fact[1:]}"


def describe_overload(target: Target, observation: Observation | None, plain: Observation | None) -> str:
    """Say what the caller gets if the server is overloaded inside a stream, and whether a retry would see it.

    Args:
        target: The package.
        observation: The end of the call; None if it was not played.
        plain: The end of a call with the same error as a plain HTTP response; None if it was not played.
    """
    what = f"{target.headline_error[0].upper()}{target.headline_error[1:]} in mid-answer"
    if observation is None:
        return f"{what} was not played."
    raised = observation.exception
    match observation.outcome:
        case Outcome.RAISED if raised is not None:
            return f"{what} raises {describe_raised(target, raised)}. {_retried(target, raised, plain)}".rstrip()
        case Outcome.COMPLETED if observation.reporting:
            return f"{what} raises nothing. The caller gets it as the event `{observation.reporting}`."
        case Outcome.COMPLETED:
            return f"{what} raises nothing: the part that arrived looks like the whole answer, and nothing retries it."
        case Outcome.TIMED_OUT:
            return f"{what} never ends: the call hangs, and nothing retries it."
    return f"{what}: {describe_observation(observation)}."


def describe_raised(target: Target, raised: Raised) -> str:
    """Describe an exception by class, status and type, with backticks around code."""
    name, value = find_error_name(raised)
    status = f"{target.spell('status_code')} {cut(raised.status_text)}" if raised.status_text else "no status"
    named = f"{name} `{cut(value)}`" if name else "nothing that names the error"
    return f"`{cut(raised.short_name)}` with {status} and {named}"


def _retried(target: Target, raised: Raised, plain: Observation | None) -> str:
    """Say whether code that retries the same error as a plain HTTP response sees it."""
    if plain is None or plain.exception is None:
        return ""
    wanted = plain.exception
    by_class, by_status = wanted.name == raised.name or wanted.name in raised.bases, wanted.status == raised.status
    status = f"status {wanted.status_text}" if wanted.status_text else "its status"
    if by_class and by_status:
        return f"Code that retries {status} or `{wanted.short_name}` retries it."
    if by_class or by_status:
        seen, unseen = (f"`{wanted.short_name}`", status) if by_class else (status, f"`{wanted.short_name}`")
        return f"Code that retries {seen} retries it; code that retries {unseen} does not."
    return f"Code that retries {status} or `{wanted.short_name}` does not see it."


def _fatal_mark(target: Target, shown: EpochView | None, main: str) -> Mark:
    call = shown.calls.get(Call(main, target.suite.headline)) if shown else None
    return call.mark if call else Mark.UNAVAILABLE


# Scenarios.


def groups_of(target: Target, client: str = "") -> tuple[ScenarioGroup, ...]:
    """Divide the scenarios of a client into groups; those that only show that the harness works come last."""
    groups = group_scenarios(target.suite, (target.catalogue[id_] for id_ in target.suite.scenarios_of(client)))
    return tuple(sorted(groups, key=lambda group: group.scenarios[0].family is Family.CONTROL))


def roll_up(group: ScenarioGroup, main: str, views: Collection[EpochView]) -> GroupRow:
    """Divide the scenarios of a group by their outcomes; several controls that are all right are alike to a reader."""
    outcomes = {scenario.id: _outcomes(views, main, scenario) for scenario in group.scenarios}
    if all(shown.mark is Mark.RIGHT for each in outcomes.values() for shown in each):
        lanes = tuple(view.lane for view in views)
        kinds = sorted({shown.words for each in outcomes.values() for shown in each})
        words = kinds[0] if len(kinds) == 1 else "as expected"
        outcomes = dict.fromkeys(outcomes, (ShownOutcome(Mark.RIGHT, words, words, lanes),))
    members: dict[Outcomes, list[Scenario]] = {}
    for scenario in group.scenarios:
        members.setdefault(outcomes[scenario.id], []).append(scenario)
    marks = Counter(outcomes[scenario.id][0].mark for scenario in group.scenarios)
    order = list(MARKS)
    return GroupRow(
        group=group,
        parts=tuple(
            OutcomePart(outcomes=shown, scenarios=tuple(grouped))
            for shown, grouped in sorted(members.items(), key=lambda item: order.index(item[0][0].mark))
        ),
        tally={mark: marks[mark] for mark in MARKS if mark in marks},
    )


def _outcomes(views: Collection[EpochView], main: str, scenario: Scenario) -> Outcomes:
    lanes: dict[tuple[Mark, str, str], list[Lane]] = {}
    for view in views:
        call, why = view.calls.get(Call(main, scenario.id)), _why_absent(view, scenario.id, main)
        shown = (call.mark, cut(describe_kind(call)), cut(call.word)) if call else (Mark.UNAVAILABLE, why, why)
        lanes.setdefault(shown, []).append(view.lane)
    return tuple(ShownOutcome(*shown, lanes=tuple(of)) for shown, of in lanes.items())


def _why_absent(view: EpochView, scenario: str, main: str) -> str:
    return "cannot be used" if view.unusable else why_absent(view.target.suite, scenario, main)


def describe_kind(call: CallView) -> str:
    """Describe how a call ended, in words that errors of different types share: `200 APIStatusError + type`."""
    raised = call.observation.exception
    if call.observation.outcome is not Outcome.RAISED or raised is None:
        return describe_observation(call.observation)
    name, _ = find_error_name(raised)
    return f"{raised.status_text} {raised.short_name}{f' + {name}' if name else ''}".lstrip()


# Handlers.


def summarise_handlers(target: Target, view: EpochView, main: str) -> HandlerSummary | None:
    """Summarise the outcomes of all handlers on an epoch; None if none were run."""
    if view.judgement is None or not view.judgement.handlers:
        return None
    call = view.calls.get(Call(main, target.suite.headline))
    scenario = target.catalogue[target.suite.headline]
    decided = call.observation.handlers if call else {}
    rows = [
        HandlerRow(
            id=id_,
            title=target.handlers[id_].title,
            tally=tally_outcomes(letters),
            overloaded=judge_decision(scenario, call.observation, decided[id_]) if call and id_ in decided else None,
        )
        for id_, letters in view.judgement.handlers.items()
        if id_ in target.handlers
    ]
    rows.sort(key=lambda row: (-row.tally.get(HandlerOutcome.RIGHT, 0), row.id))
    overloaded = Counter(row.overloaded for row in rows)
    return HandlerSummary(
        handlers=len(rows),
        scenarios=len(view.judgement.scenarios),
        overloaded={outcome: overloaded[outcome] for outcome in HandlerOutcome if overloaded[outcome]},
        best=tuple(rows[:_FEW]),
        worst=tuple(rows[_FEW:][-_FEW:]),
    )
