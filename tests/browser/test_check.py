"""The check page: its findings are those of `matrix check`, and no file leaves the browser."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from matrix.advice.requirements import check
from matrix.findings.formats.tally import summary_line
from matrix.findings.model import Report
from matrix.manifests import read
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, DEFAULT
from matrix.targets.names import Client
from tests.browser.built import Built
from tests.support.knowing import RELAXED
from tests.support.paths import DATA, ROOT

pytestmark = pytest.mark.browser

FIXTURES = ROOT / "tests" / "manifests" / "fixtures"
WRITTEN_BY_TOOLS = sorted(path.relative_to(FIXTURES).as_posix() for path in FIXTURES.glob("*/*"))
STATIC = ROOT / "matrix" / "site" / "static"
CHOICES = ((), ("status-set",), ("type-attr", "remedy"), ("any-exception", "class-overloaded", "stop-reason"))
"""Choices of handlers."""

LINES = (
    "anthropic",
    "Anthropic>=0.40 # with a comment",
    "anthropic==0.45.2",
    "anthropic==0.45",
    "anthropic==v0.45.02",
    "anthropic==0.45.2+local",
    "anthropic===0.45.2",
    "anthropic==0.28.1",
    "anthropic==99.0",
    "anthropic>=99",
    "anthropic>=0.40",
    "anthropic>=0.40,<1",
    "anthropic >= 0.40 , < 1",
    "anthropic (>=0.40)",
    "anthropic~=0.28.1",
    "anthropic==0.4.*",
    "anthropic!=0.45.2,>=0.45,<0.46",
    "anthropic<=0.2",
    "anthropic>0.45.2",
    "anthropic>=2.12.0rc1",
    "anthropic>2,<1",
    "anthropic==0.40.0,==0.41.0",
    "anthropic[aiohttp]>=0.60",
    "anthropic[ Bed_Rock ]==0.45.2",
    "anthropic[aiohttp,vertex]>=0.1",
    "anthropic[bedrok]==0.45.2",
    "anthropic[aiohttp,aws,mcp,nonsense]>=0.80",
    "anthropic[bedrock]",
    "anthropic[bedrock]==0.28.1",
    "anthropic[bedrock]==0.87.0",
    "anthropic[vertex]==0.5.0",
    "anthropic[bedrock,vertex]>=0.80,<1",
    "anthropic[bedrock,mcp]==2.14.0",
    "anthropic[google-cloud]>=0.100",
    "anthropic[aiohttp,aws]",
    "anthropic[mcp]",
    "anthropic[bedrock]==0.87.0\nhttpx==0.28.1",
    "anthropic ; python_version < '3.8'",
    "anthropic>=0.40 ; python_version < '3.8'",
    "anthropic>=0.40 ; python_version >= '3.9' and sys_platform == 'win32'",
    "anthropic<1 ; python_version in '3.7 3.8' or (os_name == 'nt' and python_full_version >= '3.12')",
    "anthropic ; python_version < '3.10' and (sys_platform == 'darwin' or os_name == 'nt')",
    "anthropic ; 'linux' in sys_platform and python_version ~= '3.9'",
    "anthropic ; python_version == '3.7.*'",
    "anthropic;python_version<'3'",
    "anthropic @ https://example.org/anthropic-0.45.2-py3-none-any.whl",
    "anthropic @ git+https://example.org/anthropic-sdk-python@main",
    "git+https://example.org/anthropic-sdk-python.git@feature/x",
    "./vendored/anthropic-0.45.2.tar.gz",
    "-e git+https://example.org/fork.git#egg=anthropic[bedrock]",
    "anthropic>=0.4\nanthropic<1",
    "anthropic>=0.4 ; python_version < '3.9'\nanthropic<1",
    "anthropic==0.28.1\nhttpx==0.27.2",
    "anthropic==0.28.1\nhttpx==0.28.1\nanyio==4.4.0",
    "anthropic==0.60.0\nanyio==4.9.0",
    "anthropic>=0.40 \\\n  ,<1",
    "--index-url https://pypi.example.org/simple\nanthropic==0.45.2 --hash=sha256:abc",
    "anthropic=0.4\nrich",
    "anthropic>=${MINIMUM}",
    "<<<<<<< HEAD\nanthropic==0.45.2\n=======",
    "<html>\nanthropic\n</html>",
    "requests>=2",
    "\n".join(["anthropic>2.11"] * 60),
    "\n".join(["????"] * 60),
)

CONSTRAINTS = (
    *("^0.39", "^0.28.1", "^0", "^0.0.3", "^ 0.3", "~0.28.1", "~0.39", "~1", "~=0.28.1", "~=0.28", "0.4.*", "!=0.4.*"),
    *("*", "0.39", "=0.39", "v0.39", ">=0.3 <0.5", ">=0.3,<0.5,!=0.4", "^0.39 || ^0.45", "<0.3|>=0.5", "^", "nonsense"),
)
"""Requirements in the form of Poetry."""


class WrittenFile(NamedTuple):
    """A file: its name and its text."""

    name: str
    text: str


def _poetry(dependencies: str) -> WrittenFile:
    return WrittenFile("pyproject.toml", f"[tool.poetry.dependencies]\n{dependencies}\n")


FILES = (
    *(_poetry(f'python = "^3.9"\nanthropic = "{constraint}"') for constraint in CONSTRAINTS),
    *(
        _poetry(f'anthropic = {{ version = "{constraint}", python = "<3.11", extras = ["Bedrock"] }}')
        for constraint in CONSTRAINTS
    ),
    _poetry("anthropic = 3"),
    _poetry('anthropic = { path = "../sdk" }'),
    _poetry(
        'anthropic = [{ version = "^0.28", python = "<3.11" }, '
        '{ version = "^0.39", python = ">=3.11", platform = "linux", markers = "os_name == \'posix\'" }]'
    ),
    WrittenFile(
        "pyproject.toml",
        '[project]\nrequires-python = ">=3.9"\ndependencies = ["anthropic>=0.40"]\n'
        '[project.optional-dependencies]\nx = ["anthropic[vertex]<0.50", "nonsense=="]\n'
        '[dependency-groups]\ndev = ["anthropic==0.45.2", { include-group = "test" }]\ntest = ["pytest"]\n'
        '[tool.uv]\nconstraint-dependencies = ["anthropic<1"]\noverride-dependencies = ["anthropic==0.50.0"]\n',
    ),
    WrittenFile(
        "pyproject.toml",
        '[project]\ndependencies = ["anthropic>=0.40"]\n'
        '[tool.uv.sources]\nanthropic = [{ index = "x" }, { path = "../sdk" }]\n',
    ),
    WrittenFile(
        "pyproject.toml",
        '[project]\ndependencies = ["anthropic==0.45.2"]\n'
        '[project.optional-dependencies]\nfast_x = ["anthropic>=0.40"]\n[dependency-groups]\ndev = ["anthropic<1"]\n'
        '[tool.uv.sources]\nanthropic = [{ git = "ssh://git@example.org/sdk", tag = "v1", extra = "fast-X" }, '
        '{ workspace = true, group = "dev" }]\n',
    ),
    WrittenFile(
        "pyproject.toml",
        '[project]\ndependencies = ["anthropic==0.45.2"]\n'
        '[tool.poetry.dependencies]\nanthropic = { git = "https://example.org/sdk", rev = "f00" }\n',
    ),
    WrittenFile(
        "pyproject.toml",
        '[build-system]\nrequires = ["anthropic"]\n'
        '[tool.pdm.dev-dependencies]\na = ["-e file:///x#egg=anthropic", "anthropic>=0.4"]\n',
    ),
    WrittenFile("pyproject.toml", '[project]\nrequires-python = "nonsense"\ndependencies = "anthropic"\n'),
    WrittenFile(
        "Pipfile",
        '[packages]\nanthropic = "*"\n'
        '[dev-packages]\nanthropic = { version = ">=0.4", platform_system = "== \'Linux\'", git = "x", ref = "y" }\n'
        '[requires]\npython_full_version = "3.11.4"\n',
    ),
    WrittenFile(
        "Pipfile.lock",
        '{"_meta": {"requires": {"python_version": "3.9"}},\n'
        '"default": {\n"anthropic": {"version": "==0.45.2", "extras": ["aiohttp"]},\n'
        '"httpx": {"version": "==0.27.0"}},\n'
        '"develop": {\n"anthropic": {"markers": "x"}}}',
    ),
    WrittenFile("Pipfile.lock", "[1]"),
    WrittenFile(
        "poetry.lock",
        '[[package]]\nname = "anthropic"\nversion = "0.45.2"\ngroups = ["main", "dev"]\n'
        "markers = { main = \"python_version < '3.11'\", dev = \"python_version > '3.8'\" }\n"
        '[package.source]\ntype = "git"\nurl = "https://example.org/x"\nresolved_reference = "abc"\n'
        '[metadata]\nlock-version = "2.1"\npython-versions = "^3.9"\n',
    ),
    WrittenFile(
        "uv.lock",
        'version = 1\n[[package]]\nname = "me"\nsource = { virtual = "." }\n'
        'dependencies = [{ name = "anthropic", extra = ["aiohttp"], version = "0.60.0" }]\n'
        '[package.dev-dependencies]\ndev = [{ name = "anthropic", extra = ["vertex"] }]\n'
        '[[package]]\nname = "anthropic"\nversion = "0.60.0"\nsource = { registry = "x" }\n'
        '[[package]]\nname = "anthropic"\nversion = "0.45.2"\nsource = { registry = "x" }\n'
        '[[package]]\nname = "httpx"\nversion = "0.28.1"\n[[package]]\nname = "httpx"\nversion = "0.27.1"\n',
    ),
    WrittenFile(
        "uv.lock",
        'version = 2\n[[package]]\nname = "anthropic"\nversion = "nonsense"\nsource = { registry = "x" }\n'
        '[[package]]\nname = "anthropic"\nsource = { directory = "x" }\n',
    ),
    WrittenFile(
        "pdm.lock",
        '[metadata]\nlock_version = "4.5"\n[[metadata.targets]]\nrequires_python = ">=3.9"\n'
        '[[package]]\nname = "anthropic"\nversion = "0.45.2"\n'
        '[[package]]\nname = "anthropic"\nversion = "0.45.2"\nextras = ["vertex"]\n',
    ),
    WrittenFile(
        "pylock.dev.toml",
        'lock-version = "1.0"\nrequires-python = ">=3.10"\n'
        '[[packages]]\nname = "anthropic"\nversion = "0.45.2"\nmarker = "nonsense"\n'
        '[[packages]]\nname = "anthropic"\n[packages.vcs]\nurl = "https://example.org/x"\ncommit-id = "abc"\n',
    ),
    WrittenFile("pylock.toml", 'lock-version = "1.0"\npackages = [3, { name = "anthropic", version = 4 }]\n'),
    WrittenFile("frozen", '[project]\ndependencies = ["anthropic==0.45.2"]\n'),
    WrittenFile("requirements-dev.lock", "-e file:.\nanthropic==0.45.2\n"),
    WrittenFile("requirements.txt", "\ufeffanthropic==0.45.2\r\nhttpx==0.28.1\r\n"),
    WrittenFile("requirements.txt", "anthropic==0.45.2\n" + "x ; os_name == 'nt'\n" * 10_000 + "anthropic\n"),
    WrittenFile("requirements.txt", "anthropic==0.45.2" + "\n" * 300_001),
)


# Open the page.


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    """Read the data as the command does."""
    return queries.knowledge(Store(DATA, ANTHROPIC), "3.11")


@pytest.fixture(scope="session")
def address(site: Built) -> str:
    """Serve the site; yield the page's address."""
    return site.address("check/index.html")


