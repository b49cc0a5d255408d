"""Read `pixi.lock`, one lock for several environments and platforms, in versions 4 to 6 of its format. Pure.

Until version 5, each package has its name and its version. In version 6, a package of conda has only its address, whose
last part is `NAME-VERSION-BUILD.conda`.
"""

from typing import Any

from matrix.manifests import yaml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import first_text
from matrix.manifests.locked import locked_python, locked_versions
from matrix.manifests.names import is_target
from matrix.manifests.package import LockedPackage, add_package, check_format
from matrix.manifests.toml import tables

_VERSIONS = ("4", "5", "6")


def read(text: str, draft: Draft) -> None:
    """Add every release of the target that is locked: once, if several platforms have it."""
    document = yaml.read(text, draft)
    check_format(document.tables, "version", _VERSIONS.__contains__, f"one of {', '.join(_VERSIONS)}", draft)
    packages = [(index, *_identity(package), package) for index, package in tables(document.tables, "packages", draft)]
    pairs = [(name, version) for _, name, version, _ in packages]
    draft.python = locked_python(pairs)
    locked = locked_versions(pairs, draft.target)
    releases: dict[str, LockedPackage] = {}
    for index, name, version, package in packages:
        if is_target(name, draft.target):
            lines = (document.lines.get(("packages", index, key), 0) for key in ("name", "conda", "pypi", "url"))
            kind = "conda" if "conda" in package or package.get("kind") == "conda" else "pypi"
            direct = first_text(package, ("path",)) if not isinstance(version, str) else ""
            release = LockedPackage(version=version, line=next(filter(None, lines), 0), groups=(kind,), direct=direct)
            releases.setdefault(str(version), release)
    for release in releases.values():
        add_package(release, draft, locked)


def _identity(package: dict[str, Any]) -> tuple[object, object]:
    """Return the name and the version of a package: of its fields, or else of the address of its archive."""
    name, version = package.get("name"), package.get("version")
    address = first_text(package, ("conda",))
    if (name is None or version is None) and address:
        parts = address.rpartition("/")[2].rsplit("-", 2)
        if len(parts) == 3:
            return name or parts[0], version or parts[1]
    return name, version
