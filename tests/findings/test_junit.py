"""Reports as JUnit XML."""

from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given, settings
from lxml import etree

from matrix.findings.formats.junit import render
from matrix.findings.model import Place, Report, Subject
from tests.findings.examples import BROKEN, EXAMPLES, FINE, PINNED, reports

RELAXED = settings(deadline=None, max_examples=25)
SCHEMA = etree.XMLSchema(etree.parse(str(Path(__file__).parent / "schemas" / "junit-10.xsd")))


def read(report: Report) -> ET.Element:
    """Return the XML of a report, checked by Jenkins' schema and read by two parsers."""
    shown = render(report)
    SCHEMA.assertValid(etree.fromstring(shown.encode()))
    return ET.fromstring(shown)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("fine", ("2", "0", "0")),
        ("pinned", ("1", "1", "0")),
        ("scanned", ("5", "3", "0")),
        ("broken", ("4", "0", "4")),
        ("empty", ("0", "0", "0")),
    ],
)
def test_a_report_counts_its_cases(name: str, expected: tuple[str, str, str]) -> None:
    """A subject is a case and so is a problem; a finding fails it, and an unknown subject is an error."""
    root = read(EXAMPLES[name])
    assert expected == (root.get("tests"), root.get("failures"), root.get("errors"))


def test_a_file_is_a_suite() -> None:
    """Its properties name the data."""
    suites = read(EXAMPLES["scanned"]).findall("testsuite")
    assert [("app/stream.py", "3", "2"), ("jobs/nightly.py", "2", "1")] == [
        (suite.get("file"), suite.get("tests"), suite.get("failures")) for suite in suites
    ]
    properties = {each.get("name"): each.get("value") for each in suites[0].iter("property")}
    assert {"version": "0.1.0", "measured": "2026-11-23", "suite": "3f1c9a5be20d"} == properties


def test_a_case_has_one_failure_with_all_findings() -> None:
    """The worst finding comes first; notes are output."""
    case = read(PINNED).find("testsuite/testcase")
    assert case is not None
    assert {"classname": "uv.lock", "name": "anthropic==0.45.0"} == case.attrib
    failure = case.find("failure")
    assert failure is not None
    assert "missing-class" == failure.get("type")
    text = failure.text or ""
    assert ["uv.lock:12: error: ", "uv.lock:12: warning"] == [
        line[:19] for line in text.splitlines() if line.startswith("uv.lock")
    ]
    assert "Instead:\n  from midstream.remedy import explain\n\n  except" in text
    assert [
        "allows one release: 0.45.0",
        "uv.lock:12: note: A stream that is cut short ends without any exception in this release. [silent-end]",
    ] == (case.findtext("system-out") or "").splitlines()


def test_a_problem_is_an_error() -> None:
    """It is a case in the suite of its file."""
    errors = {case.get("name"): case.find("error") for case in read(BROKEN).iter("testcase")}
    assert ["anthropic==2.13.0", "anthropic @ ./vendor/anthropic", "can be read", "can be read"] == [
        case.get("name") for case in read(BROKEN).iter("testcase")
    ]
    assert None not in errors.values()


def test_a_case_keeps_its_name_when_its_line_moves() -> None:
    """A dashboard recognises it by file and name; the second case of a name has a number."""
    twice = tuple(Subject(place=Place("a.py", line), text="except anthropic.APIError") for line in (3, 9))
    names = [case.get("name") for case in read(msgspec.structs.replace(FINE, subjects=twice)).iter("testcase")]
    assert ["except anthropic.APIError", "except anthropic.APIError (2)"] == names


@given(reports)
@RELAXED
def test_any_report_is_valid_xml(report: Report) -> None:
    """Each subject and each problem has a case."""
    cases = [(case.get("classname"), case.get("name")) for case in read(report).iter("testcase")]
    assert len(report.subjects) + len(report.problems) == len(cases)
