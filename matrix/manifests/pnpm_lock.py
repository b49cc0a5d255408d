"""Read `pnpm-lock.yaml`, in the versions 5 to 9 of its format. Pure.

The key of a package has its name and version: `/@scope/name/1.2.3_peers` in version 5, `/@scope/name@1.2.3(peers)` in
version 6, and the same without the first slash in version 9.
"""

import re
from typing import Final

from matrix.manifests import yaml
from matrix.manifests.draft import Draft
from matrix.manifests.fields import table
from matrix.manifests.npm_dependencies import add_locked, split_descriptor
from matrix.manifests.package import check_format

_FORMAT: Final = re.compile(r"[5-9](\.\d+)?(-\w+)?")
_OF_VERSION_5: Final = re.compile(r"/((?:@[^/]+/)?[^/@]+)/([^_()]+)(?:_.*)?")


def read(source: str, draft: Draft) -> None:
    """Add every release of the target that is locked."""
    document, lines = yaml.read(source, draft)
    check_format(document, "lockfileVersion", _is_supported, "5 to 9", draft)
    add_locked({key: _identity(key) for key in table(document, "packages")}, lines, draft)


def _is_supported(version: object) -> bool:
    return isinstance(version, str) and _FORMAT.fullmatch(version) is not None


def _identity(key: str) -> tuple[str, str]:
    """Return the name and the version in the key of a package."""
    if old := _OF_VERSION_5.fullmatch(key):
        return old[1], old[2]
    name, version = split_descriptor(key.removeprefix("/"))
    return name, version.partition("(")[0]
