"""The answers of the question bar are those of `matrix`: the script runs in Node, without a page."""

import builtins
import contextlib
import json
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from matrix.advice.facts import original_client_pins
from matrix.advice.pin import recommend
from matrix.advice.requirements import check
from matrix.manifests import read
from matrix.model import TODAY_FIRST, Lane
from matrix.observation import Call, Outcome
from matrix.scan.instances import is_a
from matrix.scan.recorded import Recorded
from matrix.scan.sdk import Sdk
from matrix.site import render
from matrix.site.ask.document import ask_documents
from matrix.site.epoch_views import EpochView, EpochViews, view_epochs
from matrix.store.store import Store
from matrix.targets import ANTHROPIC, TARGETS
from matrix.verdicts.decisions import OUTCOME_LETTERS
from tests.support.paths import DATA, ROOT

pytestmark = pytest.mark.browser

VERSIONS: Final = list(Store(DATA, ANTHROPIC).releases())
NEWEST: Final = VERSIONS[-1]
HEADLINE: Final = ANTHROPIC.suite.headline
OVERLOADED: Final = "Overloaded, after some text: "
SCENARIOS: Final = [id_ for id_ in ANTHROPIC.suite.scenarios_of() if id_ != ANTHROPIC.suite.unknown.id]
NAMES: Final = sorted(
    {name.replace("anthropic.", prefix) for name in Sdk(ANTHROPIC).errors for prefix in ("", "anthropic.")}
    | {f"anthropic._exceptions.{name}" for name in ("OverloadedError", "APIStatusError", "ServiceUnavailableError")}
    | {"Exception", "BaseException", "ValueError", "TimeoutError", "OSError", "KeyError", "asyncio.TimeoutError"}
    | {"httpx.HTTPError", "httpx.ReadTimeout", "httpx2.HTTPError", "MyError", "mine.Error", "json.JSONDecodeError"}
)
"""Names in `except` clauses: of the SDK, public and private, of Python, of HTTP libraries, and unknown ones."""


class Answers:
    """The script of the bar in a process of Node, with the document of the first-party client."""

    def __init__(self, document: Path) -> None:
        command = ["node", "--no-warnings", str(ROOT / "tests" / "browser" / "answers.mjs"), str(document)]
        self.offered = {each["id"]: each["line"] for each in json.loads(document.read_bytes())["handlers"]}
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def __call__(self, release: str, catch: str = "", fails: str = "") -> dict[str, Any]:
        """Return the answer to a question."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"release": release, "catch": catch, "fails": fails}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the script ended"
        return dict(json.loads(line))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin
        self._process.communicate(timeout=10)


class Measured:
    """The committed data; a failed test prints this object, and not the data."""

    def __init__(self) -> None:
        self.views: EpochViews = view_epochs(render.read_source(Store(DATA, ANTHROPIC)))

    def view(self, version: str) -> EpochView:
        """Return the view of a release: with today's dependencies if it can be used with them."""
        by_release = self.views.by_release
        views = [by_release[version, lane] for lane in TODAY_FIRST if (version, lane) in by_release]
        return next((view for view in views if not view.unusable), views[0])

    def written(self, version: str) -> str:
        """Write a release with the dependencies that must be pinned, so that it can be used."""
        release, knowledge = self.views.source.releases[version], self.views.source.knowledge
        pins = original_client_pins(knowledge, release) if self.view(version).lane is Lane.AS_RELEASED else []
        return f"{version} with {' '.join(pins)}" if pins else version

    @cache  # noqa: B019 - the tests have one
    def classes(self, version: str) -> tuple[Recorded, frozenset[tuple[str, str]]]:
        """Return a release as the scan sees it, and the package and the name of each class that it raised."""
        view = self.view(version)
        ends = [call.observation for id_, call in view.calls.items() if id_.surface == view.surface]
        raised = [end.exception for end in ends if end.outcome is Outcome.RAISED and end.exception]
        names = {name for each in raised for name in (each.name, *each.bases)}
        return Recorded(ANTHROPIC, version, view.behaviour, ()), frozenset(
            (name.partition(".")[0], name.rpartition(".")[2]) for name in names
        )


