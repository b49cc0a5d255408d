"""The page that compares all targets, its document, its badges, and the links between the sites of targets."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from posixpath import dirname, join, normpath

import jsonschema
import pytest

from matrix.catalogue.headlines import HEADLINES
from matrix.cli.sdks import read_sdks, stores_of_targets
from matrix.compare.sdks import SdkTable, compare_sdks, describe_sdk
from matrix.site import render
from matrix.site.marks import Mark
from matrix.site.sdks_page import sdks_page
from matrix.site.source import SiteSource
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, INSTRUCTOR, TARGETS
from tests.miniature.drive import run_command
from tests.site.test_report import HOSTILE, behaviour, in_both_lanes, links, result, source
from tests.support import behaviours
from tests.support.paths import DATA

PAGE = "sdks/index.html"
DETAILS = "sdks/failures.html"


@pytest.fixture(scope="module")
def small() -> SiteSource:
    """Make a site of one release."""
    return source(in_both_lanes("0.4.0", result(behaviour(typed=True))))


@pytest.fixture(scope="module")
def table() -> SdkTable:
    """Compare that release with the committed data of Instructor."""
    other = Store(DATA.parent / INSTRUCTOR.id, INSTRUCTOR)
    rows = read_sdks([other]).sdks
    return compare_sdks([describe_sdk(ANTHROPIC, "0.4.0", result(behaviour(typed=True))), *rows])


@pytest.fixture(scope="module")
def alone(small: SiteSource, table: SdkTable) -> dict[str, bytes]:
    """Build the site of the default target, and no other."""
    return dict(render.site(small, "", table)[1])


def test_the_page_leads_to_evidence_that_is_built_and_names_the_command_else(
    alone: Mapping[str, bytes], table: SdkTable
) -> None:
    """Every failure of the site's own target leads to its evidence; the others name what prints theirs."""
    overview, text = (links(alone[PAGE].decode()).targets, alone[DETAILS].decode())
    details = links(text).targets
    own, other = table.sdks
    for cell in own.cells:
        evidence = f"../releases/0.4.0/#{cell.scenario}"
        is_open = cell.headline == table.headlines[0].id
        assert (2 if is_open else 1, 1) == (overview.count(evidence), details.count(evidence)), cell.headline
    assert not any("targets/instructor" in target for target in (*overview, *details))
    assert ["damaged"] == [cell.headline for cell in other.cells if not cell.is_measured]
    for cell in filter(lambda cell: cell.is_measured, other.cells):
        assert f"matrix --target instructor explain {other.version} {cell.scenario}<" in text, cell.headline


def test_a_folded_failure_leads_to_its_details(alone: Mapping[str, bytes]) -> None:
    """Each has an anchor on the page of the details, from which the script loads them."""
    _, *folded = HEADLINES
    overview, ids = links(alone[PAGE].decode()), links(alone[DETAILS].decode()).ids
    assert set(HEADLINES) <= set(overview.ids)
    assert set(HEADLINES) <= set(ids)
    assert [f"failures.html#{id_}" for id_ in folded] == [each for each in overview.targets if "failures" in each]


def test_a_command_on_the_page_works_as_printed(table: SdkTable) -> None:
    """Run one of them."""
    outcome = sdks_page(table, ()).rows[1][1][0]
    done = run_command("--data", DATA.parent / INSTRUCTOR.id, *outcome.command.split()[1:])
    assert (0, "") == (done.code, done.err)
    assert outcome.cell.words in done.out


def test_every_page_of_the_site_links_the_page(alone: Mapping[str, bytes]) -> None:
    """The navigation does, from any depth; the page marks itself."""
    for path in ("index.html", "about/index.html", "releases/0.4.0/index.html"):
        leads = {normpath(join(dirname(path), target)) for target in links(alone[path].decode()).targets}
        assert "sdks" in leads, path
    assert b'href="../sdks/" aria-current="page"' in alone[PAGE]


