"""Find the manifests of a folder, and of all projects below it. I/O: lists folders; opens scripts to find their blocks.

The order is fixed, so that two runs give the same report: what a project declares, then what it has locked, then what
its scripts and commands install. No process is started: `git ls-files` would run programs that a repository names.
"""

import fnmatch
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from matrix.targets.target import Registry

_PATTERNS: Final = (
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "pylock.toml",
    "pylock.*.toml",
    "requirements*.txt",
    "requirements*.in",
    "*requirements.txt",
    "*requirements.in",
    "requirements*.lock",
    "setup.cfg",
    "setup.py",
    "hatch.toml",
    "pixi.toml",
    "pixi.lock",
    "environment*.y*ml",
    "*environment.y*ml",
    "conda-lock.y*ml",
    "*[.-]conda-lock.y*ml",
    "tox.ini",
    "tox.toml",
)
"""Names of manifests of Python projects, in their order."""

_PATTERNS_OF_NPM: Final = (
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "pnpm-workspace.y*ml",
    "pnpm-lock.y*ml",
    "yarn.lock",
    "bun.lock",
)
"""Names of manifests of projects that npm, yarn, pnpm or bun installs, in their order."""

_IN_REQUIREMENTS: Final = ("*.txt", "*.in")
"""Names of manifests in a folder `requirements`, in their order."""

_COMMANDS: Final = ("Dockerfile*", "Containerfile*", "*.dockerfile", "*.sh", "*.bash")
"""Names of files whose commands may install packages."""

SKIPPED: Final = frozenset(
    {"venv", "env", "node_modules", "__pycache__", "build", "dist", "site-packages", "__pypackages__", "vendor"}
)
"""Folders whose content is not the project's own; hidden ones (.git, .venv, .tox) and environments are skipped too."""

_ENVIRONMENTS: Final = (".venv", "venv", "env", ".env")
"""The usual names of environments, the most usual first."""

MOST_FOLDERS: Final = 50_000
"""Folders that are searched in one tree."""

_LARGEST_SCRIPT: Final = 4_000_000
"""Bytes of a Python file that is searched for a block of requirements, or of a notebook that is for commands."""


_INSTALL: Final = re.compile(rb"\bpip[0-9.]*\s+install\s")
"""A command in a notebook that installs a package."""

_BLOCK: Final = re.compile(rb"^# /// script[ \t\r]*$", re.MULTILINE)


def discover(folder: Path, registry: Registry = Registry.PYPI) -> list[Path]:
    """List the manifests directly in a folder, and those in its folder `requirements`, in a fixed order.

    The list has a requirements file and also the file that was compiled from it: each is judged on its own. A folder
    that can't be listed has no manifests. A file that can't be read is in the list, so that `read` reports it.

    Args:
        folder: The folder.
        registry: The registry of the packages that the manifests declare.
    """
    if registry is Registry.NPM:
        return list(_named(_files(folder), _PATTERNS_OF_NPM))
    files = [*_named(_files(folder), _PATTERNS), *_named(_files(folder / "requirements"), _IN_REQUIREMENTS)]
    return list(dict.fromkeys(files))


def folders_above(folder: Path) -> Iterator[Path]:
    """Yield a folder and the folders above it, up to the root of its repository.

    Args:
        folder: The folder, as an absolute path without `..`.
    """
    for ancestor in (folder, *folder.parents):
        yield ancestor
        if is_repository(ancestor):
            return


def is_repository(folder: Path) -> bool:
    """Return whether a folder is the root of a git repository, or of a work tree."""
    try:
        return (folder / ".git").exists()
    except OSError:
        return False


def discover_tree(root: Path, registry: Registry = Registry.PYPI, *, scripts: bool = True) -> Iterator[Path]:
    """Yield the manifests, the scripts that declare requirements, and the commands of all folders below a root.

    Args:
        root: The folder.
        registry: The registry of the packages that the manifests declare. Only those of Python have such scripts, and
            only commands that install Python packages are read.
        scripts: Whether to yield scripts and notebooks, for which every Python file and every notebook is opened.
    """
    for folder in folders_below(root):
        if registry is Registry.NPM:
            yield from discover(folder, registry)
            continue
        files = _files(folder)
        is_requirements = folder.name == "requirements" and folder != root
        if not is_requirements:  # those are among the manifests of the folder around it
            yield from discover(folder)
        if scripts:
            yield from filter(declares_requirements, _named(files, ("*.py",)))
            yield from filter(installs_packages, _named(files, ("*.ipynb",)))
        yield from _named(files, _COMMANDS)


def folders_below(root: Path) -> Iterator[Path]:
    """Yield a folder and the folders below it that may have files of a project, in a fixed order."""
    pending = [root]
    for _ in range(MOST_FOLDERS):
        if not pending:
            return
        folder = pending.pop()
        yield folder
        pending += reversed(_folders(folder))


def discover_environments(folder: Path) -> list[Path]:
    """List the environments directly in a folder, with the usual names first: they have `pyvenv.cfg`, or conda's files.

    A link to an environment is one too.
    """
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
        environments = [
            name for name in names if any((folder / name / sign).exists() for sign in ("pyvenv.cfg", "conda-meta"))
        ]
    except OSError:
        return []
    usual = {name: rank for rank, name in enumerate(_ENVIRONMENTS)}
    return [folder / name for name in sorted(environments, key=lambda name: (usual.get(name, len(usual)), name))]


def _named(files: list[Path], patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from (path for path in files if fnmatch.fnmatchcase(path.name, pattern))


def _files(folder: Path) -> list[Path]:
    """Return the entries of a folder that are no folders, sorted; none if it can't be listed."""
    try:
        return sorted(path for path in folder.iterdir() if not path.is_dir())
    except OSError:
        return []


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder that may have files of the project, sorted. Links are not followed."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    return [
        folder / name
        for name in names
        if name not in SKIPPED and not name.startswith(".") and not (folder / name / "pyvenv.cfg").exists()
    ]


def declares_requirements(path: Path) -> bool:
    """Return whether a Python file is a script with a block of requirements (PEP 723)."""
    return path.name != "setup.py" and _has(path, _BLOCK)


def installs_packages(path: Path) -> bool:
    """Return whether a notebook has a command that installs packages."""
    return _has(path, _INSTALL)


def _has(path: Path, pattern: re.Pattern[bytes]) -> bool:
    """Return whether a file has a pattern; not if it is too large, or can't be read."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST_SCRIPT:
            return False
        return pattern.search(path.read_bytes()) is not None
    except OSError:
        return False
