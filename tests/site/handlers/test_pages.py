"""The pages of handlers, of the remedy and of the catalogue: counts of observations."""

from math import isclose
from pathlib import Path

import msgspec
import pytest

from matrix.model import Cell, Lane
from matrix.observation import Call, Observation, Outcome, RemedyResult, Result
from matrix.site import render
from matrix.site.answer import coverage
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.handlers.code import Basis
from matrix.site.handlers.outcomes_document import outcomes_document
from matrix.site.handlers.pages import HandlerPage, handler_pages, overview, prove
from matrix.site.source import SiteSource
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.remedy_proof import RemedyProof
from tests.site.test_report import PYTHON, SURFACE, behaviour, in_both_lanes, links, release, result, source
from tests.support.paths import DATA

OVERLOADED = Call(SURFACE, "mid-overloaded_error")
RIGHT = RemedyResult(
    outcome="failed", status=529, error_type="overloaded_error", retryable=True, request_id="req", text="some"
)


def decided(decision: str, remedy: RemedyResult | None = RIGHT) -> dict[Call, Observation]:
    """Make a behaviour with one decision of every handler on the overloaded error."""
    observations = behaviour()
    decisions = dict.fromkeys(ANTHROPIC.handlers, decision)
    observations[OVERLOADED] = msgspec.structs.replace(observations[OVERLOADED], handlers=decisions, remedy=remedy)
    return observations


def views_of(results: dict[tuple[str, Lane], Result]) -> EpochViews:
    """Make epoch views of results."""
    return view_epochs(source(results))


def row(results: dict[tuple[str, Lane], Result], id_: str) -> HandlerPage:
    """Return the page of one handler."""
    return next(page for page in handler_pages(ANTHROPIC, views_of(results).views) if page.handler.id == id_)


def remedy_of(results: dict[tuple[str, Lane], Result]) -> RemedyProof:
    """Return the counts of the remedy."""
    return prove(views_of(results))


@pytest.fixture(scope="module")
def site() -> dict[str, bytes]:
    """Render every file of a release on which each handler retries the overloaded error."""
    return dict(render.site(source(in_both_lanes("0.3.0", result(decided("retry")))))[1])


def test_every_handler_has_a_page_with_its_source(site: dict[str, bytes]) -> None:
    """Check that the remedy is there to be copied."""
    assert set() == {f"handlers/{id_}/index.html" for id_ in ANTHROPIC.handlers} - set(site)
    assert "except anthropic.OverloadedError:" in site["handlers/class-overloaded/index.html"].decode()
    assert "def explain(error" in site["handlers/remedy/index.html"].decode()


def test_a_handler_is_counted_by_its_outcomes_on_the_newest_release() -> None:
    """Check the releases on which it retries, and on which it crashes."""
    results = (
        in_both_lanes("0.3.0", result(decided("retry")))
        | in_both_lanes("0.4.0", result(decided("crashed: AttributeError")))
        | in_both_lanes("0.5.0", result(decided("fail")))
    )
    page = row(results, "class-overloaded")
    assert {HandlerOutcome.MISSED: 1} == page.tally
    assert (1, 1, 3) == (page.retries, page.crashed, page.releases)
    assert [("AttributeError", ("0.4.0",))] == [(crash.error, crash.ranges) for crash in page.crashes]
    today, as_released = ([run.by_outcome for run in lane.runs] for lane in page.lanes)
    assert today == as_released
    assert [HandlerOutcome.MISSED, HandlerOutcome.CRASHED, HandlerOutcome.RIGHT] == [
        outcome for run in today for outcome, segment in run.items() if segment
    ]


