"""The package index, read over real sockets from a server on loopback, and compared with the recorded releases."""

import contextlib
import datetime as dt
import hashlib
import html
import json
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from matrix import cli
from matrix.errors import IndexFailure
from matrix.model import Distribution, Release
from matrix.releases.index import check, fetch
from matrix.store.store import Store
from matrix.targets import ANTHROPIC

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"

PAGE = "/simple/anthropic/"
"""The path of the project's page."""


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A file that an index lists."""

    filename: str
    uploaded: str | None = "2024-03-01T12:00:00.123456Z"
    size: int | None = None
    requires_python: str | None = ">=3.8"
    yanked: str | None = None

    @property
    def sha256(self) -> str:
        """Derive a hash from the file's name."""
        return hashlib.sha256(self.filename.encode()).hexdigest()

    @property
    def served_size(self) -> int:
        """Return the size in the server's answer to a HEAD request."""
        return 1000 + len(self.filename)


def wheel(version: str, **fields: Any) -> File:
    """Make the wheel of a release."""
    return File(filename=f"anthropic-{version}-py3-none-any.whl", **fields)


def sdist(version: str, **fields: Any) -> File:
    """Make the source distribution of a release."""
    return File(filename=f"anthropic-{version}.tar.gz", **fields)


def as_json(files: Sequence[File]) -> bytes:
    """Write the page of the project in the form of PEP 691."""
    listed = []
    for file in files:
        entry: dict[str, Any] = {
            "filename": file.filename,
            "url": f"/files/{file.filename}",
            "hashes": {"sha256": file.sha256},
            "requires-python": file.requires_python,
            "yanked": False if file.yanked is None else file.yanked or True,
        }
        if file.uploaded is not None:
            entry["upload-time"] = file.uploaded
        if file.size is not None:
            entry["size"] = file.size
        listed.append(entry)
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "anthropic", "files": listed}).encode()


def as_html(files: Sequence[File]) -> bytes:
    """Write the page of the project in the form of PEP 503, with the upload times that some indexes add."""
    links = []
    for file in files:
        attributes = [f'href="/files/{file.filename}#sha256={file.sha256}"']
        if file.requires_python is not None:
            attributes.append(f'data-requires-python="{html.escape(file.requires_python)}"')
        if file.yanked is not None:
            attributes.append(f'data-yanked="{html.escape(file.yanked)}"')
        if file.uploaded is not None:
            attributes.append(f'data-upload-time="{file.uploaded}"')
        links.append(f"<a {' '.join(attributes)}>{file.filename}</a><br/>")
    return f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>".encode()


