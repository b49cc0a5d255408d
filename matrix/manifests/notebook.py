"""Read the commands of a Jupyter notebook that install the target: `%pip install anthropic`, `!pip install ...`. Pure.

They are read as those of a shell script, with the variables to which the cells assign a text before them. What a
command installs is known only when its cell runs, so its findings are notes.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from matrix.findings.model import Place
from matrix.manifests import shell
from matrix.manifests.draft import Draft
from matrix.manifests.notebook_cells import CodeCell, read_cells

_COMMAND: Final = re.compile(r"\s*(?:\w+\s*=\s*)?[%!]{1,2}(?=[^%!=])(.*)", re.DOTALL)
_PYTHON_VALUE: Final = re.compile(r"\{(\w+)\}")
"""A value of Python in a command of IPython, which takes `$V` too."""

_TEXT: Final = re.compile(r"""(\w+)\s*=\s*(["'])([\w.,<>=!~ \[\]-]*)\2\s*(?:#.*)?""")
"""A line that assigns a text to a name."""


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target in a command that installs it.

    Raises:
        Unreadable: The text is not a notebook of the current format.
    """
    cells = read_cells(source)
    places = [
        Place(draft.path, line, cell=cell.number, cell_line=number)
        for cell in cells
        for number, line in enumerate(cell.in_file, 1)
    ]
    inner = Draft(draft.target, draft.path, draft.file)
    shell.read("\n".join(line for cell in cells for line in _commands(cell)), inner)
    for entry in inner.entries:
        draft.entries.append(msgspec.structs.replace(entry, place=places[entry.place.line - 1]))
    for problem in inner.finish("commands").problems:
        line = places[problem.place.line - 1].line if problem.place.line else 0
        draft.report(problem.message, problem.hint, line=line)


def _commands(cell: CodeCell) -> Iterator[str]:
    """Yield the commands of a cell as lines of a shell script, and an empty line for any other line."""
    is_continued = False
    for line in cell.code.split("\n"):
        command = _COMMAND.fullmatch(line)
        if cell.is_shell:
            yield "" if line == cell.magic else line
        elif not cell.is_python:
            yield ""
        elif is_continued or command:
            text = command[1] if command and not is_continued else line
            is_continued = line.endswith("\\")
            yield _PYTHON_VALUE.sub(r"${\1}", text)
        elif text_value := _TEXT.fullmatch(line):
            yield f"{text_value[1]}='{text_value[3]}'"
        else:
            yield ""
