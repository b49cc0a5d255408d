"""The page for readers who arrive with the error message, on a desk and on a phone, with and without scripts."""

import pytest

from tests.browser.built import Built
from tests.browser.test_sdks import SIDEWAYS
from tests.browser.visiting import Visits
from tests.support.paths import ROOT

pytestmark = pytest.mark.browser

PAGE = "fix/index.html"


@pytest.mark.parametrize("width", [320, 360, 1440])
def test_nothing_needs_to_be_scrolled_sideways(visit: Visits, site: Built, width: int) -> None:
    """Check the page, and each table in it."""
    page = visit(site.address(PAGE), width=width)
    assert 0 == page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert [] == page.evaluate(SIDEWAYS)


def test_the_first_page_leads_to_the_fix(visit: Visits, site: Built) -> None:
    """It takes two actions, also without scripts."""
    page = visit(site.address("index.html"), script=False)
    page.get_by_role("link", name="Confirm it, and copy the fix").click()
    page.wait_for_url("**/fix/")
    page.locator(".lead").get_by_role("link", name="copy the fix").click()
    assert page.get_by_role("heading", name="What is the fix?").is_visible()
    assert page.get_by_role("link", name="Download remedy.py").is_visible()


def test_the_remedy_is_downloaded(visit: Visits, site: Built) -> None:
    """Its name and its text are those of the file in the repository."""
    page = visit(site.address(PAGE))
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download remedy.py").click()
    assert "remedy.py" == waiting.value.suggested_filename
    assert (ROOT / "midstream" / "remedy.py").read_bytes() == waiting.value.path().read_bytes()


def test_the_structured_data_is_no_script_to_the_browser(visit: Visits, site: Built) -> None:
    """The content security policy reports nothing, which the fixture checks, and the browser can read the data."""
    page = visit(site.address(PAGE))
    kind = page.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').text)['@type']")
    assert "FAQPage" == kind
