"""Drift: releases with equal requirements are resolved once, and each has the lock of its own resolution."""

import functools
import shutil
import threading
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from matrix.harness.installer import Unresolvable
from matrix.harness.uv import Uv
from matrix.model import Cell, Distribution, Lane, Lock, Release
from matrix.releases import metadata
from matrix.releases.index import fetch
from matrix.releases.metadata import WheelMetadata
from matrix.service import drift
from matrix.targets import ANTHROPIC
from tests.miniature.drive import cell
from tests.miniature.index import Index
from tests.miniature.releases import EPOCH, RELEASES, UPLOADED, version

PLAIN = WheelMetadata(">=3.8", ("httpx<1", 'boto3; extra == "bedrock"'))


def a(number: str, extra: str = "") -> Cell:
    """Make a cell of this version."""
    return Cell(number, Lane.TODAY, "3.11", extra)


@pytest.mark.parametrize(
    ("other", "extra", "are_together"),
    [
        pytest.param(PLAIN, "", True, id="the same requirements"),
        pytest.param(WheelMetadata(">=3.9", PLAIN.distributions), "", False, id="another Python"),
        pytest.param(WheelMetadata(">=3.8", ("httpx<2",)), "", False, id="another requirement"),
        pytest.param(WheelMetadata(">=3.8", ("httpx<1",)), "", True, id="another requirement of an extra"),
        pytest.param(WheelMetadata(">=3.8", ("httpx<1",)), "bedrock", False, id="another requirement of its extra"),
        pytest.param(
            WheelMetadata(">=3.8", ("httpx<1", "boto3; (extra == 'other')")),
            "",
            False,
            id="a marker that can't be evaluated",
        ),
        pytest.param(
            WheelMetadata(">=3.8", ("httpx<1", "b; os_name == 'x' and extra == 'other'")), "", True, id="and an extra"
        ),
        pytest.param(
            WheelMetadata(
                ">=3.8", ("httpx<1", "a; python_version < '3.9' or sys_platform == 'x' and extra == 'other'")
            ),
            "",
            False,
            id="or an extra",
        ),
    ],
)  # fmt: skip
def test_releases_with_equal_requirements_are_grouped(other: WheelMetadata, extra: str, are_together: bool) -> None:
    """Check that an extra's requirements count for its cells."""
    cells = [a("1.0", extra), a("1.1", extra)]
    groups = drift.group_by_requirements(cells, {"1.0": PLAIN, "1.1": other})
    assert ([cells] if are_together else [[single] for single in cells]) == groups


def test_releases_without_metadata_are_alone() -> None:
    """Check that Pythons and extras are kept apart."""
    cells = [a("1.0"), a("1.1"), a("1.0", "aiohttp"), Cell("1.0", Lane.TODAY, "3.12")]
    assert [[single] for single in cells] == drift.group_by_requirements(cells, {})
    both = [[cells[0], cells[1]], [cells[2]], [cells[3]]]
    assert both == drift.group_by_requirements(cells, {"1.0": PLAIN, "1.1": PLAIN})


