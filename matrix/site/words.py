"""Small pieces of pages that stand in them by the thousand: chips, runs of releases, and counts. Pure.

Templates call them; a macro would take ten times as long.
"""

from collections.abc import Sequence
from functools import lru_cache

from markupsafe import Markup

from matrix.site.grid import GridColumn
from matrix.site.marks import MARKS, Mark
from matrix.system.text import inert


@lru_cache(maxsize=None, typed=True)  # HTML equals the text that it is made of, but is of another type
def chip(mark: str, words: str) -> Markup:
    """Return an outcome with its mark, whose sign the style draws, and whose verdict the style says."""
    said = " said" if words == MARKS[Mark(mark)].title else ""
    return _chip(f"m-{mark}{said}", words)


@lru_cache(maxsize=None, typed=True)
def outcome_chip(outcome: str, words: str) -> Markup:
    """Return words that name the outcome of a handler, with its sign."""
    return _chip(f"w-{outcome}", words)


def _chip(style: str, words: str) -> Markup:
    return Markup('<span class="chip {}">{}</span>').format(style, inert(words))


def span(versions: Sequence[str]) -> str:
    """Name a run of releases by its first and its last."""
    return versions[0] if len(versions) == 1 else f"{versions[0]}–{versions[-1]}"


def months(column: GridColumn) -> str:
    """Name the months in which the releases of a column were uploaded."""
    return column.since if column.since == column.until else f"{column.since} – {column.until}"
