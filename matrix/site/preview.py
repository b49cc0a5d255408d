"""Serve the site on loopback, rebuild it when its data or code changes, and reload open pages.

I/O. The standard library serves the files. The server adds a script to every page. The script polls the digest of the
build and reloads the page when it changes. The built site has no such script; its content security policy allows this
one. Each build runs in a new process, so that changed templates and code take effect. A failed build leaves the site
unchanged.
"""

import contextlib
import re
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Collection, Iterator
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
from matrix.store.root import ROOT
from matrix.store.store import Store
from matrix.system import process
from matrix.system.files import TEMPORARY
from matrix.system.loopback import is_allowed

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
"""Reloads a page after another build. While a build writes the site, the digest is empty."""

DEADLINE: Final = 30.0
"""Seconds of a connection. It has one request, whose answer takes milliseconds."""

MOST_CONNECTIONS: Final = 64
"""Connections at a time; a further one is closed. A browser opens six for each page."""

_TICK: Final = 100
"""Milliseconds until the watcher first reports that it watches."""


async def changes(data: Path) -> AsyncIterator[tuple[Path, ...]]:
    """Watch the data and this program. Yield once when the watch begins, and then the files of each change."""
    from watchfiles import DefaultFilter, awatch  # only this command needs it

    # A file has a temporary name until it is completely written, and the root digest changes with other files only.
    ignored = (*DefaultFilter.ignore_entity_patterns, rf"{re.escape(TEMPORARY)}$", rf"^{re.escape(str(ROOT))}$")
    watch = awatch(
        data, _PROGRAM, watch_filter=DefaultFilter(ignore_entity_patterns=ignored),
        yield_on_timeout=True, rust_timeout=_TICK,
    )  # fmt: skip
    yield tuple(sorted({Path(path) for _, path in await anext(watch)}))
    async for changed in watch:
        if changed:
            yield tuple(sorted({Path(path) for _, path in changed}))


async def build(store: Store, root: Path) -> str:
    """Rebuild the site, and return the error message of the build; empty if it succeeded."""
    options: list[str | Path] = ["--target", store.target.id, "--data", store.folder]
    report: list[str | Path] = [sys.executable, "-m", "matrix", *options, "report", "--site", root]
    done = await process.run(report, environment=environ)
    return done.err.strip() if done.code else ""


@contextlib.contextmanager
def serve(folder: Path, port: int = 0, hosts: Collection[str] = ()) -> Iterator[str]:
    """Serve a built site on loopback until the context ends; yield the address of its first page.

    Args:
        folder: The folder of the site.
        port: The port; 0 for any free port.
        hosts: The names that a request's `Host` may have, in addition to those of loopback.

    Raises:
        OSError: The port is in use or not allowed.
    """
    with _Server(("127.0.0.1", port), partial(_Handler, hosts=hosts, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    """A server with a thread for each connection, a limit on their number, and a deadline for each."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._deadlines: dict[Any, float] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the thread of a connection, or close the connection if there are too many."""
        if len(self._deadlines) >= MOST_CONNECTIONS:
            self.shutdown_request(request)
            return
        self._deadlines[request] = time.monotonic() + DEADLINE
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection."""
        self._deadlines.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """End the connections whose deadline has passed; their threads then read the end."""
        now = time.monotonic()
        for request in [request for request, deadline in list(self._deadlines.items()) if deadline < now]:
            self._deadlines.pop(request, None)
            with contextlib.suppress(OSError):  # its thread may have closed it meanwhile
                request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore a browser that closes the connection early."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(SimpleHTTPRequestHandler):
    """The handler of a request: it sends a file unchanged, or a page with the script."""

    def __init__(self, *arguments: Any, hosts: Collection[str], directory: str) -> None:
        self._hosts = hosts
        super().__init__(*arguments, directory=directory)

    def parse_request(self) -> bool:
        """Parse a request, and refuse one for another host than this machine."""
        if not super().parse_request():
            return False
        if all(is_allowed(host, self._hosts) for host in self.headers.get_all("Host", [])):
            return True
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST, explain="The Host is not this machine: see --allow-host")
        return False

    def send_head(self) -> BytesIO | BinaryIO | None:
        """Send the head of the response, and return its body."""
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
        """Send the site's 404 page if a file is missing."""
        page = Path(self.directory, NOT_FOUND)
        if code != HTTPStatus.NOT_FOUND or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = self._send(self._with_script(page), status=HTTPStatus.NOT_FOUND)
        if self.command != "HEAD":
            self.wfile.write(body.read())

    def end_headers(self) -> None:
        """Forbid caching, because the next build may change any file."""
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Do not log requests, so that the output shows builds only."""

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
