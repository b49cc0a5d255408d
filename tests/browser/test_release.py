"""The page of a release in use: its answer, its groups, and evidence that is loaded when a reader asks for it."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import hostile
from tests.browser.built import Built
from tests.browser.visiting import Visits

pytestmark = pytest.mark.browser

RELEASE = "releases/0.86.0/index.html"
"""The last release without `error.type`."""


# The answer.


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (360, 800)])
def test_the_first_screen_says_what_a_reset_does(visit: Visits, site: Built, width: int, height: int) -> None:
    """Check the worst fact and the row of the failure, without scrolling."""
    page = visit(site.address(RELEASE), width=width)
    page.set_viewport_size({"width": width, "height": height})
    expect(page.locator(".fact")).to_be_in_viewport()
    expect(page.locator(".fact")).to_contain_text("raises APIStatusError with status_code 200")
    row = page.locator(".headlines tr", has_text="Connection reset")
    expect(row).to_be_in_viewport(ratio=1)
    expect(row).to_contain_text("ReadError")


@pytest.mark.parametrize("path", [RELEASE, "releases/2.14.0/index.html", "releases/2.14.0/bedrock/index.html"])
def test_a_page_is_small_before_anything_is_opened(visit: Visits, site: Built, path: str) -> None:
    """Check its elements, and the number of pages on paper."""
    page = visit(site.address(path))
    assert page.locator("*").count() < 3_000
    assert page.locator("details.group[open]").count() == 0
    assert 0 < _pages(page) <= 4


def _pages(page: Page) -> int:
    """Count the pages on paper."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))


def test_a_group_opens_to_its_scenarios(visit: Visits, site: Built) -> None:
    """Check that it says before whether they agree."""
    page = visit(site.address("releases/2.14.0/index.html"))
    group = page.locator("#g-error-event-of-each-type-after-some-text")
    expect(group.locator("summary")).to_contain_text("all 12")
    group.locator("summary").click()
    expect(group.locator("li")).to_have_count(12)
    expect(page.locator("#g-malformed-error > summary")).not_to_contain_text("all")


def test_a_group_is_loaded_from_a_release_that_behaves_alike(visit: Visits, site: Built) -> None:
    """Check that its scenarios open evidence of this release, and that a failure to load is said."""
    page = visit(site.address("releases/2.12.0/index.html"))
    group = page.locator("#g-stream-just-ends")
    page.route("**/releases/2.14.0/", lambda route: route.fulfill(status=200, body="<p>nothing</p>"))
    group.locator("summary").click()
    expect(group.locator("[role=status]")).to_have_text("They could not be loaded.")
    expect(group.get_by_role("link")).to_have_attribute("href", "../2.14.0/#g-stream-just-ends")
    page.unroute_all()
    group.locator("summary").click()
    group.locator("summary").click()
    group.locator("#eof-mid").click()
    expect(page.locator("dialog")).to_contain_text("matrix run --versions 2.12.0 --scenario eof-mid")


# Evidence.


def test_an_anchor_opens_its_evidence(visit: Visits, site: Built) -> None:
    """Check the permanent link of a cell, and that of another cell without a reload."""
    page = visit(site.address(RELEASE) + "#mid-overloaded_error")
    drawer = page.locator("dialog")
    expect(drawer.locator("h2")).to_have_text("0.86.0 · mid-overloaded_error")
    expect(drawer).to_contain_text("status_code is 200, not 529")
    expect(drawer).to_contain_text("event: error")
    expect(drawer).to_contain_text("handlers: missed")
    expect(drawer).to_contain_text("matrix run --versions 0.86.0 --scenario mid-overloaded_error")
    page.evaluate("location.hash = '#eof-mid'")
    expect(drawer.locator("h2")).to_have_text("0.86.0 · eof-mid")
    expect(drawer).to_contain_text("completed, no exception")


def test_an_anchor_of_an_older_site_names_a_call(visit: Visits, site: Built) -> None:
    """Check a call that ends otherwise than the main call."""
    page = visit(site.address("releases/2.14.0/index.html") + "#block-before-start--messages.stream--today")
    expect(page.locator("dialog h2")).to_have_text("2.14.0 · block-before-start · messages.stream · today")
    expect(page.locator("dialog")).to_contain_text("builtins.IndexError")
    expect(page.locator("dialog")).not_to_contain_text("completed, no exception")


def test_a_client_of_another_service_has_its_own_evidence(visit: Visits, site: Built) -> None:
    """Check that a release leads to the page of the newest one that behaves alike on that client."""
    page = visit(site.address("releases/2.14.0/bedrock/index.html") + "#mid-throttling-exception")
    expect(page.locator("dialog h2")).to_have_text("2.14.0 · bedrock · mid-throttling-exception")
    expect(page.locator("dialog")).to_contain_text(":exception-type: throttlingException")
    page = visit(site.address("releases/2.12.0/index.html"), script=False)
    page.locator("#clients").get_by_role("link", name="AnthropicBedrock", exact=True).click()
    assert page.url.endswith("/releases/2.14.0/bedrock/")
    expect(page.locator("h1")).to_contain_text("–2.14.0")
    expect(page.locator("#mid-throttling-exception")).to_have_count(1)


