"""Render the report of an audit for a terminal: a table of failures, then each fault once with evidence. Pure."""

from collections.abc import Iterator
from typing import Final

from matrix.findings.formats.tally import SYMBOLS, label, reported_findings, reported_rules, summary_line
from matrix.findings.formats.text import Role, Style, plain, wrapped
from matrix.findings.model import ORDER, Finding, Report, Subject
from matrix.system.text import counted, one_line, visible

_TIMES: Final = 18
"""Columns before what happened at a time."""

_NAMED: Final = 4
"""Failures of one fault that are named."""


def render_audit(report: Report, width: int, style: Style = plain) -> str:
    """Render the report of an audit.

    Args:
        report: The report.
        width: The number of columns.
        style: Gives each piece of text its colour.
    """
    blocks = [[*_table(report, width, style)]]
    faults: dict[str, list[tuple[Subject, Finding]]] = {}
    for subject in report.subjects:
        for finding in reported_findings(subject):
            faults.setdefault(finding.rule, []).append((subject, finding))
    worst = sorted(faults.values(), key=lambda fault: min(ORDER[finding.level] for _, finding in fault))
    blocks += [[*_fault(report, fault, width, style)] for fault in worst]
    blocks.append([style(line, Role.SUMMARY) for line in wrapped(summary_line(report), width, "")])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _table(report: Report, width: int, style: Style) -> Iterator[str]:
    """Yield a line for each failure: its mark, its id, and the ids of its faults."""
    room = max((len(subject.text) for subject in report.subjects), default=0)
    for subject in report.subjects:
        findings = reported_findings(subject)
        name = label(findings[0]) if findings else "fine"
        mark = style(SYMBOLS.get(name, "✓"), Role(name))
        said = ", ".join(dict.fromkeys(finding.rule for finding in findings)) or "fine"
        first, *rest = wrapped(one_line(said), width - room - 4, "")
        yield f"{mark} {style(f'{one_line(subject.text):{room}}', Role.SUBJECT)}  {first}"
        yield from (" " * (room + 4) + line for line in rest)


def _fault(report: Report, fault: list[tuple[Subject, Finding]], width: int, style: Style) -> Iterator[str]:
    """Yield one fault: its title, the failures that show it, the evidence of the first, and the fix."""
    subject, finding = min(fault, key=lambda each: ORDER[each[1].level])
    rule = reported_rules(report)[finding.rule]
    name = label(finding)
    heading = wrapped(f"{SYMBOLS[name]} {name}: {rule.title} [{rule.id}]", width, "    ", "")
    yield style(heading[0], Role(name))
    yield from (style(line, Role(name)) for line in heading[1:])
    others = [each.text for each, _ in fault]
    shown = ", ".join(others[:_NAMED])
    more = f" and {counted(len(others) - _NAMED, 'other')}" if len(others) > _NAMED else ""
    yield from wrapped(f"In {shown}{more}.", width, "  ", "  ")
    yield ""
    yield from (style(line, Role.SUBJECT) for line in wrapped(f"{subject.text}: {subject.about}", width, "    ", "  "))
    yield from wrapped(one_line(finding.message), width, "  ", "  ")
    for line in subject.evidence:
        yield from (style(part, Role.ABOUT) for part in _evidence(line, width))
    yield ""
    fix = wrapped(f"Fix: {one_line(finding.instead)}", width, "       ", "  ")
    yield fix[0].replace("Fix:", style("Fix:", Role.INSTEAD), 1)
    yield from fix[1:]


def _evidence(line: str, width: int) -> list[str]:
    """Wrap a line of evidence; the times of several lines stand below each other."""
    return wrapped(visible(line), width, " " * _TIMES, "    ")
