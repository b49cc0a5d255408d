"""The site: its files, their links, the feed, the API and its badges."""

import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath
from unittest.mock import patch
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from matrix.catalogue.scenarios import CATALOGUE
from matrix.compare.facets import MEANINGS, Severity
from matrix.compare.history import transition_path
from matrix.errors import UsageError
from matrix.model import Lane
from matrix.observation import Call, Outcome
from matrix.site import api, badges, feed, release_page, render, scenario_page, site_folder
from matrix.site.api_documents import AllVerdicts, EpochDetails, OneRelease
from matrix.site.changes.transitions import steps
from matrix.site.epoch_views import EpochViews, view_epochs
from matrix.site.source import SiteSource
from matrix.store import queries
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from matrix.verdicts.verdict import Yardstick
from tests.miniature.drive import snapshot
from tests.site.test_report import HOSTILE, PYTHON, SURFACE, behaviour, in_both_lanes, links, result, source
from tests.support.paths import DATA

ATOM = "{http://www.w3.org/2005/Atom}"


def files(site_source: SiteSource, base: str = "") -> dict[str, bytes]:
    """Render every file of the site."""
    return dict(render.site(site_source, base)[1])


@pytest.fixture(scope="module")
def small() -> SiteSource:
    """Make three releases: one without types, two with; the oldest has no results."""
    return source(
        in_both_lanes("0.2.0", result(behaviour()))
        | in_both_lanes("0.3.0", result(behaviour(typed=True)))
        | in_both_lanes("0.4.0", result(behaviour(typed=True)))
    )


@pytest.fixture(scope="module")
def site(small: SiteSource) -> dict[str, bytes]:
    """Render every file of the site of the three releases, for tests that change none of them."""
    return files(small)


@pytest.fixture(scope="module")
def real() -> EpochViews:
    """Read the committed data."""
    return view_epochs(render.read_source(Store(DATA, ANTHROPIC)))


def test_every_link_of_every_page_has_a_target(small: SiteSource, site: dict[str, bytes]) -> None:
    """Check files and anchors of the site, and public pages."""
    pages = {path: links(data.decode()) for path, data in site.items() if path.endswith(".html")}
    broken = []
    for path, page_links in pages.items():
        for target in [*page_links.targets, *page_links.fetched]:
            if target.startswith(("https://", "data:")):
                continue
            name, _, anchor = target.partition("#")
            name = name.partition("?")[0]
            leads = _joined(path, name) if name else path
            if leads not in site or (anchor and anchor not in pages[leads].ids):
                broken.append((path, target))
    assert [] == broken
    releases = {f"releases/{version}/index.html" for version in small.releases}
    scenarios = {f"scenarios/{id_}/index.html" for id_ in CATALOGUE}
    ways = {f"handlers/{id_}/index.html" for id_ in ANTHROPIC.handlers}
    folders = ("changes", "handlers", "compare", "check", "about", "audit")
    named = {"index.html", "404.html", *(f"{folder}/index.html" for folder in folders)}
    matrices = {path for path in pages if path.startswith("matrix/")}
    evidence = {f"evidence/{id_}.html" for id_ in CATALOGUE}
    lists = {f"{folder}/index.html" for folder in ("releases", "scenarios", "evidence", "api/v1")}
    changes = {f"changes/{lane}/{version}index.html" for lane in Lane for version in ("", "0.3.0/")}
    assert releases | scenarios | ways | named | matrices | evidence | lists | changes == set(pages)


def test_every_folder_with_pages_is_a_page(small: SiteSource, site: dict[str, bytes]) -> None:
    """Check that an address which is shortened leads to a list: of releases, scenarios, matrices and documents."""
    folders = {str(folder) for path in site if path.endswith(".html") for folder in PurePosixPath(path).parents}
    assert set() == {f"{folder}/index.html" for folder in folders - {".", "api"}} - set(site)
    assert f'href="../releases/{max(small.releases)}/"' in site["releases/index.html"].decode()
    assert set() == set(CATALOGUE) - {
        target.split("/")[-2]
        for target in links(site["scenarios/index.html"].decode()).targets
        if "scenarios/" in target
    }


def _joined(path: str, target: str) -> str:
    """Resolve a relative link of a page; a folder is its index."""
    parts: list[str] = []
    start = (
        () if target.startswith("/") else PurePosixPath(path).parent.parts
    )  # the page of missing addresses is served anywhere
    for part in [*start, *PurePosixPath(target.lstrip("/")).parts]:
        parts = parts[:-1] if part == ".." else [*parts, part]
    joined = "/".join(parts)
    return f"{joined}/index.html".lstrip("/") if target.endswith("/") else joined


