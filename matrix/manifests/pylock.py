"""`pylock.toml`, the lock of PEP 751, whoever wrote it: pip, uv, PDM. Pure.

`packaging.pylock` reads it too, and gives a lock that is right in every field or nothing. Here one broken package says
nothing about the others, and what is asked for has a line.
"""

import re
from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft, shown
from matrix.manifests.fields import at, first_text, table
from matrix.manifests.locked import others
from matrix.manifests.names import is_target
from matrix.manifests.package import Package, enter
from matrix.manifests.specifiers import pythons


def read(text: str, draft: Draft) -> None:
    """Note every release of the SDK that is locked."""
    document = toml.read(text, draft)
    version = document.tables.get("lock-version", "1.0")
    if not (isinstance(version, str) and re.fullmatch(r"1(\.\d+)?", version)):
        draft.say(f"Its format is {shown(version)}, and this program knows 1.0.", "Is there a newer release of it?")
    draft.python = pythons(document.tables.get("requires-python"))
    packages = list(toml.tables(document.tables, "packages", draft))
    locked = others(((package.get("name"), package.get("version")) for _, package in packages), draft.target)
    for index, package in packages:
        if is_target(package.get("name"), draft.target):
            found = Package(
                version=package.get("version"),
                line=document.lines.get(("packages", index, "name"), 0),
                markers=(package.get("marker", ""),),
                direct=_direct(package),
            )
            enter(found, draft, locked)


def _direct(package: dict[str, Any]) -> str:
    """Where it is taken from if that is no index: a repository with its commit, a folder, or an archive."""
    for kind in ("vcs", "directory", "archive"):
        source = table(package, kind)
        if address := first_text(source, ("url", "path")):
            return at(address, first_text(source, ("commit-id",)))
    return ""
