"""A package index made of files: wheels, and the pages of PEP 503 that list them.

I/O, in one folder. `simple/<project>/index.html` has the fields of a real index: hashes, `requires-python` and upload
times, so that uv's cut-off date works on it.
"""

import base64
import datetime as dt
import hashlib
import html
import io
import zipfile
from pathlib import Path

from matrix.model import Distribution, Release
from tests.miniature.releases import LEAF, NEWER_LEAF, NEWER_TWIG, ONLY_SDIST, RELEASES, TWIG, UPLOADED, Miniature


class Index:
    """The index in one folder.

    Args:
        folder: Folder of `simple` and `files`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def address(self) -> str:
        """Return the address for `--index`."""
        return (self.folder / "simple").as_uri()

    def file(self, miniature: Miniature) -> Path:
        """Return the path of its wheel."""
        return self.folder / "files" / miniature.filename

    def add(self, *miniatures: Miniature) -> None:
        """Put distributions on the index."""
        for miniature in miniatures:
            self.add_file(miniature, b"" if miniature.is_sdist else wheel(miniature), UPLOADED[miniature])

    def add_file(self, miniature: Miniature, data: bytes, uploaded: dt.datetime) -> None:
        """Put a distribution on the index, with any bytes for its file."""
        self.file(miniature).parent.mkdir(parents=True, exist_ok=True)
        self.file(miniature).write_bytes(data)
        page = self.folder / "simple" / miniature.name / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        link = (
            f'<a href="../../files/{miniature.filename}#sha256={hashlib.sha256(data).hexdigest()}" '
            f'data-requires-python="{html.escape(miniature.requires_python)}" '
            f'data-upload-time="{uploaded.isoformat()}">{miniature.filename}</a><br>\n'
        )
        links = page.read_text(encoding="utf-8") if page.exists() else "<!DOCTYPE html>\n"
        page.write_text(links + link, encoding="utf-8")


def build(folder: Path) -> Index:
    """Build an index of every miniature release and its dependencies."""
    index = Index(folder)
    index.add(LEAF, TWIG, ONLY_SDIST, *RELEASES.values(), NEWER_LEAF, NEWER_TWIG)
    return index


def release(miniature: Miniature) -> Release:
    """Make the release that `matrix refresh` would record."""
    data = wheel(miniature)
    return Release(
        version=miniature.version,
        uploaded=UPLOADED[miniature],
        requires_python=miniature.requires_python,
        wheels=(Distribution(filename=miniature.filename, sha256=hashlib.sha256(data).hexdigest(), size=len(data)),),
    )


def wheel(miniature: Miniature) -> bytes:
    """Make a wheel: equal miniatures are equal bytes."""
    information = f"{miniature.name.replace('-', '_')}-{miniature.version}.dist-info"
    metadata = [
        "Metadata-Version: 2.1",
        f"Name: {miniature.name}",
        f"Version: {miniature.version}",
        f"Requires-Python: {miniature.requires_python}",
        *(f"Requires-Dist: {requirement}" for requirement in miniature.requires),
        *(f"Provides-Extra: {extra}" for extra in miniature.extras),
    ]
    files = {
        **miniature.files(),
        f"{information}/METADATA": "\n".join(metadata) + "\n",
        f"{information}/WHEEL": "Wheel-Version: 1.0\nGenerator: miniature\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = f"{information}/RECORD"
    files[record] = "".join(_record_line(name, text) for name, text in files.items()) + f"{record},,\n"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as target:
        for name, text in files.items():
            target.writestr(zipfile.ZipInfo(name), text)  # zip files made so are always of 1980
    return archive.getvalue()


def _record_line(name: str, text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"{name},sha256={digest},{len(text.encode())}\n"
