"""What a page may weigh on the wire, compressed as hosts of static files do it. No times: those are a machine's."""

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
"""The first page with all that it asks for."""
PAGE = 300 * KB
"""Any page."""
SCRIPTS = 30 * KB
"""All scripts there are."""
CARD = 60 * KB
"""The picture of a link that somebody shares; some readers of it want less than others."""


@cache
def weight(site: Built, path: str) -> int:
    """Bytes of a file on the wire; fonts and pictures are compressed as they are."""
    data = site.read(path)
    return len(data) if path.endswith((".woff2", ".png")) else len(gzip.compress(data, 6))


def test_the_first_page_is_light(site: Built) -> None:
    """With its style, its scripts and its fonts."""
    page = html.document_fromstring(site.read("index.html"))
    asked = set(strings(page, "//script/@src | //link[@rel='stylesheet']/@href"))
    for style in [path for path in asked if path.endswith(".css")]:
        fonts = re.findall(r"url\(([^)]+)\)", site.read(style).decode())
        asked |= {normpath(join(style, "..", font.strip("\"'"))) for font in fonts}
    weights = {path: weight(site, path) for path in ("index.html", *sorted(asked))}
    assert sum(weights.values()) <= FIRST, weights


def test_no_page_is_heavy(site: Built) -> None:
    """Nobody waits for one."""
    heavy = {path: weight(site, path) for path in site.pages}
    assert {} == {path: bytes_ for path, bytes_ in heavy.items() if bytes_ > PAGE}


def test_scripts_are_small(site: Built) -> None:
    """All of them together."""
    weights = {path: weight(site, path) for path in site.files if path.endswith(".js")}
    assert sum(weights.values()) <= SCRIPTS, weights


def test_the_card_is_what_the_layout_says(site: Built) -> None:
    """Of the size for which it is shown large, and light."""
    assert (1200, 630) == Image.open(io.BytesIO(site.read("static/card.png"))).size
    assert weight(site, "static/card.png") <= CARD
