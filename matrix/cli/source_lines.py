"""Read the lines of a user's files on which subjects stand. I/O: opens files that were read before."""

import re
from pathlib import Path
from typing import Final

from matrix.advice.suppressions import MARK
from matrix.findings.model import Subject
from matrix.manifests.source import Unreadable, bytes_of

_LINE_END: Final = re.compile(r"\r\n|\r|\n")


class SourceLines:
    """The lines of files with a comment that suppresses findings; other files have no lines here."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def line_of(self, subject: Subject) -> str:
        """Return the line on which a subject stands; empty if its file can't be read, or suppresses nothing."""
        path, line = subject.place.path, subject.place.line
        if path not in self._files:
            self._files[path] = _lines(Path(path))
        lines = self._files[path]
        return lines[line - 1] if 0 < line <= len(lines) else ""


def _lines(path: Path) -> list[str]:
    try:
        data = bytes_of(path)
    except Unreadable:
        return []
    return _LINE_END.split(data.decode("utf-8", "replace")) if MARK in data else []
