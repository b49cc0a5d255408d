"""Lay out rows of text in columns. Wrap text to the width of the terminal, but never in a pipe or a file.

A cell may have several lines, and colours from `style`.
"""

import math
import textwrap
from collections.abc import Collection, Sequence
from itertools import zip_longest
from typing import Final

import click

from matrix.cli.terminal import output_width, style

_GAP: Final = "  "
_NARROWEST: Final = 12
"""The least width of a wrapped column, in characters."""


def lay_out(titles: Sequence[str], rows: Sequence[Sequence[str]], wrapped: Collection[int] = ()) -> str:
    """Lay rows out below their titles.

    Args:
        titles: The titles of the columns.
        rows: The rows, each with a text for every column.
        wrapped: The positions of the columns whose text is wrapped to fit the terminal.
    """
    grid = [[style(title, bold=True) for title in titles], *rows]
    widths = [max(map(_width, column)) for column in zip(*grid, strict=True)]
    unwrapped_width = sum(widths[at] for at in wrapped)
    room = (output_width() or math.inf) - len(_GAP) * (len(widths) - 1) - (sum(widths) - unwrapped_width)
    if unwrapped_width > room:
        for at in wrapped:
            widths[at] = max(_NARROWEST, len(titles[at]), int(widths[at] * room / unwrapped_width))
    lines = []
    for row in grid:
        cells = [_wrap(text, widths[at]) if at in wrapped else text.split("\n") for at, text in enumerate(row)]
        for parts in zip_longest(*cells, fillvalue=""):
            padded = (part + " " * (width - _width(part)) for part, width in zip(parts, widths, strict=True))
            lines.append(_GAP.join(padded).rstrip())
    return "\n".join(lines)


def _wrap(text: str, width: int) -> list[str]:
    """Wrap each line that is too long; a line that fits stays, since `textwrap` would count and break its colours."""
    lines = text.split("\n")
    return [part for line in lines for part in ([line] if _width(line) <= width else textwrap.wrap(line, width))]


def _width(text: str) -> int:
    return max(len(line) for line in click.unstyle(text).split("\n"))
