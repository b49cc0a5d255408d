"""The home page: its numbers, its links, and that no text of the data escapes its place."""

import datetime as dt
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from matrix.catalogue.error_types import UNHEARD_OF
from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import Completes, Family, RaisesStatus
from matrix.model import Cell, Distribution, Lane, Lock, Release
from matrix.observation import Behaviour, Call, Delivery, Observation, Outcome, Provenance, Raised, Result
from matrix.site import render, site_folder
from matrix.site.epoch_views import view_epochs
from matrix.site.home_page import HomePage, home_page
from matrix.site.marks import Mark
from matrix.site.source import SiteSource
from matrix.store.knowledge import Knowledge
from matrix.targets import ANTHROPIC

PYTHON = "3.11"
SURFACE = "messages.create"
PLAYED = ANTHROPIC.suite.scenarios_of()
"""The scenarios of the first-party client."""
TYPES = ("overloaded_error", UNHEARD_OF)
"""A documented type, and one that no API documents."""
HOSTILE = "</pre><script>alert(1)</script>\"'&\u202e\x00"


def release(version: str, day: int) -> Release:
    """Make a release with one wheel."""
    return Release(
        version=version,
        uploaded=dt.datetime(2024, 1, day, tzinfo=dt.UTC),
        requires_python=">=3.8",
        wheels=(Distribution(filename=f"anthropic-{version}-py3-none-any.whl", sha256="0" * 64, size=1),),
    )


def raised(name: str, **attributes: object) -> Observation:
    """Observe an exception of the SDK."""
    exception = Raised(
        name=f"anthropic.{name}",
        bases=("anthropic.APIError", "builtins.Exception"),
        exported=True,
        attributes=attributes,
        text="text",
        message="text",
        body={"type": "error"},
    )
    delivered = Delivery(events=("message_start",), text="Hello")
    return Observation(outcome=Outcome.RAISED, exception=exception, delivered=delivered, requests=1)


def behaviour(*, typed: bool = False, fixed: bool = False, text: str = "text") -> Behaviour:
    """Make a behaviour that raises with code 200, with code 200 and the type, or with the documented code."""
    observations: Behaviour = {}
    for id_ in PLAYED:
        scenario, call = CATALOGUE[id_], Call(SURFACE, id_)
        match scenario.ideal:
            case Completes():
                delivered = Delivery(events=("message_stop",), text="Hello world", stop_reason="end_turn")
                observations[call] = Observation(outcome=Outcome.COMPLETED, delivered=delivered, requests=1)
            case RaisesStatus(error_type, status):
                plain = scenario.family is Family.CONTROL
                code = status if plain or fixed else 200
                name = f"Error{status}" if plain or (fixed and status) else "APIStatusError"
                observations[call] = raised(name, status_code=code, **({"type": error_type} if typed else {}))
            case _:
                observations[call] = Observation(outcome=Outcome.COMPLETED, delivered=Delivery(events=(), text=text))
    return observations


def result(observations: Behaviour, **changes: object) -> Result:
    """Make a result of a cell."""
    provenance = Provenance(measured=dt.date(2026, 1, 2), interpreter="CPython 3.11.7", system="Linux", uv="1")
    lock = Lock(("anthropic==1.0.0",), {"anthropic==1.0.0": ("0" * 64,)})
    return Result(
        suite="suite",
        outcome=Outcome.COMPLETED,
        provenance=provenance,
        lock=lock,
        behaviour=observations,
        **changes,  # type: ignore[arg-type]
    )


def page(results: dict[tuple[str, Lane], Result], control: Behaviour | None = None) -> HomePage:
    """Make the page for results by version and lane."""
    return home_page(view_epochs(source(results, control)))


def source(results: dict[tuple[str, Lane], Result], control: Behaviour | None = None) -> SiteSource:
    """Make the source of a site from results by version and lane, and a release without results."""
    versions = sorted({version for version, _ in results} | {"0.1.0"})
    releases = {version: release(version, number + 1) for number, version in enumerate(versions)}
    cells = {Cell(version, lane, PYTHON): cell_result for (version, lane), cell_result in results.items()}
    patched = (Cell(versions[-1], Lane.TODAY, PYTHON), result(control)) if control is not None else None
    return SiteSource(
        target=ANTHROPIC,
        releases=releases,
        results=cells,
        control=patched,
        suite="suite",
        python=PYTHON,
        knowledge=Knowledge.nothing(ANTHROPIC),
    )


def in_both_lanes(version: str, cell_result: Result) -> dict[tuple[str, Lane], Result]:
    """Put the same result in both lanes."""
    return {(version, lane): cell_result for lane in Lane}


