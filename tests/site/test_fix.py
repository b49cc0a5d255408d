"""The page for readers who arrive with the error message: each statement against the data, and its code as printed."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest
from lxml import html

from matrix.catalogue.scenarios import CATALOGUE
from matrix.cli.sdks import read_sdks
from matrix.model import TODAY_FIRST, Cell
from matrix.observation import Call, Observation, RemedyResult
from matrix.site import render
from matrix.site.fix_page import FixPackage, compare_releases
from matrix.site.recipes import read_recipes
from matrix.site.source import SiteSource
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, TARGETS
from matrix.verdicts.decisions import HandlerOutcome
from matrix.verdicts.summary import unusable_reason
from matrix.verdicts.wording import describe_observation
from midstream import pytest_plugin
from midstream.pytest_plugin import Midstream
from tests.miniature import sdk
from tests.miniature.drive import run_command
from tests.site.test_report import links
from tests.support import behaviours
from tests.support.paths import DATA

PAGE = "fix/index.html"
TYPESCRIPT = TARGETS["anthropic-typescript"]
ADDRESS = "http://127.0.0.1:8765/mid-overloaded_error"
BASE = "https://example.org/midstream/"

# Request it by name, not by `pytest_plugins`: pytest accepts a plugin once, and may have found it.
_midstream_backend = pytest_plugin._midstream_backend
midstream = pytest_plugin.midstream


@pytest.fixture(scope="module")
def sources() -> dict[str, SiteSource]:
    """Read the committed data of both SDKs, by the id of the target."""
    return {target.id: render.read_source(Store(DATA.parent / target.id, target)) for target in (ANTHROPIC, TYPESCRIPT)}


@pytest.fixture(scope="module")
def site(sources: Mapping[str, SiteSource]) -> dict[str, bytes]:
    """Lay out the pages of the committed data up to this one, and the file that it offers."""
    stores = [Store(DATA.parent / target.id, target) for target in (ANTHROPIC, TYPESCRIPT)]
    others = [sources[TYPESCRIPT.id].knowledge]
    return dict(until_remedy(render.site(sources[ANTHROPIC.id], BASE, read_sdks(stores), (), others)[1]))


@pytest.fixture(scope="module")
def page(site: Mapping[str, bytes]) -> html.HtmlElement:
    """Parse the page."""
    return html.document_fromstring(site[PAGE])


def until_remedy(files: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a site up to the remedy, which follows the page."""
    for path, data in files:
        yield path, data
        if path == "remedy.py":
            return


def plain(text: str) -> str:
    """Return a text with one space between its words."""
    return " ".join(text.split())


def select(page: html.HtmlElement, expression: str) -> list[html.HtmlElement]:
    """Return the elements that an expression selects."""
    selected = page.xpath(expression)
    assert isinstance(selected, list)
    return selected


def section(page: html.HtmlElement, id_: str) -> str:
    """Return the text of a section."""
    return plain(page.get_element_by_id(id_).text_content())


def code(page: html.HtmlElement, id_: str) -> list[str]:
    """List what a section offers to copy."""
    return [block.text_content() for block in select(page, f"//*[@id='{id_}']//*[@class='command']//code")]


def program_of(page: html.HtmlElement) -> str:
    """Return the program that checks the fix, which asks the server at `ADDRESS`."""
    (program,) = (text for text in code(page, "check") if "import anthropic" in text)
    assert ADDRESS in program
    return program


def observe(source: SiteSource) -> dict[str, Observation]:
    """Return the observation of the error on the main call of each release, in the lane that the page shows."""
    target, observed = source.target, {}
    for version in source.releases:
        for lane in TODAY_FIRST:
            result = source.results.get(Cell(version, lane, source.python))
            if result is not None and not unusable_reason(result):
                surface = target.suite.main_surface([result.behaviour])
                observed[version] = result.behaviour[Call(surface, target.suite.headline)]
                break
    return observed


# The releases.


