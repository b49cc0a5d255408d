"""A handler: an idiom with which people catch stream errors. I/O: reads its file."""

import ast
from pathlib import Path
from typing import Final

import msgspec

FIXES: Final = "fixes"
"""The folder of the handlers' codes after the change that mends them, in the folder of a target."""


class Handler(msgspec.Struct, frozen=True):
    """An idiom with which people catch stream errors.

    Attributes:
        id: Its name, which never changes after it was published.
        title: What it does, in one sentence.
        seen_in: The projects that use it; empty if it is midstream's own.
        source: Its code, which the probe runs.
        suffix: The suffix of its file.
        fixed: Its code after the smallest change that mends it, where the target has written one.
    """

    id: str
    title: str
    seen_in: str
    source: str
    suffix: str = ".py"
    fixed: str = ""

    @property
    def is_python(self) -> bool:
        """Whether its code is Python."""
        return self.suffix == ".py"


def read_handler(path: Path) -> Handler:
    """Read the file of a handler: it opens with its title and its users, in a docstring or a comment. I/O.

    The target's folder `fixes` is no part of its probe, so a change there measures nothing again.
    """
    opening, _, code = path.read_text(encoding="utf-8").partition("\n\n")
    text = ast.get_docstring(ast.parse(opening)) or "" if path.suffix == ".py" else opening.removeprefix("// ")
    title, _, seen_in = text.partition(" Ours: ")[0].partition(" Seen in ")
    fix = path.parents[2] / FIXES / path.name
    fixed = fix.read_text(encoding="utf-8") if fix.is_file() else ""
    return Handler(path.stem, title, seen_in.rstrip("."), code, path.suffix, fixed)
