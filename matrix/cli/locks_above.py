"""Read the locks in the folders above the files that are checked. I/O: lists folders and reads locks."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from matrix.advice.locks_above import LOCKS, decide_ranges
from matrix.findings.model import Place, Problem, project_of
from matrix.manifests import Manifest, discover
from matrix.manifests.discover import folders_above
from matrix.manifests.kinds import MANIFESTS
from matrix.targets.target import Target


class LocksAbove:
    """The locks above files, each read once.

    Args:
        target: The package whose requirements are looked for.
        read: Reads one manifest.
    """

    def __init__(self, target: Target, read: Callable[[Path], Manifest]) -> None:
        self._registry = target.registry
        self._read = read
        self._folders: dict[Path, list[Manifest]] = {}

    @property
    def problems(self) -> list[Problem]:
        """The problems of the locks that were read so far."""
        return [problem for locks in self._folders.values() for lock in locks for problem in lock.problems]

    def decide(self, manifest: Manifest) -> Manifest:
        """Let the nearest lock above a manifest, up to the root of its repository, decide its ranges."""
        folder = Path(os.path.abspath(project_of(Place(manifest.path))))  # noqa: PTH100 - `Path.absolute` keeps `..`
        return decide_ranges(manifest, self._levels(folder))

    def _levels(self, folder: Path) -> Iterator[list[Manifest]]:
        for ancestor in folders_above(folder):
            if ancestor != folder:
                yield self._locks_in(ancestor)

    def _locks_in(self, folder: Path) -> list[Manifest]:
        if folder not in self._folders:
            kind_by_name = MANIFESTS[self._registry].kind_by_name
            paths = (path for path in discover(folder, self._registry) if kind_by_name(path.name) in LOCKS)
            self._folders[folder] = [self._read(path) for path in paths]
        return self._folders[folder]
