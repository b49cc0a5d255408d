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
        mode = entry.lstat().st_mode
        content = os.fsencode(entry.readlink()) if stat.S_ISLNK(mode) else b"" if entry.is_dir() else entry.read_bytes()
        is_folder = stat.S_ISDIR(mode)
        own[str(entry.relative_to(environment))] = None if is_folder else OwnFile(content, mode)
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
        known = own.get(str(entry.relative_to(environment)), _FOREIGN)
        if known is _FOREIGN or (known is None) != (entry.is_dir() and not entry.is_symlink()):
            _remove(entry)
    for name, file in own.items():
        _restore_file(environment / name, file)
    sizes = []
    for entry in _walk(packages):
        status = entry.lstat()
        if not stat.S_ISDIR(status.st_mode):
            if not stat.S_ISREG(status.st_mode):
                raise RefusedWheel(f"A wheel puts {entry.name!r} into site-packages, which is no file.")
            sizes.append(status.st_size)
    if reason := judge_sizes(sizes):
        raise RefusedWheel(f"The environment {reason}.")


_FOREIGN = OwnFile(b"", 0)
"""Stands for a file that uv did not make."""


def _walk(folder: Path, but: Path | None = None) -> Iterator[Path]:
    """Yield everything in a folder, parents first, without what is in `but`; follow no link."""
    with os.scandir(folder) as entries:
        listed = [Path(entry.path) for entry in entries]
    for path in listed:
        if path != but:
            yield path
            if path.is_dir() and not path.is_symlink():
                yield from _walk(path, but)


def _restore_file(path: Path, file: OwnFile | None) -> None:
    """Make a path what it was; `file` is None for a folder."""
    if file is None:
        if path.is_symlink() or not path.is_dir():
            path.unlink(missing_ok=True)
            path.mkdir()
        return
    if os.path.lexists(path):
        mode = path.lstat().st_mode
        content = os.fsencode(path.readlink()) if stat.S_ISLNK(mode) else path.read_bytes()
        if (mode, content) == (file.mode, file.content):
            return
        _remove(path)
    if stat.S_ISLNK(file.mode):
        path.symlink_to(os.fsdecode(file.content))
    else:
        path.write_bytes(file.content)
        path.chmod(stat.S_IMODE(file.mode))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)  # it may have gone with its folder
