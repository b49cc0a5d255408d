"""Properties of every kind of page, for all readers; new kinds of pages are found by themselves."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.built import TELLING, Built
from tests.browser.visiting import Visits
from tests.support.paths import ROOT

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
"""Read in the test, because other tests need no axe-core."""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = 360
WINDOW = 1400
DESK = 2560
NARROW = 320
"""The width of a small phone, and of an ordinary window that is magnified four times."""


def violations(page: Page) -> Iterator[str]:
    """List the success criteria of WCAG 2.2 A and AA that a page misses, each with its first element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    run = "async tags => (await axe.run({runOnly: tags, resultTypes: ['violations']})).violations"
    for violation in page.evaluate(run, WCAG):
        elements = [str(node["target"][0]) for node in violation["nodes"]]
        yield f"{violation['id']}: {len(elements)}, such as {', '.join(elements[:5])}"


@pytest.mark.timeout(400)  # one test visits every kind of page, with thousands of elements each
def test_a_page_is_accessible(visit: Visits, site: Built) -> None:
    """Check WCAG 2.2 AA with axe."""
    missed = [
        f"{path}: {violation}"
        for path in site.kinds
        for violation in violations(visit(site.address(path), width=WINDOW, scheme="light"))
    ]
    assert "" == "\n".join(missed)


@pytest.mark.timeout(400)
def test_a_page_is_accessible_in_the_dark_on_a_phone(visit: Visits, site: Built) -> None:
    """Check it on the pages that have every part of a page: the first of each kind has the same style."""
    pages = ["index.html", "handlers/index.html", "changes/index.html", "compare/index.html", *sorted(TELLING)]
    missed = [
        f"{path}: {violation}"
        for path in pages
        for violation in violations(visit(site.address(path), width=PHONE, scheme="dark"))
    ]
    assert "" == "\n".join(missed)


@pytest.mark.parametrize("width", [NARROW, DESK])
def test_a_page_scrolls_in_one_direction(visit: Visits, site: Built, width: int) -> None:
    """Check that wide content scrolls in its own region."""
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    pixels = {path: visit(site.address(path), width=width).evaluate(beyond) for path in site.kinds}
    assert dict.fromkeys(site.kinds, 0) == pixels


def test_a_page_has_its_text_without_script(visit: Visits, site: Built) -> None:
    """Check for a heading, and text below it."""
    for path in site.kinds:
        main = visit(site.address(path), script=False).locator("main")
        assert 1 == main.locator("h1").count(), path
        assert main.locator("h1").inner_text() != main.inner_text(), path


@pytest.mark.parametrize("script", [True, False])
def test_a_table_that_is_shown_has_rows(visit: Visits, site: Built, *, script: bool) -> None:
    """Check that no style of one table hides the rows of another."""
    empty = """[...document.querySelectorAll("main table")]
        .filter(table => table.checkVisibility() && table.querySelector("tbody tr"))
        .filter(table => ![...table.querySelectorAll("tbody tr")].some(row => row.checkVisibility()))
        .map(table => table.caption?.textContent ?? table.className)"""
    shown = {path: visit(site.address(path), script=script).evaluate(empty) for path in site.kinds}
    assert {} == {path: tables for path, tables in shown.items() if tables}
