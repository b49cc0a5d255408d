"""What places in code come to on the releases that are pinned, and `matrix scan`, driven as a user does."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from matrix.advice.handlers import REMEDY_CODE, PinnedRelease, find_pinned, scan
from matrix.findings.model import Exit, Level, Place, Report, State
from matrix.findings.rules import CANNOT_BE_USED, CRASHES, MISSES, NEEDLESS, NOT_JUDGED, SILENT, UNKNOWN
from matrix.manifests import Manifest, ManifestEntry
from matrix.model import Lane
from matrix.scan import ScannedFile
from matrix.scan import scan as read
from matrix.store import queries
from matrix.store.knowledge import Knowledge
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.support.paths import DATA, ROOT

PROGRAM = """
import anthropic

client = anthropic.Anthropic()


def ask():
    try:
        return list(client.messages.create(model="m", max_tokens=1, messages=[], stream=True))
    except {clause}
        return ask()
"""


@pytest.fixture(scope="module")
def known() -> Knowledge:
    """What was measured."""
    return queries.knowledge(Store(DATA, ANTHROPIC), "3.11")


def judged(known: Knowledge, text: str, *releases: str, ignore: tuple[str, ...] = ()) -> Report:
    """A program, judged by these releases with today's dependencies."""
    by = [PinnedRelease(version, Lane.TODAY) for version in releases]
    return scan(known, [read(ANTHROPIC, text, "app.py")], by, {"class-overloaded": "Catch a class."}, "0", ignore)


def rules(report: Report) -> list[list[tuple[str, str]]]:
    """Of each subject the findings: rule and the release that it is about."""
    return [
        [(one.rule, one.message.removeprefix("On ").split(" ")[0].rstrip(",")) for one in subject.findings]
        for subject in report.subjects
    ]


@pytest.mark.parametrize(
    ("clause", "release", "expected"),
    [
        pytest.param("anthropic.OverloadedError:", "0.45.2", [CRASHES, SILENT], id="a class that is missing"),
        pytest.param("anthropic.OverloadedError:", "2.12.0", [SILENT, MISSES], id="a class that is there"),
        pytest.param(
            "(anthropic.OverloadedError, anthropic.APIStatusError):", "0.45.2", CRASHES, id="one of two is missing"
        ),
        pytest.param(
            '(getattr(anthropic, "OverloadedError", ValueError), anthropic.RateLimitError):', "0.45.2", SILENT,
            id="a class with a fallback",
        ),
    ],
)  # fmt: skip
def test_a_place_comes_to(known: Knowledge, clause: str, release: str, expected: list[str] | str) -> None:
    """What its handler was seen to do on that release; where a name is missing, that comes first."""
    ((first, *others),) = rules(judged(known, PROGRAM.format(clause=clause), release))
    assert {release} == {version for _, version in (first, *others)}
    if isinstance(expected, str):
        assert expected == first[0]
    else:
        assert expected == [rule for rule, _ in (first, *others)]


def test_what_to_write_instead_is_told_once(known: Knowledge) -> None:
    """With the first finding, whatever the number of releases."""
    report = judged(known, PROGRAM.format(clause="anthropic.RateLimitError:"), "0.45.2", "2.12.0")
    (subject,) = report.subjects
    assert [REMEDY_CODE] == [one.instead for one in subject.findings if one.instead]
    assert ("0.45.2, 2.12.0", {"0.45.2", "2.12.0"}) == (
        subject.release,
        {one.message.removeprefix("On ").split(" ")[0].rstrip(",") for one in subject.findings},
    )


def test_the_remedy_is_told_nothing_to_write_instead(known: Knowledge) -> None:
    """And none of its limits makes a scan fail."""
    text = (
        "import anthropic\nfrom midstream.remedy import explain, guard\n\nclient = anthropic.Anthropic()\n\n\n"
        "def ask():\n    try:\n        return list(guard(client.messages.create(stream=True)))\n"
        "    except Exception as error:\n        if explain(error).retryable:\n            return ask()\n"
        "        raise\n"
    )
    report = judged(known, text, "2.12.0")
    assert Exit.FINE is report.exit
    assert {Level.NOTE} >= {one.level for subject in report.subjects for one in subject.findings}
    assert {""} >= {one.instead for subject in report.subjects for one in subject.findings}


def test_what_can_not_be_judged_is_said_and_does_not_fail(known: Knowledge) -> None:
    """Neither good nor bad."""
    text = PROGRAM.replace("import anthropic", "import anthropic\nfrom elsewhere import ERRORS", 1)
    report = judged(known, text.format(clause="ERRORS:"), "2.12.0")
    (subject,) = report.subjects
    assert (State.UNJUDGED, Exit.FINE) == (subject.state, report.exit)
    assert [(NOT_JUDGED, Level.NOTE)] == [(one.rule, one.level) for one in subject.findings]
    assert "Cannot judge: ERRORS comes from elsewhere, which was not scanned." == subject.findings[0].message


