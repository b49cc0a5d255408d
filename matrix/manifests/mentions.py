"""Lines of the SDK's name in TOML and JSON, whose parsers give none. Pure.

Before a text is parsed, each mention of the SDK in it gets the number of its line: `anthropic>=0.40` on line 7 becomes
`anthropic<7>>=0.40`, so to speak. The parser carries the number to wherever the mention ends up, be it a key, a value
or an item of an array, however the file is laid out. A number is letters and digits only, which are right wherever the
name itself is: in a string, in a bare key, in a header, in a comment.

Then the numbers are taken out again. Where only values had one, what is left is what the text says. Where a key had
one, two keys that were the same may not have been when they were parsed, so the text is parsed as it stands as well.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from matrix.manifests.names import spellings

Path = tuple[str | int, ...]
"""Where something is in a parsed file: keys, and indices of arrays."""

_SIGN = "midstreamline"
"""No file has that in it; one that does has no lines."""


@cache
def _mention(package: str) -> re.Pattern[str]:
    """Compile the pattern of a package's name."""
    return re.compile(spellings(package), re.IGNORECASE)


@cache
def _numbered_mention(package: str) -> re.Pattern[str]:
    """Compile the pattern of a package's name with the number of its line."""
    return re.compile(rf"({spellings(package)}){_SIGN}(\d+)x", re.IGNORECASE)


def parse(text: str, loads: Callable[[str], Any], package: str) -> tuple[Any, dict[Path, int]]:
    """Parse a text, and find the line of each key and of each text in it that mentions a package, from 1.

    A key is found at the path that ends with it.

    Raises:
        ValueError: What `loads` raises.
        RecursionError: Likewise.
    """
    if _mention(package).search(text) is None or _SIGN in text:
        return loads(text), {}
    numbered = "\n".join(_numbered(line, number, package) for number, line in enumerate(text.split("\n"), 1))
    try:
        tree = loads(numbered)
    except (ValueError, RecursionError):
        return loads(text), {}  # so that the columns of the error are those of the file
    lines: dict[Path, int] = {}
    if _take_out(tree, lines, package):
        return loads(text), lines
    return tree, lines


def _numbered(line: str, number: int, package: str) -> str:
    # A function, since a template is compiled anew for each number, which takes longer than all else.
    sign = f"{_SIGN}{number}x"
    return _mention(package).sub(lambda found: found[0] + sign, line)


def _take_out(tree: Any, lines: dict[Path, int], package: str) -> bool:
    """Take the numbers out of values and note them; say whether a key has one, which stays as it is."""
    keyed = False
    # Not recursive: a file may be nested as deep as its parser can bear, and that leaves nothing for this.
    todo: list[tuple[Path, Any]] = [((), tree)]
    while todo:
        path, branch = todo.pop()
        for key, value in branch.items() if isinstance(branch, dict) else enumerate(branch):
            name, line = _split(key, package) if isinstance(key, str) else (key, 0)
            here = (*path, name)
            if line:
                keyed = True
                lines.setdefault(here, line)
            if isinstance(value, dict | list):
                todo.append((here, value))
            elif isinstance(value, str):
                plain, line = _split(value, package)
                if line:
                    branch[key] = plain
                    lines.setdefault(here, line)
    return keyed


def _split(text: str, package: str) -> tuple[str, int]:
    """A text without numbers, and the first of them; 0 if it had none."""
    numbered = _numbered_mention(package)
    found = numbered.search(text)
    return (numbered.sub(r"\1", text), int(found[2])) if found else (text, 0)
