"""Parse a user's TOML: its tables, the lines that mention the target, and as much as possible of invalid TOML. Pure.

`tomllib` is correct but slow: it takes a second for five megabytes. Nearly all of a lock is the addresses and hashes of
files, which no reader here needs, so `without_files` removes them first. It removes only arrays and tables of files in
the exact shape that uv, PDM and pip write, and keeps the number of lines; the remaining text is valid if and only if
the whole was. (A multi-line string may contain that shape too, and then loses it; no reader here uses such a string,
and the shape has no three quotes in a row that could end it.)

An invalid file is read without its invalid table: a merge conflict in one package does not lose the others.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from matrix.manifests.draft import Draft, describe
from matrix.manifests.mentions import Document, parse

_MOST_PARTS: Final = 100
"""Parts of a dotted key. `tomllib` takes quadratic time for them, and has no limit before Python 3.14."""

_LARGEST: Final = 4_000_000
"""Characters of a text without the addresses and hashes of files. `tomllib` takes two seconds for a million if they are
many short items. The largest known locks have 500,000."""

_MOST_REPAIRS: Final = 5
"""Invalid tables that are removed from one file before the whole file is skipped."""

_REPAIRABLE: Final = 2_000_000
"""Characters of a text that is parsed again for each invalid table."""

_STRING = r"""\"[^"'\\\x00-\x1f\x7f]*+\""""
_TIME = r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z"
_NUMBER = r"(?:0|[1-9][0-9]{0,17}+)"
_UV = rf"\{{ url = {_STRING}, hash = {_STRING}(?:, size = {_NUMBER})?(?:, upload-time = {_STRING})? \}}"
_PDM = rf"\{{(?:url|file) = {_STRING}, hash = {_STRING}\}}"
_PYLOCK = (
    rf"\{{ url = {_STRING}(?:, upload-time = {_TIME})?(?:, size = {_NUMBER})?, hashes = \{{ sha256 = {_STRING} \}} \}}"
)
_FILES = (
    (_UV, ("{ url = ", ", hash = ")),
    (_PYLOCK, ("hashes = { sha256 = ",)),
    (_PDM, ("{url = ",)),
    (_PDM, ("{file = ",)),
)
"""The shapes of a file, each with texts that a lock with such files contains."""

_PART = r"""(?:[\w-]++|"[^"]*+"|'[^']*+')"""
_DOTTED = re.compile(rf"(?<![\w\"'-])(?:{_PART}\s*+\.\s*+){{{_MOST_PARTS}}}")
_HEADER = r"(?m)^[ \t]*+\[{1,2}([A-Za-z0-9_.\"' \t-]++)\](\]?)[ \t]*+(?:#.*)?$"
_POSITION = r" \(at (?:line (\d+), column \d+|end of document)\)$"


def read(text: str, draft: Draft) -> Document:
    """Parse a text; report each invalid table to the draft, and read the tables around it."""
    if "\r\r" not in text:  # `tomllib` also replaces these, and would remove the second CR too
        text = text.replace("\r\n", "\n")
    short = without_files(text)
    if len(short) > _LARGEST:
        draft.report(
            f"The file was skipped: it has more than {_LARGEST // 1_000_000} MB besides the addresses of files.",
            "Check that the file is of the kind that its name says.",
        )
        return Document({}, {})
    if _is_too_dotted(short):
        draft.report(
            f"The file was skipped: a key in it has more than {_MOST_PARTS} parts.",
            "Check that the file is of the kind that its name says.",
        )
        return Document({}, {})
    try:
        return Document(*parse(short, tomllib.loads, draft.target.package))
    except (ValueError, RecursionError):
        return _repaired(text, draft)


def without_files(text: str) -> str:
    """Remove the addresses and hashes of files from TOML, and keep its number of lines."""
    shapes = {shape for shape, signs in _FILES if all(sign in text for sign in signs)}
    return _files(frozenset(shapes)).sub(_without_items, text) if shapes else text


@cache
def _files(shapes: frozenset[str]) -> re.Pattern[str]:
    """Compile the pattern of arrays and tables of files: only of those in a text, since each takes a millisecond."""
    file = f"(?:{'|'.join(sorted(shapes))})"
    return re.compile(
        rf"^(?P<key>[A-Za-z0-9_-]++|{_STRING}) = \[\n(?P<items>(?:    {file},\n)+)\]$|^(?P<sdist>sdist) = {file}$",
        re.MULTILINE,
    )


def tables(parent: dict[str, Any], key: str, draft: Draft) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each table of an array of tables with its index; report other values to the draft."""
    array = parent.get(key, [])
    if not isinstance(array, list):
        draft.report(f"`{key}` must be an array of tables, but is {describe(array)}.")
        return
    for index, item in enumerate(array):
        if isinstance(item, dict):
            yield index, item
        else:
            draft.report(f"Each item of `{key}` must be a table, but one is {describe(item)}.")


def _repaired(text: str, draft: Draft) -> Document:
    """Parse an invalid text without its invalid tables."""
    for _ in range(_MOST_REPAIRS):
        try:
            return Document(*parse(text, tomllib.loads, draft.target.package))
        except RecursionError:
            draft.report("The file was skipped: it is nested too deeply.")
            return Document({}, {})
        except ValueError as error:
            message = str(error)
        position = re.search(_POSITION, message)
        line = int(position[1] or text.count("\n") + 1) if position else 0
        reason = _cut(re.sub(_POSITION, "", message))
        draft.report(f"The file is not valid TOML: {reason}.", _hint(text, line), line=line)
        if not line or len(text) > _REPAIRABLE:
            return Document({}, {})
        text = _without_table(text, line)
    draft.report(f"The file was skipped: more than {_MOST_REPAIRS} of its tables are not valid TOML.")
    return Document({}, {})


def _without_table(text: str, line: int) -> str:
    """Blank the table around a line, with its sub-tables, and with its parent if that is in an array."""
    lines = text.split("\n")
    headers: list[tuple[int, str, bool]] = []
    number = position = 0
    for header in re.finditer(_HEADER, text):
        number += text.count("\n", position, header.start())
        position = header.start()
        headers.append((number, _key(header[1]), bool(header[2])))
    first, name = 0, "\n"  # the lines before every header are a table without a name or sub-tables
    for number, key, in_array in headers:
        if number >= line:
            break
        # If only the package is blanked, its sub-table becomes a part of the package before it.
        if not key.startswith(f"{name}.") or in_array:
            first, name = number, key
    last = next((number for number, key, _ in headers if number >= line and not key.startswith(f"{name}.")), len(lines))
    return "\n".join([*lines[:first], *[""] * (last - first), *lines[last:]])


def _key(header: str) -> str:
    return re.sub(r"[\"' \t]", "", header)


def _hint(text: str, line: int) -> str:
    start = text.split("\n", line)[line - 1][:8] if line else ""
    conflict = start.startswith(("<<<<<<< ", "=======", ">>>>>>> "))
    return (
        "Resolve the merge conflict first." if conflict else "Correct it, or regenerate it with the tool that wrote it."
    )


def _cut(message: str) -> str:
    return message if len(message) <= 200 else message[:200] + "..."


def _is_too_dotted(text: str) -> bool:
    return any(line.count(".") >= _MOST_PARTS and _DOTTED.search(line) for line in text.split("\n"))


def _without_items(files: re.Match[str]) -> str:
    if files["sdist"]:
        return "sdist = {}"
    return f"{files['key']} = [" + "\n" * (files["items"].count("\n") + 1) + "]"
