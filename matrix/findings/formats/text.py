"""Render a report for a terminal: each subject with its place, findings and advice. Pure.

Subjects with the same findings share them: a requirement and its lock in one project, or places in code. Code that is
the advice of several findings is printed once.

Colours are left to `style`, which gets each piece of text with its role and returns the text to print. `style` is the
only source of escape sequences: text from a user's files can't contain one. A symbol never stands without its label.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

from matrix.findings.formats.tally import SYMBOLS, label, not_judged, reported_findings, summary_line
from matrix.findings.model import ORDER, Finding, Place, Problem, Report, State, Subject, project_of
from matrix.system.text import counted, lines, one_line, visible

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
    if report.command == "doctor":
        from matrix.findings.formats.diagnoses import render_projects  # a check needs none of it

        return render_projects(report, width, style)
    if report.command == "audit":
        from matrix.findings.formats.audited import render_audit

        return render_audit(report, width, style)
    releases = {subject.release for subject in report.subjects}
    shared = releases.pop() if len(report.subjects) > 1 == len(releases) else ""
    blocks: list[Iterable[str]] = []
    groups = _group(report.subjects, by_project=report.command == "check")
    several = len({project_of(subject.place) for subject in report.subjects}) > 1 and report.command == "check"
    project = ""
    code: dict[str, Place] = {}
    for group in groups:
        if several and project != (project := project_of(group[0].place)):
            blocks.append(style(line, Role.SUBJECT) for line in wrapped(f"Project {one_line(project)}", width, ""))
        blocks.append(list(_subjects(group, shared, code, width, style)))
    blocks += [problem_lines(problem, width, style) for problem in report.problems]
    summary = [summary_line(report)]
    if shared:
        summary.append(f"Judged by release {one_line(shared)}.")
    if report.catching:
        summary.append(f"Judged for the handlers: {', '.join(map(one_line, report.catching))}.")
    elif unjudged := not_judged(report):
        summary.append(unjudged)
    blocks.append(style(line, Role.SUMMARY) for sentence in summary for line in wrapped(sentence, width, ""))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _group(subjects: Sequence[Subject], *, by_project: bool) -> list[list[Subject]]:
    """Group subjects of one state, in their order, if all findings of one are findings of the group's first."""
    groups: dict[tuple[str, State], list[tuple[frozenset[_Identity], list[Subject]]]] = {}
    ordered: list[list[Subject]] = []
    for subject in subjects:
        identities = frozenset(map(_identity, reported_findings(subject)))
        near = groups.setdefault((project_of(subject.place) if by_project else "", subject.state), [])
        for first, group in near:
            if identities and first and (identities <= first or first <= identities):
                group.append(subject)
                break
        else:
            ordered.append([subject])
            near.append((identities, ordered[-1]))
    return ordered


_Identity = tuple[str, str, str]
"""The rule, the level and the message of a finding."""


def _identity(finding: Finding) -> _Identity:
    return finding.rule, finding.level, finding.message


def _subjects(group: Sequence[Subject], shared: str, code: dict[str, Place], width: int, style: Style) -> Iterator[str]:
    """Yield subjects that share findings: their places, then each finding once, with its places if it is not of all.

    Args:
        group: The subjects.
        shared: The release that judges all subjects of the report; empty if there are several.
        code: The code that is printed above, with the first place that it is advice for. It is extended.
        width: The number of columns.
        style: Gives each piece of text its colour.
    """
    for number, subject in enumerate(group):
        yield from _heading(visible(str(subject.place)), one_line(subject.text), width, style)
        about = _about(subject, shared)
        if number + 1 == len(group) or about != _about(group[number + 1], shared):
            yield from (f"  {style(line, Role.ABOUT)}" for line in wrapped(about, width - 2, ""))
    if group[0].state is State.FINE:
        yield f"  {style('✓ fine', Role.FINE)}"
    places: dict[_Identity, list[Place]] = {}
    findings: dict[_Identity, Finding] = {}
    for subject in group:
        for finding in reported_findings(subject):
            identity = _identity(finding)
            places.setdefault(identity, []).append(subject.place)
            if identity not in findings or not findings[identity].instead:
                findings[identity] = finding
    for identity, finding in sorted(findings.items(), key=lambda item: ORDER[item[1].level]):
        of_all = len(places[identity]) >= len(group)
        where = "" if of_all else f" ({_name_places(places[identity])})"
        yield from _finding(finding, where, places[identity][0], code, width, style)


def _name_places(places: Sequence[Place]) -> str:
    """Name the first places, and count the others."""
    named = [visible(str(place)) for place in places[:_FEW]]
    more = len(places) - len(named)
    return ", ".join(named) + (f" and {counted(more, 'other place')}" if more else "")


_FEW: Final = 3
"""Places of one finding that are named."""


def _about(subject: Subject, shared: str) -> str:
    about = one_line(subject.about)
    if subject.release and subject.release != shared and subject.release not in about:
        about += f"{'; ' if about else ''}judged by release {one_line(subject.release)}"
    return about


def _finding(
    finding: Finding, where: str, place: Place, code: dict[str, Place], width: int, style: Style
) -> Iterator[str]:
    name = label(finding)
    message = f"{one_line(finding.message)} [{one_line(finding.rule)}]{where}"
    yield from labelled(f"{SYMBOLS[name]} {name}:", message, width, style, Role(name))
    instead = lines(finding.instead)
    if len(instead) == 1:
        yield from labelled("  Instead:", instead[0].strip(), width, style, Role.INSTEAD)
    elif instead and finding.instead in code:
        first = visible(str(code[finding.instead]))
        yield from labelled("  Instead:", f"the code shown for {first}.", width, style, Role.INSTEAD)
    elif instead:
        code[finding.instead] = place
        # Code: wrapping it would break it.
        yield f"    {style('Instead:', Role.INSTEAD)}"
        yield from (f"      {line}".rstrip() for line in instead)


def problem_lines(problem: Problem, width: int, style: Style) -> Iterator[str]:
    """Yield the place, the message and the hint of a problem."""
    yield style(f"{visible(str(problem.place))}:", Role.PLACE)
    yield from labelled("✗ problem:", one_line(problem.message), width, style, Role.PROBLEM)
    yield from wrapped(one_line(problem.hint), width, "    ")


def _heading(place: str, text: str, width: int, style: Style) -> Iterator[str]:
    """Yield the place and the text of a subject. A place is never broken, so that editors can open it."""
    heading = style(f"{place}:", Role.PLACE)
    if len(place) + 2 + len(text) <= width:
        yield f"{heading} {style(text, Role.SUBJECT)}" if text else heading
    else:
        yield heading
        yield from (f"    {style(line, Role.SUBJECT)}" for line in wrapped(text, width - 4, ""))


def labelled(label: str, text: str, width: int, style: Style, role: Role) -> Iterator[str]:
    """Yield a label and text that wraps under it. The label is styled after wrapping, since a style adds no columns."""
    first, *rest = wrapped(f"{label.lstrip()} {text}", width, "    ", "  " + " " * (len(label) - len(label.lstrip())))
    yield first.replace(label.lstrip(), style(label.lstrip(), role), 1)
    yield from rest


def wrapped(text: str, width: int, indent: str, first: str | None = None) -> list[str]:
    """Wrap text; a long word is not broken, since it is a name or an address that people copy."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
