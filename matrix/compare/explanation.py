"""What one release does, with its evidence: the bytes that were sent, what the caller saw, what that is worth. Pure."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from matrix.catalogue.steps import Scenario
from matrix.compare.history import History
from matrix.errors import UsageError
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Call, Observation, Outcome, Provenance, Result
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome, judge_decision, judge_remedy
from matrix.verdicts.verdict import Verdict, VerdictKind, Yardstick, judge_call
from matrix.verdicts.wording import describe_ideal, describe_observation, describe_wire, replay_command


class Evidence(Frozen, frozen=True, kw_only=True):
    """One thing that was seen, with its evidence.

    Attributes:
        scenario: Its id.
        title: What happens.
        ideal: What a caller ought to see.
        surfaces: The calls that are the same to a caller, by id; the evidence is that of the first.
        wire: What the server did: `send` and the bytes, `wait` and for what, `end` and how.
        observation: What was seen.
        verdicts: What that is worth, by each yardstick.
        worths: Handler to what its decision is worth.
        remedy: Whether the remedy is right about it.
        command: What plays it again.
    """

    scenario: str
    title: str
    ideal: str
    surfaces: tuple[str, ...]
    wire: tuple[tuple[str, str], ...]
    observation: Observation
    verdicts: dict[Yardstick, Verdict]
    worths: dict[str, HandlerOutcome]
    remedy: VerdictKind
    command: str


class Explanation(Frozen, frozen=True, kw_only=True):
    """A release in one lane on one Python.

    Attributes:
        version: Of the release.
        uploaded: UTC.
        requires_python: A specifier; None if it states none.
        yanked: Why it was yanked; None if it was not.
        lane: How its dependencies were resolved.
        python: On which it was measured.
        outcome: `completed` if the suite was played, or why it could not be.
        reason: Why it could not be played.
        measured: Who measured it first; None if nobody did.
        lock: What was installed: package to version.
        epoch: The adjacent releases of the same behaviour, this one among them, oldest first.
        before: The last release, by version, that was seen to behave otherwise; empty if there is none.
        after: The first one after that, likewise.
        surface: The call by which the release is shown.
        told: What was seen: of a few telling scenarios on that call, or of what was asked for.
    """

    version: str
    uploaded: dt.datetime
    requires_python: str | None
    yanked: str | None
    lane: Lane
    python: str
    outcome: Outcome
    reason: str
    measured: Provenance
    lock: dict[str, str]
    epoch: tuple[str, ...]
    before: str
    after: str
    surface: str
    told: tuple[Evidence, ...]


def require_result(results: Mapping[Cell, Result], cell: Cell) -> Result:
    """What is known of a cell.

    Raises:
        UsageError: Nothing is.
    """
    if cell not in results:
        which = f"--versions {cell.version} --lane {cell.lane} --python {cell.python}"
        raise UsageError(f"{cell} has not been measured.", f"Measure it: `matrix run {which}`.")
    return results[cell]


def explain(
    target: Target, release: Release, result: Result, history: History, scenario: str = "", surface: str = ""
) -> Explanation:
    """What a release does.

    Args:
        target: What the release is of.
        release: Which.
        result: What is known of its cell.
        history: Of the cell's lane and Python.
        scenario: Only this one, by id, on every call; empty for the telling ones on the main call.
        surface: Only this call, by id.

    Raises:
        UsageError: The suite has no such call, or not for this release.
    """
    behaviour = result.behaviour
    shown = surface or target.suite.main_surface([behaviour])
    number = next(number for number, epoch in enumerate(history.epochs) if release.version in epoch.versions)
    calls = _calls(target, behaviour, scenario, surface, shown)
    if behaviour and not calls:
        plays = ", ".join(sorted(call.surface for call in behaviour if call.scenario == scenario))
        raise UsageError(
            f"{scenario} is not played on {surface}." if surface else f"{scenario} is not played.",
            f"It is played on: {plays}." if plays else "`matrix list scenarios` shows what is.",
        )
    return Explanation(
        version=release.version,
        uploaded=release.uploaded,
        requires_python=release.requires_python,
        yanked=release.yanked,
        lane=history.lane,
        python=history.python,
        outcome=result.outcome,
        reason=result.reason,
        measured=result.provenance,
        lock=target.dependencies(result.lock.pins) if result.lock else {},
        epoch=history.epochs[number].versions,
        before=history.epochs[number - 1].versions[-1] if number else "",
        after=history.epochs[number + 1].versions[0] if number + 1 < len(history.epochs) else "",
        surface=shown,
        told=tuple(_told(target, release, result, history.lane, alike) for alike in _alike(target, result, calls)),
    )


def _calls(target: Target, behaviour: Collection[Call], scenario: str, surface: str, shown: str) -> list[Call]:
    if not scenario:
        return [call for id_ in target.suite.telling if (call := Call(shown, id_)) in behaviour]
    return [call for id_ in ([surface] if surface else target.surfaces) if (call := Call(id_, scenario)) in behaviour]


def _alike(target: Target, result: Result, calls: Sequence[Call]) -> list[list[Call]]:
    """Calls of one scenario in groups that are the same to a caller: how they end, and what each way of catching does.

    Those that the release lacks come last.
    """
    groups: defaultdict[tuple[str, ...], list[Call]] = defaultdict(list)
    for call in calls:
        observation = result.behaviour[call]
        kinds = [judge_call(target, result.behaviour, call, yardstick).kind for yardstick in Yardstick]
        worths = _worths(target.catalogue[call.scenario], observation).values()
        groups[call.scenario, describe_observation(observation), *kinds, *worths].append(call)
    return sorted(groups.values(), key=lambda group: result.behaviour[group[0]].outcome is Outcome.UNSUPPORTED)


def _worths(scenario: Scenario, observation: Observation) -> dict[str, HandlerOutcome]:
    return {
        handler: judge_decision(scenario, observation, decision)
        for handler, decision in sorted(observation.handlers.items())
    }


def _told(target: Target, release: Release, result: Result, lane: Lane, alike: Sequence[Call]) -> Evidence:
    call = alike[0]
    scenario, observation = target.catalogue[call.scenario], result.behaviour[call]
    return Evidence(
        scenario=scenario.id,
        title=scenario.title,
        ideal=describe_ideal(target, scenario),
        surfaces=tuple(one.surface for one in alike),
        wire=describe_wire(scenario, target.surfaces[call.surface].dialect),
        observation=observation,
        verdicts={yardstick: judge_call(target, result.behaviour, call, yardstick) for yardstick in Yardstick},
        worths=_worths(scenario, observation),
        remedy=judge_remedy(scenario, observation).kind,
        command=replay_command(target, release.version, call, (lane,)),
    )
