"""The lines of a requirements file, as pip reads them. Pure.

pip's own parser is no interface, so this follows its documentation ("Requirements File Format") and, where that is
silent, `pip/_internal/req/req_file.py`: a line ends as `str.splitlines` has it, a backslash at its end joins the next
one, a comment begins at a `#` that starts the line or follows white space, and the options of a line begin at the
first word that starts with a hyphen. Environment variables (`${NAME}`) are left as they are: what they hold depends on
who asks.
"""

import re
import shlex
from collections.abc import Iterator
from typing import Final

from matrix.model import Frozen

LONGEST: Final = 1_000_000
"""Characters of a line with those that it is joined to. A requirement with 200 hashes has 20,000."""

LONGEST_OPTIONS: Final = 20_000
"""Characters of a line that begins with an option. A path has 4,096 at most, and `shlex` takes quadratic time."""

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_ONLY_COMMENT = re.compile(r"\s*#")

_INCLUDES: Final = {
    "-r": ("--requirement", False),
    "-c": ("--constraint", True),
}
_EDITABLE: Final = ("-e", "--editable")


class Line(Frozen, frozen=True):
    """Lines that belong together, without comments: the number of the first, from 1, and their text."""

    number: int
    text: str

    @property
    def limit(self) -> int:
        """How many characters the line may have to be read."""
        return LONGEST_OPTIONS if self.text.startswith("-") else LONGEST


class Includes(Frozen, frozen=True, tag=True):
    """Another file is read here; as constraints if `constrains`."""

    target: str
    constrains: bool


class Requires(Frozen, frozen=True, tag=True):
    """A requirement: a name with what PEP 508 allows after it, or an address or a path."""

    text: str
    editable: bool = False


class Says(Frozen, frozen=True, tag=True):
    """Options that ask for nothing: an index, a hash."""


Statement = Includes | Requires | Says


def logical_lines(text: str) -> Iterator[Line]:
    """The lines that say something, joined and without comments."""
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        # Such a line ends what is joined; a comment behind a requirement doesn't, and takes the next line along.
        is_comment = _ONLY_COMMENT.match(line) is not None
        first = first if parts else number
        if line.endswith("\\") and not is_comment:
            parts.append(line.strip("\\"))
            continue
        parts.append(f" {line}" if is_comment else line)
        yield from _line(first, parts)
        parts = []
    yield from _line(first, parts)


def statement(line: str) -> Statement:
    """What a line says.

    Raises:
        ValueError: Its options can't be split: a quotation mark is not closed, or an include names no file.
    """
    words = line.split(" ")
    split = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    text = " ".join(words[:split]).strip()
    if text:
        return Requires(text)
    options = shlex.split(" ".join(words[split:]))
    for short, (long, constrains) in _INCLUDES.items():
        target = _value(options, short, long)
        if target is not None:
            return Includes(target, constrains)
    target = _value(options, *_EDITABLE)
    return Says() if target is None else Requires(target, editable=True)


def _line(number: int, parts: list[str]) -> Iterator[Line]:
    text = _COMMENT.sub("", "".join(parts)).strip()
    if text:
        yield Line(number, text)


def _value(options: list[str], short: str, long: str) -> str | None:
    """The value of the first option of this name: `-r x`, `-rx`, `--requirement x` or `--requirement=x`."""
    for index, option in enumerate(options):
        value: str | None = None
        if option in {short, long}:
            value = options[index + 1] if index + 1 < len(options) else ""
        elif option.startswith(f"{long}="):
            value = option[len(long) + 1 :]
        elif option.startswith(short) and not option.startswith("--"):
            value = option[len(short) :]
        if value is not None:
            if not value:
                raise ValueError("no value")
            return value
    return None