def test_a_release_that_is_not_known_is_unknown(known: Knowledge) -> None:
    """Not fine."""
    report = judged(known, PROGRAM.format(clause="anthropic.RateLimitError:"), "99.0.0")
    assert [[(UNKNOWN, "Not")]] == rules(report)
    assert Exit.UNKNOWN is report.exit


def test_where_no_stream_is_read_only_plain_answers_count(known: Knowledge) -> None:
    """What goes wrong inside a stream is not its business."""
    text = PROGRAM.replace("list(client", "(client").replace(", stream=True", "")
    (subject,) = judged(known, text.format(clause="anthropic.APIStatusError:"), "2.12.0").subjects
    assert SILENT not in [one.rule for one in subject.findings]


def test_a_rule_that_is_ignored_is_left_out(known: Knowledge) -> None:
    """And what is left decides."""
    text = PROGRAM.format(clause="anthropic.OverloadedError:")
    report = judged(known, text, "0.45.2", ignore=(CRASHES, SILENT))
    assert ([[]], Exit.FINE) == (rules(report), report.exit)


def test_problems_come_with_the_rest(known: Knowledge) -> None:
    """A broken file hides nothing of the others."""
    sources = [
        read(ANTHROPIC, "def", "a.py"),
        read(ANTHROPIC, PROGRAM.format(clause="anthropic.OverloadedError:"), "b.py"),
    ]
    report = scan(known, sources, [PinnedRelease("0.45.2", Lane.TODAY)], {}, "0")
    assert ([Place("a.py", 1)], 1, Exit.BROKEN) == (
        [one.place for one in report.problems],
        len(report.subjects),
        report.exit,
    )


# Which releases code is judged by.


def manifest(*specifiers: str, **more: object) -> Manifest:
    """A file with these requirements, one in each line."""
    entries = tuple(
        ManifestEntry(place=Place("file", line), specifier=specifier) for line, specifier in enumerate(specifiers, 1)
    )
    return Manifest(path="file", kind="requirements", entries=entries, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("specifiers", "expected"),
    [
        pytest.param([], [("2.12.0", "")], id="nothing: the newest"),
        pytest.param(["==0.45.2"], [("0.45.2", "file:1")], id="a pin"),
        pytest.param([">=0.40,<0.46"], [("0.45.2", "file:1")], id="a range: what would be installed"),
        pytest.param([">=1", "==0.45.2"], [("0.45.2", "file:2")], id="a pin before a range"),
        pytest.param(["==0.45.2", "==0.45.2"], [("0.45.2", "file:1")], id="the same twice"),
        pytest.param(["==0.45.2", "==0.46.0"], [("0.45.2", "file:1"), ("0.46.0", "file:2")], id="two pins"),
        pytest.param(["==99.0"], [("99.0", "file:1")], id="one that is not known"),
        pytest.param([">=1,==99.0,<100"], [("99.0", "file:1")], id="one that is not known, beside a range"),
        pytest.param(["==99.*,==99.0"], [("99.0", "file:1")], id="one that is not known, beside a series"),
    ],
)
def test_code_is_judged_by(known: Knowledge, specifiers: list[str], expected: list[tuple[str, str]]) -> None:
    """What the files pin."""
    found = find_pinned(known, [manifest(*specifiers)])
    newest = next(r.version for r in reversed(known.releases) if not r.is_prerelease and r.yanked is None)
    wanted = [(newest if version == "2.12.0" else version, where) for version, where in expected]
    assert wanted == [(one.version, one.where) for one in found]


def test_a_range_is_resolved_for_the_python_of_its_file(known: Knowledge) -> None:
    """A file for 3.8 gets no release that needs more."""
    (newest,) = find_pinned(known, [manifest(">=0.40")])
    (older,) = find_pinned(known, [manifest(">=0.40", python=">=3.8")])
    assert older != newest


# The command.


