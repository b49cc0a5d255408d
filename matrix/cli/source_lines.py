"""Read the lines of a user's files on which subjects stand. I/O: opens files that were read before."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from matrix.advice.suppressions import MARK
from matrix.findings.model import Place, Subject
from matrix.manifests.source import Unreadable, bytes_of

if TYPE_CHECKING:
    from matrix.scan.notebooks import Notebook

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class SourceLines:
    """The lines of files with a comment that suppresses findings; other files have no lines here."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}
        self._notebooks: dict[str, Notebook | None] = {}

    def line_of(self, subject: Subject) -> str:
        """Return the line on which a subject stands; empty if its file can't be read, or suppresses nothing."""
        place = subject.place
        if place.cell:
            return self._line_of_cell(place)
        if place.path not in self._files:
            data = _bytes_of(place.path)
            self._files[place.path] = _LINE_END.split(data.decode("utf-8", "replace")) if data else []
        lines = self._files[place.path]
        return lines[place.line - 1] if 0 < place.line <= len(lines) else ""

    def _line_of_cell(self, place: Place) -> str:
        if place.path not in self._notebooks:
            from matrix.scan.notebooks import Notebook, read_notebook

            data = _bytes_of(place.path)
            notebook = read_notebook(data, place.path) if data else None
            self._notebooks[place.path] = notebook if isinstance(notebook, Notebook) else None
        notebook = self._notebooks[place.path]
        return notebook.text_at(place) if notebook is not None else ""


def _bytes_of(path: str) -> bytes:
    """Return the content of a file; empty if it can't be read, or has no comment that suppresses findings."""
    try:
        data = bytes_of(Path(path))
    except Unreadable:
        return b""
    return data if MARK in data else b""