@pytest.fixture(scope="module")
def known() -> Measured:
    """Read the committed data."""
    return Measured()


def views_of(target: str) -> EpochViews:
    """Read the committed data of another target."""
    return view_epochs(render.read_source(Store(DATA.parent / target, TARGETS[target])))


@contextlib.contextmanager
def asking(views: EpochViews, folder: Path) -> Iterator[Answers]:
    """Run the script with the document that the site has of the first-party client."""
    _, document = next(ask_documents(views))
    path = folder / "first-party.json"
    path.write_bytes(msgspec.json.encode(document, order="deterministic"))
    answers = Answers(path)
    try:
        yield answers
    finally:
        answers.close()


@pytest.fixture(scope="module")
def ask(known: Measured, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """Ask about the first target."""
    with asking(known.views, tmp_path_factory.mktemp("ask")) as answers:
        yield answers


@pytest.fixture(scope="module")
def of_npm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """Ask about a target of npm."""
    with asking(views_of("anthropic-typescript"), tmp_path_factory.mktemp("npm")) as answers:
        yield answers


# Releases.


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0.45.2", "0.45.2"),
        ("v2.12", "2.12.0"),
        ("2.12", "2.12.0"),
        ("latest", NEWEST),
        ("", NEWEST),
        ("anthropic", NEWEST),
        ("~=0.40.0", "0.40.0"),
        ("anthropic[bedrock]==0.45.2", "0.45.2"),
        ('anthropic==0.45.2 ; python_version < "3.9"', "0.45.2"),
        ("anthropic==0.45.2 --hash=sha256:00 # pinned", "0.45.2"),
        (" Anthropic == 0.45.* ", "0.45.2"),
        ("pip install anthropic==0.45.2", "0.45.2"),
        ("python -m pip install -U 'anthropic[bedrock]==0.45.2' httpx==0.27.2", "0.45.2"),
        ("uv add anthropic==0.45.2 rich", "0.45.2"),
        ("anthropic==0.45.2 with httpx==0.27.2 anyio==4.8.0", "0.45.2"),
        (">=0.44,<0.45.2", "0.45.1"),
        ("^0.45", "0.45.2"),
        ("0.45.x", "0.45.2"),
        ("anthropic ~= 0.45.0  # the last", "0.45.2"),
        ('"anthropic[bedrock]==0.45.2",  # pinned', "0.45.2"),
        ("anthropic==0.45.2,", "0.45.2"),
        ("anthropic==0.45.2 \\    --hash=sha256:00 \\    --hash=sha256:01", "0.45.2"),
        ('anthropic = "^0.45"', "0.45.2"),
        ('"anthropic" = "==0.45.2"  # pinned', "0.45.2"),
        ('anthropic = {version = "0.45.2", extras = ["bedrock"]}', "0.45.2"),
        ("anthropic = { extras = ['bedrock'], version = '>=0.44,<0.46' }", "0.45.2"),
        ('anthropic = "*"', NEWEST),
        ("anthropic (0.45.2)", "0.45.2"),
        ('"anthropic (>=0.44,<0.46)",', "0.45.2"),
        ("- anthropic=0.45.2", "0.45.2"),
        ('  - "anthropic[bedrock]==0.45.2"', "0.45.2"),
        ("anthropic=0.45.2=pyhd8ed1ab_0", "0.45.2"),
        ("conda install -c conda-forge 'anthropic=0.45.2'", "0.45.2"),
        ("anthropic 0.45.2", "0.45.2"),
        ("anthropic                 0.45.2  2.14.0  wheel", "0.45.2"),
        ("anthropic: 0.45.2", "0.45.2"),
    ],
)
def test_a_release_is_understood_however_it_is_written(ask: Answers, text: str, version: str) -> None:
    """Check a version, a range, a word, and a line of each file and list that names releases."""
    assert version == ask(text)["version"]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('"@anthropic-ai/sdk": "^0.39.0"', "0.39.0"),
        ('"@anthropic-ai/sdk": ">=0.38.0 <0.40",', "0.39.0"),
        ('"@anthropic-ai/sdk": "~0.39",', "0.39.0"),
        ("'@anthropic-ai/sdk': 0.39.x", "0.39.0"),
        ("npm install @anthropic-ai/sdk@^0.39", "0.39.0"),
        ("├── @anthropic-ai/sdk@0.39.0", "0.39.0"),
        ("+-- @anthropic-ai/sdk@0.39.0", "0.39.0"),
    ],
)
def test_a_release_of_npm_is_understood_however_it_is_written(of_npm: Answers, text: str, version: str) -> None:
    """Check lines of `package.json`, a command, and a list of what is installed."""
    assert version == of_npm(text)["version"]