class Recorded:
    """The requests of a page, and its complaints."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Return a function that opens the page; fail if it requests another host, or complains."""
    contexts: list[BrowserContext] = []
    heard: list[Recorded] = []

    def open_(query: str = "", **options: Any) -> Page:
        contexts.append(chromium.new_context(**options))
        page = contexts[-1].new_page()
        heard.append(Recorded(page))
        page.goto(address + query)
        expect(page.locator("#summary")).not_to_have_text(re.compile("^(Fetching.*)?$"))
        return page

    yield open_
    for context in contexts:
        context.close()
    own = address.removesuffix("check/")
    assert [] == [url for recorded in heard for url in recorded.requests if not url.startswith(own)]
    assert [] == [complaint for recorded in heard for complaint in recorded.complaints]


@pytest.fixture(scope="session")
def pages(chromium: Browser, address: str) -> Iterator[dict[tuple[str, ...], Page]]:
    """Open the page once for each choice of handlers."""
    opened: dict[tuple[str, ...], Page] = {}
    for choice in CHOICES:
        page = chromium.new_page()
        page.goto(f"{address}?{'&'.join(f'catching={handler}' for handler in choice)}")
        expect(page.locator("#summary")).to_have_text("Nothing to judge yet.")
        opened[choice] = page
    yield opened
    for page in opened.values():
        page.close()


