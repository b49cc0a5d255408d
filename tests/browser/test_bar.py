"""The question bar of every page: it can be shared, goes along, reads what is pasted, and sends nothing."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import pytest
from lxml import html
from playwright.sync_api import Page, expect

from tests.browser.built import Built
from tests.browser.test_every_page import violations
from tests.browser.trees import strings
from tests.browser.visiting import Visits

pytestmark = pytest.mark.browser

ANSWER: Final = "[data-ask-answer]"
FIELDS: Final = ("release", "client", "catch", "fails")

LOCK: Final = (
    'version = 1\n[[package]]\nname = "anthropic"\nversion = "0.45.2"\nsource = { registry = "x" }\n'
    '[[package]]\nname = "httpx"\nversion = "0.27.2"\nsource = { registry = "x" }\n'
)
PASTE: Final = """([name, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  document.querySelector(`.ask [name=${name}]`).dispatchEvent(event);
}"""
"""Pastes a text as a user does: the clipboard of a test can't be read by all browsers."""


@pytest.fixture(autouse=True)
def _wait_longer() -> Iterator[None]:
    """Wait for an answer as long as a loaded machine takes."""
    expect.set_options(timeout=30_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture
def first(visit: Visits, site: Built) -> Page:
    """Open the first page."""
    return visit(site.address("index.html"))


def values(page: Page) -> dict[str, str]:
    """Return the fields of the bar."""
    return {name: page.locator(f".ask [name={name}]").input_value() for name in FIELDS}


# The bar on pages.


def test_every_page_has_one_bar(site: Built) -> None:
    """Check that its texts are the same on every page, and its addresses lead to the same documents."""
    for path in site.kinds:
        page = html.document_fromstring(site.read(path))
        assert list(FIELDS) == strings(page, "//*[@data-ask]//*[self::input or self::select]/@name"), path


def test_without_a_script_the_bar_leads_to_pages(visit: Visits, site: Built) -> None:
    """Check that no field without a function is shown."""
    page = visit(site.address("handlers/index.html"), script=False)
    bar = page.locator("[data-ask]")
    assert not bar.locator("form").is_visible()
    paths = [link.get_attribute("href") for link in bar.locator("noscript a, a").all()]
    assert {"../releases/", "../scenarios/", "../handlers/", "../compare/", "../check/"} == set(paths)


def test_nothing_is_fetched_before_a_visitor_asks(first: Page, site: Built) -> None:
    """Check that the first field that is entered fetches one document, and an answer no other."""
    fetched: list[str] = []
    first.on("request", lambda request: fetched.append(request.url) if request.resource_type == "fetch" else None)
    first.wait_for_timeout(300)
    assert [] == fetched
    first.locator(".ask [name=release]").fill("0.45.2")
    first.locator(".ask [name=catch]").fill("except (secret.Error, anthropic.APIError):")
    expect(first.locator(ANSWER)).to_contain_text("secret.Error is not judged here")
    assert [site.address("ask/first-party.json")] == fetched


# The question.


def test_a_question_can_be_shared(first: Page, visit: Visits) -> None:
    """Check the address, and the same answer from it."""
    bar = first.locator(".ask")
    bar.locator("[name=release]").fill("v0.87")
    bar.locator("[name=client]").select_option(label="AnthropicBedrock")
    bar.locator("[name=catch]").fill("except anthropic.APIStatusError as e: if e.status_code in {…}")
    bar.locator("[name=fails]").select_option(label="Server stops sending")
    expect(first).to_have_url(re.compile(r"\?release=v0\.87&client=bedrock&catch=except\+anthropic.*&fails=stall$"))
    expect(first.locator(ANSWER)).to_contain_text("0.87.0 with AnthropicBedrock")
    answer = first.locator(ANSWER).inner_text()
    shared = visit(first.url)
    expect(shared.locator(ANSWER)).to_have_text(re.compile(r"0\.87\.0 with AnthropicBedrock"))
    assert answer == shared.locator(ANSWER).inner_text()
    written = "except anthropic.APIStatusError as e: if e.status_code in {…}"
    assert {"release": "v0.87", "client": "bedrock", "catch": written, "fails": "stall"} == values(shared)


def test_a_question_goes_along_and_fills_other_pages(first: Page) -> None:
    """Check a brief answer, the whole one, and the fields of the pages that compare and check."""
    first.locator(".ask [name=release]").fill("0.45.2")
    first.locator(".ask [name=catch]").fill("type-attr")
    expect(first.locator(ANSWER)).to_contain_text("crashes with AttributeError")
    first.get_by_role("link", name="Compare", exact=True).click()
    expect(first.locator(ANSWER)).to_contain_text("crashes with AttributeError")
    assert not first.locator(".ask-fix").is_visible()
    first.get_by_role("button", name="Whole answer").click()
    expect(first.locator(".ask-fix")).to_be_visible()
    assert "0.45.2" == first.get_by_label("From", exact=True).input_value()
    expect(first.locator("[data-compare] [data-status]")).to_contain_text("scenarios differ")
    first.locator("nav").get_by_role("link", name="Check", exact=True).click()
    expect(first.locator("#text")).to_have_value("0.45.2")
    expect(first.locator("#way-type-attr")).to_be_checked()
    expect(first).to_have_url(re.compile(r"\?release=0\.45\.2&catch=type-attr#"))


def test_an_emptied_question_is_forgotten(first: Page) -> None:
    """Check the answer, the address and the next page."""
    first.locator(".ask [name=release]").fill("0.45.2")
    expect(first.locator(ANSWER)).to_contain_text("0.45.2 raises")
    first.locator(".ask [name=release]").fill("")
    expect(first.locator(ANSWER)).to_be_empty()
    assert "?" not in first.url
    first.reload()
    assert "" == first.locator(".ask [name=release]").input_value()


def test_a_text_that_names_no_release_leaves_no_old_answer(first: Page) -> None:
    """Check the sentence, the field, and what a screen reader hears."""
    field = first.locator(".ask [name=release]")
    field.fill("0.45.2")
    expect(first.locator(ANSWER)).to_contain_text("0.45.2 raises")
    field.fill("0.45.x2")
    expect(first.locator(ANSWER)).to_have_text(
        re.compile("^This site has no release “0.45.x2”. Write a version such as")
    )
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(first.locator(".ask [role=status]")).to_have_text(re.compile("^This site has no release"))
    field.fill("0.45")
    expect(first.locator(ANSWER)).to_contain_text("0.45.0 raises")
    expect(field).to_have_attribute("aria-invalid", "false")


def test_another_part_of_the_page_chooses_the_release(first: Page) -> None:
    """Check the event by which the chart and the bar tell each other."""
    first.evaluate("document.dispatchEvent(new CustomEvent('release', {detail: '0.86.0'}))")
    expect(first.locator(ANSWER)).to_contain_text("0.86.0 raises")
    assert "0.86.0" == first.locator(".ask [name=release]").input_value()
    first.evaluate("window.heard = []; document.addEventListener('release', event => heard.push(event.detail))")
    first.locator(".ask [name=release]").fill("0.45")
    expect(first.locator(ANSWER)).to_contain_text("0.45.0 raises")
    assert ["0.45.0"] == first.evaluate("heard")


@pytest.mark.parametrize(
    "text", ["anthropic[bedrock]==0.87.0", 'anthropic = {version = "0.87.0", extras = ["bedrock"]}']
)
def test_extras_choose_the_client(first: Page, text: str) -> None:
    """Check lines for Bedrock of requirements and of a file of Poetry."""
    first.locator(".ask [name=release]").fill(text)
    expect(first.locator(ANSWER)).to_contain_text("0.87.0 with AnthropicBedrock raises")


@pytest.mark.parametrize("text", ["latest", "anthropic==0.45.2", "anthropic[bedrock"])
def test_a_client_that_extras_chose_goes_with_them(first: Page, text: str) -> None:
    """Check it where the extras were written, and on a page to which the question was brought."""
    release, client = first.locator(".ask [name=release]"), first.locator(".ask [name=client]")
    for _ in range(2):
        release.fill("anthropic[bedrock]==0.45.2")
        expect(first.locator(ANSWER)).to_contain_text("with AnthropicBedrock")
        assert "bedrock" == client.input_value()
        release.fill(text)
        assert "" == client.input_value()
    release.fill("anthropic[bedrock]==0.45.2")
    expect(first.locator(ANSWER)).to_contain_text("with AnthropicBedrock")
    first.reload()
    release.fill(text)
    assert "" == client.input_value()


def test_a_client_that_the_visitor_chose_stays(first: Page) -> None:
    """Check one that was chosen before extras were written, and one that was chosen after."""
    release, client = first.locator(".ask [name=release]"), first.locator(".ask [name=client]")
    client.select_option("vertex")
    release.fill("0.45.2")
    assert "vertex" == client.input_value()
    release.fill("anthropic[bedrock]==0.45.2")
    assert "bedrock" == client.input_value()
    release.fill("0.45.2")
    assert "vertex" == client.input_value()
    release.fill("anthropic[bedrock]==0.45.2")
    client.select_option("")
    release.fill("anthropic[bedrock]==0.45.1")
    assert "" == client.input_value()


# Pasted texts.


@pytest.mark.parametrize(
    ("text", "release"),
    [
        (LOCK, "anthropic==0.45.2 with httpx==0.27.2"),
        ("rich==13\nanthropic[bedrock]==0.45.2 \\\n  --hash=sha256:00\n", "anthropic[bedrock]==0.45.2"),
        ('[project]\ndependencies = [\n  "anthropic>=0.40,<1",\n]\n', "anthropic>=0.40,<1"),
    ],
    ids=["uv.lock", "requirements", "pyproject"],
)
def test_a_pasted_lock_becomes_its_requirement(first: Page, text: str, release: str) -> None:
    """Check a lock, a requirements file and a project's file."""
    first.evaluate(PASTE, ["release", text])
    expect(first.locator(".ask [name=release]")).to_have_value(release)
    expect(first.locator(ANSWER)).to_contain_text(re.compile(r"raises"))


def test_a_pasted_text_without_the_package_says_so(first: Page) -> None:
    """Check that the example names a release."""
    first.evaluate(PASTE, ["release", "httpx==0.27.2\nrich==13\n"])
    expect(first.locator(ANSWER)).to_have_text(
        re.compile(
            r"^The pasted text requires no anthropic\. "
            r"Paste one requirement, such as anthropic==\d+\.\d+\.\d+, or the whole lock file\.$"
        )
    )


@pytest.mark.parametrize(
    ("httpx", "word"), [("0.27.2", "wrong error"), ("0.28.1", "cannot run"), ("0.28.0", "not measured")]
)
def test_the_lock_decides_here_and_on_the_check_page(first: Page, httpx: str, word: str) -> None:
    """Check the mark, and that the link to the check page carries the lock."""
    lock = LOCK.replace("0.45.2", "0.39.0").replace("0.27.2", httpx)
    first.evaluate(PASTE, ["release", lock])
    expect(first.locator(f"{ANSWER} .ask-says .chip")).to_contain_text(word)
    first.get_by_role("link", name="Check it against all rules").click()
    expect(first.locator("#text")).to_have_value(f"anthropic==0.39.0 with httpx=={httpx}")
    rule = {"cannot run": "cannot-be-used", "not measured": "lock-differs"}.get(word, "")
    expect(first.locator("#cards .card")).to_have_count(1)
    expect(first.locator(f'#cards [data-rule="{rule or "cannot-be-used"}"]')).to_have_count(1 if rule else 0)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: x\ndependencies:\n  - python\n  - pip:\n    - anthropic==0.45.2\n", "run matrix check environment.yml"),
        ('{\n  "lockfileVersion": 3\n}', "The pasted text is package-lock.json, whose packages are those of npm."),
        ('{\n  "dependencies": {}\n}', "The pasted text is package.json, whose packages are those of npm."),
        ("anthropic @ git+https://example.org/anthropic\nrich\n", "which is no release on the index"),
        (
            'anthropic==0.39.0; python_version<"3.9"\nanthropic==0.45.2; python_version>="3.9"\n',
            "locks anthropic in several versions: 0.39.0, 0.45.2.",
        ),
    ],
)
def test_a_refused_paste_is_explained_until_the_field_changes(first: Page, text: str, says: str) -> None:
    """Check that neither the button nor another field erases the message, and that a release does."""
    first.evaluate(PASTE, ["release", text])
    expect(first.locator(ANSWER)).to_contain_text(says)
    first.get_by_role("button", name="Answer", exact=True).click()
    first.locator(".ask [name=catch]").fill("type-attr")
    first.wait_for_timeout(500)
    expect(first.locator(ANSWER)).to_contain_text(says)
    first.locator(".ask [name=release]").fill("0.45.2")
    expect(first.locator(ANSWER)).to_contain_text("crashes with AttributeError")