def test_an_example_of_a_range_is_one_of_each_registry(of_npm: Answers) -> None:
    """Check that the hint is understood: npm writes no comma in a range."""
    (example,) = re.findall("a range such as (.*), or latest", of_npm('"@anthropic-ai/sdk": "foo"')["problem"])
    assert "," not in example
    assert of_npm(f'"@anthropic-ai/sdk": "{example}"')["version"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (">=99", f"No release that this site knows satisfies “>=99”; the newest is {NEWEST}."),
        (">=3,<2", f"No release that this site knows satisfies “>=3,<2”; the newest is {NEWEST}."),
        ("openai = '^1.2'", "This site is about anthropic, and “openai = '^1.2'” is a requirement on openai."),
        ("- openai=1.2.3", "This site is about anthropic, and “- openai=1.2.3” is a requirement on openai."),
        ("openai (1.2.3)", "This site is about anthropic, and “openai (1.2.3)” is a requirement on openai."),
        ("openai==1.2.3", "This site is about anthropic, and “openai==1.2.3” is a requirement on openai."),
        (
            "@anthropic-ai/sdk@0.39.0",
            "This site is about anthropic, and “@anthropic-ai/sdk@0.39.0” is a requirement on @anthropic-ai/sdk.",
        ),
    ],
)
def test_a_requirement_without_a_release_says_why(ask: Answers, text: str, says: str) -> None:
    """Check ranges that nothing satisfies, and requirements on other packages."""
    assert {"problem": says} == ask(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2", "`2` means 2.0.0; write `2.*` for the whole series."),
        ("0", "`0` means `0.*`, which allows 211 releases; the answer is about 0.125.0, the newest."),
        ("0.45.2", ""),
        ("2.12", ""),
    ],
)
def test_a_series_says_what_it_was_understood_as(ask: Answers, text: str, says: str) -> None:
    """Check the beginning of a version, and versions that mean one release."""
    meant = [sentence for sentence in ask(text)["more"] if " means " in sentence]
    assert ([says] if says else []) == meant


@pytest.mark.parametrize(
    "text", ["9.9.9", "nonsense", "==", "<script>", "0.45.2.1.1", "0.45.2 2.14.0", "anthropic = {git = 'x'}"]
)
def test_a_text_that_names_no_release_gets_an_example(ask: Answers, text: str) -> None:
    """Check that the text is repeated."""
    expected = (
        f"This site has no release “{text}”. Write a version such as {NEWEST}, a range such as <{NEWEST}, or latest."
    )
    assert {"problem": expected} == ask(text)


@given(
    clauses=st.lists(
        st.tuples(st.sampled_from([">=", "<", "<=", "!=", "~=", "=="]), st.sampled_from(VERSIONS)),
        min_size=1,
        max_size=3,
    )
)
def test_a_range_is_answered_for_the_newest_release_that_it_allows(
    ask: Answers, clauses: list[tuple[str, str]]
) -> None:
    """Compare with `packaging`."""
    text = ",".join(operator + version for operator, version in clauses)
    allowed = list(SpecifierSet(text).filter(VERSIONS))
    answer = ask(text)
    if allowed:
        assert allowed[-1] == answer["version"]
        if len(allowed) > 1:
            assert any(f"allows {len(allowed)} releases" in sentence for sentence in answer["more"])
    else:
        assert "problem" in answer


