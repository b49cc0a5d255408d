"""A disk on which only synced changes survive a power cut.

`Disk` records the changes that a program makes in a folder: files opened, synced and renamed, names removed, folders
created. `Disk.cuts` then lists the files that may be on the disk after a cut at any moment. The rules are POSIX's,
which promise less than most file systems do:

- The content of a file is whole once the file was synced; before, the disk may have any part of it, zeros, or nothing.
- A name is as last changed once its folder was synced; before, the disk may have each change or not, independently of
  earlier and later changes in this folder or in another.
"""

import io
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest


class Fate(msgspec.Struct, frozen=True):
    """What survives of the changes that were not synced.

    Attributes:
        title: The fate in words.
        keeps: Which of so many changes of names survive.
        content: The part of a file's bytes that survives.
    """

    title: str
    keeps: Callable[[int], list[bool]]
    content: Callable[[bytes], bytes] = bytes


FATES = (
    Fate("nothing survives", lambda count: [False] * count),
    Fate("all survives", lambda count: [True] * count),
    Fate("names survive, and files are empty", lambda count: [True] * count, lambda _: b""),
    Fate("names survive, and files are cut", lambda count: [True] * count, lambda data: data[: len(data) // 2]),
    Fate("names survive, and files are zeros", lambda count: [True] * count, lambda data: bytes(len(data))),
    Fate("only the last name survives", lambda count: [number == count - 1 for number in range(count)]),
    Fate("all names but the first survive", lambda count: [number > 0 for number in range(count)]),
    Fate("every other name survives", lambda count: [number % 2 == 1 for number in range(count)]),
)
"""From one extreme to the other; a later change may survive although an earlier change is lost."""


class _Change(msgspec.Struct, frozen=True):
    """A change of a path: it names another file or none, is a new folder, or had its names synced."""

    path: Path
    file: int | None = None
    renamed: Path | None = None
    made: bool = False
    synced: bool = False


class Disk:
    """The changes in a folder since the recording began.

    Args:
        folder: The folder to record.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        self._folders = {folder, *folder.parents, *(path for path in folder.rglob("*") if path.is_dir())}
        self._changes: list[_Change] = []
        self._contents: dict[int, bytes] = {}
        self._whole_at: dict[int, int] = {}
        self._numbers = itertools.count()
        self._number_of: dict[int, int] = {}

    @property
    def moments(self) -> int:
        """Count the changes."""
        return len(self._changes)

    def recording(self, patch: pytest.MonkeyPatch) -> None:
        """Record all changes until the patch is undone, without waiting for the disk."""
        open_, replace, unlink, mkdir = io.open, os.replace, os.unlink, os.mkdir

        def opening(path: Any, mode: str = "r", *args: Any, **settings: Any) -> Any:
            file = open_(path, mode, *args, **settings)
            if "w" in mode:
                number = self._number_of[os.fstat(file.fileno()).st_ino] = next(self._numbers)
                self._record(_Change(Path(path), number))
            return file

        def syncing(descriptor: int) -> None:
            status, path = os.fstat(descriptor), Path(f"/proc/self/fd/{descriptor}").readlink()
            if stat.S_ISDIR(status.st_mode):
                self._record(_Change(path, synced=True))
            else:
                self._contents[self._number_of[status.st_ino]] = path.read_bytes()
                self._whole_at[self._number_of[status.st_ino]] = self.moments

        def replacing(source: Any, target: Any) -> None:
            number = self._number_of[Path(source).stat().st_ino]
            self._contents.setdefault(number, Path(source).read_bytes())
            self._record(_Change(Path(target), number, renamed=Path(source)))
            replace(source, target)

        def unlinking(path: Any) -> None:
            unlink(path)
            self._record(_Change(Path(path)))

        def making(path: Any, *args: Any) -> None:
            mkdir(path, *args)
            self._record(_Change(Path(path), made=True))

        patch.setattr(io, "open", opening)
        patch.setattr(os, "fsync", syncing)
        patch.setattr(os, "replace", replacing)
        patch.setattr(os, "unlink", unlinking)
        patch.setattr(os, "mkdir", making)

    def cuts(self) -> Iterator[tuple[int, str, dict[str, bytes]]]:
        """Yield each possible state once: the changes before the cut, the fate, and the content of each file."""
        for moment in range(self.moments + 1):
            states = []
            for fate in FATES:
                state = self._surviving(self._changes[:moment], fate)
                if state not in states:
                    states.append(state)
                    yield moment, fate.title, {path.relative_to(self._folder).as_posix(): state[path] for path in state}

    def _surviving(self, done: list[_Change], fate: Fate) -> dict[Path, bytes]:
        synced = {change.path: number for number, change in enumerate(done) if change.synced}
        named = [number for number, change in enumerate(done) if not change.synced]
        loose = [number for number in named if synced.get(done[number].path.parent, -1) < number]
        lost = {number for number, survives in zip(loose, fate.keeps(len(loose)), strict=True) if not survives}
        names: dict[Path, bytes] = dict(self._before)
        folders = set(self._folders)
        for change in (done[number] for number in named if number not in lost):
            if change.made:
                folders.add(change.path)
                continue
            for removed in (change.path, change.renamed):
                if removed is not None:
                    names.pop(removed, None)
            if change.file is not None:
                whole = self._whole_at.get(change.file, len(done) + 1) <= len(done)
                data = self._contents.get(change.file, b"")
                names[change.path] = data if whole else fate.content(data)
        return {path: data for path, data in names.items() if folders.issuperset(path.parents)}

    def _record(self, change: _Change) -> None:
        if change.path.is_relative_to(self._folder):
            self._changes.append(change)


def put_back(files: dict[str, bytes], folder: Path) -> Path:
    """Write these files into a folder, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder
