"""A site that `matrix report` built, and what it is made of: its pages, one of each kind, its other files."""

import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Final

BASE: Final = "https://example.org/midstream/"
"""Where the site is said to be published: under a folder of its host, as GitHub Pages has it."""

PREFIX: Final = "/midstream/"
"""The path of that folder, under which the tests serve the site too."""

TELLING: Final = frozenset(
    f"{path}/index.html"
    for path in (
        "releases/0.2.2",  # nothing but the oldest API
        "releases/0.86.0",  # the last without `error.type`
        "scenarios/eof-mid",
        "scenarios/mid-overloaded_error",
    )
)
"""Pages that are looked at whatever their size."""


class Built:
    """The files of a site.

    Args:
        folder: Which holds them.
        origin: Of the server that serves it: `http://127.0.0.1:PORT`.
    """

    def __init__(self, folder: Path, origin: str = "") -> None:
        self.folder = folder
        self.origin = origin

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file of it, by its path."""
        return tuple(
            sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())
        )

    @property
    def pages(self) -> tuple[str, ...]:
        """Every page."""
        return tuple(path for path in self.files if path.endswith(".html"))

    @property
    def kinds(self) -> tuple[str, ...]:
        """Some pages of each kind, which the first part of a path tells: its least, its largest, and telling ones."""
        return tuple(path for _, group in groupby(self.pages, _kind) for path in self._examples(list(group)))

    def _examples(self, pages: list[str]) -> Iterator[str]:
        by_size = sorted(pages, key=lambda path: (len(self.read(path)), path))
        yield from sorted({by_size[0], by_size[-1], *(TELLING & set(pages))})

    def read(self, path: str) -> bytes:
        """What a file holds."""
        return (self.folder / path).read_bytes()

    def address(self, path: str) -> str:
        """Where a file is served; a page by its folder."""
        return f"{self.origin}{PREFIX}{path.removesuffix('index.html')}"


def build(data: Path, folder: Path) -> None:
    """Build the site of a data folder, as its user does."""
    report = ["--data", str(data), "report", "--site", str(folder), "--base-url", BASE]
    subprocess.run([sys.executable, "-m", "matrix", *report], check=True, capture_output=True, text=True)


def _kind(path: str) -> str:
    return path.partition("/")[0]
