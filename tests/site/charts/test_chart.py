"""The chart: its segments, what is written where, its breaks, and what it says of handlers."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matrix.model import Lane
from matrix.observation import Call, Result
from matrix.site import render
from matrix.site.charts.axis import DESK, PHONE, Placed, Wish, measure, place
from matrix.site.charts.chart import Chart, Charts, LaneChart, narrow
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.marks import Mark
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, TARGETS
from matrix.verdicts.decisions import HandlerOutcome
from tests.site.test_report import behaviour, in_both_lanes, result, source
from tests.support.paths import DATA

OVERLOADED = ANTHROPIC.suite.headlines["overloaded-mid"]


def views_of(target_id: str) -> EpochViews:
    """Read the committed data of a target."""
    target = TARGETS[target_id]
    data = DATA.parent / target_id
    return view_epochs(render.read_source(Store(data, target)))


@pytest.fixture(scope="module")
def real() -> EpochViews:
    """Read the committed data of the default target."""
    return views_of("anthropic")


@pytest.fixture(scope="module")
def failures(real: EpochViews) -> LaneChart:
    """Chart the failures, with today's dependencies."""
    return Charts(real).of_failures().lanes[0]


def charts_of(known: EpochViews) -> Iterator[Chart]:
    """Make a chart of each kind."""
    charts = Charts(known)
    target = known.source.target
    yield charts.of_failures()
    yield charts.of_handler(next(iter(target.handlers)))
    yield charts.of_scenario(target.suite.headline)


def complaints(lane: LaneChart) -> Iterator[str]:
    """Check the rows of a chart: each tested release once, in order, without overlap, and labels with room."""
    for row in lane.rows:
        places = [place_ for segment in row.segments for place_ in range(segment.first, segment.last + 1)]
        versions = [version for segment in row.segments for version in segment.versions]
        if [lane.versions[place_] for place_ in places] != versions or places != sorted(set(places)):
            yield f"{row.title}: {versions}"
        for before, after in pairwise(row.segments):
            if before.shown == after.shown and before.last + 1 == after.first:
                yield f"{row.title}: {before.versions[-1]} and {after.versions[0]} are alike, but parted"
            if before.x + before.width > after.x + 0.02:
                yield f"{row.title}: {after.versions[0]} overlaps"
        for segment in row.segments:
            for label, pixels in ((segment.label.desk, DESK), (segment.label.phone, PHONE)):
                if label is not None and measure(f"! {label}") > segment.width / 100 * pixels:
                    yield f"{row.title}: no room for {label!r}"
            if lane.versions[segment.last] not in segment.path:
                yield f"{row.title}: {segment.path} is not the evidence of the newest release"


@pytest.mark.parametrize("target_id", TARGETS)
def test_segments_show_each_tested_release_once(target_id: str) -> None:
    """Check charts of each kind on the data of each target; only a first-party client has all of its releases."""
    known = views_of(target_id)
    for chart in charts_of(known):
        assert chart.lanes
        for lane in chart.lanes:
            assert [] == list(complaints(lane))
            tested = [version for view in known.views[lane.lane] for version in view.epoch.versions]
            assert tested == [version for segment in lane.rows[0].segments for version in segment.versions]
            assert (len(tested) == 1) == lane.is_plain


TEXTS = {"plain": "200, no type", "typed": "200 + type"}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["plain", "typed", "untested"]), min_size=1, max_size=9))
def test_segments_are_the_runs_of_equal_outcomes(kinds: list[str]) -> None:
    """Check any order of releases with an outcome or another; a release without a result has no place."""
    tested = {f"0.{number + 2}.0": kind for number, kind in enumerate(kinds) if kind != "untested"}
    results: dict[tuple[str, Lane], Result] = {}
    for version, kind in tested.items():
        results |= in_both_lanes(version, result(behaviour(typed=kind == "typed")))
    chart = Charts(view_epochs(source(results))).of_failures()
    assert bool(tested) == bool(chart.lanes)
    for lane in chart.lanes:
        assert [] == list(complaints(lane))
        row = next(row for row in lane.rows if row.scenario == OVERLOADED)
        seen = {version: segment.shown.text for segment in row.segments for version in segment.versions}
        assert {version: TEXTS[kind] for version, kind in tested.items()} == seen
        assert list(tested) == list(lane.versions)