def test_a_lock_is_transferred() -> None:
    """Check the hashes of every file of the other release, sorted."""
    lock = Lock(("anthropic==1.0", "httpx==0.28"), {"anthropic==1.0": ("aa",), "httpx==0.28": ("cc",)})
    wheel, sdist = Distribution(filename="a.whl", sha256="ff"), Distribution(filename="a.tar.gz", sha256="ee")
    other = Release(version="1.1", uploaded=EPOCH, wheels=(wheel,), sdists=(sdist,))
    expected = Lock(("anthropic==1.1", "httpx==0.28"), {"anthropic==1.1": ("ee", "ff"), "httpx==0.28": ("cc",)})
    assert expected == drift.transfer_lock(ANTHROPIC, lock, other)
    unknown = Release(version="1.1", uploaded=EPOCH, wheels=(Distribution(filename="a.whl"),))
    assert drift.transfer_lock(ANTHROPIC, lock, unknown) is None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what uv is asked to resolve."""
    made: list[str] = []
    resolve = Uv.resolve

    async def note(self: Uv, requirement: str, *arguments: Any) -> Lock | Unresolvable:
        made.append(requirement)
        return await resolve(self, requirement, *arguments)

    monkeypatch.setattr(Uv, "resolve", note)
    return made


def test_one_resolution_serves_a_group(index: Index, own_cache: Path, asked: list[str]) -> None:
    """Check every miniature, resolved in groups and alone: equal locks and reasons."""
    releases = catalogue(index)
    cells = [cell(behaviour) for behaviour in RELEASES] + [cell("offers_aiohttp", extra="aiohttp")]
    required = metadata.requirements(ANTHROPIC.package, releases, index.address)
    assert releases.keys() == required.keys()
    locks = drift.resolve_locks(ANTHROPIC, cells, releases, required, index.address, 2)
    assert len(drift.group_by_requirements(cells, required)) == len(asked) < 8 < len(cells)
    assert locks == drift.resolve_locks(ANTHROPIC, cells, releases, {}, index.address, 2)
    assert isinstance(locks[cell("needs_an_sdist")], Unresolvable)


def test_requirements_are_read_once(index: Index, own_cache: Path, tmp_path: Path) -> None:
    """Check that cached ones are not requested again, and that a missing file is no error."""
    releases = catalogue(index)
    required = metadata.requirements(ANTHROPIC.package, releases, index.address)
    assert RELEASES["raises_documented"].requires == required[version("raises_documented")].distributions
    nowhere = (tmp_path / "nowhere").as_uri()
    assert required == metadata.requirements(ANTHROPIC.package, releases, nowhere)
    for cached in (own_cache / "midstream" / "requirements").iterdir():
        cached.write_bytes(b"not what it was")
    assert {} == metadata.requirements(ANTHROPIC.package, releases, nowhere)


def test_a_wheel_that_can_not_be_read_has_no_requirements(index: Index, own_cache: Path, tmp_path: Path) -> None:
    """Check that its release is resolved alone."""
    releases = catalogue(index)
    own = Index(Path(shutil.copytree(index.folder, tmp_path / "broken")))
    own.file(RELEASES["raises_200"]).write_bytes(b"no archive")
    required = metadata.requirements(ANTHROPIC.package, releases, own.address)
    assert {version("raises_200")} == releases.keys() - required.keys()


class _RangeServer(SimpleHTTPRequestHandler):
    """A server of the ends of files, like hosts of wheels, that records how much was requested."""

    asked: ClassVar[list[int]] = []

    def do_GET(self) -> None:
        byte_count = self.headers.get("Range", "").removeprefix("bytes=-")
        if not byte_count:
            super().do_GET()
            return
        self.asked.append(int(byte_count))
        data = Path(self.translate_path(self.path)).read_bytes()[-int(byte_count) :]
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: object) -> None:
        """Write no log."""


@pytest.mark.parametrize(
    ("tails", "expected"),
    [
        pytest.param((100_000,), 1, id="a small wheel as a whole"),
        pytest.param((300, 100_000), 2, id="a first part without the whole directory"),
        pytest.param((600, 100_000), 2, id="a first part without the metadata"),
    ],
)
def test_only_the_end_of_a_wheel_is_read(
    index: Index, own_cache: Path, monkeypatch: pytest.MonkeyPatch, tails: tuple[int, ...], expected: int
) -> None:
    """Check that another request follows if a part is missing."""
    releases = {version("raises_documented"): catalogue(index)[version("raises_documented")]}
    monkeypatch.setattr(_RangeServer, "asked", [])
    monkeypatch.setattr(metadata, "_TAILS", tails)
    serve = functools.partial(_RangeServer, directory=str(index.folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            required = metadata.requirements(
                ANTHROPIC.package, releases, f"http://127.0.0.1:{server.server_port}/simple/"
            )
        finally:
            server.shutdown()
    assert RELEASES["raises_documented"].requires == required[version("raises_documented")].distributions
    assert list(tails[:expected]) == _RangeServer.asked


def test_an_index_of_files_is_read(index: Index) -> None:
    """Check hashes, sizes and upload times."""
    listed = catalogue(index)
    assert {miniature.version: UPLOADED[miniature] for miniature in RELEASES.values()} == {
        release.version: release.uploaded for release in listed.values()
    }
    assert all(wheel.sha256 and wheel.size for release in listed.values() for wheel in release.wheels)


def catalogue(where: Index) -> dict[str, Release]:
    """Read the catalogue of an index of files."""
    return fetch(ANTHROPIC.package, {}, where.address)
