"""Split a requirements file into the lines that pip reads. Pure.

pip's own parser is not a public interface, so this follows its documentation ("Requirements File Format") and, where
that says nothing, `pip/_internal/req/req_file.py`: a line ends where `str.splitlines` ends it, a backslash at its end
joins the next line, a comment begins at a `#` that starts the line or follows white space, and the options of a line
begin at the first word that starts with a hyphen. Environment variables (`${NAME}`) are not expanded: their values
differ between the machines that install the file.
"""

import re
from collections.abc import Iterator
from typing import Final

from matrix.model import Frozen

LONGEST: Final = 1_000_000
"""Characters of a line with the lines that it is joined to. A requirement with 200 hashes has 20,000."""

LONGEST_OPTIONS: Final = 20_000
"""Characters of a line that begins with an option. A path has 4,096 at most."""

_PIECE: Final = re.compile(r"""[ \t\r\n]++|[^ \t\r\n\\'"]++|\\(.)|'([^']*+)'|"((?:[^"\\]|\\.)*+)\"""", re.DOTALL)
"""White space, or a part of a word: plain, behind a backslash, in single quotes, in double quotes."""

_COMMENT = re.compile(r"(?:^|\s)#.*$")
_ONLY_COMMENT = re.compile(r"\s*#")

_INCLUDES: Final = {
    "-r": ("--requirement", False),
    "-c": ("--constraint", True),
}
_EDITABLE: Final = ("-e", "--editable")


class LogicalLine(Frozen, frozen=True):
    """Joined lines without comments.

    Attributes:
        number: The number of the first line, from 1.
        text: Their text.
    """

    number: int
    text: str

    @property
    def limit(self) -> int:
        """The number of characters beyond which the line is not read."""
        return LONGEST_OPTIONS if self.text.startswith("-") else LONGEST


class IncludeLine(Frozen, frozen=True, tag=True):
    """A line that includes another file.

    Attributes:
        target: The path or address of the file.
        is_constraint: Whether the file is read as constraints.
    """

    target: str
    is_constraint: bool


class RequirementLine(Frozen, frozen=True, tag=True):
    """A line that requires a package.

    Attributes:
        text: A PEP 508 requirement, or an address or a path.
        is_editable: Whether the package is installed in editable mode.
    """

    text: str
    is_editable: bool = False


class OptionLine(Frozen, frozen=True, tag=True):
    """A line of options that requires nothing, such as an index or a hash."""


Statement = IncludeLine | RequirementLine | OptionLine


def logical_lines(text: str) -> Iterator[LogicalLine]:
    """Yield the lines that are not empty, joined and without comments."""
    parts: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        # A line of only a comment ends the joined lines; a comment behind a requirement takes the next line with it.
        is_comment = _ONLY_COMMENT.match(line) is not None
        first = first if parts else number
        if line.endswith("\\") and not is_comment:
            parts.append(line.strip("\\"))
            continue
        parts.append(f" {line}" if is_comment else line)
        yield from _joined(first, parts)
        parts = []
    yield from _joined(first, parts)


def parse_line(line: str) -> Statement:
    """Parse a logical line.

    Raises:
        ValueError: Its options can't be split: a quotation mark is not closed, or an include names no file.
    """
    words = line.split(" ")
    split = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
    text = " ".join(words[:split]).strip()
    if text:
        return RequirementLine(text)
    options = split_words(" ".join(words[split:]))
    for short, (long, is_constraint) in _INCLUDES.items():
        target = _value(options, short, long)
        if target is not None:
            return IncludeLine(target, is_constraint)
    target = _value(options, *_EDITABLE)
    return OptionLine() if target is None else RequirementLine(target, is_editable=True)


def split_words(text: str) -> list[str]:
    """Split a text into the words of a POSIX shell, as `shlex.split` does, which takes quadratic time.

    Raises:
        ValueError: A quotation mark is not closed, or nothing follows a backslash.
    """
    words: list[str] = []
    parts: list[str] = []
    position = 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            raise ValueError("no closing quotation mark, or nothing behind a backslash")
        position = piece.end()
        escaped, single, double = piece.groups()
        if piece[0][0] in " \t\r\n":
            words += ["".join(parts)] if parts else []
            parts = []
        elif double is not None:
            parts.append(re.sub(r"""\\(["\\])""", r"\1", double))
        else:
            parts.append(next((part for part in (escaped, single) if part is not None), piece[0]))
    return [*words, "".join(parts)] if parts else words


def _joined(number: int, parts: list[str]) -> Iterator[LogicalLine]:
    text = _COMMENT.sub("", "".join(parts)).strip()
    if text:
        yield LogicalLine(number, text)


def _value(options: list[str], short: str, long: str) -> str | None:
    """Return the value of the first option of a name: `-r x`, `-rx`, `--requirement x` or `--requirement=x`."""
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
