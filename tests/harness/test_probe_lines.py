"""Lines of a probe: whatever a release prints, or where it dies, the player reads a line, or none."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matrix.harness import player
from matrix.harness.sandbox import NO_SANDBOX
from tests.support.paths import CORPUS

PROBE_LINES = sorted((CORPUS / "probe-lines").iterdir())


class EndedProbe:
    """A probe that wrote these bytes, and ended."""

    def __init__(self, data: bytes) -> None:
        self.stdout = asyncio.StreamReader(limit=1 << 16)
        self.stdout.feed_data(data)
        self.stdout.feed_eof()

    async def wait(self) -> int:
        """Return its exit code."""
        return 0


def read(data: bytes) -> tuple[Any, str]:
    """Return what the player reads."""

    async def go() -> tuple[Any, str]:
        return await player._read_line(cast("Any", EndedProbe(data)), 10.0, NO_SANDBOX)

    return asyncio.run(go())


def test_a_line_is_read() -> None:
    """Check that the fake probe can be read at all."""
    line, ending = read(b'{"bye": true}\n')
    assert (True, "") == (line.bye, ending)


@pytest.mark.parametrize("path", PROBE_LINES, ids=lambda path: path.name)
def test_a_line_that_is_no_protocol_is_no_observation(path: Path) -> None:
    """Check bytes that are no text, and JSON that is too deep."""
    assert (None, "wrote a line that is no observation") == read(path.read_bytes())


@given(st.text().map(str.encode) | st.sampled_from([b"null", b"[]", b'{"call": 1.5}', b'{"seen": {}}']))
@example(b"1" * 100_000)
def test_any_text_is_a_line_or_no_observation(data: bytes) -> None:
    """Check texts that are too long, too short, or empty."""
    line, ending = read(data + b"\n")
    assert (line is None) == bool(ending)
