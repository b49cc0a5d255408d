"""Parse a user's YAML into tables, arrays and texts, with the lines that mention the target. Pure.

Every scalar is a text, as it is written: YAML reads the version `1.10` as the number 1.1. `yaml.parse` yields the parts
of a file one by one, so that this module bounds their number and their depth: the tree builder of PyYAML follows a
deeply nested file until the process crashes. Aliases and directives are refused: no manifest that a tool writes has
any, a few aliases can stand for billions of values, and many directives take quadratic time.
"""

import re
from typing import Any, Final

import yaml

from matrix.manifests.draft import Draft
from matrix.manifests.mentions import Document, Path
from matrix.manifests.names import spellings

MOST_EVENTS: Final = 1_000_000
"""Parts of one file, which take two seconds. A lock of 500 packages for four platforms has 100,000."""

DEEPEST: Final = 50
"""Levels of nested tables and arrays. A lock has eight."""

_DIRECTIVE = re.compile(r"^%", re.MULTILINE)

_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


class _Refused(Exception):
    """A file that this module does not read; the message says why."""


def read(text: str, draft: Draft) -> Document:
    """Parse a text that mentions the target; report to the draft why it can't be parsed.

    A text that does not mention the target requires nothing of it, and is not parsed: a lock may have megabytes.
    """
    mention = re.compile(spellings(draft.target.package), re.IGNORECASE)
    if mention.search(text) is None:
        return Document({}, {})
    try:
        tree, lines = _build(text, mention)
    except _Refused as refusal:
        draft.report(f"The file was skipped: {refusal}.", "Check that the file is of the kind that its name says.")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "it has an invalid character"
        draft.report(
            f"The file is not valid YAML: {str(problem)[:200]}.",
            "Correct it, or regenerate it with the tool that wrote it.",
            line=mark.line + 1 if mark else 0,
        )
    else:
        if isinstance(tree, dict):
            return Document(tree, lines)
        draft.report("The file must contain a table.", "Check that the file is of the kind that its name says.")
    return Document({}, {})


class _Tree:
    """The tables and arrays of a text while it is read.

    Attributes:
        roots: The values of its documents.
        lines: The lines that mention the target, in the form of `mentions.parse`.
    """

    def __init__(self, mention: re.Pattern[str]) -> None:
        self.roots: list[Any] = []
        self.lines: dict[Path, int] = {}
        self._mention = mention
        self._open: list[tuple[Any, Path]] = [(self.roots, ())]
        self._keys: list[str | None] = [None]

    def add(self, event: yaml.Event) -> None:
        """Add the next part of the text; of equal keys in a table, the last counts."""
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.AliasEvent):
            raise _Refused(f"line {line} has an alias, which midstream does not follow")
        elif isinstance(event, yaml.ScalarEvent):
            container, _ = self._open[-1]
            if isinstance(container, dict) and self._keys[-1] is None:
                self._keys[-1] = event.value
                self._record(self._path(event.value), event.value, line)
            else:
                self._record(self._put(event.value), event.value, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            if isinstance(self._open[-1][0], dict) and self._keys[-1] is None:
                raise _Refused(f"line {line} has a key that is not a text")
            if len(self._open) > DEEPEST:
                raise _Refused("it is nested too deeply")
            value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            self._open.append((value, self._put(value)))
            self._keys.append(None)

    def _put(self, value: Any) -> Path:
        """Put a value into the innermost container; return its path."""
        container, _ = self._open[-1]
        key = self._keys[-1]
        if key is None:
            container.append(value)
            return self._path(len(container) - 1)
        container[key] = value
        self._keys[-1] = None
        return self._path(key)

    def _path(self, position: str | int) -> Path:
        return () if len(self._open) == 1 else (*self._open[-1][1], position)

    def _record(self, path: Path, text: str, line: int) -> None:
        if self._mention.search(text):
            self.lines[path] = line


def _build(text: str, mention: re.Pattern[str]) -> tuple[Any, dict[Path, int]]:
    """Build the tree of a text with one document."""
    if _DIRECTIVE.search(text):
        raise _Refused("it has a directive, a line that begins with `%`")
    tree = _Tree(mention)
    for number, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        if number >= MOST_EVENTS:
            raise _Refused(f"it has more than {MOST_EVENTS:,} parts")
        tree.add(event)
    if len(tree.roots) > 1:
        raise _Refused("it has several documents")
    return (tree.roots[0] if tree.roots else {}), tree.lines
