"""Judgements of places on pinned releases, and `matrix scan` as a user runs it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from matrix.advice.hints import REMEDY_CODE, REMEDY_CODE_WITHOUT_STREAM
from matrix.advice.pins import PinnedRelease, find_pinned
from matrix.advice.places import scan
from matrix.cli.scanned_code import judge_files
from matrix.findings.model import Exit, Level, Place, Report, State
from matrix.findings.rules import (
    CANNOT_BE_USED,
    CRASHES,
    MISSES,
    NEEDLESS,
    NOT_JUDGED,
    PASSES_STATUS,
    RUNS_OUT,
    SILENT,
    UNCHECKED,
    UNKNOWN,
)
from matrix.manifests import Manifest, ManifestEntry
from matrix.model import Lane
from matrix.scan import ScannedFile
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.paths import DATA, ROOT

PROGRAM: Final = """
import anthropic

client = anthropic.Anthropic()


def ask():
    try:
        return list(client.messages.create(model="m", max_tokens=1, messages=[], stream=True))
    except {clause}
        return ask()
"""

Judge = Callable[..., Report]
"""Judges the text of a program by releases."""


@pytest.fixture(scope="module")
def store() -> Store:
    """Open the committed data."""
    return Store(DATA, ANTHROPIC)


@pytest.fixture(scope="module")
def known(store: Store) -> Knowledge:
    """Read the committed data."""
    return queries.knowledge(store, "3.11")


@pytest.fixture
def judge(store: Store, known: Knowledge, tmp_path: Path) -> Judge:
    """Return a function that judges a program by releases with today's dependencies."""

    def run(text: str, *releases: str, ignore: tuple[str, ...] = (), packages: tuple[str, ...] = ()) -> Report:
        (tmp_path / "app.py").write_text(text, encoding="utf-8")
        pins = tuple(PinnedRelease(version, Lane.TODAY, packages=packages) for version in releases)
        return judge_files(store, known, {"app.py": tmp_path / "app.py"}, lambda _: pins, ignore).report

    return run


def rules(report: Report) -> list[list[tuple[str, str]]]:
    """List the findings of each subject: the rule, and the release that it names."""
    return [
        [(finding.rule, finding.message.removeprefix("On ").split(" ")[0].rstrip(",")) for finding in subject.findings]
        for subject in report.subjects
    ]


def messages(report: Report, rule: str) -> list[str]:
    """List the messages of the findings of one rule."""
    return [finding.message for subject in report.subjects for finding in subject.findings if finding.rule == rule]


@pytest.mark.parametrize(
    ("clause", "release", "expected"),
    [
        pytest.param("anthropic.OverloadedError:", "0.45.2", [CRASHES, SILENT], id="a class that does not exist"),
        pytest.param("anthropic.OverloadedError:", "2.12.0", [SILENT, MISSES, NEEDLESS], id="a class that exists"),
        pytest.param(
            "(anthropic.OverloadedError, anthropic.APIStatusError):", "0.45.2", CRASHES, id="one of two does not exist"
        ),
        pytest.param(
            '(getattr(anthropic, "OverloadedError", ValueError), anthropic.RateLimitError):', "0.45.2", SILENT,
            id="a class with a fallback",
        ),
        pytest.param("anthropic.APIError:", "2.12.0", [SILENT, MISSES, NEEDLESS], id="everything of the SDK"),
    ],
)  # fmt: skip
def test_a_place_has_findings_of_its_own_code(
    judge: Judge, clause: str, release: str, expected: list[str] | str
) -> None:
    """Check that a class that does not exist comes first."""
    ((first, *others),) = rules(judge(PROGRAM.format(clause=clause), release))
    assert {release} == {version for _, version in (first, *others)}
    if isinstance(expected, str):
        assert expected == first[0]
    else:
        assert expected == [rule for rule, _ in (first, *others)]


def test_code_that_decides_alike_has_the_same_counts(judge: Judge) -> None:
    """Check two ways to write one decision."""
    by_class = judge(PROGRAM.format(clause="(anthropic.RateLimitError, anthropic.InternalServerError):"), "2.12.0")
    text = PROGRAM.format(clause="anthropic.APIStatusError as e:").replace(
        "        return ask()",
        "        if e.status_code == 429 or e.status_code >= 500:\n            return ask()\n        raise",
    )
    by_status = judge(text, "2.12.0")
    assert messages(by_class, SILENT) == messages(by_status, SILENT)
    assert messages(by_class, MISSES) == messages(by_status, MISSES) != []


