"""Single pages in use: compare two releases, keep the indentation of code, choose colours, print."""

import re

import pytest
from playwright.sync_api import Page, expect

from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.browser.built import Built
from tests.browser.visiting import Visits
from tests.support.paths import DATA

pytestmark = pytest.mark.browser


# Two releases.


@pytest.fixture
def compared(visit: Visits, site: Built) -> Page:
    """Open the comparison of the last release without `error.type` with the first one that has it."""
    page = visit(site.address("compare/index.html") + "?a=0.86.0&b=0.87.0")
    expect(page.locator("[data-status]")).to_contain_text("scenarios differ")
    return page


def word_of(page: Page, text: str) -> str:
    """Return the word of the block that has a scenario or a handler."""
    block = page.locator("[data-result] details", has=page.locator(f"tbody th code:text-is('{text}')"))
    return block.locator("summary .severity").inner_text()


def test_two_releases_are_compared(compared: Page) -> None:
    """Check differences on the main call, verdicts, handlers, and changes between them."""
    expect(compared.locator("[data-status]")).to_have_text(
        re.compile(r"^\d+ of \d+ scenarios differ on the main call: \d+ better\. Of \d+ handlers, .+\.$")
    )
    assert "better" == word_of(compared, "mid-overloaded_error")
    expect(compared.locator("tr", has_text="mid-overloaded_error")).to_contain_text("type only")
    expect(compared.locator("[data-result]")).to_contain_text("type-attr")
    assert ["0.87.0"] == compared.locator("[data-after]:visible a").all_inner_texts()
    assert "matrix diff 0.86.0 0.87.0" == compared.locator("[data-command]").inner_text()


def test_scenarios_and_handlers_are_compared_by_their_titles(visit: Visits, site: Built) -> None:
    """Check the headline, which stands first, what a row folds, and a handler; ids are tags."""
    page = visit(site.address("compare/index.html") + "?a=2.14.0&b=0.45.2")
    blocks = page.locator("[data-result] > details")
    title = "Server overloaded (overloaded_error) after some text"
    expect(blocks.first.locator("> summary")).to_have_text(
        re.compile(rf"^worse: \d+ scenarios, for example: {re.escape(title)}$")
    )
    row = blocks.first.locator("tbody tr").first
    expect(row.locator("th > a")).to_have_text(f"{title} mid-overloaded_error")
    expect(row.locator("th > a .tag")).to_have_text("mid-overloaded_error")
    folded = row.locator(
        "details a", has_text="An error after message_delta, when all text and the stop reason were sent"
    )
    assert not folded.is_visible()
    row.locator("details summary").click()
    expect(folded).to_be_visible()
    expect(folded).to_have_attribute("href", "../scenarios/after-delta/")
    handler = page.locator("[data-result] th a[href='../handlers/type-attr/']")
    expect(handler).to_have_text(f"{ANTHROPIC.handlers['type-attr'].title.removesuffix('.')} type-attr")


def test_a_comparison_can_be_reversed_and_shared(compared: Page) -> None:
    """Check the address, and a reload."""
    compared.get_by_role("button", name="Swap").click()
    expect(compared).to_have_url(re.compile(r"\?a=0\.87\.0&b=0\.86\.0$"))
    expect(compared.locator("[data-status]")).to_contain_text(re.compile(r"\d worse\."))
    assert "worse" == word_of(compared, "mid-overloaded_error")
    assert ["0.86.0"] == compared.locator("[data-after]:visible a").all_inner_texts()
    expect(compared.locator("[data-after]:visible")).to_contain_text("error.type is gone")
    expect(compared.locator("[data-way-title]")).to_have_text("Changes on the way back between these releases")
    expect(compared.locator("[data-status]")).to_contain_text("can break code that worked")
    compared.locator("[name=lane]").select_option("as-released")
    compared.get_by_label("also show scenarios that are the same").check()
    expect(compared).to_have_url(re.compile(r"&lane=as-released&all=1$"))
    compared.reload()
    expect(compared.locator("[data-result]")).to_contain_text("eof-mid")
    assert "matrix diff 0.87.0:as-released 0.86.0:as-released" == compared.locator("[data-command]").inner_text()


def test_the_kinds_of_differences_sum_to_their_number(visit: Visits, site: Built) -> None:
    """Check two releases with differences of several kinds."""
    page = visit(site.address("compare/index.html") + "?a=2.4.0&b=2.5.0")
    expect(page.locator("[data-status]")).to_contain_text("scenarios differ")
    of_scenarios, _, _ = page.locator("[data-status]").inner_text().partition(". ")
    total, _, *kinds = map(int, re.findall(r"\d+", of_scenarios))
    assert total == sum(kinds)
    assert len(kinds) > 1


