"""`pdm.lock`, of every version of its format up to 4. Pure.

A release of the SDK is a table `[[package]]`, and another one for each set of extras that is asked for, which is one
and the same release. Until format 4.4 the hashes of all files stand together in `[metadata.files]`.
"""

from typing import Any

from matrix.manifests import toml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import at, first_text, table, texts
from matrix.manifests.locked import others
from matrix.manifests.names import extras_of, is_target
from matrix.manifests.package import Package, enter
from matrix.manifests.specifiers import pythons


def read(text: str, draft: Draft) -> None:
    """Note every release of the SDK that is locked."""
    document = toml.read(text, draft)
    draft.python = _python(table(document.tables, "metadata"))
    packages = list(toml.tables(document.tables, "package", draft))
    locked = others(((package.get("name"), package.get("version")) for _, package in packages), draft.target)
    found: dict[tuple[str, str, str], Package] = {}
    for index, package in packages:
        if not is_target(package.get("name"), draft.target):
            continue
        one = Package(
            version=package.get("version"),
            line=document.lines.get(("package", index, "name"), 0),
            markers=(package.get("marker", ""),),
            extras=extras_of(package.get("extras")),
            direct=_direct(package),
            groups=texts(package.get("groups")),
        )
        # With and without extras it is one package; whatever isn't a text compares by how it is written.
        same = (str(one.version), str(one.markers), one.direct)
        known = found.get(same, one)
        groups = tuple(dict.fromkeys([*known.groups, *one.groups]))
        found[same] = known._replace(extras=(*known.extras, *one.extras), groups=groups)
    for one in found.values():
        enter(one, draft, locked)


def _direct(package: dict[str, Any]) -> str:
    """Where it is taken from if that is no index: an address or a folder, and the commit."""
    address = first_text(package, ("git", "hg", "svn", "url", "path"))
    return at(address, first_text(package, ("revision", "ref")))


def _python(metadata: dict[str, Any]) -> str:
    """The Pythons of the lock's targets if all are for the same; formats before 4.5 have none."""
    targets = metadata.get("targets")
    known = {first_text(target, ("requires_python",)) for target in targets} if isinstance(targets, list) else set()
    return pythons(known.pop()) if len(known) == 1 else ""
