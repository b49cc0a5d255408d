"""What the page says of handlers, of the remedy and of the catalogue: counted from observations, never assumed."""

from pathlib import Path

import msgspec

from matrix.model import Cell, Lane
from matrix.observation import Call, Observation, Outcome, RemedyResult, Result
from matrix.site import render
from matrix.site.answer import coverage
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.handler_pages import HandlerPage, Remedied, handler_pages, overview, remedied
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.decisions import HandlerOutcome
from tests.site.test_report import PYTHON, SURFACE, behaviour, both, release, result, source

OVERLOADED = Call(SURFACE, "mid-overloaded_error")
RIGHT = RemedyResult(
    outcome="failed", status=529, error_type="overloaded_error", retryable=True, request_id="req", text="some"
)


def decided(decision: str, remedy: RemedyResult | None = RIGHT) -> dict[Call, Observation]:
    """What a release might do, with a decision of every handler on the overloaded error."""
    seen = behaviour()
    decisions = dict.fromkeys(ANTHROPIC.handlers, decision)
    seen[OVERLOADED] = msgspec.structs.replace(seen[OVERLOADED], handlers=decisions, remedy=remedy)
    return seen


def known(results: dict[tuple[str, Lane], Result]) -> EpochViews:
    """What there is to know from results."""
    return view_epochs(source(results))


def row(results: dict[tuple[str, Lane], Result], id_: str) -> HandlerPage:
    """The page of one way of catching."""
    return next(one for one in handler_pages(ANTHROPIC, known(results).views) if one.handler.id == id_)


def remedy_of(results: dict[tuple[str, Lane], Result]) -> Remedied:
    """How the remedy did."""
    return remedied(ANTHROPIC, known(results).views)


def test_every_handler_has_a_page_with_its_source() -> None:
    """What was run is what is shown; and the remedy is there to be copied."""
    site = dict(render.site(source(both("0.3.0", result(decided("retry")))))[1])
    assert set() == {f"handlers/{id_}/index.html" for id_ in ANTHROPIC.handlers} - set(site)
    assert "except anthropic.OverloadedError:" in site["handlers/class-overloaded/index.html"].decode()
    assert "def explain(error" in site["handlers/remedy/index.html"].decode()


def test_a_handler_is_counted_by_what_its_decision_is_worth_on_the_newest_release() -> None:
    """And by release, on the overloaded error: where it retries, and where it crashes."""
    found = (
        both("0.3.0", result(decided("retry")))
        | both("0.4.0", result(decided("crashed: AttributeError")))
        | both("0.5.0", result(decided("fail")))
    )
    one = row(found, "class-overloaded")
    assert {HandlerOutcome.MISSED: 1} == one.tally
    assert (1, 1, 3) == (one.retries, one.crashed, one.releases)
    assert [("AttributeError", ("0.4.0",))] == [(crash.error, crash.ranges) for crash in one.crashes]
    (cells,) = {row.cells for grid in one.grids for _, rows in grid.families for row in rows}
    assert (HandlerOutcome.MISSED, HandlerOutcome.CRASHED, HandlerOutcome.RIGHT) == cells


def test_ways_of_catching_stand_beside_each_other_on_the_overloaded_error() -> None:
    """A column for each run of releases for which all of them come to the same."""
    found = known(both("0.3.0", result(decided("retry"))) | both("0.4.0", result(decided("fail"))))
    seen = overview(ANTHROPIC, handler_pages(ANTHROPIC, found.views), found.views[Lane.TODAY])
    assert [("0.4.0",), ("0.3.0",)] == [column.versions for column in seen.columns]
    assert {(HandlerOutcome.MISSED, HandlerOutcome.RIGHT)} == {cells for _, cells in seen.rows}
    assert len(ANTHROPIC.handlers) == len(seen.rows)


def test_a_release_whose_lanes_decide_differently_does_not_count_as_retrying() -> None:
    """What depends on the day of the installation is nothing to rely on."""
    lanes = {
        ("0.3.0", Lane.AS_RELEASED): result(decided("retry")),
        ("0.3.0", Lane.TODAY): result(decided("crashed: ModuleNotFoundError")),
    }
    assert (0, 1, 1) == (lambda one: (one.retries, one.crashed, one.releases))(row(lanes, "connection"))