class LinkCollector(HTMLParser):
    """A parser that collects links, ids, and addresses that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read one tag."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name == "href" and value and tag == "a":
                self.targets.append(value)
            if (name == "src" or (name == "href" and tag == "link")) and value:
                self.fetched.append(value)
        self.scripts += tag == "script" and ("type", "application/ld+json") not in attrs  # which is data


def links(html: str) -> LinkCollector:
    """Collect the links of a page."""
    parser = LinkCollector()
    parser.feed(html)
    return parser


@pytest.fixture
def three_releases() -> SiteSource:
    """Make three releases: one without types, two with; nothing is measured in the oldest."""
    return source(
        in_both_lanes("0.2.0", result(behaviour()))
        | in_both_lanes("0.3.0", result(behaviour(typed=True)))
        | in_both_lanes("0.4.0", result(behaviour(typed=True))),
        control=behaviour(typed=True, fixed=True),
    )


@pytest.fixture
def history(three_releases: SiteSource) -> HomePage:
    """Make their home page."""
    return home_page(view_epochs(three_releases))


def first_page(site_source: SiteSource) -> str:
    """Render the home page as HTML."""
    return next(data.decode() for path, data in render.site(site_source)[1] if path == "index.html")


def test_the_page_counts_releases_that_raise_the_documented_code(history: HomePage) -> None:
    """Check the first sentence."""
    assert (history.answer.documented, history.answer.seen, history.answer.code_200) == (0, 3, 3)


def test_a_fixed_release_is_counted() -> None:
    """Check that it no longer counts as one with code 200."""
    answer = page(
        in_both_lanes("0.2.0", result(behaviour())) | in_both_lanes("0.3.0", result(behaviour(typed=True, fixed=True)))
    ).answer
    assert (answer.documented, answer.seen, answer.code_200) == (1, 2, 1)


def test_the_page_names_the_first_release_with_types(history: HomePage) -> None:
    """Check how many releases follow."""
    assert (history.answer.typed_since, history.answer.typed) == ("0.3.0", 2)


def test_the_page_names_handlers_that_crash_on_the_release_to_pin() -> None:
    """Check the number of scenarios, and that neither the control nor a handler that only misses the error counts."""
    decided = {
        call: msgspec.structs.replace(
            observation,
            handlers={"class-overloaded": "fail", "connection": "crashed: ModuleNotFoundError"}
            | ({"body-type": "crashed: TypeError"} if call.scenario == "mid-overloaded_error" else {}),
        )
        for call, observation in behaviour(typed=True).items()
    }
    home = page(in_both_lanes("0.3.0", result(decided)))
    assert [("connection", "ModuleNotFoundError", len(PLAYED) - 1), ("body-type", "TypeError", 1)] == [
        (row.handler, row.error, row.crashed) for row in home.crashing
    ]
    html = first_page(source(in_both_lanes("0.3.0", result(decided))))
    assert "advise --catching connection</code>" in html


def test_a_later_release_without_types_ends_the_run_with_types() -> None:
    """Check that "from V on" has no exception."""
    answer = page(
        in_both_lanes("0.2.0", result(behaviour(typed=True))) | in_both_lanes("0.3.0", result(behaviour()))
    ).answer
    assert (answer.typed_since, answer.recommended) == (None, None)


def test_the_page_counts_silent_ends(history: HomePage) -> None:
    """Check a stream that is cut short and ends without an exception."""
    assert (history.answer.silent, history.answer.eof_seen) == (3, 3)


@pytest.mark.parametrize(
    ("control", "expected"), [(None, None), (behaviour(), False), (behaviour(typed=True, fixed=True), True)]
)
def test_the_page_says_whether_the_control_is_right(control: Behaviour | None, expected: bool | None) -> None:
    """Check that a missing control is not shown as right."""
    assert expected == page(in_both_lanes("0.2.0", result(behaviour())), control).answer.control


def test_coverage_lists_untested_releases_with_their_reasons() -> None:
    """Check a release that was not measured, and one that can't be installed."""
    broken = Result(
        suite="suite", outcome=Outcome.CANNOT_INSTALL, provenance=result({}).provenance, reason="no wheels for it"
    )
    counted = page(in_both_lanes("0.2.0", broken) | in_both_lanes("0.3.0", result(behaviour()))).coverage[0]
    reasons = {reason.text: reason.versions for reason in counted.not_tested}
    expected = {"not measured yet": ("0.1.0",), "no set of wheels can be installed together": ("0.2.0",)}
    assert (1, expected) == (counted.tested, reasons)


