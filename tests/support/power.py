"""A disk on which only what was written down outlives a power cut.

`Disk` takes down what a piece of the program does to a folder: files opened, synced and renamed, names removed, folders
made. `Disk.cuts` then tells what may be found after a cut at any moment. The rules are those of POSIX, which promise
less than most file systems keep:

- What is in a file is whole once the file was synced; before, any part of it may be there, or zeros, or nothing.
- A name is as it was last changed once its folder was synced; before, each change may be there or not, whatever
  became of changes that came before it or after it, in this folder or in another.
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
    """What becomes of that which was not written down.

    Attributes:
        title: In words.
        keeps: Of so many changes of names, which are kept.
        content: What is left of a file.
    """

    title: str
    keeps: Callable[[int], list[bool]]
    content: Callable[[bytes], bytes] = bytes


FATES = (
    Fate("all is lost", lambda count: [False] * count),
    Fate("all is kept", lambda count: [True] * count),
    Fate("names are kept, and files are empty", lambda count: [True] * count, lambda _: b""),
    Fate("names are kept, and files are cut", lambda count: [True] * count, lambda data: data[: len(data) // 2]),
    Fate("names are kept, and files are zeros", lambda count: [True] * count, lambda data: bytes(len(data))),
    Fate("only the last name is kept", lambda count: [number == count - 1 for number in range(count)]),
    Fate("all names but the first are kept", lambda count: [number > 0 for number in range(count)]),
    Fate("every other name is kept", lambda count: [number % 2 == 1 for number in range(count)]),
)
"""From one end to the other; a later change may be kept, and an earlier one lost."""


class _Change(msgspec.Struct, frozen=True):
    """A path names another file than before, or none; or is a folder that was made; or names in it were synced."""

    path: Path
    file: int | None = None
    renamed: Path | None = None
    made: bool = False
    synced: bool = False


class Disk:
    """What was done to a folder, from now on.

    Args:
        folder: Which.
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
        """How many changes there were."""
        return len(self._changes)

    def recording(self, patch: pytest.MonkeyPatch) -> None:
        """Take down what is done, until the patch is undone; and wait for no disk."""
        open_, replace, unlink, mkdir = io.open, os.replace, os.unlink, os.mkdir

        def opening(path: Any, mode: str = "r", *args: Any, **settings: Any) -> Any:
            file = open_(path, mode, *args, **settings)
            if "w" in mode:
                number = self._number_of[os.fstat(file.fileno()).st_ino] = next(self._numbers)
                self._did(_Change(Path(path), number))
            return file

        def syncing(descriptor: int) -> None:
            status, path = os.fstat(descriptor), Path(f"/proc/self/fd/{descriptor}").readlink()
            if stat.S_ISDIR(status.st_mode):
                self._did(_Change(path, synced=True))
            else:
                self._contents[self._number_of[status.st_ino]] = path.read_bytes()
                self._whole_at[self._number_of[status.st_ino]] = self.moments

        def replacing(source: Any, target: Any) -> None:
            number = self._number_of[Path(source).stat().st_ino]
            self._contents.setdefault(number, Path(source).read_bytes())
            self._did(_Change(Path(target), number, renamed=Path(source)))
            replace(source, target)

        def unlinking(path: Any) -> None:
            unlink(path)
            self._did(_Change(Path(path)))

        def making(path: Any, *args: Any) -> None:
            mkdir(path, *args)
            self._did(_Change(Path(path), made=True))

        patch.setattr(io, "open", opening)
        patch.setattr(os, "fsync", syncing)
        patch.setattr(os, "replace", replacing)
        patch.setattr(os, "unlink", unlinking)
        patch.setattr(os, "mkdir", making)

    def cuts(self) -> Iterator[tuple[int, str, dict[str, bytes]]]:
        """What may be found, each once: after how many changes, by which fate, and each file with what is in it."""
        for moment in range(self.moments + 1):
            seen = []
            for fate in FATES:
                found = self._left(self._changes[:moment], fate)
                if found not in seen:
                    seen.append(found)
                    yield moment, fate.title, {path.relative_to(self._folder).as_posix(): found[path] for path in found}

    def _left(self, done: list[_Change], fate: Fate) -> dict[Path, bytes]:
        synced = {change.path: number for number, change in enumerate(done) if change.synced}
        named = [number for number, change in enumerate(done) if not change.synced]
        loose = [number for number in named if synced.get(done[number].path.parent, -1) < number]
        lost = {number for number, kept in zip(loose, fate.keeps(len(loose)), strict=True) if not kept}
        names: dict[Path, bytes] = dict(self._before)
        folders = set(self._folders)
        for change in (done[number] for number in named if number not in lost):
            if change.made:
                folders.add(change.path)
                continue
            for gone in (change.path, change.renamed):
                if gone is not None:
                    names.pop(gone, None)
            if change.file is not None:
                whole = self._whole_at.get(change.file, len(done) + 1) <= len(done)
                data = self._contents.get(change.file, b"")
                names[change.path] = data if whole else fate.content(data)
        return {path: data for path, data in names.items() if folders.issuperset(path.parents)}

    def _did(self, change: _Change) -> None:
        if change.path.is_relative_to(self._folder):
            self._changes.append(change)


def put_back(found: dict[str, bytes], folder: Path) -> Path:
    """A folder with these files in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder
