"""Which files of a project may get something of the SDK from each other, by their imports alone. Pure.

A file that does not mention the SDK uses it if it imports a name of it from a file that does. Parsing every file that
might takes most of a scan's time, so the imports of such files are found in their text.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from matrix.scan.import_lines import find_import_lines
from matrix.scan.project import Project

STAR: Final = "*"

Source = tuple[str, str]
"""The path of a file and a name in it; `*` for all of its names."""

ExportedNames = Mapping[str, tuple[Source, ...]]
"""Each name of a file that may be of the SDK to the names that it is imported from; none if it is of the SDK itself."""

_GAP = rb"[\s\\]*"
# Early releases of Python 3.11 end a group with `*+` at the wrong place if it looks ahead or behind.
_FROM: Final = re.compile(
    rb"\bfrom\b%b(\.[.\s\\]*)?([\w.]*)%b\bimport\b%b" % (_GAP, _GAP, _GAP)
    + rb"(\((?:[^)#]|#[^\n]*+)*+|[^\n;#]*+(?:(?<=\\)\r?\n[^\n;#]*+)*)"
)
_IMPORT: Final = re.compile(rb"\bimport\b[\s\\]*([\w., \t\\]*)")
_DOTTED: Final = re.compile(r"[\w.]+")
_COMMENT: Final = re.compile(rb"#[^\n]*+")
_NAME: Final = re.compile(rb"(\w+|\*)(?:[\s\\]+as\b[\s\\]+\w+)?")


class FileImports(NamedTuple):
    """What a file may import from the other files of a project.

    Attributes:
        names: Names of other files.
        files: The paths of other files.
    """

    names: frozenset[Source]
    files: frozenset[str]


def find_imports(source: bytes, path: str, project: Project) -> FileImports:
    """Find what a source may import from the files of a project."""
    names: set[Source] = set()
    files: set[str | None] = set()
    lines = find_import_lines(source)
    for dots, package, imported in _FROM.findall(lines):
        level, origin = dots.count(b"."), package.decode("utf-8", "replace")
        if not level and not project.may_have(origin):  # as most packages that are imported
            continue
        found = project.find_path(origin, level, path) if origin or level else None
        for each in _NAME.findall(_COMMENT.sub(b"", imported)):
            name = each.decode("utf-8", "replace")
            if found is not None:
                names.add((found, name))
            files.add(project.find_path(f"{origin}.{name}" if origin else name, level, path))
    words = set(_DOTTED.findall(b" ".join(_IMPORT.findall(lines)).decode("ascii")))
    files |= {project.find_path(each, 0, path) for each in words | {word.partition(".")[0] for word in words}}
    return FileImports(frozenset(names), frozenset(each for each in files if each is not None))


class Exports:
    """The names of the files that are known to use the SDK so far."""

    def __init__(self) -> None:
        self._of_file: dict[str, ExportedNames] = {}

    def add(self, path: str, names: ExportedNames) -> None:
        """Add a file that uses the SDK."""
        self._of_file[path] = names

    def may_reach(self, imports: FileImports) -> bool:
        """Return whether a file with some imports may get something of the SDK by them."""
        return any(self._has(each) for each in imports.names) or any(self._has((each, STAR)) for each in imports.files)

    def passes_on(self, imports: FileImports) -> bool:
        """Return whether a file with some imports has something of the SDK without a word of it: by `import *`."""
        return any(name == STAR and self._has((path, name)) for path, name in imports.names)

    @property
    def names(self) -> set[str]:
        """The names that are something of the SDK."""
        return {
            name for path, names in self._of_file.items() for name in names if name != STAR and self._has((path, name))
        }

    def _has(self, source: Source) -> bool:
        """Return whether a name of a file is something of the SDK, or has been imported from such a name."""
        pending, visited = [source], {source}
        while pending:
            path, name = pending.pop()
            names = self._of_file.get(path, {})
            if name == STAR and any(not sources for sources in names.values()):
                return True
            if name in names and not names[name]:
                return True
            sources: Iterable[Source] = (
                [each for sources in names.values() for each in sources] if name == STAR else names.get(name, ())
            )
            more = {*sources, *((file, name) for file, _ in names.get(STAR, ()))} - visited
            visited |= more
            pending += more
        return False
