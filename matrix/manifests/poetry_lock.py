"""`poetry.lock`, of Poetry 1.1 and later. Pure.

A release of the SDK is a table `[[package]]`; there are several if what is asked for differs with the Python. Only from
Poetry 2.0 on (lock version 2.1) does a lock say when which of them is the one, and which groups want it. Which of its
extras are asked for stands in `pyproject.toml` alone.
"""

from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import at, first_text, table, texts
from matrix.manifests.locked import others
from matrix.manifests.names import is_target
from matrix.manifests.package import Package, enter
from matrix.manifests.specifiers import pythons

_INDEXES = ("", "legacy")
"""Sources that are an index: the default one has no source, any other is called legacy."""


def read(text: str, draft: Draft) -> None:
    """Note every release of the SDK that is locked."""
    document = toml.read(text, draft)
    draft.python = _python(first_text(table(document.tables, "metadata"), ("python-versions",)))
    packages = list(toml.tables(document.tables, "package", draft))
    locked = others(((package.get("name"), package.get("version")) for _, package in packages), draft.target)
    for index, package in packages:
        if is_target(package.get("name"), draft.target):
            groups = _groups(package)
            found = Package(
                version=package.get("version"),
                line=document.lines.get(("package", index, "name"), 0),
                markers=_markers(package.get("markers"), groups),
                direct=_direct(table(package, "source")),
                groups=groups,
            )
            enter(found, draft, locked)


def _groups(package: dict[str, Any]) -> tuple[str, ...]:
    """The groups that want a package; until Poetry 1.4 there was one `category`."""
    return texts(package.get("groups", [package.get("category")]))


def _markers(markers: object, groups: tuple[str, ...]) -> tuple[object, ...]:
    """The markers of a package: one, or one for each group; a group without one wants it always."""
    if isinstance(markers, dict):
        return ("",) if set(groups) - markers.keys() else tuple(markers.values())
    return () if markers is None else (markers,)


def _direct(source: dict[str, Any]) -> str:
    """Where it is taken from if that is no index: an address or a folder, and the commit."""
    if source.get("type", "") in _INDEXES:
        return ""
    return at(first_text(source, ("url",)), first_text(source, ("resolved_reference", "reference")))


def _python(constraint: str) -> str:
    """The Pythons, as `requires-python` writes them; poetry-core is not imported for what has no need of it."""
    if not set(constraint) & set("^~|*"):
        return pythons(constraint)
    from matrix.manifests.poetry import python_of

    return python_of(constraint)
