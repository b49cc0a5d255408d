"""The preview on loopback, over real sockets: what it serves, what it refuses, and what it rebuilds."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO

import httpx
import pytest

from matrix.site import preview, site_folder
from matrix.store.documents import RELEASES
from matrix.store.store import Store
from matrix.targets import ANTHROPIC
from tests.miniature import drive
from tests.site.test_report import release
from tests.support import processes
from tests.support.paths import ROOT

SITE = {
    "index.html": b"<html><body><p>First</p></body></html>",
    "404.html": b"<html><body><p>Missing</p></body></html>",
    "releases/1.0/index.html": b"<html><body><p>1.0</p></body></html>",
    "static/site.css": b"p {}",
    "static/fonts/plex.woff2": b"wOF2",
    "api/v1/releases.json": b"{}",
}

SCRIPT = b'<script src="/.preview/follow.js" data-build="made" defer></script>\n</body>'


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Serve a small site whose parent folder has a secret; yield its address."""
    (tmp_path / "secret.txt").write_text("secret")
    site_folder.write(SITE.items(), tmp_path / "site", "made")
    with preview.serve(tmp_path / "site") as address:
        yield address


def get(address: str) -> httpx.Response:
    """Request an address."""
    return httpx.get(address, trust_env=False)


def test_files_are_served(address: str) -> None:
    """Check that a folder has its index page, and that no answer may be cached."""
    expected = {
        "": ("text/html; charset=utf-8", "<p>First</p>"),
        "releases/1.0/": ("text/html; charset=utf-8", "<p>1.0</p>"),
        "releases/1.0/?any=thing": ("text/html; charset=utf-8", "<p>1.0</p>"),
        "static/site.css": ("text/css", "p {}"),
        "api/v1/releases.json": ("application/json", "{}"),
    }
    for path, (kind, text) in expected.items():
        answer = get(f"{address}{path}")
        assert (200, kind, "no-store") == (
            answer.status_code,
            answer.headers["content-type"],
            answer.headers["cache-control"],
        )
        assert text in answer.text
    assert b"wOF2" == get(f"{address}static/fonts/plex.woff2").content


def test_a_page_reloads_after_a_build(address: str) -> None:
    """Check the script of this server, which the policy of every page allows."""
    assert SCRIPT in get(address).content
    assert b"location.reload()" in get(f"{address}.preview/follow.js").content
    assert b"made" == get(f"{address}.preview/build").content
    assert b"p {}" == get(f"{address}static/site.css").content


def test_a_folder_is_redirected_to_its_slash(address: str) -> None:
    """Check that relative links of its page then work."""
    answer = get(f"{address}releases/1.0")
    assert (301, "/releases/1.0/") == (answer.status_code, answer.headers["location"])


def test_a_missing_page_has_the_404_page(address: str) -> None:
    """Check that it is the page of the published site."""
    answer = get(f"{address}releases/2.0/")
    assert (404, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert "<p>Missing</p>" in answer.text
    assert SCRIPT in answer.content


def test_a_head_request_has_no_body(address: str) -> None:
    """Check that it has the length of the body."""
    for path, status in (("", 200), ("nowhere", 404)):
        answer = httpx.head(f"{address}{path}", trust_env=False)
        assert (status, b"", str(len(get(f"{address}{path}").content))) == (
            answer.status_code,
            answer.content,
            answer.headers["content-length"],
        )


def test_no_file_outside_the_folder_is_served(address: str) -> None:
    """Check raw paths, which a client would tidy up."""
    paths = ("/../secret.txt", "/releases/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//etc/passwd")
    for path in (*paths, "/%2fetc/passwd", f"/{'long' * 2000}"):
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port or 0)) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(partial(client.recv, 65536), b""))
        assert b" 404 " in answer.partition(b"\r\n")[0]
        assert b"<p>Missing</p>" in answer
        assert b"secret" not in answer


def test_it_listens_on_loopback_alone(address: str) -> None:
    """Check the other addresses of this machine."""
    assert address.startswith("http://127.0.0.1:")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", httpx.URL(address).port or 0))


