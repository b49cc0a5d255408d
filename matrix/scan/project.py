"""Which of the scanned files an import means. Pure: the files are read by whoever made the project.

An import of the user's own is followed if exactly one scanned file can be meant, for a wrong file is worse than none.
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import PurePosixPath

from matrix.scan.names import Module


class Project:
    """The files that are scanned together.

    Args:
        paths: Theirs, as they are shown.
        load: Parses one of them; None if that can't be done.
    """

    def __init__(self, paths: Iterable[str] = (), load: Callable[[str], Module | None] = lambda _: None) -> None:
        self._paths = {_dotted(path): path for path in paths}
        self._load = load
        self._loaded: dict[str, Module | None] = {}

    @cached_property
    def _by_last(self) -> dict[str, list[tuple[str, ...]]]:
        found: dict[str, list[tuple[str, ...]]] = {}
        for parts in self._paths:
            if parts:
                found.setdefault(parts[-1], []).append(parts)
        return found

    def module(self, origin: str, level: int, path: str) -> Module | None:
        """The file that an import in the file `path` means; None if none was scanned, or more than one could be it."""
        parts = tuple(origin.split(".")) if origin else ()
        if level:
            here = _folder(path)
            if level - 1 > len(here):
                return None
            wanted = (*here[: len(here) - (level - 1)], *parts)
            return self._get(wanted)
        found = [each for each in self._by_last.get(parts[-1], ()) if each[-len(parts) :] == parts] if parts else []
        if len(found) > 1:  # one beside the file that imports it is what Python finds first, if that is a script
            found = [each for each in found if each[: -len(parts)] == _folder(path)]
        return self._get(found[0]) if len(found) == 1 else None

    def _get(self, parts: tuple[str, ...]) -> Module | None:
        path = self._paths.get(parts)
        if path is None:
            return None
        if path not in self._loaded:
            self._loaded[path] = self._load(path)
        return self._loaded[path]


def _folder(path: str) -> tuple[str, ...]:
    return PurePosixPath(path).parts[:-1]


def _dotted(path: str) -> tuple[str, ...]:
    """A file as the parts of a module's name, from the folder that its path begins with."""
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts and parts[-1] == "__init__" else parts