# The exception.


@given(version=st.sampled_from(VERSIONS), scenario=st.sampled_from(SCENARIOS))
def test_a_release_is_said_to_do_what_was_observed(ask: Answers, known: Measured, version: str, scenario: str) -> None:
    """Check the class, the code and the mark of any scenario on any release."""
    answer, view = ask(known.written(version), "", scenario), known.view(version)
    call = view.calls.get(Call(view.surface, scenario))
    assert version in answer["says"]
    if call is None:
        assert "m-unknown" == answer["chip"]["style"]
        return
    assert f"m-{call.mark}" == answer["chip"]["style"]
    if (raised := call.observation.exception) is not None:
        assert f"`{raised.short_name}`" in answer["says"]
        assert raised.status_text in answer["says"]
    else:
        assert "raises" not in answer["says"] or "raises nothing" in answer["says"]


# Handlers.


@given(
    version=st.sampled_from(VERSIONS),
    handler=st.sampled_from(sorted(ANTHROPIC.handlers)),
    scenario=st.sampled_from(SCENARIOS),
)
def test_a_handler_is_said_to_do_what_was_judged(
    ask: Answers, known: Measured, version: str, handler: str, scenario: str
) -> None:
    """Check any handler in any scenario on any release."""
    answer, judged = ask(known.written(version), handler, scenario), known.view(version).judgement
    assert judged is not None
    letters = dict(zip(judged.scenarios, judged.handlers[handler], strict=True))
    assert handler == answer["handler"]
    outcome = OUTCOME_LETTERS[letters[scenario]] if scenario in letters else "unknown"
    if Call(known.view(version).surface, scenario) in known.view(version).calls:
        assert f"w-{outcome}" == answer["chip"]["style"]
    if outcome == "crashed":
        assert f"crashes with `{judged.crashes[handler].rpartition('.')[2]}`" in answer["says"]
    if answer.get("fix"):
        assert not answer["fix"].get("catches_all")
        assert "r" == dict(zip(judged.scenarios, judged.handlers[answer["fix"]["id"]], strict=True))[scenario]


@pytest.mark.parametrize("handler", sorted(ANTHROPIC.handlers))
def test_a_handler_is_recognised_by_its_id_and_its_code(ask: Answers, handler: str) -> None:
    """Check its code in one line too, as a field has it."""
    source = ANTHROPIC.handlers[handler].source
    texts = [handler, source, *([" ".join(source.split())] if "#" not in source else [])]
    assert [handler] * len(texts) == [ask("0.45.2", text)["handler"] for text in texts]


@pytest.mark.parametrize("range_", ["", ">=0.40,<1", "<0.50", ">=0.84,<0.87", ">=0.84,<0.95", "!=2.14.0", ">=2.14"])
@pytest.mark.parametrize("handler", ["", "connection", "type-attr", "class-overloaded", "body-type"])
def test_the_pin_of_a_range_is_that_of_advise(ask: Answers, known: Measured, handler: str, range_: str) -> None:
    """Check that the pin is in the range, and that a better one outside it is named behind it."""
    knowledge = known.views.source.knowledge
    assert knowledge.measured is not None
    everywhere, within = (
        recommend(knowledge, SpecifierSet(text), as_of=knowledge.measured, catching=(handler,) if handler else ()).pin
        for text in ("", range_)
    )
    assert everywhere is not None
    assert within is not None
    pin = ask(range_, handler)["pin"]
    assert within.version == pin["version"]
    assert f"anthropic=={within.version}" in pin["text"]
    if "is safer, but your range" in pin["says"]:
        assert f" {everywhere.version} is safer, but your range does not allow it." in pin["says"]
        assert everywhere.version != within.version


# The dependencies of a lock.


LOCKS: Final = ("httpx==0.28.1", "httpx==0.28.0", "httpx==0.27.2", "httpx==0.23.3", "anyio==4.8.0\nhttpcore==1.0.7")


