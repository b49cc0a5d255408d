"""Read `package-lock.json` and `npm-shrinkwrap.json`, in the versions 1 to 3 of their format. Pure.

Since version 2, `packages` has every package by its place below `node_modules`. Version 1 has `dependencies`, nested as
the folders are. One release may be installed in several places; it is added once.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from matrix.manifests import json_file
from matrix.manifests.draft import Draft
from matrix.manifests.fields import table
from matrix.manifests.mentions import Path
from matrix.manifests.names import is_target
from matrix.manifests.npm_dependencies import resolve_alias
from matrix.manifests.package import LockedPackage, add_package, check_format

_FOLDER: Final = "node_modules/"
_VERSIONS: Final = (1, 2, 3)
_GROUPS: Final = ("dev", "optional", "peer")
_REGISTRY: Final = ("https://", "http://")


class _Installed(NamedTuple):
    """A package in the lock.

    Attributes:
        place: Its place below `node_modules`, such as `a` or `b/node_modules/a`.
        name: Its name on the registry.
        fields: What the lock says of it.
        path: Where that stands in the file.
    """

    place: str
    name: object
    fields: dict[str, Any]
    path: Path


def read(source: str, draft: Draft) -> None:
    """Add every release of the target that is locked."""
    document, lines = json_file.read(source, draft, "Regenerate it with `npm install --package-lock-only`.")
    check_format(document, "lockfileVersion", _VERSIONS.__contains__, "1, 2 or 3", draft)
    packages = list(_of_places(document) if "packages" in document else _of_folders(document))
    locked = {each.place: each.fields["version"] for each in packages if isinstance(each.fields.get("version"), str)}
    releases: dict[tuple[object, str], _Installed] = {}
    for each in packages:
        if is_target(each.name, draft.target):
            locked.pop(each.place, None)
            releases.setdefault((str(each.fields.get("version")), _direct(each.fields)), each)
    for (_, direct), each in releases.items():
        groups = tuple(name for name in _GROUPS if each.fields.get(name) is True)
        version = _version(each.fields, direct)
        mentions = (each.path, (*each.path, "name"), (*each.path, "version"))  # an alias has the name in a field
        line = next((lines[path] for path in mentions if path in lines), 0)
        add_package(LockedPackage(version, line, direct=direct, groups=groups), draft, locked)


def _of_places(document: dict[str, Any]) -> Iterator[_Installed]:
    for place, fields in table(document, "packages").items():
        if isinstance(fields, dict) and _FOLDER in place:
            below = place.partition(_FOLDER)[2]
            yield _Installed(below, fields.get("name", place.rpartition(_FOLDER)[2]), fields, ("packages", place))


def _of_folders(document: dict[str, Any]) -> Iterator[_Installed]:
    """Yield the packages of version 1. Not recursive: a file may be nested as deep as its parser allows."""
    todo: list[tuple[str, dict[str, Any], Path]] = [("", table(document, "dependencies"), ("dependencies",))]
    while todo:
        parent, packages, path = todo.pop()
        for name, fields in packages.items():
            if isinstance(fields, dict):
                place = f"{parent}{name}"
                version = fields.get("version")
                package, _ = resolve_alias(name, version if isinstance(version, str) else "")
                yield _Installed(place, package, fields, (*path, name))
                inner = (*path, name, "dependencies")
                todo.append((f"{place}/{_FOLDER}", table(fields, "dependencies"), inner))


def _version(fields: dict[str, Any], direct: str) -> object:
    """Return the version; None for a package whose version is an address."""
    version = fields.get("version")
    if not isinstance(version, str):
        return version
    _, plain = resolve_alias("", version)
    return None if direct and not plain[:1].isdigit() else plain


def _direct(fields: dict[str, Any]) -> str:
    """Return the folder, repository or archive that a package is installed from; empty for the registry."""
    version, resolved = fields.get("version"), fields.get("resolved")
    if isinstance(version, str) and ":" in version and not version.startswith("npm:"):
        return version
    if isinstance(resolved, str) and not resolved.startswith(_REGISTRY):
        return resolved
    return ""
