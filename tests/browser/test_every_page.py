"""What holds for every kind of page: for its readers, whatever they read it with; new kinds are found by themselves."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.browser.built import Built
from tests.browser.visiting import Visits
from tests.support.paths import ROOT

pytestmark = pytest.mark.browser

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
"""Read where it runs: who leaves these tests out need not have it."""
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PHONE = 360
WINDOW = 1400
DESK = 2560


def violations(page: Page) -> Iterator[str]:
    """The success criteria of WCAG 2.2 A and AA that a page misses, each with the first of the elements."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    run = "async tags => (await axe.run({runOnly: tags, resultTypes: ['violations']})).violations"
    for one in page.evaluate(run, WCAG):
        elements = [str(node["target"][0]) for node in one["nodes"]]
        yield f"{one['id']}: {len(elements)}, such as {', '.join(elements[:5])}"


@pytest.mark.timeout(400)  # every kind of page in one test, each with thousands of elements
@pytest.mark.parametrize("width", [PHONE, WINDOW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_is_accessible(visit: Visits, site: Built, scheme: Literal["light", "dark"], width: int) -> None:
    """By WCAG 2.2 AA, as far as a machine can tell."""
    missed = [
        f"{path}: {violation}"
        for path in site.kinds
        for violation in violations(visit(site.address(path), width=width, scheme=scheme))
    ]
    assert "" == "\n".join(missed)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_scrolls_one_way_only(visit: Visits, site: Built, width: int) -> None:
    """What is wider than the window scrolls in a place of its own."""
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    pixels = {path: visit(site.address(path), width=width).evaluate(beyond) for path in site.kinds}
    assert dict.fromkeys(site.kinds, 0) == pixels


def test_says_what_it_says_without_script(visit: Visits, site: Built) -> None:
    """A heading, and text below it."""
    for path in site.kinds:
        main = visit(site.address(path), script=False).locator("main")
        assert 1 == main.locator("h1").count(), path
        assert main.locator("h1").inner_text() != main.inner_text(), path