def test_an_invalid_release_leaves_nothing_of_the_last_comparison(compared: Page) -> None:
    """Check the tables, the list of changes and the command."""
    compared.get_by_label("To", exact=True).fill("nonsense")
    compared.get_by_role("button", name="Compare").click()
    expect(compared.locator("[data-status]")).to_have_text(
        re.compile("^This site has no release “nonsense”. Write a version such as")
    )
    assert not compared.locator("[data-result] table").count()
    expect(compared.locator("[data-way-title]")).to_have_text("Every change between releases")
    assert compared.locator("[data-after]:visible").count() > 20
    assert not compared.locator("[data-command]").is_visible()
    assert not compared.locator("#chart").is_visible()
    compared.get_by_label("To", exact=True).fill("0.87.0")
    compared.get_by_role("button", name="Compare").click()
    expect(compared.locator("[data-command]")).to_have_text("matrix diff 0.86.0 0.87.0")


def test_what_is_better_and_worse_at_once_is_mixed(visit: Visits, site: Built) -> None:
    """Check a handler that `matrix diff` lists as both, and two failures with the same exceptions."""
    page = visit(site.address("compare/index.html") + "?a=0.86.0&b=2.14.0")
    expect(page.locator("[data-status]")).to_contain_text(re.compile(r"Of 31 handlers, .*\d mixed"))
    assert "mixed" == word_of(page, "any-api-error")
    assert word_of(page, "http-overloaded_error") == word_of(page, "http-529-then-ok")
    shown = page.locator("[data-result] > details[open] > summary .severity").all_inner_texts()
    assert {"worse", "mixed"} >= {*shown} > set()  # what can break code is open, and the others have a summary
    assert "better" in page.locator("[data-result] > details > summary .severity").all_inner_texts()


@pytest.mark.parametrize(
    ("query", "releases"),
    [
        ("?a=0.40&b=v2.12.0", ["0.40.0", "2.12.0"]),
        ("?a=anthropic%5Bbedrock%5D%3D%3D0.45.1&b=%3C0.45.2", ["0.45.1", "0.45.1"]),
        ("?a=~%3D0.44.0&b=latest", ["0.44.0", list(Store(DATA, ANTHROPIC).releases())[-1]]),
    ],
)
def test_releases_are_compared_however_they_are_written(
    visit: Visits, site: Built, query: str, releases: list[str]
) -> None:
    """Check that the fields show which releases were chosen."""
    page = visit(site.address("compare/index.html") + query)
    expect(page.locator("[data-status]")).to_contain_text("scenarios")
    assert releases == [page.get_by_label(name, exact=True).input_value() for name in ("From", "To")]


def test_a_release_that_cannot_be_used_has_a_reason(visit: Visits, site: Built) -> None:
    """Check that it is not shown as equal."""
    page = visit(site.address("compare/index.html") + "?a=0.28.1&b=0.87.0")
    expect(page.locator("[data-status]")).to_contain_text("0.28.1 can't be used: no client can be made")
    assert not page.locator("[data-result] table").count()
    page.get_by_role("link", name="Compare them with the dependencies of their upload days.").click()
    expect(page.locator("[data-status]")).to_contain_text("scenarios differ")


def test_a_clause_that_no_longer_catches_comes_first(visit: Visits, site: Built) -> None:
    """Check a class that another one replaces, which is mixed: code that catches the new one gets it."""
    page = visit(site.address("compare/index.html") + "?a=2.4.0&b=2.5.0")
    expect(page.locator("[data-status]")).to_contain_text("can break code that worked")
    worse = page.locator("[data-result] details[open]", has=page.locator(".severity.mixed")).first
    expect(worse.locator("tbody tr").first).to_contain_text("caught by")
    assert "0 mixed" not in page.locator("[data-status]").inner_text()


def test_changes_are_counted_on_the_way(visit: Visits, site: Built) -> None:
    """Check that the page says so: `matrix diff` counts those between the two releases alone."""
    page = visit(site.address("compare/index.html") + "?a=2.14.0&b=0.45.2")
    expect(page.locator("[data-status]")).to_contain_text("From release to release on the way, ")
    (count,) = re.findall(r"on the way, (\d+) changes can break", page.locator("[data-status]").inner_text())
    counts = [int(item.get_attribute("data-worse") or "") for item in page.locator("[data-after]:visible").all()]
    assert len(counts) > 1
    assert int(count) == sum(counts)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?a=9.9.9&b=0.87.0", "This site has no release “9.9.9”. Write a version such as"),
        ("?a=0.87.0", "Name two releases, such as"),
        ("?a=..%2F..%2Fx&b=<script>", "This site has no release “../../x”. Write a version such as"),
        ("?a=..%2F..%2Fx&b=<script>", "This site has no release “<script>”. Write a version such as"),
    ],
)
def test_an_unknown_release_is_named(visit: Visits, site: Built, query: str, message: str) -> None:
    """Check the text of the question."""
    page = visit(site.address("compare/index.html") + query)
    expect(page.locator("[data-status]")).to_contain_text(message)


@pytest.mark.parametrize(
    ("client", "says"),
    [
        ("bogus", "There is no client “bogus”. The answer is for another one: Anthropic."),
        ("bedrock", "The calls are those of Anthropic. `matrix diff A B --client bedrock` compares those of"),
    ],
)
def test_a_client_in_the_address_is_not_ignored_silently(visit: Visits, site: Built, client: str, says: str) -> None:
    """Check one that does not exist, which the check page names too, and one that this page does not compare."""
    page = visit(site.address("compare/index.html") + f"?a=0.86.0&b=0.87.0&client={client}")
    expect(page.locator("[data-of-client]")).to_contain_text(says)
    page = visit(site.address("check/index.html") + f"#q=0.45.2&client={client}")
    expect(page.locator("#client-unknown")).to_contain_text("“bogus”" if client == "bogus" else "")
    assert (client == "bogus") is bool(page.locator("#client-unknown").inner_text())


