"""The site on loopback while somebody works on it: built again when its data or code change, and open pages follow.

I/O. The standard library serves the files. Every page gets a script, from this server, that asks for the digest of the
build and loads the page again when it differs: the site itself has no such script, and its content security policy
allows this one. A build is a process of its own, so that changed templates and code take effect; a build that fails
leaves the site as it was.
"""

import contextlib
import re
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from os import environ
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from matrix.site import site_folder
from matrix.site.wayfinding import NOT_FOUND
from matrix.store.store import Store
from matrix.system import process
from matrix.system.files import TEMPORARY

_PROGRAM: Final = Path(__file__).parents[1]

_BUILD: Final = "/.preview/build"
_FOLLOW: Final = "/.preview/follow.js"
_SCRIPT: Final = f"""\
const shown = document.currentScript.dataset.build;
setInterval(async () => {{
  const build = await fetch("{_BUILD}").then((answer) => answer.text(), () => shown);
  if (build && build !== shown) location.reload();
}}, 500);
"""
"""Loads a page again once another build is there; while a build writes the site, the digest is empty."""

_TICK: Final = 100
"""Milliseconds until the watcher first says that it watches."""


async def changes(data: Path) -> AsyncIterator[tuple[Path, ...]]:
    """Watch the data and this program: yield the files that changed, or none at first, when the watch has begun."""
    from watchfiles import DefaultFilter, awatch  # no other command watches anything

    # A file that is being written has another name until it is whole.
    ignored = (*DefaultFilter.ignore_entity_patterns, rf"{re.escape(TEMPORARY)}$")
    watch = awatch(
        data, _PROGRAM, watch_filter=DefaultFilter(ignore_entity_patterns=ignored),
        yield_on_timeout=True, rust_timeout=_TICK,
    )  # fmt: skip
    yield tuple(sorted({Path(path) for _, path in await anext(watch)}))
    async for changed in watch:
        if changed:
            yield tuple(sorted({Path(path) for _, path in changed}))


async def build(store: Store, root: Path) -> str:
    """Build the site again, and return what the build said when it failed; empty if it did not."""
    options: list[str | Path] = ["--target", store.target.id, "--data", store.folder]
    report: list[str | Path] = [sys.executable, "-m", "matrix", *options, "report", "--site", root]
    done = await process.run(report, environment=environ)
    return done.err.strip() if done.code else ""


@contextlib.contextmanager
def serve(folder: Path, port: int = 0) -> Iterator[str]:
    """Serve a site that is built, on loopback, for as long as the context; yield the address of its first page.

    Args:
        folder: The site.
        port: 0 for any that is free.

    Raises:
        OSError: The port can't be had.
    """
    with _Server(("127.0.0.1", port), partial(_Handler, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that leaves before it has everything."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(SimpleHTTPRequestHandler):
    """Answers one request: a file as it is, or a page with the script."""

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Send the head of an answer, and return its body."""
        path = urlsplit(self.path).path
        if path == _BUILD:
            return self._send(site_folder.built_from(Path(self.directory)).encode(), "text/plain")
        if path == _FOLLOW:
            return self._send(_SCRIPT.encode(), "text/javascript")
        page = Path(self.translate_path(path + "index.html" if path.endswith("/") else path))
        if page.suffix == ".html" and page.is_file():
            return self._send(self._with_script(page))
        return super().send_head()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the site's own page where a file is missing."""
        page = Path(self.directory, NOT_FOUND)
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = self._send(self._with_script(page), status=HTTPStatus.NOT_FOUND)
        if self.command != "HEAD":
            self.wfile.write(body.read())

    def end_headers(self) -> None:
        """Allow nobody to keep a file: the next build may have another."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of requests: only builds are of interest."""

    def _with_script(self, page: Path) -> bytes:
        build = site_folder.built_from(Path(self.directory))
        tag = f'<script src="{_FOLLOW}" data-build="{build}" defer></script>\n'
        return page.read_bytes().replace(b"</body>", f"{tag}</body>".encode())

    def _send(self, body: bytes, kind: str = "text/html", status: HTTPStatus = HTTPStatus.OK) -> BytesIO:
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return BytesIO(body)