def test_a_release_whose_client_cannot_be_made_is_tested_and_not_usable() -> None:
    """Check a release that installs."""
    error = Raised(name="builtins.TypeError", bases=(), exported=False, attributes={}, text="__init__() got 'proxies'")
    dead = {call: Observation(outcome=Outcome.CANNOT_CONSTRUCT, exception=error) for call in behaviour()}
    counted = page(in_both_lanes("0.2.0", result(dead))).coverage[0]
    assert (counted.tested, counted.usable) == (1, 0)
    assert counted.not_usable[0].text == "no client can be made: TypeError, got 'proxies'"


def test_the_page_of_a_release_without_a_result_has_no_evidence(three_releases: SiteSource) -> None:
    """It says so instead; the oldest release was not measured."""
    pages = {path: data.decode() for path, data in render.site(three_releases)[1] if path.startswith("releases/")}
    untested, tested = pages["releases/0.1.0/index.html"], pages["releases/0.2.0/index.html"]
    assert (True, True) == ("It was not measured." in untested, 'id="mid-overloaded_error"' in tested)
    assert [] == [id_ for id_ in CATALOGUE if f'id="{id_}"' in untested]


def test_every_link_of_the_page_has_a_target(three_releases: SiteSource) -> None:
    """Check links in the page, to the site, and to public pages over https."""
    page = links(first_page(three_releases))
    inside = {target.removeprefix("#") for target in page.targets if target.startswith("#")}
    assert set() == inside - set(page.ids)


def test_ids_are_unique(three_releases: SiteSource) -> None:
    """Check that a link has one target."""
    ids = links(first_page(three_releases)).ids
    assert sorted(set(ids)) == sorted(ids)


def test_every_cell_links_to_its_evidence(three_releases: SiteSource) -> None:
    """Check the page of the column's newest release, and that the list of releases has every one."""
    files = dict(render.site(three_releases)[1])
    cells = set(links(files["matrix/today/index.html"].decode()).targets)
    assert set() == {f"../../releases/{version}/#{id_}" for version in ("0.2.0", "0.4.0") for id_ in PLAYED} - cells
    assert "releases/" in links(files["index.html"].decode()).targets
    targets = set(links(files["releases/index.html"].decode()).targets)
    assert set() == {f"../releases/{version}/" for version in ("0.1.0", "0.2.0", "0.3.0", "0.4.0")} - targets


def test_the_first_page_has_the_groups_and_links_to_their_scenarios(three_releases: SiteSource) -> None:
    """Check that each group is open at its link, and that the page itself has no row of a scenario."""
    files = dict(render.site(three_releases)[1])
    page = links(files["index.html"].decode())
    groups = [id_ for id_ in page.ids if id_.startswith("g-")]
    whole = links(files["matrix/today/index.html"].decode()).ids
    assert groups == [id_ for id_ in whole if id_.startswith("g-")]
    assert {f"matrix/today/#{id_}" for id_ in groups} <= set(page.targets)
    assert [] == [id_ for id_ in page.ids if id_.startswith("s-")]
    assert sorted(f"s-{id_}" for id_ in PLAYED) == sorted(id_ for id_ in whole if id_.startswith("s-"))


def test_adjacent_releases_with_one_behaviour_share_a_column(history: HomePage) -> None:
    """Check newest first, and that a release without results has no column."""
    assert [("0.3.0", "0.4.0"), ("0.2.0",)] == [column.versions for column in history.grid.columns]


def test_every_scenario_has_a_row_and_controls_come_last(history: HomePage) -> None:
    """Check the order of groups."""
    assert sorted(PLAYED) == sorted(row.scenario.id for row in history.grid.rows)
    assert {Family.CONTROL} == {row.scenario.family for row in history.grid.groups[-1].rows}
    assert {Family.TRUNCATION} == {row.scenario.family for row in history.grid.groups[0].rows}


def test_a_group_sums_up_its_scenarios_in_each_column(history: HomePage) -> None:
    """Check scenarios that agree: error events name the type on the newer releases, and not on the older one."""
    (group,) = (group for group in history.grid.groups if group.title == "Error event of each type, after some text")
    assert [(Mark.TYPED, "200 + type"), (Mark.WRONG, "200")] == [(cell.mark, cell.word) for cell in group.cells]
    assert [len(group.rows)] * 2 == [cell.count for cell in group.cells if cell.agrees]


def test_a_cell_has_a_mark_for_both_yardsticks(history: HomePage) -> None:
    """Check that a silent end has the strongest mark."""
    cells = {row.scenario.id: row.cells for row in history.grid.rows}
    assert [(Mark.TYPED, "200 + type"), (Mark.WRONG, "200")] == [
        (cell.mark, cell.word) for cell in cells["mid-overloaded_error"]
    ]
    assert [(Mark.SILENT, "silent")] * 2 == [(cell.mark, cell.word) for cell in cells["eof-mid"]]


