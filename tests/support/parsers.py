"""Every parser of foreign input, as a function of bytes: for properties, for the corpus, for fuzzing.

The parsers of manifests and of Python source have tests of their own, in `manifests` and `scan`.
"""

import contextlib
import datetime as dt
import io
import json
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from matrix.cli import service
from matrix.model import Distribution, Release
from matrix.releases import index, metadata
from matrix.service.artifact import PLAN, RECORD, ShardRecord
from matrix.service.costs import CellKind, Cost
from matrix.service.plan import Plan, PlannedCell, PlanReason, Shard
from matrix.service.planner import COSTS
from matrix.store import envelope, last_run, root
from matrix.store.documents import KINDS, encode, is_ours, kind_of, parse, seal
from matrix.store.last_run import LastRun
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.releases.test_index import BOTH, HTML, JSON, LISTED, as_html, as_json
from tests.store.test_store import ONE, RELEASES, fill

INDEX = "http://index.invalid/simple/"
"""An address whose requests `answering` answers."""


class Parser(msgspec.Struct, frozen=True):
    """A parser with valid inputs.

    Attributes:
        read: Parses bytes; raises no failure but a `MatrixError`.
        seeds: Valid inputs.
        forge: Renders JSON as a document in which every digest is right; None for a format without digests.
    """

    read: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    forge: Callable[[Any], bytes] | None = None


def _parsers() -> dict[str, Parser]:
    """List all parsers by name."""
    parsers = {f"data-{kind}": _document(kind) for kind in KINDS}
    parsers |= {name: _sealed(name) for name in SEALED}
    parsers["checked"] = Parser(
        partial(_read_file, lambda path: last_run.read(path.with_name("data")), name=f"data.{last_run.NAME}"),
        (last_run.render(LastRun(day=dt.date(2025, 1, 1), suite="", releases=1, newest="1.0.0")),),
        lambda value: json.dumps(value).encode(),
    )
    parsers["issues"] = Parser(
        partial(_read_file, service.read_opened), (b'[{"title": "t", "body": "b"}]',), lambda v: json.dumps(v).encode()
    )
    parsers["index-json"] = Parser(
        partial(_read_page, JSON), (as_json(LISTED),), lambda value: json.dumps(value).encode()
    )
    parsers["index-html"] = Parser(partial(_read_page, HTML), (as_html(LISTED),))
    parsers["wheel"] = Parser(_read_wheel, (wheel(b"Requires-Python: >=3.8\nRequires-Dist: httpx\n"),))
    return parsers


_PLAN = Plan(
    suite="0123456789abcdef",
    pythons=("3.11",),
    releases=tuple(RELEASES.values()),
    controls={"patched-3.11": ("anthropic==1.0.0",)},
    distributions={"anthropic==1.0.0": ("a" * 64,)},
    shards=(
        Shard(
            python="3.11", seconds=1.5, cells=(PlannedCell(cell=ONE, why=PlanReason.NEW, lock=("anthropic==1.0.0",)),)
        ),
    ),
)
SEALED: dict[str, tuple[Any, Any]] = {
    PLAN: (_PLAN, Plan),
    RECORD: (ShardRecord(plan="0" * 64, suite="", shard=1, of=1), ShardRecord),
    COSTS: ({CellKind.PLAIN: Cost(1.5, 3)}, dict[CellKind, Cost]),
}
"""The name of a document of one value, to such a value and its type."""


def _sealed(name: str) -> Parser:
    value, type_ = SEALED[name]
    return Parser(
        partial(_read_file, lambda path: envelope.read(path, name, type_)),
        (envelope.render(name, value),),
        partial(envelope.render, name),
    )


def _document(kind: str) -> Parser:
    def read(data: bytes) -> object:
        path = _path(kind)
        entries = parse(path, data, Path())
        with tempfile.TemporaryDirectory() as folder:
            for name, whole in _small().items():
                (Path(folder) / name).parent.mkdir(exist_ok=True)
                (Path(folder) / name).write_bytes(data if Path(name) == path else whole)
            with root.recording(Path(folder)):
                root.forget(Path(folder))
            problems = Store(Path(folder), ANTHROPIC).verify()
            if not problems:
                store = Store(Path(folder), ANTHROPIC)
                return [store.expand(stored) for stored in store.cells().values()]
        return entries

    seeds = (_small()[_path(kind).as_posix()],)
    return Parser(read, seeds, partial(_forged, kind))


def _forged(kind: str, entries: Any) -> bytes:
    """Render a document with any entries and the right digest."""
    body = (
        b",\n".join(encode(key) + b": " + encode(entries[key]) for key in entries) if isinstance(entries, dict) else b""
    )
    return seal(_path(kind), body)


def _path(kind: str) -> Path:
    """The path of the first document of a kind in the small store."""
    return next(Path(name) for name in sorted(_small()) if is_ours(Path(name)) and kind_of(Path(name)) == kind)


_SMALL: dict[str, bytes] = {}


def _small() -> dict[str, bytes]:
    """Read every file of a small store, by its path in the store."""
    if not _SMALL:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            fill(data)
            _SMALL.update({path.relative_to(data).as_posix(): path.read_bytes() for path in data.rglob("*.json")})
    return _SMALL


def _read_file(read: Callable[[Path], object], data: bytes, name: str = "file.json") -> object:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        return read(path)


def _read_page(content_type: str, data: bytes) -> object:
    with answering(lambda request: (200, content_type, data) if request.url.endswith("/anthropic/") else _NONE):
        releases = index.fetch("anthropic", {}, INDEX)
    index.check(releases, releases)
    return releases


_NONE = (404, "text/plain", b"")


def _read_wheel(data: bytes) -> object:
    """Read the metadata at the end of a wheel from a server of byte ranges."""
    name = BOTH[0].filename
    release = Release(
        version="1.0.0",
        uploaded=dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
        wheels=(Distribution(filename=name, sha256="a" * 64),),
    )
    with tempfile.TemporaryDirectory() as cache, pytest.MonkeyPatch.context() as patch:
        patch.setattr(metadata, "user_cache_path", lambda _: Path(cache))
        patch.setattr("os.fsync", lambda _: None)
        with answering(lambda request: (206, "", data) if request.url.endswith(".whl") else (200, JSON, as_json(BOTH))):
            requirements = metadata.requirements("anthropic", {"1.0.0": release}, INDEX)
            assert requirements == metadata.requirements("anthropic", {"1.0.0": release}, INDEX)
    return requirements


def wheel(metadata: bytes) -> bytes:
    """Write a wheel that has only metadata."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("anthropic-1.0.0.dist-info/METADATA"), metadata)
    return buffer.getvalue()


@contextlib.contextmanager
def answering(answer: Callable[[Any], tuple[int, str, bytes]], encoding: str = "identity") -> Iterator[None]:
    """Answer every request with a status, a content type and a body; no request leaves this process."""

    def send(_self: HTTPAdapter, request: requests.PreparedRequest, **_settings: Any) -> requests.Response:
        made = requests.Response()
        made.request, made.url = request, request.url or ""
        made.status_code, content_type, body = answer(request)
        made.headers["Content-Type"] = content_type
        made.raw = HTTPResponse(io.BytesIO(body), {"Content-Encoding": encoding}, preload_content=False)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HTTPAdapter, "send", send)
        yield


PARSERS = _parsers()
"""The name of a folder in the corpus, to its parser."""