def test_a_site_without_a_comparison_has_no_such_page(small: SiteSource) -> None:
    """Neither has it a link to one."""
    site = dict(render.site(small)[1])
    assert PAGE not in site
    assert b"All SDKs" not in site["index.html"]


def test_the_sites_of_all_targets_link_each_other(small: SiteSource, table: SdkTable) -> None:
    """Build two together: every link between them leads to a file."""
    built = [ANTHROPIC.id, INSTRUCTOR.id]
    site = dict(render.site(small, "", table, built)[1])
    other = Store(DATA.parent / INSTRUCTOR.id, INSTRUCTOR)
    files = render.site(render.read_source(other), "", None, built)[1]
    site |= {f"targets/instructor/{path}": data for path, data in files}
    assert b"matrix --target instructor explain" not in site[PAGE] + site[DETAILS]
    read = cache(lambda path: links(site[path].decode()))
    for path in (PAGE, DETAILS, "targets/instructor/index.html", "targets/instructor/about/index.html"):
        for target in read(path).targets:
            name, _, anchor = target.partition("#")
            if name and not name.startswith("https:"):
                leads = normpath(join(dirname(path), name.partition("?")[0]))
                leads = f"{leads}/index.html" if name.endswith("/") else leads
                assert leads in site, f"{path}: {target}"
                assert not anchor or anchor in read(leads).ids, f"{path}: {target}"
    assert b'href="../../sdks/"' in site["targets/instructor/index.html"]


def test_the_other_target_alone_links_no_page(small: SiteSource) -> None:
    """Its site may be published without the default target's."""
    other = render.read_source(Store(DATA.parent / INSTRUCTOR.id, INSTRUCTOR))
    assert b"All SDKs" not in dict(render.site(other)[1])["index.html"]


