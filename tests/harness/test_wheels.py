"""Wheels that attack before anything of them runs: by files outside site-packages, and by what they unpack to."""

import asyncio
import functools
import http.server
import io
import os
import stat
import struct
import threading
import zipfile
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from matrix.harness import environment, measure, wheels
from matrix.harness.jobs import make_jobs
from matrix.harness.player import Settings
from matrix.harness.sandbox import LIMITS, Confinement
from matrix.harness.uv import Uv, site_packages
from matrix.harness.wheels import ENTRIES, FILE_SIZE, TOTAL_SIZE, RefusedWheel, inspect, judge_sizes
from matrix.model import Cell, Distribution, Lane, Lock, Release
from matrix.observation import Call, Outcome
from matrix.store.store import Store
from matrix.system.process import Completed
from matrix.targets import ANTHROPIC
from tests.hostile.wheels import add_entries
from tests.miniature import drive
from tests.miniature.drive import PYTHON
from tests.miniature.index import Index, release, wheel
from tests.miniature.releases import EPOCH, RELEASES, Miniature

HOSTILE = Miniature("0.0.1", RELEASES["raises_documented"].entry)
"""A release with the version of no other."""

EARLY = b"import os\nos.environ['EARLY'] = 'ran'\nraise SystemExit(9)\n"
"""Code that runs as an interpreter starts, and keeps it from starting."""

ENTRY_POINTS = b"[console_scripts]\npython._pth = anthropic:x\ntool = anthropic:x\n"

OUTSIDE: dict[str, dict[str, bytes]] = {
    "a path file": {"{data}/data/bin/python._pth": b"../own\n", "{data}/data/own/encodings/__init__.py": EARLY},
    "a path file of a version": {f"{{data}}/data/bin/python{PYTHON}._pth": b"/nonexistent\n"},
    "a path file as a script": {"{data}/scripts/python._pth": b"#!python\n/nonexistent\n"},
    "a path file as a console script": {"anthropic-0.0.1.dist-info/entry_points.txt": ENTRY_POINTS},
    "another configuration": {"{data}/data/pyvenv.cfg": b"home = /usr/bin\ninclude-system-site-packages = true\n"},
    "a configuration beside the interpreter": {"{data}/data/bin/pyvenv.cfg": b"home = /nonexistent\n"},
    "a folder of a build": {"{data}/data/bin/pybuilddir.txt": b"build\n"},
    "another site-packages": {"{data}/data/lib/a/site-packages/anthropic/__init__.py": EARLY},
    "another standard library": {f"{{data}}/data/lib/python{PYTHON}/os.py": EARLY},
    "headers": {"{data}/headers/hostile.h": b"x"},
    "an activation script": {"{data}/data/bin/activate": EARLY},
    "parents": {"../../../../escaped": b"x", "{data}/data/../../escaped": b"x", "{data}/purelib/../../escaped": b"x"},
    "absolute names": {"/escaped": b"x", "{data}/data//escaped": b"x"},
    "a link": {"anthropic/link -> /etc": b"", "{data}/data/bin/link -> /etc": b""},
    "another case": {"anthropic-0.0.1.DATA/data/bin/python._pth": b"/nonexistent\n"},
}
"""Files of a wheel to what they would be."""


def _offer(index: Index, entries: Mapping[str, bytes]) -> Lock:
    """Put the hostile release with further files on an index, and return its lock."""
    data = add_entries(wheel(HOSTILE), entries)
    index.add_file(HOSTILE, data, EPOCH)
    pin = f"anthropic=={HOSTILE.version}"
    return Lock((pin,), {pin: (sha256(data).hexdigest(),)})


def _own_files(folder: Path) -> dict[str, environment.OwnFile | None]:
    packages = site_packages(folder)
    inside = f"{packages.relative_to(folder)}{os.sep}"
    files = environment.read_own_files(folder)
    return {name: file for name, file in files.items() if not name.startswith(inside)}


@pytest.fixture
def clean(own_index: Index, own_cache: Path, tmp_path: Path) -> dict[str, environment.OwnFile | None]:
    """Return the files of an environment that uv made in the folder `cell`."""
    assert own_cache
    folder = tmp_path / "cell"
    drive.install(own_index, "raises_200", folder)
    files = _own_files(folder)
    folder.rename(tmp_path / "was")
    return files


