"""A site that `matrix report` built: its pages, some of each kind, and its other files."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

BASE: Final = "https://example.org/midstream/"
"""The public address of the site: a folder of a host, as on GitHub Pages."""

PREFIX: Final = "/midstream/"
"""The path of that folder, under which the tests serve the site."""

TELLING: Final = frozenset(
    f"{path}/index.html"
    for path in (
        "handlers/connection",  # crashes
        "handlers/remedy",
        "releases/0.2.2",  # has the oldest API only
        "releases/0.86.0",  # the last one without `error.type`
        "releases/2.14.0/bedrock",  # another client
        "matrix/today/bedrock.messages.create",
        "scenarios/eof-mid",
        "scenarios/mid-overloaded_error",
        "scenarios/mid-throttling-exception",  # exists only in frames
    )
)
"""Pages that are always among the examples."""


class Built:
    """The files of a site.

    Args:
        folder: Folder of the files.
        origin: Origin of the server of the site: `http://127.0.0.1:PORT`.
    """

    def __init__(self, folder: Path, origin: str = "") -> None:
        self.folder = folder
        self.origin = origin

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file by its path."""
        return tuple(
            sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        )

    @property
    def pages(self) -> tuple[str, ...]:
        """Every page."""
        return tuple(path for path in self.files if path.endswith(".html"))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Pick pages of each kind, by the first part of a path: the smallest, the largest, and the fixed ones."""
        return tuple(path for _, group in groupby(self.pages, _kind) for path in self._examples(list(group)))

    def _examples(self, pages: list[str]) -> Iterator[str]:
        by_size = sorted(pages, key=lambda path: (len(self.read(path)), path))
        yield from sorted({by_size[0], by_size[-1], *(TELLING & set(pages))})

    def read(self, path: str) -> bytes:
        """Read a file."""
        return (self.folder / path).read_bytes()

    def address(self, path: str) -> str:
        """Return the address of a file; that of a page is its folder."""
        return f"{self.origin}{PREFIX}{path.removesuffix('index.html')}"


def build(data: Path, folder: Path, *options: str) -> None:
    """Build the site of a data folder as its user does."""
    report = ["--data", str(data), "report", "--site", str(folder), "--base-url", BASE, *options]
    subprocess.run([sys.executable, "-m", "matrix", *report], check=True, capture_output=True, text=True)


def _kind(path: str) -> str:
    return path.partition("/")[0]