def test_the_document_matches_its_published_schema(alone: Mapping[str, bytes], table: SdkTable) -> None:
    """It has the rows of the table."""
    schema = json.loads(alone["api/v1/schemas/sdks.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(alone["api/v1/sdks.json"])
    jsonschema.Draft202012Validator(schema).validate(document)
    assert ("midstream/api/sdks/1", str(table.measured)) == (document["schema"], document["generated_at"])
    assert [*HEADLINES] == [headline["id"] for headline in document["headlines"]]
    assert ["anthropic", "instructor"] == [row["id"] for row in document["sdks"]]


def test_each_package_has_a_badge(alone: Mapping[str, bytes], table: SdkTable) -> None:
    """It says how an overload is reported, and how many failures are silent."""
    badge = json.loads(alone["api/v1/badges/sdks/instructor.json"])
    other = table.sdks[1]
    assert (f"broken streams, instructor {other.version}", "orange") == (badge["label"], badge["color"])
    assert "InstructorRetryException; 2 of 11 failures silent" == badge["message"]
    assert "yellow" == json.loads(alone["api/v1/badges/sdks/anthropic.json"])["color"]


def test_the_page_counts_what_was_measured() -> None:
    """A package without a result is in the table and in no count."""
    measured = describe_sdk(ANTHROPIC, "0.4.0", result(behaviour(fixed=True)))
    page = sdks_page(compare_sdks([measured, describe_sdk(INSTRUCTOR)]), ())
    assert (1, 1, 1, 1) == (page.documented, page.overloaded, page.silent, page.cut)
    cut = next(each for each in page.headlines if each.headline.id == "cut")
    assert {Mark.SILENT: 1, Mark.UNKNOWN: 1} == cut.tally


def test_no_text_of_a_release_escapes_its_place(small: SiteSource) -> None:
    """A class may have any name."""
    hostile = behaviours.raised(behaviours.error(f"anthropic.{HOSTILE}"))
    row = describe_sdk(ANTHROPIC, "0.4.0", result(behaviours.on(hostile)))
    site = dict(render.site(small, "", compare_sdks([row]))[1])
    for page in (site[PAGE].decode(), site[DETAILS].decode()):
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "alert(1)" in page


# The command.


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write data of the default target, and that of Instructor next to it."""
    observed = {
        behaviours.cell("1.0.0"): behaviours.result(behaviours.on(behaviours.raised(), behaviours.CLEAN)),
        behaviours.cell("1.1.0"): behaviours.result(behaviours.on(behaviours.raised())),
    }
    behaviours.fill(tmp_path / "data" / "anthropic", behaviours.catalogue("1.0.0", "1.1.0"), observed)
    (tmp_path / "data" / "instructor").symlink_to(DATA.parent / INSTRUCTOR.id)
    return tmp_path / "data" / "anthropic"


def test_the_command_finds_the_data_of_other_targets_next_to_the_named_one(data: Path) -> None:
    """Targets without data are left out."""
    stores = stores_of_targets(Store(data, ANTHROPIC))
    assert ["anthropic", "instructor"] == [store.target.id for store in stores]
    assert [data, data.parent / "instructor"] == [store.folder for store in stores]


def test_without_a_named_folder_each_target_has_its_default() -> None:
    """The committed data has all targets."""
    own = Store(DATA.relative_to(Path.cwd()), ANTHROPIC)
    assert {id_ for id_ in TARGETS if (DATA.parent / id_).is_dir()} == {
        store.target.id for store in stores_of_targets(own)
    }


def test_one_command_builds_the_sites_of_all_targets(data: Path, tmp_path: Path) -> None:
    """A second time, nothing has changed; after a change of other data, the comparison has."""
    site = tmp_path / "site"
    done = run_command("--data", data, "report", "--site", site, "--all-targets")
    assert (0, "") == (done.code, done.err)
    assert (site / PAGE).is_file()
    assert (site / "targets" / "instructor" / "index.html").is_file()
    again = run_command("--data", data, "report", "--site", site, "--all-targets")
    assert 2 == again.out.count("Nothing has changed.")
    (data.parent / "instructor").unlink()
    run_command("--data", data, "report", "--site", site)
    assert b"instructor" not in (site / PAGE).read_bytes()


def test_the_sites_of_all_targets_need_that_of_the_default_target(data: Path, tmp_path: Path) -> None:
    """The others link it."""
    for path in sorted(data.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    own = ("--data", data.parent / "instructor", "--target", "instructor")
    done = run_command(*own, "report", "--site", tmp_path / "site", "--all-targets")
    assert 2 == done.code
    assert "no data of anthropic" in done.err


def test_the_list_prints_each_failure_as_a_table(data: Path) -> None:
    """One failure can be named; JSON has all."""
    done = run_command("--data", data, "list", "sdks")
    assert [f"{id_}: {headline.title}" for id_, headline in HEADLINES.items()] == [
        line for line in done.out.splitlines() if line.partition(":")[0] in HEADLINES
    ]
    one = run_command("--data", data, "list", "sdks", "overloaded-mid").out.splitlines()
    assert "overloaded-mid: Overloaded, after some text" == one[0]
    assert [["anthropic", "1.1.0"], ["instructor", "1.17.0"]] == [line.split()[:2] for line in one[2:4]]
    document = json.loads(run_command("--data", data, "list", "sdks", "--format", "json").out)
    assert ["1.1.0", "1.17.0"] == [row["version"] for row in document["sdks"]]
    refused = run_command("list", "sdks", "overload")
    assert 2 == refused.code
    assert "'overloaded-mid'" in refused.err


def test_both_lists_say_the_same_of_the_newest_releases(data: Path) -> None:
    """`list targets` and `list sdks` choose one release, and describe its error alike."""
    targets = json.loads(run_command("list", "targets", "--format", "json").out)["targets"]
    rows = read_sdks(stores_of_targets(Store(DATA, ANTHROPIC))).sdks
    assert [(item["id"], item["newest"], item["overload"]) for item in targets if item["newest"]] == [
        (row.id, row.version, row.summarised.words) for row in rows
    ]
