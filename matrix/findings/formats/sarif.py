"""Render a report as SARIF 2.1.0, the format of code scanners. Pure.

The log also meets the rules of GitHub's code scanning: every message and every rule has a text, a rule's descriptions
have at most 1,024 characters, and a path is relative to the working directory.
"""

import hashlib
import re
from collections import Counter
from typing import Any, Final

from matrix.findings.formats.markdown import prose
from matrix.findings.formats.tally import advice_lines, reported_findings, reported_rules
from matrix.findings.model import ORDER, Finding, Level, Place, Problem, Report, Rule, Subject
from matrix.schema import encode
from matrix.system.text import one_line

FINGERPRINT: Final = "midstream/1"
"""The version of our fingerprints. GitHub's own, `primaryLocationLineHash`, is added by its upload."""

_UNRESERVED: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")
"""Bytes that a relative address contains unescaped: RFC 3986, section 2.3, and the slash."""

_NO_BYTE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Half characters, without those that Python uses for a byte that is not UTF-8."""


def render(report: Report) -> str:
    """Render a report as a log with one run."""
    rules = reported_rules(report)
    driver = {
        "name": "midstream",
        "version": one_line(report.version) or "unknown",
        "rules": [_rule(rule, _worst(report, rule)) for rule in rules.values()],
    }
    run = {
        "tool": {"driver": driver},
        # A check and a scan of one commit are two analyses; without two names, one would replace the other.
        "automationDetails": {"id": f"midstream/{one_line(report.command)}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The folder in which the command ran."}}},
        "invocations": [
            {
                "executionSuccessful": not report.problems,
                "toolExecutionNotifications": [_notification(problem) for problem in report.problems],
            }
        ],
        "results": _results(report, list(rules)),
    }
    return encode({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule, level: Level) -> dict[str, Any]:
    title = one_line(rule.title) or rule.id
    full = one_line(rule.help) or title
    return {
        "id": rule.id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": full},
        "help": {"text": full, "markdown": f"{prose(title)}. {prose(full)}"},
        "defaultConfiguration": {"level": level},
    }


def _worst(report: Report, rule: Rule) -> Level:
    """Return the worst level of a rule's findings; each result has its own level."""
    levels = {
        finding.level
        for subject in report.subjects
        for finding in reported_findings(subject)
        if finding.rule == rule.id
    }
    return min(levels, key=lambda level: ORDER[level], default=Level.WARNING)


def _results(report: Report, ids: list[str]) -> list[dict[str, Any]]:
    repeats: Counter[tuple[str, str, str]] = Counter()
    results = []
    for subject in report.subjects:
        for finding in reported_findings(subject):
            identity = (finding.rule, subject.place.path, subject.text)
            repeats[identity] += 1
            results.append(
                {
                    "ruleId": finding.rule,
                    "ruleIndex": ids.index(finding.rule),
                    "level": finding.level,
                    "message": {"text": _message(subject, finding)},
                    "locations": [_location(subject.place)],
                    "partialFingerprints": {FINGERPRINT: fingerprint(*identity, repeats[identity])},
                }
            )
    return results


def _message(subject: Subject, finding: Finding) -> str:
    return unlinked("\n".join([f"{one_line(subject.text)}: {one_line(finding.message)}", *advice_lines(finding)]))


def fingerprint(rule: str, path: str, text: str, number: int) -> str:
    """Hash the rule, file, text and number of a result, which stay the same when lines move."""
    parts = "\0".join([rule, path, " ".join(text.split()), str(number)])
    return hashlib.sha256(parts.encode("utf-8", "backslashreplace")).hexdigest()


def unlinked(text: str) -> str:
    """Split each `[text](target)`, which SARIF reads as a link even in plain text (section 3.11.6)."""
    return re.sub(r"\](?=\()", "] ", text)


def _notification(problem: Problem) -> dict[str, Any]:
    text = one_line(f"{problem.message} {problem.hint}") or "This input could not be read."
    return {"level": "error", "message": {"text": unlinked(text)}, "locations": [_location(problem.place)]}


def _location(place: Place) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": artifact(place.path)}
    if place.line:
        physical["region"] = {"startLine": place.line} | ({"startColumn": place.column} if place.column else {})
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.in_cell:
        location["logicalLocations"] = [{"name": place.in_cell, "kind": "member"}]
    return location


def artifact(path: str) -> dict[str, str]:
    """Return the location of a file, relative to the working directory, or absolute if the path is."""
    written = _NO_BYTE.sub("\ufffd", path).encode("utf-8", "surrogateescape")  # the bytes of the file's name
    uri = "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in written)
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": re.sub(r"^(\./+)+", "", uri) or ".", "uriBaseId": "%SRCROOT%"}
