"""The site on loopback, over real sockets: what is served, what is refused, and what a change comes to."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
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
    """The address of a small site that is served; beside its folder lies a secret."""
    (tmp_path / "secret.txt").write_text("secret")
    site_folder.write(SITE.items(), tmp_path / "site", "made")
    with preview.serve(tmp_path / "site") as address:
        yield address


def get(address: str) -> httpx.Response:
    """What is at an address."""
    return httpx.get(address, trust_env=False)


def test_files_are_served(address: str) -> None:
    """By their names, folders by their first page; and nobody keeps them."""
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


def test_a_page_follows_the_builds_and_nothing_else_does(address: str) -> None:
    """By a script of this server, which the policy of every page allows."""
    assert SCRIPT in get(address).content
    assert b"location.reload()" in get(f"{address}.preview/follow.js").content
    assert b"made" == get(f"{address}.preview/build").content
    assert b"p {}" == get(f"{address}static/site.css").content


def test_a_folder_is_named_with_a_slash(address: str) -> None:
    """Else what its page asks for would be looked for beside it."""
    answer = get(f"{address}releases/1.0")
    assert (301, "/releases/1.0/") == (answer.status_code, answer.headers["location"])


def test_what_is_missing_has_a_page(address: str) -> None:
    """As where the site is published."""
    answer = get(f"{address}releases/2.0/")
    assert (404, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert "<p>Missing</p>" in answer.text
    assert SCRIPT in answer.content


def test_a_head_has_no_body(address: str) -> None:
    """And says how long it would be."""
    for path, status in (("", 200), ("nowhere", 404)):
        answer = httpx.head(f"{address}{path}", trust_env=False)
        assert (status, b"", str(len(get(f"{address}{path}").content))) == (
            answer.status_code,
            answer.content,
            answer.headers["content-length"],
        )


def test_nothing_outside_the_folder_is_served(address: str) -> None:
    """Whatever a path has in it: sent as it stands, for clients tidy it up."""
    paths = ("/../secret.txt", "/releases/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "//etc/passwd")
    for path in (*paths, "/%2fetc/passwd", f"/{'long' * 2000}"):
        with socket.create_connection(("127.0.0.1", httpx.URL(address).port or 0)) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = b"".join(iter(partial(client.recv, 65536), b""))
        assert b" 404 " in answer.partition(b"\r\n")[0]
        assert b"<p>Missing</p>" in answer
        assert b"secret" not in answer


def test_nobody_else_can_reach_it(address: str) -> None:
    """It listens on one address, of this machine."""
    assert address.startswith("http://127.0.0.1:")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", httpx.URL(address).port or 0))


# The command.


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Data of one release, of which nothing is known."""
    store = Store(tmp_path / "data", ANTHROPIC)
    with store.writing():
        store.put_releases({"0.4.0": release("0.4.0", 1)})
    return store.folder


@pytest.fixture
def start(data: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts the command as a user does, in a copy of this program that may be changed."""
    half_written = shutil.ignore_patterns("*.pyc.*")
    program = shutil.copytree(ROOT / "matrix", tmp_path / "program" / "matrix", ignore=half_written).parent
    command: list[str | Path] = [sys.executable, "-m", "matrix", "--data", data, "serve", "--site", tmp_path / "site"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with contextlib.ExitStack() as started:
        yield lambda *arguments: started.enter_context(
            processes.ending(processes.start([*command, *arguments], cwd=program, env=environment))
        )


def listening(command: subprocess.Popen[str]) -> str:
    """The address that a command announces."""
    return line(command.stdout, "Listening on ").partition(",")[0]


def line(stream: IO[str] | None, beginning: str) -> str:
    """What follows the beginning of a line, of the first that has it."""
    assert stream is not None
    seen = []
    while written := stream.readline():
        seen.append(written)
        if written.startswith(beginning):
            return written.removeprefix(beginning).rstrip("\n")
    raise AssertionError(f"no line begins with {beginning!r}: {seen}")


@pytest.mark.slow
def test_a_change_is_built_and_told(start: Start, data: Path, tmp_path: Path) -> None:
    """Of the data and of a template, by this very process; a page that asks gets the digest of each build."""
    command = start()
    address = listening(command)
    builds = [get(f"{address}.preview/build").text]
    store = Store(data, ANTHROPIC)
    store.put_releases({**store.releases(), "0.5.0": release("0.5.0", 2)})
    assert "built again in" in line(command.stdout, f"{RELEASES} changed: ")
    builds.append(get(f"{address}.preview/build").text)
    assert 200 == get(f"{address}releases/0.5.0/").status_code
    template = tmp_path / "program" / "matrix" / "site" / "templates" / "404.html"
    template.write_text(template.read_text().replace("Page not found", "Nothing here"))
    assert "built again in" in line(command.stdout, "404.html changed: ")
    builds.append(get(f"{address}.preview/build").text)
    assert "Nothing here" in get(f"{address}nowhere").text
    assert 3 == len({*builds} - {""})


@pytest.mark.slow
def test_a_build_that_fails_leaves_the_site(start: Start, data: Path, tmp_path: Path) -> None:
    """And says why; the next one that does not is shown."""
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
    assert "built again in" in line(command.stdout, "release.html changed: ")
    (data / RELEASES).write_text("nothing of ours")
    assert "can't be read" in line(command.stderr, "Error: ")
    assert 200 == get(f"{address}releases/0.4.0/").status_code


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to(start: Start, sent: signal.Signals) -> None:
    """As `matrix backend` does."""
    command = start()
    listening(command)
    command.send_signal(sent)
    out, err = command.communicate(timeout=drive.PATIENCE)
    assert (0, "Stopped.\n", "") == (command.returncode, out, err)


def test_it_ends_by_itself(start: Start) -> None:
    """After its lifetime."""
    out, err = start("--lifetime", "0.2").communicate(timeout=drive.PATIENCE)
    assert "Stopped." == out.splitlines()[-1]
    assert "" == err


def test_a_port_that_is_taken(start: Start) -> None:
    """A failure with a hint, before anything is announced."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = start("--port", str(taken.getsockname()[1]))
        out, err = command.communicate(timeout=drive.PATIENCE)
    assert 9 == command.returncode
    assert "Listening" not in out
    assert "can't be used: Address already in use." in err
    assert "Hint: Omit --port" in err


def test_data_that_is_not_there(start: Start, data: Path) -> None:
    """Is said as `matrix report` says it."""
    shutil.rmtree(data)
    command = start()
    _, err = command.communicate(timeout=drive.PATIENCE)
    assert (2, True) == (command.returncode, "There is no data" in err)
