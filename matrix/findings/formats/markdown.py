"""A report as the summary of a job, or for an issue: a heading, a table of subjects, and what was found. Pure.

Whatever comes from a user's files is written with character references. By CommonMark, section 2.5, such a reference
never stands for structure, so no text of theirs becomes a link, a tag, a cell or a line of its own.
"""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Final

from matrix.findings.formats.tally import SYMBOLS, counts, rules, sentence, told, word
from matrix.findings.formats.tally import tally as count
from matrix.findings.model import Finding, Report, State, Subject
from matrix.system.text import counted, lines, one_line, visible

BUDGET: Final = 400_000
"""Bytes of a report: GitHub refuses a step's summary of more than 1 MiB, and a check and a scan share one."""

_STRUCTURE: Final = re.compile(r"[\\`*_\[\]<>&|~#$:\"]|(?<=www)\.", re.IGNORECASE)
"""What Markdown, GitHub's links without brackets (`www.`, `://`), its shortcodes or its formulas are made of."""


def render(report: Report) -> str:
    """A report as Markdown; each block brings the line ends that it wants before it."""
    heading = ", ".join(counts(count(report))) or ("all fine" if report.subjects else "nothing found")
    begin = f"## midstream {escaped(report.command)}: {heading}\n\n{escaped(sentence(report))}"
    end = "".join([*_rules(report), *_asked(report)])
    room = BUDGET - len(begin.encode()) - len(end.encode())
    blocks: list[str] = []
    left = 0
    for block in chain(_table(report), map(_section, filter(told, report.subjects)), _problems(report)):
        room -= len(block.encode())
        if room >= 0:
            blocks.append(block)
        else:
            left += 1
    if left:
        blocks.append(f"\n\n{counted(left, 'part')} of this report did not fit in a summary; other formats have all.")
    return f"{begin}{''.join(blocks)}{end}\n"


def escaped(text: str) -> str:
    """Text in one line that says what it says, and no more."""
    # A comment parts the two sides of an `@`: GitHub looks for addresses and names after references are resolved.
    return _STRUCTURE.sub(lambda found: f"&#{ord(found[0])};", one_line(text)).replace("@", "@<!-- -->")


def code(text: str) -> str:
    """Text in one line, as code."""
    return f"<code>{escaped(text)}</code>"


def prose(text: str) -> str:
    """Text of ours: what stands between two backticks is code."""
    parts = one_line(text).split("`")
    if len(parts) % 2 == 0:  # the last one has no partner
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    return "".join(code(part) if at % 2 else _kept(part) for at, part in enumerate(parts))


def _kept(part: str) -> str:
    """Escaped, with the spaces at its ends that part it from the code beside it."""
    return f"{' ' if part[:1] == ' ' else ''}{escaped(part)}{' ' if part[1:][-1:] == ' ' else ''}"


def _table(report: Report) -> Iterator[str]:
    if report.subjects:
        yield "\n\n| | Where | What | Comes to |\n|---|---|---|---|"
    for subject in report.subjects:
        words = [word(finding) for finding in told(subject)]
        said = ", ".join(
            counted(words.count(each), each) if each != "unknown" else each for each in dict.fromkeys(words)
        )
        worst = "✓ fine" if subject.state is State.FINE else f"{SYMBOLS[words[0]]} {words[0]}" if words else "! finding"
        where, what = code(visible(str(subject.place))), code(subject.text)
        yield f"\n| {worst} | {where} | {what} | {said or 'nothing to note'} |"


def _section(subject: Subject) -> str:
    about = f": {prose(subject.about)}" if one_line(subject.about) else ""
    head = f"\n\n### {code(visible(str(subject.place)))}\n\n{code(subject.text)}{about}\n"
    return head + "".join(map(_finding, told(subject)))


def _finding(finding: Finding) -> str:
    kind = word(finding)
    said = f"\n- {SYMBOLS[kind]} **{kind}**: {prose(finding.message)} ({code(finding.rule)})"
    instead = lines(finding.instead)
    if len(instead) < 2:
        return f"{said}  \n  Instead: {prose(instead[0])}" if instead else said
    # In a fence everything is literal but a longer fence, and no line of it can be one.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", finding.instead)), default=0))
    fenced = "".join(f"\n  {line}".rstrip(" ") for line in (f"{fence}python", *instead, fence))
    return f"{said}  \n  Instead:\n{fenced}"


def _problems(report: Report) -> Iterator[str]:
    if report.problems:
        yield "\n\n### What could not be read\n"
    for problem in report.problems:
        hint = f" {prose(problem.hint)}" if one_line(problem.hint) else ""
        yield f"\n- ✗ **problem**: {code(visible(str(problem.place)))}: {prose(problem.message)}{hint}"


def _rules(report: Report) -> Iterator[str]:
    known = rules(report).values()
    if known:
        rows = (f"- {code(rule.id)}: {prose(rule.title)}. {prose(rule.help)}".rstrip() for rule in known)
        yield "\n\n<details>\n<summary>What the rules mean</summary>\n\n" + "\n".join(rows) + "\n\n</details>"


def _asked(report: Report) -> Iterator[str]:
    if report.catching:
        yield f"\n\nAsked about: {', '.join(map(code, report.catching))}."
