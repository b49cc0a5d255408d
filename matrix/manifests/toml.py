"""TOML of strangers: what it says, where it mentions the SDK, and what to do when it is broken. Pure.

`tomllib` is right, and slow: five megabytes take it a second. Nearly all of a lock are the addresses and hashes of
files, which nobody asks for here, so `squeezed` takes them out before. It takes out only what is surely an array or a
table of such files, in the very shape in which the tools write it, and leaves as many lines; what remains is broken if
and only if the whole was. (In a string of many lines the shape could stand too, and would be missing from a text that
nobody reads; it has no three quotes in a row that could end the string.)

A file that is broken somewhere is read without the table that is broken: a merge conflict in one package says nothing
about the others.
"""

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from matrix.manifests.draft import Draft, shown
from matrix.manifests.mentions import Path, parse

_MOST_PARTS: Final = 100
"""Of a dotted key. `tomllib` takes quadratic time for them, and before Python 3.14 knows no limit."""

_MOST_REPAIRS: Final = 5
"""Tables that are left out of one file before the rest is given up."""

_REPAIRABLE: Final = 2_000_000
"""Characters of a text that is parsed again for each broken table."""

_STRING = r"""\"[^"'\\\x00-\x1f\x7f]*+\""""
_TIME = r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z"
_NUMBER = r"(?:0|[1-9][0-9]{0,17}+)"
_UV = rf"\{{ url = {_STRING}, hash = {_STRING}(?:, size = {_NUMBER})?(?:, upload-time = {_STRING})? \}}"
_PDM = rf"\{{(?:url|file) = {_STRING}, hash = {_STRING}\}}"
_PYLOCK = (
    rf"\{{ url = {_STRING}(?:, upload-time = {_TIME})?(?:, size = {_NUMBER})?, hashes = \{{ sha256 = {_STRING} \}} \}}"
)
_FILE = rf"(?:{_UV}|{_PYLOCK}|{_PDM})"
_FILES = re.compile(
    rf"^(?P<key>[A-Za-z0-9_-]++|{_STRING}) = \[\n(?P<items>(?:    {_FILE},\n)++)\]$|^(?P<one>sdist) = {_FILE}$",
    re.MULTILINE,
)
_PART = r"""(?:[\w-]++|"[^"]*+"|'[^']*+')"""
_DOTTED = re.compile(rf"(?<![\w\"'-])(?:{_PART}\s*+\.\s*+){{{_MOST_PARTS}}}")
_HEADER = re.compile(r"^[ \t]*+\[{1,2}([A-Za-z0-9_.\"' \t-]++)\](\]?)[ \t]*+(?:#.*)?$", re.MULTILINE)
_WHERE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


class Toml(NamedTuple):
    """What a TOML file says.

    Attributes:
        tables: As `tomllib` gives them; empty if it is broken beyond repair.
        lines: Where it mentions the SDK, as `mentions.parse` has it.
    """

    tables: dict[str, Any]
    lines: dict[Path, int]


def read(text: str, draft: Draft) -> Toml:
    """What a text says; what is broken in it is noted in the draft, and the tables around it are read."""
    if "\r\r" not in text:  # after which `tomllib`, which does this too, would take another one away
        text = text.replace("\r\n", "\n")
    short = squeezed(text)
    if _is_too_dotted(short):
        draft.say(
            f"It has a key of more than {_MOST_PARTS} parts, so it is not read.", "Is this a file of another kind?"
        )
        return Toml({}, {})
    try:
        return Toml(*parse(short, tomllib.loads, draft.target.package))
    except (ValueError, RecursionError):
        return _repaired(text, draft)


def squeezed(text: str) -> str:
    """The same TOML without the addresses and hashes of files, on as many lines."""
    return _FILES.sub(_without_items, text)


def tables(parent: dict[str, Any], key: str, draft: Draft) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each table of an array of tables, with its index; what is none is noted in the draft."""
    array = parent.get(key, [])
    if not isinstance(array, list):
        draft.say(f"`{key}` is {shown(array)}, and not an array of tables.")
        return
    for index, one in enumerate(array):
        if isinstance(one, dict):
            yield index, one
        else:
            draft.say(f"An item of `{key}` is {shown(one)}, and not a table.")


def _repaired(text: str, draft: Draft) -> Toml:
    """What a broken text says without its broken tables."""
    for _ in range(_MOST_REPAIRS):
        try:
            return Toml(*parse(text, tomllib.loads, draft.target.package))
        except RecursionError:
            draft.say("It is nested too deeply to be read.")
            return Toml({}, {})
        except ValueError as error:
            message = str(error)
        where = _WHERE.search(message)
        line = int(where[1] or text.count("\n") + 1) if where else 0
        draft.say(f"It is broken TOML: {_cut(_WHERE.sub('', message))}.", _hint(text, line), line=line)
        if not line or len(text) > _REPAIRABLE:
            return Toml({}, {})
        text = _without_table(text, line)
    draft.say("It is broken in so many places that it is not read.")
    return Toml({}, {})


def _without_table(text: str, line: int) -> str:
    """The text with the table around a line left blank: with its sub-tables, and with its parent in an array."""
    lines = text.split("\n")
    headers: list[tuple[int, str, bool]] = []
    number = seen = 0
    for found in _HEADER.finditer(text):
        number += text.count("\n", seen, found.start())
        seen = found.start()
        headers.append((number, _key(found[1]), bool(found[2])))
    first, name = 0, "\n"  # what stands before every header is a table without a name or sub-tables
    for number, key, in_array in headers:
        if number >= line:
            break
        # A sub-table of one package without that package would become a part of the package before.
        if not key.startswith(f"{name}.") or in_array:
            first, name = number, key
    last = next((number for number, key, _ in headers if number >= line and not key.startswith(f"{name}.")), len(lines))
    return "\n".join([*lines[:first], *[""] * (last - first), *lines[last:]])


def _key(header: str) -> str:
    return re.sub(r"[\"' \t]", "", header)


def _hint(text: str, line: int) -> str:
    start = text.split("\n", line)[line - 1][:8] if line else ""
    conflict = start.startswith(("<<<<<<< ", "=======", ">>>>>>> "))
    return "This is a merge conflict: resolve it first." if conflict else "Whatever wrote it can write it again."


def _cut(message: str) -> str:
    return message if len(message) <= 200 else message[:200] + "..."


def _is_too_dotted(text: str) -> bool:
    return any(line.count(".") >= _MOST_PARTS and _DOTTED.search(line) for line in text.split("\n"))


def _without_items(found: re.Match[str]) -> str:
    if found["one"]:
        return "sdist = {}"
    return f"{found['key']} = [" + "\n" * (found["items"].count("\n") + 1) + "]"
