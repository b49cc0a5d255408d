"""Read `poetry.lock`, of Poetry 1.1 and later. Pure.

A release of the target is a table `[[package]]`; there are several if the requirements differ between Pythons. Only
since Poetry 2.0 (lock version 2.1) does a lock say under which marker each applies, and which groups ask for it. The
extras that are asked for are in `pyproject.toml` alone.
"""

from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import at, first_text, table, texts
from matrix.manifests.locked import locked_versions
from matrix.manifests.names import is_target
from matrix.manifests.package import LockedPackage, add_package
from matrix.manifests.specifiers import pythons

_INDEXES = ("", "legacy")
"""Types of a source that is an index: the default index has no source, any other is called legacy."""


def read(text: str, draft: Draft) -> None:
    """Add every release of the target that is locked."""
    document = toml.read(text, draft)
    draft.python = _python(first_text(table(document.tables, "metadata"), ("python-versions",)))
    tables = list(toml.tables(document.tables, "package", draft))
    locked = locked_versions(((package.get("name"), package.get("version")) for _, package in tables), draft.target)
    for index, package in tables:
        if is_target(package.get("name"), draft.target):
            groups = _groups(package)
            release = LockedPackage(
                version=package.get("version"),
                line=document.lines.get(("package", index, "name"), 0),
                markers=_markers(package.get("markers"), groups),
                direct=_direct(table(package, "source")),
                groups=groups,
            )
            add_package(release, draft, locked)


def _groups(package: dict[str, Any]) -> tuple[str, ...]:
    """Return the groups that ask for a package; until Poetry 1.4 there was one `category`."""
    return texts(package.get("groups", [package.get("category")]))


def _markers(markers: object, groups: tuple[str, ...]) -> tuple[object, ...]:
    """Return the markers of a package: one, or one for each group; a group without a marker always applies."""
    if isinstance(markers, dict):
        return ("",) if set(groups) - markers.keys() else tuple(markers.values())
    return () if markers is None else (markers,)


def _direct(source: dict[str, Any]) -> str:
    """Return the address or folder that a package is installed from, with its commit; empty for an index."""
    if source.get("type", "") in _INDEXES:
        return ""
    return at(first_text(source, ("url",)), first_text(source, ("resolved_reference", "reference")))


def _python(constraint: str) -> str:
    """Return a constraint on Python as `requires-python` writes it; import poetry-core only if that is needed."""
    if not set(constraint) & set("^~|*"):
        return pythons(constraint)
    from matrix.manifests.poetry import python_of

    return python_of(constraint)
