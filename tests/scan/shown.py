"""What the tests of `catching` share: short sources in, short answers out."""

import textwrap

from matrix.scan import Catch, ScannedFile, scan
from matrix.targets.anthropic import ANTHROPIC


def source(text: str, path: str = "app.py") -> ScannedFile:
    """What is found in an indented source, which begins on its second line."""
    return scan(ANTHROPIC, textwrap.dedent(text).lstrip("\n"), path)


def told(found: ScannedFile) -> list[tuple[int, str, str]]:
    """Of each place: its line, the handler, and the code."""
    return [(catch.place.line, catch.handler, catch.code) for catch in found.catches]


def places(text: str) -> list[tuple[int, str]]:
    """Of each place in a source: its line and the handler."""
    return [(catch.place.line, catch.handler) for catch in source(text).catches]


def only(text: str) -> Catch:
    """The one place in a source."""
    found = source(text)
    assert () == found.problems
    (catch,) = found.catches
    return catch