def test_without_a_script_every_change_is_listed(visit: Visits, site: Built) -> None:
    """Check the command that compares any two releases."""
    page = visit(site.address("compare/index.html"), script=False)
    assert page.locator("[data-after]").count() > 20
    before, after = list(Store(DATA, ANTHROPIC).releases())[-2:]
    assert f"matrix diff {before} {after}" in page.locator("main").inner_text()
    assert not page.locator("main form").is_visible()


# Code.


@pytest.mark.parametrize("width", [360, 1024, 1400])
def test_code_keeps_its_indentation(visit: Visits, site: Built, width: int) -> None:
    """Check that no line of a snippet is broken, and that it scrolls in its own region."""
    page = visit(site.address("index.html"), width=width)
    code = page.locator("#pin pre.source")
    height = "code => code.querySelector('code').getBoundingClientRect().height"
    shown = code.evaluate(height)
    code.evaluate("code => { code.style.whiteSpace = 'pre'; code.style.width = 'max-content'; }")
    assert shown == code.evaluate(height)


# Colours, reduced motion, forced colours, paper.


PAPER = "getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(250, 249, 246)", "rgb(19, 19, 23)"


def test_colours_are_chosen_for_all_pages(visit: Visits, site: Built) -> None:
    """Check that the choice holds on another page, and that the system decides again afterwards."""
    page = visit(site.address("about/index.html"))
    assert LIGHT == page.evaluate(PAPER)
    page.get_by_label("Colours").select_option("dark")
    assert DARK == page.evaluate(PAPER)
    page.get_by_role("link", name="Changes", exact=True).click()
    expect(page.get_by_label("Colours")).to_have_value("dark")
    assert DARK == page.evaluate(PAPER)
    page.emulate_media(media="print")
    assert "light" == page.evaluate("getComputedStyle(document.documentElement).colorScheme")
    page.emulate_media(media="screen")
    page.get_by_label("Colours").select_option("system")
    assert LIGHT == page.evaluate(PAPER)
    page.emulate_media(color_scheme="dark")
    assert DARK == page.evaluate(PAPER)


def test_without_a_script_the_system_chooses_the_colours(visit: Visits, site: Built) -> None:
    """Check that no switch without a function is shown."""
    page = visit(site.address("about/index.html"), script=False, scheme="dark")
    assert DARK == page.evaluate(PAPER)
    assert not page.locator("[data-theme-switch]").is_visible()


@pytest.mark.parametrize("path", ["index.html", "releases/0.86.0/index.html", "handlers/index.html", "fix/index.html"])
def test_a_page_can_be_printed(visit: Visits, site: Built, path: str) -> None:
    """Check that controls are left out, and that no region scrolls."""
    page = visit(site.address(path))
    page.emulate_media(media="print")
    assert not page.locator("header.page nav").is_visible()
    for region in page.locator("section.scroll").all():
        assert "visible" == region.evaluate("one => getComputedStyle(one).overflowY")


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("index.html?release=0.45.2&catch=except+anthropic.OverloadedError%3A", 4),
        ("compare/index.html?a=0.86.0&b=2.14.0", 6),
        ("handlers/index.html", 8),
        ("scenarios/mid-overloaded_error/index.html", 6),
    ],
)
def test_a_page_takes_few_sheets(visit: Visits, site: Built, path: str, most: int) -> None:
    """Check that forms, buttons and what is folded stay away from paper, and what is open does not."""
    page = visit(site.address(path))
    if "?" in path:
        expect(page.locator("[data-ask-answer] .ask-says, [data-result] table").first).to_be_visible()
    assert 0 < len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True))) <= most
    page.emulate_media(media="print")
    for part in page.locator("form, button, details:not([open], .group) > :not(summary)").all():
        assert not part.is_visible()


def test_reduced_motion_is_respected(visit: Visits, site: Built) -> None:
    """Check that the drawer does not slide."""
    page = visit(site.address("matrix/today/index.html") + "#s-eof-mid")
    page.emulate_media(reduced_motion="reduce")
    page.locator("#s-eof-mid td > a").first.click()
    expect(page.locator("dialog")).to_be_visible()
    assert "none" == page.locator("dialog").evaluate("one => getComputedStyle(one).animationName")
    assert "auto" == page.evaluate("getComputedStyle(document.documentElement).scrollBehavior")


def test_marks_differ_in_forced_colours(visit: Visits, site: Built) -> None:
    """Check their borders; each has a sign and a word, too."""
    page = visit(site.address("index.html"))
    page.emulate_media(forced_colors="active")
    silent = page.locator("td > a.m-silent").first
    assert "3px" == silent.evaluate("one => getComputedStyle(one).borderTopWidth")