def test_a_failure_of_the_table_opens_its_evidence(visit: Visits, site: Built) -> None:
    """Check the address, and that Escape and Back close it."""
    page = visit(site.address(RELEASE))
    link = page.locator(".headlines a", has_text="Stream ends in mid-answer")
    link.click()
    drawer = page.locator("dialog")
    expect(drawer).to_contain_text("completed, no exception")
    expect(page).to_have_url(re.compile("#eof-mid$"))
    page.keyboard.press("Escape")
    expect(drawer).not_to_be_visible()
    expect(page).to_have_url(re.compile("/releases/0.86.0/$"))
    expect(link).to_be_focused()
    link.click()
    expect(drawer).to_be_visible()
    page.go_back()
    expect(drawer).not_to_be_visible()


def test_a_part_of_the_page_is_no_scenario(visit: Visits, site: Built) -> None:
    """Check that a link to a section opens no drawer."""
    page = visit(site.address(RELEASE) + "#handlers")
    assert not page.locator("dialog").is_visible()
    page.locator(".about a", has_text="All scenarios").click()
    assert not page.locator("dialog").is_visible()


def test_a_sign_stands_until_evidence_is_loaded(visit: Visits, site: Built) -> None:
    """Check that it goes away."""
    page = visit(site.address(RELEASE))
    held: list[Route] = []
    page.route("**/evidence/reset.json", lambda route: held.append(route))
    page.locator(".headlines a", has_text="Connection reset").click()
    expect(page.locator("dialog [role=status]").first).to_have_text("Loading the evidence …")
    expect(page.locator("dialog [role=status]").first).to_be_in_viewport()
    for route in held:
        route.continue_()
    expect(page.locator("dialog")).to_contain_text("httpx.ReadError")
    expect(page.locator("dialog .loading")).to_have_count(0)


def test_evidence_that_can_not_be_loaded_is_announced(visit: Visits, site: Built) -> None:
    """Check the link to its page, and another attempt."""
    page = visit(site.address(RELEASE))
    page.route("**/evidence/reset.json", lambda route: route.fulfill(status=200, body="no JSON"))
    page.locator(".headlines a", has_text="Connection reset").click()
    alert = page.locator("dialog [role=alert]")
    expect(alert).to_contain_text("The evidence could not be loaded.")
    expect(alert.get_by_role("link")).to_have_attribute("href", site.address("evidence/reset.html"))
    page.unroute_all()
    alert.get_by_role("button", name="Try again").click()
    expect(page.locator("dialog")).to_contain_text("httpx.ReadError")


def test_evidence_can_be_read_without_a_script(visit: Visits, site: Built) -> None:
    """Check that the row of an anchor is in view, and leads to the evidence of this release."""
    page = visit(site.address(RELEASE) + "#eof-mid", script=False)
    expect(page.locator("#eof-mid")).to_be_in_viewport()
    page.locator("#eof-mid").click()
    assert re.search(r"/evidence/eof-mid\.html#[\d.]+$", page.url)
    outcome = page.locator("section:has(:target)")
    expect(outcome.locator(":target")).to_contain_text("–0.86.0")
    expect(outcome).to_contain_text("completed, no exception")
    assert not page.locator("main button").count()


def test_a_page_that_is_opened_from_a_file_links_to_evidence(visit: Visits, site: Built) -> None:
    """Check that nothing is loaded, which a browser refuses there."""
    page = visit((site.folder / RELEASE).as_uri())
    page.locator("#g-stream-just-ends > summary").click()
    page.locator("#eof-mid").click()
    assert "/evidence/eof-mid.html#" in page.url
    expect(page.locator("h1")).to_be_visible()


def test_a_command_and_a_link_are_copied(visit: Visits, site: Built) -> None:
    """Check that this is announced."""
    page = visit(site.address(RELEASE) + "#eof-mid")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    drawer = page.locator("dialog")
    expect(drawer).to_contain_text("Play it again")
    drawer.get_by_role("button", name="Copy link").click()
    expect(drawer.get_by_role("button", name="Copied")).to_be_visible()
    assert page.url == page.evaluate("navigator.clipboard.readText()")
    drawer.get_by_role("button", name="Copy", exact=True).first.click()
    assert "matrix run --versions 0.86.0 --scenario eof-mid --surface messages.create" == page.evaluate(
        "navigator.clipboard.readText()"
    )


@pytest.mark.parametrize("policy", [True, False], ids=["with its policy", "by escaping alone"])
def test_hostile_text_of_evidence_stays_text(visit: Visits, hostile_site: Built, policy: bool) -> None:
    """Check that the drawer shows it, and runs nothing of it."""
    page = visit(hostile_site.address("releases/0.4.0/index.html") + "#mid-overloaded_error", policy=policy)
    drawer = page.locator("dialog")
    expect(drawer).to_contain_text("Play it again")
    assert hostile.MARKUP[0] in (drawer.text_content() or "")
    assert "undefined" == page.evaluate("typeof window.canary")
    assert 0 == drawer.locator("script, script-canary, img, svg").count()
    assert "\u202e" not in (drawer.text_content() or "")
