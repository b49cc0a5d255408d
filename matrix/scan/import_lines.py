"""Finds the lines of a source that may import something, without parsing it. Pure.

Parsing takes a hundred times longer. A line in a text or a comment counts too: that costs time and loses nothing.
"""

import re
from typing import Final

_NAMES: Final = re.compile(rb"\((?:[^)#]|#[^\n]*+)*+")
"""The names of an import in parentheses, which may be on several lines and have comments between them."""


def find_import_lines(source: bytes) -> bytes:
    """Return the lines with the word `import`, each with the lines that belong to it."""
    lines: list[bytes] = []
    end = 0
    while (position := source.find(b"import", end)) >= 0:
        start = _find_start(source, position, end)
        end = _find_end(source, position)
        if (opened := source.find(b"(", position, end)) >= 0 and (names := _NAMES.match(source, opened)):
            end = max(end, names.end())
        lines.append(source[start:end])
    return b"\n".join(lines)


def _find_start(source: bytes, position: int, first: int) -> int:
    """Return where a line starts, with the lines that a backslash joins to it."""
    start = position
    while True:
        start = source.rfind(b"\n", first, start) + 1
        if not start:
            return first
        if not source[max(first, start - 3) : start].rstrip(b"\r\n").endswith(b"\\"):
            return start
        start -= 1


def _find_end(source: bytes, position: int) -> int:
    """Return where a line ends, with the lines that a backslash joins to it."""
    while (end := source.find(b"\n", position)) >= 0:
        if not source[max(position, end - 2) : end].rstrip(b"\r").endswith(b"\\"):
            return end
        position = end + 1
    return len(source)
