"""Write files that survive a power cut, and read files of bounded size. I/O.

After a power cut a file system may have the later of two files and not the earlier, unless each file and the folder
that contains it were flushed to the disk. So a file is flushed under its name before the next file is written.
"""

import contextlib
import errno
import os
import stat
from pathlib import Path
from typing import Final

from matrix.errors import StoreCorrupt, describe_os_error

TEMPORARY: Final = ".new"
"""Suffix of a file while it is being written."""

LIMIT: Final = 64 * 1024 * 1024
"""Bytes of one file. The largest file in the data has a quarter of a megabyte."""

_CAN_SYNC_FOLDERS: Final = hasattr(os, "O_DIRECTORY")
"""False on Windows, which can't flush a folder, and writes names in order."""

_NO_SUCH_THING: Final = (errno.EINVAL, errno.ENOTSUP)
"""Errors by which network file systems refuse to flush a folder."""


def write_atomically(target: Path, data: bytes) -> None:
    """Write a file so that a reader sees either all of the old content or all of the new content.

    Its folder is created if it is missing. After this function returns, the file survives a power cut.

    Raises:
        MatrixError: The system refuses, for lack of space or permission. The old file is unchanged, and no temporary
            file is left.
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
        raise describe_os_error(error, f"{target}: can't be written") from None


def remove(target: Path) -> None:
    """Remove a file if it exists, so that it does not reappear after a power cut.

    Raises:
        MatrixError: The system refuses to remove it.
    """
    try:
        target.unlink(missing_ok=True)
        _sync(target.parent)
    except OSError as error:
        raise describe_os_error(error, f"{target}: can't be removed") from None


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, so that they survive a power cut."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        _sync(path.parent)


def read(path: Path, limit: int = LIMIT) -> bytes:
    """Read a regular file.

    Raises:
        OSError: The file does not exist, or is not readable.
        StoreCorrupt: The path is not a regular file, or has more than `limit` bytes; neither is read.
    """
    # Otherwise opening a pipe waits for a writer.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise StoreCorrupt(f"{path}: is not a regular file.", "Folders, pipes and devices are not read: remove it.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(min(status.st_size, limit) + 1)
    finally:
        os.close(descriptor)
    if len(data) > limit:
        raise StoreCorrupt(f"{path}: has more than {limit // 1024 // 1024} MB.", "Nothing that we write is that large.")
    return data


def _sync(folder: Path) -> None:
    """Flush the names in a folder to the disk."""
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
