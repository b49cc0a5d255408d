"""The page of one release: what it does in every scenario, in both lanes, with the evidence. Pure.

Releases of one epoch behave alike, so what is seen of them is made once for all of them: see `evidence`.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

from matrix.history import Epoch, History
from matrix.judgement import unusable
from matrix.model import Behaviour, Call, Cell, Frozen, Lane, Observation, Outcome, Release, Result
from matrix.report.source import Source
from matrix.report.transitions import TransitionRow, transition_row
from matrix.scenarios import CATALOGUE
from matrix.scenarios.steps import Family
from matrix.suite import main_surface
from matrix.verdict import Kind, Verdict, Yardstick, judge_call
from matrix.wording import ended, ideal

UPSTREAM: Final = "https://github.com/anthropics/anthropic-sdk-python"
"""The SDK's repository, whose tags are `v` and the version."""


class SeenInLane(Frozen, frozen=True, kw_only=True):
    """What was seen of one scenario, in the lanes in which it is the same.

    Attributes:
        lanes: Which.
        words: How the call ended.
        observation: All that was seen.
        verdicts: By each yardstick.
    """

    lanes: tuple[Lane, ...]
    words: str
    observation: Observation
    verdicts: dict[Yardstick, Verdict]

    @property
    def kind(self) -> Kind:
        """What it comes to by the documented yardstick."""
        return self.verdicts[Yardstick.DOCUMENTED].kind


class ScenarioRow(Frozen, frozen=True, kw_only=True):
    """One scenario on the release's main call; empty if the release was not measured."""

    id: str
    title: str
    ideal: str
    seen: tuple[SeenInLane, ...]


class LaneRow(Frozen, frozen=True, kw_only=True):
    """How one lane of a release was built.

    Attributes:
        lane: Which.
        outcome: In words.
        unusable: Why no call can be made; empty if one can.
        lock: What was installed: package to version.
        measured: Who measured it first; empty if nobody did.
        epoch: The releases that behave alike; None if it was not measured.
        before: What changed at the beginning of that epoch; None if nothing is older.
    """

    lane: Lane
    outcome: str
    unusable: str
    lock: dict[str, str]
    measured: str
    epoch: Epoch | None
    before: TransitionRow | None


class ReleasePage(Frozen, frozen=True, kw_only=True):
    """One release.

    Attributes:
        release: Which.
        surface: The call by which it is shown.
        lanes: How each was built.
        older: The release before it, by version; empty if there is none.
        newer: The one after it.
        diff: The address of what changed upstream since the one before.
    """

    release: Release
    surface: str
    lanes: tuple[LaneRow, ...]
    older: str
    newer: str
    diff: str


def release_pages(source: Source, histories: Mapping[Lane, History]) -> list[ReleasePage]:
    """The page of every release, oldest first."""
    ordered = sorted(source.releases.values(), key=lambda release: release.parsed)
    epochs = {
        (version, lane): epoch for lane, one in histories.items() for epoch in one.epochs for version in epoch.versions
    }
    changed = {
        (one.after, lane): transition_row(lane, one) for lane, all_ in histories.items() for one in all_.transitions
    }
    pages = []
    for number, release in enumerate(ordered):
        older = ordered[number - 1].version if number else ""
        newer = ordered[number + 1].version if number + 1 < len(ordered) else ""
        results = _results(source, release.version)
        pages.append(
            ReleasePage(
                release=release,
                surface=main_surface([result.behaviour for result in results.values() if result]),
                lanes=tuple(
                    _lane(lane, result, epochs.get((release.version, lane)), changed)
                    for lane, result in results.items()
                ),
                older=older,
                newer=newer,
                diff=f"{UPSTREAM}/compare/v{older}...v{release.version}" if older else "",
            )
        )
    return pages


def evidence(page: ReleasePage, source: Source) -> list[tuple[Family, list[ScenarioRow]]]:
    """What was seen on the main call of a release, by family. The same for all releases of the same epochs."""
    behaviours = {lane: result.behaviour for lane, result in _results(source, page.release.version).items() if result}
    rows = [_scenario(id_, page.surface, behaviours) for id_ in CATALOGUE]
    return [(family, list(members)) for family, members in groupby(rows, key=lambda row: CATALOGUE[row.id].family)]


def alike(page: ReleasePage) -> tuple[str, ...]:
    """What is the same for releases whose evidence is the same."""
    return (page.surface, *(lane.epoch.versions[0] if lane.epoch else "" for lane in page.lanes))


def _results(source: Source, version: str) -> dict[Lane, Result | None]:
    return {lane: source.results.get(Cell(version, lane, source.python)) for lane in (Lane.TODAY, Lane.AS_RELEASED)}


def _lane(
    lane: Lane, result: Result | None, epoch: Epoch | None, changed: Mapping[tuple[str, Lane], TransitionRow]
) -> LaneRow:
    if result is None or epoch is None:
        return LaneRow(
            lane=lane, outcome="not measured", unusable="", lock={}, measured="", epoch=None, before=None
        )  # fmt: skip
    first = result.provenance
    return LaneRow(
        lane=lane,
        outcome="measured" if result.outcome is Outcome.COMPLETED else str(result.outcome).replace("-", " "),
        unusable=unusable(result),
        lock=result.lock.versions if result.lock else {},
        measured=f"{first.measured} on {first.interpreter}, {first.system}, uv {first.uv}",
        epoch=epoch,
        before=changed.get((epoch.versions[0], lane)),
    )


def _scenario(id_: str, surface: str, behaviours: Mapping[Lane, Behaviour]) -> ScenarioRow:
    seen: list[SeenInLane] = []
    for lane, behaviour in behaviours.items():
        call = Call(surface, id_)
        if call not in behaviour:
            continue
        one = SeenInLane(
            lanes=(lane,),
            words=ended(behaviour[call]),
            observation=behaviour[call],
            verdicts={yardstick: judge_call(behaviour, call, yardstick) for yardstick in Yardstick},
        )
        seen = _merged(seen, one)
    scenario = CATALOGUE[id_]
    return ScenarioRow(id=id_, title=scenario.title, ideal=ideal(scenario), seen=tuple(seen))


def _merged(seen: Sequence[SeenInLane], one: SeenInLane) -> list[SeenInLane]:
    """Lanes in which the same was seen are one."""
    for number, other in enumerate(seen):
        if (other.observation, other.verdicts) == (one.observation, one.verdicts):
            both = SeenInLane(
                lanes=other.lanes + one.lanes, words=one.words, observation=one.observation, verdicts=one.verdicts
            )
            return [*seen[:number], both, *seen[number + 1 :]]
    return [*seen, one]
