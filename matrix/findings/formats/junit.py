"""Render a report as JUnit XML in the dialect of Jenkins (`junit-10.xsd`), for test dashboards. Pure.

A file is a suite, and a subject in it is a case. The case is named for the subject's text, not for its line, so that
its history continues when lines move. A finding fails its case. *Unknown is an error*, not a failure, since the case
could not be judged; a problem is an error too. A note is output of its case. The dialect has no attribute for a line,
so each text begins with it.
"""

import re
from collections import Counter, defaultdict
from typing import Final
from xml.etree import ElementTree as ET

from matrix.findings.formats.tally import advice_lines, label, reported_findings
from matrix.findings.model import Finding, Level, Report, State, Subject
from matrix.system.text import one_line, visible

_FORBIDDEN: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0, section 2.2, does not allow."""


def render(report: Report) -> str:
    """Render a report as XML."""
    root = ET.Element("testsuites", name=f"midstream {_text(report.command)}")
    cases: defaultdict[str, list[ET.Element]] = defaultdict(list)
    names: Counter[tuple[str, str]] = Counter()
    for subject in report.subjects:
        case = _case(subject.place.path, one_line(subject.text), names)
        _fill(case, subject)
        cases[subject.place.path].append(case)
    for problem in report.problems:
        case = _case(problem.place.path, "can be read", names)
        text = f"{visible(str(problem.place))}: {one_line(f'{problem.message} {problem.hint}')}"
        _fail(case, "error", "unreadable", one_line(problem.message), [text])
        cases[problem.place.path].append(case)
    for path, cases_of_file in cases.items():
        suite = ET.SubElement(root, "testsuite", name=_text(visible(path)), file=_text(visible(path)))
        properties = ET.SubElement(suite, "properties")
        for name, value in (("version", report.version), ("measured", report.measured), ("suite", report.suite)):
            ET.SubElement(properties, "property", name=name, value=_text(one_line(str(value or "none"))))
        suite.extend(cases_of_file)
        _count(suite, cases_of_file)
    _count(root, [case for cases_of_file in cases.values() for case in cases_of_file])
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(path: str, name: str, names: Counter[tuple[str, str]]) -> ET.Element:
    names[path, name] += 1
    number = names[path, name]
    unique = name if number == 1 else f"{name} ({number})"
    return ET.Element("testcase", classname=_text(visible(path)), name=_text(unique))


def _fill(case: ET.Element, subject: Subject) -> None:
    failing = [finding for finding in reported_findings(subject) if finding.level is not Level.NOTE]
    if failing:
        tag = "error" if subject.state is State.UNKNOWN else "failure"
        texts = [line for finding in failing for line in (_line(subject, finding), *advice_lines(finding))]
        texts += map(one_line, subject.evidence)
        _fail(case, tag, failing[0].rule, one_line(failing[0].message), texts)
    about = one_line(subject.about)
    notes = [_line(subject, finding) for finding in reported_findings(subject) if finding.level is Level.NOTE]
    if about or notes:
        ET.SubElement(case, "system-out").text = _text("\n".join(filter(None, [about, *notes])))


def _line(subject: Subject, finding: Finding) -> str:
    return f"{visible(str(subject.place))}: {label(finding)}: {one_line(finding.message)} [{finding.rule}]"


def _fail(case: ET.Element, tag: str, kind: str, message: str, texts: list[str]) -> None:
    """Add one element with all texts, since many readers show only the first element."""
    ET.SubElement(case, tag, type=_text(kind), message=_text(message)).text = _text("\n".join(texts))


def _count(suite: ET.Element, cases: list[ET.Element]) -> None:
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("errors", str(sum(case.find("error") is not None for case in cases)))


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