def test_the_hint_is_given_once(judge: Judge) -> None:
    """Check that it stands at one finding, for any number of releases."""
    report = judge(PROGRAM.format(clause="anthropic.RateLimitError:"), "0.45.2", "2.12.0")
    (subject,) = report.subjects
    assert [REMEDY_CODE] == [finding.instead for finding in subject.findings if finding.instead]
    assert ("0.45.2, 2.12.0", {"0.45.2", "2.12.0"}) == (
        subject.release,
        {finding.message.removeprefix("On ").split(" ")[0].rstrip(",") for finding in subject.findings},
    )


def test_the_remedy_has_no_hint(judge: Judge) -> None:
    """Check that none of its limits makes a scan fail."""
    text = (
        "import anthropic\nfrom midstream.remedy import explain, guard\n\nclient = anthropic.Anthropic()\n\n\n"
        "def ask():\n    try:\n        return list(guard(client.messages.create(stream=True)))\n"
        "    except Exception as error:\n        if explain(error).retryable:\n            return ask()\n"
        "        raise\n"
    )
    report = judge(text, "2.12.0")
    assert Exit.FINE is report.exit
    assert {Level.NOTE} >= {finding.level for subject in report.subjects for finding in subject.findings}
    assert {""} >= {finding.instead for subject in report.subjects for finding in subject.findings}


def test_a_place_that_can_not_be_judged_is_a_note(judge: Judge) -> None:
    """Check that it is neither fine nor a failure, and that it says why."""
    text = PROGRAM.replace("import anthropic", "import anthropic\nfrom elsewhere import ERRORS", 1)
    report = judge(text.format(clause="ERRORS:"), "2.12.0")
    (subject,) = report.subjects
    (note,) = [finding for finding in subject.findings if finding.rule == NOT_JUDGED]
    assert Level.NOTE is note.level
    assert note.message.endswith("ERRORS comes from elsewhere, which was not scanned.")


def test_code_on_an_unknown_release_is_unknown(judge: Judge) -> None:
    """Check that it is not fine."""
    report = judge(PROGRAM.format(clause="anthropic.RateLimitError:"), "99.0.0")
    assert [[(UNKNOWN, "Not")]] == rules(report)
    assert Exit.UNKNOWN is report.exit


def test_code_without_streams_is_judged_by_plain_responses(judge: Judge) -> None:
    """Check that faults inside a stream do not count, and that the hint does not guard a stream."""
    text = PROGRAM.replace("list(client", "(client").replace(", stream=True", "")
    (subject,) = judge(text.format(clause="anthropic.APIStatusError:"), "2.12.0").subjects
    assert [NEEDLESS] == [finding.rule for finding in subject.findings]
    assert REMEDY_CODE_WITHOUT_STREAM == subject.findings[0].instead
    assert "stream" not in subject.about


def test_a_place_says_what_it_counts(judge: Judge) -> None:
    """Count the failures that raise, and all scenarios: what crashes and what looks like success exclude each other."""
    (subject,) = judge(PROGRAM.format(clause="anthropic.OverloadedError:"), "0.45.2").subjects
    crash, silent = subject.findings[:2]
    raising = re.search(r"crashes in (\d+) of (\d+) failures that raise an error here", subject.about)
    crashed = re.search(r"crashes with AttributeError in (\d+) of (\d+) scenarios ", crash.message)
    quiet = re.search(r"treats (\d+) kinds of failure that raise no error here as success ", silent.message)
    assert raising
    assert crashed
    assert quiet
    assert raising[1] == raising[2] == crashed[1]
    assert int(crashed[1]) + int(quiet[1]) <= int(crashed[2])


def test_an_ignored_rule_is_left_out(judge: Judge) -> None:
    """Check that the other findings decide."""
    text = PROGRAM.format(clause="anthropic.OverloadedError:")
    report = judge(text, "0.45.2", ignore=(CRASHES, SILENT))
    assert ([[]], Exit.FINE) == (rules(report), report.exit)


def test_problems_are_reported_with_findings(store: Store, known: Knowledge, tmp_path: Path) -> None:
    """Check that a broken file hides nothing of the others."""
    files = {"a.py": "import anthropic\ndef", "b.py": PROGRAM.format(clause="anthropic.OverloadedError:")}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    pins = (PinnedRelease("0.45.2", Lane.TODAY),)
    report = judge_files(store, known, {name: tmp_path / name for name in files}, lambda _: pins).report
    assert ([Place("a.py", 2)], 1, Exit.BROKEN) == (
        [problem.place for problem in report.problems],
        len(report.subjects),
        report.exit,
    )


