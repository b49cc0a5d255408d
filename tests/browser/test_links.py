"""Every link of every page of the site."""

from collections import Counter
from functools import cache
from posixpath import normpath
from typing import Final
from urllib.parse import unquote

import pytest
from lxml import html

from tests.browser.built import BASE, PREFIX, Built
from tests.browser.trees import strings

pytestmark = pytest.mark.slow

ELSEWHERE: Final = ("https://", "data:")
"""Beginnings of addresses outside the site: public pages over TLS, and data in the page itself."""


class ParsedPage:
    """The ids, links and loaded files of a page."""

    def __init__(self, data: bytes) -> None:
        tree = html.document_fromstring(data)
        self.ids = strings(tree, "//@id")
        self.targets = frozenset(strings(tree, "//@href | //@src | //form/@action"))
        self.headings = tree.xpath("count(//main//h1)")
        self.text = tree.xpath("normalize-space(//main//h1/following::text()[ancestor::main][normalize-space()][1])")


@pytest.fixture(scope="module")
def pages(site: Built) -> dict[str, ParsedPage]:
    """Parse every page."""
    return {path: ParsedPage(site.read(path)) for path in site.pages}


def test_no_link_is_broken(site: Built, pages: dict[str, ParsedPage]) -> None:
    """Check files and anchors of the site, and public pages."""
    files, ids = frozenset(site.files), {path: frozenset(page.ids) for path, page in pages.items()}
    broken: dict[str, str] = {}
    for path, page in pages.items():
        for target in sorted(page.targets):
            leads, anchor = _leads(path, target)
            if leads and (leads not in files or (anchor and leads in ids and anchor not in ids[leads])):
                broken.setdefault(f"{leads}#{anchor}", path)
    assert "" == "\n".join(f"{missing}, as in {path}" for missing, path in sorted(broken.items()))


def test_no_two_elements_have_one_id(pages: dict[str, ParsedPage]) -> None:
    """Check that a link has one target."""
    twice = {path: [id_ for id_, count in Counter(page.ids).items() if count > 1] for path, page in pages.items()}
    assert "" == "\n".join(f"{path}: {' '.join(ids)}" for path, ids in twice.items() if ids)


def test_every_page_has_one_heading_and_text_below_it(pages: dict[str, ParsedPage]) -> None:
    """Check the page before any script runs."""
    assert [] == [path for path, page in pages.items() if page.headings != 1 or not page.text]


def _leads(path: str, target: str) -> tuple[str, str]:
    """Return the file of the site, empty for another site, and the anchor of a target."""
    if target.startswith(BASE):
        target = f"{PREFIX}{target.removeprefix(BASE)}"
    if target.startswith(ELSEWHERE):
        return "", ""
    name, _, anchor = target.partition("#")
    return _joined(path.rpartition("/")[0], unquote(name.partition("?")[0])) if name else path, unquote(anchor)


@cache
def _joined(folder: str, name: str) -> str:
    """Return the file of an address, relative to a folder of the site; a folder is its index page."""
    if name.startswith("/"):
        if not name.startswith(PREFIX):
            return name  # an address of the host outside the site's folder is none of our files
        folder, name = "", name.removeprefix(PREFIX)
    return normpath(f"{folder}/{name}/index.html" if name.endswith("/") or not name else f"{folder}/{name}").lstrip("/")
