"""The first page in use: filter the matrix, move in it, open evidence."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.browser.built import PREFIX, Built
from tests.browser.test_every_page import violations
from tests.browser.visiting import Visits
from tests.support.paths import DATA

pytestmark = pytest.mark.browser

NEWEST = list(Store(DATA, ANTHROPIC).releases())[-1]

SHOWN = "[data-matrix] tbody tr:not(.group):visible"
GROUPS = "[data-matrix] tr.group:visible"
WHOLE = "matrix/today/index.html"
"""The page that has every row; the first page loads them."""
EVENTS = "#g-error-event-of-each-type-after-some-text"
ENDS = "#g-stream-just-ends"
PHONE = 360


def opened(page: Page, group: str) -> Page:
    """Open a group, and wait for its scenarios."""
    page.locator(f"{group} .opens input").check()
    expect(page.locator(f"{group} tr:not(.group)").first).to_be_visible()
    return page


@pytest.fixture
def first(visit: Visits, site: Built) -> Page:
    """Open the first page."""
    return visit(site.address("index.html"))


# Releases.


def test_without_a_script_every_release_is_in_a_list(visit: Visits, site: Built) -> None:
    """Check that no control without a function is shown."""
    page = visit(site.address("index.html"), script=False)
    releases = {path.removesuffix("index.html") for path in site.files if _is_release(path)}
    page.locator("main a[href='releases/']").click()
    hrefs = page.locator("main .listing a").evaluate_all("links => links.map(link => new URL(link.href).pathname)")
    assert {f"{PREFIX}{path}" for path in releases} == set(hrefs)
    page.go_back()
    controls = (".ask form", "[data-filter]", "[data-picker]")
    assert [False] * 3 == [page.locator(control).is_visible() for control in controls]
    assert page.locator(GROUPS).first.is_visible()


def _is_release(path: str) -> bool:
    return re.fullmatch(r"releases/[^/]+/index\.html", path) is not None


# Groups.


def test_the_first_page_is_small_until_a_group_opens(first: Page) -> None:
    """Check the number of elements, and that one group opens at a time, from the keyboard."""
    assert first.locator("*").count() < 3000
    assert 0 == first.locator(SHOWN).count()
    first.locator(f"{EVENTS} .opens input").focus()
    first.keyboard.press("Enter")
    rows = first.locator(SHOWN)
    expect(rows).to_have_count(12)
    expect(first.locator("#s-mid-overloaded_error")).to_contain_text("200 + type")
    first.keyboard.press("Space")
    expect(rows).to_have_count(0)


def test_a_group_says_whether_its_scenarios_agree(first: Page) -> None:
    """Check one that agrees, and one whose worst outcome is counted, with the others."""
    expect(first.locator(f"{EVENTS} .group td").first).to_have_text(re.compile(r"200 \+ type, all 12$"))
    differs = first.locator("#g-error-in-unusual-framing .group td").first
    expect(differs.locator("a")).to_have_text(re.compile("silent, 3 of 15$"))
    expect(differs.locator(".rest")).to_have_text("12 type only")


def test_a_group_opens_at_its_link_without_a_script(visit: Visits, site: Built) -> None:
    """Check the link of the first page, a scenario's own link, and the toggle."""
    page = visit(site.address("index.html"), script=False)
    page.locator(f"{ENDS} a.opens").click()
    assert page.url.endswith(f"/matrix/today/{ENDS}")
    expect(page.locator("#s-eof-mid")).to_be_visible()
    assert 4 == page.locator(SHOWN).count() == page.locator(f"{ENDS} tr:not(.group)").count()
    page = visit(f"{site.address(WHOLE)}#s-reset", script=False)
    assert page.locator("#s-reset").is_visible()
    assert not page.locator("#s-eof-mid").is_visible()
    page.locator(f"{ENDS} .opens input").check()
    assert page.locator("#s-eof-mid").is_visible()


def test_a_link_to_a_scenario_opens_its_group(visit: Visits, site: Built) -> None:
    """Check the first page, which loads its rows, and a group that the reader closes again."""
    page = visit(f"{site.address('index.html')}#s-eof-mid")
    expect(page.locator("#s-eof-mid")).to_be_in_viewport()
    page.locator(f"{ENDS} .opens input").uncheck()
    expect(page.locator("#s-eof-mid")).to_be_hidden()


