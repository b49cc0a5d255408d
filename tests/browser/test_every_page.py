"""Properties of every kind of page, for all readers; new kinds of pages are found by themselves."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Page

from tests.browser.built import TELLING, Built
from tests.browser.visiting import HEIGHT, Visits
from tests.support.paths import ROOT

# One test visits every kind of page, with thousands of elements each.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
"""Read in the test, because other tests need no axe-core."""

WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WINDOW: Final = 1400
DESK: Final = 2560
NARROW: Final = 320
"""The width of a small phone, and of an ordinary window that is magnified four times."""

LAY_OUT: Final = "document.querySelectorAll('main > section').forEach(each => each.style.contentVisibility = 'visible')"
"""Lay out what the first page lays out only when it comes near: before that, axe can't measure its parts."""

EMPTY_TABLES: Final = """[...document.querySelectorAll("main table")]
    .filter(table => table.checkVisibility() && table.querySelector("tbody tr"))
    .filter(table => ![...table.querySelectorAll("tbody tr")].some(row => row.checkVisibility()))
    .map(table => table.caption?.textContent ?? table.className)"""


def violations(page: Page) -> Iterator[str]:
    """List the success criteria of WCAG 2.2 A and AA that a page misses, each with its first elements."""
    page.evaluate(LAY_OUT)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    run = "async tags => (await axe.run({runOnly: tags, resultTypes: ['violations']})).violations"
    for violation in page.evaluate(run, WCAG):
        elements = [str(node["target"][0]) for node in violation["nodes"]]
        yield f"{violation['id']}: {len(elements)}, such as {', '.join(elements[:5])}"


def empty_tables(page: Page) -> Iterator[str]:
    """List the tables whose rows are hidden, such as by the style of another table."""
    for table in page.evaluate(EMPTY_TABLES):
        yield f"no row of the table {table!r} is shown"


def scrolled(page: Page) -> Iterator[str]:
    """Say by how much a page scrolls to the side, which only a region of it may."""
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if beyond:
        yield f"scrolls by {beyond} pixels to the side"


def test_pages_in_a_window(visit: Visits, site: Built) -> None:
    """Check WCAG 2.2 AA with axe, the tables, and the widest screen."""
    faults = []
    for path, page in zip(site.kinds, visit.each(map(site.address, site.kinds), width=WINDOW), strict=True):
        faults += [f"{path}: {fault}" for fault in (*violations(page), *empty_tables(page))]
        page.set_viewport_size({"width": DESK, "height": HEIGHT})
        faults += [f"{path}: {fault} at {DESK} pixels" for fault in scrolled(page)]
        page.set_viewport_size({"width": WINDOW, "height": HEIGHT})
    assert [] == faults


def test_pages_in_the_dark_on_a_phone(visit: Visits, site: Built) -> None:
    """Check axe on the pages that have every part of a page: the first of each kind has the same style."""
    telling = {"index.html", "handlers/index.html", "changes/index.html", "compare/index.html", *TELLING}
    pages = visit.each(map(site.address, site.kinds), width=NARROW, scheme="dark")
    faults = []
    for path, page in zip(site.kinds, pages, strict=True):
        found = (*scrolled(page), *(violations(page) if path in telling else ()))
        faults += [f"{path}: {fault}" for fault in found]
    assert telling <= {*site.kinds}
    assert [] == faults


def test_pages_without_a_script(visit: Visits, site: Built) -> None:
    """Check for a heading, text below it, and the rows of tables."""
    for path, page in zip(site.kinds, visit.each(map(site.address, site.kinds), script=False), strict=True):
        main = page.locator("main")
        assert 1 == main.locator("h1").count(), path
        assert main.locator("h1").inner_text() != main.inner_text(), path
        assert [] == list(empty_tables(page)), path
