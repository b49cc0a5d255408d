"""Read the requirements of releases of a package of npm from the registry. I/O: runs npm."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from matrix.errors import IndexFailure
from matrix.releases.metadata import WheelMetadata
from matrix.releases.npm_index import view_versions
from matrix.system.aio import interruptible
from matrix.system.npm import NpmClient

_REQUIRED: Final = ("engines", "dependencies", "peerDependencies", "peerDependenciesMeta", "bundleDependencies")
"""The fields of a package that decide what is installed with it."""


def requirements(package: str, versions: Iterable[str], index: str | None = None) -> dict[str, WheelMetadata]:
    """Fetch what releases require, by version; return nothing if the registry can't be read.

    Releases with equal requirements have equal trees below `node_modules`, but for the release itself.

    Args:
        package: The name of the package.
        versions: The versions.
        index: The address of the registry; None for the registry in the user's settings.
    """

    async def ask() -> list[Any]:
        with tempfile.TemporaryDirectory() as folder:
            npm = NpmClient(package, index)
            return await view_versions(npm, Path(folder), package, versions, "name", "version", *_REQUIRED)

    try:
        manifests = interruptible(ask())
    except IndexFailure:  # npm then resolves each release by itself, and reports any problem
        return {}
    return {each["version"]: _read(each) for each in manifests}


def _read(manifest: dict[str, Any]) -> WheelMetadata:
    texts = (msgspec.json.encode(manifest.get(name), order="sorted").decode() for name in _REQUIRED)
    return WheelMetadata("", tuple(texts))