class Index:
    """An index on loopback: its answers, and the requests it received.

    Attributes:
        url: The address of its Simple API.
        status: The status of the answer for the project's page.
        content_type: The content type of that answer.
        body: The body of that answer.
        sizes: The size of each file by its name; a file that is missing here gets a 404.
        requests: The method and the path of every request.
    """

    def __init__(self) -> None:
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.requests.append(f"GET {self.path}")
                is_page = self.path == PAGE
                self._answer(index.status if is_page else 404, index.content_type, index.body if is_page else b"")

            def do_HEAD(self) -> None:
                index.requests.append(f"HEAD {self.path}")
                size = index.sizes.get(self.path.removeprefix("/files/"))
                self.send_response(200 if size is not None else 404)
                self.send_header("Content-Length", str(size or 0))
                self.end_headers()

            def _answer(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.status = 200
        self.content_type = JSON
        self.body = b""
        self.sizes: dict[str, int] = {}
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple/"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def lists(self, *files: File, as_: str = JSON) -> None:
        """Set the answer: these files, as JSON or HTML."""
        self.content_type = as_
        self.body = as_json(files) if as_ == JSON else as_html(files)
        self.sizes = {file.filename: file.served_size for file in files}


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """Run an index for one test, without a proxy."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Index() as running:
        yield running


def distribution(file: File, *, size: int | None = None) -> Distribution:
    """Make the record of a file."""
    return Distribution(filename=file.filename, sha256=file.sha256, size=size or file.served_size)


def release(version: str, *, yanked: str | None = None, wheels: bool = True, sdists: bool = True) -> Release:
    """Make the record of a release whose files all have the usual upload time."""
    return Release(
        version=version,
        uploaded=dt.datetime(2024, 3, 1, 12, 0, 0, 123456, tzinfo=dt.UTC),
        requires_python=">=3.8",
        yanked=yanked,
        wheels=(distribution(wheel(version)),) if wheels else (),
        sdists=(distribution(sdist(version)),) if sdists else (),
    )


BOTH = (wheel("1.0.0"), sdist("1.0.0"))
KNOWN = {"0.9.0": release("0.9.0"), "1.0.0": release("1.0.0")}
LISTED = (wheel("0.9.0"), sdist("0.9.0"), *BOTH)
"""A listing of files that are all recorded."""

each_form = pytest.mark.parametrize("form", [JSON, HTML], ids=["json", "html"])


# Listings


@each_form
@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(BOTH, [release("1.0.0")], id="a wheel and a source distribution"),
        pytest.param([wheel("1.0.0")], [release("1.0.0", sdists=False)], id="a wheel only"),
        pytest.param([sdist("1.0.0")], [release("1.0.0", wheels=False)], id="a source distribution only"),
        pytest.param(
            [wheel("0.10.0"), wheel("0.9.0"), wheel("1.0.0rc1"), wheel("1.0.0")],
            [release(version, sdists=False) for version in ("0.9.0", "0.10.0", "1.0.0rc1", "1.0.0")],
            id="several releases, oldest version first",
        ),
        pytest.param(
            [wheel("1.0.0", yanked="broken"), sdist("1.0.0", yanked="broken")],
            [release("1.0.0", yanked="broken")],
            id="a yanked release",
        ),
        pytest.param(
            [wheel("1.0.0", yanked=""), sdist("1.0.0", yanked="")],
            [release("1.0.0", yanked="")],
            id="a release that was yanked without a reason",
        ),
        pytest.param(
            [wheel("1.0.0", yanked="only the wheel"), sdist("1.0.0")],
            [release("1.0.0")],
            id="a release of which one file was yanked",
        ),
        pytest.param(
            [
                *BOTH,
                File(filename="anthropic-1.0.0.exe"),
                File(filename="anthropic-1.0.0-py3.8.egg"),
                File(filename="x"),
            ],
            [release("1.0.0")],
            id="files of other kinds",
        ),
    ],
)
def test_releases_are_read_from_a_listing(
    index: Index, form: str, files: Sequence[File], expected: list[Release]
) -> None:
    """JSON and HTML give the same releases."""
    index.lists(*files, as_=form)
    releases = fetch("anthropic", {}, index.url)
    assert {each.version: each for each in expected} == releases
    assert [each.version for each in expected] == list(releases)


@each_form
def test_the_upload_time_of_a_release_is_that_of_its_first_file(index: Index, form: str) -> None:
    """The time is in UTC, whatever offset the index writes."""
    times = ("2024-03-01T12:00:05Z", "2024-03-01T14:00:00+05:30", "2024-03-01T12:10:00Z")
    names = ("anthropic-1.0.0-cp311-none-any.whl", "anthropic-1.0.0-cp312-none-any.whl", "anthropic-1.0.0.tar.gz")
    index.lists(*(File(filename=name, uploaded=time) for name, time in zip(names, times, strict=True)), as_=form)
    uploaded = fetch("anthropic", {}, index.url)["1.0.0"].uploaded
    assert dt.datetime(2024, 3, 1, 8, 30, tzinfo=dt.UTC) == uploaded
    assert uploaded.utcoffset() == dt.timedelta(0)


@each_form
def test_one_upload_time_of_a_release_is_enough(index: Index, form: str) -> None:
    """An index may lack the time of a file."""
    index.lists(wheel("1.0.0", uploaded=None), sdist("1.0.0"), as_=form)
    assert release("1.0.0").uploaded == fetch("anthropic", {}, index.url)["1.0.0"].uploaded


@each_form
def test_the_order_of_listed_files_makes_no_difference(index: Index, form: str) -> None:
    """An index promises no order."""
    index.lists(*LISTED, as_=form)
    forwards = fetch("anthropic", {}, index.url)
    index.lists(*reversed(LISTED), as_=form)
    assert forwards == fetch("anthropic", {}, index.url)


@pytest.mark.parametrize(
    "other",
    [sdist("1.0.0", requires_python=">=3.9"), File(filename="anthropic-1.0.tar.gz")],
    ids=["another Python", "another spelling of the version"],
)
def test_the_first_listed_file_of_a_release_has_no_precedence(index: Index, other: File) -> None:
    """The fields of a release may differ between its files."""
    index.lists(wheel("1.0.0"), other)
    forwards = fetch("anthropic", {}, index.url)
    index.lists(other, wheel("1.0.0"))
    assert forwards == fetch("anthropic", {}, index.url)


@each_form
def test_a_release_may_state_no_python(index: Index, form: str) -> None:
    """Such a release is for every Python."""
    index.lists(wheel("1.0.0", requires_python=None), as_=form)
    assert fetch("anthropic", {}, index.url)["1.0.0"].requires_python is None


def test_the_page_of_the_project_is_requested_once(index: Index) -> None:
    """There is no other request if the page has the sizes."""
    index.lists(wheel("1.0.0", size=7))
    fetch("anthropic", {}, index.url)
    assert [f"GET {PAGE}"] == index.requests


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_address_of_an_index_may_end_with_a_slash(index: Index, slash: str) -> None:
    """The slash is optional."""
    index.lists(wheel("1.0.0"))
    assert ["1.0.0"] == list(fetch("anthropic", {}, index.url.rstrip("/") + slash))


# Sizes of files


def test_a_listed_size_is_not_requested(index: Index) -> None:
    """JSON has sizes."""
    index.lists(wheel("1.0.0", size=7), sdist("1.0.0", size=8))
    release = fetch("anthropic", {}, index.url)["1.0.0"]
    assert [7, 8] == [file.size for file in (*release.wheels, *release.sdists)]
    assert [f"GET {PAGE}"] == index.requests


@each_form
def test_an_unknown_size_is_requested_once(index: Index, form: str) -> None:
    """A HEAD request reads the size without the file."""
    index.lists(*LISTED, as_=form)
    releases = fetch("anthropic", {"0.9.0": KNOWN["0.9.0"]}, index.url)
    assert KNOWN == releases
    assert [
        f"GET {PAGE}",
        "HEAD /files/anthropic-1.0.0-py3-none-any.whl",
        "HEAD /files/anthropic-1.0.0.tar.gz",
    ] == index.requests


def test_a_recorded_size_is_reused_without_a_request(index: Index) -> None:
    """The server would answer with a 404."""
    index.lists(*LISTED)
    index.sizes = {}
    assert KNOWN == fetch("anthropic", KNOWN, index.url)
    assert [f"GET {PAGE}"] == index.requests


def test_an_unavailable_size_is_left_out(index: Index) -> None:
    """A missing size is no failure."""
    index.lists(wheel("1.0.0"))
    index.sizes = {}
    assert [None] == [file.size for file in fetch("anthropic", {}, index.url)["1.0.0"].wheels]


# Invalid answers

INVALID_ANSWERS: Mapping[str, tuple[int, str, bytes]] = {
    "no JSON": (200, JSON, b"<html>"),
    "half of a listing": (200, JSON, as_json(LISTED)[:-20]),
    "an empty body": (200, JSON, b""),
    "null": (200, JSON, b"null"),
    "a list": (200, JSON, b"[]"),
    "a number": (200, JSON, b"1"),
    "an object without files": (200, JSON, b'{"meta": {"api-version": "1.1"}, "name": "anthropic"}'),
    "files that are null": (200, JSON, b'{"meta": {"api-version": "1.1"}, "name": "anthropic", "files": null}'),
    "a file that is a number": (200, JSON, b'{"meta": {"api-version": "1.1"}, "name": "anthropic", "files": [1]}'),
    "a file without a name": (200, JSON, as_json(BOTH).replace(b'"filename"', b'"name"')),
    "an invalid time": (200, JSON, as_json([wheel("1.0.0", uploaded="yesterday")])),
    "an API of the future": (200, JSON, as_json(BOTH).replace(b'"1.1"', b'"9.0"')),
    "JSON without a version of the API": (200, JSON, b'{"name": "anthropic", "files": []}'),
    "no files": (200, JSON, as_json([])),
    "bytes that are no text": (200, JSON, b"\xff\xfe\x00"),
    "an image": (200, "image/png", b"\x89PNG"),
    "another page": (200, HTML, b"<html><body>Please log in.</body></html>"),
    "a page with other links": (200, HTML, b'<html><body><a href="/login">Log in</a></body></html>'),
    "a page with an invalid time": (200, HTML, as_html([wheel("1.0.0", uploaded="yesterday")])),
    "a page of binary": (200, HTML, bytes(range(256))),
    "no upload times in JSON": (200, JSON, as_json([wheel("1.0.0", uploaded=None)])),
    "no upload times in HTML": (200, HTML, as_html([wheel("1.0.0", uploaded=None)])),
    "an invalid version": (200, JSON, as_json([*LISTED, wheel("1.banana")])),
    "an error of the server": (500, "text/plain", b"oops"),
    "an overloaded server": (503, JSON, as_json(LISTED)),
    "a missing project": (404, "text/plain", b"Not Found"),
    "a forbidden page": (403, HTML, b"<html></html>"),
    "fewer releases": (200, JSON, as_json(BOTH)),
    "another hash": (
        200,
        JSON,
        as_json(LISTED).replace(wheel("1.0.0").sha256.encode(), b"0" * 64),
    ),
    "a missing hash": (200, JSON, as_json(LISTED).replace(b'"sha256": "' + wheel("1.0.0").sha256.encode() + b'"', b"")),
    "a later upload": (
        200,
        JSON,
        as_json([*LISTED[:2], *(msgspec.structs.replace(file, uploaded="2024-03-02T00:00:00Z") for file in BOTH)]),
    ),
    "an earlier upload": (
        200,
        JSON,
        as_json([*LISTED[:3], msgspec.structs.replace(LISTED[3], uploaded="2024-02-29T00:00:00Z")]),
    ),
}
"""Invalid answers of an index: status, content type, body."""

each_invalid_answer = pytest.mark.parametrize(
    ("status", "content_type", "body"), INVALID_ANSWERS.values(), ids=INVALID_ANSWERS
)


def refresh(monkeypatch: pytest.MonkeyPatch, data: Path, url: str, *options: str) -> int:
    """Run `matrix refresh`, and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["matrix", "--data", str(data), "refresh", "--index", url, *options])
    code: object = 0
    try:
        cli.main()
    except SystemExit as leaving:
        code = leaving.code
    assert isinstance(code, int)
    return code


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Make a folder of data that has two releases."""
    folder = tmp_path / "data"
    store = Store(folder, ANTHROPIC)
    with store.writing():
        store.put_releases(KNOWN)
    return folder


@each_invalid_answer
def test_an_invalid_answer_is_refused_and_the_data_is_unchanged(
    index: Index,
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    content_type: str,
    body: bytes,
) -> None:
    """The command prints one paragraph without a traceback, and exits with the code of a failing index."""
    index.status, index.content_type, index.body = status, content_type, body
    before = (data / "releases.json").read_bytes()
    assert IndexFailure.exit_code == refresh(monkeypatch, data, index.url)
    assert before == (data / "releases.json").read_bytes()
    output = capsys.readouterr()
    assert "" == output.out
    assert "Nothing was overwritten." in output.err
    assert output.err.startswith("Error: ")
    assert "Traceback" not in output.err


def test_an_unreachable_index_is_refused_and_the_data_is_unchanged(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No program listens on the port."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # reserve the port, so that no other program listens there
        before = (data / "releases.json").read_bytes()
        code = refresh(monkeypatch, data, f"http://127.0.0.1:{unused.getsockname()[1]}/simple/")
    assert (IndexFailure.exit_code, before) == (code, (data / "releases.json").read_bytes())
    error = capsys.readouterr().err
    assert "could not be read" in error
    assert "Try again later." in error


def test_an_index_that_closes_the_connection_is_refused(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It accepts the connection and closes it without an answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        code = refresh(monkeypatch, data, f"http://127.0.0.1:{server.getsockname()[1]}/simple/")
        server.shutdown(socket.SHUT_RDWR)
    assert IndexFailure.exit_code == code


@pytest.mark.parametrize("address", ["", "nonsense", "http://", "ftp://localhost/simple/", "http://[::/simple/"])
def test_an_invalid_address_is_refused_without_a_traceback(
    data: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """A user can mistype the address."""
    monkeypatch.setattr(
        "matrix.releases.client.PYPI_SIMPLE_ENDPOINT", "http://127.0.0.1:1/simple/"
    )  # the default for an empty address
    assert IndexFailure.exit_code == refresh(monkeypatch, data, address)


def test_a_failure_on_an_empty_folder_leaves_no_data(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first refresh may fail as any other."""
    index.status = 500
    assert IndexFailure.exit_code == refresh(monkeypatch, tmp_path / "data", index.url)
    assert [] == list((tmp_path / "data").rglob("*"))


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        pytest.param(
            {"1.0.0": KNOWN["1.0.0"]},
            "The package index no longer lists 1 of the 2 recorded releases: 0.9.0.",
            id="fewer releases",
        ),
        pytest.param(
            {}, "The package index no longer lists 2 of the 2 recorded releases: 0.9.0, 1.0.0.", id="no release"
        ),
        pytest.param(
            KNOWN | {"1.0.0": msgspec.structs.replace(KNOWN["1.0.0"], uploaded=dt.datetime(2024, 3, 2, tzinfo=dt.UTC))},
            "The package index changed the upload time of 1.0.0.",
            id="a moved upload time",
        ),
        pytest.param(
            KNOWN
            | {
                "1.0.0": msgspec.structs.replace(
                    KNOWN["1.0.0"], wheels=(msgspec.structs.replace(KNOWN["1.0.0"].wheels[0], sha256="0" * 64),)
                )
            },
            "The package index changed the hash of anthropic-1.0.0-py3-none-any.whl.",
            id="another hash of a wheel",
        ),
        pytest.param(
            KNOWN
            | {
                "1.0.0": msgspec.structs.replace(
                    KNOWN["1.0.0"], sdists=(msgspec.structs.replace(KNOWN["1.0.0"].sdists[0], sha256=None),)
                )
            },
            "The package index changed the hash of anthropic-1.0.0.tar.gz.",
            id="a removed hash of a source distribution",
        ),
        pytest.param(
            KNOWN | {"1.0.0": msgspec.structs.replace(KNOWN["1.0.0"], wheels=())},
            "anthropic-1.0.0-py3-none-any.whl",
            id="a release whose wheel was removed",
        ),
    ],
)
def test_a_listing_that_removes_or_changes_a_record_is_refused(listed: dict[str, Release], message: str) -> None:
    """The message names the change and the release or file."""
    with pytest.raises(IndexFailure) as failure:
        check(KNOWN, listed)
    assert message in str(failure.value)
    assert str(failure.value).endswith("Nothing was overwritten.")
    assert failure.value.hint


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param(KNOWN, id="an equal listing"),
        pytest.param(KNOWN | {"1.1.0": release("1.1.0")}, id="a new release"),
        pytest.param(KNOWN | {"1.0.0": release("1.0.0", yanked="broken")}, id="a yanked release"),
        pytest.param(
            KNOWN
            | {
                "1.0.0": msgspec.structs.replace(
                    KNOWN["1.0.0"],
                    wheels=(*KNOWN["1.0.0"].wheels, Distribution(filename="another.whl", sha256="0" * 64)),
                )
            },
            id="a new wheel of a known release",
        ),
    ],
)
def test_a_listing_that_only_adds_is_accepted(listed: dict[str, Release]) -> None:
    """Releases appear, gain wheels and are yanked."""
    check(KNOWN, listed)


