"""Render diagnoses of projects as lines: at most `MOST_LINES` for each, whatever its files say. Pure.

A diagnosis is rows with a label. Each row has at least one line; the rows that matter most get further lines while
there is room, and a row that does not fit ends with `...`. Commands are never cut or wrapped, so that people can copy
them.
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from matrix.findings.formats.tally import SYMBOLS, count_phrases, label, summary_line, tally
from matrix.findings.formats.text import Role, Style, plain, problem_lines, wrapped
from matrix.findings.model import Diagnosis, InstalledRelease, Report, WorstFinding
from matrix.system.text import counted, one_line, visible

MOST_LINES: Final = 15
"""Lines of one diagnosis."""

_LABELS: Final = 12
"""Columns of a label, with the spaces around it."""


class Rank(IntEnum):
    """The order in which rows get a further line."""

    WORST = 0
    PLAYED = 1
    OVERLOADED = 2
    WRITE = 3
    PIN = 4
    CODE = 5
    RELEASE = 6
    INSTALLED = 7
    DATA = 8


class Row(NamedTuple):
    """A labelled sentence of a diagnosis.

    Attributes:
        label: Its label.
        text: Its text, in one line.
        rank: How much it matters.
        role: The role of the text.
    """

    label: str
    text: str
    rank: Rank
    role: Role


def render_projects(report: Report, width: int, style: Style = plain) -> str:
    """Render the diagnoses of a report, then its problems and a summary.

    Args:
        report: The report of a doctor.
        width: The number of columns.
        style: Gives each piece of text its colour.
    """
    blocks: list[Iterable[str]] = [diagnosis_lines(each, report, width, style) for each in report.projects]
    blocks += [problem_lines(problem, width, style) for problem in report.problems]
    blocks.append(style(line, Role.SUMMARY) for line in wrapped(_summary(report), width, ""))
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _summary(report: Report) -> str:
    if not report.projects:
        return summary_line(report)
    counts = ", ".join(count_phrases(tally(report))) or "no finding"
    return f"{counted(len(report.projects), 'project')}: {counts}."


def diagnosis_lines(diagnosis: Diagnosis, report: Report, width: int, style: Style = plain) -> list[str]:
    """Return the lines of a diagnosis, at most `MOST_LINES`."""
    heading, *rest = rows(diagnosis, report)
    texts = [wrapped(f"{heading.label} {heading.text}", width, "    ", "")]
    texts += [wrapped(row.text, width - _LABELS, "") or [""] for row in rest]
    room = MOST_LINES - len(diagnosis.commands)
    heights = _share([len(text) for text in texts], [row.rank for row in (heading, *rest)], room)
    fitted = [_fit(text, height, width - _LABELS) for text, height in zip(texts, heights, strict=True)]
    lines = [style(line, Role.SUBJECT) for line in fitted[0]]
    for row, text in zip(rest, fitted[1:], strict=True):
        for number, line in enumerate(text):
            lines.append(_labelled("" if number else row.label, line, row.role, style))
    for number, command in enumerate(diagnosis.commands):
        lines.append(_labelled("" if number else "Next", visible(command), Role.PLACE, style))
    return lines


def _labelled(label: str, text: str, role: Role, style: Style) -> str:
    """Return one line of a row: its label or spaces, and its text."""
    name = f"  {label}".ljust(_LABELS)
    return f"{style(name, Role.ABOUT)}{style(text, role)}" if text else style(name.rstrip(), Role.ABOUT)


def _share(wanted: list[int], ranks: list[Rank], room: int) -> list[int]:
    """Give each row one line, and then as many of the lines that it wants as there is room for, in a fixed order."""
    heights = [1] * len(wanted)
    in_order = sorted(range(len(wanted)), key=lambda index: ranks[index])
    second = [index for index in in_order if ranks[index] <= Rank.WRITE]
    worst = [index for index in in_order if ranks[index] is Rank.WORST]
    for index in [*second, *worst, *in_order, *in_order]:
        if heights[index] < min(wanted[index], _MOST_OF_ROW) and sum(heights) < room:
            heights[index] += 1
    return heights


_MOST_OF_ROW: Final = 3
"""Lines of one row."""


def _fit(lines: list[str], height: int, width: int) -> list[str]:
    """Cut lines to a height; the last one then ends with `...`."""
    if len(lines) <= height:
        return lines
    last = lines[height - 1]
    while len(last) + 4 > width and " " in last.strip():
        last = last.rstrip().rpartition(" ")[0]
    return [*lines[: height - 1], f"{last.rstrip(' .,;:')} ..."]


def rows(diagnosis: Diagnosis, report: Report) -> Iterator[Row]:
    """Yield the rows of a diagnosis, the heading first; the commands are no rows."""
    yield Row(f"{_name(diagnosis.folder)}:", _heading(diagnosis), Rank.RELEASE, Role.SUBJECT)
    if diagnosis.installed:
        text = "; ".join(_installed(each, diagnosis.release) for each in diagnosis.installed)
        yield Row("Installed", f"{text}.", Rank.INSTALLED, Role.ABOUT)
    yield Row("Data", _age(diagnosis, report), Rank.DATA, Role.ABOUT)
    yield Row("Overload", _sentence(diagnosis.overloaded), Rank.OVERLOADED, Role.SUMMARY)
    if diagnosis.reproduced:
        yield Row("Played", _sentence(diagnosis.reproduced), Rank.PLAYED, Role.SUMMARY)
    yield Row("Code", _code(diagnosis), Rank.CODE, Role.ABOUT)
    yield _worst(diagnosis.worst)
    yield Row("Pin", _sentence(diagnosis.pin), Rank.PIN, Role.INSTEAD)
    if diagnosis.write:
        yield Row("Write", _sentence(diagnosis.write), Rank.WRITE, Role.INSTEAD)


def _name(folder: str) -> str:
    return "This folder" if folder == "." else visible(folder)


def _heading(diagnosis: Diagnosis) -> str:
    more = f"; also {', '.join(map(one_line, diagnosis.others))}" if diagnosis.others else ""
    return f"{one_line(diagnosis.package)} {one_line(diagnosis.release)}, {one_line(diagnosis.chosen)}{more}"


def _sentence(text: str) -> str:
    """Return a text in one line that starts with a capital letter, unless its first word is code or a name."""
    line = one_line(text)
    first = line.partition(" ")[0]
    return line[:1].upper() + line[1:] if first.isalpha() and first not in ("from", "import") else line


def _installed(each: InstalledRelease, release: str) -> str:
    where = one_line(each.environment)
    if each.problem:
        return f"{where} can't be read: {one_line(each.problem).rstrip('.')}"
    python = f" (Python {one_line(each.python)})" if each.python else ""
    if not each.version:
        return f"not in {where}{python}"
    differs = "" if each.version == release else f", not {one_line(release)}"
    return f"{one_line(each.version)} in {where}{python}{differs}"


def _age(diagnosis: Diagnosis, report: Report) -> str:
    if diagnosis.age is None or report.measured is None:
        return "There is none: run `matrix refresh`, then `matrix run`."
    checked = f"{counted(diagnosis.age, 'day')} ago" if diagnosis.age else "today"
    stale = " Newer releases may be missing." if diagnosis.is_stale else ""
    return f"Measured until {report.measured}, last checked {checked}.{stale}"


def _code(diagnosis: Diagnosis) -> str:
    if not diagnosis.files:
        return f"No Python file here uses {one_line(diagnosis.package)}."
    catch = f"{counted(diagnosis.places, 'place')} judged" if diagnosis.places else "no place catches its errors"
    parts = [f"{counted(diagnosis.files, 'file')}, {catch}"]
    if diagnosis.clients:
        clients = (
            f"{one_line(name)} (not measured)" if name in diagnosis.unmeasured else one_line(name)
            for name in diagnosis.clients
        )
        parts.append(f"{'client' if len(diagnosis.clients) == 1 else 'clients'} {', '.join(clients)}")
    if diagnosis.handlers:
        noun = "handler" if len(diagnosis.handlers) == 1 else "handlers"
        parts.append(f"{noun} {', '.join(map(one_line, diagnosis.handlers))}")
    return f"{'; '.join(parts)}."


def _worst(worst: WorstFinding | None) -> Row:
    if worst is None:
        return Row("Worst", "✓ No finding.", Rank.WORST, Role.FINE)
    name = label(worst.finding)
    of = f" (worst of {worst.of:,} findings)" if worst.of > 1 else ""
    where = visible(str(worst.place))
    text = f"{SYMBOLS[name]} {name} in {where}{of}: {one_line(worst.finding.message)} [{one_line(worst.finding.rule)}]"
    return Row("Worst", text, Rank.WORST, Role(name))