def test_the_handler_that_is_right_most_often_comes_first() -> None:
    """By the whole catalogue, then by name."""
    seen = decided("fail")
    decisions = dict.fromkeys(ANTHROPIC.handlers, "fail") | {"str-text": "retry"}
    seen[OVERLOADED] = msgspec.structs.replace(seen[OVERLOADED], handlers=decisions)
    first, *others = (one.handler.id for one in handler_pages(ANTHROPIC, known(both("0.3.0", result(seen))).views))
    assert ("str-text", sorted(others)) == (first, others)


def test_the_remedy_is_counted_by_whether_events_can_be_watched() -> None:
    """One that is wrong for no reason that is known is named, in large letters."""
    found = remedy_of(both("0.3.0", result({OVERLOADED: decided("fail")[OVERLOADED]})))
    assert (2, 2, 0, (), ()) == (
        found.watched, found.watched_right, found.unwatched, found.limits, found.unexplained
    )  # fmt: skip
    wrong = both("0.3.0", result({OVERLOADED: decided("fail", RemedyResult(outcome="passed"))[OVERLOADED]}))
    assert ("mid-overloaded_error on messages.create of 0.3.0",) == remedy_of(wrong).unexplained
    site = dict(render.site(source(wrong))[1])
    assert "wrong for an unknown reason" in site["handlers/remedy/index.html"].decode()


def test_where_the_remedy_cannot_be_right_the_reason_is_given_with_its_counts() -> None:
    """An error that the SDK drops is a stream that ends too early, and no more."""
    dropped = Call(SURFACE, "data-only")
    seen = Observation(
        outcome=Outcome.COMPLETED, remedy=RemedyResult(outcome="failed", retryable=True, text="some"), requests=1
    )
    silent = Call("messages.stream.get_final_text", "eof-mid")
    found = remedy_of(both("0.3.0", result({dropped: seen, silent: Observation(outcome=Outcome.COMPLETED)})))
    assert [(ANTHROPIC.remedy_limits[0], 2, 1, ("eof-mid",)), (ANTHROPIC.remedy_limits[1], 2, 1, ("data-only",))] == [
        (one.limit, one.observations, one.releases, one.scenarios) for one in found.limits
    ]
    assert (2, 0) == (found.unwatched, found.unwatched_right)


def test_the_remedy_promises_nothing_before_0_3() -> None:
    """There, events are dictionaries, and exceptions have no body."""
    found = remedy_of(both("0.2.9", result(decided("fail", RemedyResult(outcome="passed")))))
    assert (0, 0) == (found.watched, found.unwatched)


def test_a_site_of_nothing_is_a_site() -> None:
    """It says less, and breaks nothing."""
    site = dict(render.site(source({}))[1])
    assert "Nothing was measured" in site["index.html"].decode()
    assert "not measured: do not trust this site" in site["about/index.html"].decode()


def test_calls_that_need_an_extra_are_shown_with_their_release(tmp_path: Path) -> None:
    """They were played in an environment of their own, and are calls of the release all the same."""
    store = Store(tmp_path, ANTHROPIC)
    plain = Cell("1.0.0", Lane.TODAY, PYTHON)
    more = Call("aiohttp.messages.create-async", "eof-mid")
    with store.writing():
        store.put_releases({"1.0.0": release("1.0.0", 1)})
        store.put(plain, msgspec.structs.replace(result(behaviour()), suite=ANTHROPIC.digest))
        other = result({more: Observation(outcome=Outcome.COMPLETED, requests=1)})
        extra = msgspec.structs.replace(plain, extra="aiohttp")
        store.put(extra, msgspec.structs.replace(other, suite=ANTHROPIC.digest))
    found = render.read_source(store)
    today = coverage(Lane.TODAY, list(found.releases.values()), found)
    assert (1, len(behaviour()) + 1) == (today.tested, today.observations)
