"""What somebody else wrote, as text that only says something. Pure.

Names and code come from other people's files. A terminal obeys escape sequences, a bidirectional override makes a line
read backwards, and the log of a CI service obeys lines that look like its commands. So whatever can't be printed is
written as Python would escape it, and nothing is longer than somebody would read.
"""

import re
from typing import Final

LIMIT: Final = 1_000
"""Characters of a text in one line: a code scanner's description of a rule may have 1,024."""

CODE_LIMIT: Final = 2_000
"""Characters of code in several lines."""

_COMMAND: Final = re.compile(r"(?<!\S):(?=:)|#(?=#[a-z.]*\[)", re.IGNORECASE)
"""What starts a command to a CI service: `::error::` as a line's first word, `##[error]` or `##vso[` anywhere."""

_ENDS: Final = re.compile(r"([\n\t])")

_SPACE: Final = re.compile(r"\s+")


def visible(text: str) -> str:
    r"""Text without a character that does anything: an escape becomes `\x1b`, a line's end `\n`; spaces stay."""
    if not text.isprintable():
        text = "".join(map(_escaped, text))
    return _COMMAND.sub(lambda found: _notation(found[0]), text)


def inert(text: str) -> str:
    r"""Text of a page, where the ends of lines and tabs do no harm: what else can't be printed is escaped."""
    return text if text.isprintable() else "".join(map(_inert, _ENDS.split(text)))


def one_line(text: str, limit: int = LIMIT) -> str:
    """Text in one line: any run of spaces and line ends is one space, and what is beyond the limit is cut off."""
    squeezed = _SPACE.sub(" ", text).strip()
    return cut(visible(squeezed[: limit + 1]), limit, len(squeezed))


def lines(text: str, limit: int = CODE_LIMIT) -> list[str]:
    """Text in the lines in which it was written, with their indentation; what is beyond the limit is cut off."""
    begun = text.strip("\r\n")[: limit + 1]
    shown = "\n".join(visible(line.expandtabs(4).rstrip()) for line in begun.splitlines())
    return cut(shown, limit, len(text)).splitlines() if shown.strip() else []


def cut(text: str, limit: int, length: int) -> str:
    """The beginning of a text that is too long, and how long it was written: together no longer than the limit."""
    end = f"... ({length:,} characters)"
    return text if len(text) <= limit else text[: max(0, limit - len(end))] + end


def _inert(part: str) -> str:
    return part if part.isprintable() or part in ("\n", "\t") else "".join(map(_escaped, part))


def _escaped(character: str) -> str:
    return character if character.isprintable() else _notation(character)


def _notation(character: str) -> str:
    r"""As Python writes it: `\x1b`, `\u202e`; a colon, which Python has no need to escape, in the same way."""
    return character.encode("unicode_escape").decode() if not character.isprintable() else f"\\x{ord(character):02x}"


def counted(number: int, one: str, several: str = "") -> str:
    """A number and its noun."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
