"""Documents: the files of `reports/data`, each a schema, a digest and entries, one line each, sorted by key.

What may stand in one of each kind, where it lies, and how it is written and read. A document has one text: it is read,
written again in memory, and refused if that is not what was there. Pure.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from packaging.version import Version

from matrix.errors import StoreCorrupt
from matrix.model import Cell, Frozen, Lane, Release
from matrix.observation import Judgement, Observation, Outcome, Provenance

DIGEST_LENGTH: Final = 16
"""Hexadecimal digits of a SHA-256 that name an entry: 64 bits, for some thousands of entries."""

RELEASES = Path("releases.json")
CONTROLS = Path("controls.json")
BEHAVIOURS = Path("behaviours.json")
DECISIONS = Path("decisions.json")
JUDGEMENTS = Path("judgements.json")


class StoredResult(Frozen, frozen=True, kw_only=True):
    """A result as a line of `cells`: its lock without hashes, its behaviour by digest."""

    suite: str
    outcome: Outcome
    provenance: Provenance
    lock: tuple[str, ...] = ()
    behaviour: str = ""
    extras: tuple[str, ...] = ()
    reason: str = ""


class StoredControl(Frozen, frozen=True, kw_only=True):
    """A control's result, and the cell that it was made from."""

    cell: Cell
    result: StoredResult


class StoredObservation(Frozen, frozen=True, kw_only=True):
    """An observation without its decisions, of which there are few different ones, and their digest."""

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
}
"""Kind of document to the type of its entries."""

VERSIONS: Final = {"observations": 2}
"""Kind of document to the version of its schema, where that is not the first: what is older can't be read."""

LAYOUT: Final = {
    "releases": re.compile(r"releases\.json"),
    "distributions": re.compile(r"distributions/[a-z0-9-]+\.json"),
    "cells": re.compile(rf"cells/(?P<lane>{'|'.join(Lane)})-(?P<python>\d+\.\d+)(?:-(?P<extra>[a-z0-9]+))?\.json"),
    "controls": re.compile(r"controls\.json"),
    "behaviours": re.compile(r"behaviours\.json"),
    "traces": re.compile(r"traces/[\w.-]+\.json"),
    "observations": re.compile(r"observations/[\w.-]+\.json"),
    "decisions": re.compile(r"decisions\.json"),
    "judgements": re.compile(r"judgements\.json"),
}
"""Kind of document to its path."""

RESTORE: Final = "Restore it: `git checkout -- reports/data`."

ADDRESSED: Final = frozenset({"behaviours", "traces", "observations", "decisions"})
"""Kinds whose keys are the digests of their entries."""

_VERSIONED: Final = frozenset({"releases", "distributions", "cells"})
"""Kinds whose keys are versions, and sorted as such."""


class _Document(msgspec.Struct, forbid_unknown_fields=True):
    schema: str
    digest: str
    entries: dict[str, msgspec.Raw]


def encode(value: Any) -> bytes:
    """The canonical JSON of one value."""
    return msgspec.json.encode(value, order="deterministic")


def address(value: Any) -> str:
    """The digest that names a value."""
    return hashlib.sha256(encode(value)).hexdigest()[:DIGEST_LENGTH]


def render(kind: str, entries: Mapping[str, Any]) -> bytes:
    """A document: its entries one line each, with the digest that covers them."""
    lines = [encode(key) + b": " + encode(entries[key]) for key, _ in sorted(entries.items(), key=order_of(kind))]
    body = b",\n".join(lines)
    return _head(kind, _digest(kind, body)) + body + _END


def parse(kind: str, data: bytes, path: Path) -> dict[str, Any]:
    """The entries of a document, typed, in order.

    Its digest is held against its bytes, so whatever has the right one is what was written; that it is canonical too is
    for `Store.verify` to say, which writes it again.

    Raises:
        StoreCorrupt: It is not what was written: cut, changed, of another kind or of another schema.
    """
    try:
        document = msgspec.json.decode(data, type=_Document)
        if document.schema != _schema(kind):
            raise unlike(path, document.schema, _schema(kind), RESTORE)
        head, _, rest = data.partition(_BEGIN)
        if head + _BEGIN != _head(kind, document.digest) or document.digest != _digest(kind, rest.removesuffix(_END)):
            raise StoreCorrupt(f"{path}: does not match its digest.", RESTORE)
        decode = msgspec.json.Decoder(KINDS[kind]).decode
        entries = {key: decode(raw) for key, raw in document.entries.items()}
    except UNREADABLE as error:
        raise unreadable(path, data, error, _schema(kind), RESTORE) from None
    return entries


