"""`uv.lock`: one lock for every platform. Pure.

A release of the SDK is a table `[[package]]`. There are several if the resolution forked, each with the markers under
which it is the one. Which extras are asked for stands with those who depend on it.
"""

from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import first_text, table
from matrix.manifests.locked import others
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.package import Package, enter
from matrix.manifests.specifiers import pythons
from matrix.targets.target import Target

_VERSION = 1
"""Of the format: `uv` raises it when older ones can't read it. What it adds without that is the revision."""

_INDEX = "registry"


def read(text: str, draft: Draft) -> None:
    """Note every release of the SDK that is locked."""
    document = toml.read(text, draft)
    if document.tables.get("version", _VERSION) != _VERSION:
        draft.say("It is of a newer format than this program knows.", "Is there a newer release of this program?")
    draft.python = pythons(document.tables.get("requires-python"))
    packages = list(toml.tables(document.tables, "package", draft))
    locked = others(
        ((each.get("name"), each.get("version")) for _, each in packages if not _is_own(each)), draft.target
    )
    edges = [edge for _, package in packages for edge in _edges(package, draft.target)]
    for index, package in packages:
        if is_target(package.get("name"), draft.target):
            markers = package.get("resolution-markers")
            found = Package(
                version=package.get("version"),
                line=document.lines.get(("package", index, "name"), 0),
                markers=tuple(markers) if isinstance(markers, list) else (markers or "",),
                extras=tuple(extra for edge in edges for extra in _extras(edge, package)),
                direct=_direct(table(package, "source")),
            )
            enter(found, draft, locked)


def _edges(package: dict[str, Any], target: Target) -> list[dict[str, Any]]:
    """All that a package depends on for the SDK's sake."""
    arrays = [
        package.get("dependencies"),
        *table(package, "optional-dependencies").values(),
        *table(package, "dev-dependencies").values(),
    ]
    edges = [edge for array in arrays if isinstance(array, list) for edge in array]
    return [edge for edge in edges if isinstance(edge, dict) and is_target(edge.get("name"), target)]


def _extras(edge: dict[str, Any], package: dict[str, Any]) -> tuple[str, ...]:
    """The extras that an edge asks for; an edge names a version if there are several."""
    return extras_of(edge.get("extra")) if edge.get("version") in {None, package.get("version")} else ()


def _is_own(package: dict[str, Any]) -> bool:
    """Whether it is the project itself: in the lock, and nothing that is locked."""
    source = table(package, "source")
    return "virtual" in source or source.get("editable") == "."


def _direct(source: dict[str, Any]) -> str:
    """Where it is taken from if that is no index: the first that `source` names, `git`, `url`, `path` or a folder."""
    return first_text(source, (key for key in source if key != _INDEX))
