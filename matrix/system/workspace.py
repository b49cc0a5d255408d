"""A temporary folder for the cells of one run, which is gone afterwards, however the run ends.

I/O. It lies in the user's cache, beside uv's, so that both are on one file system and hard links work. A run that
is killed can't tidy up; so each workspace holds a lock for as long as its process lives, and the next run removes
those that nobody holds.
"""

import contextlib
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from platformdirs import user_cache_path

_LOCK_SUFFIX = ".lock"


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A new folder, removed when the context is left; what earlier, killed runs left is removed first."""
    root = user_cache_path("midstream") / "cells"
    root.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(root)
    folder = root / uuid.uuid4().hex[:12]
    lock = FileLock(folder.with_suffix(_LOCK_SUFFIX))
    with lock:  # before the folder is made, so that there is never a folder that nobody answers for
        folder.mkdir()
        try:
            yield folder
        finally:
            remove(folder)
            Path(lock.lock_file).unlink(missing_ok=True)


def bytecode_folder() -> Path:
    """Where compiled modules are kept between cells and runs, in the user's cache; safe to remove at any time."""
    return user_cache_path("midstream") / "bytecode"


def remove(folder: Path) -> None:
    """Remove a folder, whatever the code that ran in it did to permissions."""

    def allow_and_retry(function: Callable[[str], Any], path: str, _error: Any) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(stat.S_IRWXU)
            Path(path).chmod(stat.S_IRWXU)
            function(path)

    shutil.rmtree(folder, onerror=allow_and_retry)
    shutil.rmtree(folder, ignore_errors=True)


def _remove_abandoned(root: Path) -> None:
    for lock_file in root.glob("*" + _LOCK_SUFFIX):
        with contextlib.suppress(Timeout), FileLock(lock_file, timeout=0):  # held: its process lives
            remove(lock_file.with_suffix(""))
            lock_file.unlink(missing_ok=True)