def test_a_listing_that_adds_a_hash_is_accepted() -> None:
    """The committed data may come from an index without hashes."""
    bare = msgspec.structs.replace(KNOWN["1.0.0"].wheels[0], sha256=None)
    check(KNOWN | {"1.0.0": msgspec.structs.replace(KNOWN["1.0.0"], wheels=(bare,))}, KNOWN)


def test_the_message_names_at_most_five_missing_releases() -> None:
    """The message stays one paragraph."""
    known = {version: release(version) for version in (f"1.0.{patch}" for patch in range(9))}
    with pytest.raises(
        IndexFailure, match=r"no longer lists 9 of the 9 .*: 1\.0\.0, 1\.0\.1, 1\.0\.2, 1\.0\.3, 1\.0\.4 and 4 more\."
    ):
        check(known, {})


def test_accept_missing_accepts_removed_but_not_changed_files() -> None:
    """`--accept-missing` is for deleted releases and files, not for rewritten files."""
    check(KNOWN, {"1.0.0": KNOWN["1.0.0"]}, accept_missing=True)
    check(KNOWN, {"1.0.0": msgspec.structs.replace(KNOWN["1.0.0"], wheels=())}, accept_missing=True)
    moved = msgspec.structs.replace(KNOWN["1.0.0"], uploaded=dt.datetime(2024, 3, 2, tzinfo=dt.UTC))
    with pytest.raises(IndexFailure, match="changed the upload time"):
        check(KNOWN, {"1.0.0": moved}, accept_missing=True)


