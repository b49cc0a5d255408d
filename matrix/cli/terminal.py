"""Print text: the one place through which commands write to standard output and standard error. I/O: prints.

Exception messages, class names, paths and reasons come from releases and from people's files. A terminal obeys escape
sequences in them, and a CI service obeys lines such as `::error::`. So every line passes `visible`, and a text with a
line end stays in its line. Two things pass as they are: colours of `style`, and documents for programs, whose format
escapes what it must.

Messages name commands as `matrix run`. What is printed names the target too, so that a hint works as it stands.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, Final

import click

from matrix.system.text import cut, name_target, visible

LINE_LIMIT: Final = 20_000
"""Characters of a line; no line of ours is as long."""

_MARK: Final = str(int.from_bytes(os.urandom(6), "big"))
"""The first parameter of our escape sequences until they are printed. No text from outside can know it."""

_STYLED: Final = re.compile(rf"(\x1b\[{_MARK};[0-9;]*m)")


_command = "matrix"


def name_commands(command: str) -> None:
    """Print every command as one of this program with these options, such as `matrix --target openai`."""
    global _command
    _command = command


def with_target(text: str) -> str:
    """Name the target in every command of a text."""
    return name_target(text, _command)


def style(text: str, **attributes: Any) -> str:
    """Colour a piece of text for the functions of this module, which print no other escape sequence.

    Args:
        text: The text.
        attributes: Those of `click.style`.
    """
    if not has_colours():
        return text
    begin, end = click.style("\0", **attributes).split("\0")
    return f"{_marked(begin)}{text}{_marked(end)}"


def output_width() -> int:
    """Return the width of the output in characters: `COLUMNS`, or that of the terminal; 0 for a pipe without either."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isascii() and columns.isdigit() and int(columns):
        return int(columns)
    if sys.stdout is None or not sys.stdout.isatty():
        return 0
    import shutil  # imported here so that a quick command starts quickly

    return shutil.get_terminal_size().columns


def has_colours() -> bool:
    """Return whether colours may be printed: not with `NO_COLOR`, and not on a terminal that has none."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def say(line: str = "", *, err: bool = False) -> None:
    """Print one line; a line end within it is escaped."""
    click.echo(printable(line), err=err)


def say_lines(lines: Iterable[str]) -> None:
    """Print several lines; a line end within one of them is escaped."""
    width = output_width()
    click.echo("\n".join(part for line in lines for part in _wrap(printable(line), width)))


def _wrap(line: str, width: int) -> Iterator[str]:
    """Wrap a printable line at its spaces; the other lines are indented by two more. Colours have no width."""
    if not width or len(click.unstyle(line)) <= width:
        yield line
        return
    indent = " " * (len(line) - len(line.lstrip(" ")))
    part = ""
    for word in line.strip(" ").split(" "):
        longer = f"{part} {word}" if part else f"{indent}{word}"
        if part and len(click.unstyle(longer)) > width:
            yield part
            longer = f"{indent}  {word}"
        part = longer
    yield part


def say_block(text: str, *, err: bool = False) -> None:
    """Print a rendered text of several lines, such as a table; the renderer answers for its line ends."""
    if text:
        click.echo("\n".join(map(printable, text.removesuffix("\n").split("\n"))), err=err)


def give_document(document: str | bytes) -> None:
    """Print a document for programs as it is."""
    click.echo(document, nl=False)


def discard_output() -> None:
    """Print nothing more, once the reader of standard output has closed the pipe: Python would fail to flush it."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until the process ends


def printable(line: str) -> str:
    """Escape everything in a line that a terminal or the log of a CI service would obey, but for colours of `style`."""
    line = with_target(line)
    if len(line) > LINE_LIMIT:
        line = cut(_STYLED.sub("", line), LINE_LIMIT, len(line))
    return "".join(
        piece.replace(f"{_MARK};", "", 1) if number % 2 else visible(piece)  # every second piece is a colour
        for number, piece in enumerate(_STYLED.split(line))
    )


def _marked(sequences: str) -> str:
    return sequences.replace("\x1b[", f"\x1b[{_MARK};")
