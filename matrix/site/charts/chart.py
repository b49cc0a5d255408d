"""The chart: what happens in a few failures, on every release from the oldest to the newest. Pure.

In: the views of epochs. Out: segments and breaks, with their places in percent of the axis and labels that fit. A
segment is a run of tested releases with one outcome; a break is a release on which rows change.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from typing import Final

import msgspec

from matrix.catalogue.headlines import Headline
from matrix.model import TODAY_FIRST, Frozen, Lane
from matrix.observation import Call
from matrix.site.charts.axis import DESK, PHONE, Axis, Break, Placed, Turn, axis_of, measure, name_breaks
from matrix.site.charts.outcomes import DECIDED_KINDS, KINDS, Shown, describe_outcome, show_absence, show_decision
from matrix.site.epoch_views import EpochView, EpochViews
from matrix.site.grid import CLIENTS
from matrix.site.marks import MARKS, Mark

_SIGN: Final = "! "
"""What stands before a label: the sign of its mark."""

_MARGIN: Final = 6
"""Pixels between two labels."""


class Label(Frozen, frozen=True):
    """The text in a segment, if there is room for it; the sign of the mark stands before it.

    Attributes:
        desk: The text on an ordinary window, empty for the sign alone; None if even that does not fit.
        phone: The same on the smallest phone.
    """

    desk: str | None
    phone: str | None


class Segment(Frozen, frozen=True, kw_only=True):
    """A run of tested releases with one outcome.

    Attributes:
        versions: Oldest first.
        first: The place of the oldest one on the axis.
        shown: The outcome.
        words: The outcome of the newest one in a sentence.
        path: The path of its evidence in the site, with the anchor.
        x: Where it begins, in percent of the axis.
        width: Its width in percent of the axis.
        label: Its label.
        is_divided: Whether the segment before it has the same colour, so that a line must part them.
    """

    versions: tuple[str, ...]
    first: int
    shown: Shown
    words: str
    path: str
    x: float
    width: float
    label: Label
    is_divided: bool

    @property
    def last(self) -> int:
        """The place of its newest release on the axis."""
        return self.first + len(self.versions) - 1


class ChartRow(Frozen, frozen=True, kw_only=True):
    """One failure, or one client.

    Attributes:
        title: Its name.
        path: The path of its page in the site; empty if it has none.
        scenario: The scenario, by id.
        segments: Oldest first.
    """

    title: str
    path: str
    scenario: str
    segments: tuple[Segment, ...]


class LaneChart(Frozen, frozen=True, kw_only=True):
    """The chart of one lane.

    Attributes:
        lane: The lane.
        versions: The tested releases, oldest first.
        rows: The rows.
        ticks: Versions along the axis.
        years: The first release of each year.
        breaks: The breaks, oldest first.
        pinned: The release that is chosen before a reader chooses another: the newest, or that of a transition.
    """

    lane: Lane
    versions: tuple[str, ...]
    rows: tuple[ChartRow, ...]
    ticks: tuple[Placed, ...]
    years: tuple[Placed, ...]
    breaks: tuple[Break, ...]
    pinned: str

    @property
    def is_plain(self) -> bool:
        """Whether only one release was tested, so that there is nothing to draw."""
        return len(self.versions) == 1

    @property
    def pin(self) -> int:
        """The place of the chosen release on the axis."""
        return self.versions.index(self.pinned)

    @property
    def pin_x(self) -> float:
        """The middle of the chosen release, in percent of the axis."""
        return round(100 * (self.pin + 0.5) / len(self.versions), 2)


class Chart(Frozen, frozen=True, kw_only=True):
    """The same rows in each lane.

    Attributes:
        what: What the rows are: `failure` or `client`.
        kinds: Each kind of outcome, the worst first, to its words in a sum such as `wrong error: 2`.
        lanes: Today's lane first; lanes without results are left out.
    """

    what: str
    kinds: dict[str, str]
    lanes: tuple[LaneChart, ...]


Stretch = tuple[int, int, EpochView]
"""The places of the first and the last of adjacent releases on the axis, and the epoch that they belong to."""


class _Source(msgspec.Struct, frozen=True, kw_only=True):
    """What a row is made from; `show` returns what an epoch shows, and the same in a sentence."""

    title: str
    path: str
    scenario: str
    known: EpochViews
    show: Callable[[EpochView], tuple[Shown, str]]


class Charts:
    """Makes the charts of one target. What they share is made once: the axes, and the places of epochs on them.

    Args:
        known: The views of the first-party client.
    """

    def __init__(self, known: EpochViews) -> None:
        self._known = known
        self._axes = [axis_of(known, lane) for lane in TODAY_FIRST if known.views.get(lane)]
        self._described: dict[int, Shown] = {}
        self._stretches = {
            (each.client, axis.lane): _stretches(each.views[axis.lane], axis)
            for each in (known, *known.others.values())
            for axis in self._axes
        }

    def of_failures(self) -> Chart:
        """Chart the headline failures that the suite plays, on the main call of each release."""
        return self._of_headlines(KINDS, self._show_call)

    def of_handler(self, handler: str) -> Chart:
        """Chart the outcomes of one handler in the headline failures."""
        outcomes = {id(view): view.outcomes_of(handler) for views in self._known.views.values() for view in views}

        def show(view: EpochView, scenario: str) -> tuple[Shown, str]:
            return show_decision(view, handler, outcomes[id(view)].get(scenario))

        return self._of_headlines(DECIDED_KINDS, show)

    def of_scenario(self, scenario: str) -> Chart:
        """Chart one scenario on the main call of each client that plays it, the first-party client first."""
        target = self._known.source.target
        sources = [
            _Source(
                title=client.class_name,
                path="",
                scenario=scenario,
                known=known,
                show=lambda view: self._show_call(view, scenario),
            )
            for client in target.clients
            if scenario in target.suite.scenarios_of(client.id) and (known := self._known.find(client.id)) is not None
        ]
        return self._chart("client", KINDS, sources)

    def _of_headlines(self, kinds: dict[str, str], show: Callable[[EpochView, str], tuple[Shown, str]]) -> Chart:
        def source(scenario: str, headline: Headline) -> _Source:
            return _Source(
                title=headline.title,
                path=f"scenarios/{scenario}/",
                scenario=scenario,
                known=self._known,
                show=lambda view: show(view, scenario),
            )

        played = self._known.source.target.suite.played_headlines
        return self._chart("failure", kinds, [source(*each) for each in played.items()])

    def _show_call(self, view: EpochView, scenario: str) -> tuple[Shown, str]:
        """Show how the main call of an epoch ends in a scenario."""
        call = view.calls.get(Call(view.surface, scenario))
        if call is None:
            return show_absence(view, scenario)
        if id(call) not in self._described:  # calls that are alike are one object
            self._described[id(call)] = describe_outcome(view.target, scenario, call)
        return self._described[id(call)], call.words

    def _chart(self, what: str, kinds: dict[str, str], sources: Sequence[_Source]) -> Chart:
        lanes = (self._lane(axis, sources) for axis in self._axes)
        return Chart(what=what, kinds=kinds, lanes=tuple(lane for lane in lanes if lane.rows))

    def _lane(self, axis: Axis, sources: Sequence[_Source]) -> LaneChart:
        rows = tuple(
            ChartRow(title=source.title, path=source.path, scenario=source.scenario, segments=segments)
            for source in sources
            if (segments := _segments(source, axis, self._stretches[source.known.client, axis.lane]))
        )
        return LaneChart(
            lane=axis.lane,
            versions=axis.versions,
            rows=rows,
            ticks=axis.ticks,
            years=axis.years,
            breaks=name_breaks(self._known, axis, _turns(rows)),
            pinned=axis.versions[-1],
        )


def in_lanes(chart: Chart, lanes: Sequence[Lane]) -> Chart:
    """Keep some lanes of a chart."""
    return msgspec.structs.replace(chart, lanes=tuple(each for each in chart.lanes if each.lane in lanes))


def narrow(chart: Chart, lane: Lane, version: str) -> Chart:
    """Keep the rows of one lane that change on a release, with that release chosen."""
    lanes = tuple(
        msgspec.structs.replace(
            each,
            rows=tuple(row for row in each.rows if any(_begins_on(segment, version) for segment in row.segments)),
            breaks=tuple(found for found in each.breaks if found.version == version),
            pinned=version,
        )
        for each in in_lanes(chart, (lane,)).lanes
    )
    return msgspec.structs.replace(chart, lanes=tuple(each for each in lanes if each.rows))


def _begins_on(segment: Segment, version: str) -> bool:
    return segment.first > 0 and segment.versions[0] == version


def _stretches(views: Sequence[EpochView], axis: Axis) -> list[Stretch]:
    """Find the places of epochs on an axis. Releases without a result of a client part those of an epoch."""
    stretches: list[Stretch] = []
    for view in views:
        places = [axis.index[version] for version in view.epoch.versions if version in axis.index]
        for _, run in groupby(enumerate(places), key=lambda each: each[1] - each[0]):
            adjacent = [place for _, place in run]
            stretches.append((adjacent[0], adjacent[-1], view))
    return stretches


def _segments(source: _Source, axis: Axis, stretches: Sequence[Stretch]) -> tuple[Segment, ...]:
    """Merge adjacent releases with one outcome, oldest first."""
    runs: list[_Run] = []
    for first, last, view in stretches:
        shown, words = source.show(view)
        if runs and runs[-1].shown == shown and runs[-1].last + 1 == first:
            runs[-1] = _Run(runs[-1].first, last, shown, words)
        else:
            runs.append(_Run(first, last, shown, words))
    return tuple(
        _segment(source, axis, run, is_divided=number > 0 and runs[number - 1].shown.mark is run.shown.mark)
        for number, run in enumerate(runs)
    )


class _Run(msgspec.Struct, frozen=True):
    """A run of releases from one place of the axis to another, with its outcome."""

    first: int
    last: int
    shown: Shown
    words: str


def _segment(source: _Source, axis: Axis, run: _Run, *, is_divided: bool) -> Segment:
    versions, whole = axis.versions[run.first : run.last + 1], len(axis.versions)
    return Segment(
        versions=versions,
        first=run.first,
        shown=run.shown,
        words=run.words,
        path=_evidence_path(source.known, versions[-1], source.scenario),
        x=round(100 * run.first / whole, 2),
        width=round(100 * len(versions) / whole, 2),
        label=Label(*(_fitting(run.shown, pixels * len(versions) / whole) for pixels in (DESK, PHONE))),
        is_divided=is_divided,
    )


def _evidence_path(known: EpochViews, version: str, scenario: str) -> str:
    """Return the path of the evidence of a call in the site; that of the release if it has no such client."""
    if known.has_evidence(version):
        return f"{known.evidence_path(version)}#{scenario}"
    return f"releases/{version}/#{CLIENTS}"


def _fitting(shown: Shown, pixels: float) -> str | None:
    """Return the longest label that fits into a number of pixels; None if not even the sign does."""
    room = pixels - _MARGIN
    return next((text for text in (shown.text, shown.brief, "") if measure(_SIGN + text) <= room), None)


def _turns(rows: Sequence[ChartRow]) -> dict[str, list[Turn]]:
    """Return the rows that change on each release."""
    turns: defaultdict[str, list[Turn]] = defaultdict(list)
    for row in rows:
        for before, after in pairwise(row.segments):
            if before.last + 1 == after.first:
                weight = min(len(before.versions), len(after.versions))
                name = _name_turn(before.shown, after.shown)
                turns[after.versions[0]].append(Turn(name=name, scenario=row.scenario, weight=weight))
    return turns


def _name_turn(before: Shown, after: Shown) -> str:
    """Name what changes in a word or two; empty where a row becomes available."""
    if before.mark is Mark.UNAVAILABLE and after.mark is not Mark.UNAVAILABLE:
        return ""
    if after.named and not before.named:
        return after.named
    if before.mark is Mark.SILENT and after.mark is not Mark.UNAVAILABLE:
        return "raises"
    return after.brief if after.brief != before.brief else MARKS[after.mark].title
