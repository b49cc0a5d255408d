"""The files that are scanned together, and which of them an import means. Pure: the caller reads the files.

An import is followed only if exactly one scanned file can be meant: a wrong file is worse than none.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import PurePosixPath

from matrix.scan.scopes import Module


class Project:
    """The files that are scanned together.

    Args:
        paths: The paths of the files as they are shown.
        load: Parses a file; returns None if it can't be parsed.
    """

    def __init__(self, paths: Iterable[str] = (), load: Callable[[str], Module | None] = lambda _: None) -> None:
        self._paths = {_dotted(path): path for path in paths}
        self._load = load
        self._loaded: dict[str, Module | None] = {}

    @cached_property
    def _by_last(self) -> dict[str, list[tuple[str, ...]]]:
        by_last: dict[str, list[tuple[str, ...]]] = {}
        for parts in self._paths:
            if parts:
                by_last.setdefault(parts[-1], []).append(parts)
        return by_last

    def get(self, path: str) -> Module | None:
        """Return a file that was parsed before; None if it was not, or can't be parsed."""
        return self._loaded.get(path)

    def adopt(self, module: Module) -> None:
        """Take a file that was parsed elsewhere: the files that it imports, and that import it, then find this one."""
        self._loaded[module.path] = module

    def find_module(self, origin: str, level: int, path: str) -> Module | None:
        """Find the file that an import in the file `path` means; None if no file or more than one can be meant."""
        parts = tuple(origin.split(".")) if origin else ()
        if level:
            folder = _folder(path)
            if level - 1 > len(folder):
                return None
            return self._load_once((*folder[: len(folder) - (level - 1)], *parts))
        candidates = (
            [each for each in self._by_last.get(parts[-1], ()) if each[-len(parts) :] == parts] if parts else []
        )
        if len(candidates) > 1:  # a script's own folder is where Python looks first
            candidates = [each for each in candidates if each[: -len(parts)] == _folder(path)]
        return self._load_once(candidates[0]) if len(candidates) == 1 else None

    @property
    def loaded(self) -> list[Module]:
        """The files that were read so far."""
        return [module for module in self._loaded.values() if module is not None]

    def _load_once(self, parts: tuple[str, ...]) -> Module | None:
        path = self._paths.get(parts)
        if path is None:
            return None
        if path not in self._loaded:
            self._loaded[path] = self._load(path)
        return self._loaded[path]


def _folder(path: str) -> tuple[str, ...]:
    return PurePosixPath(path).parts[:-1]


def _dotted(path: str) -> tuple[str, ...]:
    """Return the parts of a file's module name, from the first folder of its path."""
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts and parts[-1] == "__init__" else parts