@pytest.mark.parametrize("how", ["button", "paste"])
def test_who_asks_gets_the_whole_answer(first: Page, how: str) -> None:
    """Check a page that a question was brought to, where the answer is brief."""
    first.locator(".ask [name=release]").fill("0.45.2")
    expect(first.locator(ANSWER)).to_contain_text("0.45.2 raises")
    first.get_by_role("link", name="Compare", exact=True).click()
    expect(first.get_by_role("button", name="Whole answer")).to_be_visible()
    if how == "button":
        first.get_by_role("button", name="Answer", exact=True).click()
    else:
        first.evaluate(PASTE, ["release", LOCK])
    expect(first.locator(".ask-fix")).to_be_visible()
    expect(first.get_by_role("button", name="Whole answer")).to_have_count(0)


def test_code_stays_as_it_was_written(first: Page) -> None:
    """Check the field after a reload, and that the check page chooses the handler that the code is."""
    code = "except anthropic.OverloadedError: return 'retry'"
    first.locator(".ask [name=release]").fill("0.45.2")
    first.locator(".ask [name=catch]").fill(code)
    expect(first.locator(ANSWER)).to_contain_text("crashes with AttributeError")
    first.reload()
    expect(first.locator(ANSWER)).to_contain_text("crashes with AttributeError")
    assert code == first.locator(".ask [name=catch]").input_value()
    first.locator("nav").get_by_role("link", name="Check", exact=True).click()
    expect(first.locator("#way-class-overloaded")).to_be_checked()


