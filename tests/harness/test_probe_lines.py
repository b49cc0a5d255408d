"""Whatever a probe writes, it is a line, or no observation: a release may print into it, or die in the middle."""

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


class Ended:
    """A probe that wrote so much, and ended."""

    def __init__(self, data: bytes) -> None:
        self.stdout = asyncio.StreamReader(limit=1 << 16)
        self.stdout.feed_data(data)
        self.stdout.feed_eof()

    async def wait(self) -> int:
        """Its exit code."""
        return 0


def read(data: bytes) -> tuple[Any, str]:
    """What the player makes of it."""

    async def go() -> tuple[Any, str]:
        return await player._read_line(cast("Any", Ended(data)), 10.0, NO_SANDBOX)

    return asyncio.run(go())


def test_a_line_is_read() -> None:
    """Or nothing would be shown by what is not."""
    line, ending = read(b'{"bye": true}\n')
    assert (True, "") == (line.bye, ending)


@pytest.mark.parametrize("path", PROBE_LINES, ids=lambda path: path.name)
def test_what_once_broke_the_player_is_no_observation(path: Path) -> None:
    """No text, and JSON that is too deep."""
    assert (None, "wrote a line that is no observation") == read(path.read_bytes())


@given(st.text().map(str.encode) | st.sampled_from([b"null", b"[]", b'{"call": 1.5}', b'{"seen": {}}']))
@example(b"1" * 100_000)
def test_any_text_is_a_line_or_no_observation(data: bytes) -> None:
    """Too long, too short, or nothing at all."""
    line, ending = read(data + b"\n")
    assert (line is None) == bool(ending)
