"""What a behaviour comes to, in short: a pure function of it, kept with the data so that advice starts at once. Pure.

It is derived: `matrix verify` makes it again and compares.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from matrix.catalogue.steps import RaisesStatus
from matrix.catalogue.surfaces import Plays
from matrix.observation import ENDED, Behaviour, Call, Judgement, Outcome, Result, not_played
from matrix.targets.target import Target
from matrix.verdicts.decisions import CRASHED, HandlerOutcome, judge_decision
from matrix.verdicts.verdict import VerdictKind, Yardstick, judge_call
from matrix.verdicts.wording import describe_observation

_WORST_FIRST: Final = (
    HandlerOutcome.CRASHED,
    HandlerOutcome.SILENT,
    HandlerOutcome.MISSED,
    HandlerOutcome.NEEDLESS,
    HandlerOutcome.UNKNOWN,
    HandlerOutcome.RIGHT,
)


def summarise(target: Target, behaviour: Behaviour) -> Judgement:
    """What a behaviour comes to on its main calls."""
    surfaces = main_surfaces(target, behaviour)
    calls = [call for call in behaviour if call.surface in surfaces]
    played = [
        id_ for id_ in target.catalogue if any(call.scenario == id_ and behaviour[call].handlers for call in calls)
    ]
    errors = [call for call in calls if _is_error(target, call) and behaviour[call].outcome in ENDED]
    first = behaviour.get(Call(surfaces[0], target.suite.headline))
    kinds = {call: judge_call(target, behaviour, call, Yardstick.DOCUMENTED).kind for call in calls}
    typed = [judge_call(target, behaviour, call, Yardstick.MAINTAINERS).kind for call in errors]
    return Judgement(
        surface=surfaces[0],
        unusable=_no_call(behaviour),
        error=describe_observation(first) if first is not None else "",
        documented=bool(errors) and all(kinds[call] is VerdictKind.RIGHT for call in errors),
        typed=bool(errors) and all(kind is VerdictKind.RIGHT for kind in typed),
        silent=_where(target, kinds, VerdictKind.SILENT),
        hangs=_where(target, kinds, VerdictKind.HANGS),
        scenarios=tuple(played),
        handlers={
            handler: "".join(_worst(target, behaviour, surfaces, id_, handler)[0] for id_ in played)
            for handler in sorted({handler for call in calls for handler in behaviour[call].handlers})
        },
        crashes={
            handler: decision.removeprefix(CRASHED)
            for call in reversed(calls)
            for handler, decision in sorted(behaviour[call].handlers.items())
            if decision.startswith(CRASHED)
        },
    )


def unusable_reason(result: Result) -> str:
    """Why no client of a release can be used at all, though it installs; empty if one can."""
    return not_played(result.outcome, result.reason) or _no_call(result.behaviour)


def _no_call(behaviour: Behaviour) -> str:
    outcomes = Counter(observation.outcome for observation in behaviour.values())
    if outcomes[Outcome.RAISED] + outcomes[Outcome.COMPLETED] > 0:
        return ""
    for observation in behaviour.values():
        if observation.outcome is Outcome.CANNOT_CONSTRUCT and observation.exception is not None:
            error = observation.exception
            return f"no client can be made: {error.short_name}, {error.text.partition('() ')[2] or error.text}"
    return "no call works"


def main_surfaces(target: Target, behaviour: Behaviour) -> list[str]:
    """The main call that a cell has, and those that differ from it in being async or the helper; the main one first."""
    made = list(dict.fromkeys(call.surface for call in behaviour))
    if made and all(target.surfaces[surface].extra for surface in made):
        return made
    main = target.suite.main_surface([behaviour])
    alike = [
        id_
        for id_, surface in target.surfaces.items()
        if surface.plays is Plays.ALL and surface.dialect is target.surfaces[main].dialect
    ]
    return [main, *(surface for surface in alike if surface != main)]


def _is_error(target: Target, call: Call) -> bool:
    """Whether it is an error inside a stream, of a type that has a documented status."""
    scenario = target.catalogue[call.scenario]
    return (
        scenario.id in target.suite.errors
        and isinstance(scenario.ideal, RaisesStatus)
        and scenario.ideal.status is not None
    )


def _where(target: Target, kinds: dict[Call, VerdictKind], kind: VerdictKind) -> tuple[str, ...]:
    found = {call.scenario for call, one in kinds.items() if one is kind}
    return tuple(id_ for id_ in target.catalogue if id_ in found)


def _worst(target: Target, behaviour: Behaviour, surfaces: Sequence[str], id_: str, handler: str) -> HandlerOutcome:
    """What a handler's decisions in one scenario are worth, the worst of these calls."""
    scenario = target.catalogue[id_]
    worths = {
        judge_decision(scenario, observation, observation.handlers.get(handler))
        for surface in surfaces
        if (observation := behaviour.get(Call(surface, id_))) is not None and observation.handlers
    }
    return next((worth for worth in _WORST_FIRST if worth in worths), HandlerOutcome.UNKNOWN)