# Findings.

READ_CARDS = """() => [...document.querySelectorAll("#cards .card:not(.is-problem)")].map(card => ({
  line: Number(/line (\\d+)/.exec(card.querySelector(".place").textContent)?.[1] ?? 0),
  text: card.querySelector("h3").textContent,
  about: card.querySelector(".about").firstChild.textContent.trim(),
  release: card.dataset.release,
  state: card.dataset.state,
  findings: [...card.querySelectorAll(".findings li")].map(one => [
    one.dataset.rule, one.dataset.level, one.querySelector(".message").textContent,
    one.querySelector(".instead")?.textContent ?? "",
  ]),
}))"""
READ_PROBLEMS = """() => [...document.querySelectorAll("#cards .card.is-problem")].map(card => [
  Number(/line (\\d+)/.exec(card.querySelector(".place").textContent)?.[1] ?? 0),
  card.querySelector(".message").textContent,
  card.querySelector(".instead")?.textContent ?? "",
])"""

TYPE = """text => {
  document.querySelector("#text").value = text;
  document.querySelector("#check form").requestSubmit();
}"""
"""Sets the text at once: typing a lock takes seconds, and pasting does not."""


def on_page(page: Page) -> tuple[Any, Any, str]:
    """Return the judged requirements, the problems and the summary, when the worker has answered."""
    expect(page.locator("#cards")).not_to_have_attribute("aria-busy", "true")
    return page.evaluate(READ_CARDS), page.evaluate(READ_PROBLEMS), page.inner_text("#summary")