@pytest.fixture
def matrix(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `matrix` in an empty folder, with the data of this repository."""
    environment = os.environ | {"MIDSTREAM_DATA": str(DATA), "PYTHONPATH": str(ROOT)}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "matrix", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip

    return run


def test_a_scan_judges_by_what_is_pinned_beside_the_code(
    matrix: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """And says by which file; in every format."""
    (tmp_path / "requirements.txt").write_text("anthropic==0.45.2\n")
    (tmp_path / "app.py").write_text(PROGRAM.format(clause="anthropic.OverloadedError:"))
    found = matrix("scan", ".", "--format", "json", "--output", "sarif=out/found.sarif", "--output", "junit=x.xml")
    assert (1, "Judged by 0.45.2: requirements.txt:1.\n") == (found.returncode, found.stderr)
    report = json.loads(found.stdout)
    assert ("scan", ["app.py"]) == (report["command"], [one["place"]["path"] for one in report["subjects"]])
    assert "2.1.0" == json.loads((tmp_path / "out" / "found.sarif").read_text())["version"]
    assert (tmp_path / "x.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("files", "arguments", "code", "said"),
    [
        pytest.param({"a.py": "print(1)\n"}, ["a.py"], 4, "", id="nothing of the SDK"),
        pytest.param({"a.py": "print(1)\n"}, ["a.py", "--allow-nothing"], 0, "", id="nothing, which is allowed"),
        pytest.param({"a.py": "import anthropic\ndef"}, ["a.py"], 2, "problem", id="no Python"),
        pytest.param({}, ["missing.py"], 2, "problem", id="no file"),
        pytest.param({}, ["."], 4, "", id="an empty folder"),
        pytest.param({}, [], 2, "", id="nothing to scan"),
        pytest.param({}, [".", "--release", "1.0.0", "--manifest", "x"], 2, "", id="two ways to say the release"),
        pytest.param({}, [".", "--ignore", "no-such-rule"], 2, "", id="a rule that there is not"),
    ],
)
def test_a_scan_leaves_with(
    matrix: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    files: dict[str, str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    """The documented code, and no traceback."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = matrix("scan", *arguments)
    assert code == found.returncode, found.stderr
    assert said in found.stdout
    assert "Traceback" not in found.stderr


def test_every_source_is_read_as_given(known: Knowledge) -> None:
    """Without a place that catches anything there is no subject."""
    assert Exit.NOTHING is scan(known, [ScannedFile(path="a.py")], [PinnedRelease("2.12.0", Lane.TODAY)], {}, "0").exit


def test_a_release_that_can_not_be_used_today_is_judged_as_on_its_own_day(known: Knowledge) -> None:
    """And that is said: it is not fine because no call is made."""
    (subject,) = judged(known, PROGRAM.format(clause="anthropic.OverloadedError:"), "0.28.1").subjects
    assert State.FINDING is subject.state
    assert (CRASHES, REMEDY_CODE) == (subject.findings[0].rule, subject.findings[0].instead)
    assert CANNOT_BE_USED in [one.rule for one in subject.findings]


def test_what_translates_an_error_tries_nothing_again(known: Knowledge) -> None:
    """So it does not do so in vain."""
    text = PROGRAM.format(clause="anthropic.APIStatusError as error:").replace(
        "return ask()", "raise RuntimeError() from error"
    )
    (subject,) = judged(known, text, "2.12.0").subjects
    assert NEEDLESS not in [one.rule for one in subject.findings]


def test_a_class_that_the_sdk_does_not_have_can_not_be_judged(known: Knowledge) -> None:
    """A name with a letter missing is not passed over."""
    (subject,) = judged(known, PROGRAM.format(clause="anthropic.OverloadError:"), "2.12.0").subjects
    assert (State.UNJUDGED, [NOT_JUDGED]) == (subject.state, [one.rule for one in subject.findings])


@pytest.mark.parametrize(
    ("release", "code", "said"),
    [
        ("banana", 2, "'banana' is no version."),
        ("", 2, "'' is no version."),
        (">=1", 2, "'>=1' is no version."),
        ("v2.12", 4, ""),
        ("99", 4, ""),
    ],
)
def test_the_release_of_a_scan_is_a_version(
    matrix: Callable[..., subprocess.CompletedProcess[str]], release: str, code: int, said: str
) -> None:
    """And nothing else."""
    found = matrix("scan", ".", "--release", release)
    assert (code, True) == (found.returncode, said in found.stderr)


def test_a_manifest_that_can_not_be_read_is_a_problem_of_the_scan(
    matrix: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Not a reason to judge by something else in silence."""
    (tmp_path / "app.py").write_text(PROGRAM.format(clause="anthropic.RateLimitError:"))
    missing = matrix("scan", "app.py", "--manifest", "nowhere.txt")
    assert (2, True) == (missing.returncode, "nowhere.txt" in missing.stdout)
    (tmp_path / "requirements.txt").write_text("httpx\n")
    nothing = matrix("scan", "app.py", "--manifest", "requirements.txt")
    assert (2, True) == (nothing.returncode, "There is no requirement on anthropic" in nothing.stderr)


def test_code_is_judged_by_the_manifest_that_is_nearest_above_it(
    matrix: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    """Each service of a repository by its own; one that has none by that of the whole."""
    (tmp_path / "requirements.txt").write_text("anthropic==0.86.0\n")
    for name in ("own", "none"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(PROGRAM.format(clause="anthropic.RateLimitError:"))
    (tmp_path / "own" / "requirements.txt").write_text("anthropic==0.45.2\n")
    assert "Judged by 0.45.2: own/requirements.txt:1.\n" == matrix("scan", "own").stderr
    assert "Judged by 0.86.0: requirements.txt:1.\n" == matrix("scan", "none").stderr
