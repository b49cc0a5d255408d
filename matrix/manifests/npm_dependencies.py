"""Read one dependency as npm, yarn, pnpm and bun write it: a name, and a range, an alias, a tag or an address. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from matrix.manifests.draft import Draft, describe
from matrix.manifests.entry import ManifestEntry
from matrix.manifests.mentions import Path
from matrix.manifests.names import is_target
from matrix.manifests.npm_ranges import alternatives
from matrix.manifests.package import LockedPackage, add_package

_ALIAS: Final = "npm:"
_NEWEST: Final = "latest"
"""The tag that every package has: the release that is installed if nothing else is said."""

_TAG: Final = re.compile(r"[A-Za-z][\w.-]*")
_ADDRESS: Final = re.compile(r"[a-z][a-z+]*:|\.{0,2}/|[\w.-]+/[\w.-]+")
"""A protocol (`git+https:`, `file:`, `workspace:`), a path, or a repository on GitHub: no release of the registry."""

_HINT: Final = "Write a range, such as `^0.39.0`."


def split_descriptor(descriptor: str) -> tuple[str, str]:
    """Split `@scope/name@range` into the name and the range; the range is empty if there is none."""
    name, _, range_ = descriptor[1:].partition("@")
    return descriptor[:1] + name, range_


def resolve_alias(name: str, range_: str) -> tuple[str, str]:
    """Return the package and the range that are meant: `npm:NAME@RANGE` installs another package under this name."""
    if not range_.startswith(_ALIAS):
        return name, range_
    rest = range_.removeprefix(_ALIAS)
    return split_descriptor(rest) if rest.startswith("@") or re.match(r"[a-z][\w.-]*(@|$)", rest) else (name, rest)


def read_dependency(name: str, range_: object, draft: Draft, line: int, origin: str) -> Iterator[ManifestEntry]:
    """Yield the entries of one dependency, one for each alternative of its range; none if it is another package."""
    text = range_.strip() if isinstance(range_, str) else ""
    package, wanted = resolve_alias(name, text)
    if not is_target(package, draft.target):
        return
    if not isinstance(range_, str):
        draft.report(f"The dependency on {draft.target.package} is not valid: {describe(range_)}.", _HINT, line=line)
        return
    specifiers, direct = [""], ""
    if wanted != _NEWEST:
        try:
            specifiers = alternatives(wanted)
        except ValueError:
            if _ADDRESS.match(wanted):
                direct = wanted
            elif _TAG.fullmatch(wanted):
                direct = f"the tag {wanted}"
            else:
                message = f"The dependency on {draft.target.package} is not valid: {describe(range_)}."
                draft.report(message, _HINT, line=line)
                return
    for specifier in specifiers:
        yield ManifestEntry(place=draft.place(line), specifier=specifier, origin=origin, direct=direct)


def add_locked(packages: Mapping[str, tuple[str, str]], lines: Mapping[Path, int], draft: Draft) -> None:
    """Add every release of the target in the table `packages` of a lock, each once.

    Args:
        packages: Name and version of each package, by its key in the table. An address stands for a version where the
            package comes from no registry.
        lines: The lines that mention the target.
        draft: The draft that gets the entries.
    """
    locked = {name: version for name, version in packages.values() if not is_target(name, draft.target)}
    releases: dict[str, str] = {}
    for key, (name, version) in packages.items():
        if is_target(name, draft.target):
            releases.setdefault(version, key)
    for version, key in releases.items():
        line = lines.get(("packages", key)) or lines.get(("packages", key, 0), 0)  # an alias stands in the value
        is_release = version[:1].isdigit()
        package = LockedPackage(version if is_release else None, line, direct="" if is_release else version)
        add_package(package, draft, locked)
