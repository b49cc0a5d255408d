"""Create a temporary folder for the cells of one run, and remove it when the run ends. I/O.

The folder is in the user's cache, next to uv's cache, so that both are on one file system and hard links work. A run
that is killed can't remove its folder. So each workspace has a lock while its process lives, and the next run removes
the workspaces without one.
"""

import contextlib
import shutil
import stat
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_LOCK_SUFFIX = ".lock"


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """Create a folder, and remove it when the context ends; first remove the folders of killed runs."""
    from filelock import FileLock  # comes with the extra `measure`

    root = _cache() / "cells"
    root.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(root)
    folder = root / uuid.uuid4().hex[:12]
    lock = FileLock(folder.with_suffix(_LOCK_SUFFIX))
    with lock:  # locked first, so that no other run takes the new folder for an abandoned one
        folder.mkdir()
        try:
            yield folder
        finally:
            remove(folder)
            Path(lock.lock_file).unlink(missing_ok=True)


def bytecode_folder() -> Path:
    """Return the folder in the user's cache with compiled modules for cells and runs; it may be removed at any time."""
    return _cache() / "bytecode"


def kept_folder() -> Path:
    """Return the folder of the user's cache in which `--keep` leaves environments."""
    return _cache() / "kept"


def remove(folder: Path) -> None:
    """Remove a folder, even if code that ran in it changed permissions."""

    def allow_and_retry(function: Callable[[str], Any], path: str, _error: Any) -> None:
        with contextlib.suppress(OSError):
            Path(path).parent.chmod(stat.S_IRWXU)
            Path(path).chmod(stat.S_IRWXU)
            function(path)

    shutil.rmtree(folder, onerror=allow_and_retry)
    shutil.rmtree(folder, ignore_errors=True)


def _cache() -> Path:
    from platformdirs import user_cache_path  # comes with the extra `measure`

    return user_cache_path("midstream")


def _remove_abandoned(root: Path) -> None:
    from filelock import FileLock, Timeout

    for lock_file in root.glob("*" + _LOCK_SUFFIX):
        with (
            contextlib.suppress(Timeout),
            FileLock(lock_file, timeout=0),
        ):  # a lock that is taken raises Timeout: its process lives
            remove(lock_file.with_suffix(""))
            lock_file.unlink(missing_ok=True)
