"""The page: its numbers, its links, and that nothing in the data can get out of its place."""

import datetime as dt
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from matrix.catalogue.scenarios import CATALOGUE
from matrix.catalogue.steps import Completes, Family, RaisesStatus
from matrix.model import Cell, Distribution, Lane, Lock, Release
from matrix.observation import Behaviour, Call, Delivery, Observation, Outcome, Provenance, Raised, Result
from matrix.site import render, site_folder
from matrix.site.epoch_views import view_epochs
from matrix.site.home_page import HomePage, home_page
from matrix.site.marks import MARKS, Mark
from matrix.site.source import SiteSource
from matrix.store.knowledge import Knowledge
from matrix.targets import ANTHROPIC
from matrix.verdicts.wording import HANDLER_OUTCOMES

PYTHON = "3.11"
SURFACE = "messages.create"
HOSTILE = "</pre><script>alert(1)</script>\"'&\u202e\x00"


def release(version: str, day: int) -> Release:
    """A release with one wheel."""
    return Release(
        version=version,
        uploaded=dt.datetime(2024, 1, day, tzinfo=dt.UTC),
        requires_python=">=3.8",
        wheels=(Distribution(filename=f"anthropic-{version}-py3-none-any.whl", sha256="0" * 64, size=1),),
    )


def raised(name: str, **attributes: object) -> Observation:
    """An observation of an exception of the SDK."""
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
    """What a release might do: say 200, say 200 and name the type, or say the documented code."""
    seen: Behaviour = {}
    for id_, scenario in CATALOGUE.items():
        call = Call(SURFACE, id_)
        match scenario.ideal:
            case Completes():
                delivered = Delivery(events=("message_stop",), text="Hello world", stop_reason="end_turn")
                seen[call] = Observation(outcome=Outcome.COMPLETED, delivered=delivered, requests=1)
            case RaisesStatus(error_type, status):
                plain = scenario.family is Family.CONTROL
                code = status if plain or fixed else 200
                name = f"Error{status}" if plain or (fixed and status) else "APIStatusError"
                seen[call] = raised(name, status_code=code, **({"type": error_type} if typed else {}))
            case _:
                seen[call] = Observation(outcome=Outcome.COMPLETED, delivered=Delivery(events=(), text=text))
    return seen


def result(seen: Behaviour, **changes: object) -> Result:
    """A result of a cell."""
    provenance = Provenance(measured=dt.date(2026, 1, 2), interpreter="CPython 3.11.7", system="Linux", uv="1")
    lock = Lock(("anthropic==1.0.0",), {"anthropic==1.0.0": ("0" * 64,)})
    return Result(
        suite="suite",
        outcome=Outcome.COMPLETED,
        provenance=provenance,
        lock=lock,
        behaviour=seen,
        **changes,  # type: ignore[arg-type]
    )


def page(results: dict[tuple[str, Lane], Result], control: Behaviour | None = None) -> HomePage:
    """The page for results by version and lane."""
    return home_page(view_epochs(source(results, control)))


def source(results: dict[tuple[str, Lane], Result], control: Behaviour | None = None) -> SiteSource:
    """What a site is made from: results by version and lane, and a release of which nothing is known."""
    versions = sorted({version for version, _ in results} | {"0.1.0"})
    releases = {version: release(version, number + 1) for number, version in enumerate(versions)}
    cells = {Cell(version, lane, PYTHON): found for (version, lane), found in results.items()}
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


def both(version: str, found: Result) -> dict[tuple[str, Lane], Result]:
    """The same result in both lanes."""
    return {(version, lane): found for lane in Lane}


