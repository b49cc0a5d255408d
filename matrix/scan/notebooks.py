"""Read the code cells of a Jupyter notebook as one Python source, with the place of each of its lines. Pure.

A cell is Python with commands of IPython. If it can't be parsed as it is, the lines of such commands are replaced, so
that every other line keeps its number. A cell that then can't be parsed is a problem, and the other cells are read.
"""

import re
from typing import Final

import msgspec

from matrix.findings.model import Place, Problem
from matrix.manifests.notebook_cells import CodeCell, read_cells
from matrix.manifests.source import Unreadable, text_of
from matrix.model import Frozen
from matrix.scan.catches import ScannedFile
from matrix.scan.scanning import parse

_ASSIGNED: Final = re.compile(r"^([ \t]*[^\s=#'\"%!?][^=#'\"%!?\n]*=)[ \t]*[%!](?!=).*$")
_COMMAND: Final = re.compile(r"^([ \t]*)(?:[%?]|!(?!=)|[^\s#'\"][^#'\"]*\?[ \t]*$).*$")


class _Line(Frozen, frozen=True):
    """A line of the source: the number of its cell, its number in the cell, and its number in the file."""

    cell: int
    number: int
    in_file: int


class Notebook(Frozen, frozen=True, kw_only=True):
    """The code of a notebook.

    Attributes:
        source: The code of all cells as one text.
        problems: The cells that can't be parsed.
        lines: The place of each line of the source.
    """

    source: str
    problems: tuple[Problem, ...] = ()
    lines: tuple[_Line, ...] = ()

    def locate(self, scanned: ScannedFile) -> ScannedFile:
        """Return a scan of the source with its places in the cells, and with the problems of cells."""
        replace = msgspec.structs.replace
        catches = tuple(replace(catch, place=self._place(catch.place)) for catch in scanned.catches)
        problems = (replace(problem, place=self._place(problem.place)) for problem in scanned.problems)
        return replace(scanned, catches=catches, problems=(*self.problems, *problems))

    def text_at(self, place: Place) -> str:
        """Return the line of code at a place in a cell; empty if there is none."""
        lines = zip(self.lines, self.source.split("\n"), strict=False)
        return next((text for at, text in lines if (at.cell, at.number) == (place.cell, place.cell_line)), "")

    def _place(self, place: Place) -> Place:
        if not 0 < place.line <= len(self.lines):
            return place
        line = self.lines[place.line - 1]
        return Place(place.path, line.in_file, cell=line.cell, cell_line=line.number)


def read_notebook(data: bytes, path: str) -> Notebook | Problem:
    """Read the code cells of a notebook; return a problem if the file is not a notebook of the current format."""
    try:
        cells = read_cells(text_of(data))
    except Unreadable as failure:
        return Problem(Place(path), str(failure), failure.hint)
    sources: list[str] = []
    lines: list[_Line] = []
    problems: list[Problem] = []
    for cell in cells:
        places = [_Line(cell.number, number, line) for number, line in enumerate(cell.in_file, 1)]
        python, problem = _python(cell, path)
        if problem is not None:
            at = places[problem.place.line - 1] if 0 < problem.place.line <= len(places) else places[0]
            where = Place(path, at.in_file, cell=at.cell, cell_line=at.number)
            problems.append(msgspec.structs.replace(problem, place=where))
            continue
        sources.append(python)
        lines += places
    return Notebook(source="\n".join(sources), problems=tuple(problems), lines=tuple(lines))


def _python(cell: CodeCell, path: str) -> tuple[str, Problem | None]:
    """Return the Python of a cell, with as many lines as the cell has; or a problem if it can't be parsed."""
    if not cell.is_python:
        return "\n" * cell.code.count("\n"), None
    if not cell.magic and not isinstance(parse(cell.code, path), Problem):
        return cell.code, None
    python = _without_commands(cell.code)
    parsed = parse(python, path)
    return python, parsed if isinstance(parsed, Problem) else None


def _without_commands(code: str) -> str:
    """Replace each line that is a command of IPython by Python without an effect."""
    lines = code.split("\n")
    continued = False
    for number, line in enumerate(lines):
        if continued:
            continued, lines[number] = line.endswith("\\"), ""
        elif match := _ASSIGNED.match(line) or _COMMAND.match(line):
            lines[number] = f"{match[1]} None" if match[1].endswith("=") else f"{match[1]}pass"
            continued = line.endswith("\\")
    return "\n".join(lines)
