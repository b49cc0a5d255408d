"""Read `conda-lock.yml`, one lock for several platforms, with packages of conda and of pip. Pure."""

from matrix.manifests import yaml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import first_text
from matrix.manifests.locked import locked_python, locked_versions
from matrix.manifests.names import is_target
from matrix.manifests.package import LockedPackage, add_package, check_format
from matrix.manifests.toml import tables

_VERSION = "1"


def read(text: str, draft: Draft) -> None:
    """Add every release of the target that is locked: once, if several platforms have it."""
    document = yaml.read(text, draft)
    check_format(document.tables, "version", lambda version: version == _VERSION, _VERSION, draft)
    packages = list(tables(document.tables, "package", draft))
    pairs = [(package.get("name"), package.get("version")) for _, package in packages]
    draft.python = locked_python(pairs)
    locked = locked_versions(pairs, draft.target)
    releases: dict[str, LockedPackage] = {}
    for index, package in packages:
        if is_target(package.get("name"), draft.target):
            version = package.get("version")
            releases.setdefault(
                str(version),
                LockedPackage(
                    version=version,
                    line=document.lines.get(("package", index, "name"), 0),
                    groups=tuple(filter(None, (first_text(package, ("manager",)),))),
                ),
            )
    for release in releases.values():
        add_package(release, draft, locked)
