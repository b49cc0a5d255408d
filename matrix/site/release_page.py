"""The page of one release: what it does in every scenario, in both lanes, with the evidence. Pure.

Releases of one epoch behave alike, so their evidence is laid out once: see `evidence`. Each other client of a release
has such a page of its own, with its own epochs.
"""

from collections.abc import Mapping
from typing import Final

from matrix.catalogue.steps import Scenario
from matrix.compare.history import Epoch
from matrix.model import TODAY_FIRST, Cell, Frozen, Lane, Release
from matrix.observation import Call, Outcome
from matrix.site.epoch_views import CallView, EpochView, EpochViews
from matrix.site.grid import ByFamily, anchor, by_family, loudest_first
from matrix.site.marks import MARKS, NO_CALL, Mark, why_absent
from matrix.site.transitions import TransitionRow, transition_row
from matrix.store.soaks import SoakResult, find_result
from matrix.targets.target import Target
from matrix.verdicts.wording import describe_ideal, replay_command


class InLanes(Frozen, frozen=True, kw_only=True):
    """The main call in one scenario, in the lanes in which it ends the same way."""

    lanes: tuple[Lane, ...]
    call: CallView


class Others(Frozen, frozen=True, kw_only=True):
    """Other calls that end alike in one scenario.

    Attributes:
        surfaces: Their ids.
        lanes: The lanes in which they do.
        call: The first of them.
        like_main: Whether the main call ends the same way, in all of these lanes.
        command: The line that plays the first of them again.
    """

    surfaces: tuple[str, ...]
    lanes: tuple[Lane, ...]
    call: CallView
    like_main: bool
    command: str


class ScenarioRow(Frozen, frozen=True, kw_only=True):
    """One scenario.

    Attributes:
        scenario: The scenario.
        ideal: The expected outcome, in words.
        calls: The main call; empty if it was not played there.
        absent: Why the main call was not played, in words.
        others: All other calls.
        command: The line that plays it again.
    """

    scenario: Scenario
    ideal: str
    calls: tuple[InLanes, ...]
    absent: str
    others: tuple[Others, ...]
    command: str


class LaneRow(Frozen, frozen=True, kw_only=True):
    """How one lane of a release was built.

    Attributes:
        lane: The lane.
        outcome: The outcome in words.
        unusable: Why no call can be made; empty if one can.
        lock: The installed packages, each with its version.
        measured: The provenance of the first measurement; empty if there is none.
        epoch: The releases that behave alike; None if it was not measured.
        before: The change at the beginning of that epoch; None for the oldest epoch.
        tally: Mark to the number of scenarios of the main call with it, the worst first.
        soak: The result of the soak of its packages; None if they were not soaked, or if no call could be made.
    """

    lane: Lane
    outcome: str
    unusable: str
    lock: dict[str, str]
    measured: str
    epoch: Epoch | None
    before: TransitionRow | None
    tally: dict[Mark, int]
    soak: SoakResult | None = None


class ReleasePage(Frozen, frozen=True, kw_only=True):
    """One release.

    Attributes:
        release: The release.
        surface: The call by which it is shown.
        lanes: The lanes in which it was measured.
        error: How an overloaded server inside a stream ends on it, in the first lane in which it can be used; None if
            it can't be used at all.
        silent: In how many scenarios of that lane a failure looks like success.
        older: The release before it that has such a page, by version; empty if there is none.
        newer: The one after it.
        diff: The address of what changed upstream since the one before.
    """

    release: Release
    surface: str
    lanes: tuple[LaneRow, ...]
    error: CallView | None
    silent: int
    older: str
    newer: str
    diff: str

    @property
    def played(self) -> int:
        """The number of scenarios that are played on the call by which it is shown, in the lane with the most."""
        return max((sum(lane.tally.values()) for lane in self.lanes), default=0)

    @property
    def is_measured(self) -> bool:
        """Whether there is evidence for it: a release that no lane measured has none."""
        return any(lane.epoch is not None for lane in self.lanes)


ANY: Final = "@VERSION@"
"""Stands for the version in what all releases of an epoch share."""


