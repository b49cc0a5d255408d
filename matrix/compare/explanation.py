"""Show the evidence for one release: the bytes that were sent, what the caller saw, and the verdicts. Pure."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec
from packaging.version import Version

from matrix.catalogue.steps import Scenario
from matrix.compare.history import History
from matrix.errors import UsageError
from matrix.model import Cell, DatedBy, Frozen, Lane, Release
from matrix.observation import Call, Observation, Outcome, Provenance, Result
from matrix.store.soaks import SoakResult
from matrix.targets.target import Target
from matrix.verdicts.decisions import HandlerOutcome, judge_decision, judge_remedy
from matrix.verdicts.verdict import Verdict, VerdictKind, Yardstick, judge_call
from matrix.verdicts.wording import describe_ideal, describe_observation, describe_wire, replay_command


class Evidence(Frozen, frozen=True, kw_only=True):
    """The evidence of one scenario on calls with equal results.

    Attributes:
        scenario: The id of the scenario.
        title: What happens in it.
        ideal: What a caller should see.
        surfaces: The ids of the surfaces with this result; the evidence is from the first.
        wire: The server's actions: `send` and the bytes, `frame` and the frame that they complete, `wait` and its
            length or reason, `end` and its kind.
        observation: The observation on the first surface.
        verdicts: Yardstick to verdict.
        worths: Handler to the outcome of its decision.
        remedy: The verdict on the remedy.
        command: The command that plays the scenario again.
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
    """The behaviour of a release in one lane on one Python, with evidence.

    Attributes:
        version: The version of the release.
        uploaded: The time of the upload, UTC.
        dated_by: The source of that time.
        requires_python: The Python versions that it supports, as a specifier; None if it states none.
        yanked: The reason why it was yanked; None if it was not.
        lane: How its dependencies were resolved.
        python: The Python version of the measurement.
        outcome: `completed` if the suite was played, or why it was not.
        reason: The reason why the suite was not played, as the resolver or the import states it.
        measured: The environment of the first measurement; None if there is none.
        lock: The installed dependencies: package to version.
        epoch: The adjacent releases with the same behaviour, this one included, oldest first.
        before: The nearest older release with another behaviour; empty if there is none.
        after: The nearest newer release with another behaviour; empty if there is none.
        surface: The id of the surface that represents the release.
        told: The evidence: of a few key scenarios on that surface, or of the scenario that was asked for.
        client: The id of the client whose calls are shown; empty for the first-party client.
        soak: The result of the soak of its packages; None if they were not soaked, or if no call could be made.
    """

    version: str
    uploaded: dt.datetime
    dated_by: DatedBy
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
    client: str = ""
    soak: SoakResult | None = None


def require_result(target: Target, results: Mapping[Cell, Result], cell: Cell, client: str = "") -> Result:
    """Return the result of a cell, of the calls of one client.

    Raises:
        UsageError: The cell has not been measured with that client.
    """
    if cell not in results:
        shown_client = target.client(client)
        if target.lacks_client(shown_client, Version(cell.version)):
            raise UsageError(
                f"{cell.version} has no extra `{shown_client.extra}`, so {shown_client.class_name} can't be used.",
                f"List the releases that were measured: `{target.command} history --client {shown_client.name}`.",
            )
        cell = msgspec.structs.replace(cell, extra=target.suite.extras_of(client)[0])
        which = f"--versions {cell.version} --lane {cell.lane} --python {cell.python}"
        raise UsageError(f"{cell} has not been measured.", f"Measure it: `matrix run {which}`.")
    return results[cell]


def explain(
    target: Target, release: Release, result: Result, history: History, scenario: str = "", surface: str = ""
) -> Explanation:
    """Explain what a release does.

    Args:
        target: The package under test.
        release: The release.
        result: The result of its cell, of the calls of one client.
        history: The history of that client in the cell's lane and Python.
        scenario: The id of a scenario to show on every surface; empty for the key scenarios on the main surface.
        surface: The id of the only surface to show; empty for all.

    Raises:
        UsageError: The suite has no such call, or does not play it on this release.
    """
    behaviour = result.behaviour
    shown = surface or target.suite.main_surface([behaviour], history.client)
    number = next(number for number, epoch in enumerate(history.epochs) if release.version in epoch.versions)
    calls = _calls(target, behaviour, scenario, surface, shown)
    if behaviour and not calls:
        plays = ", ".join(sorted(call.surface for call in behaviour if call.scenario == scenario))
        where = surface or (target.client(history.client).class_name if history.client else "")
        why = _why_not_played(target, scenario, surface or shown)
        raise UsageError(
            f"{scenario} is not played{f' on {where}' if where else ''}{why}.",
            f"Surfaces that play it: {plays}." if plays else "List the scenarios: `matrix list scenarios`.",
        )
    return Explanation(
        version=release.version,
        uploaded=release.uploaded,
        dated_by=release.dated_by,
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
        told=tuple(
            _evidence(target, release, result, history.lane, calls_alike)
            for calls_alike in _group_equal_calls(target, result, calls)
        ),
        client=history.client,
    )


def _why_not_played(target: Target, scenario: str, surface: str) -> str:
    """Say as a clause that a scenario does not exist in the dialect of a surface; empty if it does."""
    if target.suite.is_applicable(scenario, surface):
        return ""
    dialects = ", ".join(sorted(target.catalogue[scenario].dialects))
    return f": it is not applicable there, since it exists only in the dialects {dialects}"


def _calls(target: Target, behaviour: Collection[Call], scenario: str, surface: str, shown: str) -> list[Call]:
    if not scenario:
        return [call for id_ in target.suite.telling if (call := Call(shown, id_)) in behaviour]
    return [call for id_ in ([surface] if surface else target.surfaces) if (call := Call(id_, scenario)) in behaviour]


def _group_equal_calls(target: Target, result: Result, calls: Sequence[Call]) -> list[list[Call]]:
    """Group calls of one scenario that end alike and have the same verdicts and handler outcomes.

    Calls that the release does not have come last.
    """
    groups: defaultdict[tuple[str, ...], list[Call]] = defaultdict(list)
    for call in calls:
        observation = result.behaviour[call]
        kinds = [judge_call(target, result.behaviour, call, yardstick).kind for yardstick in Yardstick]
        outcomes = _outcomes(target.catalogue[call.scenario], observation).values()
        groups[call.scenario, describe_observation(observation), *kinds, *outcomes].append(call)
    return sorted(groups.values(), key=lambda group: result.behaviour[group[0]].outcome is Outcome.UNSUPPORTED)


def _outcomes(scenario: Scenario, observation: Observation) -> dict[str, HandlerOutcome]:
    return {
        handler: judge_decision(scenario, observation, decision)
        for handler, decision in sorted(observation.handlers.items())
    }


def _evidence(target: Target, release: Release, result: Result, lane: Lane, calls: Sequence[Call]) -> Evidence:
    call = calls[0]
    scenario, observation = target.catalogue[call.scenario], result.behaviour[call]
    return Evidence(
        scenario=scenario.id,
        title=scenario.title,
        ideal=describe_ideal(target, scenario),
        surfaces=tuple(each.surface for each in calls),
        wire=describe_wire(scenario, target.surfaces[call.surface].dialect),
        observation=observation,
        verdicts={yardstick: judge_call(target, result.behaviour, call, yardstick) for yardstick in Yardstick},
        worths=_outcomes(scenario, observation),
        remedy=judge_remedy(scenario, observation).kind,
        command=replay_command(target, release.version, call, (lane,)),
    )