def test_back_leads_to_the_last_submitted_question(first: Page) -> None:
    """Check two submitted questions: neither keystrokes nor the answer are entries of the history."""
    field, submit = first.locator(".ask [name=release]"), first.get_by_role("button", name="Answer", exact=True)
    before = first.evaluate("history.length")
    for version in ("0.45.2", "0.86.0"):
        field.fill(version)
        submit.click()
        expect(first.locator(ANSWER)).to_contain_text(f"{version} raises")
    assert 1 == first.evaluate("history.length") - before
    first.go_back()
    expect(first.locator(ANSWER)).to_contain_text("0.45.2 raises")
    assert "0.45.2" == field.input_value()
    first.go_forward()
    expect(first.locator(ANSWER)).to_contain_text("0.86.0 raises")


def test_the_fix_can_be_copied_and_says_when_to_retry(first: Page) -> None:
    """Check the button, and the condition behind each retry."""
    first.context.grant_permissions(["clipboard-read", "clipboard-write"])
    first.locator(".ask [name=release]").fill("0.45.2")
    fix = first.locator(".ask-fix")
    expect(fix.locator("p")).to_contain_text(
        '. create() stands for your call. Where the code returns "retry", make the call again:'
    )
    expect(fix.locator("code").last).to_have_text(
        re.compile(r'# Only if you have shown nothing yet:\n +return "retry"')
    )
    fix.get_by_role("button", name="Copy").click()
    expect(fix.get_by_role("button", name="Copied")).to_be_visible()
    assert "explain(error).retryable" in first.evaluate("navigator.clipboard.readText()")


