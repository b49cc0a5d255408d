"""The page that compares all targets, on a desk and on a phone, with and without scripts."""

import pytest
from playwright.sync_api import expect

from matrix.catalogue.headlines import HEADLINES
from tests.browser.built import Built
from tests.browser.visiting import Visits

pytestmark = pytest.mark.browser

PAGE = "sdks/index.html"
SIDEWAYS = """[...document.querySelectorAll("main .scroll")]
    .filter(region => region.scrollWidth > region.clientWidth).map(region => region.ariaLabel)"""
"""The regions that a reader has to scroll sideways."""


@pytest.mark.parametrize("width", [360, 1440])
def test_no_answer_needs_to_be_scrolled_sideways(visit: Visits, site: Built, width: int) -> None:
    """Open every failure, and look at each table."""
    page = visit(site.address(PAGE), width=width)
    page.evaluate("document.querySelectorAll('details').forEach(entry => entry.open = true)")
    expect(page.locator("#failures table")).to_have_count(len(HEADLINES))
    assert [] == page.evaluate(SIDEWAYS)
    assert [] == visit(site.address("sdks/failures.html"), width=width).evaluate(SIDEWAYS)


def test_what_is_folded_is_loaded_when_it_opens(visit: Visits, site: Built) -> None:
    """Before that, the page has few elements; what is loaded leads to the same places as on its own page."""
    page = visit(site.address(PAGE), width=1440)
    assert page.locator("*").count() < 3_000
    page.locator("#cut summary").click()
    expect(page.locator("#cut table")).to_be_visible()
    addresses = "(links => links.map(link => link.href))"
    loaded = page.locator("#cut a").evaluate_all(addresses)
    assert loaded
    page.locator("#cut summary").click()
    page.locator("#cut summary").click()
    assert 1 == page.locator("#cut table").count()
    own = visit(site.address("sdks/failures.html"), width=1440)
    assert loaded == own.locator("#cut a").evaluate_all(addresses)


def test_a_desk_shows_everything_and_a_phone_one_failure_at_a_time(visit: Visits, site: Built) -> None:
    """The first failure is open; a reader opens another, also without scripts."""
    assert visit(site.address(PAGE), width=1440, script=False).locator("#overview").is_visible()
    page = visit(site.address(PAGE), width=360, script=False)
    assert not page.locator("#overview").is_visible()
    shown = {id_: page.locator(f"#{id_} table").is_visible() for id_ in HEADLINES}
    assert ["overloaded-mid"] == [id_ for id_, is_visible in shown.items() if is_visible]
    page.locator("#cut summary").click()
    page.locator("#cut a").click()
    page.wait_for_url("**/sdks/failures.html#cut")
    assert page.locator("#cut table").is_visible()


def test_the_name_of_a_failure_opens_it(visit: Visits, site: Built) -> None:
    """Follow the link in the head of the overview."""
    page = visit(site.address(PAGE), width=1440)
    page.locator("#overview thead a", has_text="Server stops sending").click()
    expect(page.locator("#stall table")).to_be_visible()


def test_an_outcome_leads_to_its_evidence(visit: Visits, site: Built) -> None:
    """The evidence is open on the page of the release."""
    page = visit(site.address(PAGE), width=1440)
    page.locator("#overview tbody tr").first.locator("td a").first.click()
    page.wait_for_url("**/releases/*/#mid-overloaded_error")
    expect(page.locator("dialog")).to_contain_text("Play it again")
