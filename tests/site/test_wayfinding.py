"""The sitemap, and the page for addresses without a page."""

import datetime as dt

import pytest

from matrix.site.wayfinding import wayfinding
from tests.site.test_report import behaviour, in_both_lanes, result, source
from tests.site.test_site import files

DAY = dt.date(2026, 1, 2)


def test_a_site_with_a_public_address_has_a_sitemap() -> None:
    """Check absolute addresses in order, with the day of the data."""
    written = dict(wayfinding(["releases/1.0/index.html", "index.html"], "https://example.org/site/", DAY))
    assert [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
        "  <url>",
        "    <loc>https://example.org/site/</loc>",
        "    <lastmod>2026-01-02</lastmod>",
        "  </url>",
        "  <url>",
        "    <loc>https://example.org/site/releases/1.0/</loc>",
        "  </url>",
        "</urlset>",
    ] == written["sitemap.xml"].decode().splitlines()
    assert "\nSitemap: https://example.org/site/sitemap.xml\n" in written["robots.txt"].decode()


def test_a_site_without_a_public_address_has_no_sitemap() -> None:
    """Check that it would have no absolute addresses."""
    assert {"robots.txt": b"User-agent: *\nAllow: /\n"} == dict(wayfinding(["index.html"], "", DAY))


@pytest.mark.parametrize(
    ("base", "top"), [("", "/"), ("https://example.org/", "/"), ("https://example.org/site/", "/site/")]
)
def test_the_404_page_links_to_the_site(base: str, top: str) -> None:
    """Check links from the root, because it is served at any depth, and that search engines skip it."""
    site = files(source(in_both_lanes("0.2.0", result(behaviour()))), base)
    page = site["404.html"].decode()
    assert f'href="{top}releases/0.2.0/#mid-overloaded_error"' in page
    assert f'href="{top}static/site.css"' in page
    assert 'href="../' not in page
    assert "canonical" not in page
    assert b"404" not in site.get("sitemap.xml", b"")