def test_a_matrix_that_equals_another_one_shows_the_rows_and_the_evidence_of_its_own_call(
    visit: Visits, site: Built
) -> None:
    """Check a call whose page has no rows."""
    page = visit(site.address("matrix/today/messages.create-async/index.html"))
    assert 0 == page.locator("tbody tr:not(.group)").count()
    opened(page, EVENTS).locator("#s-mid-overloaded_error td > a").first.click()
    expect(page.locator("dialog h2")).to_have_text(f"{NEWEST} · mid-overloaded_error · messages.create-async · today")


def test_rows_that_cannot_be_loaded_are_shown_on_their_own_page(first: Page) -> None:
    """Check an answer that is no matrix."""
    first.route("**/matrix/today/", lambda route: route.fulfill(body="no matrix"), times=1)
    first.locator(f"{ENDS} .opens input").check()
    expect(first).to_have_url(re.compile(f"/matrix/today/{ENDS}$"))
    expect(first.locator("#s-eof-mid")).to_be_visible()


# Columns.


def test_releases_that_are_old_or_cannot_run_are_folded(visit: Visits, site: Built) -> None:
    """Check that they are shown without a script, too."""
    for script in (True, False):
        page = visit(site.address(WHOLE), script=script)
        columns = page.locator("thead th[data-versions]:visible")
        assert ["0.40.0"] == [columns.last.get_attribute("data-versions").split()[0]]  # type: ignore[union-attr]
        page.get_by_label("more columns").check()
        expect(columns).to_have_count(page.locator("thead th[data-versions]").count())
        expect(columns.last).to_contain_text("0.2.2")


def test_headers_stay_in_view_while_the_page_scrolls(visit: Visits, site: Built) -> None:
    """Check that nothing but the page scrolls: with the columns at first, and with all of a few."""
    page = opened(visit(site.address(WHOLE)), EVENTS)
    for _ in range(2):
        page.locator("#s-mid-overloaded_error").scroll_into_view_if_needed()
        page.evaluate("scrollBy(0, 600)")
        assert 0 == page.locator(".matrix thead th").first.evaluate("each => each.getBoundingClientRect().top")
        sheet = page.locator(".sheet").evaluate(
            "each => [each.scrollHeight - each.clientHeight, getComputedStyle(each).overflowY]"
        )
        assert [0, "visible"] == sheet
        page.evaluate("scrollTo(0, 0)")
        page.get_by_label("more columns").check()


def test_many_columns_scroll_below_headers_that_stay(visit: Visits, site: Built) -> None:
    """Check the rows and the columns of headers, where the older columns do not fit."""
    page = visit(site.address("matrix/as-released/index.html"), width=1000)
    page.get_by_label("more columns").check()
    sheet = page.locator(".sheet")
    sheet.evaluate("each => each.scrollTo(300, 300)")
    at = sheet.evaluate("each => [each.getBoundingClientRect().left, each.getBoundingClientRect().top]")
    header, row = page.locator(".matrix thead th").last, page.locator(".group th").nth(6)
    top = header.evaluate("each => each.getBoundingClientRect().top")
    left = row.evaluate("each => each.getBoundingClientRect().left")
    assert [pytest.approx(at[0], abs=1.5), pytest.approx(at[1], abs=1.5)] == [left, top]


@pytest.mark.parametrize(
    ("text", "named", "column"),
    [("0.45.2", "0.45.2", "0.40.0"), ("v2.12", "2.12.0", "1.16.0"), ("anthropic[bedrock]==0.3.5", "0.3.5", "0.3.2")],
)
def test_my_release_is_marked_and_stands_next_to_the_names(
    visit: Visits, site: Built, text: str, named: str, column: str
) -> None:
    """Check spellings, a folded column, rows that are loaded later, and that cells keep their column."""
    page = opened(visit(f"{site.address('index.html')}?release={text}"), ENDS)
    mine = page.locator("thead th[data-versions]").first
    expect(mine).to_be_visible()
    expect(mine).to_contain_text(f"my release: {named}")
    assert column == (mine.get_attribute("data-versions") or "").split()[0]
    path = mine.locator("a").get_attribute("href") or ""
    for row in (f"{ENDS} .group", "#s-eof-mid"):
        cell = page.locator(f"{row} td.mine")
        expect(cell).to_be_visible()
        assert path in (cell.locator("a").get_attribute("href") or "")
        assert 1 == cell.evaluate("each => each.cellIndex")
    page.get_by_role("link", name="As released").click()
    expect(page.locator("thead th.mine")).to_contain_text(f"my release: {named}")


