"""Reports as SARIF 2.1.0."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings

from matrix.findings.formats.sarif import FINGERPRINT, artifact, render, unlinked
from matrix.findings.model import Place, Report, State, Subject
from tests.findings.examples import BROKEN, EXAMPLES, FINE, PINNED, SCANNED, reports

RELAXED = settings(deadline=None, max_examples=15)
SCHEMA = json.loads((Path(__file__).parent / "schemas" / "sarif-2.1.0.json").read_bytes())
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)
LONGEST_DESCRIPTION = 1_024
"""Characters of a rule's descriptions, by GitHub's page on SARIF."""


def run(report: Report) -> dict[str, Any]:
    """Return the one run of a log, checked by the standard's schema and by GitHub's rules."""
    shown = render(report)
    assert shown.isascii()
    assert shown.replace("\n", "").isprintable()
    log = json.loads(shown)
    VALIDATOR.validate(log)
    (result,) = log["runs"]
    _github(result)
    assert isinstance(result, dict)
    return result


def _github(run: dict[str, Any]) -> None:
    """Check the rules of GitHub's code scanning that the standard does not have."""
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        for field in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[field]["text"]) <= LONGEST_DESCRIPTION
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"].strip()
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:[\w.~/-]|%[0-9A-F]{2})+|file:///(?:[\w.~/-]|%[0-9A-F]{2})*", uri), uri
        assert location["physicalLocation"].get("region", {"startLine": 1})["startLine"] >= 1
        assert {FINGERPRINT} == set(result["partialFingerprints"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fine", ["note silent-end uv.lock"]),
        ("pinned", ["error missing-class uv.lock", "warning overload-missed uv.lock", "note silent-end uv.lock"]),
        (
            "scanned",
            [
                "error missing-class app/stream.py",
                "warning overload-missed app/stream.py",
                "warning no-error-type jobs/nightly.py",
            ],
        ),
        (
            "broken",
            ["warning unknown-release requirements/base.txt", "warning unknown-release requirements/dev.txt"],
        ),
        ("empty", []),
    ],
)
def test_a_report_has_a_result_for_each_finding(name: str, expected: list[str]) -> None:
    """An unknown subject has a result too; a fine subject without notes has none."""
    assert expected == [
        f"{result['level']} {result['ruleId']} {result['locations'][0]['physicalLocation']['artifactLocation']['uri']}"
        for result in run(EXAMPLES[name])["results"]
    ]


def test_a_rule_is_described() -> None:
    """Readers of an alert see the rule; its level is the worst of its findings."""
    (rule, *_) = run(PINNED)["tool"]["driver"]["rules"]
    help_text = "This release has no such attribute, so the `except` clause raises AttributeError and loses the error."
    assert {
        "id": "missing-class",
        "shortDescription": {"text": "The handler itself crashes"},
        "fullDescription": {"text": help_text},
        "help": {
            "text": help_text,
            "markdown": f"The handler itself crashes. {help_text.replace('`except`', '<code>except</code>')}",
        },
        "defaultConfiguration": {"level": "error"},
    } == rule


def test_a_problem_is_a_notification() -> None:
    """The run was no success; a whole file has no region."""
    (invocation,) = run(BROKEN)["invocations"]
    assert invocation["executionSuccessful"] is False
    first, second = invocation["toolExecutionNotifications"]
    assert "This is no TOML: a key is given twice. Is there a conflict of a merge in it?" == first["message"]["text"]
    assert {
        "artifactLocation": {"uri": "poetry.lock", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 104, "startColumn": 1},
    } == first["locations"][0]["physicalLocation"]
    assert "region" not in second["locations"][0]["physicalLocation"]
    assert run(FINE)["invocations"][0]["executionSuccessful"] is True


def test_a_check_and_a_scan_do_not_replace_each_other() -> None:
    """A code scanner keeps the newest analysis of each name."""
    assert "midstream/check/" == run(FINE)["automationDetails"]["id"]
    assert "midstream/scan/" == run(SCANNED)["automationDetails"]["id"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("app/a.py", "app/a.py"),
        ("./app/a.py", "app/a.py"),
        ("../other/a.py", "../other/a.py"),
        ("a b/ü#1?.py", "a%20b/%C3%BC%231%3F.py"),
        ("100%.py", "100%25.py"),
        ("c:\\a.py", "c%3A%5Ca.py"),
        ("\udcff.py", "%FF.py"),
        ("\ud800.py", "%EF%BF%BD.py"),
        (".", "."),
        ("./", "."),
    ],
)
def test_a_path_is_a_relative_address(path: str, expected: str) -> None:
    """It is percent-encoded byte by byte."""
    assert {"uri": expected, "uriBaseId": "%SRCROOT%"} == artifact(path)


def test_an_absolute_path_is_an_absolute_address() -> None:
    """It has no base."""
    assert {"uri": "file:///home/me/a%20b.py"} == artifact("/home/me/a b.py")


def fingerprints(report: Report) -> list[str]:
    """Return the fingerprints by which a code scanner recognises results."""
    return [result["partialFingerprints"][FINGERPRINT] for result in run(report)["results"]]


def test_a_result_stays_the_same_when_its_line_moves() -> None:
    """Each result has its own fingerprint."""
    moved = tuple(
        msgspec.structs.replace(subject, place=msgspec.structs.replace(subject.place, line=subject.place.line + 9))
        for subject in SCANNED.subjects
    )
    assert fingerprints(SCANNED) == fingerprints(msgspec.structs.replace(SCANNED, subjects=moved))
    assert len(set(fingerprints(SCANNED))) == len(fingerprints(SCANNED))


def test_the_same_catch_twice_in_a_file_is_two_results() -> None:
    """The second has its number in the fingerprint."""
    twice = tuple(Subject(place=Place("a.py", line), text="except E", state=State.UNKNOWN) for line in (3, 9))
    assert 2 == len(set(fingerprints(msgspec.structs.replace(FINE, subjects=twice))))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("[a](https://evil.example)", "[a] (https://evil.example)"), ("x[0] (y) [z]", "x[0] (y) [z]")],
)
def test_a_message_has_no_link(text: str, expected: str) -> None:
    """SARIF has links even in plain text."""
    assert expected == unlinked(text)


@given(reports)
@RELAXED
def test_any_report_is_valid_sarif(report: Report) -> None:
    """It meets the schema of the standard and GitHub's rules."""
    results = run(report)["results"]
    assert None is re.search(r"\]\(", " ".join(result["message"]["text"] for result in results))
