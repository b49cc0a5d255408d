"""Let a lock above a file decide which release its ranges install, as in a workspace with one lock. Pure."""

import os
from collections.abc import Iterable
from itertools import chain
from pathlib import PurePath
from typing import Final

import msgspec

from matrix.advice.ranges import exact_version, specifier_set
from matrix.manifests.entry import COMMAND, Manifest, ManifestEntry

LOCKS: Final = frozenset(
    {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "pylock", "pixi.lock", "conda-lock.yml"}
    | {"package-lock.json", "pnpm-lock.yaml", "yarn.lock", "bun.lock"}
)
"""Kinds of manifests that lock the packages of the folders below too: of the members of a workspace."""

_ALONE: Final = frozenset({"script", "commands", "tox.ini", "tox.toml", "hatch.toml", "environment"})
"""Kinds of manifests whose packages are installed into an environment of their own, or are already."""

_PROJECTS: Final = frozenset({"pyproject", "setup.cfg", "setup.py"})
"""Kinds of manifests that make a project of their folder."""

_BUILD: Final = "build-system.requires"
"""The origin of a requirement that only the build of the project installs."""


def needs_lock(manifest: Manifest) -> bool:
    """Return whether a manifest has a range that a lock above it may decide."""
    return manifest.kind not in _ALONE | LOCKS and any(map(_is_open, manifest.entries))


def may_lock(lock: Manifest, manifest: Manifest) -> bool:
    """Return whether a lock above a manifest may lock its requirements: not if the lock leaves that project out.

    Args:
        lock: The lock.
        manifest: A manifest in a folder below, whose path is relative to the same folder.
    """
    if not lock.projects or manifest.kind not in _PROJECTS:
        return True
    folder = os.path.relpath(PurePath(manifest.path).parent, PurePath(lock.path).parent)
    return folder in map(os.path.normpath, lock.projects)


def decide_ranges(manifest: Manifest, levels: Iterable[Iterable[Manifest]]) -> Manifest:
    """Give each range of a manifest the pin of the nearest lock above it that allows one; others stay as they are.

    A lock with several releases for different platforms gives one entry for each that the range allows.

    Args:
        manifest: The manifest.
        levels: The locks of each folder above it, the nearest first.
    """
    decided = [[entry] for entry in manifest.entries]
    pending = {index: specifier_set(entry.specifier) for index, entry in enumerate(manifest.entries) if _is_open(entry)}
    for level in levels:
        pins = [entry for lock in level if may_lock(lock, manifest) for entry in lock.entries]
        exact = [(exact_version(pin.specifier), pin) for pin in pins]
        for index, clauses in list(pending.items()):
            if allowed := [pin for version, pin in exact if version and clauses.contains(version, prereleases=True)]:
                decided[index] = [msgspec.structs.replace(manifest.entries[index], lock=pin) for pin in allowed]
                del pending[index]
        if not pending:
            break
    return msgspec.structs.replace(manifest, entries=tuple(chain.from_iterable(decided)))


def _is_open(entry: ManifestEntry) -> bool:
    """Return whether an installer of the project chooses the release of a requirement."""
    return not (entry.direct or entry.origin in (COMMAND, _BUILD) or exact_version(entry.specifier))
