"""The site on loopback while somebody works on it: built again when its data or code change, and open pages follow.

I/O. Files are served as they are, but that every page gets a script, from this server, that waits for the next build:
the site itself has none of it, and its content security policy holds. A build is a process of its own, so that changed
templates and code take effect; one that fails leaves the site as it was.
"""

import asyncio
import contextlib
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import environ
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from matrix.site import site_folder
from matrix.site.wayfinding import NOT_FOUND
from matrix.system import process
from matrix.system.files import TEMPORARY

_PROGRAM: Final = Path(__file__).parents[1]

_NEWS: Final = "/.preview/news"
_FOLLOW: Final = "/.preview/follow.js"
_SCRIPT: Final = f"""\
const shown = document.currentScript.dataset.madeFrom;
new EventSource("{_NEWS}").onmessage = ({{ data }}) => {{
  if (data !== shown) location.reload();
}};
"""
"""What follows the builds: each page knows of which it is, so it does not matter when it begins to listen."""

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
"""Kinds of file in the site; those that the library knows depend on the machine."""

_BEAT: Final = 15.0
"""Seconds after which a page that waits is written to, for only so is it noticed that it has gone."""


class Rebuilt(msgspec.Struct, frozen=True):
    """A build that followed a change.

    Attributes:
        changed: The files that changed; none if that was while the site was built first.
        seconds: How long it took.
        failure: What it said when it failed; empty if the site is new.
    """

    changed: tuple[Path, ...]
    seconds: float
    failure: str


class Preview:
    """A site that is served.

    Attributes:
        address: Of its first page.
    """

    def __init__(self, folder: Path, server: "_Server") -> None:
        self.address = f"http://127.0.0.1:{server.server_port}/"
        self._folder = folder
        self._server = server

    @contextlib.asynccontextmanager
    async def rebuilds(self, data: Path) -> AsyncIterator[AsyncIterator[Rebuilt]]:
        """Build the site again whenever the data or this program changes, from now on; every build, and no end."""
        async with _watched(data, _PROGRAM) as changes:
            yield self._rebuilds(data, changes)

    async def _rebuilds(self, data: Path, changes: AsyncIterator[tuple[Path, ...]]) -> AsyncIterator[Rebuilt]:
        if not site_folder.is_built(self._folder, site_folder.made_from(data, "")):
            yield await self._rebuild(data, ())
        async for changed in changes:
            yield await self._rebuild(data, changed)

    async def _rebuild(self, data: Path, changed: tuple[Path, ...]) -> Rebuilt:
        began = time.monotonic()
        report: list[str | Path] = [sys.executable, "-m", "matrix", "--data", data, "report", "--site", self._folder]
        done = await process.run(report, environment=environ)
        if not done.code:
            self._server.news.tell(site_folder.built_from(self._folder))
        return Rebuilt(changed, time.monotonic() - began, done.err.strip() if done.code else "")


@contextlib.asynccontextmanager
async def _watched(*folders: Path) -> AsyncIterator[AsyncIterator[tuple[Path, ...]]]:
    """The files that change in folders, several that change at once together, from when the context is entered."""
    from watchfiles import DefaultFilter, awatch  # no other command watches anything

    # What is being written has another name until it is whole; what editors and Python leave is no change either.
    ignored = (*DefaultFilter.ignore_entity_patterns, rf"{re.escape(TEMPORARY)}$")
    changes = awatch(*folders, watch_filter=DefaultFilter(ignore_entity_patterns=ignored))
    upcoming = asyncio.ensure_future(anext(changes))
    await asyncio.sleep(0)  # it watches once it has begun to wait

    async def told() -> AsyncIterator[tuple[Path, ...]]:
        nonlocal upcoming
        while True:
            found = await upcoming
            upcoming = asyncio.ensure_future(anext(changes))
            yield tuple(sorted({Path(path) for _, path in found}))

    try:
        yield told()
    finally:
        upcoming.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await upcoming


@contextlib.contextmanager
def serve(folder: Path, port: int = 0) -> Iterator[Preview]:
    """Serve a site that is built, on loopback, for as long as the context.

    Args:
        folder: Which holds it.
        port: 0 for any that is free.

    Raises:
        OSError: The port can't be had.
    """
    with _Server(folder.resolve(), port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Preview(folder, server)
        finally:
            server.news.tell(None)
            server.shutdown()
            thread.join()


class _News:
    """What the site is made from, for the threads of pages that wait until that is something else.

    Attributes:
        made_from: What; None once there is no more news.
    """

    def __init__(self, made_from: str) -> None:
        self.made_from: str | None = made_from
        self._told = threading.Condition()

    def tell(self, made_from: str | None) -> None:
        """There is another build, or will be none."""
        with self._told:
            self.made_from = made_from
            self._told.notify_all()

    def follow(self) -> Iterator[str]:
        """What it is made from now, and then each time that it is something else; or empty, when a while has passed."""
        known = ""
        while True:
            with self._told:
                if self.made_from == known:
                    self._told.wait(_BEAT)
                made_from = self.made_from
            if made_from is None:
                return
            yield "" if made_from == known else made_from
            known = made_from


class _Server(ThreadingHTTPServer):
    """The site in a folder, with the news of it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.news = _News(site_folder.built_from(folder))
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that leaves before it has everything is no error."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == _NEWS:
            self._follow()
        elif path == _FOLLOW:
            self._send(HTTPStatus.OK, ".js", _SCRIPT.encode())
        else:
            self._file(path)

    def do_HEAD(self) -> None:
        self.do_GET()

    def _file(self, path: str) -> None:
        """A file of the site, the first page of a folder, or the page for what is missing."""
        target = self._target(path)
        if target is not None and target.is_dir():
            if not path.endswith("/"):  # else what the page asks for would be looked for beside the folder
                self.send_response(HTTPStatus.MOVED_PERMANENTLY)
                self.send_header("Location", f"/{target.relative_to(self.server.folder).as_posix()}/")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            target /= "index.html"
        found = target is not None and target.is_file()
        shown = target if target is not None and found else self.server.folder / NOT_FOUND
        body = shown.read_bytes() if shown.is_file() else b""
        if shown.suffix == ".html":
            tag = f'<script src="{_FOLLOW}" data-made-from="{self.server.news.made_from}" defer></script>\n'
            body = body.replace(b"</body>", f"{tag}</body>".encode())
        self._send(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND, shown.suffix, body)

    def _target(self, path: str) -> Path | None:
        """What an address names; None if that is nothing in the folder, whatever links and dots there are."""
        try:
            target = (self.server.folder / path.lstrip("/")).resolve()
            target.exists()
        except (OSError, ValueError):  # longer than a name can be, or with a null in it
            return None
        return target if target.is_relative_to(self.server.folder) else None

    def _follow(self) -> None:
        """Tell what the site is made from, until the page or this server goes."""
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for made_from in self.server.news.follow():
            self.wfile.write(f"data: {made_from}\n\n".encode() if made_from else b":\n\n")

    def _send(self, status: HTTPStatus, suffix: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", _TYPES.get(suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self) -> None:
        """Nothing is to be kept: the next build may have another."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: what is worth knowing is a build."""