@pytest.fixture(params=[ANTHROPIC.id, TYPESCRIPT.id])
def package(request: pytest.FixtureRequest, sources: Mapping[str, SiteSource]) -> tuple[FixPackage, SiteSource]:
    """Compare the releases of a package."""
    source = sources[request.param]
    compared = compare_releases(source.knowledge)
    assert compared
    return compared, source


def test_each_row_says_what_its_releases_raise(package: tuple[FixPackage, SiteSource]) -> None:
    """Compare it with every observation, also what each handler decides."""
    compared, source = package
    observed = observe(source)
    for run in compared.runs:
        for version in run.versions:
            if not run.outcomes:
                assert version not in observed
                continue
            observation = observed[version]
            assert describe_observation(observation) == run.words, version
            decided = [observation.handlers[handler.id] == "retry" for handler in compared.handlers]
            assert [outcome is HandlerOutcome.RIGHT for outcome in run.outcomes] == decided, version


def test_each_measured_release_stands_in_one_row(package: tuple[FixPackage, SiteSource]) -> None:
    """The newest row comes first, and neighbours differ."""
    compared, source = package
    measured = {cell.version for cell in source.results}
    listed = [version for run in reversed(compared.runs) for version in run.versions]
    assert [version for version in source.releases if version in measured] == listed
    assert listed[-1] == compared.newest
    alike = [(run.words, run.is_named, run.outcomes) for run in compared.runs]
    assert all(one != other for one, other in pairwise(alike))


def test_the_advised_code_retries_on_the_most_releases(package: tuple[FixPackage, SiteSource]) -> None:
    """Count again, from the observations."""
    compared, source = package
    counts = Counter(
        id_ for each in observe(source).values() for id_, decision in each.handlers.items() if decision == "retry"
    )
    others = [handler.id for handler in compared.handlers if handler.id != "remedy"]
    assert counts[compared.advised.id] == max(counts[id_] for id_ in others)
    assert {id_: counts[id_] for id_ in others} == {id_: compared.retries(id_) for id_ in others}


def test_the_page_has_each_row(page: html.HtmlElement, sources: Mapping[str, SiteSource]) -> None:
    """Read both tables, cell by cell."""
    for id_, place in ((ANTHROPIC.id, "releases"), (TYPESCRIPT.id, TYPESCRIPT.id)):
        compared = compare_releases(sources[id_].knowledge)
        assert compared
        rows = select(page, f"//*[@id='{place}']//tbody/tr")
        assert len(compared.runs) == len(rows)
        for run, row in zip(compared.runs, rows, strict=True):
            first, *cells = (plain(cell.text_content()) for cell in row)
            assert first.startswith(run.versions[0])
            assert f"{len(run.versions)} release" in first
            if run.outcomes:
                assert [run.words, *run.outcomes] == cells
            else:
                assert [f"No call can be made: {run.words}"] == cells


# The signature, and what is said of it.


def test_the_signature_is_that_of_the_newest_release(page: html.HtmlElement, sources: Mapping[str, SiteSource]) -> None:
    """Compare the table with both observations."""
    source = sources[ANTHROPIC.id]
    newest = source.knowledge.newest
    inside = observe(source)[newest].exception
    behaviour = source.results[Cell(newest, TODAY_FIRST[0], source.python)].behaviour
    outside = behaviour[Call(ANTHROPIC.suite.main_surface([behaviour]), "http-overloaded_error")].exception
    assert inside
    assert outside
    assert (200, 529) == (inside.status, outside.status)
    rows = [[cell.text_content() for cell in row] for row in select(page, "//*[@id='confirm']//tbody/tr")]
    assert rows == [
        ["type(error)", inside.name, outside.name],
        ["error.status_code", "200", "529"],
        ["error.type", inside.attributes["type"], outside.attributes["type"]],
        ["error.body", str(inside.body), str(outside.body)],
        ["str(error)", inside.text, outside.text],
    ]
    lead = plain(select(page, "//*[@class='lead']")[0].text_content())
    assert f"up to its newest release, {newest}." in lead