class Links(HTMLParser):
    """Collects what a page links to, its ids, and everything that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note one tag."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name == "href" and value and tag == "a":
                self.targets.append(value)
            if (name == "src" or (name == "href" and tag == "link")) and value:
                self.fetched.append(value)
        self.scripts += tag == "script"


def links(html: str) -> Links:
    """What a page links to."""
    parser = Links()
    parser.feed(html)
    return parser


@pytest.fixture
def found() -> SiteSource:
    """Three releases: one without types, two with; in the oldest, nothing is measured."""
    return source(
        both("0.2.0", result(behaviour()))
        | both("0.3.0", result(behaviour(typed=True)))
        | both("0.4.0", result(behaviour(typed=True))),
        control=behaviour(typed=True, fixed=True),
    )


@pytest.fixture
def history(found: SiteSource) -> HomePage:
    """The first page of them."""
    return home_page(view_epochs(found))


def first(found: SiteSource) -> str:
    """The first page as HTML."""
    return next(data.decode() for path, data in render.site(found)[1] if path == "index.html")


def test_counts_releases_that_raise_the_documented_code(history: HomePage) -> None:
    """The first sentence of the page."""
    assert (history.answer.documented, history.answer.seen, history.answer.code_200) == (0, 3, 3)


def test_counts_a_release_that_is_fixed() -> None:
    """One that says the documented code is counted as such, and no longer as saying 200."""
    answer = page(both("0.2.0", result(behaviour())) | both("0.3.0", result(behaviour(typed=True, fixed=True)))).answer
    assert (answer.documented, answer.seen, answer.code_200) == (1, 2, 1)


def test_names_the_first_release_from_which_on_the_type_is_there(history: HomePage) -> None:
    """And how many those are."""
    assert (history.answer.typed_since, history.answer.typed) == ("0.3.0", 2)


def test_a_later_release_without_types_ends_the_row_of_those_with() -> None:
    """From V on means: from V on without exception."""
    answer = page(both("0.2.0", result(behaviour(typed=True))) | both("0.3.0", result(behaviour()))).answer
    assert (answer.typed_since, answer.recommended) == (None, None)


def test_counts_silent_ends(history: HomePage) -> None:
    """A stream that is cut short and ends without an exception."""
    assert (history.answer.silent, history.answer.eof_seen) == (3, 3)


@pytest.mark.parametrize(
    ("control", "expected"), [(None, None), (behaviour(), False), (behaviour(typed=True, fixed=True), True)]
)
def test_says_whether_the_control_holds(control: Behaviour | None, expected: bool | None) -> None:
    """Not measured is not the same as held."""
    assert expected == page(both("0.2.0", result(behaviour())), control).answer.control


def test_coverage_says_what_was_not_tested_and_why() -> None:
    """A release that nobody measured, and one that can't be installed."""
    broken = Result(
        suite="suite", outcome=Outcome.CANNOT_INSTALL, provenance=result({}).provenance, reason="no wheels for it"
    )
    found = page(both("0.2.0", broken) | both("0.3.0", result(behaviour()))).coverage[0]
    reasons = {reason.text: reason.versions for reason in found.not_tested}
    expected = {"not measured yet": ("0.1.0",), "no set of wheels can be installed together": ("0.2.0",)}
    assert (1, expected) == (found.tested, reasons)


def test_a_release_whose_client_cannot_be_made_is_tested_and_not_usable() -> None:
    """It installs, and nothing can be done with it."""
    error = Raised(name="builtins.TypeError", bases=(), exported=False, attributes={}, text="__init__() got 'proxies'")
    dead = {call: Observation(outcome=Outcome.CANNOT_CONSTRUCT, exception=error) for call in behaviour()}
    found = page(both("0.2.0", result(dead))).coverage[0]
    assert (found.tested, found.usable) == (1, 0)
    assert found.not_usable[0].text == "no client can be made: TypeError, got 'proxies'"


def test_every_link_in_the_page_leads_somewhere(found: SiteSource) -> None:
    """Within the page, to another one of the site, or to a public page over https."""
    page = links(first(found))
    inside = {target.removeprefix("#") for target in page.targets if target.startswith("#")}
    assert set() == inside - set(page.ids)


def test_ids_are_unique(found: SiteSource) -> None:
    """Else a link leads to the wrong place."""
    ids = links(first(found)).ids
    assert sorted(set(ids)) == sorted(ids)


def test_every_cell_leads_to_its_evidence(found: SiteSource) -> None:
    """The page of the newest release of its column, at the scenario; and every release is to be found."""
    targets = set(links(first(found)).targets)
    wanted = {f"releases/{version}/#{id_}" for version in ("0.2.0", "0.4.0") for id_ in CATALOGUE}
    wanted |= {f"releases/{version}/" for version in ("0.1.0", "0.2.0", "0.3.0", "0.4.0")}
    assert set() == wanted - targets


