"""Find the code cells of a Jupyter notebook, with the line of the file on which each of their lines stands. Pure."""

import bisect
import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from matrix.manifests.fields import table
from matrix.manifests.source import Unreadable
from matrix.model import Frozen

SUFFIX: Final = ".ipynb"

_VERSION: Final = 4
"""The version of the format that is read. Notebooks of earlier versions are older than the SDK."""

_PYTHON_MAGICS: Final = frozenset({"time", "timeit", "capture", "prun", "debug"})
"""Magics of a whole cell that run the cell as Python; any other cell magic gives it to another program."""

_CELL_MAGIC: Final = re.compile(r"\s*(%%[^\n]*)")
_SHELL_MAGIC: Final = re.compile(r"%%(?:!|(?:script\s+)?(?:ba|z)?sh\b)")

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


class CodeCell(Frozen, frozen=True):
    """A cell of code.

    Attributes:
        number: Its number in the notebook, from 1, counting cells of text too.
        code: Its text, with newlines alone between its lines.
        in_file: The line of the file on which each of its lines stands.
    """

    number: int
    code: str
    in_file: tuple[int, ...]

    @property
    def magic(self) -> str:
        """The line with a magic of the whole cell, from its signs on; empty if the cell begins with none."""
        magic = _CELL_MAGIC.match(self.code)
        return magic[1] if magic is not None else ""

    @property
    def is_python(self) -> bool:
        """Whether the cell is run as Python, and not by another program."""
        return not self.magic or re.split(r"\W", self.magic[2:])[0] in _PYTHON_MAGICS

    @property
    def is_shell(self) -> bool:
        """Whether the cell is run by a shell."""
        return _SHELL_MAGIC.match(self.magic) is not None


def read_cells(text: str) -> list[CodeCell]:
    """Return the code cells of a notebook; none if it is not written in Python.

    Raises:
        Unreadable: The text is not a notebook of the current format.
    """
    try:
        document = msgspec.convert(json.loads(text), _Document)  # Jupyter writes NaN, which msgspec refuses
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        message = f"The file is not a notebook: {str(error)[:200]}."
        raise Unreadable(message, "Save it again with Jupyter, or leave it out.") from None
    if document.nbformat != _VERSION:
        message = f"The notebook has version {document.nbformat} of its format; version {_VERSION} is read."
        raise Unreadable(message, "Convert it: `jupyter nbconvert --to notebook --nbformat 4`.")
    if not _is_python(document.metadata):
        return []
    numbers = list(_numbers_in_file(text))
    cells: list[CodeCell] = []
    for index, cell in enumerate(document.cells):
        if cell.cell_type != "code":
            continue
        pieces = [cell.source] if isinstance(cell.source, str) else cell.source
        known = numbers[index] if index < len(numbers) and len(numbers[index]) == len(pieces) else [1] * len(pieces)
        code = re.sub(r"\r\n?", "\n", "".join(pieces))
        cells.append(CodeCell(index + 1, code, tuple(_lines_of_pieces(pieces, known, code.count("\n") + 1))))
    return cells


def _is_python(metadata: object) -> bool:
    """Return whether a notebook is written in Python, as it is if it does not say."""
    names = (table(metadata, "kernelspec").get("language"), table(metadata, "language_info").get("name"))
    return all(not isinstance(name, str) or "python" in name.lower() for name in names)


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
