"""A system that refuses to write in one folder after so many steps, for a given reason."""

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

STEPS = ("open", "write", "fsync", "replace", "mkdir", "unlink")
"""The steps of writing and removing, each named after its system call."""


class Refusing:
    """A system that allows so many steps in a folder, and then refuses.

    Args:
        folder: The folder in which steps are counted; all other folders are unaffected.
        allowed: The number of steps before the first refusal.
        reason: The error number of the refusal, one of `errno`.
        only: The kind of step to count and refuse; None for every kind.

    Attributes:
        done: The number of allowed steps so far.
        refused: The number of refused steps so far.
    """

    def __init__(self, folder: Path, allowed: float, reason: int, only: str | None = None) -> None:
        self.done = self.refused = 0
        self._folder, self._allowed, self._reason, self._only = folder, allowed, reason, only

    def patched(self, patch: pytest.MonkeyPatch) -> None:
        """Replace the system calls until the patch is undone, without waiting for the disk."""
        open_ = io.open

        def opening(path: Any, mode: str = "r", *args: Any, **settings: Any) -> Any:
            if "w" not in mode or not self._is_ours(path):
                return open_(path, mode, *args, **settings)
            self._ask("open", path)
            return _File(open_(path, mode, *args, **settings), lambda: self._ask("write", path))

        def before(step: str, act: Callable[..., Any]) -> Callable[..., Any]:
            def asking(path: Any, *args: Any, **settings: Any) -> Any:
                self._ask(step, path)
                return act(path, *args, **settings)

            return asking

        patch.setattr(io, "open", opening)
        patch.setattr(os, "fsync", lambda number: self._ask("fsync", Path(f"/proc/self/fd/{number}").readlink()))
        for name in ("replace", "mkdir", "unlink"):
            patch.setattr(os, name, before(name, getattr(os, name)))

    def _is_ours(self, path: Any) -> bool:
        return not isinstance(path, int) and Path(path).absolute().is_relative_to(self._folder)

    def _ask(self, step: str, path: Any) -> None:
        if not self._is_ours(path) or self._only not in (None, step):
            return
        if self.done >= self._allowed:
            self.refused += 1
            raise OSError(self._reason, os.strerror(self._reason), str(path))
        self.done += 1


class _File:
    """A file that asks the system before each write; half of a refused write reaches the file."""

    def __init__(self, file: Any, ask: Callable[[], None]) -> None:
        self._file, self._ask = file, ask

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def write(self, data: bytes) -> int:
        """Write all bytes, or half of them if the system refuses."""
        try:
            self._ask()
        except OSError:
            self._file.write(data[: len(data) // 2])
            raise
        return int(self._file.write(data))
