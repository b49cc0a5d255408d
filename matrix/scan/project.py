"""The files that are scanned together, and which of them an import means. Pure: the caller reads the files.

An import is followed only if exactly one scanned file can be meant: a wrong file is worse than none.
"""

from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from pathlib import PurePosixPath
from typing import Final

from matrix.scan.scopes import Module

MOST_TEXT: Final = 2_000_000
"""Characters of the parsed files that are kept for the next file that is scanned. They take 25 times that in memory."""


class Project:
    """The files that are scanned together.

    Args:
        paths: The paths of the files as they are shown.
        load: Parses a file; returns None if it can't be parsed.
    """

    def __init__(self, paths: Iterable[str] = (), load: Callable[[str], Module | None] = lambda _: None) -> None:
        self._paths = {_dotted(path): path for path in paths}
        self._candidates: dict[str, list[tuple[str, ...]]] = {}
        self._load = load
        self._loaded: dict[str, Module | None] = {}
        self.carriers: set[str] | None = None
        """The paths of the files that are known to use the SDK so far; None if that is not recorded."""
        self.mentioning: set[str] | None = None
        """The paths of the files that mention the SDK; None if that is not recorded."""
        self.deriving: dict[str, dict[str, frozenset[str]]] = {}
        """The path of each file with base classes, to those of the files whose subclasses call the SDK.

        Each of these has the names of the functions that lead to the calls."""

    @cached_property
    def _by_last(self) -> dict[str, list[tuple[str, ...]]]:
        by_last: dict[str, list[tuple[str, ...]]] = {}
        for parts in self._paths:
            if parts:
                by_last.setdefault(parts[-1], []).append(parts)
        return by_last

    @cached_property
    def _names(self) -> frozenset[str]:
        """The last names of its files and of the folders that have them."""
        return frozenset(name for parts in self._paths for name in parts[-2:])

    def may_have(self, origin: str) -> bool:
        """Return whether a dotted name may be that of a file, or of a folder with files."""
        return origin.rpartition(".")[2] in self._names

    def get(self, path: str) -> Module | None:
        """Return a file that was parsed before; None if it was not, or can't be parsed."""
        return self._loaded.get(path)

    def adopt(self, module: Module) -> None:
        """Take a file that is scanned next: the files that it imports, and that import it, then find this parse of it.

        The files that were not used for the longest time are forgotten: all of a large project take a gigabyte.
        """
        self._loaded.pop(module.path, None)
        self._loaded[module.path] = module
        kept = 0
        for path, each in [*self._loaded.items()][::-1]:
            kept += len(each.text) if each is not None else 0
            if kept > MOST_TEXT and each is not module:
                del self._loaded[path]
                if each is not None:
                    each.forget()

    def find_module(self, origin: str, level: int, path: str) -> Module | None:
        """Find the file that an import in the file `path` means; None if no file or more than one can be meant."""
        found = self.find_path(origin, level, path)
        if found is None:
            return None
        return self._open(found)

    def _open(self, path: str) -> Module | None:
        module = self._loaded.pop(path) if path in self._loaded else self._load(path)
        self._loaded[path] = module  # as the last one used
        return module

    def find_deriving(self, path: str) -> list[Module]:
        """Find the other files whose classes are derived from those of a file and call the SDK."""
        opened = map(self._open, self.deriving.get(path, ()))
        return [module for module in opened if module is not None]

    def find_path(self, origin: str, level: int, path: str) -> str | None:
        """Find the path of the file that an import in the file `path` means."""
        if origin and origin.rpartition(".")[2] not in self._by_last:  # as of most imported names
            return None
        parts = tuple(origin.split(".")) if origin else ()
        if level:
            folder = _folder(path)
            if level - 1 > len(folder):
                return None
            return self._paths.get((*folder[: len(folder) - (level - 1)], *parts))
        if origin not in self._candidates:
            by_last = self._by_last.get(parts[-1], ()) if parts else ()
            self._candidates[origin] = [each for each in by_last if each[-len(parts) :] == parts]
        candidates = self._candidates[origin]
        if len(candidates) > 1:  # a script's own folder is where Python looks first
            candidates = [each for each in candidates if each[: -len(parts)] == _folder(path)]
        return self._paths[candidates[0]] if len(candidates) == 1 else None

    @property
    def loaded(self) -> list[Module]:
        """The files that were read so far."""
        return [module for module in self._loaded.values() if module is not None]


@lru_cache(maxsize=1)  # of the file whose imports are looked up
def _folder(path: str) -> tuple[str, ...]:
    return PurePosixPath(path).parts[:-1]


def _dotted(path: str) -> tuple[str, ...]:
    """Return the parts of a file's module name, from the first folder of its path."""
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts and parts[-1] == "__init__" else parts