def test_adjacent_releases_that_show_the_same_are_one_column(history: HomePage) -> None:
    """Newest first; one of which nothing is known is in none."""
    assert [("0.3.0", "0.4.0"), ("0.2.0",)] == [column.versions for column in history.grid.columns]


def test_every_scenario_has_a_row_and_controls_come_last(history: HomePage) -> None:
    """By family; nobody comes to read first that the harness works."""
    ids = [row.scenario.id for _, rows in history.grid.families for row in rows]
    assert sorted(CATALOGUE) == sorted(ids)
    assert Family.CONTROL is history.grid.families[-1][0]


def test_a_cell_has_a_mark_by_both_yardsticks(history: HomePage) -> None:
    """Code 200 with a type is right by one of them; a silent end is the loudest."""
    cells = {row.scenario.id: row.cells for _, rows in history.grid.families for row in rows}
    assert [(Mark.TYPED, "200 typed"), (Mark.WRONG, "200")] == [
        (cell.mark, cell.word) for cell in cells["mid-overloaded_error"]
    ]
    assert [(Mark.SILENT, "silent")] * 2 == [(cell.mark, cell.word) for cell in cells["eof-mid"]]


def test_the_signs_that_are_drawn_are_those_of_the_legend() -> None:
    """In cells they come from the style, for there are thousands of them."""
    style = (Path(render.__file__).parent / "static" / "site.css").read_text(encoding="utf-8")
    signs = {f"m-{mark}": sign for mark, (sign, _) in MARKS.items()}
    signs |= {f"w-{worth}": sign for worth, (sign, _) in HANDLER_OUTCOMES.items()}
    drawn = dict(re.findall(r'\.matrix td > \.([mw]-[a-z]+)::before \{ content: "(.)" / ""', style))
    assert signs == drawn


def test_a_row_differs_if_releases_that_can_be_used_do(history: HomePage) -> None:
    """And not because one of them can't be."""
    rows = {row.scenario.id: row for _, members in history.grid.families for row in members}
    assert (True, False) == (rows["mid-overloaded_error"].differs, rows["eof-mid"].differs)


def test_the_page_asks_for_nothing_from_elsewhere(found: SiteSource) -> None:
    """Its style, its script, its icon, its feed; and its policy says so to the browser."""
    html = first(found)
    page = links(html)
    fetched = ["static/icon.svg", "static/site.css", "changes/atom.xml", "static/site.js"]
    assert (fetched, 1) == (page.fetched, page.scripts)
    assert "default-src 'none'" in html


def _hostile(seen: Behaviour) -> Iterator[tuple[Call, Observation]]:
    for call, observation in seen.items():
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
    """Whatever a release puts into an exception, the page shows it and the browser does nothing with it."""
    site = dict(render.site(source(both("0.2.0", result(dict(_hostile(behaviour()))))))[1])
    html = site["releases/0.2.0/index.html"].decode()
    assert links(html).scripts == 1
    assert "&lt;script&gt;" in html
    assert "\u202e" not in html


def test_an_empty_catalogue_is_an_error_with_a_hint(tmp_path: Path) -> None:
    """There is nothing to say about nothing."""
    from matrix.errors import UsageError
    from matrix.store.store import Store

    with pytest.raises(UsageError, match="There is no data") as failure:
        render.read_source(Store(tmp_path, ANTHROPIC))
    assert "matrix refresh" in failure.value.hint


def test_the_age_of_a_page_is_that_of_the_last_good_run() -> None:
    """Also if nothing was new on that day; without one it is that of the newest result."""
    seen = both("1.0.0", result(behaviour()))
    for checked, said in (
        (None, 'Data of <time datetime="2026-01-02" data-stale-after="3">'),
        (dt.date(2026, 1, 9), 'Checked on <time datetime="2026-01-09" data-stale-after="3">'),
    ):
        found = msgspec.structs.replace(source(seen, behaviour(fixed=True)), checked=checked)
        files = dict(render.site(found)[1])
        assert said in files["index.html"].decode()


def test_a_site_is_built_again_on_another_day(tmp_path: Path) -> None:
    """Though the data is the same."""
    (tmp_path / "data").mkdir()
    before = site_folder.made_from(tmp_path / "data", "")
    (tmp_path / "data.checked.json").write_text("{}")
    assert before != site_folder.made_from(tmp_path / "data", "")