# The command.


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Write data of one release without results."""
    store = Store(tmp_path / "data", ANTHROPIC)
    with store.writing():
        store.put_releases({"0.4.0": release("0.4.0", 1)})
    return store.folder


@pytest.fixture
def start(data: Path, tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts the command in a copy of this program that may be changed."""
    half_written = shutil.ignore_patterns("*.pyc.*")
    program = shutil.copytree(ROOT / "matrix", tmp_path / "program" / "matrix", ignore=half_written).parent
    command: list[str | Path] = [sys.executable, "-m", "matrix", "--data", data, "serve", "--site", tmp_path / "site"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with contextlib.ExitStack() as started:
        yield lambda *arguments: started.enter_context(
            processes.ending(processes.start([*command, *arguments], cwd=program, env=environment))
        )


def listening(command: subprocess.Popen[str]) -> str:
    """Return the address that a command announces."""
    return line(command.stdout, "Listening on ").partition(",")[0]


def line(stream: IO[str] | None, beginning: str) -> str:
    """Return the rest of the first line with this beginning."""
    assert stream is not None
    lines = []
    while written := stream.readline():
        lines.append(written)
        if written.startswith(beginning):
            return written.removeprefix(beginning).rstrip("\n")
    raise AssertionError(f"no line begins with {beginning!r}: {lines}")


@pytest.mark.slow
def test_a_change_is_built_and_announced(start: Start, data: Path, tmp_path: Path) -> None:
    """Check data and a template: a page that asks gets the digest of each build."""
    command = start()
    address = listening(command)
    builds = [get(f"{address}.preview/build").text]
    store = Store(data, ANTHROPIC)
    store.put_releases({**store.releases(), "0.5.0": release("0.5.0", 2)})
    assert "rebuilt the site in" in line(command.stdout, f"{RELEASES} changed: ")
    builds.append(get(f"{address}.preview/build").text)
    assert 200 == get(f"{address}releases/0.5.0/").status_code
    template = tmp_path / "program" / "matrix" / "site" / "templates" / "404.html"
    template.write_text(template.read_text().replace("Page not found", "Nothing here"))
    assert "rebuilt the site in" in line(command.stdout, "404.html changed: ")
    builds.append(get(f"{address}.preview/build").text)
    assert "Nothing here" in get(f"{address}nowhere").text
    assert 3 == len({*builds} - {""})


@pytest.mark.slow
def test_a_failed_build_keeps_the_site(start: Start, data: Path, tmp_path: Path) -> None:
    """Check that the error is printed, and that the next good build is served."""
    command = start()
    address = listening(command)
    page = get(f"{address}releases/0.4.0/").text
    template = tmp_path / "program" / "matrix" / "site" / "templates" / "release.html"
    whole = template.read_text()
    template.write_text("{% extends nothing %}")
    assert "'nothing' is undefined" in line(command.stderr, "jinja2.exceptions.UndefinedError: ")
    assert "The site is unchanged." in line(command.stderr, "release.html changed, but the build failed. ")
    assert page == get(f"{address}releases/0.4.0/").text
    template.write_text(f"{whole}<!-- mended -->")
    assert "rebuilt the site in" in line(command.stdout, "release.html changed: ")
    (data / RELEASES).write_text("nothing of ours")
    assert "can't be read" in line(command.stderr, "Error: ")
    assert 200 == get(f"{address}releases/0.4.0/").status_code


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_on_a_signal(start: Start, sent: signal.Signals) -> None:
    """Check the signals that end `matrix backend`."""
    command = start()
    listening(command)
    command.send_signal(sent)
    out, err = command.communicate(timeout=drive.PATIENCE)
    assert (0, "Stopped.\n", "") == (command.returncode, out, err)


def test_it_ends_after_its_lifetime(start: Start) -> None:
    """Check that nobody need stop it."""
    out, err = start("--lifetime", "0.2").communicate(timeout=drive.PATIENCE)
    assert "Stopped." == out.splitlines()[-1]
    assert "" == err


def test_a_port_in_use_is_a_failure_with_a_hint(start: Start) -> None:
    """Check that no address is announced."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = start("--port", str(taken.getsockname()[1]))
        out, err = command.communicate(timeout=drive.PATIENCE)
    assert 10 == command.returncode
    assert "" == out  # no site was built for it
    assert "can't be used: Address already in use." in err
    assert "Hint: Omit --port" in err


def test_missing_data_has_the_message_of_matrix_report(start: Start, data: Path) -> None:
    """Check the message."""
    shutil.rmtree(data)
    command = start()
    _, err = command.communicate(timeout=drive.PATIENCE)
    assert (2, True) == (command.returncode, "There is no data" in err)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds, for 20 seconds at most."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def answer_to(address: str, request: str) -> bytes:
    """Send bytes to the server, and return everything that it sends until it closes the connection."""
    with socket.create_connection(("127.0.0.1", httpx.URL(address).port or 0), timeout=20) as client:
        client.sendall(request.encode())
        with contextlib.suppress(ConnectionError):
            return b"".join(iter(partial(client.recv, 65536), b""))
    return b""


@pytest.mark.parametrize(
    ("hosts", "status"),
    [
        (["localhost:80"], 200),
        (["127.0.0.1"], 200),
        (["[::1]:1"], 200),
        (["my.name"], 200),
        (["evil.example"], 421),
        (["localhost", "evil.example"], 421),
    ],
)
def test_only_names_of_this_machine_are_served(tmp_path: Path, hosts: list[str], status: int) -> None:
    """A page on the Internet may have its own name point to loopback."""
    site_folder.write(SITE.items(), tmp_path / "site", "made")
    head = "".join(f"Host: {host}\r\n" for host in hosts)
    with preview.serve(tmp_path / "site", hosts=["my.name"]) as address:
        answer = answer_to(address, f"GET / HTTP/1.1\r\n{head}\r\n")
    assert f" {status} ".encode() in answer.partition(b"\r\n")[0]
    assert (b"<p>First</p>" in answer) == (status == 200)


@pytest.mark.parametrize("begin", ["", "GET / HTTP/1.1\r\nX: "])
def test_an_idle_connection_has_a_deadline(address: str, monkeypatch: pytest.MonkeyPatch, begin: str) -> None:
    """Its thread ends with it."""
    monkeypatch.setattr(preview, "DEADLINE", 0.2)
    before = threading.active_count()
    assert b"" == answer_to(address, begin)
    wait_until(lambda: threading.active_count() == before)


def test_connections_have_a_limit(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is closed, and the next is served once another has ended."""
    monkeypatch.setattr(preview, "MOST_CONNECTIONS", 3)
    port = httpx.URL(address).port or 0
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert b"" == answer_to(address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    wait_until(lambda: b"<p>First</p>" in answer_to(address, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