def checked(known: Measured, text: str, path: Path) -> dict[str, str]:
    """Return the rules that `matrix check` reports on a requirements file, with their levels."""
    path.write_text(text)
    knowledge = known.views.source.knowledge
    report = check(knowledge, [read(ANTHROPIC, path, path.name)], "0", ())
    return {finding.rule: finding.level for subject in report.subjects for finding in subject.findings}


@pytest.mark.parametrize("lock", ["", *LOCKS])
def test_no_mark_is_better_than_what_check_says(ask: Answers, known: Measured, lock: str, tmp_path: Path) -> None:
    """Check every release that can't be used with today's dependencies, and its neighbours, with each lock."""
    broken = [version for version in VERSIONS if known.views.by_release[version, Lane.TODAY].unusable]
    assert len(broken) > 50
    neighbours = VERSIONS[len(broken) : len(broken) + 10]
    marks = {"error": "m-unavailable", "warning": "m-unknown"}
    for version in (*broken, *neighbours, "0.45.2", NEWEST):
        rules = checked(known, f"anthropic=={version}\n{lock}\n", tmp_path / "requirements.txt")
        level = rules.get("cannot-be-used") or {"warning": "warning"}.get(rules.get("lock-differs", ""))
        for catch in ("", "except anthropic.APIError", "any-api-error"):
            written = f"anthropic=={version} with {lock.replace(chr(10), ' ')}" if lock else version
            answer = ask(written, catch)
            unusable = answer["chip"]["style"] if answer["chip"]["style"] in marks.values() else None
            assert marks.get(level or "") == unusable, (version, lock, catch, rules, answer)


def test_a_lock_decides(ask: Answers) -> None:
    """Check one release with the HTTP client that it needs, with today's, with another one, and with none."""
    texts = ["0.39.0 with httpx==0.27.2", "0.39.0 with httpx==0.28.1", "0.39.0 with httpx==0.28.0", "0.39.0"]
    answers = [ask(text, "any-api-error") for text in texts]
    assert ["right", "cannot run", "not measured", "cannot run"] == [answer["chip"]["word"] for answer in answers]
    assert "Judged with the dependencies of its upload day, which are nearest to yours." in answers[0]["more"]
    assert answers[2]["says"].startswith("0.39.0 was not measured with `httpx==0.28.0`")
    assert answers[3]["more"][0].startswith("With the dependencies of its upload day (pin `httpx==0.27.2`), it can. ")
    assert ["fix" in answer for answer in answers] == [False, False, False, False]


def test_a_release_that_was_measured_in_one_lane_has_no_mark(tmp_path: Path) -> None:
    """Check a release of OpenAI's SDK that was not measured with today's dependencies."""
    with asking(views_of("openai"), tmp_path) as ask:
        answer = ask("1.40.6", "any-exception")
    assert "m-unknown" == answer["chip"]["style"]
    assert "1.40.6 was not measured with today's dependencies." == answer["says"]
    assert answer["more"][0].startswith("With the dependencies of its upload day, it was. ")


def test_an_answer_about_no_failure_does_not_speak_of_one(tmp_path: Path) -> None:
    """Check a range whose newest release was not measured, and one whose newest was."""
    with asking(views_of("openai"), tmp_path) as ask:
        unmeasured = ask("openai>=1,<2", "except openai.RateLimitError")
        measured = ask("openai>=1,<1.107", "except openai.RateLimitError")
    assert unmeasured["says"] == "1.109.1 was not measured, and its neighbours say nothing about it."
    allowed, count = unmeasured["more"]
    assert "the answer is about 1.109.1, the newest." in allowed
    assert re.fullmatch(r"\d+ of them were not measured\.", count)
    assert measured["says"].startswith("Rate limit, after some text: ")
    assert measured["more"][0] == (
        "No overload is an exception of these classes, so the answer is about a failure that they name."
    )


