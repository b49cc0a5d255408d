"""Finds, reads and scans the Python files and notebooks of a user. The only module of this room that does I/O."""

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from matrix.findings.model import Place, Problem
from matrix.manifests.notebook_cells import SUFFIX as NOTEBOOK
from matrix.scan.catches import ScannedFile
from matrix.scan.exports import ExportedNames, Exports, FileImports, find_imports
from matrix.scan.notebooks import Notebook, read_notebook
from matrix.scan.project import Project
from matrix.scan.recorded import Recorded
from matrix.scan.scanning import mentions_sdk, parse, scan_with_exports
from matrix.scan.scopes import Module
from matrix.scan.sdk import Sdk
from matrix.targets.target import Target

LARGEST: Final = 4_000_000
"""The most bytes of a file that is parsed: the largest hand-written module seen has 2 MB."""

SKIPPED: Final = frozenset(
    {"venv", "env", "node_modules", "__pycache__", "build", "dist", "site-packages", "__pypackages__"}
)
"""Folders with code that is not the user's own; hidden ones (.venv, .tox, .nox, .git) are skipped as well."""


def find_python_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Find the files to scan, each once: every path that is a file, and all `*.py` and `*.ipynb` in a folder, sorted.

    A linked folder within a folder is not entered, so that links can't lead round in a circle.
    """
    yielded: set[Path] = set()
    for path in paths:
        for file in _walk(path) if path.is_dir() else (path,):
            if file not in yielded:
                yielded.add(file)
                yield file


def _walk(folder: Path) -> Iterator[Path]:
    pending = _list_entries(folder)  # a stack of our own: folders may be nested deeper than Python nests calls
    while pending:
        entry = pending.pop()
        with contextlib.suppress(OSError):
            if entry.is_dir():
                if not (entry.is_symlink() or entry.name in SKIPPED or entry.name.startswith(".")):
                    pending += _list_entries(entry.path)
            elif entry.name.endswith((".py", NOTEBOOK)) and entry.is_file():
                yield Path(entry.path)


def _list_entries(folder: str | Path) -> list[os.DirEntry[str]]:
    """List what a folder has, in the reverse order of the names; nothing if it can't be read."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name, reverse=True)
    except OSError:
        return []


def scan_files(
    target: Target,
    files: Iterable[tuple[Path, str]],
    records_of: Callable[[str], Sequence[Recorded]],
    *,
    everywhere: bool = False,
) -> Iterator[tuple[str, list[ScannedFile]]]:
    """Find what catches errors of the SDK in files that belong together, in their order.

    A file that does not mention the SDK is not parsed, unless it uses a name that another file has for something of it.

    Args:
        target: The target whose SDK is meant.
        files: The files, each with its path as it is shown.
        records_of: Returns the releases on which a file is judged, by its path as it is shown.
        everywhere: Whether files that do not import the SDK are searched too, for functions that classify its errors.

    Yields:
        Each path as it is shown, with the result on each of these releases.
    """
    paths = {shown: path for path, shown in files}
    packages = {path.parent for path in paths.values() if path.name == "__init__.py"}
    sdk = Sdk(target, everywhere, frozenset(each.name for each in packages if each.parent not in packages))
    modules = [shown for shown in paths if not shown.endswith(NOTEBOOK)]  # no file can import a notebook
    project = Project(modules, lambda shown: _load(sdk, paths[shown], shown))
    carriers = project.carriers = set()
    exports = Exports()
    scanned: dict[str, list[ScannedFile]] = {}
    others: dict[str, FileImports] = {}
    mentioning = project.mentioning = set[str]()
    sources: dict[str, Code] = {}

    def scan_one(shown: str, source: Code) -> None:
        judged, names = _scan(sdk, source, shown, project, records_of(shown))
        uses_sdk = any(each.uses_sdk for each in judged)
        if uses_sdk or shown in mentioning:  # a broken file that does not use the SDK does not matter
            scanned[shown] = judged
            if source.notebook is None:  # no file can import a notebook
                carriers.add(shown)
                exports.add(shown, names)
        if uses_sdk:
            others.pop(shown, None)

    for shown, path in paths.items():
        source = read_code(sdk, path, shown)
        if isinstance(source, Problem):
            scanned[shown] = [ScannedFile(path=shown, problems=(source,))]
            continue
        others[shown] = find_imports(source.text, shown, project)
        if mentions_sdk(sdk, source.text):
            mentioning.add(shown)
        if everywhere or shown in mentioning:
            sources[shown] = source
    for shown in [*sources]:
        scan_one(shown, sources.pop(shown))  # so that no source is kept after its scan
    for shown in [*project.deriving]:  # a base class may call the SDK by its subclasses, which are known only now
        source = read_code(sdk, paths[shown], shown)
        if isinstance(source, Code):
            scan_one(shown, source)
    known = -1
    while known < len(carriers):
        known = len(carriers)
        words = b"|".join(re.escape(name.encode()) for name in sorted(exports.names))
        exported = re.compile(rb"\b(?:" + words + rb")\b") if words else None
        for shown, imports in [each for each in others.items() if exports.may_reach(each[1])]:
            source = read_code(sdk, paths[shown], shown)
            if not isinstance(source, Code):
                continue
            names_sdk = shown in mentioning or exports.passes_on(imports)
            if names_sdk or (exported and exported.search(source.text)):
                scan_one(shown, source)
    for shown in paths:
        yield shown, scanned.get(shown) or [ScannedFile(path=shown)]


