"""Summarise a behaviour as a `Judgement`. Pure.

Judgements are stored with the data, so that advice starts without judging every observation again. `matrix verify`
derives them again and compares.
"""

import functools
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from matrix.catalogue.surfaces import PlayedScenarios
from matrix.observation import ENDED, NO_SUCH_CLIENT, Behaviour, Call, Judgement, Outcome, Result, not_played
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
    """Summarise a cell's observations on the main API calls of each client that it has.

    The judgement is that of the first-party client, or of the only client of a cell with an extra.
    """
    parts = target.suite.split_by_client(behaviour)
    first, *others = [client.id for client in target.clients if client.id in parts] or [""]
    judgements = {client: _summarise(target, parts[client], client) for client in others}
    return msgspec.structs.replace(_summarise(target, parts.get(first, {}), first), clients=judgements)


def _summarise(target: Target, behaviour: Behaviour, client: str) -> Judgement:
    """Summarise the observations of one client."""
    surfaces = main_surfaces(target, behaviour, client)
    calls = [call for call in behaviour if call.surface in surfaces]
    played = [
        id_ for id_ in target.catalogue if any(call.scenario == id_ and behaviour[call].handlers for call in calls)
    ]
    errors = [call for call in calls if target.suite.is_error(call.scenario) and behaviour[call].outcome in ENDED]
    first = behaviour.get(Call(surfaces[0], target.suite.headline))
    verdict_kinds = {call: judge_call(target, behaviour, call, Yardstick.DOCUMENTED).kind for call in calls}
    typed_kinds = [judge_call(target, behaviour, call, Yardstick.MAINTAINERS).kind for call in errors]
    handlers = sorted({handler for call in calls for handler in behaviour[call].handlers})
    outcomes = [_worst_outcomes(target, behaviour, surfaces, id_, handlers) for id_ in played]
    return Judgement(
        surface=surfaces[0],
        unusable=NO_SUCH_CLIENT if client and _lacks_client(behaviour) else _reason_without_calls(behaviour),
        error=describe_observation(first) if first is not None else "",
        documented=bool(errors) and all(verdict_kinds[call] is VerdictKind.RIGHT for call in errors),
        typed=bool(errors) and all(kind is VerdictKind.RIGHT for kind in typed_kinds),
        silent=_scenarios_of_kind(target, verdict_kinds, VerdictKind.SILENT),
        hangs=_scenarios_of_kind(target, verdict_kinds, VerdictKind.HANGS),
        scenarios=tuple(played),
        handlers={handler: "".join(outcome[handler][0] for outcome in outcomes) for handler in handlers},
        crashes={
            handler: decision.removeprefix(CRASHED)
            for call in reversed(calls)
            for handler, decision in sorted(behaviour[call].handlers.items())
            if decision.startswith(CRASHED)
        },
    )


def unusable_reason(result: Result) -> str:
    """Return why no call of a release works; empty if one does."""
    return not_played(result.outcome, result.reason) or _reason_without_calls(result.behaviour)


def _lacks_client(behaviour: Behaviour) -> bool:
    return all(observation.outcome is Outcome.UNSUPPORTED for observation in behaviour.values())


def _reason_without_calls(behaviour: Behaviour) -> str:
    outcomes = Counter(observation.outcome for observation in behaviour.values())
    if outcomes[Outcome.RAISED] + outcomes[Outcome.COMPLETED] > 0:
        return ""
    for observation in behaviour.values():
        if observation.outcome is Outcome.CANNOT_CONSTRUCT and observation.exception is not None:
            error = observation.exception
            return f"no client can be made: {error.short_name}, {error.text.partition('() ')[2] or error.text}"
    return "no call works"


def main_surfaces(target: Target, behaviour: Behaviour, client: str = "") -> list[str]:
    """Return the main call of a client in a cell, then its async and helper variants."""
    if client:
        return [*target.suite.surfaces_of(client)]
    played = list(dict.fromkeys(call.surface for call in behaviour))
    if played and all(target.surfaces[surface].extra for surface in played):
        return played
    main = target.suite.main_surface([behaviour])
    variants = [
        id_
        for id_, surface in target.surfaces.items()
        if surface.plays is PlayedScenarios.ALL
        and surface.dialect is target.surfaces[main].dialect
        and not surface.client
    ]
    return [main, *(surface for surface in variants if surface != main)]


def _scenarios_of_kind(target: Target, verdict_kinds: dict[Call, VerdictKind], wanted: VerdictKind) -> tuple[str, ...]:
    """Return the scenarios of one kind of verdict, in the order of the catalogue."""
    scenarios = {call.scenario for call, kind in verdict_kinds.items() if kind is wanted}
    return tuple(id_ for id_ in target.catalogue if id_ in scenarios)


def _worst_outcomes(
    target: Target, behaviour: Behaviour, surfaces: Sequence[str], id_: str, handlers: Sequence[str]
) -> dict[str, HandlerOutcome]:
    """Return the worst outcome of each handler in one scenario on these surfaces.

    Many handlers make the same decision, so each decision on an observation is judged once.
    """
    scenario = target.catalogue[id_]
    observations = [
        observation
        for surface in surfaces
        if (observation := behaviour.get(Call(surface, id_))) is not None and observation.handlers
    ]

    @functools.cache
    def judge(number: int, decision: str | None) -> HandlerOutcome:
        return judge_decision(scenario, observations[number], decision)

    return {
        handler: min(
            (judge(number, observation.handlers.get(handler)) for number, observation in enumerate(observations)),
            key=_WORST_FIRST.index,
            default=HandlerOutcome.UNKNOWN,
        )
        for handler in handlers
    }
