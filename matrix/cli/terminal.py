"""Print text: the one place through which commands write to standard output and standard error. I/O: prints.

Exception messages, class names, paths and reasons come from releases and from people's files. A terminal obeys escape
sequences in them, and a CI service obeys lines such as `::error::`. So every line passes `visible`, and a text with a
line end stays in its line. Two things pass as they are: colours of `style`, and documents for programs, whose format
escapes what it must.
"""

import os
import re
from collections.abc import Iterable
from typing import Any, Final

import click

from matrix.system.text import cut, visible

LINE_LIMIT: Final = 20_000
"""Characters of a line; no line of ours is as long."""

_MARK: Final = str(int.from_bytes(os.urandom(6), "big"))
"""The first parameter of our escape sequences until they are printed. No text from outside can know it."""

_STYLED: Final = re.compile(rf"(\x1b\[{_MARK};[0-9;]*m)")


def style(text: str, **attributes: Any) -> str:
    """Colour a piece of text for the functions of this module, which print no other escape sequence.

    Args:
        text: The text.
        attributes: Those of `click.style`.
    """
    begin, end = click.style("\0", **attributes).split("\0")
    return f"{_marked(begin)}{text}{_marked(end)}"


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line; a line end within it is escaped."""
    click.echo(printable(line), err=err)


def say_lines(lines: Iterable[str]) -> None:
    """Print several lines; a line end within one of them is escaped."""
    click.echo("\n".join(map(printable, lines)))


def say_block(text: str, *, err: bool = False) -> None:
    """Print a rendered text of several lines, such as a table; the renderer answers for its line ends."""
    if text:
        click.echo("\n".join(map(printable, text.removesuffix("\n").split("\n"))), err=err)


def give_document(document: str | bytes) -> None:
    """Print a document for programs as it is."""
    click.echo(document, nl=False)


def printable(line: str) -> str:
    """Escape everything in a line that a terminal or the log of a CI service would obey, but for colours of `style`."""
    if len(line) > LINE_LIMIT:
        line = cut(_STYLED.sub("", line), LINE_LIMIT, len(line))
    pieces = _STYLED.split(line)
    if len(pieces) == 1:
        return visible(line)
    return "".join(piece.replace(f"{_MARK};", "", 1) if at % 2 else visible(piece) for at, piece in enumerate(pieces))


def _marked(sequences: str) -> str:
    return sequences.replace("\x1b[", f"\x1b[{_MARK};")