def test_the_release_of_the_visit_is_mine_until_another_is_chosen(first: Page) -> None:
    """Check what another page kept, what another part of the page says, the picker, and the order of columns."""
    first.evaluate("sessionStorage.setItem('release', '0.45.2')")
    first.reload()
    expect(first.locator("thead th.mine")).to_contain_text("my release: 0.45.2")
    order = "each => [...each.rows[0].cells].map(cell => cell.dataset.versions ?? '')"
    first.evaluate("document.dispatchEvent(new CustomEvent('release', { detail: '0.50.0' }))")
    expect(first.locator("thead th.mine")).to_contain_text("my release: 0.50.0")
    first.evaluate("document.addEventListener('release', event => { window.heard = event.detail })")
    first.locator("[data-picker] select").select_option(label="0.87.0–1.15.0")
    assert "1.15.0" == first.evaluate("heard")
    first.locator("[data-picker] select").select_option(index=0)
    expect(first.locator("thead th.mine")).to_have_count(1)
    columns = first.locator(".rolled").evaluate(order)
    first.evaluate("sessionStorage.clear()")
    first.goto(first.url.partition("?")[0])
    assert columns == first.locator(".rolled").evaluate(order)


def test_a_phone_shows_one_release_at_a_time(visit: Visits, site: Built) -> None:
    """Check that the newest answers without a tap, that another one is picked, and that a group opens."""
    page = visit(site.address(WHOLE), width=PHONE)
    expect(page.locator(f"{GROUPS} td:visible")).to_have_count(page.locator(GROUPS).count())
    first_answer = page.locator(f"{ENDS} td a").first
    expect(first_answer).to_be_in_viewport()
    expect(first_answer).to_have_text(re.compile("silent, all 4$"))
    expect(page.locator(f"{EVENTS} td:visible")).to_have_text(re.compile(r"200 \+ type, all 12"))
    page.locator("[data-picker] select").select_option(label="0.40.0–0.86.0")
    expect(page.locator(f"{EVENTS} td:visible")).to_have_text(re.compile("200, all 12"))
    expect(page).to_have_url(re.compile(r"\?release=0\.86\.0$"))
    opened(page, EVENTS)
    expect(page.locator("#s-mid-overloaded_error td:visible")).to_have_text(re.compile("200$"))
    page = visit(site.address(WHOLE), width=PHONE, script=False)
    expect(page.locator(f"{ENDS} .group td:visible")).to_have_text(re.compile("silent, all 4$"))


def test_a_phone_folds_what_chooses_another_matrix(visit: Visits, site: Built) -> None:
    """Check that a filter in the address is in view, and that a wider window shows all."""
    page = visit(site.address(WHOLE), width=PHONE)
    tools, field = page.locator("[data-tools]"), page.get_by_label("Scenario", exact=True)
    expect(field).to_be_hidden()
    page.set_viewport_size({"width": 1400, "height": 900})
    expect(field).to_be_visible()
    expect(tools.locator("> summary")).to_be_hidden()
    page = visit(f"{site.address(WHOLE)}?q=reset", width=PHONE)
    expect(page.get_by_label("Scenario", exact=True)).to_have_value("reset")
    expect(page.get_by_label("Scenario", exact=True)).to_be_visible()


# Filters.


