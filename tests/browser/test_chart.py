"""The chart and the list of changes in use: a release is chosen, lanes are switched, changes are filtered."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.built import Built
from tests.browser.test_every_page import violations
from tests.browser.test_sdks import SIDEWAYS
from tests.browser.visiting import HEIGHT, Visits

pytestmark = pytest.mark.browser

HOME = "index.html"
CHANGES = "changes/index.html"
NEWEST_WITHOUT_TYPE = "0.86.0"


def lane(page: Page, name: str = "today") -> Locator:
    """Return the chart of a lane."""
    return page.locator(f"#chart [data-lane={name}]")


def words(chart: Locator) -> list[str]:
    """List what the chart says of the chosen release, row by row."""
    return [text.split("\n")[-1] for text in chart.locator("[data-outcome]").all_inner_texts()]


def table(chart: Locator, version: str) -> list[str]:
    """List what the table has for a release, row by row, by the places of the chart."""
    texts: list[str] = chart.evaluate(
        """(chart, version) => {
          const {versions} = (chart.querySelector("[data-versions]") ?? chart.closest("[data-versions]")).dataset;
          const place = versions.split(" ").indexOf(version);
          return [...chart.querySelectorAll("tbody")].map((group) => {
            const rows = [...group.rows];
            const mine = rows.filter(({dataset}) => Number(dataset.first) <= place && place <= Number(dataset.last));
            return mine.map((row) => row.querySelector(".chip").textContent.trim()).join();
          });
        }""",
        version,
    )
    return texts


def test_keys_choose_a_release_and_words_say_what_it_does(visit: Visits, site: Built) -> None:
    """Check one step back over a change, the link to the evidence, the line, the address, and another page."""
    page = visit(f"{site.address(HOME)}?release=0.87.0")
    chart = lane(page)
    slider = chart.get_by_role("slider", name="My release")
    assert "200 + type" == words(chart)[0]
    line = chart.locator("[data-row] .pin").first
    before = line.get_attribute("x1")
    slider.press("ArrowLeft")
    assert ["200, no type"] * 5 + ["529", "429"] == words(chart)[:7]
    expect(slider).to_have_attribute("aria-valuetext", NEWEST_WITHOUT_TYPE)
    expect(chart.locator("[data-says]")).to_contain_text("0.86.0, with today’s dependencies, 12 failures: ")
    expect(chart.locator("[data-says]")).to_contain_text("wrong error 8")
    assert before != line.get_attribute("x1")
    evidence = chart.locator("[data-outcome]").first
    expect(evidence).to_have_attribute("href", re.compile(r"^releases/0\.86\.0/#mid-overloaded_error$"))
    expect(page).to_have_url(re.compile(r"\?release=0\.86\.0$"))
    page.goto(site.address("scenarios/mid-overloaded_error/index.html"))
    expect(lane(page).locator("output")).to_have_text(NEWEST_WITHOUT_TYPE)


def test_a_chart_that_shows_the_release_of_the_reader_is_not_drawn_again(visit: Visits, site: Built) -> None:
    """Check that scripts leave the lines where the page has them, since every change is laid out again."""
    page = visit(site.address(HOME))
    lines = "[...document.querySelectorAll('[data-row] .pin')].map((line) => line.getAttribute('x1'))"
    drawn: list[str] = page.evaluate(lines)
    built = re.findall(r'class="pin" x1="([^"]+)"', site.read(HOME).decode())
    assert built == drawn != []


def test_a_chart_is_drawn_if_the_script_of_the_site_cannot_be_loaded(chromium: Browser, site: Built) -> None:
    """Check that it does not wait for a question bar that never begins."""
    page = chromium.new_page()
    page.route("**/static/site.js", lambda route: route.abort())
    page.goto(site.address(HOME))
    page.wait_for_function("document.querySelector('.chart-rows').checkVisibility()")
    page.close()


@pytest.mark.parametrize("path", [HOME, "handlers/status-set/index.html", "scenarios/eof-mid/index.html"])
def test_the_table_has_what_the_chart_shows(visit: Visits, site: Built, path: str) -> None:
    """Check the words of releases along the axis, and the segments that are drawn, in both lanes."""
    for version in ("0.2.2", "0.45.2", "latest"):
        page = visit(f"{site.address(path)}?release={version}")
        for name in ("today", "as-released"):
            chart = lane(page, name)
            chosen = chart.locator("output").text_content() or ""
            shown = [(text or "").split(":")[-1] for text in chart.locator("[data-outcome]").all_text_contents()]
            assert [text or "not measured" for text in table(chart, chosen)] == [
                re.sub(r"^\W*", "", text).strip() for text in shown
            ]
            assert chart.locator("[data-row] rect").count() == chart.locator("tbody tr").count()


def test_a_release_that_was_not_measured_is_named(visit: Visits, site: Built) -> None:
    """Check that no other release stands for it."""
    page = visit(f"{site.address(HOME)}?release=9.9.9")
    expect(lane(page).locator("[data-says]")).to_contain_text("9.9.9 was not measured with today’s dependencies.")


@pytest.mark.parametrize("script", [True, False])
def test_lanes_are_switched(visit: Visits, site: Built, script: bool) -> None:
    """Check that one lane is shown, also without scripts."""
    page = visit(site.address(HOME), script=script)
    assert [True, False] == [lane(page, name).is_visible() for name in ("today", "as-released")]
    page.locator("#chart").get_by_label("As released").check()
    assert [False, True] == [lane(page, name).is_visible() for name in ("today", "as-released")]
    assert script == lane(page, "as-released").get_by_role("slider").is_visible()
    assert 12 == lane(page, "as-released").locator("[data-outcome]").count()


def test_a_comparison_marks_both_releases(visit: Visits, site: Built) -> None:
    """Check that rows which are the same on both are hidden."""
    page = visit(f"{site.address('compare/index.html')}?a=0.86.0&b=0.87.0")
    expect(page.locator("[data-status]")).to_contain_text("scenarios differ")
    chart = lane(page)
    assert 7 == chart.locator("[data-row]:visible").count()
    assert 7 == chart.locator("[data-row]:visible .from").count()
    expect(chart.locator("[data-says]")).to_contain_text("5 of 12 are the same on 0.86.0, and are hidden.")


@pytest.mark.parametrize("width", [320, 360, 1440])
def test_pages_of_changes_fit_and_are_accessible(visit: Visits, site: Built, width: int) -> None:
    """Check a change with a chart, one with many handlers, and the list."""
    for path in (CHANGES, "changes/today/0.87.0/index.html", "changes/today/1.16.0/index.html"):
        page = visit(site.address(path), width=width)
        assert 0 == page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"), path
        assert [] == page.evaluate(SIDEWAYS), path
        assert [] == list(violations(page)), path


def test_the_list_of_changes_fits_one_screen(visit: Visits, site: Built) -> None:
    """Check the default filter at 1440 by 900 pixels."""
    page = visit(site.address(CHANGES), width=1440)
    last = page.locator(".change-list tbody tr:visible").last.bounding_box()
    assert last
    assert last["y"] + last["height"] <= HEIGHT


def test_changes_are_filtered(visit: Visits, site: Built) -> None:
    """Check words, lane and impact, the address, and a reload."""
    page = visit(site.address(CHANGES))
    rows = page.locator(".change-list tbody tr:visible")
    page.get_by_label("Search").fill("error.type")
    assert ["0.87.0"] == rows.locator("th a").all_inner_texts()
    page.get_by_role("search").get_by_label("Dependencies").select_option("")
    assert 2 == rows.count()
    page.get_by_label("Impact").select_option("breaks")
    assert 0 == rows.count()
    expect(page.locator("[data-count]")).to_have_text("No change matches.")
    expect(page).to_have_url(re.compile(r"\?q=error\.type&lane=all&impact=breaks$"))
    page.get_by_label("Impact").select_option("")
    page.reload()
    assert 2 == rows.count()


def test_an_old_address_shows_its_change(visit: Visits, site: Built) -> None:
    """Check a change that the default filter hides, and one without scripts, where all are listed."""
    named = f"{site.address(CHANGES)}#as-released-0.86.0-0.87.0"
    row = visit(named).locator("[id='as-released-0.86.0-0.87.0']")
    expect(row).to_be_in_viewport()
    row.get_by_role("link").click()
    expect(row.page.get_by_role("heading", level=1)).to_have_text("anthropic 0.86.0 → 0.87.0")
    page = visit(named, script=False)
    expect(page.locator("[id='as-released-0.86.0-0.87.0']")).to_be_in_viewport()
    assert page.locator(".change-list tbody tr").count() == page.locator(".change-list tbody tr:visible").count()