@pytest.mark.skipif(os.name == "nt", reason="the folders have other names")
@pytest.mark.parametrize("attack", OUTSIDE)
def test_a_wheel_changes_nothing_outside_site_packages(
    own_index: Index, tmp_path: Path, clean: dict[str, environment.OwnFile | None], attack: str
) -> None:
    """The environment has only the files of its own that uv made, and the calls are played."""
    folder = tmp_path / "cell"
    program = drive.install_lock(own_index, _offer(own_index, OUTSIDE[attack]), folder)
    assert clean == _own_files(folder)
    assert [] == [path for path in (tmp_path / "escaped", Path("/escaped")) if path.exists()]
    assert [] == [path for path in site_packages(folder).rglob("*") if path.is_symlink()]
    (tmp_path / "home").mkdir()
    call = Call("messages.create", "mid-overloaded_error")
    played = drive.play(program, tmp_path / "home", [call], Settings())
    assert Outcome.RAISED is played.behaviour[call].outcome, played.cannot_import


@pytest.mark.skipif(os.name == "nt", reason="there are no limits")
def test_nothing_of_an_environment_runs_before_the_limits(index: Index, own_cache: Path, tmp_path: Path) -> None:
    """A file beside the environment's interpreter can run code at its start; the limits are set before that."""
    program = drive.install(index, "raises_200", tmp_path / "cell")
    witness = own_cache / "home" / "early"
    witness.parent.mkdir(parents=True)
    module = tmp_path / "cell" / "own" / "encodings" / "__init__.py"
    module.parent.mkdir(parents=True)
    module.write_text(
        "import posix\n"
        "limits = posix.read(posix.open('/proc/self/limits', posix.O_RDONLY), 9999)\n"
        "most = limits.split(b'Max cpu time')[1].split()[0]\n"
        f"posix.write(posix.open({str(witness)!r}, posix.O_CREAT | posix.O_WRONLY), most)\n"
    )
    (program.parent / "python._pth").write_text("../own\n")
    call = Call("messages.create", "clean")
    drive.play(program, witness.parent, [call], Settings(), openly=True)
    assert str(LIMITS["CPU"]) == witness.read_text()


def test_an_environment_of_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    """No tool that unpacks wheels makes links in site-packages; if it does, nothing of it is used."""
    packages = tmp_path / "lib" / "site-packages"
    packages.mkdir(parents=True)
    own = environment.read_own_files(tmp_path)
    (packages / "link").symlink_to("/etc")
    with pytest.raises(RefusedWheel, match="'link' into site-packages"):
        environment.restore(tmp_path, packages, own)


def test_every_own_file_is_restored(tmp_path: Path) -> None:
    """Also its permissions, a link, a file that became a folder, and a folder that became a file or a link."""
    folder, packages = tmp_path / "cell", tmp_path / "cell" / "lib" / "site-packages"
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to("/usr/bin/python3")
    for name in ("script", "file", "gone"):
        (folder / name).write_text(name)
    (folder / "script").chmod(0o755)
    own = environment.read_own_files(folder)
    (folder / "script").chmod(stat.S_IRUSR)
    (folder / "gone").unlink()
    (folder / "file").unlink()
    (folder / "file" / "deep").mkdir(parents=True)
    (folder / "bin" / "python").unlink()
    (folder / "bin").rmdir()
    (folder / "bin").symlink_to("/etc")
    environment.restore(folder, packages, own)
    assert own == environment.read_own_files(folder)


# What a wheel unpacks to.

LOWER_FILE_SIZE = 4 << 20
LOWER_ENTRIES = 1_000
"""Limits for tests that build wheels, so that these are small; `test_limits_of_a_wheel` has the limits of a run."""

BOMBS: dict[str, tuple[dict[str, bytes], str]] = {
    "a large file": ({"anthropic/zeros": bytes(LOWER_FILE_SIZE + 1)}, "has a file of 4,194,305 bytes"),
    "many files": (
        {f"anthropic/{number}": b"" for number in range(LOWER_ENTRIES)},
        "has 1,005 files, and the limit is 1,000",
    ),
}


