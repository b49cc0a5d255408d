"""Every handler of the target `ollama`, run on made-up errors of its release."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from matrix.targets import OLLAMA
from tests.support.probe_modules import replay
from tests.targets.ollama.releases import ReadError, ResponseError, load_handlers, part

SOME: Final = [part("Hello")]
ALL: Final = [*SOME, part(" world"), part("", done=True)]

CALLS: Final[dict[str, Callable[[], tuple[list[Any], BaseException | None]]]] = {
    "http-503": lambda: (SOME[:0], ResponseError("model is overloaded", 503)),
    "http-404": lambda: (SOME[:0], ResponseError("model 'midstream' not found", 404)),
    "mid": lambda: (SOME, ResponseError("model is overloaded")),
    "runner": lambda: (SOME, ResponseError("an error was encountered while running the model: unexpected EOF")),
    "lost": lambda: (SOME, ReadError("connection reset")),
    "refused": lambda: (SOME[:0], ConnectionError("Failed to connect to Ollama.")),
    "clean": lambda: (ALL, None),
    "cut": lambda: (SOME, None),
}
"""Calls of a release, by name."""

TABLE: Final = """
                      http-503 http-404 mid   runner lost  refused clean  cut
any-exception         retry    retry    retry retry  retry retry   accept accept
any-response-error    retry    retry    retry retry  fail  fail    accept accept
class-and-connection  retry    retry    retry retry  fail  retry   accept accept
done                  fail     fail     fail  fail   fail  fail    accept retry
httpx                 fail     fail     fail  fail   retry fail    accept accept
status-404            retry    fail     retry retry  fail  fail    accept accept
status-ge-500         retry    fail     fail  fail   fail  fail    accept accept
status-set            retry    fail     fail  fail   fail  fail    accept accept
str-text              retry    fail     retry fail   fail  fail    accept accept
"""
"""Handler and call to decision."""

HEAD, *ROWS = (line.split() for line in TABLE.strip().splitlines())


@pytest.mark.parametrize(("handler", "expected"), [(row[0], row[1:]) for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_handler_decides_as_the_table_says(handler: str, expected: list[str]) -> None:
    """It is given the very exception, at the point at which the SDK raised it: the stream raises every one."""
    ask = load_handlers()[handler]
    made = [CALLS[id_]() for id_ in HEAD]
    assert expected == [ask(replay(events, raised), raised) for events, raised in made]


def test_every_handler_has_a_row_and_says_where_it_was_seen_or_why_it_is_ours() -> None:
    """A reader can tell an idiom that people use from one that they could use."""
    assert set(OLLAMA.handlers) == {row[0] for row in ROWS}
    assert OLLAMA.class_handler in OLLAMA.handlers
    sources = [path.read_text(encoding="utf-8") for path in (OLLAMA.probe / "handlers").glob("*.py")]
    assert all(" Seen in " in source or " Ours: " in source for source in sources)
