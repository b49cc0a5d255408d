"""What the page says of handlers, of the remedy and of the catalogue: counted from observations, never assumed."""

from pathlib import Path

import msgspec

from matrix.decisions import LIMITS, Worth, handlers
from matrix.model import Call, Cell, Explained, Lane, Observation, Outcome
from matrix.report import render
from matrix.report.handling import HANDLED, HandlerRow
from matrix.report.view import Page
from matrix.scenarios import CATALOGUE
from matrix.store import Store
from matrix.suite import digest
from matrix.verdict import Kind, Yardstick
from tests.test_report import PYTHON, SURFACE, behaviour, both, page, release, result

OVERLOADED = Call(SURFACE, "mid-overloaded_error")
RIGHT = Explained(
    outcome="failed", status=529, error_type="overloaded_error", retryable=True, request_id="req", text="some"
)


def decided(decision: str, remedy: Explained | None = RIGHT) -> dict[Call, Observation]:
    """What a release might do, with a decision of every handler on the overloaded error."""
    seen = behaviour()
    decisions = dict.fromkeys(handlers(), decision)
    seen[OVERLOADED] = msgspec.structs.replace(seen[OVERLOADED], handlers=decisions, remedy=remedy)
    return seen


def row(found: Page, id_: str) -> HandlerRow:
    """The row of one handler."""
    return next(one for one in found.handlers if one.handler.id == id_)


def test_every_handler_has_a_row_with_its_source() -> None:
    """What was run is what is shown."""
    found = page(both("0.3.0", result(decided("retry"))))
    assert sorted(handlers()) == sorted(one.handler.id for one in found.handlers)
    html = render.render(found)
    assert "except anthropic.OverloadedError:" in html
    assert "def explain(error" in html


def test_a_handler_is_counted_by_what_its_decision_is_worth_on_the_newest_release() -> None:
    """And by release, on the overloaded error: where it retries, and where it crashes."""
    found = page(
        both("0.3.0", result(decided("retry")))
        | both("0.4.0", result(decided("crashed: AttributeError")))
        | both("0.5.0", result(decided("fail")))
    )
    one = row(found, "class-overloaded")
    assert {Worth.MISSED: 1} == one.worths
    assert ("fail", Worth.MISSED) == msgspec.structs.astuple(one.decided[HANDLED[0]])
    assert (1, 1, 3) == (one.retries, one.crashes, one.releases)


def test_a_release_whose_lanes_decide_differently_does_not_count_as_retrying() -> None:
    """What depends on the day of the installation is nothing to rely on."""
    lanes = {
        ("0.3.0", Lane.AS_RELEASED): result(decided("retry")),
        ("0.3.0", Lane.TODAY): result(decided("crashed: ModuleNotFoundError")),
    }
    assert (0, 1, 1) == (lambda one: (one.retries, one.crashes, one.releases))(row(page(lanes), "connection"))


def test_the_handler_that_is_right_most_often_comes_first() -> None:
    """By the whole catalogue, then by name."""
    seen = decided("fail")
    decisions = dict.fromkeys(handlers(), "fail") | {"str-text": "retry"}
    seen[OVERLOADED] = msgspec.structs.replace(seen[OVERLOADED], handlers=decisions)
    found = page(both("0.3.0", result(seen)))
    assert "str-text" == found.handlers[0].handler.id
    assert sorted(one.handler.id for one in found.handlers[1:]) == [one.handler.id for one in found.handlers[1:]]


def test_the_remedy_is_counted_by_whether_events_can_be_watched() -> None:
    """One that is wrong for no reason that is known is named, in large letters."""
    found = page(both("0.3.0", result({OVERLOADED: decided("fail")[OVERLOADED]}))).remedied
    assert (2, 2, 0, (), ()) == (
        found.watched, found.watched_right, found.unwatched, found.limits, found.unexplained
    )  # fmt: skip
    wrong = page(both("0.3.0", result({OVERLOADED: decided("fail", Explained(outcome="passed"))[OVERLOADED]})))
    assert ("mid-overloaded_error on messages.create of 0.3.0",) == wrong.remedied.unexplained
    assert "not right for no known reason" in render.render(wrong)


def test_where_the_remedy_cannot_be_right_the_reason_is_given_with_its_counts() -> None:
    """An error that the SDK drops is a stream that ends too early, and no more."""
    dropped = Call(SURFACE, "data-only")
    seen = Observation(
        outcome=Outcome.COMPLETED, remedy=Explained(outcome="failed", retryable=True, text="some"), requests=1
    )
    silent = Call("messages.stream.get_final_text", "eof-mid")
    found = page(both("0.3.0", result({dropped: seen, silent: Observation(outcome=Outcome.COMPLETED)}))).remedied
    assert [(LIMITS[0], 2, 1, ("eof-mid",)), (LIMITS[1], 2, 1, ("data-only",))] == [
        (one.limit, one.observations, one.releases, one.scenarios) for one in found.limits
    ]
    assert (2, 0) == (found.unwatched, found.unwatched_right)


def test_the_remedy_promises_nothing_before_0_3() -> None:
    """There, events are dictionaries, and exceptions have no body."""
    found = page(both("0.2.9", result(decided("fail", Explained(outcome="passed"))))).remedied
    assert (0, 0) == (found.watched, found.unwatched)


def test_the_catalogue_is_shown_whole_with_what_the_newest_release_makes_of_it() -> None:
    """Every scenario by family, in the words of the matrix."""
    found = page(both("0.3.0", result(behaviour(typed=True))))
    assert list(CATALOGUE) == [entry.scenario.id for _, entries in found.families for entry in entries]
    assert found.newest is not None
    scored = found.newest.scored["mid-overloaded_error"]
    assert {Yardstick.DOCUMENTED: Kind.WRONG, Yardstick.MAINTAINERS: Kind.RIGHT} == scored.verdicts
    assert set(CATALOGUE) == set(found.newest.scored)


def test_a_page_without_a_measured_newest_release_is_a_page() -> None:
    """It says less, and breaks nothing."""
    found = page({})
    assert found.newest is None
    assert "The catalogue" in render.render(found)


def test_calls_that_need_an_extra_are_shown_with_their_release(tmp_path: Path) -> None:
    """They were played in an environment of their own, and are calls of the release all the same."""
    store = Store(tmp_path)
    plain = Cell("1.0.0", Lane.TODAY, PYTHON)
    more = Call("aiohttp.messages.create-async", "eof-mid")
    with store.writing():
        store.put_releases({"1.0.0": release("1.0.0", 1)})
        store.put(plain, msgspec.structs.replace(result(behaviour()), suite=digest()))
        other = result({more: Observation(outcome=Outcome.COMPLETED, requests=1)})
        extra = msgspec.structs.replace(plain, extra="aiohttp")
        store.put(extra, msgspec.structs.replace(other, suite=digest()))
    coverage = {one.lane: one for one in render.load(store).coverage}
    assert (1, len(behaviour()) + 1) == (coverage[Lane.TODAY].tested, coverage[Lane.TODAY].observations)