@pytest.fixture
def lower_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse smaller files, and fewer of them."""
    monkeypatch.setattr(wheels, "FILE_SIZE", LOWER_FILE_SIZE)
    monkeypatch.setattr(wheels, "ENTRIES", LOWER_ENTRIES)


@pytest.mark.usefixtures("lower_limits")
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_its_releases_own_result(own_index: Index, own_cache: Path, tmp_path: Path, bomb: str) -> None:
    """It is not unpacked, the reason names it, and the other release is measured."""
    entries, reason = BOMBS[bomb]
    lock = _offer(own_index, entries)
    store = Store(tmp_path / "data", ANTHROPIC)
    known = {version: _release(version, lock) for version in (HOSTILE.version,)}
    store.put_releases({**known, RELEASES["raises_200"].version: release(RELEASES["raises_200"])})
    cells = [Cell(version, Lane.TODAY, PYTHON) for version in store.releases()]
    summary = measure.run(
        store, make_jobs(cells, store), measure.Options(index=own_index.address, confinement=Confinement.AUTO),
        drive.Silent(),
    )  # fmt: skip
    assert (2, ()) == (summary.measured, summary.failures)
    results = {cell.version: store.result(cell) for cell in cells}
    refused = results[HOSTILE.version]
    assert refused is not None
    assert (Outcome.CANNOT_INSTALL, True) == (refused.outcome, reason in refused.reason), refused.reason
    other = results[RELEASES["raises_200"].version]
    assert other is not None
    assert Outcome.COMPLETED is other.outcome
    unpacked = sum(path.stat().st_size for path in Path(os.environ["UV_CACHE_DIR"]).rglob("zeros"))
    assert 0 == unpacked


def _release(version: str, lock: Lock) -> Release:
    (hashes,) = lock.hashes.values()
    file = Distribution(filename=HOSTILE.filename, sha256=hashes[0], size=1)
    return Release(version=version, uploaded=EPOCH, requires_python=">=3.8", wheels=(file,))


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], ""),
        ([FILE_SIZE, FILE_SIZE, FILE_SIZE], ""),
        ([FILE_SIZE + 1], "has a file of 268,435,457 bytes, and the limit is 268,435,456"),
        ([FILE_SIZE] * 3 + [1], "has 805,306,369 bytes when it is unpacked, and the limit is 805,306,368"),
        ([0] * ENTRIES, ""),
        ([0] * (ENTRIES + 1), "has 50,001 files, and the limit is 50,000"),
    ],
)
def test_limits_of_a_wheel(sizes: list[int], expected: str) -> None:
    """Each is allowed, and no byte or file more."""
    assert expected == judge_sizes(sizes)
    assert TOTAL_SIZE == 3 * FILE_SIZE


@pytest.mark.skipif(os.name == "nt", reason="there are no limits")
@pytest.mark.usefixtures("own_cache")
def test_a_directory_that_lies_is_of_no_use(own_index: Index, tmp_path: Path) -> None:
    """A wheel that says less than it unpacks to is refused while uv unpacks it."""
    data = bytearray(add_entries(wheel(HOSTILE), {"anthropic/zeros": bytes(FILE_SIZE + 1)}))
    true = struct.pack("<I", FILE_SIZE + 1)
    assert 2 == data.count(true)
    lie = bytes(data).replace(true, struct.pack("<I", 1))
    own_index.add_file(HOSTILE, lie, EPOCH)
    pin = f"anthropic=={HOSTILE.version}"
    with pytest.raises(RefusedWheel):
        drive.install_lock(own_index, Lock((pin,), {pin: (sha256(lie).hexdigest(),)}), tmp_path / "cell")
    assert [] == [path for path in Path(os.environ["UV_CACHE_DIR"]).rglob("zeros") if path.stat().st_size > FILE_SIZE]


@pytest.mark.usefixtures("own_cache", "lower_limits")
def test_an_environment_that_is_too_large_is_refused(
    own_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check after the installation holds where the directory of a wheel can't be read."""
    monkeypatch.setattr("matrix.harness.uv.inspect", lambda _address: "")
    lock = _offer(own_index, BOMBS["many files"][0])
    with pytest.raises(RefusedWheel, match=r"The environment has 1,\d\d\d files"):
        drive.install_lock(own_index, lock, tmp_path / "cell")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("cause: failed to write: File too large (os error 27)", "A wheel unpacks to a file of more than"),
        ("cause: The wheel is invalid: Script path must resolve to a file", "A wheel is not valid."),
        ("cause: Scripts must not use the reserved name `python`, got: `python`", "A wheel is not valid."),
        ("cause: failed to copy /tmp/x to /tmp/y: Is a directory (os error 21)", "A wheel has files where"),
    ],
)
def test_a_wheel_that_uv_refuses_is_its_releases_own_result(tmp_path: Path, said: str, reason: str) -> None:
    """The reason names no temporary path, so equal wheels give equal results."""

    class UvThatRefuses(Uv):
        async def _run(self, *arguments: str, stdin: str = "") -> Completed:
            assert stdin or arguments
            if arguments[0] == "venv":
                (Path(arguments[-1]) / "lib" / "python" / "site-packages").mkdir(parents=True)
            return Completed(
                2 if arguments[:2] == ("pip", "install") else 0, "", f"error: Failed to install: x\n {said}"
            )

    with pytest.raises(RefusedWheel, match=reason) as refused:
        asyncio.run(UvThatRefuses().create(tmp_path / "cell", Path("python"), Lock((), {}), "anthropic"))
    assert "/" not in str(refused.value)