def test_filters_narrow_the_matrix_and_stand_in_the_address(first: Page, site: Built) -> None:
    """Check the announced number, a reload, a shared link, another lane, and that groups with matches open."""
    rows_of_page = len(re.findall(rb' id="s-', site.read(WHOLE)))
    whole = f"{rows_of_page - 1} scenarios and a control"
    expect(first.locator("[data-count]")).to_have_text(whole)
    opened(first, ENDS)
    first.get_by_label("Scenario", exact=True).fill("overloaded_error event")
    first.get_by_label("only scenarios that differ").check()
    rows = first.locator(SHOWN)
    expect(first.locator("#s-mid-overloaded_error")).to_be_visible()
    expect(first.locator("#s-eof-mid")).to_be_hidden()
    expect(first.locator("[data-count]")).to_have_text(f"{rows.count()} of {whole}")
    found = [row.get_attribute("id") for row in rows.all()]
    assert {"s-mid-overloaded_error", "s-first-overloaded_error"} < set(found)
    assert all("overloaded_error" in f"{row.get_attribute('data-terms')}" for row in rows.all())
    assert first.url.endswith("?q=overloaded_error+event&differs=1")
    first.reload()
    expect(first.locator(SHOWN)).to_have_count(len(found))
    first.get_by_role("link", name="As released").click()
    expect(first).to_have_url(re.compile(r"/matrix/as-released/\?q=overloaded_error\+event&differs=1$"))
    expect(first.locator("#s-mid-overloaded_error")).to_be_visible()
    first.get_by_role("button", name="Reset").click()
    expect(first.locator("[data-count]")).to_have_text(whole)
    assert first.url.endswith("/matrix/as-released/")


def test_a_reset_closes_what_the_filter_opened(first: Page) -> None:
    """Check that a group that the reader opened stays open."""
    opened(first, ENDS)
    first.get_by_label("Scenario", exact=True).fill("overloaded")
    expect(first.locator("#s-mid-overloaded_error")).to_be_visible()
    first.get_by_role("button", name="Reset").click()
    expect(first.locator("#s-mid-overloaded_error")).to_be_hidden()
    expect(first.locator("#s-eof-mid")).to_be_visible()


def test_a_family_in_an_old_link_is_searched_for(visit: Visits, site: Built) -> None:
    """Check a link that was made when families had a field of their own."""
    page = visit(site.address("index.html") + "?family=truncation")
    expect(page.locator("#s-eof-mid")).to_be_visible()
    expect(page.locator(GROUPS)).to_have_count(1)


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
    expect(rows.first).to_be_visible()
    assert 0 < rows.count() == first.locator(f"{SHOWN}:has(.m-silent)").count()


@pytest.mark.parametrize("query", ["?verdict=nonsense&differs=2", "?q=&family=&verdict="])
def test_an_unknown_filter_filters_nothing(visit: Visits, site: Built, query: str) -> None:
    """Check a link of another site."""
    page = visit(site.address("index.html") + query)
    expect(page.locator("[data-count]")).to_have_text(re.compile(r"^\d+ scenarios and a control$"))


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
    """Check that it is one tab stop, that nothing happens at its edges, and that closed rows are skipped."""
    opened(first, ENDS)
    cells = first.locator("[data-matrix] td > a")
    cells.first.focus()
    assert 1 == first.locator("[data-matrix] td > a:not([tabindex='-1'])").count()
    for key, row, column in (
        ("ArrowRight", 0, 1), ("ArrowDown", 1, 1), ("ArrowLeft", 1, 0), ("ArrowLeft", 1, 0), ("ArrowUp", 0, 0),
        ("ArrowUp", 0, 0), ("End", 0, -1), ("Home", 0, 0),
    ):  # fmt: skip
        first.keyboard.press(key)
        wanted = first.locator("[data-matrix] tbody tr:visible").nth(row).locator("td > a:visible").nth(column)
        expect(wanted).to_be_focused()
        expect(wanted).to_have_attribute("tabindex", "0")


def test_keys_of_the_browser_are_left_alone(first: Page) -> None:
    """Check that Alt and left is Back."""
    cell = first.locator("[data-matrix] td > a").nth(1)
    cell.focus()
    first.keyboard.press("Control+ArrowLeft")
    expect(cell).to_be_focused()