def from_report(report: Report) -> tuple[Any, Any, str]:
    """Return the same of a report."""
    subjects = [
        {
            "line": subject.place.line,
            "text": subject.text,
            "about": f"{subject.about[:1].upper()}{subject.about[1:]}.",
            "release": subject.release,
            "state": subject.state,
            "findings": [
                [
                    finding.rule,
                    finding.level,
                    f"{_unquoted(finding.message)} {finding.rule}",
                    f"Instead: {_unquoted(finding.instead)}" if finding.instead else "",
                ]
                for finding in subject.findings
            ],
        }
        for subject in report.subjects
    ]
    problems = [
        [problem.place.line, _unquoted(problem.message), _unquoted(problem.hint)] for problem in report.problems
    ]
    return subjects, problems, summary_line(report)


def _unquoted(text: str) -> str:
    """Remove backquotes, which are code on the page."""
    return text if text.count("`") % 2 else text.replace("`", "")


def expected(
    knowledge: Knowledge, path: Path, catching: tuple[str, ...], clients: tuple[str, ...] = ()
) -> tuple[Any, Any, str]:
    """Return the report of the command on a file."""
    report = check(knowledge, [read(DEFAULT, path, path.name)], "0", catching, clients=clients)
    subjects, problems, summary = from_report(report)
    return subjects, sorted(problems), summary


def typed(page: Page, text: str) -> tuple[Any, Any, str]:
    """Type a text; return the report of the page."""
    page.evaluate(TYPE, text)
    subjects, problems, summary = on_page(page)
    return subjects, sorted(problems), summary


def chosen(page: Page, path: Path) -> tuple[Any, Any, str]:
    """Choose a file; return the report of the page."""
    page.fill("#text", "")
    page.set_input_files("#files", path)
    expect(page.locator("#chosen li")).to_have_count(1)
    subjects, problems, summary = on_page(page)
    page.get_by_role("button", name="Remove").click()
    return subjects, sorted(problems), summary


@pytest.mark.parametrize("choice", CHOICES[::2], ids=lambda choice: "+".join(choice) or "nothing")
@pytest.mark.parametrize("name", WRITTEN_BY_TOOLS)
def test_a_file_of_a_tool_has_the_findings_of_the_command(
    knowledge: Knowledge, pages: dict[tuple[str, ...], Page], name: str, choice: tuple[str, ...]
) -> None:
    """Check each word, as a chosen file, and pasted without a name."""
    path, page = FIXTURES / name, pages[choice]
    report = expected(knowledge, path, choice)
    assert report == chosen(page, path)
    assert report == typed(page, path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[:40])
def test_a_requirement_has_the_findings_of_the_command(
    knowledge: Knowledge, pages: dict[tuple[str, ...], Page], line: str, tmp_path: Path
) -> None:
    """Check each word for every choice of handlers."""
    path = tmp_path / "requirements.txt"
    path.write_text(line, encoding="utf-8")
    for choice, page in pages.items():
        assert expected(knowledge, path, choice) == typed(page, line)


@pytest.mark.parametrize("written", FILES, ids=lambda written: f"{written.name}: {written.text[:60]!r}")
def test_a_file_has_the_findings_of_the_command(
    knowledge: Knowledge, pages: dict[tuple[str, ...], Page], written: WrittenFile, tmp_path: Path
) -> None:
    """Check every kind of file, and every mistake."""
    path = tmp_path / written.name
    path.write_text(written.text, encoding="utf-8", newline="")
    choice = CHOICES[1]
    assert expected(knowledge, path, choice) == chosen(pages[choice], path)


VERSIONS = st.builds("{}.{}.{}".format, st.integers(0, 2), st.integers(0, 130), st.integers(0, 3))
CLAUSES = st.builds("{}{}".format, st.sampled_from(["==", "!=", "~=", ">=", "<=", ">", "<", "==="]), VERSIONS)


@RELAXED
@given(clauses=st.lists(CLAUSES, min_size=1, max_size=4))
def test_any_specifier_has_the_findings_of_the_command(
    knowledge: Knowledge,
    pages: dict[tuple[str, ...], Page],
    tmp_path_factory: pytest.TempPathFactory,
    clauses: list[str],
) -> None:
    """Check that both libraries for PEP 440 agree."""
    path = tmp_path_factory.mktemp("any") / "requirements.txt"
    path.write_text(line := f"anthropic{','.join(clauses)}", encoding="utf-8")
    assert expected(knowledge, path, ()) == typed(pages[()], line)


# Differences from the command.


@pytest.mark.parametrize("name", ["notes.md", "setup.cfg", "environment.yml", "pixi.toml", "tox.ini"])
def test_a_file_that_only_the_command_reads_is_a_problem(
    pages: dict[tuple[str, ...], Page], tmp_path: Path, name: str
) -> None:
    """Check that the page names the kinds that it reads, and the command that reads more."""
    path = tmp_path / name
    path.write_text("anthropic", encoding="utf-8")
    subjects, ((_, message, hint),), _ = chosen(pages[()], path)
    assert ([], "The file is not a manifest that midstream reads.") == (subjects, message)
    assert hint.startswith("The page reads requirements (*.txt, *.in), pyproject.toml,")
    assert hint.endswith("matrix check reads more kinds.")


