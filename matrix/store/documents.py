"""Documents: the files of `reports/data`, each with a schema, its path, a digest and entries. Pure.

This module defines the content and the path of each kind, and how a document is written and read. Entries stand one per
line, sorted by key, so equal entries have equal bytes. The digest covers the schema, the path in the folder and the
entries: a document that was changed, or that was moved to the path of another, is refused.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from packaging.version import InvalidVersion, Version

from matrix.errors import StoreCorrupt
from matrix.model import Cell, Frozen, Lane, Release, runtime_title
from matrix.observation import Judgement, Observation, Outcome, Provenance
from matrix.store.soaks import SoakResult

DIGEST_LENGTH: Final = 16
"""The number of hexadecimal digits of a SHA-256 that name an entry: 64 bits for some thousands of entries."""

RELEASES = Path("releases.json")
CONTROLS = Path("controls.json")
BEHAVIOURS = Path("behaviours.json")
DECISIONS = Path("decisions.json")
JUDGEMENTS = Path("judgements.json")
SOAK = Path("soak.json")


class StoredResult(Frozen, frozen=True, kw_only=True):
    """A result as a line of `cells`: the lock without hashes, and the digest of the behaviour. See `Result`."""

    suite: str
    outcome: Outcome
    provenance: Provenance
    lock: tuple[str, ...] = ()
    behaviour: str = ""
    extras: tuple[str, ...] = ()
    reason: str = ""


class StoredControl(Frozen, frozen=True, kw_only=True):
    """The result of a control, and the cell that it was measured in."""

    cell: Cell
    result: StoredResult


class StoredObservation(Frozen, frozen=True, kw_only=True):
    """An observation without the handlers' decisions, and the digest of those decisions, which many share."""

    seen: Observation
    decisions: str = ""


KINDS: Final[dict[str, Any]] = {
    "releases": Release,
    "distributions": tuple[str, ...],
    "cells": StoredResult,
    "controls": StoredControl,
    "behaviours": dict[str, str],
    "traces": dict[str, str],
    "observations": StoredObservation,
    "decisions": dict[str, str],
    "judgements": Judgement,
    "soak": SoakResult,
}
"""Kind of document to the type of its entries."""

VERSIONS: Final = dict.fromkeys(KINDS, 2) | {"observations": 3, "soak": 1}
"""Kind of document to the version of its schema. Only `migration` reads another: the one before it."""

LAYOUT: Final = {
    "releases": r"releases\.json",
    "distributions": r"distributions/(?:@[\w-][\w.-]*/)?[A-Za-z0-9_-][\w.-]*\.json",
    "cells": rf"cells/(?P<lane>{'|'.join(Lane)})-(?P<python>\d+\.\d+|node-\d+)(?:-(?P<extra>[a-z0-9]+))?\.json",
    "controls": r"controls\.json",
    "behaviours": r"behaviours\.json",
    "traces": r"traces/[\w.-]+\.json",
    "observations": r"observations/[\w.-]+\.json",
    "decisions": r"decisions\.json",
    "judgements": r"judgements\.json",
    "soak": r"soak\.json",
}
"""Kind of document to the pattern of its path in the folder, which begins with the kind."""

RESTORE: Final = "Restore it: `git checkout -- reports/data`."
"""The hint for a damaged document."""

ADDRESSED: Final = frozenset({"behaviours", "traces", "observations", "decisions"})
"""Kinds whose keys are the digests of the entries."""

_VERSIONED: Final = frozenset({"releases", "distributions", "cells"})
"""Kinds whose keys are versions, sorted as PEP 440 says; after them, as text, those of npm that PEP 440 can't read."""


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    schema: str
    path: str
    digest: str
    entries: msgspec.Raw


def encode(value: Any) -> bytes:
    """Encode a value as canonical JSON."""
    return msgspec.json.encode(value, order="deterministic")


def address(value: Any) -> str:
    """Return the digest that names a value."""
    return hashlib.sha256(encode(value)).hexdigest()[:DIGEST_LENGTH]


