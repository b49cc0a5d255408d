"""A handler: an idiom with which people catch stream errors. I/O: reads its file."""

import ast
from pathlib import Path

import msgspec


class Handler(msgspec.Struct, frozen=True):
    """An idiom with which people catch stream errors.

    Attributes:
        id: Its name, which never changes after it was published.
        title: What it does, in one sentence.
        seen_in: The projects that use it; empty if it is midstream's own.
        source: Its code, which the probe runs.
    """

    id: str
    title: str
    seen_in: str
    source: str


def read_handler(path: Path) -> Handler:
    """Read the file of a handler: it opens with its title and its users, in a docstring or a comment. I/O."""
    opening, _, code = path.read_text(encoding="utf-8").partition("\n\n")
    text = ast.get_docstring(ast.parse(opening)) or "" if path.suffix == ".py" else opening.removeprefix("// ")
    title, _, seen_in = text.partition(" Ours: ")[0].partition(" Seen in ")
    return Handler(path.stem, title, seen_in.rstrip("."), code)
