"""The page of each transition: its sentence, its code before and after, and the handlers that it affects."""

import re

import pytest

from matrix.model import Lane
from matrix.site import render
from matrix.site.changes.pages import Impact, TransitionPage, transition_pages
from matrix.site.charts.chart import Charts
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, TARGETS
from tests.site.test_report import behaviour, in_both_lanes, links, result, source
from tests.support.paths import DATA

Pages = dict[tuple[Lane, str], TransitionPage]


def pages_of(known: EpochViews) -> Pages:
    """Lay out the pages of a target, by lane and release."""
    return {(page.lane, page.row.after): page for page in transition_pages(known, Charts(known).of_failures())}


@pytest.fixture(scope="module")
def real() -> EpochViews:
    """Read the committed data."""
    return view_epochs(render.read_source(Store(DATA, ANTHROPIC)))


@pytest.fixture(scope="module")
def pages(real: EpochViews) -> Pages:
    """Lay out the pages of the committed data."""
    return pages_of(real)


@pytest.mark.parametrize(
    ("version", "impact", "sentence"),
    [
        ("0.87.0", Impact.IMPROVES, "error.type appears (594 calls)"),
        (
            "1.0.0",
            Impact.BREAKS,
            "no longer possible: completions.create(-async); no longer caught as httpx.HTTPError (84 calls)",
        ),
        ("0.3.0", Impact.BREAKS, "the release cannot be imported; 0.2.10 can"),
        ("0.3.2", Impact.IMPROVES, "the release can be imported; 0.3.1 cannot"),
        ("0.122.0", Impact.DETAILS, "str() of the error differs (2 calls)"),
        ("0.55.0", Impact.DETAILS, "40 calls are missing or flaky in one of the two"),
    ],
)
def test_a_sentence_says_what_changes(pages: Pages, version: str, impact: Impact, sentence: str) -> None:
    """Check changes of each kind, with today's dependencies."""
    page = pages[Lane.TODAY, version]
    assert (impact, sentence) == (page.impact, page.sentence)


def test_every_transition_has_a_page(real: EpochViews, pages: Pages) -> None:
    """Check both lanes, and that each page leads to the one before it and after it."""
    for lane, history in real.histories.items():
        versions = [transition.after for transition in history.transitions]
        assert set(versions) == {version for of, version in pages if of is lane}
        newer = [page.newer[0] if (page := pages[lane, version]).newer else None for version in versions]
        older = [page.older[0] if (page := pages[lane, version]).older else None for version in versions]
        assert ([*versions[1:], None], [None, *versions[:-1]]) == (newer, older)


def test_code_shows_the_exception_before_and_after(pages: Pages) -> None:
    """Check the lines of a change of an attribute, and which of them differ."""
    code = pages[Lane.TODAY, "0.87.0"].code
    assert code
    assert "except anthropic.APIStatusError as error:" == code.before[0].text == code.after[0].text
    changed = [[line.text.split() for line in lines if line.differs] for lines in (code.before, code.after)]
    assert [["error.type", "#", "no", "such", "attribute"]] == changed[0]
    assert [["error.type", "#", "overloaded_error"]] == changed[1]


def test_code_is_that_of_the_users_of_a_target() -> None:
    """Check an error of JavaScript, and long texts that differ far behind their beginning."""
    target = TARGETS["anthropic-typescript"]
    known = view_epochs(render.read_source(Store(DATA.parent / target.id, target)))
    code = pages_of(known)[Lane.TODAY, "0.81.0"].code
    assert code
    assert ["} catch (error) {", "  error instanceof APIError", "  error.status   // undefined"] == [
        line.text for line in code.after[:3]
    ]
    litellm = view_epochs(render.read_source(Store(DATA.parent / "litellm", TARGETS["litellm"])))
    for page in pages_of(litellm).values():
        if page.code and page.sentence.startswith("error.message differs"):
            assert [line for line in page.code.before if line.differs], page.path


def test_handlers_are_counted_over_one_denominator(pages: Pages) -> None:
    """Check that no handler is better or worse on more calls than both releases ran it."""
    for page in pages.values():
        for effect in page.handlers:
            assert 0 < effect.better + effect.worse <= page.handled, page.path
    page = pages[Lane.TODAY, "0.87.0"]
    assert [("type-attr", 594, 0)] == [(effect.handler, effect.better, effect.worse) for effect in page.handlers]
    assert (958, 594, 1010) == (page.handled, page.calls, page.compared)


def test_a_page_leads_to_evidence_and_comparison() -> None:
    """Check the links of one page, and which changes the lists name."""
    before, after = (result(behaviour(typed=is_typed)) for is_typed in (False, True))
    site = dict(render.site(source(in_both_lanes("0.2.0", before) | in_both_lanes("0.3.0", after)))[1])
    targets = {
        path: set(links(data.decode()).targets) for path, data in site.items() if re.match("changes/.*html", path)
    }
    evidence = {f"../../../releases/{version}/#mid-overloaded_error" for version in ("0.2.0", "0.3.0")}
    compared = "../../../compare/?a=0.2.0&b=0.3.0"
    assert evidence | {f"{compared}&lane=as-released"} <= targets["changes/as-released/0.3.0/index.html"]
    assert evidence | {compared} <= targets["changes/today/0.3.0/index.html"]
    assert {f"../changes/{lane}/0.3.0/" for lane in Lane} <= targets["changes/index.html"]
    of_today = {target for target in targets["changes/today/index.html"] if "/changes/" in target}
    assert "../../changes/today/0.3.0/" in of_today
    assert "../../changes/as-released/0.3.0/" not in of_today
