"""Rows of text in columns. Text without colours is wrapped to the terminal, and stays whole in a pipe or a file.

A cell may have several lines, and colours from `style`.
"""

import math
import shutil
import sys
import textwrap
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Final

import click

from matrix.cli.terminal import style

_GAP: Final = "  "
_NARROWEST: Final = 12
"""Characters of a column whose text is wrapped, however narrow the terminal is."""


def lay_out(titles: Sequence[str], rows: Sequence[Sequence[str]], wrapped: Collection[int] = ()) -> str:
    """Lay rows out below their titles.

    Args:
        titles: Of the columns.
        rows: A text for each column.
        wrapped: The columns, by position, whose text is wrapped to fit the terminal.
    """
    grid = [[style(title, bold=True) for title in titles], *rows]
    widths = [max(map(_width, column)) for column in zip(*grid, strict=True)]
    wanted = sum(widths[at] for at in wrapped)
    room = _columns() - len(_GAP) * (len(widths) - 1) - (sum(widths) - wanted)
    if wanted > room:
        for at in wrapped:
            widths[at] = max(_NARROWEST, int(widths[at] * room / wanted))
    lines = []
    for row in grid:
        cells = [_wrap(text, widths[at]) if at in wrapped else text.split("\n") for at, text in enumerate(row)]
        for parts in zip_longest(*cells, fillvalue=""):
            padded = (part + " " * (width - _width(part)) for part, width in zip(parts, widths, strict=True))
            lines.append(_GAP.join(padded).rstrip())
    return "\n".join(lines)


def _columns() -> float:
    """Return how many characters a line of the terminal has; infinite where standard output is no terminal."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if is_terminal else math.inf


def _wrap(text: str, width: int) -> list[str]:
    return [part for line in text.split("\n") for part in textwrap.wrap(line, width) or [""]]


def _width(text: str) -> int:
    return max(len(line) for line in click.unstyle(text).split("\n"))
