"""The root digest: a file in the data folder that says which documents were recorded together. I/O.

A document proves by its own digest that nothing changed it or moved it. The root digest covers the path and the content
of every document, so it also shows that a document was removed, added or replaced by an earlier version. A writer
removes the file before it changes the first document and writes it after the last: a folder without it has the
leftovers of an interrupted run, and a folder whose documents have a different root digest was altered.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from matrix.errors import MatrixError
from matrix.store.documents import encode, is_ours
from matrix.system.files import read, remove, write_atomically

ROOT: Final = Path("root.json")

MISSING: Final = f"{ROOT}: is missing: a run was interrupted, or the file was removed"
ALTERED: Final = f"{ROOT}: the root digest differs: a document was removed, added or replaced by an earlier one"


def digest(folder: Path) -> str:
    """Compute the root digest: the SHA-256 over the path and the SHA-256 of every document."""
    lines = [f"{name} {hashlib.sha256(read(path)).hexdigest()}\n" for name, path in sorted(_documents(folder))]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@contextlib.contextmanager
def recording(folder: Path, problem: str | None = None) -> Iterator[None]:
    """Record the root digest at the end of the context, in which documents are written.

    A context that raises leaves no root digest where there was none before: a later run completes what is left.

    Args:
        folder: The folder of the data.
        problem: What `find_problem` returned before the context; None to call it.
    """
    was_complete = not (find_problem(folder) if problem is None else problem)
    try:
        yield
    except (Exception, KeyboardInterrupt):
        if was_complete:
            with contextlib.suppress(MatrixError):  # the disk may be full
                _write(folder)
        raise
    _write(folder)


def forget(folder: Path) -> None:
    """Remove the root digest, before a document is changed."""
    if (folder / ROOT).exists():
        remove(folder / ROOT)


def find_problem(folder: Path) -> str:
    """Compare the root digest with the documents, and return `MISSING`, `ALTERED`, or nothing if they agree.

    Another process may write meanwhile: it removes the root digest first, so documents that it changed count as a
    folder without one.
    """
    recorded, computed = _recorded(folder), _render(folder)
    if recorded == computed or not any(_documents(folder)):
        return ""
    return ALTERED if recorded and recorded == _recorded(folder) else MISSING


def _write(folder: Path) -> None:
    if not any(_documents(folder)):
        forget(folder)
    elif (data := _render(folder)) != _recorded(folder):
        write_atomically(folder / ROOT, data)


def _recorded(folder: Path) -> bytes:
    with contextlib.suppress(FileNotFoundError):
        return read(folder / ROOT)
    return b""


def _render(folder: Path) -> bytes:
    return b'{"schema": "midstream/root/1",\n"digest": ' + encode(digest(folder)) + b"}\n"


def _documents(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        if is_ours(name := path.relative_to(folder)) and path.is_file():
            yield name.as_posix(), path
