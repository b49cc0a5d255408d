"""Render a report as Markdown, for a job's summary or an issue: a heading, a table of subjects, the findings. Pure.

Text from a user's files is written with character references. By CommonMark, section 2.5, a reference never stands for
structure, so no such text becomes a link, a tag, a cell or a line of its own.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from matrix.findings.formats.tally import (
    SYMBOLS,
    count_phrases,
    label,
    not_judged,
    reported_findings,
    reported_rules,
    summary_line,
    tally,
)
from matrix.findings.model import Finding, Report, State, Subject
from matrix.system.text import counted, lines, one_line, visible

BUDGET: Final = 400_000
"""Bytes of a report: GitHub refuses a step's summary of more than 1 MiB, and a check and a scan share one."""

_STRUCTURE: Final = re.compile(r"[\\`*_\[\]<>&|~#$:\"]|(?<=www)\.", re.IGNORECASE)
"""Characters of Markdown, and of GitHub's links without brackets (`www.`, `://`), shortcodes and formulas."""


def render(report: Report) -> str:
    """Render a report as Markdown, cut to `BUDGET`; each block begins with the line ends that it needs."""
    heading = ", ".join(count_phrases(tally(report))) or ("all fine" if report.subjects else "nothing found")
    begin = f"## midstream {escaped(report.command)}: {heading}\n\n{escaped(summary_line(report))}"
    end = "".join([*_rules(report), *_handlers(report)])
    room = BUDGET - len(begin.encode()) - len(end.encode())
    blocks: list[str] = []
    omitted = 0
    sections = map(_section, filter(reported_findings, report.subjects))
    for block in chain(_projects(report), _table(report), sections, _problems(report)):
        room -= len(block.encode())
        if room >= 0:
            blocks.append(block)
        else:
            omitted += 1
    if omitted:
        blocks.append(
            f"\n\n{counted(omitted, 'part')} of this report did not fit in a summary; other formats have all parts."
        )
    return f"{begin}{''.join(blocks)}{end}\n"


def escaped(text: str) -> str:
    """Return text in one line, in which no character has a meaning in Markdown."""
    # A comment splits each `@`, since GitHub looks for addresses and names after it resolves references.
    return _STRUCTURE.sub(lambda character: f"&#{ord(character[0])};", one_line(text)).replace("@", "@<!-- -->")


def code(text: str) -> str:
    """Return text in one line, as code."""
    return f"<code>{escaped(text)}</code>"


def prose(text: str) -> str:
    """Return our own text in one line; text between two backticks becomes code."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:  # the last backtick has no partner
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    return "".join(code(part) if number % 2 else _spaced(part) for number, part in enumerate(parts))


def _spaced(part: str) -> str:
    """Return escaped text that keeps a space at its ends, between it and adjacent code."""
    return f"{' ' if part[:1] == ' ' else ''}{escaped(part)}{' ' if part[1:][-1:] == ' ' else ''}"


def _projects(report: Report) -> Iterator[str]:
    if not report.projects:
        return
    from matrix.findings.formats.diagnoses import rows  # a check and a scan need none of it

    for diagnosis in report.projects:
        heading, *others = rows(diagnosis, report)
        items = "".join(f"\n- **{row.label}**: {prose(row.text)}" for row in others)
        commands = "".join(f"\n- {code(command)}" for command in diagnosis.commands)
        yield f"\n\n### {escaped(heading.label)} {prose(heading.text)}\n{items}{commands}"


def _table(report: Report) -> Iterator[str]:
    if report.subjects:
        yield "\n\n| | Place | Subject | Findings |\n|---|---|---|---|"
    for subject in report.subjects:
        labels = [label(finding) for finding in reported_findings(subject)]
        counts = ", ".join(
            counted(labels.count(name), name) if name != "unknown" else name for name in dict.fromkeys(labels)
        )
        worst = (
            "✓ fine"
            if subject.state is State.FINE
            else f"{SYMBOLS[labels[0]]} {labels[0]}"
            if labels
            else "· not judged"
            if subject.state is State.UNJUDGED
            else "! finding"
        )
        place, text = code(visible(str(subject.place))), code(subject.text)
        yield f"\n| {worst} | {place} | {text} | {counts or 'none'} |"


def _section(subject: Subject) -> str:
    about = f": {prose(subject.about)}" if one_line(subject.about) else ""
    head = f"\n\n### {code(visible(str(subject.place)))}\n\n{code(subject.text)}{about}\n"
    findings = "".join(map(_finding, reported_findings(subject)))
    if not subject.evidence:
        return head + findings
    evidence = "\n".join(f"- {code(line)}" for line in subject.evidence)
    return f"{head}{findings}\n\n<details>\n<summary>What happened</summary>\n\n{evidence}\n\n</details>"


def _finding(finding: Finding) -> str:
    name = label(finding)
    item = f"\n- {SYMBOLS[name]} **{name}**: {prose(finding.message)} ({code(finding.rule)})"
    instead = lines(finding.instead)
    if len(instead) < 2:
        return f"{item}  \n  Instead: {prose(instead[0])}" if instead else item
    # Inside a fence only a longer fence has a meaning, and no line here is one.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", finding.instead)), default=0))
    fenced = "".join(f"\n  {line}".rstrip(" ") for line in (f"{fence}python", *instead, fence))
    return f"{item}  \n  Instead:\n{fenced}"


def _problems(report: Report) -> Iterator[str]:
    if report.problems:
        yield "\n\n### Input that could not be read\n"
    for problem in report.problems:
        hint = f" {prose(problem.hint)}" if one_line(problem.hint) else ""
        yield f"\n- ✗ **problem**: {code(visible(str(problem.place)))}: {prose(problem.message)}{hint}"


def _rules(report: Report) -> Iterator[str]:
    rules = reported_rules(report).values()
    if rules:
        rows = (f"- {code(rule.id)}: {prose(rule.title)}. {prose(rule.help)}".rstrip() for rule in rules)
        yield "\n\n<details>\n<summary>What the rules mean</summary>\n\n" + "\n".join(rows) + "\n\n</details>"


def _handlers(report: Report) -> Iterator[str]:
    if report.catching:
        yield f"\n\nJudged for the handlers: {', '.join(map(code, report.catching))}."
    elif unjudged := not_judged(report):
        yield f"\n\n{prose(unjudged)}"