def test_what_is_said_of_retries_and_of_early_ends_was_measured(sources: Mapping[str, SiteSource]) -> None:
    """The SDK's own retries miss the error, and the advised code takes half an answer for a whole one."""
    source = sources[ANTHROPIC.id]
    newest = source.knowledge.measurements[source.knowledge.newest, TODAY_FIRST[0]].judgement
    compared = compare_releases(source.knowledge)
    assert newest
    assert compared
    outcomes = {id_: dict(zip(newest.scenarios, letters, strict=True)) for id_, letters in newest.handlers.items()}
    assert "m" == outcomes["sdk-retries"][ANTHROPIC.suite.headline]
    assert "s" == outcomes[compared.advised.id][ANTHROPIC.suite.cut]
    assert "r" == outcomes["remedy"][ANTHROPIC.suite.cut]


def test_the_counts_are_those_of_the_data(page: html.HtmlElement, sources: Mapping[str, SiteSource]) -> None:
    """Count the statuses again, over every observation of an error inside a stream, in both lanes."""
    source = sources[ANTHROPIC.id]
    statuses: dict[str, set[object]] = {}
    exceptions = 0
    for cell, result in source.results.items():
        for call, observation in result.behaviour.items():
            ideal = CATALOGUE[call.scenario].ideal
            if call.scenario in ANTHROPIC.suite.errors and getattr(ideal, "status", None) and observation.exception:
                if observation.outcome != "raised":
                    continue
                exceptions += 1
                raised = observation.exception
                statuses.setdefault(cell.version, set()).add(None if raised.has_no_status else raised.status)
    stamped = [version for version in source.releases if statuses.get(version) == {200}]
    missing = [version for version in source.releases if statuses.get(version) == {None}]
    assert len(stamped) + len(missing) == len(statuses)
    said = section(page, "releases")
    assert f"In {len(stamped)} of {len(statuses)} releases, the code is 200 for every error inside a stream." in said
    assert f"In {len(missing)} ({missing[0]} to {missing[-1]}), there is no code at all." in said
    fixed = section(page, "fixed")
    assert "No: no release raises the documented code" in fixed
    assert (
        f"of {exceptions:,} exceptions seen for errors inside a stream, across {len(statuses)} releases, none" in fixed
    )


def test_the_pull_requests_are_named_with_their_pages(page: html.HtmlElement) -> None:
    """Those that were closed unmerged, the one that was merged, and the open one."""
    tracker = "https://github.com/anthropics/anthropic-sdk-python"
    linked = {link.text_content(): link.get("href") for link in select(page, "//*[@id='fixed']//a")}
    issues = {f"#{number}": f"{tracker}/issues/{number}" for number in (1258, 1918)}
    pulls = {f"#{number}": f"{tracker}/pull/{number}" for number in (1262, 1263, 1269, 1587, 1921)}
    assert issues | pulls == {name: address for name, address in linked.items() if name.startswith("#")}


def test_the_other_sdk_is_described_by_its_own_data(page: html.HtmlElement, sources: Mapping[str, SiteSource]) -> None:
    """Its exception has no status, and names the error from one release on."""
    source = sources[TYPESCRIPT.id]
    observed = observe(source)
    newest = source.knowledge.newest
    raised = observed[newest].exception
    assert raised
    assert raised.has_no_status
    said = section(page, TYPESCRIPT.id)
    assert f"On {newest}, the error inside a stream raises {raised.name} without a status, and error.type is" in said
    named = next(version for version in observed if observed[version].exception.value("type"))  # type: ignore[union-attr]
    assert f"From {named} on, each release names the error like that." in said


# Its code and its commands.


