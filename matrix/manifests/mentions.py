"""Find the lines on which TOML or JSON mentions a package: their parsers report no lines. Pure.

Before a text is parsed, each mention of the package gets the number of its line: `anthropic>=0.40` on line 7 becomes
`anthropic<7>>=0.40`, so to speak. The parser carries the number along with the mention, be it in a key, a value or an
item of an array, whatever the layout of the file. A number is written with letters and digits only, which are allowed
wherever the name is: in a string, in a bare key, in a header, in a comment.

After parsing, the numbers are removed again. If only values had numbers, the result is the content of the text. If a
key had one, the numbers may have hidden that two keys are equal, so the text is also parsed without numbers.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from matrix.manifests.names import spellings

Path = tuple[str | int, ...]
"""The position of a value in a parsed file: keys, and indices of arrays."""


class Document(NamedTuple):
    """A parsed file.

    Attributes:
        tables: Its tables; empty if the file is skipped.
        lines: The lines that mention the target, in the form of `parse`.
    """

    tables: dict[str, Any]
    lines: dict[Path, int]


_SIGN = "midstreamline"
"""Starts a number. A file that contains this text gets no line numbers."""


@cache
def _mention(package: str) -> re.Pattern[str]:
    """Compile the pattern of a package's name."""
    return re.compile(spellings(package), re.IGNORECASE)


@cache
def _numbered_mention(package: str) -> re.Pattern[str]:
    """Compile the pattern of a package's name with the number of its line."""
    return re.compile(rf"({spellings(package)}){_SIGN}(\d+)x", re.IGNORECASE)


def parse(text: str, loads: Callable[[str], Any], package: str) -> tuple[Any, dict[Path, int]]:
    """Parse a text, and find the line, from 1, of each key and of each text in it that mentions a package.

    The path of a key ends with that key.

    Args:
        text: The text.
        loads: The parser.
        package: The name of the package.

    Raises:
        ValueError: Raised by `loads`.
        RecursionError: Raised by `loads`.
    """
    if _mention(package).search(text) is None or _SIGN in text:
        return loads(text), {}
    numbered = _add_numbers(text, package)
    try:
        tree = loads(numbered)
    except (ValueError, RecursionError):
        return loads(text), {}  # so that the columns in the error are those of the file
    lines: dict[Path, int] = {}
    if _remove_numbers(tree, lines, package):
        return loads(text), lines
    return tree, lines


def _add_numbers(text: str, package: str) -> str:
    """Put the number of its line behind each mention of a package."""
    pieces: list[str] = []
    line, position = 1, 0
    for mention in _mention(package).finditer(text):
        piece = text[position : mention.end()]
        line, position = line + piece.count("\n"), mention.end()
        pieces.append(f"{piece}{_SIGN}{line}x")
    return "".join([*pieces, text[position:]])


def _remove_numbers(tree: Any, lines: dict[Path, int], package: str) -> bool:
    """Remove the numbers from values and record them; return whether a key has a number, which is not removed."""
    has_numbered_key = False
    # Not recursive: a file may be nested as deep as its parser allows, which leaves no stack for this.
    todo: list[tuple[Path, Any]] = [((), tree)]
    while todo:
        path, branch = todo.pop()
        for key, value in branch.items() if isinstance(branch, dict) else enumerate(branch):
            name, line = _split(key, package) if isinstance(key, str) else (key, 0)
            here = (*path, name)
            if line:
                has_numbered_key = True
                lines.setdefault(here, line)
            if isinstance(value, dict | list):
                todo.append((here, value))
            elif isinstance(value, str):
                plain, line = _split(value, package)
                if line:
                    branch[key] = plain
                    lines.setdefault(here, line)
    return has_numbered_key


def _split(text: str, package: str) -> tuple[str, int]:
    """Return a text without numbers, and the first number in it; 0 if it has none."""
    if _SIGN not in text:
        return text, 0
    numbered = _numbered_mention(package)
    first = numbered.search(text)
    return (numbered.sub(r"\1", text), int(first[2])) if first else (text, 0)