def test_a_bar_counts_each_scenario_once() -> None:
    """Check the parts of the bar, which fill it, and the groups of their scenarios."""
    target, source = ANTHROPIC, render.read_source(Store(DATA, ANTHROPIC))
    for page in handler_pages(target, view_epochs(source).views):
        for run in (run for lane in page.lanes for run in lane.runs if run.segments):
            assert isclose(100, sum(segment.width for segment in run.segments), abs_tol=0.05)
            shown = [scenario.id for each in run.segments for part in each.parts for scenario in part.scenarios]
            assert len(shown) == len(set(shown)) == sum(segment.count for segment in run.segments)
            assert all(len(part.scenarios) <= part.of for segment in run.segments for part in segment.parts)
        assert page.newest_run
        assert page.newest == page.newest_run.column.newest
        assert page.tally == {segment.outcome: segment.count for segment in page.newest_run.segments}


def test_the_columns_of_a_lane_fill_it() -> None:
    """Check that each is as wide as its number of releases, the oldest on the left."""
    results = (
        in_both_lanes("0.3.0", result(decided("retry")))
        | in_both_lanes("0.4.0", result(decided("fail")))
        | in_both_lanes("0.5.0", result(decided("fail")))
    )
    lane = row(results, "class-overloaded").lanes[0]
    assert [("0.5.0", 33.33, 66.67), ("0.3.0", 0.0, 33.33)] == [
        (run.column.newest, run.x, run.width) for run in lane.runs
    ]


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        ("retry", "decides correctly in 1 of 1 scenario"),
        ("fail", "decides correctly in 0 of 1 scenario; it does not retry 1 failure that a retry could fix"),
        ("accept", "decides correctly in 0 of 1 scenario; it treats 1 failure as success"),
        ("crashed: KeyError", "decides correctly in 0 of 1 scenario; it crashes on 1 failure"),
    ],
)
def test_what_a_handler_does_is_a_sentence(decision: str, sentence: str) -> None:
    """Check each outcome."""
    assert sentence == row(in_both_lanes("0.3.0", result(decided(decision))), "class-overloaded").sentence


def test_a_release_can_be_chosen_for_the_bars() -> None:
    """Check the document of all outcomes against the runs of every handler."""
    pages = handler_pages(ANTHROPIC, view_epochs(render.read_source(Store(DATA, ANTHROPIC))).views)
    document = outcomes_document(pages)
    for page in pages:
        for lane in page.lanes:
            read = document.lanes[lane.lane]
            assert len(set(read.versions)) == len(read.versions)
            for run, (newer, *counts) in zip(lane.runs, read.handlers[page.handler.id], strict=True):
                assert run.column.newest == read.versions[newer]
                segments = {segment.outcome: segment.count for segment in run.segments}
                assert [segments.get(outcome, 0) for outcome in document.outcomes] == counts


def test_handlers_are_compared_on_the_overloaded_error() -> None:
    """Check that adjacent releases with equal outcomes share a column."""
    known = views_of(in_both_lanes("0.3.0", result(decided("retry"))) | in_both_lanes("0.4.0", result(decided("fail"))))
    table = overview(ANTHROPIC, handler_pages(ANTHROPIC, known.views), known.views[Lane.TODAY])
    assert [("0.4.0",), ("0.3.0",)] == [column.versions for column in table.columns]
    assert {(HandlerOutcome.MISSED, HandlerOutcome.RIGHT)} == {cells for _, cells in table.rows}
    assert len(ANTHROPIC.handlers) == len(table.rows)


def test_a_release_whose_lanes_decide_differently_does_not_count_as_retrying() -> None:
    """Check that the day of the installation must not matter."""
    lanes = {
        ("0.3.0", Lane.AS_RELEASED): result(decided("retry")),
        ("0.3.0", Lane.TODAY): result(decided("crashed: ModuleNotFoundError")),
    }
    assert (0, 1, 1) == (lambda page: (page.retries, page.crashed, page.releases))(row(lanes, "connection"))


