"""What others read is what its specification says: HTML, Atom, the sitemap. Of the hostile site too."""

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

SCHEMAS = Path(__file__).parent / "schemas"


@pytest.fixture(params=["site", "hostile_site"])
def any_site(request: pytest.FixtureRequest) -> Built:
    """The site of the committed data, and the hostile one."""
    found: Built = request.getfixturevalue(request.param)
    return found


@pytest.mark.browser
def test_pages_are_html(any_site: Built, tmp_path: Path) -> None:
    """As html-validate has it, by `.htmlvalidate.mjs`."""
    found = tmp_path / "found.json"  # it leaves before all of it has gone through a pipe
    program = str(ROOT / "node_modules" / ".bin" / "html-validate")
    options = ["--config", str(ROOT / ".htmlvalidate.mjs"), "--formatter", f"json={found}"]
    files = [str(any_site.folder / path) for path in any_site.kinds]
    subprocess.run([program, *options, *files], capture_output=True, check=False)
    wrong = [
        f"{Path(file['filePath']).relative_to(any_site.folder)}:{one['line']}: {one['ruleId']}: {one['message']}"
        for file in json.loads(found.read_text(encoding="utf-8"))
        for one in file["messages"]
    ]
    assert "" == "\n".join(wrong)


def schema_errors(data: bytes, name: str) -> list[str]:
    """What a document misses of a schema."""
    schema = etree.RelaxNG(etree.parse(SCHEMAS / name))
    schema.validate(etree.fromstring(data))
    return [str(error) for error in schema.error_log]


def test_the_feed_is_atom(any_site: Built) -> None:
    """By its schema, and by what a schema can't say: ids are unique, and it names its own address."""
    data = any_site.read(feed.PATH)
    assert [] == schema_errors(data, "atom.rng")
    tree = etree.fromstring(data)
    ids = strings(tree, "//atom:id/text()")
    assert len(set(ids)) == len(ids)
    assert [f"{BASE}{feed.PATH}"] == strings(tree, "atom:link[@rel='self']/@href")


def test_readers_of_feeds_read_it(any_site: Built) -> None:
    """Without having to forgive anything; each entry has what they show."""
    read = feedparser.parse(any_site.read(feed.PATH))
    assert not read.bozo, read.get("bozo_exception")
    assert [] == [one.id for one in read.entries if not (one.title and one.link and one.updated_parsed)]
    assert strings(etree.fromstring(any_site.read(feed.PATH)), "atom:entry/atom:id/text()") == [
        one.id for one in read.entries
    ]


def test_the_sitemap_names_every_page(any_site: Built) -> None:
    """By its schema; each once, by the address at which it is published, and robots.txt says where it is."""
    data = any_site.read("sitemap.xml")
    assert [] == schema_errors(data, "sitemap.rng")
    named = strings(etree.fromstring(data), "//sitemap:loc/text()")
    wanted = [f"{BASE}{path.removesuffix('index.html')}" for path in any_site.pages if path != "404.html"]
    assert sorted(wanted) == sorted(named)
    assert f"Sitemap: {BASE}sitemap.xml" in any_site.read("robots.txt").decode().splitlines()
