"""Find the releases that the manifests nearest to a file pin. I/O: lists folders and reads manifests."""

import os
from collections.abc import Iterable
from pathlib import Path

from matrix.advice.pins import PinnedRelease, find_nearest_pinned, find_pinned, newest_release
from matrix.cli.output import display_path
from matrix.findings.model import Problem
from matrix.manifests import Manifest, declares_requirements, discover, discover_tree, read
from matrix.manifests.discover import folders_above, installs_packages, is_repository
from matrix.manifests.notebook_cells import SUFFIX as NOTEBOOK
from matrix.store.knowledge import Knowledge
from matrix.targets.target import Target


class NearestPins:
    """The releases that each file is judged by. Every manifest is read once, when a file needs it.

    Args:
        target: The package whose releases are meant.
        knowledge: The measured knowledge about releases.
        paths: The scanned paths.
    """

    def __init__(self, target: Target, knowledge: Knowledge, paths: Iterable[Path]) -> None:
        self._target = target
        self._knowledge = knowledge
        self._roots = [absolute(path) for path in paths if path.is_dir()]
        self._manifests: dict[Path, Manifest] = {}
        self._folders: dict[Path, list[Manifest]] = {}
        self._trees: dict[Path, list[tuple[Path, Manifest]]] = {}
        self._pins: dict[Path, tuple[PinnedRelease, ...]] = {}

    @property
    def problems(self) -> list[Problem]:
        """The problems of the manifests that were read so far."""
        return list(dict.fromkeys(problem for each in self._manifests.values() for problem in each.problems))

    def of_file(self, path: Path) -> tuple[PinnedRelease, ...]:
        """Return the releases that a file is judged by.

        The block of requirements in a script counts for this script alone, and so does a release that a notebook
        installs by a command; a range in such a command counts if no manifest above requires the SDK. Otherwise the
        nearest manifests above the file count, up to the root of its repository; if none of them requires the SDK, the
        nearest of the other manifests in its repository or in the scanned folder; without any, the newest release.
        """
        path = absolute(path)
        if path.suffix == NOTEBOOK and installs_packages(path) and self.read(path).entries:
            installed = find_pinned(self._knowledge, [self.read(path)])
            # A range installs nothing where a release that it allows is installed already.
            above = [] if installed[0].is_exact else self._above(path.parent)
            return tuple(above or installed)
        if path.suffix == ".py" and declares_requirements(path):
            script = self.read(path)
            if script.entries:
                return tuple(find_pinned(self._knowledge, [script]))
        return self.of_folder(path.parent)

    def of_folder(self, folder: Path) -> tuple[PinnedRelease, ...]:
        """Return the releases that the files of a folder are judged by."""
        folder = absolute(folder)
        if folder not in self._pins:
            pins = self._above(folder) or self._elsewhere(folder) or newest_release(self._knowledge)
            self._pins[folder] = tuple(pins)
        return self._pins[folder]

    def _above(self, folder: Path) -> list[PinnedRelease]:
        """Return the releases that the nearest manifests in a folder or above it pin."""
        levels = (self._of_folder(ancestor) for ancestor in folders_above(folder))
        return find_nearest_pinned(self._knowledge, levels)

    def _of_folder(self, folder: Path) -> list[Manifest]:
        if folder not in self._folders:
            self._folders[folder] = [self.read(path) for path in discover(folder)]
        return self._folders[folder]

    def _elsewhere(self, folder: Path) -> list[PinnedRelease]:
        """Return the releases that manifests in sibling folders pin: those with the longest path in common."""
        above = list(folders_above(folder))
        repository = above[-1] if is_repository(above[-1]) else None
        root = repository or next((root for root in self._roots if root in above), None)
        if root is None:
            return []
        if root not in self._trees:
            self._trees[root] = [(path, self.read(path)) for path in discover_tree(root, scripts=False)]
        for ancestor in above[: above.index(root) + 1]:
            below = (manifest for path, manifest in self._trees[root] if path.is_relative_to(ancestor))
            if pins := find_nearest_pinned(self._knowledge, [below]):
                return pins
        return []

    def read(self, path: Path) -> Manifest:
        """Read a manifest, each only once."""
        path = absolute(path)
        if path not in self._manifests:
            self._manifests[path] = read(self._target, path, display_path(path))
        return self._manifests[path]


def absolute(path: Path) -> Path:
    """Return an absolute path without `..`, so that its parents are the folders above it."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - `Path.absolute` keeps `..`, and `Path.resolve` follows links