def test_the_handler_with_the_least_harm_comes_first() -> None:
    """Check that a silent failure is worse than one that is not retried, and that ties have an order."""
    observations = decided("fail")
    decisions = dict.fromkeys(ANTHROPIC.handlers, "fail") | {"str-text": "retry", "any-exception": "accept"}
    observations[OVERLOADED] = msgspec.structs.replace(observations[OVERLOADED], handlers=decisions)
    known = views_of(in_both_lanes("0.3.0", result(observations)))
    pages = handler_pages(ANTHROPIC, known.views)
    first, *others, last = (page.handler.id for page in pages)
    assert ("str-text", sorted(others), "any-exception") == (first, others, last)
    shown = overview(ANTHROPIC, pages, known.views[Lane.TODAY])
    assert (Basis.TEXT, "str-text") == (shown.groups[0][0], shown.groups[0][1][0].handler.id)
    assert sorted(page.handler.id for page in pages) == sorted(
        page.handler.id for _, members in shown.groups for page in members
    )


def test_every_scenario_is_in_the_tally_of_a_handler_or_was_not_run(site: dict[str, bytes]) -> None:
    """Check that the page names the scenarios in which no handler was run."""
    page = row(in_both_lanes("0.3.0", result(decided("retry"))), "class-overloaded")
    assert len(ANTHROPIC.suite.scenarios_of()) == sum(page.tally.values()) + len(page.not_run)
    html = site["handlers/class-overloaded/index.html"].decode()
    assert "On 0.3.0, it decides correctly in 1 of 1 scenario." in html
    assert f"{len(page.not_run)} more scenarios: it was not run in them on 0.3.0" in html


def test_every_outcome_links_to_its_evidence(site: dict[str, bytes]) -> None:
    """Check the parts of a bar, the outcomes on a handler's page, and the table of all handlers."""
    every, one = (site[f"handlers/{path}index.html"].decode() for path in ("", "class-overloaded/"))
    evidence = '<td><a class="w-right" href="../releases/0.3.0/#mid-overloaded_error">right</a></td>'
    assert every.count("<td><a ") == every.count(evidence) > 0
    assert 'href="class-overloaded/#right"' in every
    assert {"right", "code", "on-0.3.0", "as-released-on-0.3.0", "as-released-on-0.3.0-right"} <= set(links(one).ids)
    assert "../../releases/0.3.0/#mid-overloaded_error" in links(one).targets


def test_a_page_links_to_anchors_that_it_has() -> None:
    """Check every handler on the committed data: the parts of its bars, and those on the page of all handlers."""
    files = until_handlers(render.read_source(Store(DATA, ANTHROPIC)))
    ids = {id_: links(files[f"handlers/{id_}/index.html"]).ids for id_ in ANTHROPIC.handlers}
    for id_, anchors in ids.items():
        named = [each[1:] for each in links(files[f"handlers/{id_}/index.html"]).targets if each.startswith("#")]
        assert len(named) > 4
        assert set() == {*named} - {*anchors, "main"}, id_
    for target in links(files["handlers/index.html"]).targets:
        handler, _, anchor = target.partition("/#")
        assert handler not in ids or anchor in ids[handler], target


def until_handlers(site_source: SiteSource) -> dict[str, str]:
    """Lay out the pages of handlers, and those before them."""
    files = {}
    for path, data in render.site(site_source)[1]:
        if path.startswith("compare/"):
            break
        files[path] = data.decode() if path.endswith(".html") else ""
    return files


def test_commands_say_how_to_install_them() -> None:
    """Check the page of all handlers, and the section that it links, with and without a known repository."""
    small = source(in_both_lanes("0.3.0", result(decided("retry"))))
    for repository, command in (("", "python3 -m pip install ."), ("https://example.org/x", None)):
        site = dict(render.site(small, repository=repository)[1])
        assert '<code>matrix scan</code> (<a href="../about/#install">' in site["handlers/index.html"].decode()
        about = site["about/index.html"].decode()
        assert "install" in links(about).ids
        assert (command or f"python3 -m pip install git+{repository}") in about


