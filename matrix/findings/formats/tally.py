"""What a report comes to: how many of what, and in one sentence; and what is told of each subject. Pure."""

from collections import Counter
from typing import Final

from matrix.findings.model import ORDER, Finding, Level, Report, Rule, State, Subject
from matrix.findings.rules import RULES
from matrix.findings.rules import UNKNOWN as UNKNOWN_ID
from matrix.model import Frozen
from matrix.system.text import counted, lines

UNKNOWN: Final = RULES[UNKNOWN_ID]
"""The rule of a subject that is unknown and has no finding that says why."""

SYMBOLS: Final = {"error": "✗", "warning": "!", "note": "·", "unknown": "?"}
"""What a finding is to its symbol, which never stands without the word."""

_NOUNS: Final = {
    "check": ("requirement", "requirements", "requirement on the SDK"),
    "scan": ("place that catches errors", "places that catch errors", "place that catches errors of the SDK"),
}
"""Command to what its subjects are called: one, several, and none."""


class Tally(Frozen, frozen=True, kw_only=True):
    """How many of what a report has.

    Attributes:
        subjects: All that were judged.
        errors: Findings that are errors.
        warnings: Findings that are warnings, but for those that say that a subject is unknown.
        notes: Findings that are notes.
        unknown: Subjects of which the matrix can't say anything.
        problems: What could not be read.
    """

    subjects: int
    errors: int
    warnings: int
    notes: int
    unknown: int
    problems: int


def tally(report: Report) -> Tally:
    """Count what a report has."""
    words = Counter(word(finding) for subject in report.subjects for finding in subject.findings)
    return Tally(
        subjects=len(report.subjects),
        errors=words[Level.ERROR],
        warnings=words[Level.WARNING],
        notes=words[Level.NOTE],
        unknown=sum(subject.state is State.UNKNOWN for subject in report.subjects),
        problems=len(report.problems),
    )


def word(finding: Finding) -> str:
    """What a finding is, in a word: its level, or that it says that nothing is known."""
    return "unknown" if finding.rule == UNKNOWN.id else finding.level


def told(subject: Subject) -> list[Finding]:
    """What is told of a subject, worst first; of one that is unknown at least that."""
    findings = sorted(subject.findings, key=lambda finding: ORDER[finding.level])
    if subject.state is State.UNKNOWN and all(finding.level is Level.NOTE for finding in findings):
        message = "The matrix can't say what this comes to. That is unknown, and not the same as safe."
        return [Finding(rule=UNKNOWN.id, level=Level.WARNING, message=message), *findings]
    return findings


def rules(report: Report) -> dict[str, Rule]:
    """Every rule that is told of, by id: those of the report, and a stub for one that it does not have."""
    known = {UNKNOWN.id: UNKNOWN} | {rule.id: rule for rule in report.rules}
    named = {finding.rule: None for subject in report.subjects for finding in told(subject)}
    ids = {rule.id: None for rule in report.rules} | named
    return {each: known.get(each, Rule(id=each, title=each, help="")) for each in ids}


def advice(finding: Finding) -> list[str]:
    """What to write instead, as lines: a sentence in one, code below a line of its own; nothing if there is nothing."""
    written = lines(finding.instead)
    if len(written) == 1:
        return [f"Instead: {written[0].strip()}"]
    return ["Instead:", *(f"  {line}".rstrip() for line in written)] if written else []


def counts(found: Tally) -> list[str]:
    """What there is of findings and problems, in words; nothing of what there is none of."""
    parts = [
        (found.errors, counted(found.errors, "error")),
        (found.warnings, counted(found.warnings, "warning")),
        (found.notes, counted(found.notes, "note")),
        (found.unknown, f"{found.unknown:,} unknown"),
        (found.problems, counted(found.problems, "problem")),
    ]
    return [words for number, words in parts if number]


def sentence(report: Report) -> str:
    """What a report comes to, in one line, such as `2 requirements: 1 error, 1 note. Data of 2026-11-23`."""
    found = tally(report)
    noun = _NOUNS.get(report.command, ("subject", "subjects", "subject"))
    said = counts(found)
    if found.subjects and {subject.state for subject in report.subjects} == {State.FINE}:
        said.insert(0, "fine" if found.subjects == 1 else "all fine")
    many = counted(found.subjects, *noun[:2]) if found.subjects else f"Found no {noun[2]}"
    data = f"Data of {report.measured}." if report.measured else "There is no data."
    return f"{many}{': ' if said else ''}{', '.join(said)}. {data}"
