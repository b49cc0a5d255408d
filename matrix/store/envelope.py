"""Documents of one value: a schema, a digest that covers it, and the value. I/O: reads and writes files.

Plans, records of shards and costs are such documents. They are canonical, as the documents of `reports/data` are: equal
values have equal bytes, and any other bytes are refused. Their bytes are safe to print, since a plan has text of
releases and is printed: what a terminal or a CI service would obey is escaped as JSON does.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from matrix.errors import StoreCorrupt
from matrix.store.documents import UNREADABLE, encode, unlike, unreadable
from matrix.system import files

T = TypeVar("T")

_UNSAFE: Final = re.compile(r"[^\x20-\x7e]|#(?=#)|(?<!\S):(?=:)")
"""Characters that are not ASCII, and the beginnings of commands to a CI service. They occur in strings only."""


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    schema: str
    digest: str
    value: msgspec.Raw


def digest(name: str, value: object) -> str:
    """Return the digest of a document: the SHA-256 of its schema and its value, in hexadecimal."""
    return hashlib.sha256(f"{_schema(name)}\n".encode() + encode(value)).hexdigest()


def render(name: str, value: object) -> bytes:
    """Write a document to bytes."""
    head = f'{{"schema": "{_schema(name)}",\n"digest": "{digest(name, value)}",\n"value": '
    return head.encode() + _UNSAFE.sub(_escape, encode(value).decode()).encode() + b"}\n"


def write(path: Path, name: str, value: object) -> None:
    """Write a document to a file in one step, and create its folder if needed."""
    files.write_atomically(path, render(name, value))


def read(path: Path, name: str, type_: type[T]) -> T:
    """Read the value of a document.

    Raises:
        StoreCorrupt: The file is missing, was cut short or changed, or is of another kind or another schema.
    """
    try:
        data = files.read(path)
    except FileNotFoundError:
        raise StoreCorrupt(f"{path}: does not exist.", _AGAIN) from None
    try:
        document = msgspec.json.decode(data, type=_Envelope)
        if document.schema != _schema(name):
            raise unlike(path, document.schema, _schema(name), _AGAIN)
        value = msgspec.json.decode(document.value, type=type_)
        canonical = render(name, value)
    except UNREADABLE as error:
        raise unreadable(path, data, error, _schema(name), _AGAIN) from None
    if canonical != data:
        raise StoreCorrupt(f"{path}: the content does not match its digest, or is not in canonical form.", _AGAIN)
    return value


def _escape(character: re.Match[str]) -> str:
    return json.dumps(character[0])[1:-1] if character[0] > "\x7f" else f"\\u{ord(character[0]):04x}"


def _schema(name: str) -> str:
    return f"midstream/{name}/1"


_AGAIN = "Create it again with the command that wrote it."
