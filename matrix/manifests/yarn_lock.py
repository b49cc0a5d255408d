"""Read `yarn.lock`: the format of Yarn 1, and that of later versions, which is YAML. Pure.

Both have a block for each release. Its first line lists what asks for it (`"@scope/name@^0.39.0", "alias@npm:..."`),
and the lines below it have the version and the origin.
"""

import re
from typing import Final

from matrix.manifests.draft import Draft
from matrix.manifests.names import is_target
from matrix.manifests.npm_dependencies import resolve_alias, split_descriptor
from matrix.manifests.package import LockedPackage, add_package

_FIELD: Final = re.compile(r'  (version|resolution|resolved):? "?([^"]*)"?')
_FROM_REGISTRY: Final = ("https://", "http://")


def read(source: str, draft: Draft) -> None:
    """Add every release of the target that is locked."""
    blocks: list[tuple[int, str, dict[str, str]]] = []
    for number, line in enumerate(source.splitlines(), 1):
        if line[:1] not in {"", " ", "#"} and line.rstrip().endswith(":"):
            blocks.append((number, line.rstrip()[:-1], {}))
        elif blocks and (field := _FIELD.fullmatch(line.rstrip())):
            blocks[-1][2].setdefault(field[1], field[2])
    identities = [(number, _package(header), fields) for number, header, fields in blocks]
    locked = {
        name: fields["version"]
        for _, name, fields in identities
        if "version" in fields and not is_target(name, draft.target)
    }
    for number, name, fields in identities:
        if is_target(name, draft.target):
            add_package(LockedPackage(fields.get("version"), number, direct=_direct(fields)), draft, locked)


def _package(header: str) -> str:
    """Return the package that the first line of a block installs."""
    first = header.split(",")[0].strip().strip('"')
    return resolve_alias(*split_descriptor(first))[0]


def _direct(fields: dict[str, str]) -> str:
    """Return the folder or repository that a release is installed from; empty for the registry."""
    if "resolution" in fields:
        _, origin = split_descriptor(fields["resolution"])
        return "" if origin.startswith("npm:") else origin
    resolved = fields.get("resolved", "")
    return "" if not resolved or (resolved.startswith(_FROM_REGISTRY) and "/-/" in resolved) else resolved
