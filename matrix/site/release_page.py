"""The page of one release: what it does in every scenario, in both lanes, with the evidence. Pure.

Releases of one epoch behave alike, so what is seen of them is made once for all of them: see `evidence`.
"""

from collections.abc import Mapping
from typing import Final

from matrix.catalogue.steps import Scenario
from matrix.compare.history import Epoch
from matrix.model import TODAY_FIRST, Cell, Frozen, Lane, Release
from matrix.observation import Call, Outcome
from matrix.site.epoch_views import Known, Seen, Told
from matrix.site.grid import ByFamily, anchor, by_family, loudest_first
from matrix.site.marks import MARKS, NO_CALL, Mark
from matrix.site.source import Source
from matrix.site.transitions import TransitionRow, transition_row
from matrix.targets.target import Target
from matrix.verdicts.wording import describe_ideal, replay_command

"""The SDK's repository, whose tags are `v` and the version."""


class InLanes(Frozen, frozen=True, kw_only=True):
    """What was seen of one scenario on the main call, in the lanes in which it is the same."""

    lanes: tuple[Lane, ...]
    seen: Seen


class Others(Frozen, frozen=True, kw_only=True):
    """Other calls that end alike in one scenario.

    Attributes:
        surfaces: Their ids.
        lanes: In which they do.
        seen: On the first of them.
        like_main: Whether the main call ends so too, in all of these lanes.
        command: The line that plays the first of them again.
    """

    surfaces: tuple[str, ...]
    lanes: tuple[Lane, ...]
    seen: Seen
    like_main: bool
    command: str


