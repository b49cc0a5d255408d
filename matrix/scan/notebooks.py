"""Read the code cells of a Jupyter notebook as one Python source, with the place of each of its lines. Pure.

A cell is Python with commands of IPython. If it can't be parsed as it is, the lines of such commands are replaced, so
that every other line keeps its number. A cell that then can't be parsed is a problem, and the other cells are read.
"""

import bisect
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from matrix.findings.model import Place, Problem
from matrix.manifests.fields import table
from matrix.model import Frozen
from matrix.scan.catches import ScannedFile
from matrix.scan.scanning import parse

SUFFIX: Final = ".ipynb"

_VERSION: Final = 4
"""The version of the format that is read. Notebooks of earlier versions are older than the SDK."""

_PYTHON_MAGICS: Final = frozenset({"time", "timeit", "capture", "prun", "debug"})
"""Magics of a whole cell that run the cell as Python; any other cell magic gives it to another program."""

_CELL_MAGIC: Final = re.compile(r"\s*%%(\w*)")
_ASSIGNED: Final = re.compile(r"^([ \t]*[^\s=#'\"%!?][^=#'\"%!?\n]*=)[ \t]*[%!](?!=).*$")
_COMMAND: Final = re.compile(r"^([ \t]*)(?:[%?]|!(?!=)|[^\s#'\"][^#'\"]*\?[ \t]*$).*$")

_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[{}\[\],:]', re.DOTALL)


class _Cell(msgspec.Struct):
    """A cell of a notebook: its kind, and its source as lines or as one text."""

    cell_type: str
    source: list[str] | str = ""


class _Document(msgspec.Struct):
    """The parts of a notebook file that are read."""

    nbformat: int
    cells: list[_Cell] = []
    metadata: Any = None


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
    place = Place(path)
    try:
        text = data.decode("utf-8-sig")
        document = msgspec.convert(json.loads(text), _Document)  # Jupyter writes NaN, which msgspec refuses
    except UnicodeDecodeError:
        return Problem(place, "The notebook is not UTF-8.", "Save it again with Jupyter.")
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        message = f"The file is not a notebook: {str(error)[:200]}."
        return Problem(place, message, "Save it again with Jupyter, or leave it out of the scan.")
    if document.nbformat != _VERSION:
        message = f"The notebook has version {document.nbformat} of its format; version {_VERSION} is read."
        return Problem(place, message, "Convert it: `jupyter nbconvert --to notebook --nbformat 4`.")
    if not _is_python(document.metadata):
        return Notebook(source="")
    numbers = list(_numbers_in_file(text))
    sources: list[str] = []
    lines: list[_Line] = []
    problems: list[Problem] = []
    for index, cell in enumerate(document.cells):
        if cell.cell_type != "code":
            continue
        pieces = [cell.source] if isinstance(cell.source, str) else cell.source
        known = numbers[index] if index < len(numbers) and len(numbers[index]) == len(pieces) else [1] * len(pieces)
        code = re.sub(r"\r\n?", "\n", "".join(pieces))
        in_file = _lines_of_pieces(pieces, known, code.count("\n") + 1)
        places = [_Line(index + 1, number, line) for number, line in enumerate(in_file, 1)]
        python, problem = _python(code, path)
        if problem is not None:
            at = places[problem.place.line - 1] if 0 < problem.place.line <= len(places) else places[0]
            where = Place(path, at.in_file, cell=at.cell, cell_line=at.number)
            problems.append(msgspec.structs.replace(problem, place=where))
            continue
        sources.append(python)
        lines += places
    return Notebook(source="\n".join(sources), problems=tuple(problems), lines=tuple(lines))


def _is_python(metadata: object) -> bool:
    """Return whether a notebook is written in Python, as it is if it does not say."""
    names = (table(metadata, "kernelspec").get("language"), table(metadata, "language_info").get("name"))
    return all(not isinstance(name, str) or "python" in name.lower() for name in names)


def _python(code: str, path: str) -> tuple[str, Problem | None]:
    """Return the Python of a cell, with as many lines as the cell has; or a problem if it can't be parsed."""
    if magic := _CELL_MAGIC.match(code):
        if magic[1] not in _PYTHON_MAGICS:
            return "\n" * code.count("\n"), None
    elif not isinstance(parse(code, path), Problem):
        return code, None
    python = _without_commands(code)
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


def _lines_of_pieces(pieces: list[str], numbers: list[int], count: int) -> list[int]:
    """Return, for each line of a cell, the line of the file on which the piece that it begins in stands."""
    starts: list[int] = []  # the line of the cell in which each piece begins, from 0
    line = 0
    for piece in pieces:
        starts.append(line)
        line += piece.count("\n")
    return [numbers[max(0, bisect.bisect_right(starts, each) - 1)] if numbers else 1 for each in range(count)]


def _numbers_in_file(text: str) -> Iterator[list[int]]:
    """Yield, for each cell of a notebook that is valid JSON, the lines of the file on which its source stands."""
    path: list[list[str | int]] = []  # a key, or an index, of each object and array around
    is_key: list[bool] = []
    numbers: list[int] = []
    line, position, cell = 1, 0, 0
    for match in _TOKEN.finditer(text):
        mark = match[0]
        if mark in "{[":
            path.append(["" if mark == "{" else 0])
            is_key.append(mark == "{")
        elif mark in "}]":
            path.pop()
            is_key.pop()
        elif mark == ",":
            if isinstance(path[-1][0], int):
                path[-1][0] += 1
            else:
                is_key[-1] = True
        elif mark == ":":
            is_key[-1] = False
        elif path and is_key[-1]:
            path[-1][0] = mark
        elif 3 <= len(path) <= 4 and path[0][0] == '"cells"' and path[2][0] == '"source"':
            line += text.count("\n", position, match.start())
            position = match.start()
            while isinstance(path[1][0], int) and cell < path[1][0]:
                yield numbers
                numbers, cell = [], cell + 1
            numbers.append(line)
    yield numbers