def test_every_page_has_its_place_in_the_navigation(site: dict[str, bytes]) -> None:
    """Check that one item is current, and that it says whether it is this page or the part of the site."""
    for path, data in site.items():
        if not path.endswith(".html") or path == "404.html":
            continue
        nav = data.decode().partition("<nav")[2].partition("</nav>")[0]
        (current,) = re.findall(r'href="([^"]*)" aria-current="(page|true)"', nav)
        assert (_joined(path, current[0]) == path) == (current[1] == "page"), path


def test_two_builds_are_equal(small: SiteSource, site: dict[str, bytes]) -> None:
    """Check each byte."""
    assert site == files(small)


@pytest.mark.skipif(sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs Linux and two cores")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_build_in_two_processes_is_equal(
    small: SiteSource, site: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check each byte; the tests themselves may run beside threads, with which a build takes one process."""
    monkeypatch.setattr(threading, "active_count", lambda: 1)
    with patch("os.fork", wraps=os.fork) as fork:
        assert site == files(small)
    assert fork.call_count == 1


def test_a_build_writes_new_files_and_removes_its_old_ones(site: dict[str, bytes], tmp_path: Path) -> None:
    """Check that a file of somebody else stays."""
    site_folder.write(iter(site.items()), tmp_path)
    (tmp_path / "CNAME").write_text("example.org")
    untouched = (tmp_path / "index.html").stat().st_mtime_ns
    written = {name: data for name, data in site.items() if not name.endswith("0.4.0.json")}
    site_folder.write(iter(written.items()), tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert {*written, "CNAME", ".files"} == left
    assert untouched == (tmp_path / "index.html").stat().st_mtime_ns


def test_hostile_text_is_inert_everywhere() -> None:
    """Check class, message and attributes of an exception in pages, XML and JSON."""
    observations = behaviour()
    other = behaviour(typed=True)
    for call, observation in other.items():
        if observation.outcome is Outcome.RAISED and observation.exception is not None:
            named = type(observation.exception)(
                **{name: getattr(observation.exception, name) for name in observation.exception.__struct_fields__}
                | {"name": f"anthropic.{HOSTILE}", "text": HOSTILE, "bases": (HOSTILE,)}
            )
            other[call] = type(observation)(
                **{name: getattr(observation, name) for name in observation.__struct_fields__} | {"exception": named}
            )
    site = files(source(in_both_lanes("0.2.0", result(observations)) | in_both_lanes("0.3.0", result(other))))
    for path, data in site.items():
        if path.endswith(".html"):
            page = links(data.decode())
            assert page.scripts == sum(source.endswith(".js") for source in page.fetched)
        elif path.endswith(".xml"):
            ET.fromstring(data)
        elif path.endswith(".json"):
            json.loads(data)


# The feed.


def entries(data: bytes) -> Iterator[ET.Element]:
    """Return the entries of a feed."""
    return ET.fromstring(data).iter(f"{ATOM}entry")


def text(element: ET.Element, name: str) -> str:
    """Return the text of an element of Atom."""
    child = element.find(f"{ATOM}{name}")
    assert child is not None
    assert child.text
    return child.text


def test_the_feed_has_an_entry_for_each_transition(real: EpochViews) -> None:
    """Check stable ids, newest first, and links to the page of each transition."""
    data = feed.atom(ANTHROPIC, real.histories, real.source.releases, "https://example.org/site/")
    expected = sum(len(entry_id.transitions) for entry_id in real.histories.values())
    ids = [text(entry, "id") for entry in entries(data)]
    assert (expected, expected) == (len(ids), len(set(ids)))
    assert "urn:midstream:transition:today:3.11:0.86.0:0.87.0" in ids
    times = [text(entry, "updated") for entry in entries(data)]
    assert sorted(times, reverse=True) == times
    assert times[0] == text(ET.fromstring(data), "updated")
    hrefs = [link.get("href", "") for entry in entries(data) for link in entry.iter(f"{ATOM}link")]
    paths = [
        transition_path(lane, transition)
        for lane, history in real.histories.items()
        for transition in history.transitions
    ]
    assert sorted(f"https://example.org/site/{path}" for path in paths) == sorted(hrefs)


def test_links_of_a_feed_without_a_public_address_lead_to_pages(site: dict[str, bytes]) -> None:
    """Check that they are relative to the feed, and lead to the pages of changes."""
    hrefs = [link.get("href", "") for link in ET.fromstring(site[feed.PATH]).iter(f"{ATOM}link")]
    assert len(hrefs) > 2
    assert set() == {_joined(feed.PATH, href) for href in hrefs} - set(site)


def test_an_old_address_of_a_change_leads_to_its_place_in_the_list(small: SiteSource, site: dict[str, bytes]) -> None:
    """Check that the row which the anchor names begins with the link to the page of the change."""
    page = site["changes/index.html"].decode()
    histories = view_epochs(small).histories
    assert [1, 1] == [len(history.transitions) for history in histories.values()]
    for lane, history in histories.items():
        anchor = re.escape(f"{lane}-0.2.0-0.3.0")
        path = transition_path(lane, history.transitions[0])
        assert re.search(rf'<tr id="{anchor}"[^>]*>\s*<th scope="row"><a href="\.\./{path}">0\.3\.0</a>', page)


@pytest.mark.parametrize("differs", [False, True])
def test_equal_matrices_have_their_rows_once(*, differs: bool) -> None:
    """Check a call that ends as another one in every scenario, and one that ends differently in one scenario."""
    observed = behaviour(typed=True)
    other = {Call("messages.stream", call.scenario): observation for call, observation in observed.items()}
    if differs:
        other[Call("messages.stream", "clean")] = observed[Call(SURFACE, "mid-overloaded_error")]
    site = files(source({("0.3.0", Lane.TODAY): result(observed | other)}))
    page = site["matrix/today/messages.stream/index.html"].decode()
    model = "../../../matrix/today/"
    assert differs == ('<tr id="s-mid-overloaded_error"' in page)
    assert differs != (f'data-rows="{model}"' in page)
    assert differs != (f'<a class="opens" href="{model}#g-' in page)
    assert '<tr id="s-mid-overloaded_error"' in site["matrix/today/index.html"].decode()


def test_the_api_names_the_page_of_each_change(site: dict[str, bytes]) -> None:
    """Check that each is a page of the site."""
    pages = json.loads(site["api/v1/changes.json"])["pages"]
    assert {str(lane): {"0.3.0": f"changes/{lane}/0.3.0/"} for lane in Lane} == pages
    assert set() == {f"{path}index.html" for of_lane in pages.values() for path in of_lane.values()} - set(site)


@pytest.mark.parametrize("base", ["", "https://m.test/sdk/"])
def test_a_badge_names_the_public_address_or_none(small: SiteSource, base: str) -> None:
    """Check that no page names an address that is not this site's."""
    site = files(small, base)
    assert not [path for path, data in site.items() if path.endswith(".html") and b"example.org" in data]
    page = site["releases/0.4.0/index.html"].decode()
    assert bool(base) == ("https%3A//m.test/sdk/api%2Fv1%2Fbadges%2F0.4.0.json" in page)
    assert bool(base) != ("report --base-url URL" in page)


def test_an_entry_says_what_changed(real: EpochViews) -> None:
    """Check the worst change in its title, and all of them in its content."""
    titles = [text(entry, "title") for entry in entries(feed.atom(ANTHROPIC, real.histories, real.source.releases, ""))]
    assert "0.87.0 (today): gained: error.type appears" in titles
    assert any(title.startswith("0.47.0 (today): uncaught: the error is no longer caught as") for title in titles)


def test_a_step_back_loses_what_the_step_forward_gained(real: EpochViews) -> None:
    """Check both directions of the release that brought `error.type`."""
    step = next(step for step in steps(real, Lane.TODAY) if step.transition.after == "0.87.0")
    forward, back = ({(row.severity, row.what) for row in rows} for rows in (step.transition.changes, step.back))
    assert (Severity.GAINED, "error.type appears") in forward
    assert (Severity.LOST, "error.type is gone") in back
    assert not forward & {(row.severity, row.what) for row in step.back if row.worse}


def test_every_severity_is_explained() -> None:
    """Check the page of changes, worst first."""
    assert list(Severity) == list(MEANINGS)


# The API.


def test_the_api_has_a_document_for_each_release(small: SiteSource, site: dict[str, bytes]) -> None:
    """Check the lists, and that each document names its day, suite and Python."""
    paths = {f"api/v1/{name}.json" for name in ("releases", "scenarios", "handlers", "changes", "verdicts")}
    paths |= {f"api/v1/releases/{version}.json" for version in small.releases}
    assert set() == paths - set(site)
    for path in paths:
        document = json.loads(site[path])
        assert ("2026-01-02", "suite", PYTHON) == tuple(document[name] for name in ("generated_at", "suite", "python"))
        assert document["schema"].startswith("midstream/api/")


@pytest.mark.parametrize("name", api.DOCUMENTS.values())
def test_a_document_matches_its_published_schema(site: dict[str, bytes], name: str) -> None:
    """Check that a reader of the schema needs no source."""
    schema = json.loads(site[f"api/v1/schemas/{name}.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    release = json.loads(site["api/v1/releases/0.4.0.json"])
    paths = {"release": "releases/0.4.0.json", "epoch": release["measured"]["today"]["details"]}
    path = f"api/v1/{paths.get(name, f'{name}.json')}"
    jsonschema.Draft202012Validator(schema).validate(json.loads(site[path]))


def test_a_lane_that_was_not_measured_is_missing(site: dict[str, bytes]) -> None:
    """Check that it is not shown as passing."""
    releases = {
        lane_document["version"]: lane_document
        for lane_document in json.loads(site["api/v1/releases.json"])["releases"]
    }
    assert "lanes" not in releases["0.1.0"]
    assert {"today", "as-released"} == set(releases["0.3.0"]["lanes"])


def test_verdicts_of_the_api_are_those_of_the_evidence(real: EpochViews) -> None:
    """Check every release by its epoch."""
    by_path = dict(api.documents(real, None))
    document = by_path["api/v1/verdicts.json"]
    assert isinstance(document, AllVerdicts)
    versions = [v for epoch in document.lanes[Lane.TODAY] for v in epoch.epoch.versions]
    assert list(real.source.releases) == versions
    newest = by_path["api/v1/releases/2.12.0.json"]
    assert isinstance(newest, OneRelease)
    details = by_path[f"api/v1/{newest.measured[Lane.TODAY].details}"]
    assert isinstance(details, EpochDetails)
    assert document.lanes[Lane.TODAY][-1].verdicts == details.verdicts
    assert ("wrong", "right") == tuple(details.verdicts["mid-overloaded_error"].values())


def test_releases_of_an_epoch_share_their_details(real: EpochViews) -> None:
    """Check that a release names them, and that another epoch has others."""
    by_path = dict(api.documents(real, None))
    one, same, other = (by_path[f"api/v1/releases/{version}.json"] for version in ("0.45.1", "0.45.2", "0.87.0"))
    assert isinstance(one, OneRelease)
    assert isinstance(same, OneRelease)
    assert isinstance(other, OneRelease)
    paths = [each.measured[Lane.TODAY].details for each in (one, same, other)]
    assert paths[0] == paths[1] != paths[2]
    assert len([path for path in by_path if path.startswith("api/v1/epochs/")]) < len(real.source.releases) / 2


# Badges.


@pytest.mark.parametrize(
    ("version", "message", "color"),
    [
        ("2.12.0", "status 200 + type", "yellow"),
        ("0.45.2", "200 APIStatusError", "orange"),
        ("0.28.1", "can't be used", "3d0a26"),
    ],
)
def test_a_badge_shows_the_release_with_the_dependencies_of_today(
    real: EpochViews, version: str, message: str, color: str
) -> None:
    """Check each colour."""
    document = dict(api.documents(real, None))[f"api/v1/releases/{version}.json"]
    assert isinstance(document, OneRelease)
    result_of_cell = badges.badge("anthropic", document.release)
    assert (f"stream errors, anthropic {version}", message, color) == (
        result_of_cell.label,
        result_of_cell.message,
        result_of_cell.color,
    )


def test_a_badge_has_the_fields_of_shields(site: dict[str, bytes]) -> None:
    """Check the permanent name of the newest release."""
    assert site["api/v1/badges/0.4.0.json"] == site["api/v1/badges/newest.json"]
    assert {"schemaVersion", "label", "message", "color"} == set(json.loads(site["api/v1/badges/newest.json"]))


def test_the_suite_is_the_current_one(real: EpochViews) -> None:
    """Check that the pages show results of one suite."""
    assert ANTHROPIC.digest == real.source.suite
    assert real.source.results == queries.results(Store(DATA, ANTHROPIC), ANTHROPIC.digest, "3.11")


# The page of a release.


def test_a_page_links_to_its_neighbours(real: EpochViews) -> None:
    """Check the order of versions, and the changes at the release."""
    pages = release_page.release_pages(real)
    assert ["", *(page.release.version for page in pages[:-1])] == [page.older for page in pages]
    page = next(neighbour for neighbour in pages if neighbour.release.version == "0.87.0")
    assert ("0.86.0", "0.88.0") == (page.older, page.newer)
    assert page.diff.endswith("/compare/v0.86.0...v0.87.0")
    assert ["0.87.0", "0.87.0"] == [lane.before.after for lane in page.lanes if lane.before]


# The page of a scenario.


def test_a_scenario_shows_its_outcome_in_every_release(real: EpochViews) -> None:
    """Check newest first, and that adjacent epochs with equal outcomes share a row."""
    pages = {page.scenario.id: page for page in scenario_page.scenario_pages(real)}
    assert list(CATALOGUE) == list(pages)
    for page in pages.values():
        for strip in page.lanes:
            measured = [
                version for view in real.of(page.client.id).views[strip.lane] for version in view.epoch.versions
            ]
            assert len(measured) == sum(len(row.versions) for row in strip.rows)
            sentences = [(row.surface, row.words, row.kinds) for row in strip.rows]
            assert all(row != other for row, other in pairwise(sentences))
    today, _ = pages["mid-overloaded_error"].lanes
    assert ["200 APIStatusError, type overloaded_error", "200 APIStatusError"] == [row.words for row in today.rows[:2]]
    assert [("0.87.0", "right"), ("0.40.0", "wrong")] == [
        (row.versions[0], row.kinds[Yardstick.MAINTAINERS]) for row in today.rows[:2]
    ]


# Building again.


def test_a_site_is_built_again_if_a_source_changes(site: dict[str, bytes], tmp_path: Path) -> None:
    """Check a file that is missing, too."""
    data, folder = tmp_path / "data", tmp_path / "site"
    data.mkdir()
    (data / "releases.json").write_text("one")
    digest = site_folder.made_from(data, "")
    assert not site_folder.is_built(folder, digest)
    site_folder.write(iter(site.items()), folder, digest)
    assert site_folder.is_built(folder, digest)
    assert digest != site_folder.made_from(data, "https://example.org/")
    (data / "releases.json").write_text("two")
    assert not site_folder.is_built(folder, site_folder.made_from(data, ""))
    (folder / "changes" / "index.html").unlink()
    assert not site_folder.is_built(folder, digest)


def test_a_failed_build_leaves_the_old_site(site: dict[str, bytes], tmp_path: Path) -> None:
    """Check that all of its files are there."""
    site_folder.write(site.items(), tmp_path, "first")
    before = snapshot(tmp_path)

    def cut() -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site_folder.write(cut(), tmp_path, "second")
    assert before == snapshot(tmp_path)


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    """Check a file that appeared where the next build has a page."""
    site_folder.write({"index.html": b"ours"}.items(), tmp_path, "first")
    (tmp_path / "about.html").write_bytes(b"theirs")
    with pytest.raises(UsageError, match=r"about\.html exists"):
        site_folder.write({"index.html": b"new", "about.html": b"ours"}.items(), tmp_path, "second")
    assert {"index.html": b"ours", "about.html": b"theirs"}.items() <= snapshot(tmp_path).items()


def test_an_interrupted_first_build_is_completed(tmp_path: Path) -> None:
    """Check that its files count as ours."""
    with pytest.raises(OSError, match="b"):
        site_folder.write({"a": b"1", "b": b"2", "b/c": b"3"}.items(), tmp_path, "first")
    site_folder.write({"a": b"3", "b": b"2"}.items(), tmp_path, "second")
    assert site_folder.is_built(tmp_path, "second")


def test_an_interrupted_build_is_completed(site: dict[str, bytes], tmp_path: Path) -> None:
    """Check that the next build writes missing files, and removes its own old ones."""
    whole = site
    site_folder.write(whole.items(), tmp_path, "first")
    with pytest.raises(OSError, match="index"):
        site_folder.write({**whole, "index.html/below": b"no folder has this name"}.items(), tmp_path, "second")
    assert [False, False] == [site_folder.is_built(tmp_path, digest) for digest in ("first", "second")]
    site_folder.write(whole.items(), tmp_path, "third")
    assert site_folder.is_built(tmp_path, "third")
    assert whole == {name: data for name, data in snapshot(tmp_path).items() if name != ".files"}
