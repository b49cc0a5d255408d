"""Documents of one value: a schema, a digest that covers it, and the value. I/O: reads and writes them.

Plans, what shards say of themselves, and costs. Canonical as the documents of `reports/data` are: one value has one
text, and a text that is not what would be written is refused.
"""

import hashlib
from pathlib import Path
from typing import TypeVar

import msgspec

from matrix.errors import StoreCorrupt
from matrix.store.documents import UNREADABLE, encode, unlike, unreadable
from matrix.system import files

T = TypeVar("T")


class _Sealed(msgspec.Struct, forbid_unknown_fields=True):
    schema: str
    digest: str
    value: msgspec.Raw


def digest(name: str, value: object) -> str:
    """What names a document: the SHA-256 of its schema and its value, hexadecimal."""
    return hashlib.sha256(f"{_schema(name)}\n".encode() + encode(value)).hexdigest()


def render(name: str, value: object) -> bytes:
    """A document."""
    head = f'{{"schema": "{_schema(name)}",\n"digest": "{digest(name, value)}",\n"value": '
    return head.encode() + encode(value) + b"}\n"


def write(path: Path, name: str, value: object) -> None:
    """Write a document in one step; its folder is made if need be."""
    files.write_atomically(path, render(name, value))


def read(path: Path, name: str, type_: type[T]) -> T:
    """The value of a document.

    Raises:
        StoreCorrupt: It is not there, or not what was written: cut, changed, of another kind or of another schema.
    """
    try:
        data = files.read(path)
    except FileNotFoundError:
        raise StoreCorrupt(f"{path}: is not there.", _AGAIN) from None
    try:
        document = msgspec.json.decode(data, type=_Sealed)
        if document.schema != _schema(name):
            raise unlike(path, document.schema, _schema(name), _AGAIN)
        value = msgspec.json.decode(document.value, type=type_)
        canonical = render(name, value)
    except UNREADABLE as error:
        raise unreadable(path, data, error, _schema(name), _AGAIN) from None
    if canonical != data:
        raise StoreCorrupt(f"{path}: does not match its digest, or is not in canonical form.", _AGAIN)
    return value


def _schema(name: str) -> str:
    return f"midstream/{name}/1"


_AGAIN = "Make it again with the command that wrote it."
