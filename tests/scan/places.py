"""Helpers that scan short sources and return short answers."""

import textwrap

from matrix.scan import Catch, ScannedFile, scan
from matrix.targets import ANTHROPIC


def scan_text(text: str, path: str = "app.py") -> ScannedFile:
    """Scan an indented source that begins on its second line."""
    return scan(ANTHROPIC, textwrap.dedent(text).lstrip("\n"), path)


def list_places(file: ScannedFile) -> list[tuple[int, str, str]]:
    """List the line, the handler and the code of each place."""
    return [(catch.place.line, catch.handler, catch.code) for catch in file.catches]


def find_places(text: str) -> list[tuple[int, str]]:
    """Find the line and the handler of each place in a source."""
    return [(catch.place.line, catch.handler) for catch in scan_text(text).catches]


def find_only_place(text: str) -> Catch:
    """Find the only place in a source."""
    scanned = scan_text(text)
    assert () == scanned.problems
    (catch,) = scanned.catches
    return catch
