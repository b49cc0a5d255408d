"""Read the locks in the folders above the files that are checked. I/O: lists folders and reads locks."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from matrix.advice.locks_above import LOCKS, decide_ranges, needs_lock
from matrix.cli.nearest_pins import absolute
from matrix.cli.output import display_path
from matrix.findings.model import Place, Problem, project_of
from matrix.manifests import Manifest, discover, read
from matrix.manifests.discover import folders_above
from matrix.manifests.kinds import MANIFESTS
from matrix.targets.target import Target


def decide_by_locks(target: Target, manifests: Sequence[Manifest]) -> list[Manifest]:
    """Let the locks above some manifests decide their ranges; what can't be read of these locks is a problem too.

    Args:
        target: The package whose requirements are looked for.
        manifests: The manifests, of which none is read again.
    """
    known = {manifest.path: manifest for manifest in manifests}

    def read_lock(path: Path) -> Manifest:
        shown = display_path(path)
        return known.get(shown) or read(target, path, shown)

    locks = _LocksAbove(target, read_lock)
    decided = [locks.decide(manifest) if needs_lock(manifest) else manifest for manifest in manifests]
    return [*decided, *(Manifest(path=problem.place.path, kind="", problems=(problem,)) for problem in locks.problems)]


class _LocksAbove:
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
        folder = absolute(Path(project_of(Place(manifest.path))))
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
