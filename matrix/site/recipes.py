"""Programs that use a target's remedy, each with a title. I/O: reads the folder `recipes` of the target.

A recipe is a file whose docstring begins with its title and a colon, and then says when to use it. The number before
its name gives the order. `docs/remedy.md` shows the same files, and tests run all of them.
"""

import ast
from pathlib import Path
from typing import Final

from matrix.model import Frozen
from matrix.targets.target import Target

_FOLDER: Final = "recipes"


class Recipe(Frozen, frozen=True, kw_only=True):
    """A program that uses the remedy.

    Attributes:
        name: The name of its file.
        title: What it is for, in a word or two.
        note: When to use it, in a sentence.
        source: The program.
    """

    name: str
    title: str
    note: str
    source: str


def read_recipes(target: Target) -> tuple[Recipe, ...]:
    """Read the recipes of a target; none if it has no remedy."""
    return tuple(_read(path) for path in sorted((target.folder / _FOLDER).glob("*.py")))


def _read(path: Path) -> Recipe:
    source = path.read_text(encoding="utf-8")
    title, _, note = (ast.get_docstring(ast.parse(source)) or "").partition(": ")
    return Recipe(
        name=path.name.partition("_")[2],
        title=title,
        note=note[:1].upper() + note[1:],
        source=source.partition('"""\n\n')[2],
    )