def test_handlers_of_this_project_are_not_counted_as_those_of_programs() -> None:
    """Check the sentence on the page of all handlers."""
    known = views_of(in_both_lanes("0.3.0", result(decided("retry"))))
    table = overview(ANTHROPIC, handler_pages(ANTHROPIC, known.views), known.views[Lane.TODAY])
    own = [page.handler.id for page, _ in table.rows if not page.handler.seen_in]
    assert "remedy" in own
    assert len(table.rows) - len(own) == table.from_programs
    html = dict(render.site(known.source)[1])["handlers/index.html"].decode()
    assert f"{table.from_programs} ways in which programs catch stream errors, and {len(own)} of this project." in html


def test_the_remedy_is_counted_with_and_without_events_to_watch() -> None:
    """Check that an unexplained wrong result is shown in large letters."""
    counts = remedy_of(in_both_lanes("0.3.0", result({OVERLOADED: decided("fail")[OVERLOADED]})))
    assert (2, 2, 0, (), ()) == (
        counts.total.watched, counts.total.watched_right, counts.total.unwatched, counts.limits, counts.unexplained
    )  # fmt: skip
    wrong = in_both_lanes("0.3.0", result({OVERLOADED: decided("fail", RemedyResult(outcome="passed"))[OVERLOADED]}))
    assert ("mid-overloaded_error on messages.create of 0.3.0",) == remedy_of(wrong).unexplained
    site = dict(render.site(source(wrong))[1])
    assert "wrong for an unknown reason" in site["handlers/remedy/index.html"].decode()


def test_known_limits_of_the_remedy_are_counted() -> None:
    """Check that an error that the SDK drops counts as a stream that ends too early."""
    dropped = Call(SURFACE, "data-only")
    observation = Observation(
        outcome=Outcome.COMPLETED, remedy=RemedyResult(outcome="failed", retryable=True, text="some"), requests=1
    )
    silent = Call("messages.stream.get_final_text", "eof-mid")
    counts = remedy_of(
        in_both_lanes(
            "0.3.0", result({dropped: observation, silent: Observation(outcome=Outcome.COMPLETED, requests=1)})
        )
    )
    assert [(ANTHROPIC.remedy_limits[0], 2, 1, ("eof-mid",)), (ANTHROPIC.remedy_limits[1], 2, 1, ("data-only",))] == [
        (limit.limit, limit.observations, limit.releases, limit.scenarios) for limit in counts.limits
    ]
    assert (2, 0) == (counts.total.unwatched, counts.total.unwatched_right)


def test_the_remedy_promises_nothing_before_0_3() -> None:
    """Check releases whose events are dictionaries, and whose exceptions have no body."""
    counts = remedy_of(in_both_lanes("0.2.9", result(decided("fail", RemedyResult(outcome="passed")))))
    assert (0, 0) == (counts.total.watched, counts.total.unwatched)


def test_a_site_without_data_is_built() -> None:
    """Check that it has pages."""
    site = dict(render.site(source({}))[1])
    assert "Nothing was measured" in site["index.html"].decode()
    assert "not measured: do not trust this site" in site["about/index.html"].decode()


def test_calls_that_need_an_extra_are_shown_with_their_release(tmp_path: Path) -> None:
    """Check that their own environment makes no difference."""
    store = Store(tmp_path, ANTHROPIC)
    plain = Cell("1.0.0", Lane.TODAY, PYTHON)
    more = Call("aiohttp.messages.create-async", "eof-mid")
    with store.writing():
        store.put_releases({"1.0.0": release("1.0.0", 1)})
        store.put(plain, msgspec.structs.replace(result(behaviour()), suite=ANTHROPIC.digest))
        other = result({more: Observation(outcome=Outcome.COMPLETED, requests=1)})
        extra = msgspec.structs.replace(plain, extra="aiohttp")
        store.put(extra, msgspec.structs.replace(other, suite=ANTHROPIC.digest))
    site_source = render.read_source(store)
    today = coverage(Lane.TODAY, list(site_source.releases.values()), site_source)
    assert (1, len(behaviour()) + 1) == (today.tested, today.observations)