def test_the_file_on_the_site_is_the_remedy(site: Mapping[str, bytes], page: html.HtmlElement) -> None:
    """The page and the first command lead to it."""
    assert ANTHROPIC.remedy
    assert ANTHROPIC.remedy.read_bytes() == site["remedy.py"]
    download = select(page, "//a[@download]")
    assert ["../remedy.py"] == [link.get("href") for link in download]
    assert f"curl -O {BASE}remedy.py" == code(page, "fix")[0]
    recipes = [recipe.source.replace("midstream.remedy", "remedy") for recipe in read_recipes(ANTHROPIC)]
    assert recipes == [text for text in code(page, "fix") if "from remedy import" in text]


def test_the_code_to_copy_is_code_that_was_run(page: html.HtmlElement) -> None:
    """It is the source of a handler."""
    assert ANTHROPIC.handlers["type-or-body"].source in code(page, "fix")
    assert code(page, TYPESCRIPT.id)[0] in {handler.source for handler in TYPESCRIPT.handlers.values()}


def test_the_program_prints_what_the_page_says(
    site: Mapping[str, bytes],
    page: html.HtmlElement,
    midstream: Midstream,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Run it with the SDK in miniature and with the file of the site; tests/live runs it on real releases."""
    anthropic, remedy = ModuleType("anthropic"), ModuleType("remedy")
    vars(anthropic).update(vars(sdk) | {"Anthropic": partial(sdk.Anthropic, max_retries=0, timeout=5.0)})
    monkeypatch.setitem(sys.modules, "anthropic", anthropic)
    monkeypatch.setitem(sys.modules, "remedy", remedy)
    monkeypatch.setattr(sdk.Client, "error_in_stream", in_stream)
    exec(compile(site["remedy.py"], "remedy.py", "exec"), vars(remedy))  # noqa: S102 - our own
    program = program_of(page).replace(ADDRESS, midstream.url("mid-overloaded_error"))
    exec(program, {})  # noqa: S102 - our own
    assert page.get_element_by_id("expected").text_content() == capsys.readouterr().out


def in_stream(client: sdk.Client, body: object, response: sdk.Response) -> Exception:
    """Raise what real releases raise for an error inside a stream."""
    return sdk.APIStatusError(str(body), response=response, body=body)


def test_the_commands_of_the_page_work(page: html.HtmlElement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each as printed, in a project; the server is started for a moment."""
    (tmp_path / "requirements.txt").write_text("anthropic==2.14.0\n")
    monkeypatch.chdir(tmp_path)
    commands = [text.split() for text in code(page, "check") if text.startswith("matrix ")]
    assert ["backend", "explain", "doctor"] == [command[1] for command in commands]
    for command in commands:
        options = ["--lifetime", "0.2"] if command[1] == "backend" else []
        done = run_command(*command[1:], *options)
        assert done.code in (0, 1), done.err
        assert done.out
    assert "200 APIStatusError" in run_command("explain", *commands[1][2:]).out


# Search engines, and the way to the page.


def test_search_engines_read_what_the_page_shows(page: html.HtmlElement, site: Mapping[str, bytes]) -> None:
    """The structured data has the questions of the page, each with the text that follows it."""
    (block,) = select(page, "//script[@type='application/ld+json']")
    data = json.loads(block.text)
    assert ("https://schema.org", "FAQPage") == (data["@context"], data["@type"])
    headings = [plain(each.text_content()) for each in select(page, "//main/section[@id]/h2")]
    assert [question["name"] for question in data["mainEntity"]] == headings[:-1]
    shown = plain(select(page, "//main")[0].text_content())
    for question in data["mainEntity"]:
        answer = question["acceptedAnswer"]["text"]
        assert f"{question['name']} {answer}" in shown
    day = select(page, "//footer//time")[0].get("datetime")
    assert day == data["dateModified"]
    assert len(page.findtext(".//title") or "") <= 70
    assert "script-src 'self';" in site[PAGE].decode()


def test_the_first_page_links_it(site: Mapping[str, bytes]) -> None:
    """It is one step away."""
    assert "fix/" in links(site["index.html"].decode()).targets


# Other data.

MakeSource = Callable[..., SiteSource]


@pytest.fixture
def make_source(tmp_path: Path) -> MakeSource:
    """Return a function that writes releases, each with the status that it gives the error, and reads them."""

    def make(**statuses: int) -> SiteSource:
        releases = {name.removeprefix("v").replace("_", "."): status for name, status in statuses.items()}
        observed = {}
        for version, status in releases.items():
            name = "OverloadedError" if status == 529 else "APIStatusError"
            error = behaviours.error(
                f"anthropic.{name}", attributes={"status_code": status, "type": "overloaded_error"}
            )
            handlers = dict.fromkeys(ANTHROPIC.compared_handlers, "retry")
            remedy = RemedyResult(outcome="failed", status=529, error_type="overloaded_error", retryable=True)
            other = behaviours.error("anthropic.OverloadedError", attributes={"status_code": 529})
            observed[behaviours.cell(version)] = behaviours.result(
                behaviours.on(behaviours.raised(error, handlers=handlers, remedy=remedy))
                | behaviours.on(behaviours.raised(other), "http-overloaded_error")
            )
        data = behaviours.fill(tmp_path / "anthropic", behaviours.catalogue(*releases), observed)
        return render.read_source(data)

    return make


def test_a_release_that_is_fixed_is_said_to_be(make_source: MakeSource) -> None:
    """The signature is that of the last release before it."""
    files = dict(until_remedy(render.site(make_source(v1_0_0=200, v1_1_0=529))[1]))
    page = html.document_fromstring(files[PAGE])
    lead = plain(select(page, "//*[@class='lead']")[0].text_content())
    assert "up to 1.0.0. Its newest release, 1.1.0, does not." in lead
    assert "Not by the pull requests that are named most." in section(page, "fixed")
    assert "The evidence on 1.0.0" in section(page, "confirm")


def test_without_the_error_there_is_no_page(make_source: MakeSource) -> None:
    """No page links it."""
    files = dict(render.site(make_source(v1_0_0=529))[1])
    assert PAGE not in files
    assert not any(
        "fix/" in target
        for path in ("index.html", "about/index.html")
        for target in links(files[path].decode()).targets
    )


def test_without_other_data_the_page_has_one_package(make_source: MakeSource) -> None:
    """Its links lead to files of the site."""
    files = dict(render.site(make_source(v1_0_0=200))[1])
    page = links(files[PAGE].decode())
    assert TYPESCRIPT.id not in page.ids
    for target in page.targets:
        if not target.startswith("https:"):
            path, _, anchor = target.removeprefix("../").partition("#")
            path = f"{path}index.html" if path.endswith("/") else path or PAGE
            assert path in files, target
            assert not anchor or anchor in links(files[path].decode()).ids, target


def test_the_other_package_leads_to_its_pages_if_they_are_built(
    make_source: MakeSource, sources: Mapping[str, SiteSource]
) -> None:
    """Else it names the command that prints the evidence."""
    table = read_sdks([Store(DATA.parent / TYPESCRIPT.id, TYPESCRIPT)])
    source, others = make_source(v1_0_0=200), [sources[TYPESCRIPT.id].knowledge]
    alone, both = (
        dict(until_remedy(render.site(source, "", table, built, others)[1]))[PAGE].decode()
        for built in ((), (TYPESCRIPT.id,))
    )
    newest = sources[TYPESCRIPT.id].knowledge.newest
    evidence = f"../{TYPESCRIPT.site_path}releases/{newest}/#mid-overloaded_error"
    assert evidence in links(both).targets
    assert not any(TYPESCRIPT.site_path in target for target in links(alone).targets)
    command = f"matrix --target anthropic-typescript explain {newest} mid-overloaded_error"
    assert command in alone
    assert command not in both
    assert (0, "") == (run_command(*command.split()[1:]).code, run_command(*command.split()[1:]).err)
