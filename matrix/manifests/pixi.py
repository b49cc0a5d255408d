"""Read `pixi.toml`, and `[tool.pixi]` of a `pyproject.toml`. Pure.

A project, each feature and each platform (`target`) have tables of packages: of conda in `dependencies`, from the
package index in `pypi-dependencies`.
"""

from collections.abc import Iterator
from typing import Any

from matrix.manifests import toml
from matrix.manifests.conda import constrained, python_of
from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.fields import as_table, at, first_text, text
from matrix.manifests.mentions import Document, Path
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.specifiers import specifier_of

_CONDA = ("dependencies", "host-dependencies", "build-dependencies")
_INDEX = "pypi-dependencies"


def read(source: str, draft: Draft) -> None:
    """Add every requirement on the target."""
    document = toml.read(source, draft)
    read_tables((), document, draft)


def read_tables(prefix: Path, document: Document, draft: Draft) -> None:
    """Add every requirement on the target in the tables below a path."""
    for path in _holders(tuple(map(str, prefix)), document.tables, draft):
        for kind in (*_CONDA, _INDEX):
            for name, package in draft.table(document.tables, *path, kind).items():
                if name == "python" and kind in _CONDA and not draft.python:
                    draft.python = python_of(f"python {_version(package)}")
                if is_target(name, draft.target):
                    here = (*path, kind, name)
                    origin = ".".join((*path, kind))
                    line = document.lines.get(here, 0)
                    if kind == _INDEX:
                        draft.entries += _entries(package, origin, line, draft)
                    else:
                        draft.entries += constrained(_version(package), f"{origin} (conda)", line, draft)


def _holders(root: tuple[str, ...], tables: dict[str, Any], draft: Draft) -> Iterator[tuple[str, ...]]:
    """Yield the path of each table that may have tables of packages: the project, features, and platforms of both."""
    for path in (root, *((*root, "feature", name) for name in draft.table(tables, *root, "feature"))):
        yield path
        yield from ((*path, "target", name) for name in draft.table(tables, *path, "target"))


def _version(package: object) -> str:
    """Return the constraint of a package of conda: its text, or the field `version` of its table."""
    return package if isinstance(package, str) else first_text(package, ("version",))


def _entries(package: object, origin: str, line: int, draft: Draft) -> Iterator[ManifestEntry]:
    try:
        fields = {"version": package} if isinstance(package, str) else as_table(package)
        direct = at(first_text(fields, ("git", "url", "path")), first_text(fields, ("rev", "tag", "branch")))
        yield ManifestEntry(
            place=draft.place(line),
            specifier=specifier_of(text(fields, "version")),
            extras=extras_of(fields.get("extras")),
            origin=origin,
            direct=direct,
        )
    except ValueError:
        version = package.get("version") if isinstance(package, dict) else package
        message = f"The requirement on {draft.target.package} is not valid: {describe(version)}."
        draft.report(message, "Write a PEP 440 specifier such as `>=0.40,<1`.", line=line)
