"""Finds and reads the Python files of a user; the one part of `catching` that does I/O."""

import contextlib
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from matrix.findings.model import Place, Problem
from matrix.scan.found import Source
from matrix.scan.names import Module
from matrix.scan.project import Project
from matrix.scan.scanning import mentions, parse, scan_with_exports
from matrix.scan.sdk import Sdk
from matrix.targets.target import Target

LARGEST: Final = 4_000_000
"""Bytes of a file that is parsed: the largest module of any package seen has 2 MB, and more is generated."""

SKIPPED: Final = frozenset(
    {"venv", "env", "node_modules", "__pycache__", "build", "dist", "site-packages", "__pypackages__"}
)
"""Folders with what is not the user's own; hidden ones (.venv, .tox, .nox, .git) are skipped as well."""


def python_files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files to scan, each once: a file as it is given, of a folder all `*.py` in it, sorted.

    A linked folder within a folder is not entered, so no link can lead round in a circle.
    """
    seen: set[Path] = set()
    for path in paths:
        for found in _walk(path) if path.is_dir() else (path,):
            if found not in seen:
                seen.add(found)
                yield found


def _walk(folder: Path) -> Iterator[Path]:
    todo = [folder]  # a stack of our own: folders may be nested deeper than calls
    while todo:
        entry = todo.pop()
        with contextlib.suppress(OSError):
            if entry.is_dir():
                skipped = entry.is_symlink() or entry.name in SKIPPED or entry.name.startswith(".")
                if entry is folder or not skipped:
                    todo += sorted(entry.iterdir(), reverse=True)
            elif entry.suffix == ".py" and entry.is_file():
                yield entry


def scan_files(target: Target, files: Iterable[tuple[Path, str]]) -> Iterator[Source]:
    """Find what catches errors of the SDK in files that belong together, in their order.

    A file that does not mention the SDK is read and not parsed, unless a scanned file that does gives it something.

    Args:
        target: The target whose SDK is meant.
        files: Each with its path as it is to be shown.
    """
    sdk = Sdk(target)
    given = {shown: path for path, shown in files}
    project = Project(given, lambda shown: _load(sdk, given[shown], shown))
    found: dict[str, Source] = {}
    silent: list[str] = []
    names: set[str] = set()
    for shown, path in given.items():
        text = read_source(sdk, path, shown)
        if isinstance(text, Problem):
            found[shown] = Source(path=shown, problems=(text,))
        elif mentions(sdk, text):
            found[shown], given_names = scan_with_exports(sdk, text, shown, project)
            names |= given_names
        else:
            silent.append(shown)
    while names:
        told = re.compile(rb"\b(?:" + b"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")\b")
        names = set()
        for shown in silent:
            text = read_source(sdk, given[shown], shown)
            if shown not in found and isinstance(text, bytes) and told.search(text):
                source, given_names = scan_with_exports(sdk, text, shown, project)
                if source.uses_sdk:  # what is broken and has nothing to do with the SDK is not our matter
                    found[shown] = source
                    names |= given_names  # which may be others than elsewhere
    for shown in given:
        yield found.get(shown) or Source(path=shown)


def _load(sdk: Sdk, path: Path, shown: str) -> Module | None:
    text = read_source(sdk, path, shown)
    module = parse(text, shown) if isinstance(text, bytes) else None
    return module if isinstance(module, Module) else None


def read_source(sdk: Sdk, path: Path, shown: str) -> bytes | Problem:
    """The bytes of a file, or why it can't be read. What is too large and does not mention the SDK is empty."""
    place = Place(shown)
    if path.suffix == ".ipynb":
        return Problem(place, "Notebooks are not read.", "Export it: `jupyter nbconvert --to script`.")
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            return Problem(
                place, "It is a folder.", "Folders are searched for `*.py` when they are given to the command."
            )
        if not stat.S_ISREG(found.st_mode):
            return Problem(place, "It is no regular file.")
        if found.st_size > 25 * LARGEST:
            return _too_large(place)
        text = path.read_bytes()
    except OSError as error:
        return Problem(place, f"It can't be read: {error.strerror or error}.")
    except ValueError as error:  # a path with a null byte
        return Problem(place, f"It can't be read: {error}.")
    if len(text) <= LARGEST:
        return text
    return _too_large(place) if mentions(sdk, text) else b""


def _too_large(place: Place) -> Problem:
    limit = f"{LARGEST // 1_000_000} MB"
    return Problem(place, f"It is larger than {limit}, and so it is not read.", "Leave out what is generated.")