@each_form
def test_a_time_without_an_offset_does_not_depend_on_the_machine(
    index: Index, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """It is read as UTC or refused."""
    index.lists(wheel("1.0.0", uploaded="2024-03-01T12:00:00"), as_=form)
    monkeypatch.setenv("TZ", "XXX-07:00")
    time.tzset()
    try:
        uploaded = fetch("anthropic", {}, index.url)["1.0.0"].uploaded
    except IndexFailure:
        return
    finally:
        monkeypatch.undo()
        time.tzset()
    assert dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC) == uploaded


@each_form
def test_mixed_times_with_and_without_an_offset_are_read_or_refused(index: Index, form: str) -> None:
    """The failure is that of the index, and there is no traceback."""
    index.lists(wheel("1.0.0", uploaded="2024-03-01T12:00:00"), sdist("1.0.0"), as_=form)
    with contextlib.suppress(IndexFailure):
        fetch("anthropic", {}, index.url)


# Records of the command


def test_a_refresh_records_and_lists_changes(
    index: Index, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One release is new, and one was yanked."""
    index.lists(
        *(msgspec.structs.replace(file, yanked="broken") for file in LISTED[:2]), *BOTH, wheel("1.1.0"), sdist("1.1.0")
    )
    assert refresh(monkeypatch, data, index.url) == 0
    expected = {"0.9.0": release("0.9.0", yanked="broken"), "1.0.0": KNOWN["1.0.0"], "1.1.0": release("1.1.0")}
    assert expected == Store(data, ANTHROPIC).releases()
    assert [
        "The package index lists 3 releases of anthropic, 1 of them new.",
        "  new: 1.1.0, uploaded 2024-03-01",
        "  changed: 0.9.0 is yanked",
        "`matrix run` measures the new releases.",
    ] == capsys.readouterr().out.splitlines()


@each_form
def test_a_refresh_without_changes_leaves_the_bytes_unchanged(
    index: Index, data: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """The records are sorted and canonical, in whatever form the index answers."""
    index.lists(*reversed(LISTED), as_=form)
    before = (data / "releases.json").read_bytes()
    assert refresh(monkeypatch, data, index.url) == 0
    assert before == (data / "releases.json").read_bytes()


def test_a_refresh_that_accepts_missing_releases_leaves_their_records(
    index: Index, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their results remain in the data, so their records do too."""
    index.lists(*BOTH, wheel("1.1.0"), sdist("1.1.0"))
    assert refresh(monkeypatch, data, index.url, "--accept-missing") == 0
    assert KNOWN | {"1.1.0": release("1.1.0")} == Store(data, ANTHROPIC).releases()


def test_the_first_refresh_creates_the_folder(index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new data is valid."""
    index.lists(*LISTED)
    assert refresh(monkeypatch, tmp_path / "new" / "data", index.url) == 0
    assert (KNOWN, []) == (
        Store(tmp_path / "new" / "data", ANTHROPIC).releases(),
        Store(tmp_path / "new" / "data", ANTHROPIC).verify(),
    )
