"""`matrix audit`: what it prints, in each format, and its exit codes."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from matrix.findings.rules import PROGRAM_RULES, RULES
from tests.miniature.drive import Done, run_command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no subreaper")

FOLDER = Path(__file__).parent.parent / "audit"
FEW = ("--scenario", "mid-overloaded_error", "--scenario", "eof-mid")


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the programs by a relative path, as people do."""
    monkeypatch.chdir(FOLDER)


def audit(name: str, *options: str) -> Done:
    """Audit a small program."""
    return run_command("audit", *options, "--", sys.executable, "-S", "small_program.py", name)


def test_the_report_has_a_table_and_each_fault_once_with_its_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check it at 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    done = audit("naive", *FEW)
    assert 1 == done.code
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert ["✗ mid-overloaded_error  partial-answer-accepted", "✗ eof-mid               partial-answer-accepted"] == (
        sorted(lines[:2], reverse=True)
    )
    assert 1 == done.out.count("✗ error: ")
    assert "request 1: POST /v1/messages" in done.out
    assert "then the answer ended" in done.out
    assert "    shown: Hello" in lines
    assert "  Fix: Check that the message has its stop reason before you use it" in done.out
    assert "2 failures: 2 errors." == lines[-1]
    assert "Playing 2 failures of the Anthropic API to " in done.err


def test_a_program_that_does_everything_right_is_fine() -> None:
    """Check the whole headline; no fault is invented."""
    done = audit("careful", "--deadline", "20")
    assert (0, "16 failures: all fine.") == (done.code, done.out.splitlines()[-1]), done.out


@pytest.mark.parametrize(
    ("name", "scenario", "rules"),
    [
        ("eager", "mid-then-ok", ["text-repeated"]),
        ("eager", "http-authentication_error", ["permanent-retried", "no-backoff"]),
        ("eager", "http-529-retry-after", ["retry-after-ignored"]),
        ("storm", "mid-overloaded_error", ["retry-storm", "no-backoff"]),
        ("crashes", "first-overloaded_error", ["program-crashes", "transient-not-retried"]),
        ("talks", "mid-overloaded_error", ["exit-hides-failure"]),
        ("leaks", "error-held", ["connection-left-open"]),
        ("sleeps", "mid-overloaded_error", ["program-hangs"]),
    ],
)
def test_a_faulty_program_has_its_faults(name: str, scenario: str, rules: list[str]) -> None:
    """Check programs that really run; `test_verdicts` has the cases."""
    done = audit(name, "--scenario", scenario, "--deadline", "8", "--format", "json")
    (subject,) = json.loads(done.out)["subjects"]
    assert sorted(rules) == sorted(finding["rule"] for finding in subject["findings"]), subject["evidence"]


@pytest.mark.parametrize(
    ("name", "scenario", "rules"),
    [
        ("right", "mid-overloaded_error", []),
        ("passes_status_on", "mid-overloaded_error", ["success-status"]),
        ("partial", "mid-overloaded_error", ["partial-answer-accepted"]),
        ("leaks", "stall", ["connection-left-open"]),
    ],
)
def test_a_service_is_judged_by_its_answer(tmp_path: Path, name: str, scenario: str, rules: list[str]) -> None:
    """Each failure has a process and a port of its own."""
    body = tmp_path / "request.json"
    body.write_text('{"question": "Hi"}', encoding="utf-8")
    service = ["--url", "http://127.0.0.1:{port}/chat", "--request", str(body)]
    command = [sys.executable, "small_service.py", name, "{port}"]
    done = run_command("audit", "--scenario", scenario, "--format", "json", *service, "--", *command)
    (subject,) = json.loads(done.out)["subjects"]
    assert rules == [finding["rule"] for finding in subject["findings"]], subject["evidence"]


def test_the_formats_name_the_file_that_the_command_runs() -> None:
    """JUnit has a case for each failure, SARIF and GitHub a place, and JSON every field."""
    done = audit("naive", "--scenario", "eof-mid", "--format", "junit")
    case = ET.fromstring(done.out).find(".//testcase")
    assert case is not None
    assert ("small_program.py", "eof-mid") == (case.get("classname"), case.get("name"))
    failure = case.find("failure")
    assert failure is not None
    assert "request 1: POST /v1/messages" in (failure.text or "")
    assert "::error file=small_program.py" in audit("naive", "--scenario", "eof-mid", "--format", "github").out
    sarif = json.loads(audit("naive", "--scenario", "eof-mid", "--format", "sarif").out)
    (result,) = sarif["runs"][0]["results"]
    assert "partial-answer-accepted" == result["ruleId"]
    markdown = audit("naive", "--scenario", "eof-mid", "--format", "markdown").out
    assert "<summary>What happened</summary>" in markdown


