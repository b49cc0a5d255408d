"""Every handler of the target `google-genai`, run on made-up errors of its release."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from matrix.targets import GOOGLE_GENAI
from tests.support.probe_modules import replay
from tests.targets.google_genai.releases import ReadError, UnknownApiResponseError, chunk, error, load_handlers

SOME: Final = [chunk("Hello")]
ALL: Final = [*SOME, chunk(" world", "STOP")]

CALLS: Final[dict[str, Callable[[], tuple[list[Any], BaseException | None]]]] = {
    "503": lambda: (SOME, error(503, "UNAVAILABLE")),
    "429": lambda: (SOME, error(429, "RESOURCE_EXHAUSTED")),
    "500": lambda: (SOME, error(500, "INTERNAL")),
    "400": lambda: (SOME, error(400, "INVALID_ARGUMENT")),
    "json": lambda: (SOME, UnknownApiResponseError("Failed to parse response as JSON.")),
    "lost": lambda: (SOME, ReadError("connection reset")),
    "clean": lambda: (ALL, None),
    "cut": lambda: (SOME, None),
}
"""Calls of a release, by name."""

TABLE: Final = """
                    503   429   500   400   json  lost  clean  cut
any-api-error       retry retry retry retry fail  fail  accept accept
any-exception       retry retry retry retry retry retry accept accept
class-and-code      retry retry retry fail  fail  fail  accept accept
class-server-error  retry fail  retry fail  fail  fail  accept accept
code-set            retry retry fail  fail  fail  fail  accept accept
finish-reason       fail  fail  fail  fail  fail  fail  accept retry
retry-options       fail  fail  fail  fail  fail  fail  accept accept
status-code-attr    fail  fail  fail  fail  fail  fail  accept accept
str-text            retry retry fail  fail  fail  fail  accept accept
class-and-httpx     retry fail  retry fail  fail  retry accept accept
"""
"""Handler and call to decision; httpx is installed."""

HEAD, *ROWS = (line.split() for line in TABLE.strip().splitlines())


@pytest.mark.parametrize(("handler", "expected"), [(row[0], row[1:]) for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_handler_decides_as_the_table_says(handler: str, expected: list[str]) -> None:
    """It is given the very exception, at the point at which the SDK raised it."""
    ask = load_handlers(with_httpx=True)[handler]
    made = [CALLS[id_]() for id_ in HEAD]
    assert expected == [ask(replay(events, raised), raised) for events, raised in made]


def test_a_handler_that_imports_httpx_crashes_where_the_sdk_brings_httpx2_only() -> None:
    """A release since 3.0 does not require httpx."""
    raised = error(503, "UNAVAILABLE")
    assert "crashed: ModuleNotFoundError" == load_handlers()["class-and-httpx"](replay(SOME, raised), raised)


def test_every_handler_has_a_row_and_says_where_it_was_seen() -> None:
    """A reader can tell an idiom that people use from one that they could use."""
    assert set(GOOGLE_GENAI.handlers) == {row[0] for row in ROWS}
    assert GOOGLE_GENAI.class_handler in GOOGLE_GENAI.handlers
    assert all(handler.title.endswith(".") for handler in GOOGLE_GENAI.handlers.values())
    assert all(handler.seen_in for handler in GOOGLE_GENAI.handlers.values())