def release_pages(known: EpochViews) -> list[ReleasePage]:
    """Lay out the page of every release, oldest first; of another client, of every release that has it."""
    ordered = sorted(known.source.releases.values(), key=lambda release: release.parsed)
    ordered = [release for release in ordered if known.has_evidence(release.version)]
    by_release = known.by_release
    changed = {
        (transition.after, lane): transition_row(lane, transition)
        for lane, history in known.histories.items()
        for transition in history.transitions
    }
    pages = []
    for number, release in enumerate(ordered):
        older = ordered[number - 1].version if number else ""
        newer = ordered[number + 1].version if number + 1 < len(ordered) else ""
        views = {lane: by_release.get((release.version, lane)) for lane in TODAY_FIRST}
        surface = known.surface(release.version)
        usable = next((view for view in views.values() if view and not view.unusable), None)
        lanes = tuple(_lane(known, release, lane, view, surface, changed) for lane, view in views.items())
        shown = [lane for lane in lanes if usable and lane.lane is usable.lane]
        pages.append(
            ReleasePage(
                release=release,
                surface=surface,
                lanes=lanes,
                error=usable.calls.get(Call(surface, known.source.target.suite.headline)) if usable else None,
                silent=shown[0].tally.get(Mark.SILENT, 0) if shown else 0,
                older=older,
                newer=newer,
                diff=known.source.target.links.diff(older, release.version) if older else "",
            )
        )
    return pages


def evidence(known: EpochViews, page: ReleasePage) -> ByFamily[ScenarioRow]:
    """Collect the evidence for a release, by family: every scenario that any call of the client plays.

    Releases of an epoch share it: `ANY` stands for the version.
    """
    target = known.source.target
    views = [view for lane in TODAY_FIRST if (view := known.by_release.get((page.release.version, lane)))]
    ids = loudest_first(target, target.suite.scenarios_of(known.client))
    return by_family(_scenario(target, target.catalogue[id_], page, views) for id_ in ids)


def alike(page: ReleasePage) -> tuple[str, ...]:
    """Return a key that is equal for releases with the same evidence."""
    return (page.surface, *(lane.epoch.versions[0] if lane.epoch else "" for lane in page.lanes))


def _lane(
    known: EpochViews, release: Release, lane: Lane, views: EpochView | None, surface: str,
    changed: Mapping[tuple[str, Lane], TransitionRow],
) -> LaneRow:  # fmt: skip
    if views is None:
        return LaneRow(
            lane=lane, outcome="not measured", unusable="", lock={}, measured="", epoch=None, before=None, tally={}
        )  # fmt: skip
    source = known.source
    result = source.results_of(known.client)[Cell(release.version, lane, source.python)]
    first, outcome = result.provenance, result.outcome
    pins = result.lock.pins if result.lock else ()
    marks = [views.calls[call].mark for id_ in source.target.catalogue if (call := Call(surface, id_)) in views.calls]
    return LaneRow(
        lane=lane,
        outcome="measured" if outcome is Outcome.COMPLETED else str(outcome).replace("-", " "),
        unusable=views.unusable,
        lock=source.target.dependencies(pins),
        measured=str(first),
        epoch=views.epoch,
        before=changed.get((views.epoch.versions[0], lane)),
        tally={mark: marks.count(mark) for mark in MARKS if mark in marks},
        soak=find_result(source.target, source.knowledge.soaks, release.version, pins) if not known.client else None,
    )


def _scenario(target: Target, scenario: Scenario, page: ReleasePage, views: list[EpochView]) -> ScenarioRow:
    call = Call(page.surface, scenario.id)
    main: dict[int, InLanes] = {}
    for view in views:
        if call in view.calls:
            shown = view.calls[call]  # one object for all that is the same
            lanes = main[id(shown)].lanes if id(shown) in main else ()
            main[id(shown)] = InLanes(lanes=(*lanes, view.lane), call=shown)
    return ScenarioRow(
        scenario=scenario,
        ideal=describe_ideal(target, scenario),
        calls=tuple(main.values()),
        absent=why_absent(target.suite, scenario.id, page.surface),
        others=_others(target, scenario, page.surface, views),
        command=replay_command(target, ANY, call, tuple(Lane)),
    )


def _others(target: Target, scenario: Scenario, main: str, views: list[EpochView]) -> tuple[Others, ...]:
    """Group calls that end alike, and lanes in which the same calls do."""
    alike: dict[tuple[Mark, str, tuple[str, ...], bool], list[tuple[Lane, CallView]]] = {}
    for view in views:
        groups: dict[tuple[Mark, str, bool], list[tuple[str, CallView]]] = {}
        for surface in target.surfaces:
            call = Call(surface, scenario.id)
            shown = view.calls.get(call)
            if shown is not None and surface != main and shown.word != NO_CALL:
                like_main = anchor(view, call, main) == scenario.id
                groups.setdefault((shown.mark, shown.words, like_main), []).append((surface, shown))
        for (mark, words, like_main), members in groups.items():
            key = (mark, words, tuple(surface for surface, _ in members), like_main)
            alike.setdefault(key, []).append((view.lane, members[0][1]))
    return tuple(
        Others(
            surfaces=surfaces,
            lanes=tuple(lane for lane, _ in members),
            call=members[0][1],
            like_main=like_main,
            command=replay_command(target, ANY, Call(surfaces[0], scenario.id), tuple(lane for lane, _ in members)),
        )
        for (_, _, surfaces, like_main), members in alike.items()
    )
