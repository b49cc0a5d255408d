"""Files that are relied on: written so that they outlive a power cut, and read within bounds. I/O.

A system may keep the later of two files and lose the earlier, unless it was told to write down both a file and the
folder that names it. So each is on the disk, under its name, before anything is written that refers to it.
"""

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Final

from matrix.errors import StoreCorrupt, refused

TEMPORARY: Final = ".new"
"""What the name of a file ends with while it is being written."""

LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one file; the largest that there is has a quarter of a megabyte."""

_CAN_SYNC_FOLDERS: Final = hasattr(os, "O_DIRECTORY")
"""Windows can't, and writes names down in order."""

_NO_SUCH_THING: Final = (errno.EINVAL, errno.ENOTSUP)
"""How file systems over a network say that folders are none of their business."""


def write_atomically(target: Path, data: bytes) -> None:
    """Write a file so that whoever reads it, at whatever moment, sees all of the old or all of the new.

    Its folder is made if need be. Once this returns, the file outlives a power cut.

    Raises:
        MatrixError: The system refuses: no room, no permission. The old file is as it was, and nothing is beside it.
    """
    temporary = target.with_name(target.name + TEMPORARY)
    try:
        make_folder(target.parent)
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync(target.parent)
    except OSError as error:
        raise refused(error, f"{target}: can't be written") from None


def remove(target: Path) -> None:
    """Remove a file, if there is one, so that it does not come back after a power cut.

    Raises:
        MatrixError: The system refuses.
    """
    try:
        target.unlink(missing_ok=True)
        _sync(target.parent)
    except OSError as error:
        raise refused(error, f"{target}: can't be removed") from None


def make_folder(folder: Path) -> None:
    """Make a folder, and those that it is in, so that what is put into it outlives a power cut with it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(exist_ok=True)
        _sync(one.parent)


def read(path: Path, limit: int = LIMIT) -> bytes:
    """All that is in a regular file.

    Raises:
        OSError: It is not there, or may not be read.
        StoreCorrupt: It is no regular file, or has more than `limit` bytes; neither is read.
    """
    # Opening a pipe that nobody writes to would wait.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StoreCorrupt(f"{path}: is no regular file.", "Folders, pipes and devices are not read: remove it.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(min(status.st_size, limit) + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise StoreCorrupt(f"{path}: has more than {limit // 1024 // 1024} MB.", "Nothing that we write is that large.")
    return data


def _sync(folder: Path) -> None:
    """Have the names of what is in a folder written down."""
    if not _CAN_SYNC_FOLDERS:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SUCH_THING:
            raise
    finally:
        os.close(descriptor)