def test_the_audit_is_named_where_no_command_reads_code(tmp_path: Path) -> None:
    """Check a target whose programs can't be judged from their source."""
    with asking(views_of("vercel-ai"), tmp_path) as ask:
        more = ask("latest", "if e.status_code == 529:")["more"]
    assert "Your code is not judged here: run `matrix --target vercel-ai audit -- COMMAND`." == more[0]


# The failure.


@pytest.mark.parametrize(
    ("catch", "scenario"),
    [
        ("", HEADLINE),
        ("except anthropic.RateLimitError:", "mid-rate_limit_error"),
        ("class-rate-limit", "mid-rate_limit_error"),
        ("except (BadRequestError, RateLimitError): pass", "mid-rate_limit_error"),
        ("except BadRequestError: pass", "mid-invalid_request_error"),
        ("except OverloadedError: pass", HEADLINE),
        ("except InternalServerError:", HEADLINE),
        ("except (RateLimitError, InternalServerError)", HEADLINE),
        ("except anthropic.APIError", HEADLINE),
        ("except MyError", HEADLINE),
        ("status-set", HEADLINE),
    ],
)
def test_the_failure_fits_the_classes(ask: Answers, catch: str, scenario: str) -> None:
    """Check classes that an overload has, and classes that only other failures have; a chosen failure stays."""
    answer = ask(NEWEST, catch)
    assert scenario == answer["scenario"]
    assert (scenario != HEADLINE) == any("No overload is" in sentence for sentence in answer["more"])
    assert "reset" == ask(NEWEST, catch, "reset")["scenario"]


def test_the_failure_is_named(ask: Answers) -> None:
    """Check each failure, and that the comparison of two releases names it once."""
    assert ask("0.45.2")["says"].startswith("Overloaded, after some text: 0.45.2 raises ")
    for scenario in SCENARIOS:
        says = ask(NEWEST, "", scenario)["says"]
        assert re.match(rf".+: {re.escape(NEWEST)} ", says) or "was not played" in says, says
    assert 1 == ask("0.86.0 to 0.87.0")["says"].count("Overloaded, after some text: ")


def test_the_remedy_acts_where_nothing_is_raised(ask: Answers) -> None:
    """Check that the sentence names `guard`: no clause runs."""
    says = ask(NEWEST, "remedy", "eof-mid")["says"]
    assert "raises nothing" in says
    assert "`guard(…) except Exception as error: if explain(error).retryable` decides correctly" in says


# Clauses.


def expected(known: Measured, version: str, scenario: str, clauses: list[list[str]]) -> str:
    """Judge clauses by the rules of the scan: `caught`, `missed`, `crashed`, `silent` or `unknown`."""
    view = known.view(version)
    recorded, seen = known.classes(version)
    observation = view.calls[Call(view.surface, scenario)].observation
    raised = observation.exception if observation.outcome is Outcome.RAISED else None

    def resolve(name: str) -> tuple[str, str]:
        public = Sdk(ANTHROPIC).is_error(f"anthropic.{name}") and "." not in name
        if public or name.startswith("anthropic."):
            full = f"anthropic.{name}" if public else name
            return {True: "crashed", False: "class", None: "unknown"}[recorded.classes.lacks(full)], full
        if "." not in name:
            return ("class" if hasattr(builtins, name) else "unknown"), f"builtins.{name}"
        if name in {"asyncio.TimeoutError", "json.JSONDecodeError"}:
            return "class", name
        root, _, last = name.partition(".")
        return ("class" if (root, last) in seen else "unknown"), name

    if any(resolve(name)[0] == "crashed" for clause in clauses for name in clause if "." not in name):
        return "crashed"
    if raised is None:
        return "silent"
    for clause in clauses:
        resolved = [resolve(name) for name in clause]
        if stop := next((kind for kind, _ in resolved if kind != "class"), ""):
            return stop
        if any(is_a(raised, full, ANTHROPIC.module) for _, full in resolved):
            return "caught"
    return "missed"


SHOWN: Final = {"caught, not judged": "caught", "not caught": "missed", "crashed": "crashed"}


