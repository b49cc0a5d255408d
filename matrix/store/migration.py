"""Converts the documents of the version before this one, without measuring. I/O: reads and writes a data folder.

The earlier documents have no path, so their digest does not say where they belong. The entries stay the same bytes.
"""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from matrix.errors import StoreCorrupt
from matrix.store import root
from matrix.store.documents import (
    RESTORE,
    UNREADABLE,
    body_of,
    is_ours,
    kind_of,
    migration_hint,
    schema_of,
    seal,
)
from matrix.store.store import Store
from matrix.system.files import read, write_atomically


class _EarlierDocument(msgspec.Struct, forbid_unknown_fields=True):
    schema: str
    digest: str
    entries: msgspec.Raw


def migrate(store: Store) -> int:
    """Convert every document of the version before this one, and record the root digest.

    Nothing is written unless each document matches its digest. A folder that is converted in part, by a command that
    was killed, is converted to its end.

    Returns:
        How many documents were converted.

    Raises:
        StoreCorrupt: A document is damaged, or the converted data is not valid.
    """
    converted: dict[Path, bytes] = {}
    with store.writing():
        for path in store.paths():
            if is_ours(path) and (new := convert(path, read(store.folder / path), store.folder)) is not None:
                converted[path] = new
        if converted:
            root.forget(store.folder)
        for path, data in converted.items():
            write_atomically(store.folder / path, data)
    if converted and (problems := Store(store.folder, store.target).verify()):
        raise StoreCorrupt(f"{store.folder}: {problems[0]}", RESTORE)
    return len(converted)


def require_current(store: Store) -> None:
    """Refuse a folder with a document of the version before this one.

    Raises:
        StoreCorrupt: There is such a document, or one that is damaged.
    """
    for path in store.paths():
        if is_ours(path) and convert(path, read(store.folder / path), store.folder) is not None:
            raise StoreCorrupt(
                f"{store.folder}: the data was written by an earlier midstream.", migration_hint(store.folder)
            )


def convert(path: Path, data: bytes, folder: Path) -> bytes | None:
    """Convert a document of the version before this one; return None for any other document.

    Raises:
        StoreCorrupt: The content does not match the digest.
    """
    schema = schema_of(kind_of(path), back=1)
    try:
        document = msgspec.json.decode(data, type=_EarlierDocument)
    except UNREADABLE:
        return None  # reading it says what is wrong with it
    if document.schema != schema:
        return None
    body = body_of(data)
    digest = hashlib.sha256(f"{schema}\n".encode() + body).hexdigest()
    if document.digest != digest or data != _HEAD % (schema.encode(), digest.encode()) + body + _END:
        raise StoreCorrupt(f"{folder / path}: the content does not match its digest.", RESTORE)
    return seal(path, body)


_HEAD: Final = b'{"schema": "%s",\n"digest": "%s",\n"entries": {\n'
_END: Final = b"\n}}\n"
