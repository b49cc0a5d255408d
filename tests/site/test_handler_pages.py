"""The pages of handlers, of the remedy and of the catalogue: counts of observations."""

from pathlib import Path

import msgspec

from matrix.model import Cell, Lane
from matrix.observation import Call, Observation, Outcome, RemedyResult, Result
from matrix.site import render
from matrix.site.answer import coverage
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.handler_pages import HandlerPage, handler_pages, overview, prove
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.remedy_proof import RemedyProof
from tests.site.test_report import PYTHON, SURFACE, behaviour, in_both_lanes, release, result, source

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


def test_every_handler_has_a_page_with_its_source() -> None:
    """Check that the remedy is there to be copied."""
    site = dict(render.site(source(in_both_lanes("0.3.0", result(decided("retry")))))[1])
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
    (cells,) = {row.cells for grid in page.grids for _, rows in grid.families for row in rows}
    assert (HandlerOutcome.MISSED, HandlerOutcome.CRASHED, HandlerOutcome.RIGHT) == cells


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


def test_the_handler_that_is_right_most_often_comes_first() -> None:
    """Check that ties are ordered by name."""
    observations = decided("fail")
    decisions = dict.fromkeys(ANTHROPIC.handlers, "fail") | {"str-text": "retry"}
    observations[OVERLOADED] = msgspec.structs.replace(observations[OVERLOADED], handlers=decisions)
    first, *others = (
        page.handler.id
        for page in handler_pages(ANTHROPIC, views_of(in_both_lanes("0.3.0", result(observations))).views)
    )
    assert ("str-text", sorted(others)) == (first, others)


def test_every_scenario_is_in_the_tally_of_a_handler_or_was_not_run() -> None:
    """Check that the page names the scenarios in which no handler was run."""
    page = row(in_both_lanes("0.3.0", result(decided("retry"))), "class-overloaded")
    assert len(ANTHROPIC.suite.scenarios_of()) == sum(page.tally.values()) + len(page.not_run)
    site = dict(render.site(source(in_both_lanes("0.3.0", result(decided("retry")))))[1])
    html = site["handlers/class-overloaded/index.html"].decode()
    assert "Outcomes on 0.3.0 in 1 scenario:" in html
    assert f"{len(page.not_run)} more scenarios: it was not run in them on 0.3.0" in html


def test_every_outcome_links_to_its_evidence() -> None:
    """Check the page of a handler and that of all handlers."""
    site = dict(render.site(source(in_both_lanes("0.3.0", result(decided("retry")))))[1])
    for path, top in (("handlers/index.html", "../"), ("handlers/class-overloaded/index.html", "../../")):
        page = site[path].decode()
        evidence = f'<td><a class="w-right" href="{top}releases/0.3.0/#mid-overloaded_error">right</a></td>'
        assert page.count("<td><a ") == page.count(evidence) > 0
        assert '<td><span class="w-right"' not in page


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