class Code(NamedTuple):
    """The Python source of a file, and the notebook that it comes from, if it does."""

    text: bytes
    notebook: Notebook | None = None


def _scan(
    sdk: Sdk, source: Code, shown: str, project: Project, records: Sequence[Recorded]
) -> tuple[list[ScannedFile], ExportedNames]:
    """Scan a file or a notebook on some releases; no other file can import the names of a notebook."""
    files, names = scan_with_exports(sdk, source.text, shown, project, records)
    if source.notebook is None:
        return files, names
    return [source.notebook.locate(file) for file in files], {}


def read_code(sdk: Sdk, path: Path, shown: str) -> Code | Problem:
    """Read a file or a notebook; return a problem if it can't be read, and no code of what does not matter."""
    data = read_source(sdk, path, shown)
    if path.suffix != NOTEBOOK or isinstance(data, Problem):
        return Code(data) if isinstance(data, bytes) else data
    notebook = read_notebook(data, shown)
    if isinstance(notebook, Problem):  # a broken file that does not use the SDK is no problem of ours
        return notebook if sdk.mention.search(data) else Code(b"")
    text = notebook.source.encode("utf-8", "replace")
    if len(text) > LARGEST:
        return _too_large(Place(shown)) if mentions_sdk(sdk, text) else Code(b"")
    return Code(text, notebook)


def _load(sdk: Sdk, path: Path, shown: str) -> Module | None:
    text = read_source(sdk, path, shown)
    module = parse(text, shown) if isinstance(text, bytes) else None
    return module if isinstance(module, Module) else None


def read_source(sdk: Sdk, path: Path, shown: str) -> bytes | Problem:
    """Read a file; return a problem if it can't be read, and nothing of a large file that does not mention the SDK."""
    place = Place(shown)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            return Problem(
                place,
                "The path is a folder.",
                "Pass the folder to the command, which searches it for `*.py` and `*.ipynb`.",
            )
        if not stat.S_ISREG(status.st_mode):
            return Problem(place, "The path is not a regular file.")
        if status.st_size > 25 * LARGEST:
            return _too_large(place)
        text = path.read_bytes()
    except OSError as error:
        return Problem(place, f"The file can't be read: {error.strerror or error}.")
    except ValueError as error:  # a path with a null byte
        return Problem(place, f"The file can't be read: {error}.")
    if len(text) <= LARGEST or path.suffix == NOTEBOOK:  # nearly all of a large notebook is output
        return text
    return _too_large(place) if mentions_sdk(sdk, text) else b""


def _too_large(place: Place) -> Problem:
    message = f"The file was skipped: it has more than {LARGEST // 1_000_000} MB."
    return Problem(place, message, "Pass only files that are not generated.")
