"""Files for other programs follow their specifications: HTML, Atom, the sitemap. The hostile site does, too."""

import json
import subprocess
from pathlib import Path

import feedparser  # type: ignore[import-untyped]  # it has no types, and nobody's stubs
import pytest
from lxml import etree

from matrix.site import feed
from tests.browser.built import BASE, Built
from tests.browser.trees import strings
from tests.support.paths import ROOT

pytestmark = pytest.mark.browser  # a session that builds these sites anyway

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(params=["site", "hostile_site"])
def any_site(request: pytest.FixtureRequest) -> Built:
    """Return the site of the committed data, and the hostile one."""
    built: Built = request.getfixturevalue(request.param)
    return built


def test_pages_are_valid_html(any_site: Built, tmp_path: Path) -> None:
    """Check with html-validate, by `.htmlvalidate.mjs`."""
    output = tmp_path / "found.json"  # html-validate exits before a pipe has taken all of its output
    program = str(ROOT / "node_modules" / ".bin" / "html-validate")
    options = ["--config", str(ROOT / ".htmlvalidate.mjs"), "--formatter", f"json={output}"]
    files = [str(any_site.folder / path) for path in any_site.kinds]
    subprocess.run([program, *options, *files], capture_output=True, check=False)
    wrong = [
        f"{Path(file['filePath']).relative_to(any_site.folder)}:{error['line']}: {error['ruleId']}: {error['message']}"
        for file in json.loads(output.read_text(encoding="utf-8"))
        for error in file["messages"]
    ]
    assert "" == "\n".join(wrong)


def schema_errors(data: bytes, name: str) -> list[str]:
    """List the errors of a document by a schema."""
    schema = etree.RelaxNG(etree.parse(SCHEMAS / name))
    schema.validate(etree.fromstring(data))
    return [str(error) for error in schema.error_log]


def test_the_feed_is_valid_atom(any_site: Built) -> None:
    """Check its schema, unique ids, and its own address."""
    data = any_site.read(feed.PATH)
    assert [] == schema_errors(data, "atom.rng")
    tree = etree.fromstring(data)
    ids = strings(tree, "//atom:id/text()")
    assert len(set(ids)) == len(ids)
    assert [f"{BASE}{feed.PATH}"] == strings(tree, "atom:link[@rel='self']/@href")


def test_feed_readers_read_the_feed(any_site: Built) -> None:
    """Check that they report no error, and that each entry is complete."""
    read = feedparser.parse(any_site.read(feed.PATH))
    assert not read.bozo, read.get("bozo_exception")
    assert [] == [entry.id for entry in read.entries if not (entry.title and entry.link and entry.updated_parsed)]
    assert strings(etree.fromstring(any_site.read(feed.PATH)), "atom:entry/atom:id/text()") == [
        entry.id for entry in read.entries
    ]


def test_the_sitemap_names_every_page_once(any_site: Built) -> None:
    """Check its schema, public addresses, and its name in robots.txt."""
    data = any_site.read("sitemap.xml")
    assert [] == schema_errors(data, "sitemap.rng")
    named = strings(etree.fromstring(data), "//sitemap:loc/text()")
    wanted = [f"{BASE}{path.removesuffix('index.html')}" for path in any_site.pages if path != "404.html"]
    assert sorted(wanted) == sorted(named)
    assert f"Sitemap: {BASE}sitemap.xml" in any_site.read("robots.txt").decode().splitlines()
