"""Find the projects below a folder: what they pin, and what is installed in their environments. I/O: reads files."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from matrix.advice.diagnosis import SCRIPT
from matrix.advice.locks_above import LOCKS
from matrix.cli.nearest_pins import NearestPins
from matrix.cli.output import display_path
from matrix.findings.model import Place, project_of
from matrix.manifests import Manifest, discover_tree, installed
from matrix.manifests.carried import CarriedTarget, find_carried
from matrix.manifests.discover import discover_environments, folders_above, folders_below, is_repository
from matrix.manifests.entry import COMMAND
from matrix.model import Frozen
from matrix.targets.target import Target

MOST_ENVIRONMENTS: Final = 4
"""Environments of one folder that are read."""


class Project(Frozen, frozen=True, kw_only=True):
    """A project that uses the SDK.

    Attributes:
        folder: Its folder, absolute.
        shown: Its folder, as it is shown.
        manifests: The files in it that require the SDK.
        carried: Requirements in it on packages that bring the SDK.
        environments: What its environments have, nearest first, by their folders as they are shown.
        files: Its Python files that use the SDK, as they are shown.
    """

    folder: Path
    shown: str
    manifests: tuple[Manifest, ...] = ()
    carried: tuple[CarriedTarget, ...] = ()
    environments: dict[str, Manifest]
    files: tuple[str, ...] = ()


class ProjectTree:
    """The manifests and the environments below a folder, each read once.

    Args:
        target: The package that projects use.
        root: The folder, as an absolute path without `..`.
        nearest: Reads the manifests.

    Attributes:
        manifests: Every manifest below the folder.
        carried: The requirements on packages that bring the SDK, in files that do not name it.
    """

    def __init__(self, target: Target, root: Path, nearest: NearestPins) -> None:
        self._target = target
        self._root = root
        self._environments: dict[Path, dict[str, Manifest]] = {}
        self.manifests: list[Manifest] = []
        self.carried: list[CarriedTarget] = []
        for path in discover_tree(root):
            manifest = nearest.read(path)
            self.manifests.append(manifest)
            if not manifest.entries:
                self.carried += find_carried(target, path, manifest.path)

    def find_projects(self, files: Iterable[str]) -> list[Project]:
        """Return the projects in the order of their folders.

        A folder is a project if a file in it requires the SDK, or if an environment in it has the SDK and no project
        below uses that. What lies in no such folder, be it code, a script or a command, belongs to the root.

        Args:
            files: The Python files below the root that use the SDK, as they are shown.
        """
        folders = self._folders_with_requirements()
        for manifest in self.manifests:  # a command alone makes a project of its folder, unless it lies in one
            commands = [entry for entry in manifest.entries if entry.origin == COMMAND]
            if commands and self._owner(manifest.path, folders) is None:
                folders.add(_folder_of(manifest.path))
        for folder in folders_below(self._root):
            environments = self._environments_in(folder)
            uses = (self.environments_of(each) is environments for each in folders if each != folder)
            if any(each.entries for each in environments.values()) and not any(uses):
                folders.add(folder)
        owned = {file: self._owner(file, folders) or self._root for file in files}
        owners = {manifest.path: self._owner(manifest.path, folders) or self._root for manifest in self._requiring()}
        carriers = {each.entry.place.path: self._owner(each.entry.place.path, folders) for each in self.carried}
        projects = {*folders, *owned.values(), *owners.values()}
        return [
            Project(
                folder=folder,
                shown=display_path(folder),
                manifests=tuple(each for each in self._requiring() if owners[each.path] == folder),
                carried=tuple(each for each in self.carried if carriers[each.entry.place.path] == folder),
                environments=self.environments_of(folder),
                files=tuple(file for file, owner in owned.items() if owner == folder),
            )
            for folder in sorted(projects)
        ]

    def _requiring(self) -> Iterator[Manifest]:
        return (manifest for manifest in self.manifests if manifest.entries)

    def _folders_with_requirements(self) -> set[Path]:
        folders = {
            _folder_of(manifest.path)
            for manifest in self.manifests
            if manifest.kind != SCRIPT
            for entry in manifest.entries
            if entry.origin != COMMAND
        }
        return folders | {_folder_of(each.entry.place.path) for each in self.carried}

    def _owner(self, shown: str, folders: set[Path]) -> Path | None:
        """Return the nearest of some folders that a file lies in; None if it lies in none."""
        return next((folder for folder in Path(shown).absolute().parents if folder in folders), None)

    def environments_of(self, folder: Path) -> dict[str, Manifest]:
        """Return the environments in a folder, or else in the nearest above, up to the root or that of the repository.

        Args:
            folder: The folder, as an absolute path without `..`.
        """
        for ancestor in folders_above(folder):
            environments = self._environments_in(ancestor)
            if environments or (ancestor == self._root and not self._is_in_repository()):
                return environments
        return {}

    def _is_in_repository(self) -> bool:
        return is_repository(list(folders_above(self._root))[-1])

    def _environments_in(self, folder: Path) -> dict[str, Manifest]:
        if folder not in self._environments:
            shown = map(display_path, discover_environments(folder)[:MOST_ENVIRONMENTS])
            self._environments[folder] = {path: installed(self._target, path) for path in shown}
        return self._environments[folder]


def drop_locks(projects: Sequence[Project], locking: Iterable[str]) -> list[Project]:
    """Leave out the folders that only lock what projects below them pin: the roots of workspaces.

    Args:
        projects: The projects.
        locking: The places that pin the releases of the projects.
    """
    files = {place.partition(":")[0] for place in locking}
    return [
        project
        for project in projects
        if project.files
        or not project.manifests
        or not all(manifest.kind in LOCKS for manifest in project.manifests)
        or not any(other.folder != project.folder and other.folder.is_relative_to(project.folder) for other in projects)
        or not files & {manifest.path for manifest in project.manifests}
    ]


def _folder_of(shown: str) -> Path:
    """Return the folder of the project that a manifest belongs to, absolute."""
    return Path(project_of(Place(shown))).absolute()