# Directories of wheels, over HTTP.


class _Ranges(http.server.SimpleHTTPRequestHandler):
    """A server of files that serves parts of them, if its server does."""

    def do_GET(self) -> None:
        data = Path(self.translate_path(self.path)).read_bytes()
        byte_range = self.headers.get("Range", "").removeprefix("bytes=")
        self.server.asked.append(byte_range)  # type: ignore[attr-defined]
        if not self.server.serves_parts:  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            return
        start, _, stop = byte_range.partition("-")
        part = data[int(start) : int(stop) + 1] if start else data[-int(stop) :]
        self.send_response(206)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Content-Range", f"bytes 0-0/{len(data)}")
        self.end_headers()
        self.wfile.write(part)

    def send_header(self, keyword: str, value: str) -> None:
        """Send a header, unless its server leaves it out."""
        if keyword not in self.server.leaves_out:  # type: ignore[attr-defined]
            super().send_header(keyword, value)

    def log_message(self, *_arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    """Serve the test's folder on loopback."""
    handler = functools.partial(_Ranges, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.asked = []  # type: ignore[attr-defined]
        running.serves_parts = True  # type: ignore[attr-defined]
        running.leaves_out = ()  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.mark.parametrize("files", [1, 8_000], ids=["within the first request", "beyond it"])
def test_the_directory_of_a_wheel_is_read_over_http(
    server: http.server.ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    """Only the end of the file is read, whatever its size."""
    monkeypatch.setattr(wheels, "FILE_SIZE", LOWER_FILE_SIZE)
    with zipfile.ZipFile(tmp_path / "x.whl", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("noise", os.urandom(2 << 20))
        made.writestr("zeros", bytes(LOWER_FILE_SIZE + 1))
        for number in range(files):
            made.writestr(f"{number}", b"")
    address = f"http://127.0.0.1:{server.server_address[1]}/x.whl"
    assert "has a file of 4,194,305 bytes, and the limit is 4,194,304" == inspect(address)
    assert all(server.asked)  # type: ignore[attr-defined]


def test_a_directory_that_can_not_be_read_says_nothing(server: http.server.ThreadingHTTPServer, tmp_path: Path) -> None:
    """An index without parts of files, no file, no zip file: uv and the check of the environment judge these."""
    (tmp_path / "no.whl").write_bytes(b"no zip file" * 9)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    assert "" == inspect(f"{address}/no.whl")
    server.serves_parts = False  # type: ignore[attr-defined]
    assert ["", "", ""] == [
        inspect(f"{address}/no.whl"),
        inspect((tmp_path / "missing.whl").as_uri()),
        inspect("http://127.0.0.1:9/x.whl"),
    ]


@pytest.mark.parametrize("header", ["Content-Length", "Content-Range"])
def test_an_answer_without_a_header_says_nothing(
    server: http.server.ThreadingHTTPServer, tmp_path: Path, header: str
) -> None:
    """An index that serves parts of files in another way than others ends no run."""
    (tmp_path / "x.whl").write_bytes(b"PK")
    server.leaves_out = (header,)  # type: ignore[attr-defined]
    assert "" == inspect(f"http://127.0.0.1:{server.server_address[1]}/x.whl")


def test_a_directory_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not more than a limit is read of any wheel."""
    monkeypatch.setattr(wheels, "_LARGEST_DIRECTORY", 100_000)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for number in range(3_000):
            target.writestr(f"{number}", b"")
    (tmp_path / "x.whl").write_bytes(made.getvalue())
    assert "has a directory of more than 100,000 bytes" == inspect((tmp_path / "x.whl").as_uri())
