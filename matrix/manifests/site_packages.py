"""Read which distributions an environment has from its files, without running anything of it. I/O: opens files.

A virtual environment has `pyvenv.cfg`; the folder of an interpreter has its standard library, and `patchlevel.h` with
its version. Both have `site-packages`, where each distribution has a folder with its metadata, and where `.pth` files
name further folders. A line of a `.pth` file that is code is not run. What these files do not say, such as the packages
of a base interpreter, is `Unreadable` with the reason.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from matrix.manifests.source import Unreadable, bytes_of

MOST_DISTRIBUTIONS: Final = 20_000
"""Entries of the folders that are searched. The largest known environments have 2,000 distributions."""

_LAYOUTS: Final = ("lib/python3.*", "lib/pypy3.*", "Lib")
"""Folders with `site-packages` in them, relative to that of the environment; the last is Windows'."""

_VERSION: Final = re.compile(r"^version(?:_info)?[ \t]*=[ \t]*(\d+\.\d+(?:\.\d+)?)", re.MULTILINE)
_SHARED: Final = re.compile(r"^include-system-site-packages[ \t]*=[ \t]*true", re.MULTILINE | re.IGNORECASE)
_PATCH_LEVEL: Final = re.compile(r'^#define[ \t]+PY_VERSION[ \t]+"(\d+\.\d+\.\d+)', re.MULTILINE)
_METADATA: Final = {".dist-info": "METADATA", ".egg-info": "PKG-INFO"}


class Distribution(NamedTuple):
    """An installed distribution.

    Attributes:
        name: Its name.
        version: Its version.
        direct: The text of its `direct_url.json`; None if it has none.
    """

    name: str
    version: str
    direct: str | None


class Environment(NamedTuple):
    """What the files of an environment say.

    Attributes:
        python: The version of its interpreter: `3.11.7`, or `3.11.*` if only that is known.
        distributions: Its distributions, in the order in which Python finds them.
    """

    python: str
    distributions: list[Distribution]


def find_folder(path: Path) -> Path:
    """Find the folder of the environment that a path names: itself, or the one around `bin` or `Scripts`.

    Raises:
        Unreadable: The path names an interpreter outside such a folder.
    """
    if path.is_dir():
        return path
    # Not resolve(): the interpreter of a virtual environment is a link to that of another environment.
    programs = Path(os.path.abspath(path)).parent  # noqa: PTH100
    folder = programs if (programs / "pyvenv.cfg").is_file() or (programs / "Lib").is_dir() else programs.parent
    if not ((folder / "pyvenv.cfg").is_file() or _list_libraries(folder)):
        raise Unreadable("What the interpreter has can't be read from its folder.")
    return folder


def read_environment(folder: Path) -> Environment:
    """Read an environment.

    Raises:
        Unreadable: The folder is no environment, or its files do not say what is installed.
    """
    configuration = folder / "pyvenv.cfg"
    text = _text_of(configuration) if configuration.is_file() else ""
    version = _VERSION.search(text)
    libraries = _list_libraries(folder)
    if not libraries or not (text or any((library / "os.py").is_file() for library in libraries)):
        raise Unreadable("The folder has no interpreter.")
    if _SHARED.search(text):
        raise Unreadable("The environment also has the packages of its base interpreter.")
    if len(libraries) > 1 and version:
        libraries = [library for library in libraries if library.name.endswith(_minor(version[1]))]
    if len(libraries) != 1 or (folder / "lib" / "python3" / "dist-packages").is_dir():
        raise Unreadable("The folder has several places for packages.")
    (library,) = libraries
    python = version[1] if version else _find_version(folder, library)
    return Environment(python, list(_list_distributions(library / "site-packages")))


def _list_libraries(folder: Path) -> list[Path]:
    """List the folders in an environment that have `site-packages`."""
    return [
        library
        for layout in _LAYOUTS
        for library in sorted(folder.glob(layout))
        if (library / "site-packages").is_dir()
    ]


def _find_version(folder: Path, library: Path) -> str:
    """Find the version of an interpreter in the header of its version, or else in the name of its library."""
    for header in (folder / "include" / library.name / "patchlevel.h", folder / "include" / "patchlevel.h"):
        if header.is_file() and (version := _PATCH_LEVEL.search(_text_of(header))):
            return version[1]
    if minor := re.search(r"3\.\d+$", library.name):
        return f"{minor[0]}.*"
    raise Unreadable("The files of the interpreter do not say its version.")


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _list_distributions(site: Path) -> Iterator[Distribution]:
    """Yield the distributions in `site-packages`, and then those in the folders that its `.pth` files name."""
    count = 0
    for folder in dict.fromkeys([site, *_list_linked(site)]):
        for entry in _list_entries(folder):
            count += 1
            if count > MOST_DISTRIBUTIONS:
                raise Unreadable(f"The environment has more than {MOST_DISTRIBUTIONS:,} files and folders.")
            if (file := _METADATA.get(entry.suffix)) is None:
                continue
            metadata = entry / file if entry.is_dir() else entry
            direct = entry / "direct_url.json"
            if metadata.is_file() and (identity := _parse_metadata(_text_of(metadata))) is not None:
                yield Distribution(*identity, _text_of(direct) if direct.is_file() else None)


def _list_linked(site: Path) -> Iterator[Path]:
    """Yield the folders that `.pth` files name; a line that begins with `import` is code."""
    for file in _list_entries(site):
        if file.suffix == ".pth" and file.is_file():
            for line in _text_of(file).splitlines():
                folder = line.strip()
                if folder and "\0" not in folder and not folder.startswith(("#", "import ", "import\t")):
                    yield site / folder


def _list_entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _parse_metadata(text: str) -> tuple[str, str] | None:
    """Return name and version in the head of a `METADATA`; None if either is missing."""
    head = re.split(r"\r?\n\r?\n", text, maxsplit=1)[0]
    name, version = (re.search(rf"^{key}:[ \t]*(\S.*?)[ \t\r]*$", head, re.MULTILINE) for key in ("Name", "Version"))
    return (name[1], version[1]) if name and version else None


def _text_of(file: Path) -> str:
    return bytes_of(file).decode("utf-8", "replace")