def test_the_tables_of_other_tools_are_named(pages: dict[tuple[str, ...], Page]) -> None:
    """Check that the page says which part of pyproject.toml it does not read."""
    text = (
        '[project]\ndynamic = ["dependencies"]\n[tool.hatch.envs.a]\ndependencies = ["anthropic"]\n'
        '[tool.setuptools.dynamic]\ndependencies = { file = ["x.txt"] }\n[tool.pixi.tasks]\nx = "y"\n'
    )
    _, problems, _ = typed(pages[()], text)
    expected_messages = [f"The page does not read [tool.{name}]." for name in ("hatch", "setuptools.dynamic")]
    assert expected_messages == [message for _, message, _ in problems]


def test_an_include_is_not_followed(visit: Callable[..., Page]) -> None:
    """Check that the page says so, because it can't open other files."""
    page = visit()
    page.fill("#text", "-r base.txt\nanthropic==0.45.2")
    expect(page.locator("#cards .card.is-problem")).to_contain_text(
        "The include 'base.txt' was skipped: a page can't open other files."
    )
    expect(page.locator("#cards .card")).to_have_count(2)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("uv.lock", 'version = 1\n[[package]\nname = "anthropic"\n', "The file is not valid TOML: "),
        ("uv.lock", '<<<<<<< HEAD\n[[package]]\nname = "anthropic"\n', "Resolve the merge conflict first."),
        ("Pipfile.lock", '{"_meta": }', "The file is not valid JSON. The page read no part of it."),
        ("Pipfile.lock", "[" * 100_000, "The file"),
        ("pyproject.toml", f"a = {'[' * 5_000}", "The file"),
        ("pylock.toml", "a" * (17 << 20), "The file was skipped: it has more than 16 MB."),
        ("requirements.txt", "anthropic>=nonsense", "The line is not a requirement: 'anthropic>=nonsense'."),
        ("photo.jpeg", "\0\1\2", "The file is not a manifest that midstream reads."),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem(
    visit: Callable[..., Page], tmp_path: Path, name: str, text: str, message: str
) -> None:
    """Check the sentence and the hint; a broken file has no findings."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    page = visit()
    page.set_input_files("#files", path)
    expect(page.locator("#cards .card.is-problem")).to_contain_text(message)
    expect(page.locator("#cards .card")).to_have_count(1)
    expect(page.locator("#summary")).to_contain_text("1 problem")


def test_bytes_that_are_no_text_are_a_problem(visit: Callable[..., Page]) -> None:
    """Check a file of another kind."""
    page = visit()
    page.set_input_files("#files", {"name": "uv.lock", "mimeType": "", "buffer": b"\x80\x81"})
    expect(page.locator("#cards .card.is-problem")).to_contain_text("The file is not UTF-8.")


def test_a_file_of_powershell_is_read(visit: Callable[..., Page]) -> None:
    """Check UTF-16 with a byte order mark."""
    page = visit()
    data = "anthropic==0.45.2\r\n".encode("utf-16")
    page.set_input_files("#files", {"name": "requirements.txt", "mimeType": "", "buffer": data})
    expect(page.locator("#cards .card h3")).to_have_text("anthropic==0.45.2")


def test_a_large_lock_is_judged_at_once(visit: Callable[..., Page], tmp_path: Path) -> None:
    """Check five megabytes, more than any project has."""
    text = (FIXTURES / "uv-forked" / "uv.lock").read_text(encoding="utf-8")
    start = text.index("[[package]]")
    others = text[start:].replace('"anthropic"', '"another"')
    path = tmp_path / "uv.lock"
    path.write_text(text + others * (5_000_000 // len(others)), encoding="utf-8")
    page = visit()
    begun = time.monotonic()
    page.set_input_files("#files", path)
    expect(page.locator("#cards .card")).to_have_count(2)
    assert time.monotonic() - begun < 5


LINES_OF_A_PASTE = 100_000
PASTE = """text => navigator.clipboard.writeText(text)"""
WATCH = """() => {
  window.longest = 0;
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    window.longest = Math.max(window.longest, now - last);
    last = now;
  }, 10);
}"""
"""Record the longest time in which the page handled no event, in milliseconds."""


@pytest.mark.parametrize(
    ("line", "summary"),
    [
        ("package-{}==1.0.{}", "Found no requirement on the SDK."),
        ("package-{}>=1.0 ; python_version < '3.9' and sys_platform == 'win32'", "1 problem."),
        ("anthropic>=0.{}", "51 problems."),
        ("this is line {} of a text", "Found no requirement on the SDK: 51 problems."),
    ],
)
def test_a_paste_of_a_hundred_thousand_lines_does_not_block_the_page(
    visit: Callable[..., Page], line: str, summary: str
) -> None:
    """Check that the page answers, and that a button responds while the worker judges."""
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    text = "\n".join(line.replace("{}", str(1_000 + number)) for number in range(LINES_OF_A_PASTE))
    page.evaluate(PASTE, text)
    page.evaluate(WATCH)
    page.locator("#text").press("Control+V")
    handler_box(page, "status-set").check()
    expect(page.locator("#ways-chosen")).to_have_text("status-set")
    expect(page.locator("#chosen")).to_contain_text("Pasted text, 100,000 lines")
    expect(page.locator("#summary")).to_contain_text(summary, timeout=20_000)
    assert "" == page.input_value("#text")
    assert page.evaluate("window.longest") < 2_000
    page.get_by_role("button", name="Remove Pasted text").click()
    expect(page.locator("#summary")).to_have_text("Nothing to judge yet.")


def test_a_later_text_replaces_one_that_takes_too_long(visit: Callable[..., Page], tmp_path: Path) -> None:
    """Check that the page stays usable, and does not wait for the answer to the first text."""
    path = tmp_path / "uv.lock"
    path.write_text(
        "version = 1\n" + "".join(f'[[package]]\nname = "anthropic"\nversion = "0.45.{n}"\n' for n in range(60_000))
    )
    page = visit()
    page.set_input_files("#files", path)
    expect(page.locator("#summary")).to_have_text("Judging …")
    page.get_by_role("button", name="Remove uv.lock").click()
    page.fill("#text", "anthropic==0.45.2")
    expect(page.locator("#summary")).to_contain_text("1 requirement: 1 warning, 1 note.")


def test_a_text_that_takes_too_long_is_reported(visit: Callable[..., Page], tmp_path: Path) -> None:
    """Check the message at the deadline, and the command that takes its time."""
    path = tmp_path / "uv.lock"
    path.write_text(
        "version = 1\n" + "".join(f'[[package]]\nname = "anthropic"\nversion = "0.45.{n}"\n' for n in range(200_000))
    )
    page = visit()
    page.set_input_files("#files", path)
    expect(page.locator("#summary")).to_contain_text("The page stopped after 20 seconds.", timeout=40_000)
    handler_box(page, "status-set").check()
    page.get_by_role("button", name="Remove uv.lock").click()
    expect(page.locator("#summary")).to_have_text("Nothing to judge yet.")


def test_a_text_without_the_sdk_has_no_requirement(visit: Callable[..., Page]) -> None:
    """Check which kind of file the page names."""
    page = visit()
    page.fill("#text", "requests>=2")
    expect(page.locator("#cards .empty")).to_contain_text(
        "The page read requirements.txt and found no requirement on anthropic."
    )


def test_hostile_text_is_inert(visit: Callable[..., Page]) -> None:
    """Check that text of a file becomes no element."""
    page = visit()
    page.fill("#text", "anthropic @ https://x/<img/src=x/onerror=alert(1)>\n<script>alert(1)")
    expect(page.locator("#cards .card")).to_have_count(2)
    assert 0 == page.locator("#cards img, #cards script").count()


# Use.


def handler_box(page: Page, handler: str) -> Locator:
    """Return the box of a handler."""
    return page.get_by_role("checkbox", name=handler)


def test_a_text_is_judged_while_it_is_typed(visit: Callable[..., Page]) -> None:
    """Check that no button is needed, and that a choice is judged at once."""
    page = visit()
    page.locator("#text").press_sequentially("anthropic==0.45.2")
    expect(page.locator("#summary")).to_contain_text("1 requirement: 1 warning, 1 note.")
    handler_box(page, "status-set").check()
    expect(page.locator("#summary")).to_contain_text("1 requirement: 2 errors, 1 warning, 1 note.")


@pytest.mark.parametrize("field", ["#text", "#python"])
def test_enter_judges_at_once(visit: Callable[..., Page], field: str) -> None:
    """Check both fields, and that the page stays."""
    page = visit("?q=anthropic%3D%3D0.45.2")
    page.locator(field).press("Enter")
    expect(page.locator("#cards .card")).to_have_count(1)
    assert page.url.endswith("/check/#q=anthropic%3D%3D0.45.2")


def test_a_question_stands_in_the_address(visit: Callable[..., Page]) -> None:
    """Check that it can be shared and opened again."""
    page = visit()
    page.fill("#text", "anthropic>=0.40,<1")
    page.fill("#python", "3.8")
    handler_box(page, "status-set").check()
    handler_box(page, "type-attr").check()
    expect(page).to_have_url(
        re.compile(r"/check/#q=anthropic%3E%3D0\.40%2C%3C1&python=3\.8&catching=status-set&catching=type-attr$")
    )
    expect(page.locator("#cards .about")).to_contain_text("would be installed today on Python 3.8")
    report = on_page(page)
    page.reload()
    expect(page.locator("#cards .card")).to_have_count(1)
    assert report == on_page(page)
    assert "anthropic>=0.40,<1" == page.input_value("#text")


CHOSEN_CLIENTS = (
    "anthropic==0.45.2\nhttpx==0.28.1",
    "anthropic==0.10.0",
    "anthropic[bedrock]==0.10.0",
    "anthropic[bedrock,vertex]==1.6.0",
    "anthropic[aiohttp]==0.80.0",
    "anthropic==0.80.0\nhttpx==0.24.1\nh11==0.14.0",
    "anthropic>=0.40,<1",
    "anthropic",
)
"""Requirements that are judged for a chosen client: with its extra, without it, or with the extra of another client."""


@pytest.mark.parametrize("client", DEFAULT.clients, ids=lambda client: client.name)
@pytest.mark.parametrize("catching", [(), ("status-set", "remedy")], ids=["no handler", "two handlers"])
def test_every_client_can_be_chosen(
    visit: Callable[..., Page], knowledge: Knowledge, tmp_path: Path, client: Client, catching: tuple[str, ...]
) -> None:
    """Check that the page says what `matrix check --client` says."""
    page = visit("#" + "&".join(f"catching={handler}" for handler in catching))
    page.select_option("#client", client.name)
    for text in CHOSEN_CLIENTS:
        path = tmp_path / "requirements.txt"
        path.write_text(text, encoding="utf-8")
        assert expected(knowledge, path, catching, (client.id,)) == typed(page, text), text
    expect(page.locator(".terminal pre code")).to_contain_text(f"--client {client.name}")
    assert f"client={client.name}" in page.url


def test_a_typed_text_is_never_sent(visit: Callable[..., Page]) -> None:
    """Check that it is in the fragment, which no browser sends, even on a reload."""
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.fill("#text", "anthropic==0.45.2")
    expect(page).to_have_url(re.compile("#q="))
    page.reload()
    expect(page.locator("#cards .card")).to_have_count(1)
    assert asked
    assert [] == [url for url in asked if "0.45.2" in url.partition("#")[0]]


@pytest.mark.parametrize("text", ["anthropic==0.45.2\nhttpx==0.28.1", f"anthropic=={'0' * 300}.45.2"])
def test_a_lock_never_stands_in_the_address(visit: Callable[..., Page], text: str) -> None:
    """Check a pasted lock, and any text that is as long."""
    page = visit("?q=anthropic&catching=remedy")
    page.fill("#text", text)
    expect(page).to_have_url(re.compile(r"/check/#catching=remedy$"))
    page.fill("#text", "")
    page.set_input_files("#files", FIXTURES / "uv-forked" / "uv.lock")
    expect(page.locator("#cards .card")).to_have_count(2)
    assert page.url.endswith("/check/#catching=remedy")


def test_files_can_be_dropped_anywhere(visit: Callable[..., Page]) -> None:
    """Check several, one that replaces another, and one that is removed."""
    page = visit()
    drop = """texts => {
      const data = new DataTransfer();
      for (const [name, text] of Object.entries(texts)) data.items.add(new File([text], name));
      document.body.dispatchEvent(new DragEvent("dragover", { bubbles: true, dataTransfer: data }));
      document.body.dispatchEvent(new DragEvent("drop", { bubbles: true, dataTransfer: data }));
    }"""
    page.evaluate(drop, {"requirements.txt": "anthropic==0.45.2", "dev.txt": "anthropic>=0.60"})
    expect(page.locator("#cards .place")).to_contain_text(["requirements.txt, line 1", "dev.txt, line 1"])
    page.evaluate(drop, {"dev.txt": "anthropic==0.87.0"})
    expect(page.locator("#cards .card h3")).to_have_text(["anthropic==0.45.2", "anthropic==0.87.0"])
    page.get_by_role("button", name="Remove dev.txt").click()
    expect(page.locator("#cards .card h3")).to_have_text(["anthropic==0.45.2"])
    expect(page.locator("#files")).to_be_focused()


def test_a_python_decides_which_release_is_installed(visit: Callable[..., Page]) -> None:
    """Check that it overrides the file, and that an invalid one is named."""
    page = visit("?q=anthropic")
    page.fill("#python", "3.7")
    expect(page.locator("#cards .about")).to_contain_text("on Python 3.7")
    page.fill("#python", "3.7.17")
    expect(page.locator("#python")).to_have_attribute("aria-invalid", "false")
    expect(page.locator("#cards .about")).to_contain_text("on Python 3.7")
    page.fill("#python", "three")
    expect(page.locator("#summary")).to_have_text("“three” is not a Python version. Write MAJOR.MINOR, such as 3.12.")
    expect(page.locator("#python")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("0.45.2", "anthropic==0.45.2"),
        ("v0.40", "anthropic==0.40"),
        ("2.12", "anthropic==2.12"),
        ("0.4.9", "anthropic==0.4.9.*"),
        (">=0.40,<1", "anthropic>=0.40,<1"),
        ("^0.45", "anthropic>=0.45,<0.46"),
        ("0.45.x", "anthropic==0.45.*"),
        ("latest", "anthropic"),
        ('anthropic = "^0.45"', "anthropic>=0.45,<0.46"),
        ('anthropic = {version = "0.45.2", extras = ["bedrock"]}', "anthropic[bedrock]==0.45.2"),
        ("anthropic (0.45.2)", "anthropic==0.45.2"),
        ("- anthropic=0.45.2", "anthropic==0.45.2"),
        ('"anthropic>=0.40,<1",', "anthropic>=0.40,<1"),
        ("anthropic  0.45.2", "anthropic==0.45.2"),
    ],
)
def test_a_version_that_stands_alone_is_judged(visit: Callable[..., Page], text: str, requirement: str) -> None:
    """Check that nothing is called fine before a handler is chosen, and the line to save for the command."""
    page = visit()
    page.fill("#text", text)
    expect(page.locator("#cards .card h3")).to_have_text([requirement])
    assert not page.locator(".is-fine").count()
    expect(page.locator(".terminal .note")).to_have_text(f"First save the line {requirement} as requirements.txt.")


def test_the_verdict_is_in_view_after_the_button(visit: Callable[..., Page]) -> None:
    """Check a wide window, in which the button is far below the beginning of the verdict."""
    page = visit("?q=anthropic%3D%3D0.45.2", viewport={"width": 1440, "height": 900})
    page.get_by_role("button", name="Judge").click()
    expect(page.locator("#verdict")).to_be_in_viewport()
    expect(page.locator("#cards .card h3")).to_be_in_viewport()


def test_an_example_is_shown_without_a_text(visit: Callable[..., Page]) -> None:
    """Check that it goes once there is a text."""
    page = visit()
    page.get_by_role("button", name="anthropic==0.45.2 caught by status-set").click()
    expect(page.locator("#cards .card")).to_have_count(1)
    expect(handler_box(page, "status-set")).to_be_checked()
    assert "anthropic==0.45.2" == page.input_value("#text")


def test_the_command_can_be_copied(visit: Callable[..., Page]) -> None:
    """Check that a terminal prints the same, for a name with a quotation mark, too."""
    page = visit("?catching=status-set", permissions=["clipboard-read", "clipboard-write"])
    page.set_input_files("#files", {"name": "it's $(x).txt", "mimeType": "", "buffer": b"anthropic==0.45.2"})
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert r"matrix check 'it'\''s $(x).txt' --catching status-set" == copied


def test_a_finding_links_to_its_release(visit: Callable[..., Page], site: Built) -> None:
    """Check the page of its evidence."""
    page = visit("?q=anthropic%3D%3D0.45.2")
    link = page.get_by_role("link", name="Evidence for 0.45.2")
    assert "../releases/0.45.2/" == link.get_attribute("href")
    assert "releases/0.45.2/index.html" in site.files


def test_it_can_be_used_without_a_mouse(visit: Callable[..., Page]) -> None:
    """Check the way from the field to the handlers."""
    page = visit(viewport={"width": 700, "height": 800})
    page.locator("#text").focus()
    for field in ("#files", "#python", "#client", "#ways summary"):
        page.keyboard.press("Tab")
        expect(page.locator(field)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("#ways-chosen")).to_have_text("any-api-error")


# Failures.


def test_without_a_script_the_command_is_shown(visit: Callable[..., Page], chromium: Browser, address: str) -> None:
    """Check that there is no form without a function."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert "matrix check uv.lock --catching status-set" in page.inner_text("main")
    assert not page.locator("#check").is_visible()
    context.close()


