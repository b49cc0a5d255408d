"""Write a site into its folder, and find out whether the folder is up to date. I/O."""

import contextlib
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import midstream
from matrix.errors import UsageError
from matrix.store import last_run
from matrix.store.root import ROOT
from matrix.store.shipped import user_folder
from matrix.store.store import Store
from matrix.system.halves import do_both

_PROGRAM: Final = Path(__file__).parents[1]
_IMPORTED: Final = Path(midstream.__file__).parent

_LIST: Final = Path(".files")
"""The file with the digest of the sources and the names of all written files.

With it, the next build does nothing if no source has changed, and removes only files that an earlier build wrote.
"""


def default(store: Store) -> Path:
    """Return the default folder of a store's site: `site`, next to the data of all targets.

    For the data shipped with this program and for the user's copy of it, it is `reports/site` in this folder.
    """
    if _is_in_program(store.folder) or store.folder == user_folder(store.target):
        return Path("reports", "site")
    data = store.folder.parent if store.folder.name == store.target.id else store.folder
    return data.parent / "site"


def refuse_foreign(folder: Path) -> None:
    """Refuse to write a site into the installed program, or into a folder with files of somebody else.

    Raises:
        UsageError: The folder is in the program, or it has files and no site was built in it.
    """
    if _is_in_program(folder):
        raise UsageError(f"{folder} is part of the installed program.", "Name another folder with --site.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / _LIST).is_file():
        raise UsageError(
            f"{folder} has files that no build of this site wrote.",
            "Name an empty folder with --site, or one that does not exist.",
        )


def _is_in_program(folder: Path) -> bool:
    return folder.resolve().is_relative_to(_PROGRAM.resolve())


def made_from(data: Path, base: str, others: Iterable[Path] = (), *, is_whole: bool = False) -> str:
    """Return the digest of the sources of a site: the data, the last good run, this program, and the address.

    Args:
        data: The folder of its data.
        base: The address; empty if it is not known.
        others: The folders of the other data that it shows.
        is_whole: Whether the sites of all targets are built, so that they link each other.
    """
    total = hashlib.sha256(f"{base} {is_whole}".encode())
    last = last_run.path(data)
    total.update(last.read_bytes() if last.is_file() else b"")
    for folder in (data, *others, _PROGRAM, _IMPORTED):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and path.name != ROOT.name:
                total.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
                total.update(path.read_bytes())
    return total.hexdigest()


def is_built(folder: Path, digest: str) -> bool:
    """Return whether a folder has the complete site of these sources, and no file is missing."""
    made, names = _listed(folder)
    return made == digest != "" and all((folder / name).is_file() for name in names)


def built_from(folder: Path) -> str:
    """Return the digest of the sources of the site in a folder; empty if there is no complete site."""
    return _listed(folder)[0]


def _listed(folder: Path) -> tuple[str, list[str]]:
    """Return the digest of the sources of the site in a folder, and the names of its files."""
    listed = folder / _LIST
    made, *names = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else [""]
    return made, names


def write(files: Iterable[tuple[str, bytes]], folder: Path, digest: str = "") -> Path:
    """Write a site: write new and changed files, and remove files that only an earlier build wrote.

    All files are rendered before the first is written, so that a failed build leaves the old site unchanged.

    Args:
        files: Pairs of a path in the site and the content.
        folder: The folder of the site; it is created if it does not exist.
        digest: The digest of the sources, for `is_built`.

    Returns:
        The path of the first page.

    Raises:
        ValueError: A path is outside the folder. Names of releases become paths, and none may lead elsewhere.
        UsageError: The folder has a file of somebody else where the site has one, or no site was built in it.
    """
    refuse_foreign(folder)
    contents = dict(files)
    inside = folder.resolve()
    for name in contents:
        if not (folder / name).resolve().is_relative_to(inside):
            raise ValueError(f"{name!r} is outside the site")
    _, before = _listed(folder)
    if theirs := sorted(
        name for name in contents.keys() - set(before) if _is_other_file(folder / name, contents[name])
    ):
        raise UsageError(
            f"{folder / theirs[0]} exists, and no build of this site wrote it.",
            "Move it away, or name another folder with --site.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    _list("", {*before, *contents}, folder)  # an empty digest marks the site as incomplete until all files are written
    all_files = [*contents.items()]
    half = len(all_files) // 2
    do_both(lambda: _write_changed(all_files[:half], folder), lambda: _write_changed(all_files[half:], folder))
    for name in set(before) - set(contents):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            (folder / name).unlink()
    _list(digest, contents, folder)
    return folder / "index.html"


def _write_changed(files: Iterable[tuple[str, bytes]], folder: Path) -> None:
    made: set[Path] = set()
    for name, data in files:
        target = folder / name
        if not _has(target, data):
            if target.parent not in made:
                target.parent.mkdir(parents=True, exist_ok=True)
                made.add(target.parent)
            target.write_bytes(data)


def _is_other_file(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() != content


def _has(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


def _list(digest: str, names: Iterable[str], folder: Path) -> None:
    (folder / _LIST).write_text("\n".join([digest, *sorted(names)]) + "\n", encoding="utf-8")