RETRIES: Final = """
import anthropic
client = anthropic.Anthropic()
def ask():
    for _ in range(3):
        try:
            return list(client.messages.create(stream=True))
        except (anthropic.RateLimitError, anthropic.InternalServerError):
            continue
{after}
"""


@pytest.mark.parametrize(("after", "expected"), [("", True), ("    raise TimeoutError", False)])
def test_a_loop_that_runs_out_is_a_warning(judge: Judge, after: str, expected: bool) -> None:
    """Check that it is one only if None is returned after the last attempt."""
    (subject,) = judge(RETRIES.format(after=after), "2.12.0").subjects
    levels = [finding.level for finding in subject.findings if finding.rule == RUNS_OUT]
    assert [Level.WARNING] * expected == levels


def test_a_status_that_is_passed_on_is_an_error(judge: Judge) -> None:
    """Check that it counts the failures for which its own client is told 200."""
    text = PROGRAM.format(clause="anthropic.APIStatusError as e:").replace(
        "        return ask()", "        raise HTTPException(status_code=e.status_code)"
    )
    report = judge("from fastapi import HTTPException" + text, "2.12.0", packages=("fastapi",))
    (message,) = messages(report, PASSES_STATUS)
    assert message.startswith("On 2.12.0, it answers its own client with status 200 for ")


def test_a_stream_that_nothing_checks_is_a_warning(judge: Judge) -> None:
    """Check that clients that retry are named only then."""
    client = "import anthropic\nclient = anthropic.Anthropic(max_retries=5)\n"
    text = f"{client}def ask():\n    return list(client.messages.create(stream=True))\n"
    report = judge(text, "2.12.0")
    assert [[MISSES], [UNCHECKED]] == [[finding.rule for finding in subject.findings] for subject in report.subjects]
    assert "nothing here notices a stream that was cut" in messages(report, UNCHECKED)[0]
    assert Exit.NOTHING is judge(f"{client}client.messages.create()\n", "2.12.0").exit


@pytest.mark.parametrize("name", ["AnthropicAWS", "AnthropicGoogleCloud"])  # which are younger than the release
def test_a_client_that_was_not_measured_is_unknown(judge: Judge, name: str) -> None:
    """Check that nothing of the first-party client is said of it."""
    report = judge(PROGRAM.format(clause="anthropic.APIStatusError:").replace("Anthropic()", f"{name}()"), "0.87.0")
    assert [[(UNKNOWN, "Errors")]] == rules(report)
    assert [f"Errors of `{name}` are not measured, so the scan can't say what this code does."] == messages(
        report, UNKNOWN
    )


def test_a_framework_that_is_a_target_of_its_own_is_named_with_the_command_that_judges_it(judge: Judge) -> None:
    """Call LiteLLM, LangChain, and a client that no target has."""
    clause = "\nexcept Exception:\n    answer = None\n"
    calls = {
        "litellm": f"import litellm\ntry:\n    answer = litellm.completion('m'){clause}",
        "langchain-anthropic": "from langchain_anthropic import ChatAnthropic\nllm = ChatAnthropic(model='m')\n"
        f"try:\n    answer = llm.invoke('Hi'){clause}",
        "instructor": "import anthropic, instructor\nllm = instructor.from_anthropic(anthropic.Anthropic())\n"
        f"try:\n    answer = llm.messages.create(response_model=A){clause}",
    }
    calls |= {"langchain-anthropic": calls["langchain-anthropic"].replace("llm.", "llm.bind_tools([]).")}
    for target, text in calls.items():
        (finding,) = judge(text, "2.12.0").subjects[0].findings
        assert f"`matrix --target {target} scan` judges these calls." == finding.instead
    report = judge(
        PROGRAM.format(clause="anthropic.APIStatusError:").replace("Anthropic()", "AnthropicAWS()"), "0.87.0"
    )
    assert [""] == [finding.instead for finding in report.subjects[0].findings]


@pytest.mark.parametrize(
    ("packages", "crashes"),
    [
        pytest.param((), False, id="no lock"),
        pytest.param(("httpx",), False, id="the project brings it"),
        pytest.param(("anthropic", "httpx2"), True, id="a lock without it"),
        pytest.param(("anthropic", "httpx2", "httpx"), False, id="a lock with it"),
    ],
)
def test_a_missing_package_crashes_only_where_nothing_brings_it(
    judge: Judge, packages: tuple[str, ...], crashes: bool
) -> None:
    """Check code that imports httpx on a release that uses httpx2."""
    text = "import httpx\n" + PROGRAM.format(clause="(anthropic.APIConnectionError, httpx.TransportError):")
    assert crashes is bool(messages(judge(text, "2.12.0", packages=packages), CRASHES))
    clean = PROGRAM.format(clause="anthropic.APIConnectionError:")
    assert [] == messages(judge(clean, "2.12.0", packages=packages), CRASHES)


