"""A package index that is a folder of files, as `file://` addresses have it: uv reads such an index, so we do too.

I/O: reads files, by way of the requests library.
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
"""What such addresses begin with."""


class FileAdapter(BaseAdapter):
    """Answers for `file://`: a folder is its `index.html`, as a server has it."""

    def send(self, request: requests.PreparedRequest, **_settings: Any) -> requests.Response:  # type: ignore[override]  # none matters
        """The file, or 404."""
        path = Path(unquote(urlsplit(request.url or "").path))
        page = path / "index.html" if path.is_dir() else path
        answer = requests.Response()
        answer.request, answer.url = request, request.url or ""
        try:
            data = read(page)
        except (OSError, StoreCorrupt, ValueError) as error:  # ValueError: a null in its name
            answer.status_code, answer.reason, answer.raw = HTTPStatus.NOT_FOUND, str(error), BytesIO()
            return answer
        answer.status_code, answer.reason = HTTPStatus.OK, HTTPStatus.OK.phrase
        answer.headers["Content-Type"] = "text/html" if page.suffix == ".html" else "application/octet-stream"
        answer.headers["Content-Length"] = str(len(data))
        answer.raw = BytesIO(b"" if request.method == "HEAD" else data)
        return answer

    def close(self) -> None:
        """Nothing is open."""
