"""A report for people, in a terminal: what stands where, what is wrong with it, what to write instead. Pure.

Colour is not this module's business: `style` is given each piece with its role and gives back what is printed. It is
the only source of escape sequences; what is in a user's files can't be one. A symbol never stands without its word.
"""

import textwrap
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Final

from matrix.findings.formats.tally import SYMBOLS, sentence, told, word
from matrix.findings.model import Finding, Problem, Report, State, Subject
from matrix.system.text import lines, one_line, visible

WIDTH: Final = 80
NARROWEST: Final = 30
"""Columns below which wrapping makes text worse."""


class Role(StrEnum):
    """What a piece of text is, for who gives it a colour."""

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
"""A piece of text without line ends and its role, to what is printed: as many columns, perhaps in colour."""


def plain(text: str, role: Role) -> str:
    """The style without colour."""
    return text


def render(report: Report, width: int = WIDTH, style: Style = plain) -> str:
    """A report in a terminal of so many columns."""
    width = max(width, NARROWEST)
    releases = {subject.release for subject in report.subjects}
    all_by = releases.pop() if len(report.subjects) > 1 == len(releases) else ""
    blocks = [_subject(subject, all_by, width, style) for subject in report.subjects]
    blocks += [_problem(problem, width, style) for problem in report.problems]
    last = [sentence(report)]
    if all_by:
        last.append(f"Judged by {one_line(all_by)}.")
    if report.catching:
        last.append(f"Asked about: {', '.join(map(one_line, report.catching))}.")
    blocks.append(style(line, Role.SUMMARY) for said in last for line in _wrapped(said, width, ""))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _subject(subject: Subject, all_by: str, width: int, style: Style) -> Iterator[str]:
    yield from _heading(visible(str(subject.place)), one_line(subject.text), width, style)
    about = one_line(subject.about)
    if subject.release and subject.release != all_by and subject.release not in about:
        about += f"{'; ' if about else ''}judged by {one_line(subject.release)}"
    yield from (f"  {style(line, Role.ABOUT)}" for line in _wrapped(about, width - 2, ""))
    if subject.state is State.FINE:
        yield f"  {style('✓ fine', Role.FINE)}"
    for finding in told(subject):
        yield from _finding(finding, width, style)


def _finding(finding: Finding, width: int, style: Style) -> Iterator[str]:
    said = word(finding)
    message = f"{one_line(finding.message)} [{one_line(finding.rule)}]"
    yield from _labelled(f"{SYMBOLS[said]} {said}:", message, width, style, Role(said))
    instead = lines(finding.instead)
    if len(instead) == 1:
        yield from _labelled("  Instead:", instead[0].strip(), width, style, Role.INSTEAD)
    elif instead:
        # Code, so neither wrapped nor moved about.
        yield f"    {style('Instead:', Role.INSTEAD)}"
        yield from (f"      {line}".rstrip() for line in instead)


def _problem(problem: Problem, width: int, style: Style) -> Iterator[str]:
    yield style(f"{visible(str(problem.place))}:", Role.PLACE)
    yield from _labelled("✗ problem:", one_line(problem.message), width, style, Role.PROBLEM)
    yield from _wrapped(one_line(problem.hint), width, "    ")


def _heading(place: str, text: str, width: int, style: Style) -> Iterator[str]:
    """Where, and what stands there. A place is never broken, so that a terminal or an editor finds it."""
    where = style(f"{place}:", Role.PLACE)
    if len(place) + 2 + len(text) <= width:
        yield f"{where} {style(text, Role.SUBJECT)}" if text else where
    else:
        yield where
        yield from (f"    {style(line, Role.SUBJECT)}" for line in _wrapped(text, width - 4, ""))


def _labelled(label: str, text: str, width: int, style: Style, role: Role) -> Iterator[str]:
    """A label and text that is wrapped under it; the label is styled after wrapping, for a style takes no columns."""
    first, *rest = _wrapped(f"{label.lstrip()} {text}", width, "    ", "  " + " " * (len(label) - len(label.lstrip())))
    yield first.replace(label.lstrip(), style(label.lstrip(), role), 1)
    yield from rest


def _wrapped(text: str, width: int, indent: str, first: str | None = None) -> list[str]:
    """Lines of text; a word that is too long is not broken, for it is a name or an address to be copied."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