def test_a_scenario_is_found_by_its_class_its_type_and_its_status(history: HomePage) -> None:
    """Check an error inside a stream, whose class is that of the same error as a plain HTTP response."""
    terms = {row.scenario.id: row.terms for row in history.grid.rows}
    assert ["Error529 overloaded_error 529"] * 2 == [terms["mid-overloaded_error"], terms["http-overloaded_error"]]
    assert ("APIConnectionError", "") == (terms["reset"], terms["clean"])


def test_one_code_has_one_mark_whether_or_not_its_error_has_a_documented_code(history: HomePage) -> None:
    """Check an unheard-of type beside a documented one, on a release with types and on one without."""
    cells = {row.scenario.id: row.cells for row in history.grid.rows}
    known, unheard = ([(cell.mark, cell.word) for cell in cells[f"mid-{type_}"]] for type_ in TYPES)
    assert known == unheard


def test_a_row_differs_if_usable_releases_differ(history: HomePage) -> None:
    """Check that a release that can't be used makes no difference."""
    rows = {row.scenario.id: row for row in history.grid.rows}
    assert (True, False) == (rows["mid-overloaded_error"].differs, rows["eof-mid"].differs)


def test_the_page_loads_nothing_from_another_host(three_releases: SiteSource) -> None:
    """Check its style, script, icon and feed, and its policy."""
    html = first_page(three_releases)
    page = links(html)
    fonts = ["static/fonts/plex-sans.woff2", "static/fonts/plex-mono.woff2"]
    fetched = ["static/icon.svg", *fonts, "static/site.css", "changes/atom.xml", "static/theme.js", "static/site.js"]
    assert (fetched, 2) == (page.fetched, page.scripts)
    assert "default-src 'none'" in html


def _hostile(observations: Behaviour) -> Iterator[tuple[Call, Observation]]:
    for call, observation in observations.items():
        if observation.exception is None:
            yield call, observation
            continue
        exception = Raised(
            name=f"anthropic.{HOSTILE}",
            bases=(HOSTILE,),
            exported=False,
            attributes={"status_code": HOSTILE, "type": HOSTILE, "request_id": HOSTILE},
            text=HOSTILE,
            message=HOSTILE,
            body={HOSTILE: HOSTILE},
        )
        yield call, Observation(outcome=Outcome.RAISED, exception=exception, requests=1)


def test_hostile_text_is_inert() -> None:
    """Check that text of an exception is shown in summaries and evidence, and never interpreted."""
    site = dict(render.site(source(in_both_lanes("0.2.0", result(dict(_hostile(behaviour()))))))[1])
    for path in ("releases/0.2.0/index.html", "evidence/mid-overloaded_error.html"):
        html = site[path].decode()
        assert links(html).scripts == 2
        assert "&lt;script&gt;" in html
        assert "\u202e" not in html


def test_an_empty_catalogue_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """Check the command that fills it."""
    from matrix.errors import UsageError
    from matrix.store.store import Store

    with pytest.raises(UsageError, match="There is no data") as failure:
        render.read_source(Store(tmp_path, ANTHROPIC))
    assert "matrix refresh" in failure.value.hint


def test_the_age_of_a_page_is_that_of_the_last_good_run() -> None:
    """Check a run without news; without a run it is that of the newest result."""
    results = in_both_lanes("1.0.0", result(behaviour()))
    for checked, sentence in (
        (None, 'Data of <time datetime="2026-01-02" data-stale-after="3">'),
        (dt.date(2026, 1, 9), 'Checked on <time datetime="2026-01-09" data-stale-after="3">'),
    ):
        site_source = msgspec.structs.replace(source(results, behaviour(fixed=True)), checked=checked)
        files = dict(render.site(site_source)[1])
        assert sentence in files["index.html"].decode()


def test_a_site_is_built_again_on_another_day(tmp_path: Path) -> None:
    """Check that the same data is enough."""
    (tmp_path / "data").mkdir()
    before = site_folder.made_from(tmp_path / "data", "")
    (tmp_path / "data.checked.json").write_text("{}")
    assert before != site_folder.made_from(tmp_path / "data", "")


@pytest.mark.parametrize("code", [[1], {"a": [1]}, True, 5.5, "529", None])
def test_a_status_code_of_any_type_stops_no_page(code: object) -> None:
    """A release may set it to whatever it likes, and the other releases are shown all the same."""
    odd = {call: raised("APIStatusError", status_code=code) for call in behaviour()}
    made = page(in_both_lanes("1.0.0", result(behaviour())) | in_both_lanes("1.1.0", result(odd)))
    assert (2, 1) == (made.answer.seen, made.answer.code_200)