UNREADABLE: Final = (msgspec.MsgspecError, ValueError, RecursionError)
"""What reading a document raises that is not one, or has a value that is none."""


class _Schema(msgspec.Struct):
    schema: str


def unreadable(path: Path, data: bytes, error: Exception, wanted: str, again: str) -> StoreCorrupt:
    """Why a document could not be read: one of another schema may have anything in it.

    Args:
        path: Its file.
        data: What is in it.
        error: What its reader said.
        wanted: The schema that the reader reads.
        again: What to do about a document of ours that is broken, or was written by an earlier program.
    """
    try:
        schema = msgspec.json.decode(data, type=_Schema).schema
    except UNREADABLE:
        schema = wanted
    if schema != wanted:
        return unlike(path, schema, wanted, again)
    return StoreCorrupt(f"{path}: can't be read: {str(error).rstrip('.')}.", again)


def unlike(path: Path, schema: str, wanted: str, again: str) -> StoreCorrupt:
    """A document of another schema: who wrote it, as far as its name tells, and what to do; arguments as above."""
    name, _, number = schema.rpartition("/")
    reads, _, ours = wanted.rpartition("/")
    if name != reads or not _NUMBER.fullmatch(number):
        return StoreCorrupt(f"{path}: has the schema {schema[:100]!r}; wanted is {wanted!r}.", again)
    if int(number) > int(ours):
        return StoreCorrupt(
            f"{path}: was written by a newer midstream: it has the schema {schema!r}, and this one reads {wanted!r}.",
            "Update midstream.",
        )
    return StoreCorrupt(
        f"{path}: was written by an earlier midstream: it has the schema {schema!r}, and this one reads {wanted!r}.",
        again,
    )


_NUMBER: Final = re.compile(r"[0-9]{1,9}")


_BEGIN: Final = b'"entries": {\n'
_END: Final = b"\n}}\n"


def _head(kind: str, digest: str) -> bytes:
    return f'{{"schema": "{_schema(kind)}",\n"digest": "{digest}",\n'.encode() + _BEGIN


def _digest(kind: str, body: bytes) -> str:
    return hashlib.sha256(_schema(kind).encode() + b"\n" + body).hexdigest()


def _schema(kind: str) -> str:
    return f"midstream/{kind}/{VERSIONS.get(kind, 1)}"


@cache
def kind_of(path: Path) -> str:
    """The kind of a document, by its path in the folder.

    Raises:
        StoreCorrupt: Nothing of ours has this path.
    """
    for kind, pattern in LAYOUT.items():
        if pattern.fullmatch(path.as_posix()):
            return kind
    raise StoreCorrupt(f"{path}: does not belong here.", "Remove it; nothing of ours has this name.")


def is_ours(path: Path) -> bool:
    """Whether a path in the folder is that of a document."""
    return any(pattern.fullmatch(path.as_posix()) for pattern in LAYOUT.values())


def order_of(kind: str) -> Any:
    """How entries are sorted: versions as PEP 440 orders them, everything else as text."""
    return (lambda item: (Version(item[0]), item[0])) if kind in _VERSIONED else (lambda item: item[0])


def cells_path(cell: Cell) -> Path:
    """Where the cells of this lane, Python and extra are."""
    return Path("cells", "-".join(filter(None, (cell.lane, cell.python, cell.extra))) + ".json")


@cache
def distribution_path(pin: str) -> Path:
    """Where the hashes of a pin are."""
    return Path("distributions", f"{pin.partition('==')[0]}.json")


@cache
def trace_path(surface: str) -> Path:
    """Where the traces of a surface are."""
    return Path("traces", f"{surface}.json")


@cache
def observation_path(scenario: str) -> Path:
    """Where the observations of a scenario are."""
    return Path("observations", f"{scenario}.json")


def control_name(python: str) -> str:
    """The patched control's name in the store, one for each Python."""
    return f"patched-{python}"
