"""The first page in use: find a release, filter the matrix, move in it, open evidence."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.browser.built import Built
from tests.browser.visiting import Visits
from tests.support.paths import DATA

pytestmark = pytest.mark.browser

NEWEST = list(Store(DATA, ANTHROPIC).releases())[-1]

SHOWN = "[data-matrix] tbody:not([hidden]) tr:not(.family, [hidden])"


@pytest.fixture
def first(visit: Visits, site: Built) -> Page:
    """Open the first page."""
    return visit(site.address("index.html"))


# Find a release.


@pytest.mark.parametrize(
    ("typed", "announced", "versions"),
    [
        ("0.86", "1 release", ["0.86.0"]),
        ("anthropic==0.45.2", "1 release", ["0.45.2"]),
        (" v1.0.0 ", "1 release", ["1.0.0"]),
        ("latest", "1 release", [NEWEST]),
        ("~=0.40.0", "1 release", ["0.40.0"]),
        (">=0.44, <0.45.2", "3 releases", ["0.45.1", "0.45.0", "0.44.0"]),
        ("anthropic[bedrock]==0.45.*", "3 releases", ["0.45.2", "0.45.1", "0.45.0"]),
        ("0.3", "31 releases, the first 12 listed", None),
        ("7", f"This site has no such release. The newest is {NEWEST}.", []),
        (">=7", f"This site has no such release. The newest is {NEWEST}.", []),
        ("", "", []),
    ],
)
def test_a_typed_version_finds_releases(first: Page, typed: str, announced: str, versions: list[str] | None) -> None:
    """Check that the number of releases is announced to screen readers."""
    first.locator("#release").fill(typed)
    expect(first.locator("[data-status]")).to_have_text(re.compile(f"^{re.escape(announced)}"))
    if versions is not None:
        assert versions == first.locator("[data-results] a").all_inner_texts()


def test_a_compatible_release_is_not_only_the_named_one(first: Page) -> None:
    """Check the operator that permits all later minor versions."""
    first.locator("#release").fill("~=0.40")
    found = first.locator("[data-results] a").all_inner_texts()
    assert 12 == len(found)
    assert "0.40.0" not in found


def test_enter_opens_the_typed_release(first: Page) -> None:
    """Check that a longer version is not opened."""
    first.locator("#release").fill("0.3.1")
    first.keyboard.press("Enter")
    expect(first.locator("h1")).to_have_text("anthropic 0.3.1")


def test_without_a_script_every_release_is_in_a_list(visit: Visits, site: Built) -> None:
    """Check that no control without a function is shown."""
    page = visit(site.address("index.html"), script=False)
    assert page.locator("[data-releases] a").count() == len({path for path in site.files if _is_release(path)})
    assert [False, False] == [page.locator(control).is_visible() for control in ("[data-find]", "[data-filter]")]
    assert page.locator(SHOWN).first.is_visible()


def _is_release(path: str) -> bool:
    return re.fullmatch(r"releases/[^/]+/index\.html", path) is not None


# Filters.


def test_filters_narrow_the_matrix_and_stand_in_the_address(first: Page) -> None:
    """Check the announced number, a reload, a shared link, another lane and another call."""
    whole = first.locator(SHOWN).count()
    first.get_by_label("Scenario", exact=True).fill("overloaded")
    first.get_by_label("Family").select_option("error event")
    first.get_by_label("only scenarios that differ").check()
    rows = first.locator(SHOWN)
    expect(first.locator("[data-count]")).to_have_text(f"{rows.count()} of {whole} scenarios")
    found = [row.locator("th a").inner_text() for row in rows.all()]
    assert {"mid-overloaded_error", "first-overloaded_error"} < set(found)
    assert ["error event"] * len(found) == [
        row.evaluate("row => row.parentElement.dataset.family") for row in rows.all()
    ]
    assert all("overloaded" in f"{row.get_attribute('data-terms')}" for row in rows.all())
    assert first.url.endswith("?q=overloaded&family=error+event&differs=1")
    expect(first.locator("tbody:not([hidden]) tr.family")).to_have_text(["error event"])
    first.reload()
    expect(first.locator(SHOWN)).to_have_count(len(found))
    first.get_by_role("link", name="As released").click()
    expect(first).to_have_url(re.compile(r"/matrix/as-released/\?q=overloaded&family=error\+event&differs=1$"))
    expect(first.locator(SHOWN)).to_have_count(len(found))
    first.get_by_role("button", name="Reset").click()
    expect(first.locator("[data-count]")).to_have_text(f"{whole} scenarios")
    assert first.url.endswith("/matrix/as-released/")


@pytest.mark.parametrize(
    ("typed", "scenario"),
    [("OverloadedError", "mid-overloaded_error"), ("529", "first-overloaded_error"), ("apiconnectionerror", "reset")],
)
def test_a_scenario_is_found_by_the_class_that_people_catch(first: Page, typed: str, scenario: str) -> None:
    """Check that other scenarios are hidden."""
    first.get_by_label("Scenario", exact=True).fill(typed)
    expect(first.locator(f"#s-{scenario}")).to_be_visible()
    expect(first.locator("#s-clean")).to_be_hidden()


def test_the_matrix_is_filtered_by_verdict(first: Page) -> None:
    """Check that every row left has it."""
    first.get_by_label("With a verdict").select_option("silent")
    rows = first.locator(SHOWN)
    assert 0 < rows.count() == first.locator(f"{SHOWN}:has(.m-silent)").count()


@pytest.mark.parametrize("query", ["?verdict=nonsense&family=nonsense&differs=2", "?q=&verdict="])
def test_an_unknown_filter_filters_nothing(visit: Visits, site: Built, query: str) -> None:
    """Check a link of another site."""
    page = visit(site.address("index.html") + query)
    expect(page.locator("[data-count]")).to_have_text(re.compile(r"^\d+ scenarios$"))


def test_an_empty_result_is_announced(first: Page) -> None:
    """Check that Reset shows every row."""
    first.get_by_label("Scenario", exact=True).fill("no such thing")
    expect(first.locator("[data-count]")).to_have_text("No scenario matches. Reset shows all scenarios.")


def test_lane_and_call_are_links(visit: Visits, site: Built) -> None:
    """Check that they work without a script, and that the current ones are marked."""
    page = visit(site.address("index.html"), script=False)
    page.get_by_role("link", name="As released").click()
    page.locator(".menu summary").click()
    page.get_by_role("link", name="messages.stream(), sync", exact=True).click()
    assert page.url.endswith("/matrix/as-released/messages.stream/")
    expect(page.locator("main [aria-current]")).to_have_text(["As released", "messages.stream(), sync"])


# Keys.


def test_arrow_keys_move_in_the_matrix(first: Page) -> None:
    """Check that it is one tab stop, and that nothing happens at its edges."""
    cells = first.locator("[data-matrix] td > a")
    cells.first.focus()
    assert 1 == first.locator("[data-matrix] td > a:not([tabindex='-1'])").count()
    for key, row, column in (
        ("ArrowRight", 0, 1), ("ArrowDown", 1, 1), ("ArrowLeft", 1, 0), ("ArrowLeft", 1, 0), ("ArrowUp", 0, 0),
        ("ArrowUp", 0, 0), ("End", 0, -1), ("Home", 0, 0),
    ):  # fmt: skip
        first.keyboard.press(key)
        wanted = first.locator(SHOWN).nth(row).locator("td > a").nth(column)
        expect(wanted).to_be_focused()
        expect(wanted).to_have_attribute("tabindex", "0")


def test_keys_of_the_browser_are_left_alone(first: Page) -> None:
    """Check that Alt and left is Back."""
    cell = first.locator("[data-matrix] td > a").nth(1)
    cell.focus()
    first.keyboard.press("Control+ArrowLeft")
    expect(cell).to_be_focused()


def test_a_focused_cell_is_never_under_the_row_headers(visit: Visits, site: Built) -> None:
    """Check a narrow window, in each direction."""
    page = visit(site.address("index.html"), width=360)
    page.locator(SHOWN).first.locator("td > a").last.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
        cell = page.evaluate("document.activeElement.getBoundingClientRect().left")
        header = page.evaluate("document.activeElement.closest('tr').querySelector('th').getBoundingClientRect().right")
        assert cell >= header


def test_arrow_keys_skip_filtered_rows(first: Page) -> None:
    """Check that the matrix keeps a tab stop."""
    first.get_by_label("Scenario", exact=True).fill("eof")
    assert first.locator(f"{SHOWN} td > a:not([tabindex='-1'])").count() == 1
    first.locator(f"{SHOWN} td > a:not([tabindex='-1'])").focus()
    first.keyboard.press("ArrowDown")
    expect(first.locator(SHOWN).nth(1).locator("td > a").first).to_be_focused()


def test_a_focused_cell_is_not_hidden_by_the_headers(first: Page) -> None:
    """Check sticky rows and columns."""
    region = first.locator("[data-matrix]")
    region.scroll_into_view_if_needed()
    cells = first.locator(SHOWN).nth(40).locator("td > a")
    cells.last.focus()
    cells.first.focus()
    first.locator(SHOWN).nth(3).locator("td > a").first.focus()
    top = first.locator(".matrix thead th").nth(1).bounding_box()
    left = first.locator(SHOWN).nth(3).locator("th").bounding_box()
    cell = first.locator(SHOWN).nth(3).locator("td > a").first.bounding_box()
    assert top
    assert left
    assert cell
    assert cell["y"] >= top["y"] + top["height"] - 1
    assert cell["x"] >= left["x"] + left["width"] - 1


def test_escape_closes_a_menu_and_returns_the_focus(first: Page) -> None:
    """Check a click outside, too."""
    menu = first.locator("details.menu")
    menu.locator("summary").click()
    menu.locator("a").nth(3).focus()
    first.keyboard.press("Escape")
    expect(menu.locator("summary")).to_be_focused()
    assert menu.get_attribute("open") is None
    menu.locator("summary").click()
    first.locator("h1").click()
    assert menu.get_attribute("open") is None


# Evidence.


def test_a_cell_opens_its_evidence(first: Page) -> None:
    """Check the address, and that Escape closes it and returns the focus."""
    cell = first.locator("#s-mid-overloaded_error td > a").first
    cell.click()
    drawer = first.locator("dialog")
    expect(drawer).to_be_visible()
    assert f"{NEWEST} · mid-overloaded_error · today" == drawer.locator("h2").inner_text()
    expect(drawer).to_contain_text("event: error")
    expect(drawer).to_contain_text("anthropic.APIStatusError")
    assert first.url.endswith(f"?cell={NEWEST}%2Fmid-overloaded_error")
    for link in drawer.locator("a").all():
        assert "/midstream/" in (link.get_attribute("href") or "") or "https://" in (link.get_attribute("href") or "")
    first.keyboard.press("Escape")
    expect(drawer).not_to_be_visible()
    expect(cell).to_be_focused()
    expect(first).to_have_url(re.compile("/midstream/$"))


def test_a_shared_cell_is_open(visit: Visits, site: Built) -> None:
    """Check that an unknown one opens nothing."""
    page = visit(site.address("index.html") + f"?cell={NEWEST}%2Feof-mid")
    expect(page.locator("dialog h2")).to_have_text(f"{NEWEST} · eof-mid · today")
    page = visit(site.address("index.html") + "?cell=0.60.0%2Feof-mid")  # any release names its column
    expect(page.locator("dialog")).to_contain_text("completed, no exception")
    page = visit(site.address("index.html") + "?cell=9.9.9%2Feof-mid")
    assert not page.locator("dialog").is_visible()


def test_back_closes_the_evidence(first: Page) -> None:
    """Check that opening it is a step of the history."""
    first.locator("#s-eof-mid td > a").first.click()
    expect(first.locator("dialog")).to_be_visible()
    first.go_back()
    expect(first.locator("dialog")).not_to_be_visible()
    assert first.url.endswith("/midstream/")


def test_a_call_that_ends_otherwise_has_its_own_evidence(visit: Visits, site: Built) -> None:
    """Check that it is not that of the main call."""
    page = visit(site.address("matrix/today/messages.stream/index.html"))
    cell = page.locator("#s-block-before-start td > a").first
    assert "IndexError" in cell.inner_text()
    cell.click()
    drawer = page.locator("dialog")
    expect(drawer.locator("h2")).to_have_text(f"{NEWEST} · block-before-start · messages.stream · today")
    expect(drawer).to_contain_text("builtins.IndexError")
    expect(drawer).not_to_contain_text("completed, no exception")
    expect(drawer).to_contain_text("--surface messages.stream")


def test_without_a_script_a_cell_links_to_its_evidence(visit: Visits, site: Built) -> None:
    """Check the scenario on the release's page."""
    page = visit(site.address("index.html"), script=False)
    page.locator("#s-eof-mid td > a").first.click()
    assert page.url.endswith(f"/releases/{NEWEST}/#eof-mid")
    assert page.locator("#eof-mid").is_visible()


# The age of the data.


def test_old_data_is_announced(visit: Visits, site: Built) -> None:
    """Check the reader's clock, and the day that is shown without a script."""
    page = visit(site.address("index.html"))
    day = date.fromisoformat(page.locator("footer time").get_attribute("datetime") or "")
    for days, is_old in ((0, False), (3, False), (5, True), (400, True)):
        page.clock.set_fixed_time(f"{day + timedelta(days=days)}T12:00:00Z")
        page.reload()
        notice = page.locator("[data-stale]").inner_text()  # one place, near the top
        assert is_old == notice.startswith(f"This data is {days} days old"), notice