def test_a_rule_can_be_left_out() -> None:
    """The failure is then fine."""
    done = audit("naive", "--scenario", "eof-mid", "--ignore", "partial-answer-accepted")
    assert (0, "1 failure: fine.") == (done.code, done.out.splitlines()[-1])


OWN = """\
schema: midstream/scenarios/1
scenarios:
  - id: busy-gateway
    title: The gateway refuses once.
    dialects: [messages]
    attempts:
      - - {type: Respond, status: 503, body: '{"error": {"type": "busy"}}', headers: [[Retry-After, "1"]]}
      - - {type: Head}
        - {type: Prelude}
        - {type: Rest}
        - {type: Finish}
    ideal: {type: Recovers, error_type: busy, status: 503}
    text: none
    retry: true
  - id: recorded-1
    title: "Recorded: HTTP 200, and then silence."
    dialects: [messages]
    attempts:
      - - {type: Head}
        - {type: Prelude}
        - {type: Close}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Write scenarios with and without an ideal."""
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_scenarios_of_a_file_are_played_too(own: Path) -> None:
    """Those of the profile come as well; without an ideal, only faults that need none are judged."""
    done = audit("careful", "--deadline", "20", "--scenarios", str(own), "--format", "json")
    subjects = {each["text"]: each for each in json.loads(done.out)["subjects"]}
    assert 18 == len(subjects)
    assert (3, "fine", "unknown") == (
        done.code, subjects["busy-gateway"]["state"], subjects["recorded-1"]["state"],
    ), done.out  # fmt: skip
    assert "Add its `ideal`" in subjects["recorded-1"]["findings"][0]["message"]


def test_one_scenario_of_a_file_can_be_named(own: Path) -> None:
    """It is judged as those of the catalogue are."""
    done = audit("naive", "--scenarios", str(own), "--scenario", "busy-gateway", "--format", "json")
    (subject,) = json.loads(done.out)["subjects"]
    assert ["transient-not-retried"] == [finding["rule"] for finding in subject["findings"]], done.out


def test_a_file_without_a_scenario_for_the_program_is_refused(own: Path) -> None:
    """Nothing of it could be played to the requests of the program."""
    own.write_text(
        OWN.replace("[messages]", "[bedrock]").replace("- {type: Close}", "- {type: Hold}"), encoding="utf-8"
    )
    done = audit("naive", "--scenarios", str(own))
    assert 2 == done.code
    assert "dialect of the program's requests: busy-gateway, recorded-1." in done.err.replace("\n", " ")


def test_a_pattern_says_what_success_is() -> None:
    """The program ends with 0 in any case."""
    done = audit("talks", "--scenario", "mid-overloaded_error", "--expect-output", "^Hello world$")
    assert (0, "1 failure: fine.") == (done.code, done.out.splitlines()[-1])


@pytest.mark.parametrize(
    ("name", "code", "said", "hint"),
    [
        ("ignores", 4, "no request reached the server", "{url}"),
        ("elsewhere", 4, "the first was POST /v1/chat/completions.", "--target openai"),
        ("fails", 7, "no such file: prompt.txt", "--expect-output"),
    ],
)
def test_nothing_is_judged_without_a_clean_run(name: str, code: int, said: str, hint: str) -> None:
    """The message says why, and the hint what to do."""
    done = audit(name, "--startup", "20")
    assert (code, "") == (done.code, done.out)
    assert said in done.err
    assert hint in done.err
    assert "secret" not in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--", "no-such-program"), "There is no program 'no-such-program'."),
        (("--scenario", "mid-overloaded", "--", "true"), "Did you mean mid-overloaded_error"),
        (("--scenario", "clean", "--", "true"), "There is no scenario 'clean'."),
        (("--expect-output", "(", "--", "true"), "is not a regular expression"),
        (("--url", "localhost:8000", "--", "true"), "is not the address of a service"),
        (("--request", "small_program.py", "--", "true"), "--request needs --url."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_in_the_command_is_explained(arguments: tuple[str, ...], said: str) -> None:
    """Nothing is run."""
    done = run_command("audit", *arguments)
    assert 2 == done.code
    assert said in done.err.replace("\n", " ")


def test_every_rule_of_the_audit_has_a_reason_and_a_fix() -> None:
    """The first sentence of its help is the reason, and the rest is printed as the fix."""
    for rule in (RULES[id_] for id_ in PROGRAM_RULES):
        reason, _, fix = rule.help.partition(". ")
        assert reason, rule.id
        assert fix.endswith("."), rule.id
