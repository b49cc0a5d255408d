"""Texts of a release or of the index stay text: in pages, documents, paths and terminals."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from lxml import etree, html

from matrix.errors import StoreCorrupt
from matrix.site import render, site_folder
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.browser import hostile
from tests.browser.built import Built
from tests.browser.visiting import Visits

pytestmark = pytest.mark.browser  # a session that builds these sites anyway

FOREIGN: Final = """
    //script-canary | //script[not(starts-with(substring-after(@src, 'static'), '/') or @type='application/ld+json')]
    | //*[@*[starts-with(name(), 'on') or starts-with(normalize-space(), 'javascript:')]]
"""
"""Elements that the site did not write: made of text, or running another script."""


@pytest.mark.parametrize("policy", [True, False], ids=["with its policy", "by escaping alone"])
def test_pages_run_no_hostile_script(visit: Visits, hostile_site: Built, policy: bool) -> None:
    """Check that the text is shown."""
    for page in visit.each(map(hostile_site.address, hostile_site.kinds), policy=policy):
        assert "undefined" == page.evaluate("typeof window.canary"), page.url
    shown = visit(hostile_site.address("releases/0.4.0/index.html")).locator("main")
    assert hostile.MARKUP[0] in (shown.text_content() or "")


def test_no_element_is_made_of_text(hostile_site: Built) -> None:
    """Check every page of the site."""
    trees = {path: html.document_fromstring(hostile_site.read(path)) for path in hostile_site.pages}
    assert [] == [path for path, tree in trees.items() if tree.xpath(FOREIGN)]


def test_json_and_xml_stay_valid(hostile_site: Built) -> None:
    """Check the characters that each format forbids."""
    documents = [path for path in hostile_site.files if path.endswith((".json", ".xml"))]
    assert {"changes/atom.xml", "api/v1/releases/0.4.0.json", "api/v1/badges/0.4.0.json"} < set(documents)
    for path in documents:
        (json.loads if path.endswith(".json") else etree.fromstring)(hostile_site.read(path))


def test_paths_are_plain(hostile_site: Built) -> None:
    """Check that no text of a release is in a file name."""
    assert [] == [path for path in hostile_site.files if not re.fullmatch(r"[\w.-]+(/[\w.-]+)*", path)]


@pytest.mark.parametrize("version", [hostile.VERSION, "../../0.5.0", "0.5.0/../../..", "/0.5.0", "0.5.0\n", ""])
def test_an_invalid_version_is_refused(tmp_path: Path, version: str) -> None:
    """Check the index, and data with a right digest."""
    with pytest.raises(ValueError, match="Invalid version"):
        hostile.release(version, 1)
    hostile.forge(tmp_path, version)
    with pytest.raises(StoreCorrupt, match=r"releases\.json"):
        render.read_source(Store(tmp_path, ANTHROPIC))


@pytest.mark.parametrize("path", ["../outside.html", "/outside.html", "releases/../../outside.html"])
def test_no_file_is_written_outside_the_site(tmp_path: Path, path: str) -> None:
    """Check hostile names of pages."""
    with pytest.raises(ValueError, match="outside"):
        site_folder.write(iter([(path, b"")]), tmp_path / "site")
    assert [] == list(tmp_path.rglob("outside.html"))


@pytest.mark.parametrize(
    "command",
    [
        ("explain", "0.4.0"),
        ("explain", "0.4.0", "mid-overloaded_error"),
        ("explain", "0.4.0", "mid-overloaded_error", "messages.create"),
        ("explain", "0.3.0"),
        ("diff", "0.2.0", "0.4.0", "--all"),
        ("history",),
        ("list", "releases"),
        ("advise", ">=0.3"),
    ],
    ids=" ".join,
)
def test_a_terminal_gets_no_control_character(hostile_data: Path, command: tuple[str, ...]) -> None:
    """Check that commands print line ends only."""
    matrix = [sys.executable, "-m", "matrix", "--data", str(hostile_data)]
    ran = subprocess.run([*matrix, *command], capture_output=True, text=True, check=False)
    assert "Traceback" not in ran.stderr
    assert "" == "".join(
        character for character in ran.stdout + ran.stderr if character != "\n" and not character.isprintable()
    )
