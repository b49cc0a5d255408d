"""Render a report for a terminal: each subject with its place, findings and advice. Pure.

Colours are left to `style`, which gets each piece of text with its role and returns the text to print. `style` is the
only source of escape sequences: text from a user's files can't contain one. A symbol never stands without its label.
"""

import textwrap
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

from matrix.findings.formats.tally import SYMBOLS, label, not_judged, reported_findings, summary_line
from matrix.findings.model import Finding, Problem, Report, State, Subject
from matrix.system.text import lines, one_line, visible

WIDTH: Final = 80
"""Columns if the output is not a terminal."""

NARROWEST: Final = 30
"""Columns; narrower text is harder to read than text that the terminal wraps."""


class Role(StrEnum):
    """The role of a piece of text, by which a style chooses its colour."""

    PLACE = "place"
    SUBJECT = "subject"
    ABOUT = "about"
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    FINE = "fine"
    UNKNOWN = "unknown"
    PROBLEM = "problem"
    INSTEAD = "instead"
    SUMMARY = "summary"


Style = Callable[[str, Role], str]
"""Converts a piece of text without line ends, by its role, to the text to print, which has as many columns."""


def plain(text: str, role: Role) -> str:
    """Return text without colour."""
    return text


def render(report: Report, width: int = WIDTH, style: Style = plain) -> str:
    """Render a report for a terminal with a number of columns."""
    width = max(width, NARROWEST)
    releases = {subject.release for subject in report.subjects}
    shared = releases.pop() if len(report.subjects) > 1 == len(releases) else ""
    blocks = [_subject(subject, shared, width, style) for subject in report.subjects]
    blocks += [_problem(problem, width, style) for problem in report.problems]
    summary = [summary_line(report)]
    if shared:
        summary.append(f"Judged by release {one_line(shared)}.")
    if report.catching:
        summary.append(f"Judged for the handlers: {', '.join(map(one_line, report.catching))}.")
    elif unjudged := not_judged(report):
        summary.append(unjudged)
    blocks.append(style(line, Role.SUMMARY) for sentence in summary for line in _wrapped(sentence, width, ""))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _subject(subject: Subject, shared: str, width: int, style: Style) -> Iterator[str]:
    yield from _heading(visible(str(subject.place)), one_line(subject.text), width, style)
    about = one_line(subject.about)
    if subject.release and subject.release != shared and subject.release not in about:
        about += f"{'; ' if about else ''}judged by release {one_line(subject.release)}"
    yield from (f"  {style(line, Role.ABOUT)}" for line in _wrapped(about, width - 2, ""))
    if subject.state is State.FINE:
        yield f"  {style('✓ fine', Role.FINE)}"
    for finding in reported_findings(subject):
        yield from _finding(finding, width, style)


def _finding(finding: Finding, width: int, style: Style) -> Iterator[str]:
    name = label(finding)
    message = f"{one_line(finding.message)} [{one_line(finding.rule)}]"
    yield from _labelled(f"{SYMBOLS[name]} {name}:", message, width, style, Role(name))
    instead = lines(finding.instead)
    if len(instead) == 1:
        yield from _labelled("  Instead:", instead[0].strip(), width, style, Role.INSTEAD)
    elif instead:
        # Code: wrapping it would break it.
        yield f"    {style('Instead:', Role.INSTEAD)}"
        yield from (f"      {line}".rstrip() for line in instead)


def _problem(problem: Problem, width: int, style: Style) -> Iterator[str]:
    yield style(f"{visible(str(problem.place))}:", Role.PLACE)
    yield from _labelled("✗ problem:", one_line(problem.message), width, style, Role.PROBLEM)
    yield from _wrapped(one_line(problem.hint), width, "    ")


def _heading(place: str, text: str, width: int, style: Style) -> Iterator[str]:
    """Yield the place and the text of a subject. A place is never broken, so that editors can open it."""
    heading = style(f"{place}:", Role.PLACE)
    if len(place) + 2 + len(text) <= width:
        yield f"{heading} {style(text, Role.SUBJECT)}" if text else heading
    else:
        yield heading
        yield from (f"    {style(line, Role.SUBJECT)}" for line in _wrapped(text, width - 4, ""))


def _labelled(label: str, text: str, width: int, style: Style, role: Role) -> Iterator[str]:
    """Yield a label and text that wraps under it. The label is styled after wrapping, since a style adds no columns."""
    first, *rest = _wrapped(f"{label.lstrip()} {text}", width, "    ", "  " + " " * (len(label) - len(label.lstrip())))
    yield first.replace(label.lstrip(), style(label.lstrip(), role), 1)
    yield from rest


def _wrapped(text: str, width: int, indent: str, first: str | None = None) -> list[str]:
    """Wrap text; a long word is not broken, since it is a name or an address that people copy."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
