"""Read `uv.lock`, one lock for every platform. Pure.

A release of the target is a table `[[package]]`. There are several if the resolution forked, each with the markers
under which it applies. The extras that are asked for are in the tables of the packages that depend on the target.
"""

from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import first_text, table
from matrix.manifests.locked import locked_versions
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.package import LockedPackage, add_package, check_format
from matrix.manifests.specifiers import pythons
from matrix.targets.target import Target

_VERSION = 1
"""The version of the format. uv raises it only when older versions of uv can't read the lock."""

_INDEX = "registry"


def read(text: str, draft: Draft) -> None:
    """Add every release of the target that is locked."""
    document = toml.read(text, draft)
    check_format(document.tables, "version", lambda version: version == _VERSION, str(_VERSION), draft)
    draft.python = pythons(document.tables.get("requires-python"))
    tables = list(toml.tables(document.tables, "package", draft))
    locked = locked_versions(
        ((package.get("name"), package.get("version")) for _, package in tables if not _is_project(package)),
        draft.target,
    )
    draft.projects = tuple(filter(None, (_project(table(package, "source")) for _, package in tables)))
    edges = [edge for _, package in tables for edge in _edges(package, draft.target)]
    for index, package in tables:
        if is_target(package.get("name"), draft.target):
            markers = package.get("resolution-markers")
            release = LockedPackage(
                version=package.get("version"),
                line=document.lines.get(("package", index, "name"), 0),
                markers=tuple(markers) if isinstance(markers, list) else (markers or "",),
                extras=tuple(extra for edge in edges for extra in _extras(edge, package)),
                direct=_direct(table(package, "source")),
            )
            add_package(release, draft, locked)


def _edges(package: dict[str, Any], target: Target) -> list[dict[str, Any]]:
    """Return the dependencies of a package that are on the target."""
    arrays = [
        package.get("dependencies"),
        *table(package, "optional-dependencies").values(),
        *table(package, "dev-dependencies").values(),
    ]
    edges = [edge for array in arrays if isinstance(array, list) for edge in array]
    return [edge for edge in edges if isinstance(edge, dict) and is_target(edge.get("name"), target)]


def _extras(edge: dict[str, Any], package: dict[str, Any]) -> tuple[str, ...]:
    """Return the extras of a release that a dependency asks for; it names the version if there are several releases."""
    return extras_of(edge.get("extra")) if edge.get("version") in (None, package.get("version")) else ()


def _is_project(package: dict[str, Any]) -> bool:
    """Return whether a package is the project itself, which is in the lock but is not locked."""
    source = table(package, "source")
    return "virtual" in source or source.get("editable") == "."


def _project(source: dict[str, Any]) -> str:
    """Return the folder of a package that lies in the workspace; empty for any other package."""
    return first_text(source, ("editable", "virtual", "directory"))


def _direct(source: dict[str, Any]) -> str:
    """Return where a package is installed from if not an index: the first of `git`, `url`, `path` or a folder."""
    return first_text(source, (key for key in source if key != _INDEX))