@given(
    version=st.sampled_from(VERSIONS),
    scenario=st.sampled_from(SCENARIOS),
    clauses=st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), min_size=1, max_size=3),
    spaces=st.sampled_from(["", " ", "\n"]),
)
def test_clauses_are_judged_by_the_rules_of_the_scan(
    ask: Answers, known: Measured, version: str, scenario: str, clauses: list[list[str]], spaces: str
) -> None:
    """Check any clauses in any scenario on any release: which exist, and which catches."""
    view = known.view(version)
    if Call(view.surface, scenario) not in view.calls:
        return
    written = [each[0] if len(each) == 1 else f"({spaces}{f',{spaces}'.join(each)}{spaces})" for each in clauses]
    text = " ".join(f"except {names} as e: raise" for names in written)
    answer = ask(known.written(version), text, scenario)
    kind = expected(known, version, scenario, clauses)
    assert kind == SHOWN.get(answer["chip"]["word"], "silent" if "never runs" in answer["says"] else "unknown"), answer
    assert kind == "silent" or answer["chip"]["style"] in {"w-unknown", "w-missed", "w-crashed"}, (
        "a verdict on any body"
    )
    if kind == "unknown":
        assert any("is not judged here: run `matrix scan`" in sentence for sentence in answer["more"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("except anthropic.OverloadedError:", "your `except anthropic.OverloadedError` crashes with `AttributeError`"),
        ("OverloadedError", "your `OverloadedError` crashes with `ImportError`"),
        ("except:", "your `except` catches it."),
        ("except (anthropic.RateLimitError, anthropic.InternalServerError) as e:", "does not catch it"),
        (
            "except anthropic.APIStatusError as e:  # all of them",
            "your `except anthropic.APIStatusError as e: # all of them` catches it.",
        ),
    ],
)
def test_a_pasted_clause_is_judged_by_its_classes(ask: Answers, text: str, says: str) -> None:
    """Check the example of the first issue, and clauses that catch."""
    answer = ask("0.45.2", text)
    assert says in answer["says"]
    assert answer["says"].startswith(f"{OVERLOADED}0.45.2 raises `APIStatusError` with `status_code` 200; ")


GIVES_UP: Final = (
    "except Exception as e: if e.status_code == 529:",
    "except anthropic.APIStatusError: raise except OverloadedError: retry()",
    "except anthropic.APIError: pass",
    "except anthropic.APIError",
    "anthropic.APIError",
    "APIStatusError",
    "except (RateLimitError, anthropic.APIStatusError): return None",
    "except: pass",
    "except BaseException: pass",
    "except Exception:",
    "except Exception as e:\n    log(e)",
    "except ValueError: retry() except Exception: raise",
    'except anthropic.APIError as e: if "overloaded_error" in str(e)',
    "except anthropic.APIStatusError as e: if e.status_code >= 500",
    "except anthropic.APIStatusError as e: if e.status_code >= 500: raise",
    'e.type == "overloaded_error"',
    'if e.type == "overloaded_error":',
    "ERRORS",
    "except ERRORS: pass",
    "import anthropic as sdk",
    "except sdk.APIError: pass",
    "except anthropic.RateLimitError: pass finally: return None",
)
"""Code that may give up, though the exception reaches it, or whose classes nobody knows."""


@pytest.mark.parametrize("version", ["0.45.2", "0.87.0", NEWEST])
def test_code_whose_decision_nobody_knows_gets_no_verdict(ask: Answers, version: str) -> None:
    """Check that no mark has the colour of a verdict, for any failure that raises."""
    for text in GIVES_UP:
        for scenario in ("", "mid-rate_limit_error", "http-overloaded_error", "reset"):
            answer = ask(version, text, scenario)
            missed = "does not catch it" in answer["says"] or "crashes with" in answer["says"]
            assert missed or "w-unknown" == answer["chip"]["style"], (text, answer)
            assert missed or "not judged here: run `matrix scan`" in " ".join(answer["more"]), (text, answer)