def test_missing_facts_are_reported(chromium: Browser, address: str) -> None:
    """Check what the page suggests."""
    page = chromium.new_page()
    page.route("**/facts.json", lambda route: route.abort())
    page.goto(address)
    expect(page.locator("#summary")).to_have_text(
        "The measured facts can't be fetched. Reload the page, or run matrix check in a terminal."
    )
    page.close()


def test_a_page_opened_from_a_file_says_what_to_do(chromium: Browser, site: Built) -> None:
    """Check that the browser lets it load no facts."""
    page = chromium.new_page()
    page.goto((site.folder / "check" / "index.html").as_uri())
    expect(page.locator("#summary")).to_contain_text("open the site with matrix serve.")
    page.close()


@pytest.mark.parametrize("width", [360, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "query", ["", "?q=anthropic%3E%3D0.40%2C%3C1&catching=class-overloaded", "?q=anthropic%3D%3D99"]
)
def test_the_page_is_accessible(visit: Callable[..., Page], query: str, scheme: str, width: int) -> None:
    """Check with axe, and that nothing is wider than the screen."""
    page = visit(query, color_scheme=scheme, viewport={"width": width, "height": 900})
    if query:
        page.set_input_files("#files", {"name": "a.txt", "mimeType": "", "buffer": b"anthropic==0.87.0\nanthropic=1"})
        expect(page.locator("#cards .card.is-problem")).to_have_count(1)
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    result = page.evaluate("axe.run('#check')")
    assert [] == [
        (violation["id"], [node["html"] for node in violation["nodes"]]) for violation in result["violations"]
    ]
    assert width == page.evaluate("document.documentElement.scrollWidth")