class ScenarioRow(Frozen, frozen=True, kw_only=True):
    """One scenario.

    Attributes:
        scenario: Which.
        ideal: What a caller ought to see.
        seen: On the main call; empty if it was not played there.
        others: On all other calls.
        command: The line that plays it again.
    """

    scenario: Scenario
    ideal: str
    seen: tuple[InLanes, ...]
    others: tuple[Others, ...]
    command: str


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
        tally: How many scenarios of the main call come to what, the loudest first.
    """

    lane: Lane
    outcome: str
    unusable: str
    lock: dict[str, str]
    measured: str
    epoch: Epoch | None
    before: TransitionRow | None
    tally: dict[Mark, int]


class ReleasePage(Frozen, frozen=True, kw_only=True):
    """One release.

    Attributes:
        release: Which.
        surface: The call by which it is shown.
        lanes: How each was built.
        error: How an overloaded server inside a stream ends on it, in the first lane in which it can be used; None if
            it can't be used at all.
        silent: In how many scenarios of that lane a failure looks like success.
        older: The release before it, by version; empty if there is none.
        newer: The one after it.
        diff: The address of what changed upstream since the one before.
    """

    release: Release
    surface: str
    lanes: tuple[LaneRow, ...]
    error: Seen | None
    silent: int
    older: str
    newer: str
    diff: str


ANY: Final = "@VERSION@"
"""Stands for the version in what all releases of an epoch share."""


def release_pages(known: Known) -> list[ReleasePage]:
    """The page of every release, oldest first."""
    ordered = sorted(known.source.releases.values(), key=lambda release: release.parsed)
    of_release = known.of_release
    changed = {
        (one.after, lane): transition_row(lane, one)
        for lane, all_ in known.histories.items()
        for one in all_.transitions
    }
    pages = []
    for number, release in enumerate(ordered):
        older = ordered[number - 1].version if number else ""
        newer = ordered[number + 1].version if number + 1 < len(ordered) else ""
        told = {lane: of_release.get((release.version, lane)) for lane in TODAY_FIRST}
        surface = known.surface(release.version)
        usable = next((one for one in told.values() if one and not one.unusable), None)
        lanes = tuple(_lane(known.source, release, lane, one, surface, changed) for lane, one in told.items())
        shown = [lane for lane in lanes if usable and lane.lane is usable.lane]
        pages.append(
            ReleasePage(
                release=release,
                surface=surface,
                lanes=lanes,
                error=usable.seen.get(Call(surface, known.source.target.suite.headline)) if usable else None,
                silent=shown[0].tally.get(Mark.SILENT, 0) if shown else 0,
                older=older,
                newer=newer,
                diff=known.source.target.links.diff(older, release.version) if older else "",
            )
        )
    return pages


def evidence(target: Target, page: ReleasePage, of_release: Mapping[tuple[str, Lane], Told]) -> ByFamily[ScenarioRow]:
    """What was seen of a release, by family. The same for all releases of the same epochs: `ANY` stands for it.

    Args:
        target: What the release is of.
        page: Of the release.
        of_release: `Known.of_release`.
    """
    told = [one for lane in TODAY_FIRST if (one := of_release.get((page.release.version, lane)))]
    return by_family(
        _scenario(target, target.catalogue[id_], page, told) for id_ in loudest_first(target, target.catalogue)
    )


def alike(page: ReleasePage) -> tuple[str, ...]:
    """What is the same for releases whose evidence is the same."""
    return (page.surface, *(lane.epoch.versions[0] if lane.epoch else "" for lane in page.lanes))


def _lane(
    source: Source, release: Release, lane: Lane, told: Told | None, surface: str,
    changed: Mapping[tuple[str, Lane], TransitionRow],
) -> LaneRow:  # fmt: skip
    if told is None:
        return LaneRow(
            lane=lane, outcome="not measured", unusable="", lock={}, measured="", epoch=None, before=None, tally={}
        )  # fmt: skip
    result = source.results[Cell(release.version, lane, source.python)]
    first, outcome = result.provenance, result.outcome
    marks = [told.seen[call].mark for id_ in source.target.catalogue if (call := Call(surface, id_)) in told.seen]
    return LaneRow(
        lane=lane,
        outcome="measured" if outcome is Outcome.COMPLETED else str(outcome).replace("-", " "),
        unusable=told.unusable,
        lock=source.target.dependencies(result.lock.pins) if result.lock else {},
        measured=f"{first.measured} on {first.interpreter}, {first.system}, uv {first.uv}",
        epoch=told.epoch,
        before=changed.get((told.epoch.versions[0], lane)),
        tally={mark: marks.count(mark) for mark in MARKS if mark in marks},
    )


def _scenario(target: Target, scenario: Scenario, page: ReleasePage, told: list[Told]) -> ScenarioRow:
    call = Call(page.surface, scenario.id)
    main: dict[int, InLanes] = {}
    for one in told:
        if call in one.seen:
            seen = one.seen[call]  # one object for all that is the same
            lanes = main[id(seen)].lanes if id(seen) in main else ()
            main[id(seen)] = InLanes(lanes=(*lanes, one.lane), seen=seen)
    return ScenarioRow(
        scenario=scenario,
        ideal=describe_ideal(target, scenario),
        seen=tuple(main.values()),
        others=_others(target, scenario, page.surface, told),
        command=replay_command(target, ANY, call, tuple(Lane)),
    )


def _others(target: Target, scenario: Scenario, main: str, told: list[Told]) -> tuple[Others, ...]:
    """Calls that end alike are told together, and so are the lanes in which the same ones do."""
    found: dict[tuple[Mark, str, tuple[str, ...], bool], list[tuple[Lane, Seen]]] = {}
    for one in told:
        groups: dict[tuple[Mark, str, bool], list[tuple[str, Seen]]] = {}
        for surface in target.surfaces:
            call = Call(surface, scenario.id)
            seen = one.seen.get(call)
            if seen is not None and surface != main and seen.word != NO_CALL:
                like_main = anchor(one, call, main) == scenario.id
                groups.setdefault((seen.mark, seen.words, like_main), []).append((surface, seen))
        for (mark, words, like_main), members in groups.items():
            key = (mark, words, tuple(surface for surface, _ in members), like_main)
            found.setdefault(key, []).append((one.lane, members[0][1]))
    return tuple(
        Others(
            surfaces=surfaces,
            lanes=tuple(lane for lane, _ in members),
            seen=members[0][1],
            like_main=like_main,
            command=replay_command(target, ANY, Call(surfaces[0], scenario.id), tuple(lane for lane, _ in members)),
        )
        for (_, _, surfaces, like_main), members in found.items()
    )