def test_a_focused_cell_is_never_under_the_row_headers(visit: Visits, site: Built) -> None:
    """Check a narrow window with all columns, in each direction."""
    page = visit(site.address("matrix/as-released/index.html"), width=800)
    page.get_by_label("more columns").check()
    page.locator(GROUPS).first.locator("td > a").last.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
        cell = page.evaluate("document.activeElement.getBoundingClientRect().left")
        header = page.evaluate("document.activeElement.closest('tr').querySelector('th').getBoundingClientRect().right")
        assert cell >= header


def test_arrow_keys_skip_filtered_rows(first: Page) -> None:
    """Check that the matrix keeps a tab stop."""
    first.get_by_label("Scenario", exact=True).fill("reset")
    expect(first.locator("#s-reset")).to_be_visible()
    stop = first.locator("[data-matrix] td > a[tabindex='0']")
    expect(stop).to_have_count(1)
    stop.focus()
    first.keyboard.press("ArrowDown")
    expect(first.locator(SHOWN).first.locator("td > a").first).to_be_focused()


def test_a_focused_cell_is_not_hidden_by_the_headers(first: Page) -> None:
    """Check a row that is above the view."""
    opened(first, EVENTS)
    first.locator("#s-mid-overloaded_error td > a").first.focus()
    first.evaluate("scrollBy(0, 1000)")
    cell = first.locator("#s-mid-rate_limit_error td > a").first
    cell.focus()
    header = first.locator(".matrix thead th").first.bounding_box()
    box = cell.bounding_box()
    assert header
    assert box
    assert box["y"] >= header["y"] + header["height"] - 1


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
    cell = opened(first, EVENTS).locator("#s-mid-overloaded_error td > a").first
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


def test_the_cell_of_a_group_opens_the_evidence_of_its_worst_outcome(first: Page) -> None:
    """Check a group that differs; the address names the scenario."""
    first.locator("#g-error-in-unusual-framing .group td a").first.click()
    expect(first.locator("dialog")).to_contain_text("completed, no exception")
    assert first.url.endswith(f"?cell={NEWEST}%2Fdata-only")


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
    opened(first, ENDS).locator("#s-eof-mid td > a").first.click()
    expect(first.locator("dialog")).to_be_visible()
    first.go_back()
    expect(first.locator("dialog")).not_to_be_visible()
    assert first.url.endswith("/midstream/")


def test_a_call_that_ends_otherwise_has_its_own_evidence(visit: Visits, site: Built) -> None:
    """Check that it is not that of the main call."""
    page = visit(site.address("matrix/today/messages.stream/index.html"))
    page.get_by_label("Scenario", exact=True).fill("block-before-start")
    cell = page.locator("#s-block-before-start td > a").first
    assert "IndexError" in cell.inner_text()
    cell.click()
    drawer = page.locator("dialog")
    expect(drawer.locator("h2")).to_have_text(f"{NEWEST} · block-before-start · messages.stream · today")
    expect(drawer).to_contain_text("builtins.IndexError")
    expect(drawer).not_to_contain_text("completed, no exception")
    expect(drawer).to_contain_text("--surface messages.stream")


def test_without_a_script_a_cell_links_to_its_evidence(visit: Visits, site: Built) -> None:
    """Check the scenario on the release's page, whose group opens."""
    page = visit(site.address(WHOLE) + ENDS, script=False)
    page.locator("#s-eof-mid td > a").first.click()
    assert page.url.endswith(f"/releases/{NEWEST}/#eof-mid")
    expect(page.locator("#eof-mid")).to_be_in_viewport()


# For all readers.


@pytest.mark.timeout(300)
@pytest.mark.parametrize("width", [320, PHONE, 1024])
def test_an_open_matrix_is_accessible(visit: Visits, site: Built, width: int) -> None:
    """Check WCAG 2.2 AA with open groups, a pinned release and all columns, and that the page does not scroll aside."""
    for path in ("index.html", "matrix/as-released/index.html"):
        page = visit(f"{site.address(path)}?q=reset&release=0.45.2", width=width)
        expect(page.locator("#s-reset td").first).to_be_visible()
        if width > PHONE:
            page.get_by_label("more columns").check()
        assert [] == list(violations(page)), path
        assert width == page.evaluate("document.documentElement.scrollWidth"), path


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
