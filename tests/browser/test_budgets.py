"""Limits for the compressed size of pages. Times are not tested: they depend on the machine."""

import gzip
import io
import re
from functools import cache
from posixpath import join, normpath

import pytest
from lxml import html
from PIL import Image

from tests.browser.built import Built
from tests.browser.trees import strings

pytestmark = pytest.mark.slow

KB = 1000
FIRST = 150 * KB
"""The first page with everything that it loads."""
PAGE = 120 * KB
"""Any page."""
EVIDENCE = 40 * KB
"""What a reader loads to see one scenario: its document, and that of the runs."""
SCRIPTS = 50 * KB
"""All scripts."""
CARD = 60 * KB
"""The picture of a shared link."""


@cache
def weight(site: Built, path: str) -> int:
    """Return the size of a file in transit; fonts and pictures are not compressed."""
    data = site.read(path)
    return len(data) if path.endswith((".woff2", ".png")) else len(gzip.compress(data, 6))


def test_the_first_page_is_light(site: Built) -> None:
    """Check it with its style, scripts and fonts."""
    page = html.document_fromstring(site.read("index.html"))
    asked = set(strings(page, "//script/@src | //link[@rel='stylesheet']/@href"))
    for style in [path for path in asked if path.endswith(".css")]:
        fonts = re.findall(r"url\(([^)]+)\)", site.read(style).decode())
        asked |= {normpath(join(style, "..", font.strip("\"'"))) for font in fonts}
    weights = {path: weight(site, path) for path in ("index.html", *sorted(asked))}
    assert sum(weights.values()) <= FIRST, weights


def test_no_page_is_heavy(site: Built) -> None:
    """Check every page."""
    heavy = {path: weight(site, path) for path in site.pages}
    assert {} == {path: bytes_ for path, bytes_ in heavy.items() if bytes_ > PAGE}


def test_evidence_is_light(site: Built) -> None:
    """Check every document."""
    runs = weight(site, "evidence/releases.json")
    documents = {path: weight(site, path) for path in site.files if re.fullmatch(r"evidence/.*\.json", path)}
    assert {} == {path: bytes_ for path, bytes_ in documents.items() if bytes_ + runs > EVIDENCE}


def test_scripts_are_small(site: Built) -> None:
    """Check all of them together."""
    weights = {path: weight(site, path) for path in site.files if path.endswith(".js")}
    assert sum(weights.values()) <= SCRIPTS, weights


def test_the_card_has_the_size_that_the_layout_names(site: Built) -> None:
    """Check that it is light."""
    assert (1200, 630) == Image.open(io.BytesIO(site.read("static/card.png"))).size
    assert weight(site, "static/card.png") <= CARD