# Releases by which code is judged.


def manifest(*specifiers: str, **more: object) -> Manifest:
    """Make a file with these requirements, one in each line."""
    entries = tuple(
        ManifestEntry(place=Place("file", line), specifier=specifier) for line, specifier in enumerate(specifiers, 1)
    )
    return Manifest(path="file", kind="requirements", entries=entries, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("specifiers", "expected"),
    [
        pytest.param([], [("2.12.0", "")], id="no pin, so the newest"),
        pytest.param(["==0.45.2"], [("0.45.2", "file:1")], id="a pin"),
        pytest.param([">=0.40,<0.46"], [("0.45.2", "file:1")], id="the newest of a range"),
        pytest.param([">=1", "==0.45.2"], [("0.45.2", "file:2")], id="a pin before a range"),
        pytest.param(["==0.45.2", "==0.45.2"], [("0.45.2", "file:1")], id="the same pin twice"),
        pytest.param(["==0.45.2", "==0.46.0"], [("0.45.2", "file:1"), ("0.46.0", "file:2")], id="two pins"),
        pytest.param(["==99.0"], [("99.0", "file:1")], id="an unknown pin"),
        pytest.param([">=1,==99.0,<100"], [("99.0", "file:1")], id="an unknown pin beside a range"),
        pytest.param(["==99.*,==99.0"], [("99.0", "file:1")], id="an unknown pin beside a series"),
    ],
)
def test_code_is_judged_by_pinned_releases(
    known: Knowledge, specifiers: list[str], expected: list[tuple[str, str]]
) -> None:
    """Check which line is named."""
    pinned = find_pinned(known, [manifest(*specifiers)])
    newest = next(r.version for r in reversed(known.releases) if not r.is_prerelease and r.yanked is None)
    pins = [(newest if version == "2.12.0" else version, where) for version, where in expected]
    assert pins == [(release.version, release.where) for release in pinned]


def test_a_range_is_resolved_for_the_python_of_its_file(known: Knowledge) -> None:
    """Check that a file for 3.8 gets no release that needs more."""
    (newest,) = find_pinned(known, [manifest(">=0.40")])
    (older,) = find_pinned(known, [manifest(">=0.40", python=">=3.8")])
    assert older != newest


# The command.