def test_a_failure_that_passes_by_is_no_fault_if_no_retry_can_fix_it(ask: Answers) -> None:
    """Check an error that a retry can fix, and one that none can."""
    styles = [
        ask(NEWEST, "except KeyError:", f"mid-{name}")["chip"]["style"] for name in ("api_error", "billing_error")
    ]
    assert ["w-missed", "w-unknown"] == styles


@pytest.mark.parametrize(
    ("text", "handler", "retries"),
    [
        ("except (anthropic.RateLimitError, anthropic.InternalServerError):", "class-5xx-429", False),
        ("except ( RateLimitError,\n  InternalServerError, ) as error", "class-5xx-429", False),
        ("(RateLimitError, InternalServerError)", "class-5xx-429", False),
        ("except (RateLimitError, InternalServerError) as e:\n    return 'retry'", "class-5xx-429", True),
        ("except anthropic.InternalServerError:", "", False),
        ("except (RateLimitError, InternalServerError): return None", "", False),
        ("except APIStatusError", "any-status-error", False),
        ("except APIStatusError: return 'retry'", "any-status-error", True),
    ],
)
def test_classes_in_any_order_are_those_of_a_handler(ask: Answers, text: str, handler: str, retries: bool) -> None:
    """Check that it is named; what it does with what it catches counts only if the text says so."""
    answer = ask(NEWEST, text, "http-rate_limit_error")
    assert handler == answer["handler"]
    expected = ask(NEWEST, handler, "http-rate_limit_error")["chip"] if retries else None
    assert (expected or answer["chip"]) == answer["chip"]
    assert ("w-right" == answer["chip"]["style"]) == retries
    assert any(sentence.startswith("If it retries") for sentence in answer["more"]) == (bool(handler) and not retries)


def test_no_line_of_a_handler_is_less_than_its_code(ask: Answers) -> None:
    """Check that a list offers no line that a visitor could mean as other code."""
    for line in (ask.offered[id_] for id_ in ANTHROPIC.handlers):
        is_code = line.startswith("except ") and not line.endswith(")") and "…" not in line
        assert not is_code or re.search(r': return "retry"( raise)?$', line), line


@pytest.mark.parametrize(
    "text",
    [
        "import anthropic\n\ntry:\n    ask()\nexcept anthropic.APIError:\n    pass",
        "except anthropic.APIError:\n    try:\n        pass\n    except ValueError:\n        pass",
        "except ERRORS:",
        "except (anthropic.APIError, *MORE):",
        "except errors():",
        "except* anthropic.APIError:",
        "if e.status_code == 529:",
        "except 'anthropic.APIError':",
        "except " + "x" * 3_000,
        "</code><script>window.canary = 1</script>",
        "`except`",
    ],
)
def test_more_than_clauses_is_not_judged(ask: Answers, text: str) -> None:
    """Check that the answer about the release stands, and that the command is named."""
    answer = ask("0.45.2", text)
    assert f"{OVERLOADED}0.45.2 raises `APIStatusError` with `status_code` 200." == answer["says"]
    assert any(re.search("not judged here: run `matrix scan`", sentence) for sentence in answer["more"])
    assert ("except ERRORS:" == text) != ("The single `except` line gets an answer." in answer["more"])
    assert "pin" not in answer


# Two releases.


@pytest.mark.parametrize("text", ["0.86.0 to 0.87", "0.86.0 → v0.87.0", "0.86.0..0.87.0", "==0.86.0 and 0.87.0"])
def test_two_releases_are_compared(ask: Answers, text: str) -> None:
    """Check both sentences, and what changes for a handler."""
    answer = ask(text, "type-attr")
    assert ("0.86.0", "0.87.0") == (answer["version"], answer["other"])
    assert "0.86.0 raises" in answer["says"]
    assert "0.87.0 raises" in answer["says"]
    assert "w-right" == answer["chip"]["style"]
    assert any(
        sentence.startswith("From 0.86.0 to 0.87.0, this handler becomes right in") for sentence in answer["more"]
    )
