"""The folder that a site is written into: what it was made from, what is new, what is no longer part of it. I/O."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import midstream
from matrix.store import last_run
from matrix.store.store import Store

_PROGRAM: Final = Path(__file__).parents[1]
_IMPORTED: Final = Path(midstream.__file__).parent

_LIST: Final = Path(".files")
"""What a site was made from, and what was written, so that the next build removes what is no longer part of it, and
nothing else; and does nothing if nothing has changed."""


def default(store: Store) -> Path:
    """Return where the site of a store is built unless a folder is named: `site`, beside the data of all targets.

    Data that came with this program lies in its package, where nothing is written: then `reports/site`, here.
    """
    if store.folder.is_relative_to(_PROGRAM):
        return Path("reports", "site")
    data = store.folder.parent if store.folder.name == store.target.id else store.folder
    return data.parent / "site"


def made_from(data: Path, base: str) -> str:
    """The digest of all a site is made from: the data, when it was looked at, this program, its address."""
    total = hashlib.sha256(base.encode())
    last = last_run.path(data)
    total.update(last.read_bytes() if last.is_file() else b"")
    for folder in (data, _PROGRAM, _IMPORTED):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
                total.update(path.read_bytes())
    return total.hexdigest()


def is_built(folder: Path, digest: str) -> bool:
    """Return whether a folder holds the whole site that is made from this, and none of its files has gone."""
    made, names = _listed(folder)
    return made == digest != "" and all((folder / name).is_file() for name in names)


def built_from(folder: Path) -> str:
    """The digest of what the site in a folder is made from; empty if there is none, or a part of one."""
    return _listed(folder)[0]


def _listed(folder: Path) -> tuple[str, list[str]]:
    """What the site in a folder was made from, and the names of its files."""
    listed = folder / _LIST
    made, *names = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else [""]
    return made, names


def write(files: Iterable[tuple[str, bytes]], folder: Path, digest: str = "") -> Path:
    """Write a site into `folder`: what is new or another, and away with what was written before and is no longer.

    All of it is made before any of it is written, so that one that can't be made leaves the one before as it was.

    Args:
        files: By their paths in the site.
        folder: Need not exist yet.
        digest: Of what they are made from, for `is_built`.

    Returns:
        The path of the first page.

    Raises:
        ValueError: A path leads out of the folder. Releases name files, and no release is to write anywhere else.
    """
    whole = dict(files)
    for name in whole:
        if not (folder / name).resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name!r} is outside the site")
    _, before = _listed(folder)
    if before:  # until all of it is written, the site is made from nothing in particular
        _list("", before, folder)
    for name, data in whole.items():
        target = folder / name
        if not target.is_file() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    for name in set(before) - set(whole):
        (folder / name).unlink(missing_ok=True)
    _list(digest, whole, folder)
    return folder / "index.html"


def _list(digest: str, names: Iterable[str], folder: Path) -> None:
    (folder / _LIST).write_text("\n".join([digest, *sorted(names)]) + "\n", encoding="utf-8")
