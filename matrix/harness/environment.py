"""Keeps an environment what it is meant to be: the files that uv made, and distributions in site-packages. I/O.

A wheel may have files for any place of its environment, not only for site-packages. Some of these would change which
Python starts, or which modules it imports: `bin/python._pth`, `pyvenv.cfg`. A cell needs none of them, nor console
scripts. So the files that uv made are read before anything is installed, and restored afterwards; everything else that
is outside site-packages is removed. Nothing of an environment runs before that.
"""

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from matrix.harness.wheels import RefusedWheel, judge_sizes


class OwnFile(msgspec.Struct, frozen=True):
    """A file of a new environment.

    Attributes:
        content: Its bytes; for a symbolic link the path that it leads to.
        mode: Its type and permissions.
    """

    content: bytes
    mode: int


def read_own_files(environment: Path) -> dict[str, OwnFile | None]:
    """Read the files of an environment in which nothing is installed, by their path in it; None is a folder."""
    own: dict[str, OwnFile | None] = {}
    for entry in _walk(environment):
        own[os.path.relpath(entry.path, environment)] = _read(Path(entry.path))
    return own


def restore(environment: Path, packages: Path, own: Mapping[str, OwnFile | None]) -> None:
    """Restore the files that uv made, and remove all others outside site-packages.

    Args:
        environment: The folder of the environment, in which nothing has run.
        packages: Its folder site-packages, whose further files stay.
        own: The files as `read_own_files` returned them.

    Raises:
        RefusedWheel: The files in site-packages are too many, too large or no files.
    """
    for entry in list(_walk(environment, but=packages)):
        if os.path.relpath(entry.path, environment) not in own:
            _remove(Path(entry.path))
    for name, file in own.items():
        _restore_file(environment / name, file)
    check_files(packages)


def check_files(packages: Path) -> None:
    """Check what was installed into a folder.

    Raises:
        RefusedWheel: The files are too many, too large or no files.
    """
    sizes = []
    for entry in _walk(packages):
        if not entry.is_dir(follow_symlinks=False):
            if not entry.is_file(follow_symlinks=False):
                raise RefusedWheel(f"A package puts {entry.name!r} into {packages.name}, which is no file.")
            sizes.append(entry.stat(follow_symlinks=False).st_size)
    if reason := judge_sizes(sizes):
        raise RefusedWheel(f"The environment {reason}.")


def _read(path: Path) -> OwnFile | None:
    """Read a file or a link; return None for a folder."""
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        return None
    return OwnFile(os.fsencode(path.readlink()) if stat.S_ISLNK(mode) else path.read_bytes(), mode)


def _walk(folder: Path | str, but: Path | None = None) -> Iterator[os.DirEntry[str]]:
    """Yield everything in a folder, parents first, without the folder `but`; follow no link."""
    with os.scandir(folder) as listing:
        entries = list(listing)
    for entry in entries:
        if but is None or entry.path != str(but):
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, but)


def _restore_file(path: Path, file: OwnFile | None) -> None:
    """Make a path what it was; `file` is None for a folder."""
    if os.path.lexists(path):
        if _read(path) == file:
            return
        _remove(path)
    if file is None:
        path.mkdir()
    elif stat.S_ISLNK(file.mode):
        path.symlink_to(os.fsdecode(file.content))
    else:
        path.write_bytes(file.content)
        path.chmod(stat.S_IMODE(file.mode))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # it may have gone with its folder