def overlaps(placed: list[Placed], pixels: int, anchors: list[str | None]) -> list[str]:
    """List the texts that touch another one, or leave the axis."""
    extents = []
    for each, anchor in zip(placed, anchors, strict=True):
        if anchor is not None:
            x, width = each.x / 100 * pixels, measure(each.text)
            begin = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
            extents.append((begin, begin + width, each.text))
    extents.sort()
    outside = [text for begin, end, text in extents if begin < -0.1 or end > pixels + 0.1]
    return outside + [text for (_, end, _), (begin, _, text) in pairwise(extents) if begin < end]


@given(
    st.lists(
        st.tuples(
            st.floats(0, 9),
            st.floats(0, 1),
            st.text("0123456789.", min_size=1, max_size=20),
            st.sampled_from(["start", "middle", "end"]),
        ),
        max_size=30,
    )
)
@example([(0.0, 0.75, "0", "start"), (0.0, 0.5625, "0000000", "start"), (0.0, 0.625, "0", "start")])
def test_texts_on_the_axis_touch_no_other(wishes: list[Wish]) -> None:
    """Check both widths; what a phone has room for, an ordinary window shows too."""
    placed = list(place(wishes))
    assert [] == overlaps(placed, DESK, [each.desk for each in placed])
    assert [] == overlaps(placed, PHONE, [each.phone for each in placed])
    assert [] == [each for each in placed if each.phone and not each.desk]


def test_breaks_have_the_names_of_what_was_measured(failures: LaneChart) -> None:
    """Check the HTTP library that releases can be used with, the attribute that appears, and another library."""
    names = {each.placed.text for each in failures.breaks if each.placed.desk}
    assert {"0.40 httpx 0.28", "0.87 type", "1.0 httpx2"} == names
    assert "changes/today/0.87.0/" in {each.path for each in failures.breaks}
    assert {"0.3.0": "cannot import", "0.3.2": "no client"}.items() <= {
        each.version: each.name for each in failures.breaks
    }.items()


def test_a_row_says_what_callers_see(failures: LaneChart) -> None:
    """Check the words of one failure, from the oldest release to the newest."""
    row = next(row for row in failures.rows if row.title == "Overloaded, after some text")
    texts = [segment.shown.text for segment in row.segments]
    assert ["ApiException", "cannot import", "no client", "200, no type", "200 + type"] == texts
    assert f"releases/0.86.0/#{OVERLOADED}" == row.segments[3].path


def test_a_target_without_a_status_names_the_class() -> None:
    """Check the SDK whose errors inside a stream have a code, but no status."""
    row = Charts(views_of("openai")).of_failures().lanes[0].rows[0]
    assert "APIError + code" == row.segments[-1].shown.text


def test_a_handler_is_charted_by_what_it_does(real: EpochViews) -> None:
    """Check each release against the outcomes of its epoch."""
    lane = Charts(real).of_handler("class-overloaded").lanes[0]
    for row in lane.rows:
        for segment in row.segments:
            for version in segment.versions:
                view = real.by_release[version, Lane.TODAY]
                assert segment.shown.decided == view.outcomes_of("class-overloaded").get(row.scenario)
    marks = {segment.shown.decided: segment.shown.mark for row in lane.rows for segment in row.segments}
    assert (Mark.WRONG, Mark.HANGS) == (marks[HandlerOutcome.MISSED], marks[HandlerOutcome.CRASHED])


def test_a_scenario_is_charted_for_each_client(real: EpochViews) -> None:
    """Check that releases without a result of a client are left out, and what the others show."""
    lane = Charts(real).of_scenario(OVERLOADED).lanes[0]
    titles = [client.class_name for client in ANTHROPIC.clients]
    assert titles == [row.title for row in lane.rows]
    bedrock = lane.rows[titles.index("AnthropicBedrock")]
    known = real.others["bedrock"]
    for segment in bedrock.segments:
        view = known.by_release[segment.versions[-1], Lane.TODAY]
        call = view.calls.get(Call(view.surface, OVERLOADED))
        assert segment.shown.mark == (call.mark if call else Mark.UNAVAILABLE)
    assert bedrock.segments[0].first > 0


def test_a_narrow_chart_has_the_rows_that_change(real: EpochViews) -> None:
    """Check a release that names errors in its streams, and one on which no failure ends otherwise."""
    chart = Charts(real).of_failures()
    lane = narrow(chart, Lane.TODAY, "0.87.0").lanes[0]
    assert ("0.87.0", 7, {"0.87.0"}) == (lane.pinned, len(lane.rows), {each.version for each in lane.breaks})
    assert () == narrow(chart, Lane.TODAY, "2.10.0").lanes
