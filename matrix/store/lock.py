"""The lock of a data folder: one process writes it at a time, and the system releases the lock when it dies. I/O."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from matrix.errors import StoreBusy, describe_os_error
from matrix.system.files import make_folder


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Create the folder if needed, and lock it while the context lasts.

    Raises:
        StoreBusy: Another process has the lock.
        MatrixError: The folder cannot be written.
    """
    from filelock import FileLock, Timeout  # most commands only read

    lock = FileLock(folder.with_name(folder.name + ".lock"), timeout=0)
    try:
        make_folder(folder)
        lock.acquire()
    except Timeout:
        raise StoreBusy(
            f"Another process is writing {folder}.",
            "Wait until it ends, or stop it, then run this command again. Nothing was changed.",
        ) from None
    except OSError as error:
        raise describe_os_error(error, f"{folder}: can't be written") from None
    try:
        yield
    finally:
        lock.release()
