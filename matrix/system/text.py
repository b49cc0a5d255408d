"""Make text from other people's files safe to print. Pure.

A terminal obeys escape sequences, a bidirectional override makes a line read backwards, and the log of a CI service
obeys lines that look like its commands. So a character that is not printable or shows as nothing is escaped as in
Python, and long text is shortened.
"""

import re
from collections.abc import Sequence
from typing import Final

LIMIT: Final = 1_000
"""Characters of a text in one line. A code scanner allows 1,024 in the description of a rule."""

CODE_LIMIT: Final = 2_000
"""Characters of code in several lines."""

_COMMAND: Final = re.compile(r"(?<!\S):(?=:)|#(?=#[a-z.]*\[)", re.IGNORECASE)
"""The start of a command to a CI service: `::error::` as the first word of a line, `##[error]` or `##vso[` anywhere."""

_ENDS: Final = r"([\n\t])"

_INVISIBLE: Final = "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
"""Letters and marks that Unicode asks programs to show as nothing, and that Python calls printable."""

_MATRIX: Final = re.compile(r"(?<=`)matrix (?!--target\b)")
"""The beginning of a command of this program in a message, which names no target."""

_SPACE: Final = re.compile(r"\s+")


def with_article(name: str) -> str:
    """Put `a` or `an` before a name, as people say it: `an APIError`, `an SDKError`, `a RequestError`."""
    is_spelled = name[:2].isupper()
    return f"{'an' if name[:1] in ('AEFHILMNORSX' if is_spelled else 'AEIO') else 'a'} {name}"


def name_target(text: str, command: str) -> str:
    """Write every command in a text as one of this program with these options, such as `matrix --target openai`."""
    return _MATRIX.sub(f"{command} ", text)


def visible(text: str) -> str:
    r"""Escape every character that is no visible text: an escape becomes `\x1b`, a line end `\n`; spaces stay."""
    if not _is_harmless(text):
        text = "".join(map(_escaped, text))
    return _COMMAND.sub(lambda command: _notation(command[0]), text)


def inert(text: str) -> str:
    r"""Escape every character of a page that is not printable, but for line ends and tabs, which are harmless there."""
    return text if _is_harmless(text) else "".join(map(_inert, re.split(_ENDS, text)))


def one_line(text: str, limit: int = LIMIT) -> str:
    """Return text in one line: a run of spaces and line ends becomes one space, and text beyond the limit is cut."""
    line = _SPACE.sub(" ", text).strip()
    return cut(visible(line[: limit + 1]), limit, len(line))


def lines(text: str, limit: int = CODE_LIMIT) -> list[str]:
    """Return the lines of a text with their indentation; text beyond the limit is cut."""
    beginning = text.strip("\r\n")[: limit + 1]
    printable = "\n".join(visible(line.expandtabs(4).rstrip()) for line in beginning.splitlines())
    return cut(printable, limit, len(text)).splitlines() if printable.strip() else []


def cut(text: str, limit: int, length: int) -> str:
    """Shorten a text that is longer than the limit, and append its length.

    Args:
        text: The text, or its beginning.
        limit: Characters that the result may have.
        length: Characters of the whole text.
    """
    end = f"... ({length:,} characters)"
    return text if len(text) <= limit else text[: max(0, limit - len(end))] + end


def _inert(part: str) -> str:
    return part if _is_harmless(part) or part in ("\n", "\t") else "".join(map(_escaped, part))


def _is_harmless(text: str) -> bool:
    return text.isprintable() and (text.isascii() or re.search(_INVISIBLE, text) is None)


def _escaped(character: str) -> str:
    return character if _is_harmless(character) else _notation(character)


def _notation(character: str) -> str:
    r"""Escape a character as Python does, `\x1b`, `\u202e`, also one that Python leaves as it is, such as a colon."""
    notation = character.encode("unicode_escape").decode()
    return notation if notation != character else f"\\x{ord(character):02x}"


def shorten_versions(versions: Sequence[str], most: int = 12) -> str:
    """List versions; of more than `most`, only the first and the last with their number."""
    if len(versions) <= most:
        return ", ".join(versions)
    return f"{versions[0]} to {versions[-1]} ({len(versions):,} releases)"


def counted(number: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun; the plural ends with `s` unless it is given."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"
