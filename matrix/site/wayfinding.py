"""The sitemap, and robots.txt that names it. Pure.

Formats: the sitemap protocol 0.9, and RFC 9309.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final
from xml.etree import ElementTree as ET

from matrix.targets.target import Target

NOT_FOUND: Final = "404.html"
"""The page for an address that leads nowhere. It is served at any address, so nothing in it is relative."""

SITEMAP: Final = "sitemap.xml"

_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"


def path_in_default(target: Target, path: str, is_built: bool) -> str:
    """Return the path of a page of the default target's site from the root of a target's; empty if it is not built."""
    return "../" * target.site_path.count("/") + path if is_built else ""


def wayfinding(pages: Iterable[str], base: str, day: dt.date | None) -> Iterator[tuple[str, bytes]]:
    """Make the sitemap and robots.txt, each with its path.

    Args:
        pages: The paths of all pages.
        base: The address of the site, with a slash at its end; empty if it is not known, and then there is no sitemap,
            whose addresses have to be absolute.
        day: The day of the data.
    """
    robots = "User-agent: *\nAllow: /\n"
    if base:
        yield SITEMAP, _sitemap(pages, base, day)
        robots += f"\nSitemap: {base}{SITEMAP}\n"
    yield "robots.txt", robots.encode()


def _sitemap(pages: Iterable[str], base: str, day: dt.date | None) -> bytes:
    ET.register_namespace("", _SITEMAP)
    urls = ET.Element(f"{{{_SITEMAP}}}urlset")
    for path in sorted(pages):
        url = ET.SubElement(urls, f"{{{_SITEMAP}}}url")
        ET.SubElement(url, f"{{{_SITEMAP}}}loc").text = f"{base}{path.removesuffix('index.html')}"
        # A page about all releases changes with each day of data. For a page about one thing, the day is not recorded.
        if day is not None and path.count("/") <= 1:
            ET.SubElement(url, f"{{{_SITEMAP}}}lastmod").text = day.isoformat()
    ET.indent(urls)
    written: bytes = ET.tostring(urls, encoding="utf-8")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + written + b"\n"
