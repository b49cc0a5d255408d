"""Parts that all formats share: counts, the summary line, and the findings shown for each subject. Pure."""

from collections import Counter
from typing import Final

from matrix.findings.model import ORDER, Finding, Level, Report, Rule, State, Subject
from matrix.findings.rules import CANNOT_TELL, RULES, UNKNOWN
from matrix.model import Frozen
from matrix.system.text import counted, lines

UNKNOWN_RULE: Final = RULES[UNKNOWN]
"""The rule of a subject that is unknown without a finding that gives the reason."""

SYMBOLS: Final = {"error": "✗", "warning": "!", "note": "·", "unknown": "?"}
"""Label of a finding to its symbol, which never stands without the label."""

_NOUNS: Final = {
    "check": ("requirement", "requirements", "requirement on the SDK"),
    "doctor": ("pin or place in code", "pins and places in code", "project that uses the SDK"),
    "audit": ("failure", "failures", "failure that could be played"),
    "scan": ("place that catches errors", "places that catch errors", "place that catches errors of the SDK"),
}
"""Command to the nouns of its subjects: singular, plural, and the noun of an empty report."""


class Tally(Frozen, frozen=True, kw_only=True):
    """The counts of a report.

    Attributes:
        subjects: The number of subjects.
        errors: The number of findings that are errors.
        warnings: The number of findings that are warnings, without those that nothing is known.
        notes: The number of findings that are notes.
        unknown: The number of subjects without a measurement.
        problems: The number of problems.
    """

    subjects: int
    errors: int
    warnings: int
    notes: int
    unknown: int
    problems: int


def tally(report: Report) -> Tally:
    """Count the parts of a report."""
    labels = Counter(label(finding) for subject in report.subjects for finding in subject.findings)
    return Tally(
        subjects=len(report.subjects),
        errors=labels[Level.ERROR],
        warnings=labels[Level.WARNING],
        notes=labels[Level.NOTE],
        unknown=sum(subject.state is State.UNKNOWN for subject in report.subjects),
        problems=len(report.problems),
    )


def label(finding: Finding) -> str:
    """Return the level of a finding, or `unknown` if it says that nothing is known."""
    return "unknown" if finding.rule in (UNKNOWN, CANNOT_TELL) else finding.level


def reported_findings(subject: Subject) -> list[Finding]:
    """Return the findings of a subject, worst first; a subject that is unknown has at least one that says so."""
    findings = sorted(subject.findings, key=lambda finding: ORDER[finding.level])
    if subject.state is State.UNKNOWN and all(finding.level is Level.NOTE for finding in findings):
        message = "The matrix has no measurement of this. Unknown does not mean safe."
        return [Finding(rule=UNKNOWN, level=Level.WARNING, message=message), *findings]
    return findings


def reported_rules(report: Report) -> dict[str, Rule]:
    """Return the rules of all findings, by id; a rule that the report does not describe has its id as title."""
    known = {UNKNOWN: UNKNOWN_RULE} | {rule.id: rule for rule in report.rules}
    named = {finding.rule: None for subject in report.subjects for finding in reported_findings(subject)}
    ids = {rule.id: None for rule in report.rules} | named
    return {rule_id: known.get(rule_id, Rule(id=rule_id, title=rule_id, help="")) for rule_id in ids}


def not_judged(report: Report) -> str:
    """Return the sentence that no error handling was judged, with the command that does; empty if some was."""
    if report.command != "check" or report.catching or not report.subjects:
        return ""
    scan = f", or run `{report.program} scan PATH` on your code" if report.is_scanned else ""
    return (
        "Your error handling was not judged: name your handlers with `--catching` "
        f"(`{report.program} list handlers` lists them){scan}."
    )


def advice_lines(finding: Finding) -> list[str]:
    """Return the advice of a finding as lines: a sentence in one line, or code below a first line; none if empty."""
    written = lines(finding.instead)
    if len(written) == 1:
        return [f"Instead: {written[0].strip()}"]
    return ["Instead:", *(f"  {line}".rstrip() for line in written)] if written else []


def count_phrases(counts: Tally) -> list[str]:
    """Return the counts of findings and problems as phrases, without those that are 0."""
    parts = [
        (counts.errors, counted(counts.errors, "error")),
        (counts.warnings, counted(counts.warnings, "warning")),
        (counts.notes, counted(counts.notes, "note")),
        (counts.unknown, f"{counts.unknown:,} unknown"),
        (counts.problems, counted(counts.problems, "problem")),
    ]
    return [phrase for number, phrase in parts if number]


def summary_line(report: Report) -> str:
    """Summarise a report in one line, such as `2 requirements: 1 error, 1 note. Data of 2026-11-23.`."""
    total = tally(report)
    noun = _NOUNS.get(report.command, ("subject", "subjects", "subject"))
    phrases = count_phrases(total)
    states = {subject.state for subject in report.subjects}
    if states == {State.FINE}:
        phrases.insert(0, "fine" if total.subjects == 1 else "all fine")
    elif states == {State.UNJUDGED} and not_judged(report):
        phrases.insert(0, "handling not judged")
    subjects = counted(total.subjects, *noun[:2]) if total.subjects else f"Found no {noun[2]}"
    if report.command == "audit":
        return f"{subjects}{': ' if phrases else ''}{', '.join(phrases)}."
    data = f"Data of {report.measured}." if report.measured else "There is no data."
    return f"{subjects}{': ' if phrases else ''}{', '.join(phrases)}. {data}"
