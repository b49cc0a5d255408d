"""Read `pdm.lock`, in every version of its format up to 4. Pure.

A release of the target is a table `[[package]]`, with one more table for the same release for each set of extras that
is asked for. Until format 4.4 the hashes of all files are in `[metadata.files]`.
"""

from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import at, first_text, table, texts
from matrix.manifests.locked import locked_versions
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.package import LockedPackage, add_package
from matrix.manifests.specifiers import pythons


def read(text: str, draft: Draft) -> None:
    """Add every release of the target that is locked."""
    document = toml.read(text, draft)
    draft.python = _python(table(document.tables, "metadata"))
    tables = list(toml.tables(document.tables, "package", draft))
    locked = locked_versions(((package.get("name"), package.get("version")) for _, package in tables), draft.target)
    releases: dict[tuple[str, str, str], LockedPackage] = {}
    for index, package in tables:
        if not is_target(package.get("name"), draft.target):
            continue
        release = LockedPackage(
            version=package.get("version"),
            line=document.lines.get(("package", index, "name"), 0),
            markers=(package.get("marker", ""),),
            extras=extras_of(package.get("extras")),
            direct=_direct(package),
            groups=texts(package.get("groups")),
        )
        # The tables with and without extras are one release; values that are not texts are compared as text.
        key = (str(release.version), str(release.markers), release.direct)
        first = releases.get(key, release)
        groups = tuple(dict.fromkeys([*first.groups, *release.groups]))
        releases[key] = first._replace(extras=(*first.extras, *release.extras), groups=groups)
    for release in releases.values():
        add_package(release, draft, locked)


def _direct(package: dict[str, Any]) -> str:
    """Return the address or folder that a package is installed from, with its commit; empty for an index."""
    address = first_text(package, ("git", "hg", "svn", "url", "path"))
    return at(address, first_text(package, ("revision", "ref")))


def _python(metadata: dict[str, Any]) -> str:
    """Return the Python versions of the lock's targets if all have the same; formats before 4.5 have none."""
    targets = metadata.get("targets")
    specifiers = {first_text(target, ("requires_python",)) for target in targets} if isinstance(targets, list) else ()
    return pythons(next(iter(specifiers))) if len(specifiers) == 1 else ""
