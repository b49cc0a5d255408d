"""The page of one release: how it was built in each lane, and its place among the others. Pure.

Releases that behave alike share the summary of what they do: see `release_summary`. On another client, they share a
whole page: it is that of the newest of them.
"""

from collections.abc import Mapping

from matrix.compare.history import Epoch
from matrix.model import TODAY_FIRST, Cell, Frozen, Lane, Release
from matrix.observation import Call, Outcome
from matrix.site.changes.transitions import TransitionRow, transition_row
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.marks import MARKS, Mark
from matrix.store.soaks import SoakResult, find_result


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
        versions: The releases that share this page, by version, oldest first.
        surface: The call by which it is shown.
        lanes: The lanes in which it was measured.
        silent: In how many scenarios of the first lane in which it can be used a failure looks like success.
        older: The release before it that has such a page, by version; empty if there is none.
        newer: The one after it.
        diff: The address of what changed upstream since the one before.
    """

    release: Release
    versions: tuple[str, ...]
    surface: str
    lanes: tuple[LaneRow, ...]
    silent: int
    older: str
    newer: str
    diff: str

    @property
    def played(self) -> int:
        """The number of scenarios that are played on the call by which it is shown, in the lane with the most."""
        return max((sum(lane.tally.values()) for lane in self.lanes), default=0)

    @property
    def has_changed(self) -> bool:
        """Whether it behaves otherwise than the release before it, in any lane."""
        return any(lane.before is not None and lane.before.after == self.versions[0] for lane in self.lanes)

    @property
    def is_measured(self) -> bool:
        """Whether there is evidence for it: a release that no lane measured has none."""
        return any(lane.epoch is not None for lane in self.lanes)


def release_pages(known: EpochViews) -> list[ReleasePage]:
    """Lay out the page of every release, oldest first; of another client, of every run of releases."""
    runs = {versions[-1]: versions for versions in known.runs.values()} if known.client else {}
    ordered = sorted(known.source.releases.values(), key=lambda release: release.parsed)
    ordered = [release for release in ordered if not known.client or release.version in runs]
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
                versions=runs.get(release.version, (release.version,)),
                surface=surface,
                lanes=lanes,
                silent=shown[0].tally.get(Mark.SILENT, 0) if shown else 0,
                older=older,
                newer=newer,
                diff=known.source.target.links.diff(older, release.version) if older else "",
            )
        )
    return pages


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
    scenarios = source.target.suite.playable  # without the control that no backend can play, as handlers are counted
    marks = [views.calls[call].mark for id_ in scenarios if (call := Call(surface, id_)) in views.calls]
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