def render(path: Path, entries: Mapping[str, Any]) -> bytes:
    """Write the document of a path: the entries, one per line, and the digest that covers them.

    Args:
        path: The path in the folder.
        entries: The entries, in any order.
    """
    lines = [encode(key) + b": " + encode(entries[key]) for key, _ in sorted(entries.items(), key=order_of(path))]
    return seal(path, b",\n".join(lines))


def parse(path: Path, data: bytes, folder: Path) -> dict[str, Any]:
    """Read the entries of a document, in order.

    The digest is compared with the bytes. `Store.verify` also checks that the document is canonical.

    Args:
        path: The path in the folder.
        data: The content of the file.
        folder: The folder, for messages.

    Raises:
        StoreCorrupt: The document was cut short, changed or moved, or is of another kind or another schema.
    """
    file, wanted = folder / path, schema_of(kind_of(path))
    try:
        document = msgspec.json.decode(data, type=_Document)
        if document.schema != wanted:
            raise unlike(file, document.schema, wanted, RESTORE, migration_hint(folder))
        if not _is_sealed(data, Path(document.path), kind_of(path)):
            raise StoreCorrupt(f"{file}: the content does not match its digest.", RESTORE)
        if document.path != path.as_posix():
            raise StoreCorrupt(f"{file}: is the document {document.path}, which was moved or copied.", RESTORE)
        entries: dict[str, Any] = msgspec.json.decode(document.entries, type=dict[str, KINDS[kind_of(path)]])  # type: ignore[misc]
    except UNREADABLE as error:
        raise unreadable(file, data, error, wanted, RESTORE, migration_hint(folder)) from None
    return entries


def find_problems(path: Path, entries: Mapping[str, Any], data: bytes) -> list[str]:
    """List what is wrong with a document whose entries could be read: none, another form, or wrong keys.

    Args:
        path: The path in the folder.
        entries: The entries.
        data: The content of the file.
    """
    problems = [] if entries else [f"{path}: has no entries"]
    if render(path, entries) != data:
        problems.append(f"{path}: not in canonical form")
    if kind_of(path) in ADDRESSED:
        problems += [f"{path}: {key} is not the digest of its entry" for key in entries if key != address(entries[key])]
    if path == SOAK:
        problems += [f"{path}: {key} is not the key of its entry" for key in entries if key != entries[key].set.key]
    return problems


def migration_hint(folder: Path) -> str:
    """Name the command that converts a folder of the schemas before these."""
    import shlex  # a command that finds no damage needs no hint

    return f"Convert the data, without measuring: `matrix --data {shlex.quote(str(folder))} migrate`."


UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""The exceptions that reading an invalid document raises."""


class _Schema(msgspec.Struct):
    schema: str


def unreadable(path: Path, data: bytes, error: Exception, wanted: str, again: str, migrate: str = "") -> StoreCorrupt:
    """Make a failure for a document that could not be read; another schema explains any error.

    Args:
        path: The file.
        data: The content of the file.
        error: The error of the reader.
        wanted: The schema that the reader expects.
        again: The hint for a damaged document.
        migrate: The hint for a document of the schema before this one; empty for `again`.
    """
    try:
        schema = msgspec.json.decode(data, type=_Schema).schema
    except UNREADABLE:
        schema = wanted
    if schema != wanted:
        return unlike(path, schema, wanted, again, migrate)
    return StoreCorrupt(f"{path}: can't be read: {str(error).rstrip('.')}.", again)


def unlike(path: Path, schema: str, wanted: str, again: str, migrate: str = "") -> StoreCorrupt:
    """Make a failure for a document of another schema, which says whether midstream or the file is too old.

    Args:
        path: The file.
        schema: The schema of the file.
        wanted: The schema that the reader expects.
        again: The hint for a document of another kind.
        migrate: The hint for a document of the schema before this one; empty for `again`.
    """
    name, _, number = schema.rpartition("/")
    reads, _, ours = wanted.rpartition("/")
    if name != reads or not _NUMBER.fullmatch(number):
        return StoreCorrupt(f"{path}: has the schema {schema[:100]!r}, but {wanted!r} is needed.", again)
    if int(number) > int(ours):
        return StoreCorrupt(
            f"{path}: was written by a newer midstream: it has the schema {schema!r}, and this one reads {wanted!r}.",
            "Update midstream.",
        )
    return StoreCorrupt(
        f"{path}: was written by an earlier midstream: it has the schema {schema!r}, and this one reads {wanted!r}.",
        migrate if migrate and int(number) == int(ours) - 1 else again,
    )


_NUMBER: Final = re.compile(r"[0-9]{1,9}")


_BEGIN: Final = b'"entries": {\n'
_END: Final = b"\n}}\n"


def seal(path: Path, body: bytes, kind: str = "") -> bytes:
    """Make a document of a body: put a head with the schema, the path and the digest before it.

    Args:
        path: The path in the folder.
        body: The lines of the entries.
        kind: The kind; empty for the kind of the path.
    """
    return _head(path, body, kind or kind_of(path)) + body + _END


def _head(path: Path, body: bytes | memoryview, kind: str) -> bytes:
    schema = schema_of(kind)
    digest = hashlib.sha256(f"{schema}\n{path.as_posix()}\n".encode())
    digest.update(body)
    name = encode(path.as_posix()).decode()
    return f'{{"schema": "{schema}",\n"path": {name},\n"digest": "{digest.hexdigest()}",\n'.encode() + _BEGIN


def _is_sealed(data: bytes, path: Path, kind: str) -> bool:
    """Return whether a document has the head of its body. It copies no body: a check reads a megabyte of them."""
    start = data.find(_BEGIN) + len(_BEGIN)
    body = memoryview(data)[start : -len(_END)]
    return data.endswith(_END) and data[:start] == _head(path, body, kind)


def body_of(data: bytes) -> bytes:
    """Return the lines of the entries in a document."""
    return data.partition(_BEGIN)[2].removesuffix(_END)


def schema_of(kind: str, back: int = 0) -> str:
    """Return the schema of a kind of document, or the one that many versions before it."""
    return f"midstream/{kind}/{VERSIONS[kind] - back}"


@cache
def kind_of(path: Path) -> str:
    """Return the kind of a document by its path in the folder.

    Raises:
        StoreCorrupt: No document has this path.
    """
    if is_ours(path):
        return _kind(path)
    raise StoreCorrupt(f"{path}: is not a file of midstream's data.", "Remove it from the folder.")


def is_ours(path: Path) -> bool:
    """Return whether a path in the folder is the path of a document."""
    pattern = LAYOUT.get(_kind(path))
    return pattern is not None and re.fullmatch(pattern, path.as_posix()) is not None


def _kind(path: Path) -> str:
    """Return the only kind whose pattern a path may match."""
    return path.parts[0].removesuffix(".json") if path.parts else ""


def order_of(path: Path) -> Any:
    """Return the sort key for the entries of a document: versions by PEP 440, all other keys as text."""
    if kind_of(path) == "distributions":
        return _order_of_distribution
    return (lambda item: (Version(item[0]), item[0])) if kind_of(path) in _VERSIONED else (lambda item: item[0])


def _order_of_distribution(item: tuple[str, Any]) -> Any:
    try:
        return 0, Version(item[0]), item[0]
    except InvalidVersion:
        return 1, item[0]


def cells_path(cell: Cell) -> Path:
    """Return the path of the document with the cells of this lane, runtime and extra."""
    return Path("cells", "-".join(filter(None, (cell.lane, cell.python, cell.extra))) + ".json")


@cache
def distribution_path(pin: str) -> Path:
    """Return the path of the document with the hashes of a pin; places of one package of npm share it."""
    name = pin.partition("==")[0].rpartition("node_modules/")[2]
    return Path("distributions", f"{name}.json")


@cache
def trace_path(surface: str) -> Path:
    """Return the path of the document with the traces of a surface."""
    return Path("traces", f"{surface}.json")


@cache
def observation_path(scenario: str) -> Path:
    """Return the path of the document with the observations of a scenario."""
    return Path("observations", f"{scenario}.json")


def control_name(python: str, extra: str = "") -> str:
    """Return the name of the patched control of the cells with a Python and an extra."""
    return f"patched-{python}-{extra}" if extra else f"patched-{python}"


def describe_kind(python: str, extra: str = "") -> str:
    """Describe the cells with a runtime and an extra, which have one patched control."""
    return runtime_title(python) + (f" with the extra {extra!r}" if extra else "")