def test_pasted_clauses_are_judged(first: Page) -> None:
    """Check clauses on several lines with a comment."""
    first.locator(".ask [name=release]").fill("0.45.2")
    code = "except anthropic.RateLimitError:  # wait\n    wait()\nexcept anthropic.APIStatusError as e:\n    raise\n"
    first.evaluate(PASTE, ["catch", code])
    expect(first.locator(ANSWER)).to_contain_text("What except anthropic.APIStatusError does then is not judged here")


# Everyone.


def shared(site: Built, path: str = "index.html") -> Iterator[str]:
    """Yield addresses with questions of each kind of answer."""
    for query in ("release=0.45.2&catch=type-attr", "release=0.86.0+to+0.87.0", "release=nonsense", "release=0.2.2"):
        yield f"{site.address(path)}?{query}"


@pytest.mark.parametrize("width", [320, 360, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_answer_is_accessible(visit: Visits, site: Built, scheme: str, width: int) -> None:
    """Check WCAG 2.2 AA with axe, and that nothing is wider than the window."""
    for address in shared(site, "about/index.html"):
        page = visit(address, width=width, scheme=scheme)  # type: ignore[arg-type]
        expect(page.locator(ANSWER)).not_to_be_empty()
        assert [] == list(violations(page)), address
        assert 0 == page.evaluate("document.documentElement.scrollWidth - innerWidth"), address


def test_a_keyboard_is_enough(visit: Visits, site: Built) -> None:
    """Ask, choose and open the evidence on a phone with keys alone."""
    page = visit(site.address("about/index.html"), width=360)
    summary = page.locator(".ask summary")
    for _ in range(20):
        page.keyboard.press("Tab")
        if summary.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("0.45.2")
    for key in ("Tab", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type("type-attr")
    page.keyboard.press("Enter")
    expect(page.locator(ANSWER)).to_contain_text("crashes with AttributeError")
    expect(page.locator("[data-ask-fields]")).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Evidence")).to_be_focused()


@pytest.mark.parametrize("policy", [True, False], ids=["with its policy", "by escaping alone"])
def test_a_hostile_question_stays_text(visit: Visits, site: Built, policy: bool) -> None:
    """Check every field of a shared address."""
    text = quote("</code><img src=x onerror='window.canary = 1'><script>window.canary = 1</script>\u202e`")
    for field in FIELDS:
        page = visit(f"{site.address('about/index.html')}?release=0.45.2&{field}={text}&", policy=policy)
        expect(page.locator(ANSWER)).not_to_be_empty()
        assert "undefined" == page.evaluate("typeof window.canary"), field
        assert 0 == page.locator(f"{ANSWER} img, {ANSWER} script").count()


def test_hostile_releases_stay_text(visit: Visits, hostile_site: Built) -> None:
    """Check a release that is hostile in every text."""
    for query in ("release=0.4.0", "release=0.3.0", "release=0.2.0+to+0.4.0", "release=0.4.0&catch=status-set"):
        page = visit(f"{hostile_site.address('about/index.html')}?{query}", policy=False)
        expect(page.locator(ANSWER)).not_to_be_empty()
        assert "undefined" == page.evaluate("typeof window.canary"), query


@pytest.mark.parametrize(
    ("release", "path"), [("2.12.0", "2.14.0/bedrock/#mid-overloaded_error"), ("0.2.2", "0.2.2/#clients")]
)
def test_evidence_of_another_client_is_on_the_page_that_alike_releases_share(
    visit: Visits, site: Built, release: str, path: str
) -> None:
    """Check a release that has the client, and one that lacks it."""
    page = visit(site.address(f"index.html?release={release}&client=bedrock"))
    link = page.get_by_role("link", name="Evidence", exact=True)
    expect(link).to_have_attribute("href", re.compile(f"releases/{re.escape(path)}$"))
