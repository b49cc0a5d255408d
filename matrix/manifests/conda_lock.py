"""Read `conda-lock.yml`, one lock for several platforms, with packages of conda and of pip. Pure."""

from matrix.manifests import yaml
from matrix.manifests.draft import Draft, describe
from matrix.manifests.fields import first_text
from matrix.manifests.locked import locked_versions
from matrix.manifests.names import is_target
from matrix.manifests.package import LockedPackage, add_package
from matrix.manifests.specifiers import pythons
from matrix.manifests.toml import tables

_VERSION = "1"


def read(text: str, draft: Draft) -> None:
    """Add every release of the target that is locked: once, if several platforms have it."""
    document = yaml.read(text, draft)
    version = document.tables.get("version", _VERSION)
    if version != _VERSION:
        draft.report(
            f"`version` must be {_VERSION}, but is {describe(version)}.", "Check for a newer release of midstream."
        )
    packages = list(tables(document.tables, "package", draft))
    python_versions = {package.get("version") for _, package in packages if package.get("name") == "python"}
    if len(python_versions) == 1 and isinstance(python := next(iter(python_versions)), str):
        draft.python = pythons(f"=={python}")
    locked = locked_versions(((package.get("name"), package.get("version")) for _, package in packages), draft.target)
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
