"""The files that say which pages there are, and the page for addresses that lead nowhere."""

import datetime as dt

import pytest

from matrix.site.wayfinding import wayfinding
from tests.site.test_report import behaviour as seen
from tests.site.test_report import both, result, source
from tests.site.test_site import files

DAY = dt.date(2026, 1, 2)


def test_a_site_of_a_known_address_has_a_sitemap() -> None:
    """Absolute, in order; with the day of the data where a page is about all of it."""
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


def test_a_site_of_no_known_address_has_none() -> None:
    """Its addresses could not be absolute."""
    assert {"robots.txt": b"User-agent: *\nAllow: /\n"} == dict(wayfinding(["index.html"], "", DAY))


@pytest.mark.parametrize(
    ("base", "top"), [("", "/"), ("https://example.org/", "/"), ("https://example.org/site/", "/site/")]
)
def test_what_leads_nowhere_leads_on(base: str, top: str) -> None:
    """By addresses from the root of the host, for the page is served at any depth; and nobody is to find it."""
    site = files(source(both("0.2.0", result(seen()))), base)
    page = site["404.html"].decode()
    assert f'href="{top}releases/0.2.0/#mid-overloaded_error"' in page
    assert f'href="{top}static/site.css"' in page
    assert 'href="../' not in page
    assert "canonical" not in page
    assert b"404" not in site.get("sitemap.xml", b"")