@pytest.fixture
def matrix(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs `matrix` in an empty folder, on the committed data."""
    environment = os.environ | {"MIDSTREAM_DATA": str(DATA), "PYTHONPATH": str(ROOT)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "matrix", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip

    return run


def test_a_scan_is_judged_by_the_requirements_beside_the_code(
    matrix: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Check that each format names the file."""
    (tmp_path / "requirements.txt").write_text("anthropic==0.45.2\n")
    (tmp_path / "app.py").write_text(PROGRAM.format(clause="anthropic.OverloadedError:"))
    done = matrix("scan", ".", "--format", "json", "--output", "sarif=out/found.sarif", "--output", "junit=x.xml")
    assert (1, "Judged by 0.45.2: requirements.txt:1.\n") == (done.returncode, done.stderr)
    report = json.loads(done.stdout)
    assert ("scan", ["app.py"]) == (report["command"], [subject["place"]["path"] for subject in report["subjects"]])
    assert "2.1.0" == json.loads((tmp_path / "out" / "found.sarif").read_text())["version"]
    assert (tmp_path / "x.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("files", "arguments", "code", "message"),
    [
        pytest.param({"a.py": "print(1)\n"}, ["a.py"], 4, "", id="no code that uses the SDK"),
        pytest.param({"a.py": "print(1)\n"}, ["a.py", "--allow-nothing"], 0, "", id="no such code, allowed"),
        pytest.param({"a.py": "import anthropic\ndef"}, ["a.py"], 2, "problem", id="no valid Python"),
        pytest.param({}, ["missing.py"], 2, "problem", id="a missing file"),
        pytest.param({}, ["."], 4, "", id="an empty folder"),
        pytest.param({}, [], 2, "", id="no path"),
        pytest.param({}, [".", "--release", "1.0.0", "--manifest", "x"], 2, "", id="two options for the release"),
        pytest.param({}, [".", "--ignore", "no-such-rule"], 2, "", id="an unknown rule"),
    ],
)
def test_a_scan_has_the_documented_exit_code(
    matrix: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    files: dict[str, str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    """Check that there is no traceback."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    done = matrix("scan", *arguments)
    assert code == done.returncode, done.stderr
    assert message in done.stdout
    assert "Traceback" not in done.stderr


def test_a_source_without_a_place_has_no_subject(known: Knowledge) -> None:
    """Check that each source is read as it is given."""
    assert Exit.NOTHING is scan(known, [[ScannedFile(path="a.py")]], [], "0").exit


def test_a_release_that_can_not_be_used_today_is_judged_as_released(judge: Judge) -> None:
    """Check that the finding says so."""
    (subject,) = judge(PROGRAM.format(clause="anthropic.OverloadedError:"), "0.28.1").subjects
    assert State.FINDING is subject.state
    assert (CRASHES, REMEDY_CODE) == (subject.findings[0].rule, subject.findings[0].instead)
    assert CANNOT_BE_USED in [finding.rule for finding in subject.findings]


def test_code_that_translates_an_error_does_not_retry(judge: Judge) -> None:
    """Check that it is not called a needless retry."""
    text = PROGRAM.format(clause="anthropic.APIStatusError as error:").replace(
        "return ask()", "raise RuntimeError() from error"
    )
    (subject,) = judge(text, "2.12.0").subjects
    assert NEEDLESS not in [finding.rule for finding in subject.findings]


def test_a_class_that_the_sdk_does_not_have_can_not_be_judged(judge: Judge) -> None:
    """Check a name with a letter missing."""
    (subject,) = judge(PROGRAM.format(clause="anthropic.OverloadError:"), "2.12.0").subjects
    assert NOT_JUDGED in [finding.rule for finding in subject.findings]
    assert MISSES not in [finding.rule for finding in subject.findings]


@pytest.mark.parametrize(
    ("release", "code", "message"),
    [
        ("banana", 2, "'banana' is not a version."),
        ("", 2, "The release is missing."),
        (">=1", 2, "'>=1' selects "),
        ("v2.12", 4, ""),
        ("latest", 4, ""),
        ("99", 4, ""),
    ],
)
def test_a_scan_takes_one_release(
    matrix: Callable[..., subprocess.CompletedProcess[str]], release: str, code: int, message: str
) -> None:
    """Check that other text, and a range, is refused."""
    done = matrix("scan", ".", "--release", release)
    assert (code, True) == (done.returncode, message in done.stderr)


def test_a_manifest_that_can_not_be_read_is_a_problem_of_the_scan(
    matrix: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Check that the code is not judged by another release."""
    (tmp_path / "app.py").write_text(PROGRAM.format(clause="anthropic.RateLimitError:"))
    missing = matrix("scan", "app.py", "--manifest", "nowhere.txt")
    assert (2, True) == (missing.returncode, "nowhere.txt" in missing.stdout)
    (tmp_path / "requirements.txt").write_text("httpx\n")
    nothing = matrix("scan", "app.py", "--manifest", "requirements.txt")
    assert (2, True) == (nothing.returncode, "No requirement on anthropic was found" in nothing.stderr)


def test_code_is_judged_by_the_nearest_manifest_above_it(
    matrix: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Check that a service without one is judged by the repository's."""
    (tmp_path / "requirements.txt").write_text("anthropic==0.86.0\n")
    for name in ("own", "none"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(PROGRAM.format(clause="anthropic.RateLimitError:"))
    (tmp_path / "own" / "requirements.txt").write_text("anthropic==0.45.2\n")
    assert "Judged by 0.45.2: own/requirements.txt:1.\n" == matrix("scan", "own").stderr
    assert "Judged by 0.86.0: requirements.txt:1.\n" == matrix("scan", "none").stderr


def test_two_services_are_judged_apart(matrix: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path) -> None:
    """Check that one report has both, in the order of the files, and that standard error names the release of each."""
    for name, version in (("a", "0.45.2"), ("b", "2.12.0")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(PROGRAM.format(clause="anthropic.OverloadedError:"))
        (tmp_path / name / "requirements.txt").write_text(f"anthropic=={version}\n")
    done = matrix("scan", ".", "--format", "json")
    assert [
        "Judged by 0.45.2: a/requirements.txt:1, for a/app.py.",
        "Judged by 2.12.0: b/requirements.txt:1, for b/app.py.",
    ] == done.stderr.splitlines()
    subjects = json.loads(done.stdout)["subjects"]
    assert [("a/app.py", "0.45.2"), ("b/app.py", "2.12.0")] == [
        (subject["place"]["path"], subject["release"]) for subject in subjects
    ]
