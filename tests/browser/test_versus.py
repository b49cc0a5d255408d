"""The comparison of two packages on the page of all SDKs: of hostile data, and of the data of another target."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from matrix.catalogue.headlines import HEADLINES
from tests.browser import hostile
from tests.browser.built import Built, build
from tests.browser.serving import served
from tests.browser.visiting import Visits
from tests.miniature import drive
from tests.support.paths import DATA

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def two_sites(shared: Path) -> Iterator[Built]:
    """Build the sites of two targets."""
    folder = drive.once(shared / "two-sites", _build)
    with served(folder / "site") as origin:
        yield Built(folder / "site", origin)


def _build(folder: Path) -> None:
    hostile.write(folder / "data" / "anthropic")
    shutil.copytree(DATA.parent / "groq", folder / "data" / "groq")
    build(folder / "data" / "anthropic", folder / "site", "--all-targets")


@pytest.mark.parametrize("width", [1440, 360])
def test_two_packages_are_compared_by_every_failure(visit: Visits, two_sites: Built, width: int) -> None:
    """The address names the two releases, and a link leads to the evidence on the site of the other package."""
    page = visit(f"{two_sites.address('sdks/index.html')}?a=anthropic&a-release=0.2&b=groq", width=width)
    rows = page.locator("[data-versus] tbody tr")
    rows.first.wait_for()
    assert len(HEADLINES) == rows.count()
    assert "anthropic 0.2.0 and groq " in page.locator("[data-versus] [data-status]").inner_text()
    assert {"a": "anthropic", "a-release": "0.2.0", "b": "groq"}.items() <= page.evaluate(
        "Object.fromEntries(new URLSearchParams(location.search))"
    ).items()
    assert 0 == page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    rows.first.locator("td a").last.click()
    page.wait_for_url("**/targets/groq/releases/*/#mid-over_capacity")


def test_another_package_brings_its_newest_release(visit: Visits, two_sites: Built) -> None:
    """A release that was not measured is refused, and the old comparison does not stay."""
    page = visit(two_sites.address("sdks/index.html"))
    page.locator("[data-versus] tbody tr").first.wait_for()
    page.locator("[name=a]").select_option("groq")
    expect(page.locator("[name=a-release]")).to_have_value(page.locator("[name=b-release]").input_value())
    page.locator("[name=a-release]").fill("999")
    page.locator("[name=a-release]").press("Enter")
    page.locator("[data-versus] [data-status]", has_text="No measured release of groq is “999”").wait_for()
    assert 0 == page.locator("[data-versus] table").count()
