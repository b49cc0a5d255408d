"""The pages of handlers in use: bars that lead to their scenarios, another release, the programs of the remedy."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.built import Built
from tests.browser.visiting import Visits

pytestmark = pytest.mark.browser

SET = "[data-way=status-set]"
"""The row of a handler that is right, needless, missed and silent."""


def counts(page: Page, row: str = SET) -> dict[str, int]:
    """Return what a row says: outcome to the number of scenarios."""
    shown = page.locator(f"{row} .counts li:visible").all_inner_texts()
    return {text.split()[-1]: int(text.split()[-2]) for text in shown}


@pytest.mark.parametrize("script", [True, False])
def test_a_count_leads_to_its_evidence(visit: Visits, site: Built, script: bool) -> None:
    """It takes three actions from the bar to what the server sent, also without scripts."""
    page = visit(site.address("handlers/index.html"), script=script)
    missed = counts(page)["missed"]
    page.locator(SET).get_by_role("link", name="missed").click()
    page.wait_for_url("**/handlers/status-set/#missed")
    section = page.locator("#missed")
    expect(section).to_be_in_viewport()
    expect(section.locator("h3")).to_contain_text(f"Missed in {missed} of ")
    assert missed == section.locator(".lately li").count()
    section.locator("summary").first.click()
    link = section.locator(".lately a").first
    scenario = (link.get_attribute("href") or "").partition("#")[2]
    link.click()
    page.wait_for_url(f"**/releases/*/#{scenario}")
    expect(page.locator(f"[id='{scenario}']")).to_be_in_viewport()


def test_a_part_of_a_bar_is_a_link(visit: Visits, site: Built) -> None:
    """Check the widths of the parts, too: they are the shares of the outcomes."""
    page = visit(site.address("handlers/index.html"))
    whole = sum(counts(page).values())
    for outcome, count in counts(page).items():
        width = page.locator(f"{SET} svg [data-outcome={outcome}] rect").get_attribute("width") or ""
        assert pytest.approx(100 * count / whole, abs=0.01) == float(width.removesuffix("%"))
    page.locator(f"{SET} svg [data-outcome=silent]").click()
    page.wait_for_url("**/handlers/status-set/#silent")


def test_another_release_is_chosen(visit: Visits, site: Built) -> None:
    """Check the counts, the order, the address, the evidence, and a reload."""
    page = visit(site.address("handlers/index.html"))
    first = counts(page, "[data-way=type-attr]")
    page.locator("select[name=release]").select_option("0.45.2")
    before = counts(page, "[data-way=type-attr]")
    assert first != before
    assert sum(first.values()) == sum(before.values())
    expect(page).to_have_url(re.compile(r"\?release=0\.45\.2$"))
    expect(page.locator("[data-release]")).to_have_text("0.45.2")
    page.reload()
    expect(page.locator("select[name=release]")).to_have_value("0.45.2")
    assert before == counts(page, "[data-way=type-attr]")
    harms = [
        int(each) for each in page.locator("#by-type [data-way]").evaluate_all("all => all.map(e => e.dataset.harm)")
    ]
    assert sorted(harms) == harms
    page.locator("[data-way=type-attr]").get_by_role("link", name="crashed").click()
    page.wait_for_url(re.compile(r"handlers/type-attr/\?release=0\.45\.2#on-[\d.]+-crashed$"))
    section = page.locator(page.url.partition("#")[2].join(("[id='", "']")))
    expect(section).to_be_visible()
    expect(section).to_contain_text(f"Crashed in {before['crashed']} of {sum(before.values())} scenarios")


def test_the_release_of_the_question_bar_is_shown(visit: Visits, site: Built) -> None:
    """Check that each of them follows the other, also from page to page."""
    page = visit(site.address("handlers/index.html"))
    asked, shown = page.locator(".ask [name=release]"), page.locator("main [name=release]")
    asked.fill("0.45.2")
    expect(shown).to_have_value("0.45.2")
    expect(page.locator("main [data-release]")).to_have_text("0.45.2")
    shown.select_option("0.86.0")
    expect(asked).to_have_value("0.86.0")
    page.locator("nav").get_by_role("link", name="Matrix", exact=True).click()
    expect(page.locator(".ask [name=release]")).to_have_value("0.86.0")
    page.goto(site.address("handlers/index.html"))
    expect(shown).to_have_value("0.86.0")


def test_a_release_that_cannot_be_used_has_a_reason(visit: Visits, site: Built) -> None:
    """Check that the dependencies of its day bring its bars back."""
    page = visit(site.address("handlers/index.html") + "?release=0.28.1")
    expect(page.locator("main [data-status]")).to_contain_text("no call can be made")
    assert {} == counts(page)
    page.get_by_label("Dependencies").select_option("as-released")
    expect(page).to_have_url(re.compile(r"release=0\.28\.1&lane=as-released$"))
    assert "missed" in counts(page)
    page.locator(SET).get_by_role("link", name="missed").click()
    page.wait_for_url(re.compile(r"/status-set/\?release=0\.28\.1#as-released-on-[\d.]+-missed$"))
    expect(page.locator("details.run[open]").last).to_be_in_viewport()


def test_without_a_script_the_newest_release_is_shown(visit: Visits, site: Built) -> None:
    """Check that no form without a function is shown."""
    page = visit(site.address("handlers/index.html"), script=False)
    assert not page.locator("main form").is_visible()
    assert counts(page)["missed"]


@pytest.mark.parametrize("path", ["handlers/remedy/index.html", "fix/index.html"])
@pytest.mark.parametrize("script", [True, False])
def test_a_program_is_chosen_with_the_keyboard(visit: Visits, site: Built, path: str, script: bool) -> None:
    """Check that one program is shown at a time, and that paper has all of them."""
    page = visit(site.address(path), script=script)
    programs = page.locator(".tabs .panels > section")
    page.get_by_role("radio", name="Sync", exact=True).focus()
    for name in ("Async", "Text only", "tenacity", "FastAPI", "Amazon Bedrock"):
        page.keyboard.press("ArrowRight")
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked()
        expect(programs.locator("visible=true").and_(programs)).to_have_count(1)
        expect(page.get_by_role("region", name=name, exact=True)).to_be_visible()
    page.emulate_media(media="print")
    assert all(each.is_visible() for each in programs.all())


def test_a_diff_is_copied_as_it_can_be_applied(visit: Visits, site: Built) -> None:
    """Check that each line keeps its first character, and stands on a line of its own."""
    page = visit(site.address("handlers/status-set/index.html"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#fix").get_by_role("button", name="Copy", exact=True).first.click()
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert ["--- a/status-set.py", "+++ b/status-set.py"] == lines[:2]
    assert "-        if e.status_code in RETRYABLE:" in lines
    assert "+        if explain(e).retryable:" in lines
    assert {"-", "+", " ", "@"} == {line[:1] for line in lines}
