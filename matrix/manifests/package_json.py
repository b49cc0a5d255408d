"""Read `package.json`: the dependencies of a package, and what replaces those of others. Pure."""

from collections.abc import Iterator
from typing import Any, Final

from matrix.manifests import json_file
from matrix.manifests.draft import Draft
from matrix.manifests.mentions import Path
from matrix.manifests.npm_dependencies import read_dependency, split_descriptor

_TABLES: Final = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")

_REPLACING: Final = (("overrides",), ("resolutions",), ("pnpm", "overrides"))
"""The tables of npm, yarn and pnpm that replace the range of every package below."""

_DEEPEST: Final = 50
"""Levels of nested overrides that are read. Real files have two."""


def read(source: str, draft: Draft) -> None:
    """Add the target from each table of dependencies and from each table that replaces some."""
    document, lines = json_file.read(source, draft, "Correct it: `npm pkg fix` shows what npm reads.")
    for name in _TABLES:
        for package, range_ in draft.table(document, name).items():
            draft.entries += read_dependency(package, range_, draft, lines.get((name, package), 0), name)
    for path in _REPLACING:
        for package, range_, place in _replacements(draft.table(document, *path), path):
            draft.entries += read_dependency(package, range_, draft, lines.get(place, 0), ".".join(path))


def _replacements(overrides: dict[str, Any], path: Path, depth: int = 0) -> Iterator[tuple[str, object, Path]]:
    """Yield package, range and path of each replacement.

    A key may be `a`, `a@1`, `parent>a` of pnpm, and `parent/a` or `**/a` of yarn. Of a nested table, `.` is the package
    that its key names. A range `$a` repeats the range of the dependency `a`, which is read there.
    """
    for key, value in overrides.items():
        name, _ = split_descriptor(_last_package(key))
        if isinstance(value, dict) and depth < _DEEPEST:
            here = {key if inner == "." else inner: each for inner, each in value.items()}
            yield from _replacements(here, (*path, key), depth + 1)
        elif not (isinstance(value, str) and value.startswith("$")):
            yield name, value, (*path, key)


def _last_package(key: str) -> str:
    """Return the last package in the path of a key."""
    last = key.rpartition(">")[2].strip()
    parts = last.split("/")
    start = len(parts) - 2 if len(parts) > 1 and parts[-2].startswith("@") else len(parts) - 1
    return "/".join(parts[start:])
