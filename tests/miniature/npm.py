"""A registry of npm in miniature: packages that are made in the test run, served on loopback.

I/O: a thread that serves HTTP. Equal packages are equal bytes.
"""

import base64
import contextlib
import datetime as dt
import gzip
import hashlib
import http.server
import io
import json
import tarfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class NpmRelease:
    """One version of a package.

    Attributes:
        name: Its name.
        version: Its version.
        uploaded: Its upload time.
        files: The contents of its files by path, without `package.json`.
        manifest: Further fields of its `package.json`.
        deprecated: The reason for its deprecation; empty if there is none.
    """

    name: str
    version: str
    uploaded: dt.datetime
    files: Mapping[str, str] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)
    deprecated: str = ""

    @property
    def package_json(self) -> dict[str, Any]:
        """Return the content of its `package.json`."""
        return {"name": self.name, "version": self.version, **self.manifest}

    def archive(self) -> bytes:
        """Make its archive, whose files have the time of the upload."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as files:
            for path, text in {"package.json": json.dumps(self.package_json), **self.files}.items():
                member = tarfile.TarInfo(f"package/{path}")
                member.size, member.mtime = len(text.encode()), int(self.uploaded.timestamp())
                files.addfile(member, io.BytesIO(text.encode()))
        return gzip.compress(made.getvalue(), mtime=0)


class NpmRegistry:
    """The registry.

    Attributes:
        address: Its address.
        is_mirror: Whether it gives the times of a cache instead of upload times, as some mirrors do.
    """

    def __init__(self, *releases: NpmRelease) -> None:
        self.address = ""
        self.is_mirror = False
        self._archives = {(each.name, each.version): (each, each.archive()) for each in releases}

    def add(self, release: NpmRelease) -> None:
        """Publish a release."""
        self._archives[release.name, release.version] = release, release.archive()

    def answer(self, path: str) -> bytes | None:
        """Return the response to a request; None if there is nothing at the path."""
        name, _, file = unquote(path).strip("/").partition("/-/")
        if file:
            return self._archives[name, file][1] if (name, file) in self._archives else None
        own = {version: pair for (other, version), pair in self._archives.items() if other == name}
        return json.dumps(self._describe(name, own)).encode() if own else None

    def _describe(self, name: str, own: Mapping[str, tuple[NpmRelease, bytes]]) -> dict[str, Any]:
        times = {version: release.uploaded.isoformat() for version, (release, _) in own.items()}
        if self.is_mirror:
            times = dict.fromkeys(times, "2026-01-01T00:00:00.000Z")
        else:
            times |= {"created": min(times.values()), "modified": max(times.values())}
        versions = {}
        for version, (release, data) in own.items():
            dist = {
                "tarball": f"{self.address}/{name}/-/{version}",
                "integrity": f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}",
                "shasum": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
            }
            deprecated = {"deprecated": release.deprecated} if release.deprecated else {}
            versions[version] = {**release.package_json, **deprecated, "dist": dist}
        newest = max(own.values(), key=lambda pair: pair[0].uploaded)[0].version
        return {"name": name, "dist-tags": {"latest": newest}, "versions": versions, "time": times}

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Serve until the context ends."""
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                """Answer a request."""
                body = registry.answer(self.path)
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(body or b"{}")

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base
                """Log nothing."""

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.address = f"http://127.0.0.1:{server.server_address[1]}"
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()
