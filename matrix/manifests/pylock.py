"""Read `pylock.toml`, the lock of PEP 751, whether pip, uv or PDM wrote it. Pure.

`packaging.pylock` reads it too, but rejects a lock with one invalid field. Here one invalid package does not lose the
others, and each entry has a line.
"""

import re
from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import at, first_text, table
from matrix.manifests.locked import locked_versions
from matrix.manifests.names import is_target
from matrix.manifests.package import LockedPackage, add_package, check_format
from matrix.manifests.specifiers import pythons


def read(text: str, draft: Draft) -> None:
    """Add every release of the target that is locked."""
    document = toml.read(text, draft)
    check_format(document.tables, "lock-version", _is_supported, "1 or 1.x", draft)
    draft.python = pythons(document.tables.get("requires-python"))
    tables = list(toml.tables(document.tables, "packages", draft))
    locked = locked_versions(((package.get("name"), package.get("version")) for _, package in tables), draft.target)
    for index, package in tables:
        if is_target(package.get("name"), draft.target):
            release = LockedPackage(
                version=package.get("version"),
                line=document.lines.get(("packages", index, "name"), 0),
                markers=(package.get("marker", ""),),
                direct=_direct(package),
            )
            add_package(release, draft, locked)


def _is_supported(version: object) -> bool:
    return isinstance(version, str) and re.fullmatch(r"1(\.\d+)?", version) is not None


def _direct(package: dict[str, Any]) -> str:
    """Return where a package is installed from if not an index: a repository with its commit, a folder, an archive."""
    for kind in ("vcs", "directory", "archive"):
        source = table(package, kind)
        if address := first_text(source, ("url", "path")):
            return at(address, first_text(source, ("commit-id",)))
    return ""
