"""Serve `file://` addresses to the requests library, so that a folder can be a package index, as it can for uv.

I/O: reads files.
"""

from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter

from matrix.errors import StoreCorrupt
from matrix.system.files import read

SCHEME = "file://"
"""The beginning of such an address."""


class FileAdapter(BaseAdapter):
    """An adapter that answers `file://` requests. The page of a folder is its `index.html`."""

    def send(self, request: requests.PreparedRequest, **_settings: Any) -> requests.Response:  # type: ignore[override]  # none matters
        """Return the file as a response, or a 404 if it cannot be read."""
        path = Path(unquote(urlsplit(request.url or "").path))
        page = path / "index.html" if path.is_dir() else path
        answer = requests.Response()
        answer.request, answer.url = request, request.url or ""
        try:
            data = read(page)
        except (OSError, StoreCorrupt, ValueError) as error:  # ValueError: a null byte in the path
            answer.status_code, answer.reason, answer.raw = HTTPStatus.NOT_FOUND, str(error), BytesIO()
            return answer
        answer.status_code, answer.reason = HTTPStatus.OK, HTTPStatus.OK.phrase
        answer.headers["Content-Type"] = "text/html" if page.suffix == ".html" else "application/octet-stream"
        answer.headers["Content-Length"] = str(len(data))
        answer.raw = BytesIO(b"" if request.method == "HEAD" else data)
        return answer

    def close(self) -> None:
        """Do nothing: the adapter keeps nothing open."""
