"""The four questions of the design, from the first page: at most two actions and one screen each."""

import re
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.built import Built
from tests.browser.visiting import Visits

pytestmark = pytest.mark.browser

SIZES: Final = ((1440, 900), (360, 780))
"""Width and height of a window of a desk, and of a phone."""
MOST_ACTIONS: Final = 2


class Reader:
    """A reader of the first page, who counts actions, and measures how far the answer is from the screen's top.

    Args:
        page: The first page, as it is opened.
    """

    def __init__(self, page: Page) -> None:
        self.actions = 0
        self._page = page

    def write(self, name: str, text: str) -> None:
        """Write into a field that is in view, which is one action."""
        self._act(self._page.locator(f".ask [name={name}]")).fill(text)

    def choose(self, name: str, option: str) -> None:
        """Choose an option of a list that is in view, which is one action."""
        field = self._act(self._page.locator(f".ask [name={name}]"))
        field.focus()  # the options are fetched for a reader who enters the bar
        expect(field.locator("optgroup").first).to_be_attached()
        field.select_option(label=option)

    def follow(self, name: str) -> None:
        """Follow a link of the answer, which is one action."""
        self._act(self.answer.get_by_role("link", name=name)).click()

    @property
    def answer(self) -> Locator:
        """The answer of the bar."""
        return self._page.locator("[data-ask-answer]")

    def scrolled(self, shown: Locator) -> float:
        """Return by how many pixels the page must be scrolled from its top to show the whole of an element."""
        expect(shown).to_be_visible()
        end = float(shown.evaluate("each => each.getBoundingClientRect().bottom + scrollY"))
        return max(0.0, end - float(self._page.evaluate("innerHeight")))

    def _act(self, on: Locator) -> Locator:
        self.actions += 1
        assert self.actions <= MOST_ACTIONS
        expect(on).to_be_in_viewport()
        return on


@pytest.fixture(autouse=True)
def _wait_longer() -> Iterator[None]:
    """Wait for an answer as long as a loaded machine takes."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(params=SIZES, ids=[f"{width} px" for width, _ in SIZES])
def reader(request: pytest.FixtureRequest, visit: Visits, site: Built) -> Reader:
    """Open the first page in a window of each size."""
    width, height = request.param
    page = visit(site.address("index.html"), width=width)
    page.set_viewport_size({"width": width, "height": height})
    return Reader(page)


def find(reader: Reader) -> Locator:
    """Ask what a release does when the connection is reset."""
    reader.write("release", "0.45.2")
    reader.choose("fails", "Connection reset in mid-answer")
    expect(reader.answer).to_contain_text(re.compile(r"0\.45\.2 raises \w+"))
    expect(reader.answer.get_by_role("link", name="Evidence")).to_have_attribute("href", re.compile(r"#reset$"))
    return reader.answer.locator(".ask-says")


def compare(reader: Reader) -> Locator:
    """Ask what changes from a release to another."""
    reader.write("release", "0.86.0 to 0.87.0")
    expect(reader.answer).to_contain_text("From 0.86.0 to 0.87.0, the verdict differs in")
    return reader.answer.locator(".note")


def decide(reader: Reader) -> Locator:
    """Ask whether a pin is safe for a handler, and what to pin instead."""
    reader.write("release", "anthropic>=0.40,<1")
    reader.write("catch", "type-attr")
    expect(reader.answer.locator(".ask-says")).to_contain_text("decides correctly")
    expect(reader.answer.locator(".note")).to_contain_text("of the other releases, the answer differs")
    expect(reader.answer.locator(".ask-pin")).to_contain_text("Pin anthropic==0.125.0.")
    return reader.answer.locator(".ask-pin")


def fix(reader: Reader) -> Locator:
    """Ask what to write instead of a clause."""
    reader.write("release", "0.45.2")
    reader.write("catch", "except anthropic.OverloadedError:")
    expect(reader.answer.locator(".ask-says")).to_contain_text("crashes with AttributeError")
    expect(reader.answer.locator(".ask-fix pre")).to_contain_text("except ")
    return reader.answer.locator(".ask-fix")


@pytest.mark.parametrize("question", [find, compare, decide, fix], ids=lambda each: each.__name__)
def test_a_question_takes_two_actions_and_one_screen(reader: Reader, question: Callable[[Reader], Locator]) -> None:
    """Do it, count the actions, and measure how far the answer is."""
    shown = question(reader)
    assert 1 <= reader.actions <= MOST_ACTIONS
    height = float(shown.evaluate("innerHeight"))
    assert reader.scrolled(reader.answer.locator(".ask-says")) == 0  # the sentence needs no scrolling
    assert reader.scrolled(shown) <= height


def test_the_comparison_with_all_scenarios_is_one_more_action(reader: Reader) -> None:
    """Check that its page is filled in."""
    compare(reader)
    reader.follow("What changes from 0.86.0 to 0.87.0")
    page = reader.answer.page
    expect(page.locator("[data-compare] [data-status]")).to_contain_text("scenarios differ")
    assert ["0.86.0", "0.87.0"] == [page.get_by_label(name, exact=True).input_value() for name in ("From", "To")]
